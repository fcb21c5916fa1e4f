"""Waiters: who waits for records, woken as they come; none of them holds a thread.

On the daemon's loop a waiter is an event in a set. Where there is no loop, a process
waits for itself alone.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Event
from typing import Any

from coordinator.kernel import clock
from coordinator.kernel.journal import Record
from coordinator.workspace.registry import Deferred, Wait
from coordinator.workspace.workspace import Workspace

Concerns = Callable[[Sequence[Record]], bool]


class Waiters:
    """Those who wait on this loop; records come from the writer's thread."""

    def __init__(self, workspace: Workspace) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[asyncio.Event, Concerns] = {}
        self._listeners = workspace.listeners

    def _hear(self, records: Sequence[Record]) -> None:
        with suppress(RuntimeError):  # the loop has ended, and nobody waits
            self._loop.call_soon_threadsafe(self._wake, records)

    def _wake(self, records: Sequence[Record]) -> None:
        for event, concerns in self._waiting.items():
            if not event.is_set() and _concern(concerns, records):
                event.set()

    @contextmanager
    def listening(self, concerns: Concerns) -> Iterator[asyncio.Event]:
        """Hear of records from now on, until the block ends."""
        event = asyncio.Event()
        if not self._waiting:
            self._listeners.append(self._hear)
        self._waiting[event] = concerns
        try:
            yield event
        finally:
            del self._waiting[event]
            if not self._waiting:
                self._listeners.remove(self._hear)


def _concern(concerns: Concerns, records: Sequence[Record]) -> bool:
    try:
        return concerns(records)
    except Exception:  # noqa: BLE001 - one waiter's bug must not keep the others waiting
        from loguru import logger  # noqa: PLC0415 - for a bug alone

        logger.exception("a waiter cannot tell what concerns it: it looks")
        return True


def as_deferred(workspace: Workspace, wait: Wait[Any]) -> Deferred[Any]:
    """Return a waiter's next look as work on a thread, for a process without a loop."""
    heard, until = Event(), clock.monotonic() + wait.seconds
    heard.set()  # what came before anybody listened is looked for once

    def hear(records: Sequence[Record]) -> None:
        if wait.concerns(records):
            heard.set()

    def work() -> bool:
        return heard.wait(max(until - clock.monotonic(), 0.0))

    def finish(was_heard: object) -> Any:  # noqa: ANN401 - what is waited for, or more
        heard.clear()
        found = wait.look()
        if found is None and was_heard:
            return Deferred(work, finish)
        workspace.listeners.remove(hear)
        return wait.end() if found is None else found

    workspace.listeners.append(hear)
    return Deferred(work, finish)
