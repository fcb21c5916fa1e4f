"""The radar kept fresh: agents' work is compared again once something has changed.

It is looked for changes by stat alone, at most once a minute and with half a percent of
one core; only then git is asked. What touches the workspace it has done on the engine.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from loguru import logger

from active_contexts.worktree_state import file_marks
from coordinator.actions.radar import conflicts, works
from coordinator.actions.radar.works import RadarLook
from coordinator.kernel import clock
from coordinator.kernel.system import threads
from coordinator.workspace.workspace import Workspace

_FIRST_SECONDS = 5.0
_SHARE = 200  # a look rests for so many times its length
_COMPARE_SHARE = 20  # and a comparison, which is due only where something changed
_OFF_SECONDS = 60.0  # then the settings may want it again


class RadarWatch:
    """Compares again and again, where the settings want it."""

    def __init__(
        self,
        workspace: Workspace,
        on_engine: Callable[[Callable[[], Any]], Awaitable[None]],
    ) -> None:
        self._workspace = workspace
        self._on_engine = on_engine
        self._marks: dict[str, object] = {}

    async def keep_on(self) -> None:
        """Look for changes, and compare where there are some."""
        # Nothing in there was brought to the disk: a power cut may have spoilt it.
        left = self._workspace.layout.own / "radar"
        await asyncio.wrap_future(
            threads.start(partial(shutil.rmtree, left, ignore_errors=True))
        )
        rest = min(_FIRST_SECONDS, self._pause() or _FIRST_SECONDS)
        while True:
            await asyncio.sleep(rest)
            pause = self._pause()
            rest = pause or _OFF_SECONDS
            try:
                rest = max(rest, await self._look() if pause else 0)
            except Exception:  # noqa: BLE001 - the outer boundary: the daemon goes on
                logger.exception("bug in the radar")

    def _pause(self) -> float:
        return self._workspace.settings.watch.conflicts_seconds

    async def _look(self) -> float:
        """Look, and compare where that is due; return how many seconds to rest."""
        looks: list[RadarLook] = []
        await self._on_engine(lambda: looks.extend(works.plan(self._workspace)))
        begun = clock.monotonic()
        marking = threads.start(lambda: [self._mark(x) for x in looks])
        marks = await asyncio.wrap_future(marking)
        looked = clock.monotonic()
        for look, mark in zip(looks, marks, strict=True):
            if self._marks.get(look.repository) != mark:
                await self._compare(look)
                self._marks[look.repository] = mark
        compared = clock.monotonic() - looked
        return max(_SHARE * (looked - begun), _COMPARE_SHARE * compared)

    def _mark(self, look: RadarLook) -> object:
        disposable = self._workspace.settings.worktrees.disposable
        folders = [x.rstrip("/") for x in disposable if x.endswith("/")]
        files = [file_marks.mark(path, folders) for _, path in look.trees]
        known = self._workspace.git_state.marks.get(look.repository, "")
        return (files, known, look.items, look.target)

    async def _compare(self, look: RadarLook) -> None:
        begun = look.begin()
        await asyncio.wait([asyncio.wrap_future(begun)])
        found = conflicts.wait_for([begun])
        await self._on_engine(lambda: conflicts.take_all(self._workspace, found))
