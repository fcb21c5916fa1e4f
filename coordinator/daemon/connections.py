"""Who is connected: so many at most, and whoever asks nothing makes way for others.

It reads and writes nothing. Whoever waits for something takes no place from those who
want an answer now.
"""

import asyncio
import resource
import select
from collections.abc import Iterator
from contextlib import contextmanager

from coordinator.kernel import clock
from coordinator.workspace.registry import Busy

_MOST = 256
_SHARE = 4  # of the descriptors that the process may have
_SILENT = 16  # so many may always be there who have not asked yet


class TooMany(Busy):
    """So many calls wait that one more is of no use."""

    def __init__(self) -> None:
        super().__init__(
            "Too many calls wait already.",
            hint="Try again; what holds them up: coordinator health",
        )


class CallerGone(ConnectionError):
    """Nobody is there any more to take the answer."""


class Door:
    """Counts the connections; used on the loop alone."""

    def __init__(self) -> None:
        allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        unlimited = allowed == resource.RLIM_INFINITY
        self._most = _MOST if unlimited else min(_MOST, allowed // _SHARE)
        self._silent: dict[asyncio.StreamWriter, None] = {}  # the oldest first
        self._busy = 0
        self._waiting = 0
        self._asked = clock.monotonic()

    @property
    def idle_seconds(self) -> float:
        """How long ago the last call ended; 0 while one is under way."""
        is_idle = not self._busy and not self._waiting
        return clock.monotonic() - self._asked if is_idle else 0.0

    def check_room(self) -> None:
        """Raise `TooMany` where one more call cannot be answered soon."""
        if self._busy > self._most // 2:
            raise TooMany

    def enter(self, writer: asyncio.StreamWriter) -> None:
        """Let somebody in; whoever has been silent for longest goes."""
        self._silent[writer] = None
        most = max(_SILENT, self._most - self._busy - self._waiting)
        while len(self._silent) > most:
            oldest = next(iter(self._silent))
            del self._silent[oldest]
            oldest.transport.abort()

    @contextmanager
    def busy(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        """Count a caller who has asked, until the answer is taken."""
        self._silent.pop(writer, None)
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
            self._asked = clock.monotonic()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count a busy caller as one who waits, until the block ends.

        Raises:
            TooMany: As many wait as may.
        """
        if self._waiting >= self._most // 2:
            raise TooMany
        self._busy, self._waiting = self._busy - 1, self._waiting + 1
        try:
            yield
        finally:
            self._busy, self._waiting = self._busy + 1, self._waiting - 1

    def leave(self, writer: asyncio.StreamWriter) -> None:
        """Forget somebody who left."""
        self._silent.pop(writer, None)


def check_there(writer: asyncio.StreamWriter) -> None:
    """Raise `CallerGone` where the other side has closed; half is still there."""
    poll = select.poll()
    poll.register(writer.get_extra_info("socket").fileno(), 0)
    if writer.is_closing() or poll.poll(0):
        raise CallerGone
