import json
import os
import sys
from pathlib import Path

import pytest

from coordinator.cli import record_log, starting
from coordinator.cli.starting import AlreadyRunning
from coordinator.kernel.disk import locks
from coordinator.kernel.disk.locks import LockTaken
from coordinator.kernel.errors import External
from coordinator.kernel.journal import Record
from coordinator.workspace.layout import Layout
from tests.support import (
    DaemonProcess,
    FakeAgent,
    ManualClock,
    open_workspace,
    run_coordinator,
    wait_for,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def layout(tmp_path: Path, clock: ManualClock) -> Layout:
    """A workspace without a repository, closed again."""
    with open_workspace(tmp_path / "work", clock) as opened:
        return opened.layout


def test_nobody_runs_where_nobody_answers(layout: Layout) -> None:
    """A file in the socket's place and a pid left behind are no daemon."""
    layout.daemon.write_text(f'{{"pid": {os.getpid()}}}')
    assert starting.running_pid(layout) == 0
    layout.socket.write_text("no socket")
    assert starting.running_pid(layout) == 0


def test_a_second_start_names_the_first(layout: Layout) -> None:
    """In the foreground it is an error, detached it is told which one runs."""
    with DaemonProcess(layout.root) as daemon:
        assert starting.running_pid(layout) == daemon.pid
        with pytest.raises(AlreadyRunning, match=f"pid {daemon.pid}") as raised:
            starting.foreground(layout, show=record_log.show_nothing)
        assert (raised.value.kind, "coordinator down" in raised.value.hint) == (
            "conflict",
            True,
        )
        told = starting.detached(layout)
        assert (told["running"], told["pid"]) == (True, daemon.pid)
        assert json.loads(layout.daemon.read_text())["pid"] == daemon.pid


def test_a_detached_daemon_answers_when_its_start_returns(layout: Layout) -> None:
    """It says nothing on our side, and `down` ends it."""
    told = starting.detached(layout)
    try:
        assert told == {
            "running": True,
            "pid": starting.running_pid(layout),
            "workspace": str(layout.root),
            "url": None,
        }
        assert told["pid"] not in {0, os.getpid()}
    finally:
        assert run_coordinator(layout.root, "down").code == 0
    wait_for(lambda: not layout.socket.exists())
    assert "runs for" in (layout.logs / "start.log").read_text()


def test_a_start_that_fails_gives_its_last_words(layout: Layout) -> None:
    """The reason stands in the error, and the whole log is named."""
    layout.settings.write_text("[watch]\nlook_seconds = 'soon'\n")
    with pytest.raises(External, match=r"did not start: .*look_seconds") as raised:
        starting.detached(layout)
    log = layout.logs / "start.log"
    assert raised.value.hint == f"Read {log}"
    assert "look_seconds" in log.read_text()
    assert starting.running_pid(layout) == 0


def test_last_words_cannot_steer_a_terminal(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the child printed is escaped, and only its end is shown."""
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\nprintf 'first\\nsecond\\nth\\033[2Jird\\377\\n'\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    with pytest.raises(External) as raised:
        starting.detached(layout)
    expected = "The daemon did not start: second th\\x1b[2Jird\ufffd"
    assert raised.value.message == expected


def test_a_workspace_that_somebody_else_keeps_is_said_after_a_while(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A holder that answers nothing is no daemon: its lock is named."""
    monkeypatch.setattr(starting, "_DYING_SECONDS", 0.0)
    layout.daemon.unlink(missing_ok=True)
    with (
        locks.hold(layout.lock, seconds=0),
        pytest.raises(LockTaken, match=str(layout.lock)),
    ):
        starting.foreground(layout, show=record_log.show_nothing)
    assert not layout.daemon.exists()


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_daemon_needs_no_standard_streams(layout: Layout, closed: str) -> None:
    """It works without them, and none of its own files takes their numbers."""
    shell = ("sh", "-c", f'exec "$@" {closed}', "sh")
    with DaemonProcess(layout.root, *shell) as daemon:
        FakeAgent(layout.root, "docs").context("State: working\n")
        assert daemon.ask("check") == []
        open_files = Path(f"/proc/{daemon.pid}/fd")
        for number in range(3) if open_files.exists() else ():
            target = str((open_files / str(number)).readlink())
            assert target == "/dev/null" or target.endswith("test-daemon.log")
        assert daemon.terminate() == 0
    with DaemonProcess(layout.root) as daemon:
        assert all(x["well"] for x in daemon.ask("doctor"))


def test_the_live_log_has_a_line_a_record(capsys: pytest.CaptureFixture[str]) -> None:
    """Time, who, what, about what, and why; what agents named is escaped."""
    at, path = "2026-01-31T09:00:00.000Z", "a\x1b.md"
    record_log.show([Record(1, at, "document.accepted", "docs", path, {})])
    noted = Record(2, at, "new.kind", "", path, {"note": "n\x07"})
    record_log.show([noted])
    record_log.show_nothing([noted])
    assert capsys.readouterr().out.splitlines() == [
        "09:00:00 UTC docs         wrote: a\\x1b.md",
        "09:00:00 UTC unknown      new.kind: a\\x1b.md (n\\x07)",
    ]
