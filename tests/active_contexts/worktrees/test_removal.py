import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from active_contexts.worktree_state import deletion_guard
from active_contexts.worktree_state.entries import WorktreeEntry
from active_contexts.worktree_state.model import (
    AssignedWorktree,
    CannotSave,
    NotOurs,
    NotSafe,
    Risk,
)
from active_contexts.worktrees import removal
from active_contexts.worktrees import trash as worktree_trash
from coordinator.kernel.git import GitFailed
from tests.active_contexts.worktree_yard import Yard, crash_after, make_yard, tip
from tests.support import commit, git, try_git

UNDER = "refs/coordinator/saved/backend/shop-backend/20260131"


@pytest.fixture
def yard(tmp_path: Path, repository: Path) -> Yard:
    """A workspace with one repository."""
    return make_yard(tmp_path / "work", repository)


@pytest.fixture
def login(yard: Yard) -> AssignedWorktree:
    """The home worktree of backend, on a fresh branch."""
    return yard.start(yard.home("backend"), "login")


def remove(yard: Yard, path: Path) -> list[str]:
    """Remove a worktree that holds nothing; return the last words of the refs."""
    known = yard.known(path)
    done = removal.remove(yard.worktree_root, yard.tracked, known, UNDER)
    return [x.removeprefix(f"{UNDER}/") for x in done.saved]


def save(yard: Yard, path: Path) -> list[str]:
    """Save and remove, and return the last words of the refs."""
    known = yard.known(path)
    done = removal.save_and_remove(yard.worktree_root, yard.tracked, known, UNDER)
    assert all(x.startswith(f"{UNDER}/") for x in done.saved)
    return [x.removeprefix(f"{UNDER}/") for x in done.saved]


def show(yard: Yard, name: str, path: str) -> str:
    """Return a file's text as it was saved."""
    return git(yard.repository, "show", f"{UNDER}/{name}:{path}")


def test_a_worktree_with_nothing_of_its_own_is_removed(
    yard: Yard, login: AssignedWorktree
) -> None:
    """Folder and entry go to the trash, the branch stays; again: nothing."""
    (login.path / "debug.log").write_text("ignored")
    remove(yard, login.path)
    remove(yard, login.path)
    assert not login.path.exists()
    assert "shop-backend" not in git(yard.repository, "worktree", "list")
    assert git(yard.repository, "branch", "--list", "backend/login")
    (place,) = yard.worktree_root.trash.iterdir()
    names = sorted(x.name for x in place.iterdir())
    assert names == ["about.json", "entry", "worktree"]


RISKS: dict[str, tuple[Callable[[Path], object], Risk]] = {
    "changed": (lambda x: (x / "README.md").write_text("x"), Risk.CHANGED),
    "deleted": (lambda x: (x / "README.md").unlink(), Risk.CHANGED),
    "staged": (lambda x: git(x, "rm", "-q", "--cached", "README.md"), Risk.CHANGED),
    "untracked": (lambda x: (x / "new file").write_text("x"), Risk.UNTRACKED),
    "in a folder": (lambda x: shutil.copytree(x / "src", x / "lib"), Risk.UNTRACKED),
    "unlanded": (lambda x: commit(x, "a", "a", "Work"), Risk.UNLANDED),
    "nested": (lambda x: git(x, "init", "-q", "inner"), Risk.NESTED),
    "nested in an ignored folder": (
        lambda x: git(x, "init", "-q", "deep/cache.log/inner"),
        Risk.NESTED,
    ),
    "locked": (
        lambda x: git(x, "worktree", "lock", "--reason", "Keep it", "."),
        Risk.LOCKED,
    ),
    "bisect": (lambda x: git(x, "bisect", "start"), Risk.BUSY),
    "hidden": (
        lambda x: (
            git(x, "update-index", "--assume-unchanged", "README.md"),
            (x / "README.md").write_text("x"),
        ),
        Risk.CHANGED,
    ),
    "skipped": (
        lambda x: (
            git(x, "update-index", "--skip-worktree", "README.md"),
            (x / "README.md").write_text("x"),
        ),
        Risk.CHANGED,
    ),
    "setting": (
        lambda x: (
            git(x, "config", "status.showUntrackedFiles", "no"),
            (x / "new").write_text("x"),
        ),
        Risk.UNTRACKED,
    ),
    "stash": (
        lambda x: ((x / "README.md").write_text("x"), git(x, "stash", "-q")),
        Risk.STASHED,
    ),
}


