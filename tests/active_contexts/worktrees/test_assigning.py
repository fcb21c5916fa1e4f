import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from active_contexts.branches import drift
from active_contexts.branches.branch_rules import BadFeature
from active_contexts.worktree_state.model import (
    BranchElsewhere,
    FolderTaken,
    NoCommits,
    NotARepository,
    NotOwned,
    Operation,
    TargetMissing,
    TrackedRepository,
    UnknownObjects,
    UnusablePath,
    WorktreeState,
)
from active_contexts.worktrees import assigning, removal, repair
from active_contexts.worktrees import pool as worktree_pool
from coordinator.kernel.errors import CoordinatorError
from coordinator.kernel.git import GitFailed
from tests.active_contexts.worktree_yard import Yard, make_yard, set_trap, tip
from tests.support import commit, git, try_git


@pytest.fixture
def yard(tmp_path: Path, repository: Path) -> Yard:
    """A workspace with one repository."""
    return make_yard(tmp_path / "work", repository)


def test_a_home_worktree_is_detached_at_the_targets_tip(yard: Yard) -> None:
    """`init` makes one for each agent, with its role written down; again: nothing."""
    home = yard.home("backend")
    assert home.path == yard.workspace / "shop-backend"
    assert (home.branch, home.commit) == ("", tip(yard.repository))
    assert (home.path / "src/cart.py").read_text() == "TOTAL = 0\n"
    assert yard.entry(home.path).role == "backend"
    (home.path / "mine.txt").write_text("kept")
    assert yard.home("backend") == home
    assert (home.path / "mine.txt").exists()


def test_a_feature_switches_a_free_home(yard: Yard) -> None:
    """Clean, with nothing unlanded: the home worktree is used; again: the same."""
    home = yard.home("backend")
    started = yard.start(home, "login")
    assert (started.path, started.branch) == (home.path, "backend/login")
    assert git(home.path, "branch", "--show-current") == "backend/login"
    assert yard.start(home, "login") == started
    assert git(yard.repository, "config", "--get", "branch.x", check=False) == ""


@pytest.mark.parametrize("why", ["changed", "untracked", "unlanded", "busy", "hidden"])
def test_a_feature_gets_a_second_worktree_where_the_home_is_in_use(
    yard: Yard, why: str
) -> None:
    """What stands in the home worktree stays as it is."""
    home = yard.start(yard.home("backend"), "first")
    readme = home.path / "README.md"
    if why == "unlanded":
        commit(home.path, "a.txt", "a", "Unlanded")
    elif why == "busy":
        git(home.path, "bisect", "start")
    else:
        name = "new.txt" if why == "untracked" else "README.md"
        (home.path / name).write_text("mine\n")
    if why == "hidden":
        git(home.path, "update-index", "--assume-unchanged", "README.md")
    before = readme.read_text()
    second = yard.start(home, "next")
    assert second.path == yard.workspace / "shop-backend--next"
    assert (second.feature, second.branch) == ("next", "backend/next")
    assert git(second.path, "status", "--short", "--branch") == "## backend/next"
    assert git(second.path, "rev-parse", "HEAD") == tip(yard.repository)
    assert yard.entry(second.path).role == "backend"
    assert readme.read_text() == before
    assert yard.start(home, "next") == second


def test_an_existing_branch_is_used(yard: Yard) -> None:
    """A branch that nobody has checked out is taken up where it stands."""
    home = yard.start(yard.home("backend"), "login")
    head = commit(home.path, "a.txt", "a", "Begin")
    git(home.path, "switch", "-q", "--detach", "main")
    again = yard.start(home, "login")
    assert (again.path, again.commit) == (home.path, head)
    git(home.path, "switch", "-q", "--detach", "main")
    (home.path / "README.md").write_text("in use\n")
    second = yard.start(home, "login")
    assert second.path != home.path
    assert git(second.path, "rev-parse", "HEAD") == head


def test_a_branch_that_is_checked_out_elsewhere_is_a_conflict(
    yard: Yard, tmp_path: Path
) -> None:
    """The answer names the place; a rebase and a missing folder count as well."""
    home = yard.home("backend")
    other = tmp_path / "mine"
    git(yard.repository, "worktree", "add", "-q", "-b", "backend/x", str(other))
    with pytest.raises(BranchElsewhere, match=str(other)):
        yard.start(home, "x")
    commit(other, "README.md", "theirs\n", "Mine")
    commit(yard.repository, "README.md", "ours\n", "Theirs")
    assert try_git(other, "rebase", "-q", "main").returncode != 0
    with pytest.raises(BranchElsewhere, match=str(other)):
        yard.start(home, "x")
    shutil.rmtree(other)
    with pytest.raises(BranchElsewhere, match="gone") as caught:
        yard.start(home, "x")
    assert "worktree repair" in caught.value.hint
    git(yard.repository, "switch", "-q", "-c", "backend/main")
    with pytest.raises(BranchElsewhere, match=str(yard.repository)):
        yard.start(home, "main")


