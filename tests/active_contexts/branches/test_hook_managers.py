"""Whatever manages the hooks, in whatever order: what runs is what would without us.

Each order is gone through in two repositories, one of which never has our hooks.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from active_contexts.branches import hook_upkeep, hooks
from active_contexts.branches.hook_files import HookState
from active_contexts.worktree_state.model import TrackedRepository
from tests.active_contexts.hook_managers import (
    MINE,
    SAID,
    FakeHusky,
    FakeLefthook,
    FakeOldHusky,
    FakePreCommit,
    Manager,
    RealHusky,
    RealLefthook,
    RealPreCommit,
)
from tests.active_contexts.worktree_yard import OWNER, PREFIXES, write_hook
from tests.support import ManualClock, git, try_git

MANAGERS = (
    FakePreCommit, FakeLefthook, FakeHusky, RealPreCommit, RealLefthook, RealHusky,
)  # fmt: skip
ORDERS = (
    "manager ours manager look manager",
    "ours manager look manager look look",
    "mine manager ours manager look",
    "mine ours manager look manager",
    "ours manager ours manager look",
)


def push(repository: Path) -> tuple[int, int, int]:
    """Push a new commit; return the exit code, and how often both hooks ran."""
    git(repository, "commit", "-q", "--allow-empty", "-m", "x")
    done = try_git(repository, "push", "../remote.git", "HEAD:refs/heads/main")
    said = done.stdout + done.stderr
    return done.returncode, said.count(SAID), said.count(MINE)


def refuses(repository: Path) -> bool:
    """Tell whether a wrong name is refused, made or pushed."""
    pushed = try_git(repository, "push", "../remote.git", "HEAD:refs/heads/backend/X")
    made = try_git(repository, "branch", "backend/X")
    return "is refused" in pushed.stderr and "is refused" in made.stderr


def look(repository: Path, clock: ManualClock) -> None:
    """Look at the hooks as the daemon does."""
    tracked = TrackedRepository("shop", repository, "main")
    assert hook_upkeep.maintain(tracked, OWNER, PREFIXES, clock()) == ()


def hooks_of(repository: Path) -> dict[str, str]:
    """Return what git would run, and where it would look for it."""
    found = {x.name: x.read_text() for x in (repository / ".git/hooks").iterdir()}
    return found | {"config": (repository / ".git/config").read_text()}


@pytest.fixture
def pair(tmp_path: Path, make_repository: Callable[[Path], Path]) -> tuple[Path, Path]:
    """Two repositories with a remote, which know nothing of each other."""
    made = []
    for name in ("with", "without"):
        git(tmp_path, "init", "-q", "--bare", f"{name}/remote.git")
        made.append(make_repository(tmp_path / name / "shop"))
        (made[-1] / ".git/hooks").mkdir(exist_ok=True)
    return made[0], made[1]


@pytest.mark.slow
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", MANAGERS)
def test_what_runs_is_what_would_without_us(
    pair: tuple[Path, Path], clock: ManualClock, kind: type[Manager], order: str
) -> None:
    """After every step; and after the last one nothing of ours is left."""
    ours, twin = pair
    manager = kind()
    for repository in pair:
        manager.prepare(repository)
    for step in order.split():
        for repository in pair:
            match step:
                case "mine":
                    hook = repository / ".git/hooks/pre-push"
                    write_hook(hook, f"#!/bin/sh\necho {MINE}\n")
                case "manager":
                    manager.install(repository)
        if step == "ours":
            hooks.install(ours, OWNER, PREFIXES)
        elif step == "look":
            look(ours, clock)
        assert push(ours) == push(twin), step
        if step in {"ours", "look"}:
            assert refuses(ours)
            assert hooks.state(ours) is HookState.INSTALLED
    hooks.uninstall(ours, OWNER)
    assert hooks_of(ours) == hooks_of(twin)
    assert push(ours) == push(twin)
    assert not refuses(ours)


def test_an_old_husky_that_goes_takes_its_hook_along(pair: tuple[Path, Path]) -> None:
    """It knows nothing of the one that ours keeps, which cannot run without it."""
    repository, _ = pair
    manager = FakeOldHusky()
    manager.install(repository)
    hooks.install(repository, OWNER, PREFIXES)
    manager.install(repository)
    assert push(repository) == (0, 1, 0)
    assert refuses(repository)
    manager.uninstall(repository)
    assert push(repository) == (0, 0, 0)
    assert refuses(repository)
    hooks.uninstall(repository, OWNER)
    assert push(repository) == (0, 0, 0)


def test_pre_commit_alone_ends_ours_until_the_next_look(
    pair: tuple[Path, Path], clock: ManualClock
) -> None:
    """As `pre-commit install --overwrite` does, after whatever it was before."""
    repository, _ = pair
    manager = FakePreCommit()
    for _ in range(2):
        hooks.install(repository, OWNER, PREFIXES)
        manager.install(repository)
        (repository / ".git/hooks/pre-push.legacy").unlink(missing_ok=True)
        assert hooks.state(repository) is HookState.FOREIGN
        look(repository, clock)
        assert push(repository) == (0, 1, 0)
        assert refuses(repository)
    manager.install(repository)
    assert push(repository) == (0, 1, 0)


def test_a_legacy_that_nobody_calls_is_not_ours_running(
    pair: tuple[Path, Path], clock: ManualClock
) -> None:
    """Ours stands as pre-commit left it, and somebody else's hook is in front now."""
    repository, _ = pair
    hooks.install(repository, OWNER, PREFIXES)
    FakePreCommit().install(repository)
    write_hook(repository / ".git/hooks/pre-push", f"#!/bin/sh\necho {MINE}\n")
    assert hooks.state(repository) is HookState.FOREIGN
    look(repository, clock)
    assert push(repository) == (0, 0, 1)
    assert refuses(repository)
    assert not (repository / ".git/hooks/pre-push.legacy").exists()