@pytest.mark.parametrize("what", RISKS)
def test_what_is_nowhere_else_keeps_a_worktree(
    yard: Yard, login: AssignedWorktree, what: str
) -> None:
    """The refusal lists it and says how to go on; nothing has changed."""
    make, risk = RISKS[what]
    make(login.path)
    for act in (removal.remove, removal.recycle):
        with pytest.raises(NotSafe) as caught:
            act(yard.worktree_root, yard.tracked, login, UNDER)
        assert risk in {x.risk for x in caught.value.findings}
        assert risk in caught.value.message
        way = "Move them out" if risk is Risk.NESTED else "--force"
        assert way in caught.value.hint
    assert login.path.exists()
    assert yard.entry(login.path).is_present


def test_a_lock_keeps_a_worktree_unless_its_removal_is_forced(
    yard: Yard, login: AssignedWorktree
) -> None:
    """The refusal gives the lock's reason, and how it is taken away."""
    git(login.path, "worktree", "lock", "--reason", "On a stick", ".")
    with pytest.raises(NotSafe, match=r"worktree unlock.*: On a stick"):
        remove(yard, login.path)
    git(login.path, "worktree", "unlock", ".")
    git(login.path, "worktree", "lock", ".")
    with pytest.raises(NotSafe, match="without a reason"):
        remove(yard, login.path)
    save(yard, login.path)
    assert not login.path.exists()


def test_a_repository_in_an_ignored_folder_is_never_thrown_away(
    yard: Yard, login: AssignedWorktree
) -> None:
    """Its commits are nowhere else, and they cannot be saved."""
    git(login.path, "init", "-q", "cache.log/inner")
    commit(login.path / "cache.log/inner", "a", "a", "Nowhere else")
    with pytest.raises(CannotSave, match=r"cache\.log/inner"):
        save(yard, login.path)
    assert (login.path / "cache.log/inner/a").exists()


def test_commits_that_head_alone_was_at_are_saved_with_any_removal(
    yard: Yard, login: AssignedWorktree
) -> None:
    """Left by a detached HEAD; they do not stop the removal."""
    place = login.path
    git(place, "switch", "-q", "--detach")
    commit(place, "a.txt", "a", "First")
    one = commit(place, "b.txt", "b", "Second")
    git(place, "switch", "-q", "backend/login")
    assert remove(yard, place) == ["earlier"]
    assert tip(yard.repository, f"{UNDER}/earlier") == one
    git(yard.repository, "reflog", "expire", "--expire=now", "--all")
    git(yard.repository, "gc", "-q", "--prune=now")
    assert show(yard, "earlier", "b.txt") == "b"


def test_several_earlier_commits_are_the_parents_of_one(
    yard: Yard, login: AssignedWorktree
) -> None:
    """A forced removal saves them beside the rest, once."""
    place = login.path
    made: set[str] = set()
    for name in ("a", "b"):
        git(place, "switch", "-q", "--detach", "main")
        made.add(commit(place, name, name, "Left behind"))
    git(place, "switch", "-q", "backend/login")
    (place / "new.txt").write_text("untracked\n")
    assert save(yard, place) == ["head", "files", "earlier"]
    parents = git(yard.repository, "rev-parse", f"{UNDER}/earlier^@").split()
    assert set(parents) == made


def test_what_stays_reachable_is_not_saved_again(
    yard: Yard, login: AssignedWorktree
) -> None:
    """An amended commit is in its branch's reflog, which stays."""
    place = login.path
    commit(place, "a.txt", "a", "Work")
    git(place, "commit", "-q", "--amend", "-m", "Work, better")
    git(yard.repository, "merge", "-q", "--ff-only", "backend/login")
    assert remove(yard, place) == []


def test_refs_of_the_worktree_alone_are_saved_with_any_removal(
    yard: Yard, login: AssignedWorktree
) -> None:
    """Git deletes them with the worktree."""
    blob = git(login.path, "hash-object", "-w", "README.md")
    git(login.path, "update-ref", "refs/worktree/mine", blob)
    assert remove(yard, login.path) == ["own-0"]
    assert tip(yard.repository, f"{UNDER}/own-0") == blob


def test_a_long_list_is_cut(yard: Yard, login: AssignedWorktree) -> None:
    """A message stays readable."""
    for number in range(9):
        (login.path / f"{number}.txt").write_text("x")
    with pytest.raises(NotSafe, match=r"0\.txt.* and 4 more"):
        remove(yard, login.path)


def test_an_empty_submodule_is_no_risk_and_a_filled_one_is(
    yard: Yard, login: AssignedWorktree
) -> None:
    """Its repository would go with the worktree."""
    oid = tip(yard.repository)
    line = f"160000,{oid},vendor"
    git(yard.repository, "update-index", "--add", "--cacheinfo", line)
    git(yard.repository, "commit", "-q", "-m", "Add a submodule")
    git(login.path, "merge", "-q", "main")
    assert removal.findings(yard.tracked, yard.entry(login.path)) == ()
    git(login.path, "clone", "-q", str(yard.repository), "vendor")
    found = removal.findings(yard.tracked, yard.entry(login.path))
    assert ("vendor",) in [x.details for x in found if x.risk is Risk.NESTED]
    with pytest.raises(CannotSave, match="vendor"):
        save(yard, login.path)
    assert (login.path / "vendor/README.md").exists()


