import asyncio
from collections.abc import Awaitable, Callable

import pytest

from coordinator.daemon.health import Health
from coordinator.daemon.historian import Historian
from tests.support import OpenWorkspace, git


def with_a_historian(
    opened: OpenWorkspace, work: Callable[[Historian, asyncio.Event], Awaitable[None]]
) -> None:
    """Let a historian keep on while `work` goes on, which hears of its writing."""

    async def play() -> None:
        historian = Historian(opened.workspace, Health(1, ""))
        written = asyncio.Event()
        write = historian._catch_up

        async def catch_up() -> None:
            await write()
            written.set()

        historian._catch_up = catch_up  # type: ignore[method-assign]
        task = asyncio.create_task(historian.keep_on())
        await work(historian, written)
        task.cancel()
        await historian.finish()
        historian.close()

    asyncio.run(play())


def commits(opened: OpenWorkspace) -> str:
    """Return how many records the history has."""
    return git(opened.layout.history, "rev-list", "--count", "main")


def test_what_is_recorded_is_written(opened: OpenWorkspace) -> None:
    """At the start too, for an earlier life may have left something."""

    async def work(historian: Historian, written: asyncio.Event) -> None:
        historian.note_queue(0)
        await written.wait()

    with_a_historian(opened, work)
    assert commits(opened) == str(opened.workspace.journal.last)


def test_it_waits_while_very_many_files_are_taken_in(
    opened: OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It begins once few are left."""
    monkeypatch.setattr("coordinator.daemon.historian._PATIENCE_SECONDS", 3600.0)

    async def work(historian: Historian, written: asyncio.Event) -> None:
        historian.note_queue(100_000)
        for _ in range(100):
            await asyncio.sleep(0)
        assert historian.recorded.is_set()
        assert not written.is_set()
        historian.note_queue(10)
        await written.wait()

    with_a_historian(opened, work)
    assert commits(opened) == str(opened.workspace.journal.last)


def test_it_does_not_wait_for_ever(
    opened: OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A burst that never ends has a history too."""
    monkeypatch.setattr("coordinator.daemon.historian._PATIENCE_SECONDS", 0.01)

    async def work(historian: Historian, written: asyncio.Event) -> None:
        historian.note_queue(100_000)
        await written.wait()

    with_a_historian(opened, work)
    assert commits(opened) == str(opened.workspace.journal.last)
