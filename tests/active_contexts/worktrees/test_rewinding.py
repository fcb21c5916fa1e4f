"""Worktrees taken back to an earlier commit, with everything saved first."""

from collections.abc import Callable
from pathlib import Path

import pytest

from active_contexts.worktree_state.model import AssignedWorktree
from active_contexts.worktrees.rewinding import NotRestorable, restore
from tests.active_contexts.worktree_yard import Yard, make_yard, tip
from tests.support import commit, git

pytestmark = pytest.mark.slow


@pytest.fixture
def yard(tmp_path: Path, make_repository: Callable[[Path], Path]) -> Yard:
    """A workspace with a repository."""
    return make_yard(tmp_path / "w", make_repository(tmp_path / "shop"))


@pytest.fixture
def carts(yard: Yard) -> AssignedWorktree:
    """A worktree on a feature's branch, one commit on."""
    made = yard.start(yard.home("backend"), "carts")
    commit(made.path, "cart.txt", "one\n", "One")
    return made


def test_branch_and_files_are_those_of_the_commit(
    yard: Yard, carts: AssignedWorktree
) -> None:
    """What was committed, changed, staged and new since is below the refs named."""
    base = tip(carts.path, "HEAD")
    later = commit(carts.path, "cart.txt", "two\n", "Two")
    (carts.path / "cart.txt").write_text("three\n")
    (carts.path / "staged.txt").write_text("staged\n")
    git(carts.path, "add", "staged.txt")
    (carts.path / "new.txt").write_text("new\n")
    (carts.path / "kept.log").write_text("ignored\n")
    saved = restore(yard.worktree_root, yard.tracked, carts, base, "20260131T090000Z-1")
    assert tip(carts.path, "HEAD") == base
    assert git(carts.path, "branch", "--show-current") == "backend/carts"
    assert git(carts.path, "status", "--porcelain") == ""
    assert (carts.path / "cart.txt").read_text() == "one\n"
    assert (carts.path / "kept.log").read_text() == "ignored\n"
    found = {x.rpartition("/")[2]: x for x in saved}
    assert tip(carts.path, found["head"]) == later
    files = found["files"]
    assert git(carts.path, "show", f"{files}:cart.txt") == "three"
    assert git(carts.path, "show", f"{files}:new.txt") == "new"
    assert git(carts.path, "show", f"{files}:staged.txt") == "staged"


def test_a_commit_of_another_line_is_not_gone_to(
    yard: Yard, carts: AssignedWorktree
) -> None:
    """Neither a later one, nor one that is not there; nothing is touched."""
    git(yard.repository, "checkout", "-q", "-b", "other")
    other = commit(yard.repository, "other.txt", "x\n", "Other")
    (carts.path / "cart.txt").write_text("dirty\n")
    head = tip(carts.path, "HEAD")
    for wanted in (other, "0" * 40, "nonsense"):
        with pytest.raises(NotRestorable, match="its HEAD is no child of it"):
            restore(
                yard.worktree_root, yard.tracked, carts, wanted, "20260131T090000Z-1"
            )
    assert tip(carts.path, "HEAD") == head
    assert (carts.path / "cart.txt").read_text() == "dirty\n"


def test_a_worktree_that_git_does_not_know_stays(
    yard: Yard, carts: AssignedWorktree
) -> None:
    """It was removed, or never was one."""
    base = tip(carts.path, "HEAD")
    git(yard.repository, "worktree", "remove", "--force", str(carts.path))
    with pytest.raises(NotRestorable, match="git knows no such worktree"):
        restore(yard.worktree_root, yard.tracked, carts, base, "20260131T090000Z-1")
