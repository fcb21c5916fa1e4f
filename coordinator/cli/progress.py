"""How far a command is that takes long, told at a terminal while it goes on.

Nothing of it is left where the command ends, nor where nobody looks.
"""

import sys
from contextlib import suppress
from threading import Timer
from typing import Self

from coordinator.kernel import clock

_PATIENCE_SECONDS = 1.0
_EMPTY_LINE = "\r\033[K"


class Progress:
    """Tells how far it is, on one line, once it has taken a while."""

    def __init__(self) -> None:
        self._begun = 0.0
        self._said = ""
        self._timer: Timer | None = None
        self._is_told = False

    def __enter__(self) -> Self:
        self._begun = clock.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
            self._timer = None
        if self._is_told:
            _write(_EMPTY_LINE)
            self._is_told = False

    def tell(self, text: str) -> None:
        """Say so now, or as soon as it has taken a while; on any thread."""
        if sys.stderr is None or not sys.stderr.isatty():
            return
        self._said = text
        left = self._begun + _PATIENCE_SECONDS - clock.monotonic()
        if left < 0:
            self._show()
        elif self._timer is None:
            self._timer = Timer(left, self._show)
            self._timer.daemon = True
            self._timer.start()

    def _show(self) -> None:
        self._is_told = True
        _write(f"{_EMPTY_LINE}{self._said}")


def _write(text: str) -> None:
    with suppress(OSError):  # nobody listening is no failure
        sys.stderr.write(text)
        sys.stderr.flush()
