"""Background looks: each repository is looked at in a turn of its own.

What touches the workspace it has done on the engine; it decides nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from typing import Any

from loguru import logger

from coordinator.actions.git_state import look
from coordinator.actions.git_state.repository_look import DueLook
from coordinator.actions.pending import submissions
from coordinator.actions.pending.fetching import DueFetch
from coordinator.actions.reports import collecting, views
from coordinator.actions.reports.collecting import Final
from coordinator.kernel import clock
from coordinator.kernel.system import threads
from coordinator.workspace.workspace import Workspace

Work = DueLook | DueFetch
_RETRY_SECONDS = 60.0


class BackgroundLooks:
    """What is looked at, fetched and read now; used on the loop alone.

    `on_engine` has something done there. What was looked at for the first time is
    `known` then, and `on_first` is called.
    """

    def __init__(
        self,
        workspace: Workspace,
        on_engine: Callable[[Callable[[], Any]], Awaitable[None]],
        known: set[str],
        on_first: Callable[[], None],
    ) -> None:
        self._workspace = workspace
        self._on_engine = on_engine
        self._on_first = on_first
        self._known = known
        self._under_way: dict[tuple[type, str], asyncio.Task[None]] = {}
        self._finals: asyncio.Task[None] | None = None
        self.finals_wanted = True
        self._retries_at = 0.0

    async def look(self) -> None:
        """Begin with all that is due and not under way yet."""
        if clock.monotonic() >= self._retries_at:
            self._retries_at = clock.monotonic() + _RETRY_SECONDS
            await self._on_engine(lambda: submissions.retry(self._workspace))
        await self._begin(lambda: look.due(self._workspace))

    async def _begin(self, plan: Callable[[], Sequence[Work]]) -> None:
        works: list[Work] = []
        await self._on_engine(lambda: works.extend(plan()))
        for work in works:
            key = (type(work), work.repository)
            if key not in self._under_way:
                self._under_way[key] = asyncio.create_task(self._see(key, work))

    async def _see(self, key: tuple[type, str], work: Work) -> None:
        try:
            begun: Future[Any] = work.begin()
            found = await asyncio.wrap_future(begun)
        except Exception:  # noqa: BLE001 - the outer boundary: others are looked at
            logger.exception("bug in a look at {}", work.repository)
            return
        finally:
            del self._under_way[key]
        await self._on_engine(lambda: look.take(self._workspace, work, found))
        await self._on_engine(lambda: look.settle(self._workspace))
        self.finals_wanted = True
        if work.repository not in self._known:
            self._known.add(work.repository)
            stocking = submissions.stocking(self._workspace, {work.repository})
            threads.start(stocking)
            self._on_first()
        # Whoever waits for a branch need not wait for the next look.
        await self._begin(lambda: submissions.due(self._workspace))

    def refresh_finals(self) -> None:
        """Begin to write the final reports anew, where something changed."""
        if self.finals_wanted and self._finals is None:
            self.finals_wanted = False
            self._finals = asyncio.create_task(self._write_finals())

    async def _write_finals(self) -> None:
        found: dict[str, Final] = {}
        try:
            await self._on_engine(
                lambda: found.update(collecting.finals(self._workspace))
            )
            reading = threads.start(lambda: views.final_texts(found))
            texts = await asyncio.wrap_future(reading)
            await self._on_engine(lambda: views.write(self._workspace, texts))
        except Exception:  # noqa: BLE001 - the outer boundary: the daemon goes on
            logger.exception("bug in the final reports")
        finally:
            self._finals = None
