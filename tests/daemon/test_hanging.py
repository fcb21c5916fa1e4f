import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from tests.support import (
    DaemonProcess,
    FakeAgent,
    ManualClock,
    git,
    open_workspace,
    run_coordinator,
    wait_for,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def root(
    tmp_path: Path,
    clock: ManualClock,
    repository: Path,
    make_repository: Callable[[Path], Path],
) -> Path:
    """A workspace with two repositories, closed again."""
    both = {"shop": repository, "till": make_repository(tmp_path / "till")}
    agents = ["ana", "ben", "cem", "dan", "eva", "fay", "gil", "hal"]
    with open_workspace(tmp_path / "w", clock, both, agents) as opened:
        return opened.root


@pytest.fixture
def hanging(root: Path, repository: Path) -> Iterator[Path]:
    """A repository that keeps each git waiting, and changes all the time."""
    fifo, over = root.parent / "fifo", Event()
    os.mkfifo(fifo)
    git(repository, "config", "include.path", str(fifo))
    config = repository / ".git" / "config"
    text = config.read_text()

    def change() -> None:
        number = 0
        while not over.wait(0.2):
            number += 1
            config.write_text(f"{text}# {number}\n")

    with ThreadPoolExecutor(1) as changing:
        changing.submit(change)
        yield repository
        over.set()


@pytest.mark.slow(15)
@pytest.mark.usefixtures("hanging")
def test_a_repository_that_hangs_holds_up_nobody(root: Path) -> None:
    """Not the status, nor documents, nor other repositories, whoever looks how often.

    Each look at it takes ten seconds, and each call would wait for one.
    """
    with DaemonProcess(root) as daemon, ThreadPoolExecutor(1) as callers:
        ana = FakeAgent(root, "ana", "till")
        ana.branch("carts")
        head = ana.commit("a.txt", "a\n")
        item = ana.pending("carts", "# Carts\n\nBranch: ana/carts\n")

        def calls() -> None:
            for number in range(4):
                ana.context(f"State: working\nTask: {number}\n")
                listed = daemon.ask("context list")
                assert listed[0]["task"] == str(number)
                assert daemon.ask("status")["daemon"]["running"]
                assert daemon.ask("history", limit=1)

        callers.submit(calls).result(60)
        wait_for(lambda: daemon.ask("pending list")[0]["state"] == "submitted", 60)
        assert daemon.ask("pending list")[0]["commit"] == head
        assert daemon.ask("pending show", id=Path(item).stem)["changes"]
        assert daemon.terminate() == 0
    assert not _hangs(root), "no git is left behind"


def _hangs(root: Path) -> bool:
    """Tell whether a git for a repository beside the workspace still runs."""
    shop = os.fsencode(root.parent / "shop")
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0] == b"git" and shop in words:
            return True
    return False


@pytest.mark.slow(10)
def test_without_a_daemon_a_command_waits_once(
    root: Path, repository: Path, tmp_path: Path
) -> None:
    """Not once for each of eight worktrees, and the rest is shown."""
    os.mkfifo(tmp_path / "fifo")
    git(repository, "config", "include.path", str(tmp_path / "fifo"))
    done = run_coordinator(root, "worktree", "list", "--json")
    assert done.code == 0
    states = {Path(x["path"]).name: x["state"] for x in done.value}
    assert len(states) == 16
    assert states["shop-hal"] == "unreadable"
    assert states["till-hal"] == "ready"
