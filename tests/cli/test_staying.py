"""A daemon that an agent's command leaves behind, and who leaves none."""

import json
import os
from pathlib import Path

import pytest

from coordinator.cli import starting, staying
from coordinator.kernel.disk import locks
from coordinator.kernel.system import pids
from coordinator.workspace.layout import Layout
from tests.support import (
    ManualClock,
    open_workspace,
    run_coordinator,
    wait_for,
)

NOT_IN_CI = {"CI": ""}


@pytest.fixture
def layout(tmp_path: Path, clock: ManualClock, repository: Path) -> Layout:
    """A workspace with a repository, closed again."""
    with open_workspace(tmp_path / "w", clock) as opened:
        opened.perform("init", workspace=str(opened.root), repo=[f"shop={repository}"])
        return opened.layout


def stay(layout: Layout, minutes: float) -> None:
    """Set how long such a daemon stays."""
    text = layout.settings.read_text()
    line = "# stay_minutes = 10.0"
    assert line in text
    layout.settings.write_text(text.replace(line, f"stay_minutes = {minutes}"))


def is_there(layout: Layout) -> bool:
    """Tell whether a daemon answers."""
    return bool(starting.running_pid(layout))


@pytest.mark.slow
def test_the_first_of_an_agents_commands_leaves_a_daemon(layout: Layout) -> None:
    """The next one asks it; it says that it will go."""
    home = layout.root / "shop-backend"
    first = run_coordinator(home, "context", "list", "--json", **NOT_IN_CI)
    assert first.code == 0
    wait_for(lambda: is_there(layout))
    try:
        health = run_coordinator(home, "health", "--json", **NOT_IN_CI)
        assert '"until_idle": true' in health.stdout
        again = run_coordinator(home, "context", "list", "--json", **NOT_IN_CI)
        assert (again.code, again.stdout) == (0, first.stdout)
    finally:
        run_coordinator(layout.root, "down")


@pytest.mark.slow
def test_it_goes_when_nobody_asks(layout: Layout) -> None:
    """By itself, and the workspace is free again."""
    stay(layout, 1 / 600)
    staying.leave_one(layout)
    wait_for(layout.daemon.exists)
    pid = json.loads(layout.daemon.read_text())["pid"]
    wait_for(lambda: not pids.is_running_child(pid))
    with locks.hold(layout.lock, seconds=5):
        assert not layout.socket.exists()


@pytest.mark.slow
def test_it_follows_the_settings_while_it_is_there(layout: Layout) -> None:
    """Nobody has to end it by hand who set that none shall stay."""
    text = layout.settings.read_text()
    layout.settings.write_text(
        text.replace("# look_seconds = 5.0", "look_seconds = 0.1")
    )
    left = staying.leave_one(layout)
    wait_for(lambda: is_there(layout))
    stay(layout, 0)
    wait_for(lambda: not pids.is_running_child(left))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "more", "minutes"),
    [
        (".", NOT_IN_CI, 10),  # a maintainer's
        ("shop-backend", {}, 10),  # in CI
        ("shop-backend", NOT_IN_CI, 0),  # by the settings
    ],
)
def test_others_leave_none(
    layout: Layout, folder: str, more: dict[str, str], minutes: float
) -> None:
    """They ask once, or do not want it."""
    stay(layout, minutes)
    done = run_coordinator(layout.root / folder, "context", "list", **more)
    assert done.code == 0
    assert not (layout.logs / "start.log").exists()


@pytest.mark.slow
@pytest.mark.parametrize("event", ["lock", "answer", "nothing"])
def test_up_takes_the_place_of_one_that_was_left(layout: Layout, event: str) -> None:
    """What is started stays until `down`, however far the other one has come."""
    left = staying.leave_one(layout)
    if event != "nothing":
        wait_for(layout.daemon.exists)
    if event == "answer":
        wait_for(lambda: is_there(layout))
    told = starting.detached(layout)
    try:
        assert told["pid"] != left
        wait_for(lambda: not pids.is_running_child(left))
        another = staying.leave_one(layout)
        wait_for(lambda: not pids.is_running_child(another))  # there is one
        health = json.loads(run_coordinator(layout.root, "health", "--json").stdout)
        assert health["pid"] == told["pid"]
        assert "until_idle" not in health
    finally:
        run_coordinator(layout.root, "down")
    wait_for(lambda: not is_there(layout))


@pytest.mark.parametrize(
    ("above", "environment", "wanted"),
    [
        ("bash sshd", {}, True),
        ("bash sshd", {"CI": "true"}, False),
        ("sh cron systemd", {"TERM": "xterm"}, False),
        ("sh python systemd", {"INVOCATION_ID": "7f"}, False),
        ("sh node bash@pts gnome-terminal systemd", {"INVOCATION_ID": "7f"}, True),
        ("", {}, False),
        ("", {"TERM": "xterm"}, True),
        ("bash sshd", {"PATH": "/nowhere"}, False),  # without git
    ],
)
def test_who_may_ask_again_soon(
    monkeypatch: pytest.MonkeyPatch,
    above: str,
    environment: dict[str, str],
    wanted: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """Told by those above, however deep; neither cron, nor CI, nor a service may."""
    found = [
        (name, bool(at)) for x in above.split() for name, at, _ in [x.partition("@")]
    ]
    monkeypatch.setattr(staying, "_ancestors", lambda _: iter(found))
    assert staying.is_wanted(environment) is wanted


def test_those_above_are_read_from_the_system() -> None:
    """Names and terminals, from this process up to the first."""
    found = list(staying._ancestors(os.getpid()))
    assert found[0][0].startswith(("python", "pytest", "coordinator"))
    assert all(name for name, _ in found)
