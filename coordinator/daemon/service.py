"""The daemon's loop: hints, looks, views and history around one writing thread.

All work on the workspace runs on the engine, one thread, one thing at a time; the loop
only says when. The look every few seconds is its only clockwork. Nothing here waits by
`asyncio.wait_for`, which may swallow in Python 3.11 that it is cancelled.
"""

import asyncio
import shutil
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from loguru import logger

from coordinator.actions.documents import accepting
from coordinator.actions.git_state import look
from coordinator.actions.reports import views
from coordinator.daemon import program_replaced
from coordinator.daemon.background_looks import BackgroundLooks
from coordinator.daemon.dispatcher import Dispatcher
from coordinator.daemon.health import Health
from coordinator.daemon.historian import Historian
from coordinator.daemon.maintenance import Maintenance
from coordinator.daemon.radar_watch import RadarWatch
from coordinator.daemon.temporary_server import AboutToEnd
from coordinator.index.database import refusals
from coordinator.kernel import clock
from coordinator.kernel.disk.refusals import NotWritten
from coordinator.kernel.errors import CoordinatorError
from coordinator.kernel.journal import DiskRefusedError, Record
from coordinator.watch.hints import Hints
from coordinator.watch.scan import scan

_POLL_SECONDS = 0.05
_VIEWS_SECONDS = 0.2
_STOP_SECONDS = 3.0
_LAST_SECONDS = 1.5
_REST_SECONDS = 0.2
_SCANS_PER_LOOK = 200
_MANY_HINTS = 1_000
_LOOKS_REST = 5  # a look rests for so many times its length, in a burst
_CALM_SECONDS = 0.15  # without a hint for so long, a burst is over
_SCAN_SECONDS = 0.4  # then one batch is taken, so that no author waits long
_SCANS_PER_POLL = 10
_VIEWS_SHARE = 10
_SMALL_VIEWS_SHARE = 100  # then one file in a hundred waits for them
_SMALL_VIEWS_REST = 2.0
_PATIENCE_SECONDS = 1.0  # a look takes some 20 ms, where nothing hangs
_TENDING = {"workspace.created", "worktree.added", "worktree.removed"}
_Result = TypeVar("_Result")


