import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from active_contexts.branches import drift
from active_contexts.worktree_state.entries import pointed_to
from active_contexts.worktree_state.model import AssignedWorktree, TrackedRepository
from active_contexts.worktrees import locks
from active_contexts.worktrees import pool as worktree_pool
from active_contexts.worktrees import repair as worktree_repair
from active_contexts.worktrees.locks import Lock, LockVerdict, judge
from active_contexts.worktrees.repair import RepairKind, RepairOutcome
from coordinator.kernel.disk.files import Stamp
from tests.active_contexts.worktree_yard import Yard, crash_after, make_yard, tip
from tests.support import commit, git, try_git


@pytest.fixture
def yard(tmp_path: Path, repository: Path) -> Yard:
    """A workspace with one repository."""
    return make_yard(tmp_path / "work", repository)


@pytest.fixture
def login(yard: Yard) -> AssignedWorktree:
    """Backend's home on a branch with a commit, a change and an untracked file."""
    home = yard.start(yard.home("backend"), "login")
    head = commit(home.path, "a.txt", "a\n", "Work")
    (home.path / "a.txt").write_text("changed\n")
    (home.path / "new.txt").write_text("new\n")
    return replace(home, commit=head)


def repair(yard: Yard, *known: AssignedWorktree) -> list[RepairOutcome]:
    """Repair twice: the second time there is nothing left to do."""
    done = worktree_repair.repair(yard.worktree_root, yard.tracked, known, "1")
    again = worktree_repair.repair(
        yard.worktree_root, yard.tracked, [x.now for x in done], "2"
    )
    left = {RepairKind.FOREIGN, RepairKind.NO_TARGET, RepairKind.LOCKED}
    assert all(x.what is RepairKind.NOTHING or x.what in left for x in again)
    assert [x.now for x in again] == [x.now for x in done]
    return list(done)


def is_whole(path: Path) -> bool:
    """Tell whether the agent's work is there, on its branch."""
    lines = git(path, "status", "-sb", "--porcelain").splitlines()
    return lines == ["## backend/login", " M a.txt", "?? new.txt"]


def test_what_is_whole_is_left_alone(yard: Yard, login: AssignedWorktree) -> None:
    """Only a lost role is written again; a foreign checkout is not changed."""
    (yard.entry(login.path).folder / "coordinator-agent").unlink()
    git(login.path, "switch", "-q", "-c", "topic")
    (done,) = repair(yard, login)
    assert (done.what, done.now.branch) == (RepairKind.NOTHING, "topic")
    assert yard.entry(login.path).role == "backend"


def test_a_moved_worktree_is_found(yard: Yard, login: AssignedWorktree) -> None:
    """Anywhere directly in the workspace."""
    there = yard.workspace / "elsewhere"
    login.path.rename(there)
    (done,) = repair(yard, login)
    assert (done.what, done.now.path) == (RepairKind.MOVED, there)
    assert is_whole(there)
    assert str(there) in git(yard.repository, "worktree", "list")


def test_a_moved_repository_is_followed(yard: Yard, login: AssignedWorktree) -> None:
    """The worktrees are led to where it is now."""
    there = yard.repository.with_name("moved")
    yard.repository.rename(there)
    now = make_yard(yard.workspace, there)
    (done,) = repair(now, login)
    assert done.now.path == login.path
    assert is_whole(login.path)


def test_a_pruned_worktree_is_registered_again(
    yard: Yard, login: AssignedWorktree
) -> None:
    """Nothing of the agent's work is touched."""
    away = login.path.rename(yard.workspace.parent / "away")
    git(yard.repository, "worktree", "prune")
    away.rename(login.path)
    (done,) = repair(yard, login)
    assert (done.what, done.now.branch) == (RepairKind.REGISTERED, "backend/login")
    assert is_whole(login.path)
    assert yard.entry(login.path).role == "backend"
    worktree_pool.tidy(yard.worktree_root, yard.tracked)
    assert is_whole(login.path)
    assert list(yard.worktree_root.pool.iterdir()) == []


def test_a_moved_and_pruned_worktree_is_found(
    yard: Yard, login: AssignedWorktree
) -> None:
    """By the name of the entry that it still points to."""
    there = login.path.rename(yard.workspace / "elsewhere")
    git(yard.repository, "worktree", "prune")
    (done,) = repair(yard, login)
    assert (done.what, done.now.path) == (RepairKind.MOVED, there)
    assert is_whole(there)


