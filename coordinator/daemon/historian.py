"""The history, brought up to the journal after records, beside all else.

It holds nothing up: what is derived waits while very many files are taken in.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from loguru import logger

from coordinator.daemon.health import Health
from coordinator.index.history import History
from coordinator.kernel.errors import CoordinatorError
from coordinator.workspace.workspace import Workspace

_REST_SECONDS = 0.5
_PATIENCE_SECONDS = 300.0
_MANY = 1_000


class Historian:
    """Writes whenever something was `recorded`; `health` tells why it could not."""

    def __init__(self, workspace: Workspace, health: Health) -> None:
        self._journal = workspace.journal
        self._history = History(workspace.layout.history, workspace.blobs.get)
        self._health = health
        self._thread = ThreadPoolExecutor(1, "history")
        self._calm = asyncio.Event()
        self.recorded = asyncio.Event()
        self.recorded.set()  # a history of an earlier life may lie behind

    def note_queue(self, length: int) -> None:
        """Wait while many files are queued: all share one interpreter."""
        if length > _MANY:
            self._calm.clear()
        else:
            self._calm.set()

    async def keep_on(self) -> None:
        """Catch up after records, again and again."""
        while True:
            await self.recorded.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    await self._calm.wait()
            self.recorded.clear()
            await self._catch_up()
            await asyncio.sleep(_REST_SECONDS)

    async def _catch_up(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(
                self._thread, self._history.catch_up, self._journal
            )
            self._health.history = ""
        except (CoordinatorError, OSError) as error:
            self._health.history = str(error)
            logger.error("history: {}", error)

    async def finish(self) -> None:
        """Let git finish what it was given."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._history.close)

    def close(self) -> None:
        """Begin with nothing more."""
        self._thread.shutdown(wait=False, cancel_futures=True)
