"""Runs over the socket: many callers, and evidence that takes its time."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from coordinator.daemon import client
from tests.actions.run_yard import BREAD, FILLED, RUNS, WOOD, begin, keep, oven
from tests.support import (
    PATIENCE_SECONDS,
    DaemonProcess,
    FakeAgent,
    ManualClock,
    open_workspace,
    run_coordinator,
    user_environment,
    wait_for,
)

pytestmark = pytest.mark.slow
AGENTS = ("backend", "docs", "frontend")
Ask = Callable[..., dict[str, Any]]


class Slow:
    """A command of the user's that ends once it is let."""

    def __init__(self, folder: Path) -> None:
        self.begun = folder / "begun"
        self._let = folder / "let"
        self.program = folder / "slow"
        text = f'touch "{self.begun}"; until [ -e "{self._let}" ]; do sleep 0.05; done'
        self.program.write_text(f"#!/bin/sh\n{text}\n")
        self.program.chmod(0o755)

    def let(self) -> None:
        """Let it end."""
        self._let.touch()


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Slow]:
    """A command that takes its time, at most as long as the test.

    It lies in the workspace: a sandbox shows it nothing else to write.
    """
    (tmp_path / "w").mkdir()
    made = Slow(tmp_path / "w")
    yield made
    made.let()


def asker(root: Path) -> Ask:
    """Return a way to ask the daemon as an agent; what it replies comes back whole."""

    def ask(agent: str, action: str, key: str = "", **arguments: object) -> Any:  # noqa: ANN401 - JSON
        token = (root / ".coordinator" / "tokens" / agent).read_text()
        request: dict[str, object] = {
            "action": action,
            "arguments": arguments,
            "agent": agent,
            "token": token,
            "key": key,
        }
        return client.ask(str(root), request)

    return ask


def begin_slow(tmp_path: Path, clock: ManualClock, slow: Slow) -> tuple[str, Path]:
    """Start a run of steps where that command may be run; return it and its place."""
    with open_workspace(tmp_path / "w", clock) as opened:
        keep(opened, BREAD)
        run = begin(opened, oven(), "oven")
    settings = opened.layout.settings
    text = settings.read_text().replace(
        "# commands = []", f'commands = ["{slow.program}"]'
    )
    settings.write_text(text)
    return run, opened.root


def test_of_many_takers_one_has_the_step(tmp_path: Path, clock: ManualClock) -> None:
    """All at once over the socket; the others are told who has it."""
    with open_workspace(tmp_path / "w", clock) as opened:
        run, root = begin(opened, oven(), "oven"), opened.root
    with DaemonProcess(root), ThreadPoolExecutor(24) as callers:
        ask = asker(root)
        takes = [
            callers.submit(ask, AGENTS[x % 3], "workflow take", run=run, step=WOOD)
            for x in range(24)
        ]
        replies = [x.result(PATIENCE_SECONDS) for x in takes]
    winners = {x["result"]["holder"] for x in replies if "result" in x}
    assert len(winners) == 1
    errors = [x["error"] for x in replies if "error" in x]
    assert len(errors) == 16
    assert {x["kind"] for x in errors} == {"conflict"}
    assert all(f"{next(iter(winners))} holds" in x["message"] for x in errors)


