import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from active_contexts.worktree_state import commands
from active_contexts.worktree_state.entries import common_folder, save_role
from active_contexts.worktree_state.model import AssignedWorktree
from active_contexts.worktrees import assigning, removal
from active_contexts.worktrees import pool as worktree_pool
from coordinator.kernel import git as kernel_git
from tests.active_contexts.worktree_yard import Yard, crash_after, make_yard, tip
from tests.support import commit, git


@pytest.fixture
def yard(tmp_path: Path, repository: Path) -> Yard:
    """A workspace with one repository."""
    return make_yard(tmp_path / "work", repository)


def fill(yard: Yard, size: int) -> int:
    """Fill the pool."""
    return worktree_pool.fill(yard.worktree_root, yard.tracked, size)


def ready(yard: Yard) -> list[str]:
    """Return the names in the pool that can be handed out."""
    found = worktree_pool.ready(yard.worktree_root, yard.tracked)
    return [x.path.name for x in found]


def recycle(yard: Yard, path: Path) -> None:
    """Give a worktree back."""
    under = "refs/coordinator/saved/x/y/1"
    removal.recycle(yard.worktree_root, yard.tracked, yard.known(path), under)


def test_the_pool_is_filled_once(yard: Yard) -> None:
    """Filling again makes nothing, and moves what stands behind on."""
    assert fill(yard, 2) == 2
    head = commit(yard.repository, "b.txt", "b", "Ahead")
    assert fill(yard, 2) == 0
    assert len(ready(yard)) == 2
    for entry in worktree_pool.ready(yard.worktree_root, yard.tracked):
        assert entry.head.commit == head
        assert (entry.path / "b.txt").exists()


def test_without_a_target_the_pool_stays_empty(yard: Yard) -> None:
    """There is nothing to make worktrees from."""
    tracked = replace(yard.tracked, target="trunk")
    assert worktree_pool.fill(yard.worktree_root, tracked, 1) == 0


def test_a_pooled_worktree_is_handed_out(yard: Yard) -> None:
    """It appears in its place complete, on its branch, with its role."""
    fill(yard, 2)
    home = yard.home("backend")
    (home.path / "new.txt").write_text("in use")
    second = yard.start(home, "login")
    assert ready(yard) == []
    assert git(second.path, "status", "-sb") == "## backend/login"
    assert yard.entry(second.path).role == "backend"
    reason = git(second.path, "log", "-g", "-1", "--format=%gs", "backend/login")
    assert reason == ""


def test_a_returned_worktree_holds_nothing_of_its_last_agent(yard: Yard) -> None:
    """Detached, without ignored files, without role; then handed out again."""
    home = yard.start(yard.home("backend"), "login")
    (home.path / "debug.log").write_text("ignored")
    recycle(yard, home.path)
    recycle(yard, home.path)
    (entry,) = worktree_pool.ready(yard.worktree_root, yard.tracked)
    assert entry.role == ""
    assert not (entry.path / "debug.log").exists()
    assert not home.path.exists()
    again = yard.home("docs")
    assert yard.entry(again.path).folder == entry.folder
    assert git(yard.repository, "branch", "--list", "backend/login")


def make_sparse(path: Path) -> None:
    """Leave a setting that the next agent would inherit."""
    git(path, "sparse-checkout", "set", "src")


def hide(path: Path) -> None:
    """Leave a flag in the index."""
    git(path, "update-index", "--assume-unchanged", "README.md")


def make_ref(path: Path) -> None:
    """Leave a ref that only this worktree sees."""
    git(path, "update-ref", "refs/worktree/mine", "HEAD")


@pytest.mark.parametrize("leave", [make_sparse, hide, make_ref])
def test_what_would_show_to_the_next_agent_is_not_recycled(
    yard: Yard, leave: Callable[[Path], None]
) -> None:
    """Such a worktree goes to the trash."""
    home = yard.home("backend")
    leave(home.path)
    recycle(yard, home.path)
    assert ready(yard) == []
    assert not home.path.exists()
    assert len(list(yard.worktree_root.trash.iterdir())) == 1