def test_every_refusal_is_clear(yard: Yard, tmp_path: Path) -> None:
    """No repository, no commit, no target, a bad name, a taken folder: each its own."""
    empty = tmp_path / "empty"
    git(tmp_path, "init", "-q", "-b", "main", str(empty))
    shop = yard.repository
    cases: list[tuple[TrackedRepository, type[CoordinatorError]]] = [
        (TrackedRepository("shop", tmp_path / "nothing", "main"), NotARepository),
        (TrackedRepository("shop", shop / "src", "main"), NotARepository),
        (TrackedRepository("shop", empty, "main"), NoCommits),
        (TrackedRepository("shop", shop, "trunk"), TargetMissing),
    ]
    for tracked, error in cases:
        wanted = assigning.home(yard.worktree_root, tracked, "docs", "docs")
        with pytest.raises(error) as caught:
            assigning.add_home(yard.worktree_root, tracked, wanted)
        assert caught.value.hint
        assert not wanted.path.exists()
    home = yard.home("backend")
    with pytest.raises(BadFeature):
        yard.start(home, "Add Login")
    for make in (Path.mkdir, Path.touch):
        make(yard.workspace / "shop-docs")
        with pytest.raises(FolderTaken):
            yard.home("docs")
        shutil.move(yard.workspace / "shop-docs", tmp_path / f"old-{make.__name__}")
    git(shop, "worktree", "add", "-q", "--detach", str(yard.workspace / "shop-docs"))
    yard.home("docs")  # a worktree of the repository without a role becomes the agent's
    wanted = assigning.home(yard.worktree_root, yard.tracked, "docs", "other")
    with pytest.raises(FolderTaken, match="of docs"):
        assigning.add_home(yard.worktree_root, yard.tracked, wanted)


def test_a_path_with_the_end_of_a_line_is_refused(
    tmp_path: Path, make_repository: Callable[[Path], Path]
) -> None:
    """Git keeps paths line by line: the workspace's and the repository's."""
    plain, broken = (make_repository(tmp_path / x) for x in ("plain", "bro\nken"))
    for work, shop in (("a\nb", plain), ("work", broken)):
        with pytest.raises(UnusablePath, match=r"holds the end of a line") as caught:
            make_yard(tmp_path / work, shop).home("docs")
        assert caught.value.hint
        assert list((tmp_path / work).iterdir()) == []
        assert not (shop / ".git/worktrees").exists()


def test_a_repository_with_other_objects_is_refused(tmp_path: Path) -> None:
    """Here, and not by a puzzling failure of the first submission."""
    shop = tmp_path / "shop"
    git(tmp_path, "init", "-q", "-b", "main", "--object-format=sha256", str(shop))
    git(shop, "commit", "-q", "--allow-empty", "-m", "First")
    with pytest.raises(UnknownObjects, match="has sha256 objects, and only sha1"):
        make_yard(tmp_path / "work", shop).home("docs")


