"""What was read of a short text, kept for when it is asked for again.

Documents say the same lines again and again. Long ones are read each time, so that
whatever agents write, what is kept stays small.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

_KEPT = 1024
_LONGEST = 1000  # characters
_Result = TypeVar("_Result")


def for_short(read: Callable[[str], _Result]) -> Callable[[str], _Result]:
    """Keep the results of a pure function whose results nobody changes."""
    known = lru_cache(maxsize=_KEPT)(read)

    @wraps(read)
    def kept(text: str) -> _Result:
        return known(text) if len(text) <= _LONGEST else read(text)

    return kept
