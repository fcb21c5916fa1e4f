"""The engine of a process that serves others while it does something long."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest

from coordinator.daemon import temporary_server
from coordinator.daemon.temporary_server import AboutToEnd, TemporaryServer
from coordinator.workspace.registry import Deferred
from tests.support import PATIENCE_SECONDS, wait_for


def test_what_others_have_under_way_is_waited_for() -> None:
    """Short calls are served until then; another long one is not begun."""
    service, is_begun, let = TemporaryServer(), threading.Event(), threading.Event()

    def work() -> str:
        is_begun.set()
        let.wait(PATIENCE_SECONDS)
        return "done"

    with ThreadPoolExecutor(2) as callers:
        other = callers.submit(service.run_blocking, work)
        assert is_begun.wait(PATIENCE_SECONDS)
        waiting = callers.submit(service.wait)
        wait_for(lambda: _is_ending(service))
        assert service.turn(lambda: 1) == 1
        assert not waiting.done()
        let.set()
        assert other.result(PATIENCE_SECONDS) == "done"
        waiting.result(PATIENCE_SECONDS)
    service.close()
    with pytest.raises(AboutToEnd):
        service.turn(lambda: 1)


def _is_ending(service: TemporaryServer) -> bool:
    try:
        service.run_blocking(lambda: None)
    except AboutToEnd:
        return True
    return False


def test_without_others_nothing_is_waited_for() -> None:
    """The process ends with its own work."""
    service = TemporaryServer()
    assert service.run_blocking(lambda: 2) == 2
    service.wait()
    service.close()


def test_what_stands_where_it_never_listened_is_left(tmp_path: Path) -> None:
    """The disk may take nothing, and nothing was put there."""
    place = tmp_path / "socket"
    place.mkdir()  # it could not be unlinked

    step = Deferred(lambda: {"done": 1}, dict)
    nothing = cast("Any", None)  # nobody comes
    done: object = temporary_server.finish(nothing, step, place, nothing)
    assert done == {"done": 1}
    assert place.is_dir()