def test_what_a_crash_left_in_the_pool_is_made_ready_or_thrown_away(
    yard: Yard,
) -> None:
    """Half made, half handed out, half returned, without folder, without entry."""
    fill(yard, 6)
    pool = yard.worktree_root.pool
    made = worktree_pool.ready(yard.worktree_root, yard.tracked)
    names = [x.path.name for x in made]
    common = common_folder(yard.repository)
    (made[0].folder / "locked").write_text("initializing")
    save_role(made[1], common, "backend")
    save_role(made[2], common, "backend")
    (made[2].path / "written.txt").write_text("late")
    shutil.rmtree(made[3].path)
    (made[4].path / ".git").unlink()
    (pool / "shop-9").mkdir()
    (pool / "other-1").mkdir()
    worktree_pool.tidy(yard.worktree_root, yard.tracked)
    whole = [names[1], names[5]]
    assert ready(yard) == whole
    assert sorted(x.name for x in pool.iterdir()) == ["other-1", *whole]
    trash = [x.name.rpartition("-")[0] for x in yard.worktree_root.trash.iterdir()]
    thrown = [names[0], names[2], names[3], names[4], "shop-9"]
    assert sorted(trash) == sorted(thrown)
    worktree_pool.tidy(yard.worktree_root, yard.tracked)
    assert ready(yard) == whole


@pytest.mark.slow
@pytest.mark.parametrize("in_use", [True, False])
@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.parametrize("steps", range(13))
def test_starting_a_feature_again_after_a_crash_ends_the_same(
    yard: Yard, steps: int, size: int, *, in_use: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After any number of effects, the same call reaches the same end."""
    home = yard.home("backend")
    if in_use:
        (home.path / "new.txt").write_text("in use")
    fill(yard, size)
    crash_after(steps, monkeypatch, lambda: yard.start(home, "login"))
    worktree_pool.tidy(yard.worktree_root, yard.tracked)
    second = yard.start(home, "login")
    expected = "shop-backend--login" if in_use else "shop-backend"
    assert second.path.name == expected
    assert git(second.path, "status", "-sb").splitlines()[0] == "## backend/login"
    assert yard.entry(second.path).role == "backend"
    fill(yard, 1)
    assert len(ready(yard)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("steps", range(22))
def test_returning_a_worktree_again_after_a_crash_ends_the_same(
    yard: Yard, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After any number of effects, the pool holds it once, ready."""
    home = yard.start(yard.home("backend"), "login")
    crash_after(steps, monkeypatch, lambda: recycle(yard, home.path))
    recycle(yard, home.path)
    worktree_pool.tidy(yard.worktree_root, yard.tracked)
    assert len(ready(yard)) == 1
    assert not home.path.exists()
    assert git(yard.repository, "worktree", "list").count("\n") == 1


def test_a_worktree_without_files_yet_is_thrown_away(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash after git's entry was made, before the files were written."""
    crash_after(2, monkeypatch, lambda: fill(yard, 1))
    (half,) = yard.worktree_root.pool.iterdir()
    assert [x.name for x in half.iterdir()] == [".git"]
    assert ready(yard) == []
    assert fill(yard, 1) == 1
    (name,) = ready(yard)
    assert name != half.name
    assert (yard.worktree_root.pool / name / "README.md").exists()


def test_a_move_that_was_cut_short_is_finished(yard: Yard) -> None:
    """The folder is in its place, its entry still names the pool: tidy keeps it."""
    fill(yard, 1)
    (entry,) = worktree_pool.ready(yard.worktree_root, yard.tracked)
    save_role(entry, common_folder(yard.repository), "backend")
    entry.path.rename(yard.workspace / "shop-backend")
    worktree_pool.tidy(yard.worktree_root, yard.tracked)
    home = yard.home("backend")
    assert home.entry == entry.folder.name
    assert git(home.path, "status", "--short") == ""
    assert str(home.path) in git(yard.repository, "worktree", "list")


def test_a_copy_of_a_worktree_is_not_the_worktree(yard: Yard) -> None:
    """Two folders with one entry: the one that git knows is meant."""
    home = yard.home("backend")
    copy = yard.workspace / "shop-docs"
    shutil.copytree(home.path, copy)
    assert commands.reconnect(yard.repository, copy) is None
    found = commands.reconnect(yard.repository, home.path)
    assert found is not None
    assert found.path == home.path


def test_a_lock_that_goes_away_is_waited_for(yard: Yard) -> None:
    """A user's own git at work is no failure."""
    ref = yard.repository / ".git/refs/heads/backend/login.lock"
    ref.parent.mkdir()
    ref.touch()
    home = yard.home("backend")
    with pytest.raises(kernel_git.GitFailed):
        yard.start(home, "login")
    ref.unlink()
    assert yard.start(home, "login").branch == "backend/login"


def test_the_same_feature_of_two_agents_is_two_worktrees(yard: Yard) -> None:
    """Each under its own prefix."""
    paths: list[AssignedWorktree] = [
        yard.start(yard.home(x), "login") for x in ("a", "b")
    ]
    assert [x.branch for x in paths] == ["a/login", "b/login"]
    assert tip(yard.repository, "a/login") == tip(yard.repository, "b/login")
    seen = [assigning.describe(yard.tracked, x).branch for x in paths]
    assert seen == ["a/login", "b/login"]
