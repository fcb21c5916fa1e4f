"""Who is connected: so many at most, and whoever asks nothing makes way for others.

It reads and writes nothing.
"""

import asyncio
import resource
from collections.abc import Iterator
from contextlib import contextmanager

_MOST = 256
_SHARE = 4  # of the descriptors that the process may have


class Door:
    """Counts the connections; used on the loop alone."""

    def __init__(self) -> None:
        allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        unlimited = allowed == resource.RLIM_INFINITY
        self._most = _MOST if unlimited else min(_MOST, allowed // _SHARE)
        self._silent: dict[asyncio.StreamWriter, None] = {}  # the oldest first
        self._busy = 0

    @property
    def has_room(self) -> bool:
        """Tell whether one more call may be waited for."""
        return self._busy <= self._most // 2

    def enter(self, writer: asyncio.StreamWriter) -> None:
        """Let somebody in; whoever has been silent for longest goes."""
        self._silent[writer] = None
        while len(self._silent) + self._busy > self._most:
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

    def leave(self, writer: asyncio.StreamWriter) -> None:
        """Forget somebody who left."""
        self._silent.pop(writer, None)
