"""How far a command is that takes long, told at a terminal while it goes on.

Nothing of it is left where the command ends, nor where nobody looks.
"""

import sys
from contextlib import suppress
from typing import Self

from coordinator.kernel import clock

_PATIENCE_SECONDS = 1.0
_EMPTY_LINE = "\r\033[K"


class Progress:
    """Tells how many files are left to take in, on one line."""

    def __init__(self) -> None:
        self._begun = 0.0
        self._is_told = False

    def __enter__(self) -> Self:
        self._begun = clock.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_told:
            _write(_EMPTY_LINE)
            self._is_told = False

    def tell(self, left: int) -> None:
        """Say how many, once it has taken a while."""
        is_long = clock.monotonic() - self._begun > _PATIENCE_SECONDS
        if is_long and sys.stderr is not None and sys.stderr.isatty():
            self._is_told = True
            _write(f"{_EMPTY_LINE}Files to take in: {left}")


def _write(text: str) -> None:
    with suppress(OSError):  # nobody listening is no failure
        sys.stderr.write(text)
        sys.stderr.flush()
