"""What is submitted is fetched beside all else, and before it is asked for."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from coordinator.kernel import git as kernel_git
from coordinator.kernel.git import Repository
from tests.support import (
    DaemonProcess,
    FakeAgent,
    ManualClock,
    OpenWorkspace,
    commit,
    git,
    open_workspace,
    run_coordinator,
    wait_for,
)

pytestmark = pytest.mark.slow
TARGET = "refs/repositories/shop/target"
SEEN = "refs/repositories/shop/seen/backend-carts"


@pytest.fixture
def root(tmp_path: Path, clock: ManualClock, repository: Path) -> Path:
    """A workspace with a repository, closed again."""
    with open_workspace(tmp_path / "w", clock, {"shop": repository}) as opened:
        return opened.root


@pytest.fixture
def slow_fetches(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A file that every fetch waits for, and the PATH with the git that does."""
    tools, gate = tmp_path / "tools", tmp_path / "gate"
    tools.mkdir()
    (tools / "git").write_text(
        '#!/bin/sh\ncase " $* " in *" fetch "*)\n'
        f'touch "{gate}.begun"; until [ -e "{gate}" ]; do sleep 0.05; done ;;\nesac\n'
        'PATH="${PATH#*:}" exec git "$@"\n'
    )
    (tools / "git").chmod(0o755)
    yield gate, f"{tools}:{os.environ['PATH']}"
    gate.touch()


def refs(root: Path) -> dict[str, str]:
    """Return the refs of the store."""
    return kernel_git.refs(Repository(root / ".coordinator" / "store.git"))


@pytest.mark.slow(5)
@pytest.mark.parametrize("how", ["by command", "by file"])
def test_a_long_fetch_keeps_nobody_waiting(
    root: Path, slow_fetches: tuple[Path, str], how: str
) -> None:
    """The first submission of a long history: all others are answered meanwhile."""
    gate, path = slow_fetches
    agent = FakeAgent(root, "backend")
    agent.branch("carts")
    head = agent.commit("a.txt", "a\n")
    with (
        DaemonProcess(root, PATH=path) as daemon,
        ThreadPoolExecutor(2) as callers,
    ):
        if how == "by file":
            agent.pending("carts", "# Carts\n\nBranch: backend/carts\n")
        else:
            argv = ("pending", "submit", "--title", "Carts")
            submitted = callers.submit(run_coordinator, agent.home, *argv, stdin="x")
        wait_for(gate.with_suffix(".begun").exists, 60)
        document = FakeAgent(root, "docs").learning("pages", "# Pages\n")
        for action in ("status", "pending list", "context list"):
            assert callers.submit(daemon.ask, action).result(60) is not None
        listed = callers.submit(daemon.ask, "learning list").result(60)
        assert [x["path"] for x in listed] == [document]
        gate.touch()
        if how == "by command":
            assert submitted.result(60).code == 0
        wait_for(lambda: daemon.ask("pending list")[0]["state"] == "submitted", 60)
        assert daemon.ask("pending list")[0]["commit"] == head


def test_init_brings_the_target_and_branches(shop: OpenWorkspace) -> None:
    """So that the first submission has little to fetch."""
    main = git(shop.root / "shop-backend", "rev-parse", "main")
    assert refs(shop.root)[TARGET] == main
    FakeAgent(shop.root, "backend").branch("carts")
    git(shop.root / "shop-backend", "branch", "--no-track", "backend/tills")
    shop.perform("init", workspace=str(shop.root))
    assert {TARGET, SEEN} <= refs(shop.root).keys()


def test_what_cannot_be_brought_in_advance_is_no_failure(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> None:
    """A shallow clone lacks what is to be kept; that is told where it is asked for."""
    commit(repository, "later.txt", "x", "Later")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "cut")
    with open_workspace(tmp_path / "w", clock, {"e": tmp_path / "cut"}) as opened:
        assert refs(opened.root) == {}
        found = {x["name"]: x["well"] for x in opened.perform("doctor")}
        assert found["store"]


def test_up_brings_what_came_while_no_daemon_ran(root: Path) -> None:
    """Nobody has proposed anything yet."""
    agent = FakeAgent(root, "backend")
    agent.branch("carts")
    head = agent.commit("a.txt", "a\n")
    with DaemonProcess(root):
        wait_for(lambda: refs(root).get(SEEN) == head, 60)


def test_what_a_killed_fetch_left_goes_at_the_next_start(
    root: Path, slow_fetches: tuple[Path, str]
) -> None:
    """The store has room for what counts."""
    gate, path = slow_fetches
    store = root / ".coordinator" / "store.git"
    agent = FakeAgent(root, "backend")
    agent.branch("carts")
    agent.commit("a.txt", "a\n")
    with DaemonProcess(root, PATH=path) as daemon:
        agent.pending("carts", "# Carts\n\nBranch: backend/carts\n")
        wait_for(gate.with_suffix(".begun").exists, 60)
        assert list(store.glob("incoming-*"))
        daemon.kill()
    (store / "objects" / "pack" / "tmp_pack_old").write_bytes(b"x" * 100)
    gate.touch()
    assert run_coordinator(root, "status").code == 0
    assert not list(store.glob("incoming-*"))
    assert not list(store.glob("objects/pack/tmp_*"))


@pytest.mark.parametrize("harm", ["flipped", "missing", "ref"])
def test_doctor_looks_at_the_store(shop: OpenWorkspace, harm: str) -> None:
    """Every byte, and whether all is there that the refs lead to."""
    agent = FakeAgent(shop.root, "backend")
    agent.branch("carts")
    agent.commit("a.txt", "one\n")
    agent.pending("carts", "# Carts\n\nBranch: backend/carts\n")
    found = {x["name"]: x for x in shop.perform("doctor")}
    assert found["store"]["well"]
    assert "refs are whole" in found["store"]["message"]
    store = shop.layout.store
    blob = git(agent.home, "rev-parse", "HEAD:a.txt")
    victim = store / "objects" / blob[:2] / blob[2:]
    if harm == "ref":
        [pending] = store.glob("refs/repositories/shop/pending/*")
        pending.write_text(f"{'1' * 40}\n")
    elif harm == "missing":
        victim.unlink()
    else:
        victim.chmod(0o644)
        data = bytearray(victim.read_bytes())
        data[-1] ^= 1
        victim.write_bytes(data)
    found = {x["name"]: x for x in shop.perform("doctor")}
    assert not found["store"]["well"]
    assert "damaged" in found["store"]["message"]
    assert (blob in found["store"]["message"]) == (harm != "ref")
    assert str(store) in found["store"]["hint"]