def test_everything_is_saved_before_a_forced_removal(
    yard: Yard, login: AssignedWorktree
) -> None:
    """Commits, changes, staged and untracked files, hidden changes, stash entries."""
    place = login.path
    head = commit(place, "a.txt", "committed\n", "Work")
    (place / "README.md").write_text("stashed\n")
    git(place, "stash", "-q")
    (place / "src/cart.py").write_text("staged\n")
    git(place, "add", "-A")
    (place / "src/cart.py").write_text("written\n")
    (place / "new file.txt").write_text("untracked\n")
    git(place, "update-index", "--skip-worktree", "src/login.py")
    (place / "src/login.py").write_text("hidden\n")
    assert save(yard, place) == ["head", "stash-0", "files", "index"]
    assert not place.exists()
    assert tip(yard.repository, f"{UNDER}/head") == head
    assert tip(yard.repository, f"{UNDER}/files^") == head
    assert show(yard, "files", "src/cart.py") == "written"
    assert show(yard, "files", "src/login.py") == "hidden"
    assert show(yard, "files", "new file.txt") == "untracked"
    assert show(yard, "index", "src/cart.py") == "staged"
    assert show(yard, "stash-0", "README.md") == "stashed"
    assert git(yard.repository, "fsck", "--no-dangling") == ""
    assert save(yard, place) == []


