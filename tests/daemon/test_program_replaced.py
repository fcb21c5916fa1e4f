"""The program is upgraded, removed or installed anew while its daemon runs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from coordinator.kernel.system.program import PACKAGES
from tests.support import (
    DaemonProcess,
    Ended,
    FakeAgent,
    ManualClock,
    open_workspace,
    run_coordinator,
    user_environment,
    wait_for,
)

pytestmark = pytest.mark.slow
CHECKOUT = Path(__file__).parents[2]
ITEM = "backend-carts"


@pytest.fixture
def root(tmp_path: Path, clock: ManualClock, repository: Path) -> Path:
    """A workspace with a submitted commit, closed again."""
    with open_workspace(tmp_path / "w", clock, {"shop": repository}) as opened:
        agent = FakeAgent(opened.root, "backend")
        agent.branch("carts")
        agent.commit("a.txt", "a\n")
        agent.pending("carts", "# Carts\n\nBranch: backend/carts\n")
        assert opened.perform("pending list")[0]["state"] == "submitted"
        return opened.root


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The program, installed where it may be changed."""
    install(tmp_path / "program")
    return tmp_path / "program"


def install(folder: Path) -> None:
    """Put the program there, in the place of what is there."""
    for name in PACKAGES:
        shutil.rmtree(folder / name, ignore_errors=True)
        unneeded = shutil.ignore_patterns("__pycache__")
        shutil.copytree(CHECKOUT / name, folder / name, ignore=unneeded)


@pytest.fixture
def daemon(root: Path, program: Path) -> Iterator[DaemonProcess]:
    """A daemon of the installed program."""
    with DaemonProcess(root, PYTHONPATH=str(program)) as running:
        wait_for(lambda: running.health()["disk_free"], 60)
        yield running


def upgrade(program: Path) -> None:
    """Install another version: some module has some bytes more."""
    install(program)
    with (program / "pending_commits" / "changes.py").open("a") as module:
        module.write("# of the next version\n")


def run_of(program: Path, root: Path, *argv: str) -> Ended:
    """Run a command of the installed program."""
    return run_coordinator(root, *argv, PYTHONPATH=str(program))


@pytest.mark.slow(7)
@pytest.mark.parametrize("how", ["removed", "upgraded"])
def test_a_daemon_whose_program_is_another_says_so(
    daemon: DaemonProcess, root: Path, program: Path, how: str
) -> None:
    """What it cannot load any more is no bug; all else goes on."""
    if how == "removed":
        shutil.rmtree(program)
    else:
        upgrade(program)
    words = ("pending", "show", ITEM, "--diff", "--json")
    shown = run_coordinator(root, *words)
    assert (shown.code, shown.error["kind"]) == (1, "external")
    assert shown.error["message"].startswith("Another version of the program is")
    assert "coordinator down && coordinator up --detach" in shown.error["hint"]
    FakeAgent(root, "docs").context("State: working\nTask: Pages\n")
    codes = {
        x: run_coordinator(root, *x.split()).code
        for x in ("status", "context list", "pending list", "report daily")
    }
    assert set(codes.values()) == {0}, codes
    # It may find something amiss in what is gone, but it goes on, too.
    assert run_coordinator(root, "doctor").code in {0, 1}
    wait_for(lambda: daemon.health()["outdated"], 60)
    assert "OUTDATED" in run_coordinator(root, "status").stdout
    log = (root / ".coordinator" / "logs" / "daemon.jsonl").read_text()
    assert "bug" not in log


def test_a_command_of_another_version_says_so(
    daemon: DaemonProcess, root: Path, program: Path
) -> None:
    """Beside its answer; after the restart that it names, no more."""
    assert run_of(program, root, "status").stderr == ""
    upgrade(program)
    listed = run_of(program, root, "context", "list")
    assert listed.stderr.startswith("Note: The daemon is of another version than this")
    as_json = run_of(program, root, "context", "list", "--json")
    assert isinstance(as_json.value, list)
    assert as_json.stderr.startswith('{"notes": ["The daemon is of another version')
    assert run_of(program, root, "down").code == 0
    assert daemon.process is not None
    daemon.process.wait(60)
    try:
        assert run_of(program, root, "up", "--detach").code == 0
        shown = run_of(program, root, "pending", "show", ITEM)
        assert (shown.code, shown.stderr) == (0, "")
    finally:
        run_of(program, root, "down")


@pytest.mark.usefixtures("daemon")
def test_the_same_version_installed_anew_is_no_other(root: Path, program: Path) -> None:
    """Names and sizes count, not when and where the files were written."""
    install(program)
    for path in program.rglob("*.py"):
        os.utime(path, (0, 0))
    assert run_coordinator(root, "pending", "show", ITEM).code == 0
    for client in (program, CHECKOUT):
        assert run_of(client, root, "status").stderr == ""


def test_the_program_knows_itself_anywhere(program: Path) -> None:
    """Where it is gone it is another one, and nothing is raised."""
    script = "from coordinator.kernel.system.program import identity; print(identity())"
    gone = (
        f"{script}; import shutil; shutil.rmtree({str(program)!r}); print(identity())"
    )
    found = []
    for folder, text in ((CHECKOUT, script), (program, gone)):
        done = subprocess.run(
            [sys.executable, "-c", text],
            env=user_environment({"PYTHONSAFEPATH": "1", "PYTHONPATH": str(folder)}),
            capture_output=True,
            text=True,
            check=True,
        )
        found += done.stdout.split()
    assert found[0] == found[1] != found[2]
