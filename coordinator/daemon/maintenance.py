"""Maintenance: fills the pools and empties the trash, beside all else.

What it tidies first it has done on the engine.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from coordinator.actions.worktrees import worktrees
from coordinator.workspace.workspace import Workspace


class Maintenance:
    """One list of chores at a time; `known` are repositories that were looked at.

    It begins whenever they are `wanted`; `look` sees what the chores changed in git, so
    that the next caller need not.
    """

    def __init__(
        self,
        workspace: Workspace,
        on_engine: Callable[[Callable[[], Any]], Awaitable[None]],
        known: Collection[str],
        wanted: asyncio.Event,
        look: Callable[[], Awaitable[None]],
    ) -> None:
        self._workspace = workspace
        self._on_engine = on_engine
        self._known = known
        self._look = look
        self._thread = ThreadPoolExecutor(1, "pool")
        self.wanted = wanted
        self.wanted.set()

    async def keep_on(self) -> None:
        """Tend after worktrees came or went, again and again."""
        while True:
            await self.wanted.wait()
            self.wanted.clear()
            found: list[worktrees.Job] = []
            await self._on_engine(partial(self._plan, found))
            await self._beside(partial(worktrees.do, found))
            await self._look()

    def _plan(self, found: list[worktrees.Job]) -> None:
        found += worktrees.jobs(self._workspace, self._known)

    async def _beside(self, work: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def finish(self) -> None:
        """Wait for what is in hand."""
        await self._beside(lambda: None)

    def close(self) -> None:
        """Begin with nothing more."""
        self._thread.shutdown(wait=False, cancel_futures=True)