@pytest.mark.slow
@pytest.mark.parametrize("steps", range(24))
def test_a_forced_removal_that_crashed_is_done_again(
    yard: Yard, login: AssignedWorktree, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After any number of effects nothing is lost, and the end is the same."""
    (login.path / "new.txt").write_text("untracked\n")
    crash_after(steps, monkeypatch, lambda: save(yard, login.path))
    save(yard, login.path)
    assert not login.path.exists()
    assert show(yard, "files", "new.txt") == "untracked"
    assert "shop-backend" not in git(yard.repository, "worktree", "list")
    left = {x.name for x in (yard.repository / ".git/coordinator").iterdir()}
    assert left == set()


def test_an_unfinished_rebase_is_saved_with_what_it_put_away(
    yard: Yard, login: AssignedWorktree
) -> None:
    """The autostash of a stopped rebase is nowhere else."""
    place = login.path
    commit(place, "README.md", "ours\n", "Ours")
    before = git(place, "rev-parse", "HEAD")
    commit(yard.repository, "README.md", "theirs\n", "Theirs")
    (place / "src/cart.py").write_text("put away\n")
    assert try_git(place, "rebase", "--autostash", "main").returncode != 0
    made = save(yard, place)
    assert "rebase-merge-autostash-0" in made
    assert show(yard, "rebase-merge-autostash-0", "src/cart.py") == "put away"
    assert tip(yard.repository, f"{UNDER}/rebase-merge-orig-head-0") == before
    assert "<<<<<<<" in show(yard, "files", "README.md")


def test_a_clean_worktree_is_saved_as_its_head(
    yard: Yard, login: AssignedWorktree
) -> None:
    """There is nothing else to save."""
    assert save(yard, login.path) == ["head"]


def test_an_unborn_branch_is_saved(yard: Yard, login: AssignedWorktree) -> None:
    """Files without any commit are saved as one."""
    git(login.path, "switch", "-q", "--orphan", "backend/new")
    (login.path / "first.txt").write_text("first\n")
    assert save(yard, login.path) == ["orig_head-0", "files", "index"]
    assert show(yard, "files", "first.txt") == "first"


def test_nothing_is_removed_when_saving_fails(
    yard: Yard, login: AssignedWorktree
) -> None:
    """A broken index stops the removal."""
    (yard.entry(login.path).folder / "index").write_bytes(b"broken")
    for act in (save, remove):
        with pytest.raises(GitFailed):
            act(yard, login.path)
    assert login.path.exists()


def test_a_deleted_folder_still_has_its_commits_checked(
    yard: Yard, login: AssignedWorktree
) -> None:
    """Its detached commits are known to git's entry alone."""
    git(login.path, "switch", "-q", "--detach")
    head = commit(login.path, "a.txt", "a", "Work")
    shutil.rmtree(login.path)
    with pytest.raises(NotSafe, match="not on the target"):
        remove(yard, login.path)
    assert "head" in save(yard, login.path)
    assert tip(yard.repository, f"{UNDER}/head") == head


def test_a_removal_that_a_crash_cut_short_is_finished(
    yard: Yard, login: AssignedWorktree
) -> None:
    """The folder is in the trash, git's entry not yet: again ends the same."""
    yard.worktree_root.trash.mkdir(parents=True)
    login.path.rename(yard.worktree_root.trash / "half")
    remove(yard, login.path)
    assert "shop-backend" not in git(yard.repository, "worktree", "list")
    assert yard.home("backend").path.exists()


def test_a_persons_worktree_is_never_removed(yard: Yard, tmp_path: Path) -> None:
    """Neither inside the workspace nor outside, present or gone."""
    inner = yard.workspace / "mine"
    for path in (inner, tmp_path / "mine"):
        git(yard.repository, "worktree", "add", "-q", "--detach", str(path))
        with pytest.raises(NotOurs):
            remove(yard, path)
        shutil.rmtree(path)
        remove(yard, path)
    assert len(git(yard.repository, "worktree", "list").splitlines()) == 3


def guard(yard: Yard, path: Path) -> None:
    """Ask the guard."""
    deletion_guard.guard(yard.worktree_root, path)


def test_the_guard_lets_agents_worktrees_pool_and_trash_go(
    yard: Yard, login: AssignedWorktree, tmp_path: Path
) -> None:
    """However the path is written."""
    (yard.worktree_root.trash / "x").mkdir(parents=True)
    (tmp_path / "link").symlink_to(yard.workspace)
    guard(yard, login.path)
    guard(yard, yard.workspace / "shop-backend/../shop-backend")
    guard(yard, tmp_path / "link/shop-backend")
    guard(yard, yard.worktree_root.trash / "x")


def test_the_guard_keeps_everything_else(
    yard: Yard, login: AssignedWorktree, tmp_path: Path
) -> None:
    """Main worktrees, git directories, links, other folders, the workspace itself."""
    work, shop = yard.workspace, yard.repository
    (work / "link").symlink_to(login.path)
    (work / "notes").mkdir()
    yard.worktree_root.trash.mkdir(parents=True)
    (yard.worktree_root.trash / "out").symlink_to(shop)
    git(work, "init", "-q", "clone")
    kept = [
        shop, shop / ".git", shop / ".git/worktrees", shop / "src", tmp_path, work,
        Path("/"), work / "link", work / "notes", work / "notes/..", work / "missing",
        work / "clone", login.path / "src", login.path / "..", login.path / "README.md",
        yard.worktree_root.trash, yard.worktree_root.pool, work / ".coordinator",
        yard.worktree_root.trash / "out", yard.worktree_root.trash / "..",
        work / "shop-backend/../../shop", tmp_path / "home",
    ]  # fmt: skip
    for path in kept:
        with pytest.raises(NotOurs):
            guard(yard, path)


def test_the_guard_keeps_a_worktree_that_holds_a_repository(
    yard: Yard, login: AssignedWorktree
) -> None:
    """A repository of the workspace that somebody moved into it, say."""
    inside = login.path / "moved"
    yard.repository.rename(inside)
    other = make_yard(yard.workspace, inside)
    with pytest.raises(NotOurs, match="git directory"):
        guard(other, login.path)
    trash = yard.worktree_root.trash
    trash.mkdir(parents=True)
    inside.rename(trash / "x")
    with pytest.raises(NotOurs):
        guard(make_yard(yard.workspace, trash / "x"), trash / "x")


def test_the_guard_keeps_a_clone_in_a_worktrees_place(
    yard: Yard, login: AssignedWorktree
) -> None:
    """An agent may have put a repository of its own where its worktree was."""
    shutil.rmtree(login.path)
    git(yard.workspace, "clone", "-q", str(yard.repository), "shop-backend")
    with pytest.raises(NotOurs):
        remove(yard, login.path)


def test_the_trash_is_emptied_of_what_is_old(
    yard: Yard, login: AssignedWorktree
) -> None:
    """Read-only folders and links are no obstacle, and no link is followed."""
    cache = login.path / "cache.log"
    cache.mkdir()
    (cache / "out").symlink_to(yard.repository)
    cache.chmod(0o555)
    remove(yard, login.path)
    early = datetime.now(UTC) - timedelta(hours=1)
    assert worktree_trash.empty(yard.worktree_root, before=early) == 0
    late = datetime.now(UTC) + timedelta(hours=1)
    assert worktree_trash.empty(yard.worktree_root, before=late) == 1
    assert list(yard.worktree_root.trash.iterdir()) == []
    assert (yard.repository / "README.md").exists()


def test_the_trash_of_a_new_workspace_is_empty(yard: Yard) -> None:
    """There need not be one."""
    assert worktree_trash.empty(yard.worktree_root, before=datetime.now(UTC)) == 0


def test_only_a_folder_that_is_ours_goes_to_the_trash(yard: Yard) -> None:
    """The guard stands before the rename."""
    shop = yard.repository
    with pytest.raises(NotOurs):
        worktree_trash.to_trash(yard.worktree_root, WorktreeEntry(shop / ".git", shop))
    assert (shop / ".git/HEAD").exists()