class Service:
    """One daemon's life, from the first look to the stop."""

    def __init__(self, dispatcher: Dispatcher, health: Health) -> None:
        self._dispatcher = dispatcher
        self._workspace = dispatcher.workspace
        self._health = health
        self._engine = ThreadPoolExecutor(1, "engine")
        self._looker = ThreadPoolExecutor(1, "look")
        self._historian = Historian(self._workspace, health)
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._look_wanted = asyncio.Event()
        self._lock_inode = self._workspace.layout.lock.stat().st_ino
        self._next_hints = 0.0
        self.was_cut_short = False
        self._hinted = 0
        self._hinted_at = 0.0
        self._missed = self._found = 0  # times that hints were lost, and made good
        self._scanned = asyncio.Event()
        self._scanned.set()
        self._views_due: float | None = 0.0
        self._views_rest_until = 0.0
        self._views_old = 0.0
        known: set[str] = set()
        tending = asyncio.Event()
        self._looks = BackgroundLooks(
            self._workspace, self._guarded, known, tending.set
        )
        self._maintenance = Maintenance(
            self._workspace, self._guarded, known, tending, self._looks.look
        )
        self._radar = RadarWatch(self._workspace, self._guarded)
        self._proposals = 0
        self._loop = asyncio.get_running_loop()
        root = self._workspace.layout.root
        self._hints = Hints(root, accepting.FOLDERS, self._wake_up)
        self._workspace.listeners.append(self._hear)
        self._workspace.health = health.as_json
        dispatcher.take_hints = self._take_hints
        dispatcher.is_behind = lambda: self._missed > self._found
        dispatcher.patience = _PATIENCE_SECONDS

    def _wake_up(self) -> None:
        """Wake the loop from another thread."""
        self._loop.call_soon_threadsafe(self._wake.set)

    def _hear(self, records: Sequence[Record]) -> None:
        """Hear of records on the engine's thread."""
        self._loop.call_soon_threadsafe(self._note_records, records)

    def stop(self) -> None:
        """Ask for the stop; what is in hand is finished."""
        self._stopping.set()
        self._wake.set()

    async def call(self, work: Callable[[], _Result]) -> _Result:
        """Run something on the engine, after what is there already."""
        return await self._loop.run_in_executor(self._engine, work)

    def turn(self, work: Callable[[], _Result]) -> _Result:
        """Run something on the engine for another thread, and wait for it.

        Raises:
            AboutToEnd: The daemon stops.
        """
        try:
            turn = self._engine.submit(work)
        except RuntimeError:
            raise AboutToEnd from None
        return turn.result()

    def run_blocking(self, work: Callable[[], _Result]) -> _Result:
        """Do something long, on the calling thread, while everything goes on."""
        return work()

    async def run(self) -> None:
        """Watch until the stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self.stop)
        self._start_hints()
        try:
            async with asyncio.TaskGroup() as group:
                beside = (
                    self._keep_looking(),
                    self._historian.keep_on(),
                    self._maintenance.keep_on(),
                    self._radar.keep_on(),
                )
                tasks = [group.create_task(x) for x in beside]
                turns = group.create_task(self._take_turns())
                await self._stopping.wait()
                for task in tasks:
                    task.cancel()
                # What is in hand is waited for, but not for ever: git may hang.
                await asyncio.wait({turns}, timeout=_STOP_SECONDS)
                self.was_cut_short = turns.cancel()
        finally:
            await self._finish()

    async def _take_turns(self) -> None:
        await self._look()
        while not self._stopping.is_set():
            await self._turn()

    async def _turn(self) -> None:
        """Wait for the next reason to work, then take files in and show them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._delay()):
                await self._wake.wait()
        self._wake.clear()
        if self._stopping.is_set():
            return
        await self._let_scan()
        await self._guarded(self._take)
        self._historian.note_queue(self._health.queued)
        if self._proposals != self._workspace.git_state.proposals:
            self._proposals = self._workspace.git_state.proposals
            await self._looks.look()
        if self._views_due is not None and clock.monotonic() >= self._views_due:
            await self._refresh_views()

    async def _let_scan(self) -> None:
        """With much to do, let a scan that is under way end first.

        Each file's stat gives the interpreter away, and gets it back from a busy thread
        only after 5 ms (sys.getswitchinterval): both at once take ten times as long.
        """
        if self._dispatcher.intake.queued > _MANY_HINTS:
            with suppress(TimeoutError):
                async with asyncio.timeout(_SCAN_SECONDS):
                    await self._scanned.wait()

    def _delay(self) -> float | None:
        """Return how long nothing is to be done, in seconds; None: until woken."""
        delays: list[float] = []
        if self._views_due is not None:
            delays.append(max(0.0, self._views_due - clock.monotonic()))
        due = None if self._health.read_only else self._dispatcher.intake.next_due()
        return min([*delays, due] if due is not None else delays, default=None)

    def _take_hints(self) -> None:
        drained = self._hints.drain()
        self._dispatcher.intake.hint_settled(drained.settled)
        self._dispatcher.intake.hint_touched(drained.touched)
        count = len(drained.settled) + len(drained.touched)
        self._hinted += count
        if count or drained.overflowed:
            self._hinted_at = clock.monotonic()
        # The system's own queue may overflow without a word: many hints are a sign.
        if drained.overflowed or self._hinted >= _MANY_HINTS:
            self._missed += 1
            self._look_soon()

    def _take(self) -> None:
        intake = self._dispatcher.intake
        self._take_hints()
        if intake.next_due() == 0.0 and not self._health.read_only:
            intake.step()
        self._health.queued = intake.queued
        self._health.overflows = self._hints.overflows

    async def _keep_looking(self) -> None:
        """Look at the disk again and again, beside all else: a scan may take long."""
        while True:
            seconds = self._health.look_seconds
            # In a long burst every event overflows: looks must not follow closely.
            pause = self._pause(seconds)
            rest = min(pause, max(_REST_SECONDS, _LOOKS_REST * seconds))
            await self._rest(clock.monotonic() + rest)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause - rest):
                    await self._look_wanted.wait()
            await self._look()

    async def _rest(self, until: float) -> None:
        """Wait until then, or until a burst that a look was wanted for is over."""
        while (left := until - clock.monotonic()) > 0:
            await asyncio.sleep(min(left, _REST_SECONDS))
            calm = clock.monotonic() - self._hinted_at > _CALM_SECONDS
            if calm and self._look_wanted.is_set():
                return

    async def _look(self) -> None:
        """Look at the whole disk, and at what git shows where that changed."""
        self._look_wanted.clear()
        self._hinted = 0
        if self._has_gone():
            logger.error("the workspace was moved or deleted: the daemon stops")
            self.stop()
            return
        if not self._hints.is_current() and (
            self._hints.is_running or clock.monotonic() >= self._next_hints
        ):
            self._start_hints()  # before the scan, which so sees what came earlier
        root = self._workspace.layout.root
        self._scanned.clear()
        missed = self._missed
        try:
            snapshot = await self._loop.run_in_executor(self._looker, scan, root)
            await self._guarded(self._heal)
            await self._guarded(lambda: self._dispatcher.intake.compare(snapshot))
            self._found = missed
        finally:
            self._scanned.set()
        await self._looks.look()
        await self._guarded(lambda: look.settle(self._workspace))
        await self._restore_views()
        health = self._health
        self._dispatcher.scan_seconds = snapshot.seconds
        self._note_version()
        health.looked, health.look_seconds = clock.monotonic(), snapshot.seconds
        health.disk_free = shutil.disk_usage(self._workspace.layout.root).free
        self._wake.set()

    def _note_version(self) -> None:
        """Note that the program on the disk is not the one that runs."""
        is_new = program_replaced.is_replaced() and not self._health.outdated
        if is_new:
            self._health.outdated = program_replaced.ProgramReplaced().message
            logger.warning("{}", self._health.outdated)

    def _has_gone(self) -> bool:
        """Tell whether the lock that we hold is no more where it was."""
        try:
            return self._workspace.layout.lock.stat().st_ino != self._lock_inode
        except OSError:
            return True

    async def _restore_views(self) -> None:
        """Make views again that somebody deleted; without events looks come often."""
        now = clock.monotonic()
        if now >= self._views_old:
            self._views_old = now + self._workspace.settings.watch.look_seconds
            await self._guarded(lambda: views.refresh(self._workspace))

    async def _refresh_views(self) -> None:
        start = clock.monotonic()
        self._views_due = None
        await self._guarded(lambda: views.refresh(self._workspace))
        self._looks.refresh_finals()
        # However large the views are, most of the time is for the agents.
        now = clock.monotonic()
        took = now - start
        few = min(_SMALL_VIEWS_SHARE * took, _SMALL_VIEWS_REST)
        self._views_rest_until = now + max(_VIEWS_SHARE * took, few)

    def _pause(self, seconds: float) -> float:
        if self._hints.is_running:
            shortest = self._workspace.settings.watch.look_seconds
            return max(shortest, _SCANS_PER_LOOK * seconds)
        return max(_POLL_SECONDS, _SCANS_PER_POLL * seconds)

    def _look_soon(self) -> None:
        """Ask for a look, from the engine's thread."""
        self._loop.call_soon_threadsafe(self._look_wanted.set)

    def _heal(self) -> None:
        """Leave the read-only mode if the disk takes a record again."""
        if self._health.read_only:
            accepting.note_heal(self._workspace, self._health.read_only)
            logger.info("the disk takes records again")
            self._health.read_only = ""

    def _note_records(self, records: Sequence[Record]) -> None:
        now = clock.monotonic()
        for record in records:
            self._looks.finals_wanted |= "final-status" in record.subject
            if record.kind in _TENDING:
                self._maintenance.wanted.set()
                self._look_wanted.set()
        if self._views_due is None:
            self._views_due = max(now + _VIEWS_SECONDS, self._views_rest_until)
        self._historian.recorded.set()
        self._wake.set()

    async def _guarded(self, work: Callable[[], Any]) -> None:
        """Run work on the engine; a refusing disk means read-only, no end."""

        def guarded() -> None:
            with refusals():
                work()

        try:
            await self.call(guarded)
        except (DiskRefusedError, NotWritten) as error:
            self._enter_read_only(error.message)
        except CoordinatorError as error:
            logger.error("{}", error.message)
        except Exception:  # noqa: BLE001 - the loop's outer boundary: agents go on
            logger.exception("bug in the daemon's own work")

    def _enter_read_only(self, reason: str) -> None:
        if not self._health.read_only:
            logger.warning("read-only: {}", reason)
        self._health.read_only = reason

    def _start_hints(self) -> None:
        if not self._workspace.settings.watch.use_events:
            self._health.watcher = "polling (by setting)"
            return
        reason = self._hints.restart()
        watcher = f"polling ({reason})" if reason else "events"
        if reason and watcher != self._health.watcher:
            logger.warning("no file events, looking often instead: {}", reason)
        self._health.watcher = watcher
        pause = self._workspace.settings.watch.look_seconds
        self._next_hints = clock.monotonic() + pause

    async def _finish(self) -> None:
        """Finish what is in hand, then let go; the rest is caught up at the start."""
        self._hints.stop()
        try:
            async with asyncio.timeout(0 if self.was_cut_short else _LAST_SECONDS):
                await self.call(lambda: None)
                await self._historian.finish()
                await self._maintenance.finish()
        except TimeoutError:
            self.was_cut_short = True
            logger.warning("stopped before a long action ended; it will be repaired")
        self._maintenance.close()
        self._historian.close()
        for executor in (self._engine, self._looker):
            executor.shutdown(wait=False, cancel_futures=True)