def test_what_git_says_unexpectedly_is_git_that_failed(
    yard: Yard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No crash over the output of a git that is not one."""
    home = yard.home("backend")
    git(home.path, "commit", "-q", "--allow-empty", "-m", "Work")
    fake = tmp_path / "bin/git"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho odd\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(fake.parent), prepend=":")
    with pytest.raises(GitFailed):
        assigning.describe(yard.tracked, home)


def test_a_second_folder_on_another_branch_is_not_taken_over(yard: Yard) -> None:
    """What an agent made of its second worktree stays."""
    home = yard.home("backend")
    (home.path / "new.txt").write_text("in use")
    second = yard.start(home, "login")
    git(second.path, "switch", "-q", "-c", "backend/other")
    with pytest.raises(FolderTaken, match="backend/other"):
        yard.start(home, "login")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_repository_of_another_user_is_refused(yard: Yard) -> None:
    """Git would refuse it to the agents; the hint is what makes git trust it."""
    for path in (yard.repository, yard.repository / ".git"):
        os.chown(path, 12345, 12345)
    with pytest.raises(NotOwned) as caught:
        yard.home("backend")
    assert "safe.directory" in caught.value.hint


def test_a_bare_repository_works(yard: Yard, tmp_path: Path) -> None:
    """A bare one has worktrees like any other; its HEAD is checked out nowhere."""
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", str(yard.repository), str(bare))
    git(bare, "symbolic-ref", "HEAD", "refs/heads/backend/x")
    other = make_yard(tmp_path / "other", bare)
    home = other.home("backend")
    assert other.start(home, "x").path == home.path


def test_a_worktree_is_described_against_the_target(yard: Yard) -> None:
    """Dirty, ahead, behind, and what it is in the middle of."""
    home = yard.start(yard.home("backend"), "login")
    seen = assigning.describe(yard.tracked, home)
    assert (seen.dirty, seen.ahead, seen.behind) == (False, 0, 0)
    assert (seen.agent, seen.repository, seen.branch) == (
        "backend", "shop", "backend/login",
    )  # fmt: skip
    head = commit(home.path, "README.md", "theirs\n", "Ahead")
    commit(yard.repository, "README.md", "ours\n", "Behind")
    commit(yard.repository, "b.txt", "b\n", "Behind again")
    (home.path / "new.txt").write_text("new")
    seen = assigning.describe(yard.tracked, home)
    assert (seen.commit, seen.dirty, seen.ahead, seen.behind) == (head, True, 1, 2)
    assert (seen.state, seen.operation) == (WorktreeState.READY, None)
    try_git(home.path, "rebase", "main")
    seen = assigning.describe(yard.tracked, home)
    assert (seen.state, seen.operation) == (WorktreeState.BUSY, Operation.REBASE)
    assert seen.branch == "backend/login"
    shutil.rmtree(home.path)
    seen = assigning.describe(yard.tracked, home)
    assert (seen.state, seen.branch) == (WorktreeState.MISSING, "backend/login")


@pytest.mark.slow
@pytest.mark.parametrize(
    "condition", ["", "gitdir:**/worktrees/**", "onbranch:backend/**"]
)
def test_nothing_that_the_repository_names_is_ever_run(
    yard: Yard, tmp_path: Path, condition: str
) -> None:
    """Filters, fsmonitor, textconv, signing, hooks: not on add, switch, look, repair.

    Nor where they are named for some git directories or branches alone.
    """
    marker = tmp_path / "marker"
    set_trap(yard.repository, marker, condition)
    home = yard.home("backend")
    (home.path / "README.md").write_text("changed\n")
    (home.path / "new.txt").write_text("new\n")
    second = yard.start(home, "login")
    os.utime(second.path / "README.md")
    assigning.describe(yard.tracked, second)
    assert assigning.describe(yard.tracked, home).dirty
    (home.path / "new.txt").unlink()
    (home.path / "README.md").write_text("# Shop\n")
    yard.start(home, "other")
    assert not marker.exists()
    docs = yard.home("docs")
    words = ("-q", "--no-gpg-sign", "--allow-empty", "-m", "Ahead")
    git(yard.repository, "commit", *words)
    assert marker.exists()  # the user's own git does run them
    marker.unlink()
    worktree_pool.fill(yard.worktree_root, yard.tracked, 2)
    (second.path / "README.md").write_text("staged\n")
    (second.path / "new.txt").write_text("new\n")
    under = "refs/coordinator/saved/backend/login/1"
    removal.save_and_remove(yard.worktree_root, yard.tracked, second, under)
    removal.recycle(yard.worktree_root, yard.tracked, docs, under)
    drift.look(yard.tracked, [home], ["backend"])
    for lose in (shutil.rmtree, lambda x: (x / ".git").unlink()):
        lose(home.path)
        repair.repair(yard.worktree_root, yard.tracked, [home], "1")
    away = home.path.rename(tmp_path / "aside")
    git(yard.repository, "worktree", "prune")
    away.rename(home.path)
    repair.repair(yard.worktree_root, yard.tracked, [home], "2")
    assert not assigning.describe(yard.tracked, home).dirty
    assert not marker.exists()


def test_looking_takes_no_lock_and_changes_nothing(yard: Yard) -> None:
    """The agent's own git never fails because somebody looks."""
    home = yard.home("backend")
    entry = yard.entry(home.path)
    os.utime(home.path / "README.md", (1, 1))
    lock = entry.folder / "index.lock"
    lock.touch()
    before = (entry.folder / "index").read_bytes()
    assert not assigning.describe(yard.tracked, home).dirty
    assert lock.exists()
    assert (entry.folder / "index").read_bytes() == before


@pytest.mark.slow
def test_an_agents_git_never_fails_while_somebody_looks(yard: Yard) -> None:
    """Its commits, one after the other, under a look without pause."""
    home = yard.start(yard.home("backend"), "login")
    with ThreadPoolExecutor() as pool:
        work = pool.submit(
            lambda: [commit(home.path, "a.txt", str(x), "Work") for x in range(25)]
        )
        looks = 0
        while not work.done():
            assigning.describe(yard.tracked, home)
            looks += 1
    assert len(set(work.result())) == 25
    assert looks


def test_a_setting_cannot_lead_git_to_another_folder(
    yard: Yard, tmp_path: Path
) -> None:
    """core.worktree, which an agent can set, is not followed."""
    home = yard.home("backend")
    (tmp_path / "trick").mkdir()
    git(yard.repository, "config", "extensions.worktreeConfig", "true")
    git(home.path, "config", "--worktree", "core.worktree", str(tmp_path / "trick"))
    assert not assigning.describe(yard.tracked, home).dirty
    (home.path / "README.md").write_text("changed")
    assert assigning.describe(yard.tracked, home).dirty