def test_a_reused_entry_is_not_taken_for_the_old_one(
    yard: Yard, login: AssignedWorktree
) -> None:
    """A pruned worktree does not share the git directory of a newer one."""
    folder = yard.entry(login.path).folder
    away = login.path.rename(yard.workspace.parent / "away")
    git(yard.repository, "worktree", "prune")
    other = yard.home("frontend")
    yard.entry(other.path).folder.rename(folder)
    (other.path / ".git").write_text(f"gitdir: {folder}\n")
    away.rename(login.path)
    mended = repair(yard, login, other)
    assert [x.what for x in mended] == [RepairKind.REGISTERED, RepairKind.NOTHING]
    assert is_whole(login.path)
    assert git(other.path, "status", "--short") == ""


@pytest.mark.slow
@pytest.mark.parametrize("steps", range(20))
@pytest.mark.parametrize("loss", ["moved", "pruned", "deleted"])
def test_repairing_again_after_a_crash_ends_the_same(
    yard: Yard,
    login: AssignedWorktree,
    loss: str,
    steps: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After any number of effects, the same call reaches the same end."""
    away = login.path.rename(yard.workspace / "elsewhere")
    git(yard.repository, *(("worktree", "prune") if loss == "pruned" else ("status",)))
    if loss == "pruned":
        away.rename(login.path)
    elif loss == "deleted":
        shutil.rmtree(away)
    crash_after(
        steps,
        monkeypatch,
        lambda: worktree_repair.repair(yard.worktree_root, yard.tracked, [login], "1"),
    )
    worktree_pool.tidy(yard.worktree_root, yard.tracked)
    (done,) = repair(yard, login)
    assert done.now.path == (away if loss == "moved" else login.path)
    if loss == "deleted":
        assert git(login.path, "status", "-sb") == "## backend/login"
    else:
        assert is_whole(done.now.path)
    worktree_pool.tidy(yard.worktree_root, yard.tracked)
    pool = yard.worktree_root.pool
    left = worktree_pool.ready(yard.worktree_root, yard.tracked)
    assert len(list(pool.iterdir()) if pool.exists() else []) == len(left)


def test_a_lost_git_file_is_written_again(yard: Yard, login: AssignedWorktree) -> None:
    """The entry still knows the folder."""
    (login.path / ".git").unlink()
    repair(yard, login)
    assert is_whole(login.path)


def test_a_deleted_worktree_is_added_again(yard: Yard, login: AssignedWorktree) -> None:
    """On its branch, whether or not git still knows it."""
    shutil.rmtree(login.path)
    (done,) = repair(yard, login)
    assert (done.what, done.now.branch) == (RepairKind.ADDED, "backend/login")
    assert git(login.path, "rev-parse", "HEAD") == login.commit
    shutil.rmtree(login.path)
    git(yard.repository, "worktree", "prune")
    (done,) = repair(yard, done.now)
    assert (done.what, done.now.branch) == (RepairKind.ADDED, "backend/login")
    assert git(login.path, "status", "-sb") == "## backend/login"


def test_a_deleted_detached_worktree_keeps_its_commit(yard: Yard) -> None:
    """What was committed on no branch is not lost."""
    home = yard.home("backend")
    head = commit(home.path, "a.txt", "a", "Unlanded")
    shutil.rmtree(home.path)
    (done,) = repair(yard, home)
    assert (done.what, done.now.commit) == (RepairKind.ADDED, head)


def test_what_a_deleted_worktree_alone_knew_is_saved(
    yard: Yard, login: AssignedWorktree
) -> None:
    """A stopped rebase with its autostash, own refs, and what was staged."""
    place = login.path
    commit(place, "README.md", "ours\n", "Ours")
    commit(yard.repository, "README.md", "theirs\n", "Theirs")
    git(place, "update-ref", "refs/worktree/mine", "main^{tree}")
    (place / "a.txt").write_text("put away\n")
    assert try_git(place, "rebase", "--autostash", "main").returncode != 0
    git(place, "checkout", "-q", "--ours", "README.md")
    (place / "late.txt").write_text("staged\n")
    git(place, "add", "README.md", "late.txt")
    shutil.rmtree(place)
    (done,) = repair(yard, login)
    assert (done.what, done.now.branch) == (RepairKind.ADDED, "backend/login")
    under = "refs/coordinator/saved/backend/shop-backend/1"
    names = ("rebase-merge-autostash-0", "own-0", "index")
    assert {f"{under}/{x}" for x in names} <= set(done.saved)
    saved = {"rebase-merge-autostash-0": "a.txt", "index": "late.txt"}
    shown = {git(yard.repository, "show", f"{under}/{k}:{v}") for k, v in saved.items()}
    assert shown == {"put away", "staged"}


def test_a_broken_index_does_not_keep_a_deleted_worktree_away(
    yard: Yard, login: AssignedWorktree
) -> None:
    """What cannot be read cannot be saved; without any there is nothing to save."""
    index = yard.entry(login.path).folder / "index"
    index.write_bytes(b"broken")
    shutil.rmtree(login.path)
    (done,) = repair(yard, login)
    assert (done.what, done.saved) == (RepairKind.ADDED, ())
    (yard.entry(login.path).folder / "index").unlink()
    shutil.rmtree(login.path)
    (done,) = repair(yard, login)
    assert (done.what, done.saved) == (RepairKind.ADDED, ())


def test_a_worktree_that_was_moved_out_of_sight_shares_nothing_with_the_new_one(
    yard: Yard, login: AssignedWorktree, tmp_path: Path
) -> None:
    """The entry that it points to is never made again, now or later."""
    out = login.path.rename(tmp_path / "out")
    (done,) = repair(yard, login)
    assert done.what is RepairKind.ADDED
    worktree_pool.fill(yard.worktree_root, yard.tracked, 2)
    lost = pointed_to(out)
    assert lost is not None
    assert not lost.exists()
    assert done.now.entry != lost.name


def test_a_locked_worktree_that_is_gone_is_waited_for(
    yard: Yard, login: AssignedWorktree, tmp_path: Path
) -> None:
    """It may be on a disk that comes back."""
    git(login.path, "worktree", "lock", ".")
    away = login.path.rename(tmp_path / "stick")
    (done,) = repair(yard, login)
    assert done.what is RepairKind.LOCKED
    away.rename(login.path)
    assert is_whole(login.path)


def test_one_that_cannot_be_repaired_does_not_stop_the_others(
    yard: Yard, login: AssignedWorktree
) -> None:
    """The problem comes with it."""
    other = yard.home("frontend")
    head = commit(other.path, "b.txt", "b", "Detached")
    (yard.repository / ".git/refs/coordinator").write_text("in the way")
    for one in (other, login):
        shutil.rmtree(one.path)
    done = worktree_repair.repair(yard.worktree_root, yard.tracked, [other, login], "1")
    assert [x.what for x in done] == [RepairKind.FAILED, RepairKind.ADDED]
    assert "git update-ref failed" in done[0].problem
    (yard.repository / ".git/refs/coordinator").unlink()
    (again,) = repair(yard, other)
    assert (again.what, again.now.commit) == (RepairKind.ADDED, head)


def test_a_branch_that_is_in_use_elsewhere_is_not_taken_away(
    yard: Yard, login: AssignedWorktree
) -> None:
    """The worktree comes back detached at its commit."""
    shutil.rmtree(login.path)
    git(yard.repository, "worktree", "prune")
    git(yard.repository, "switch", "-q", "backend/login")
    (done,) = repair(yard, login)
    assert (done.what, done.now.branch) == (RepairKind.ADDED, "")
    assert done.now.commit == login.commit


def test_a_deleted_branch_leads_to_the_target(
    yard: Yard, login: AssignedWorktree
) -> None:
    """There is nothing else to stand on; without a target, nothing is made."""
    shutil.rmtree(login.path)
    git(yard.repository, "worktree", "prune")
    git(yard.repository, "branch", "-D", "-q", "backend/login")
    lost = replace(login, commit="")
    tracked = TrackedRepository("shop", yard.repository, "trunk")
    (done,) = worktree_repair.repair(yard.worktree_root, tracked, [lost], "1")
    assert done.what is RepairKind.NO_TARGET
    (done,) = repair(yard, lost)
    assert (done.what, done.now.commit) == (RepairKind.ADDED, tip(yard.repository))


def test_something_else_in_its_place_is_left_to_a_person(
    yard: Yard, login: AssignedWorktree
) -> None:
    """A folder that is no worktree, or another repository."""
    shutil.rmtree(login.path)
    login.path.mkdir()
    (login.path / "notes.txt").write_text("mine")
    (done,) = repair(yard, replace(login, entry=""))
    assert done.what is RepairKind.FOREIGN
    assert [x.name for x in login.path.iterdir()] == ["notes.txt"]
    (done,) = repair(yard, login)
    assert done.what is RepairKind.FOREIGN
    assert [x.name for x in login.path.iterdir()] == ["notes.txt"]
    (login.path / "README.md").write_text("another README")
    (done,) = repair(yard, login)
    assert not (login.path / ".git").exists()
    shutil.rmtree(login.path)
    git(yard.workspace, "clone", "-q", str(yard.repository), "shop-backend")
    (done,) = repair(yard, login)
    assert done.what is RepairKind.FOREIGN
    assert drift.look(yard.tracked, [login], ["backend"]).drifts[0].hint


STAMP = Stamp(1, 0, 100, 100)
LOCK = Lock(Path("index.lock"), STAMP, 1000.0)


@pytest.mark.parametrize(
    ("before", "lives", "now", "said"),
    [
        (LOCK, False, 1061.0, LockVerdict.STALE),
        (LOCK, False, 1060.0, LockVerdict.IN_USE),
        (LOCK, True, 9999.0, LockVerdict.IN_USE),
        (LOCK, None, 9999.0, LockVerdict.SUSPECT),
        (None, False, 9999.0, LockVerdict.SUSPECT),
        (
            replace(LOCK, stamp=Stamp(2, 0, 100, 100)),
            False,
            9999.0,
            LockVerdict.SUSPECT,
        ),
    ],
)
def test_a_lock_is_stale_only_when_it_is_surely_nobodys(
    *, before: Lock | None, lives: bool | None, now: float, said: LockVerdict
) -> None:
    """Older than 60 s, the same at two looks, and no git process there."""
    assert judge(before, LOCK, lives=lives, now=now) is said


def test_a_stale_lock_is_removed_unless_it_changed(yard: Yard) -> None:
    """It is looked at again at the last moment."""
    entry = yard.entry(yard.home("backend").path)
    assert locks.find_lock(entry) is None
    path = entry.folder / "index.lock"
    path.touch()
    seen = locks.find_lock(entry)
    assert seen is not None
    path.write_text("again")
    assert not locks.remove_lock(seen)
    now = locks.find_lock(entry)
    assert now is not None
    assert locks.remove_lock(now)
    assert not locks.remove_lock(now)
    assert not path.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the system does not say")
def test_a_git_process_in_a_worktree_is_seen(yard: Yard) -> None:
    """By its folder; one elsewhere does not count."""
    home = yard.home("backend")
    other = yard.home("frontend")
    assert locks.git_lives_in([home.path]) is False
    with subprocess.Popen(
        ["git", "cat-file", "--batch"],
        cwd=home.path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(b"HEAD\n")
        running.stdin.flush()
        running.stdout.readline()
        assert locks.git_lives_in([home.path]) is True
        assert locks.git_lives_in([other.path]) is False
        running.stdin.close()


def test_where_the_system_does_not_say_nothing_is_assumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without /proc a lock stays a suspect."""
    monkeypatch.setattr(locks, "_PROCESSES", tmp_path)
    assert locks.git_lives_in([tmp_path]) is None


@pytest.mark.slow
def test_repository_and_workspace_may_move_together(
    tmp_path: Path, repository: Path
) -> None:
    """To another disk or machine: neither end finds the other, and both are mended."""
    here = tmp_path / "here"
    here.mkdir()
    repository.rename(here / "shop")
    yard = make_yard(here / "work", here / "shop")
    worktree_pool.fill(yard.worktree_root, yard.tracked, 1)
    home = yard.start(yard.home("backend"), "login")
    head = commit(home.path, "a.txt", "a\n", "Work")
    (home.path / "a.txt").write_text("changed\n")
    (home.path / "new.txt").write_text("new\n")
    worktree_pool.fill(yard.worktree_root, yard.tracked, 1)
    shutil.copytree(home.path, here / "copy", symlinks=True)
    here.rename(tmp_path / "there")
    now = make_yard(tmp_path / "there" / "work", tmp_path / "there" / "shop")
    moved = replace(home, path=now.workspace / home.path.name, commit=head)
    is_relative = "gitdir: .." in (moved.path / ".git").read_text()  # git 2.48
    (done,) = repair(now, moved)
    assert done.what is (RepairKind.NOTHING if is_relative else RepairKind.REGISTERED)
    assert done.now.path == moved.path
    assert is_whole(moved.path)
    assert len(worktree_pool.ready(now.worktree_root, now.tracked)) == 1
    assert "prunable" not in git(now.repository, "worktree", "list", "--porcelain")
    copied = replace(moved, path=tmp_path / "there" / "copy")
    [other] = worktree_repair.repair(now.worktree_root, now.tracked, [copied], "3")
    assert other.what is RepairKind.FOREIGN


@pytest.mark.slow
def test_a_folder_that_points_nowhere_is_taken_for_no_other_worktree(
    yard: Yard, login: AssignedWorktree, tmp_path: Path
) -> None:
    """Its name alone makes it nobody's while the worktree of that name is there."""
    entry = yard.entry(login.path)
    stray = yard.workspace / "shop-stray"
    stray.mkdir()
    dead = tmp_path / "gone" / ".git" / "worktrees" / entry.folder.name
    (stray / ".git").write_text(f"gitdir: {dead}\n")
    wanted = replace(login, path=stray)
    [done] = worktree_repair.repair(yard.worktree_root, yard.tracked, [wanted], "1")
    assert done.what is RepairKind.FOREIGN
    assert is_whole(login.path)