def test_slow_evidence_holds_nobody_else_up(
    tmp_path: Path, clock: ManualClock, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one's evidence is judged, another's command is answered."""
    run, root = begin_slow(tmp_path, clock, slow)
    monkeypatch.chdir(root)  # where the caller stands, the command runs
    with DaemonProcess(root), ThreadPoolExecutor(1) as callers:
        ask = asker(root)
        assert ask("backend", "workflow take", run=run, step=WOOD)["result"]
        asked = {"run": run, "step": WOOD, "run_command": str(slow.program)}
        submit = partial(ask, "backend", "workflow submit", "k", **asked)
        submitted = callers.submit(submit)
        wait_for(slow.begun.exists)
        started = ask("docs", "workflow start", template="bread", set=FILLED)
        assert started["result"]["id"] == "bread-1"
        ticked = ask("docs", "workflow tick", run="bread-1", item="1")
        assert ticked["result"]["state"] == "done"
        taken = ask("docs", "workflow take", run=run, step=WOOD)
        assert taken["error"]["kind"] == "conflict"
        assert not submitted.done(), "the slow one has not ended yet"
        slow.let()
        found = submitted.result(PATIENCE_SECONDS)["result"]
        assert found["state"] == "SUCCEEDED"
        assert found["verdicts"][0]["verdict"] == "met"
        assert submit()["result"] == found


def test_without_a_daemon_something_long_keeps_nobody_out(
    tmp_path: Path, clock: ManualClock, slow: Slow
) -> None:
    """The process that waits answers the others meanwhile, one after the other."""
    run, root = begin_slow(tmp_path, clock, slow)
    taken = run_coordinator(root, "--as", "backend", "workflow", "take", run, WOOD)
    assert taken.code == 0
    argv = ["--as", "backend", "workflow", "submit", run, WOOD]
    argv += ["--run-command", str(slow.program)]
    ask = asker(root)
    with ThreadPoolExecutor(1) as callers:
        submitted = callers.submit(run_coordinator, root, *argv)
        wait_for(slow.begun.exists)
        wait_for(lambda: ask("docs", "health"))
        started = ask("docs", "workflow start", template="bread", set=FILLED)
        assert started["result"]["id"] == "bread-1"
        shown = run_coordinator(root, "workflow", "show", "bread-1", "--json")
        assert shown.value["state"] == "running"
        status = ask("docs", "status")["result"]
        assert not status["daemon"]["running"]
        slow.let()
        found = submitted.result(PATIENCE_SECONDS)
    assert (found.code, "is SUCCEEDED" in found.stdout) == (0, True)
    assert ask("docs", "status") is None, "nobody listens any more"
    record = json.loads((root / RUNS / "bread-1" / "record.json").read_text())
    assert record["agent"] == "docs"


def test_something_long_ends_with_ctrl_c(
    tmp_path: Path, clock: ManualClock, slow: Slow
) -> None:
    """Nothing is recorded of it; the next command finds the workspace free."""
    run, root = begin_slow(tmp_path, clock, slow)
    taken = run_coordinator(root, "--as", "backend", "workflow", "take", run, WOOD)
    assert taken.code == 0
    script = (
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from coordinator.entry import main\n"
        "main()\n"
    )
    argv = ["--as", "backend", "workflow", "submit", run, WOOD]
    argv += ["--run-command", str(slow.program)]
    process = subprocess.Popen(
        [sys.executable, "-c", script, *argv],
        cwd=root,
        env=user_environment(),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with process:
        wait_for(slow.begun.exists)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_SECONDS) == 130
    shown = run_coordinator(root, "workflow", "show", run, "--json").value
    step = shown["steps"][0]
    assert (step["state"], step["attempts"]) == ("RUNNING", [])


def test_the_daemon_judges_living_copies_by_itself(
    tmp_path: Path, clock: ManualClock
) -> None:
    """Nobody has to ask: a tick is visible to all, a wrong one is put back."""
    with open_workspace(tmp_path / "w", clock) as opened:
        run, root = begin(opened, BREAD, values=FILLED), opened.root
    path = root / RUNS / run / "workflow.md"
    with DaemonProcess(root) as daemon:
        agent = FakeAgent(root, "backend")
        text = path.read_text()
        agent.write(str(path.relative_to(root)), text.replace("[ ] Read", "[x] Read"))
        record = root / RUNS / run / "record.json"
        wait_for(lambda: record.exists() and '"done": 1' in record.read_text())
        before = path.read_text()
        agent.write(
            str(path.relative_to(root)), before.replace("[ ] PAUSE", "[x] PAUSE")
        )
        wait_for(lambda: path.read_text() == before)
        problems = daemon.ask("check")
        assert [x["code"] for x in problems] == ["gate-waits"]
