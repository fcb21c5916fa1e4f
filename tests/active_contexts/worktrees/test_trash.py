"""What a removed worktree held stays in the trash for its time, and comes back."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from active_contexts.worktree_state.model import AssignedWorktree
from active_contexts.worktrees import pool, removal, returning, trash
from active_contexts.worktrees.rewinding import restore
from tests.active_contexts.worktree_yard import Yard, as_nobody, crash_after, make_yard
from tests.support import commit, git

UNDER = "refs/coordinator/saved/backend/shop-backend--login/1"


@pytest.fixture
def yard(tmp_path: Path, repository: Path) -> Yard:
    """A workspace with a repository that ignores `.env` and `node_modules/`."""
    (repository / ".git" / "info").mkdir(exist_ok=True)
    (repository / ".git" / "info" / "exclude").write_text(".env\nnode_modules/\n")
    return make_yard(tmp_path / "work", repository)


@pytest.fixture
def login(yard: Yard) -> AssignedWorktree:
    """A second worktree of backend, with files that git ignores."""
    home = yard.home("backend")
    (home.path / "in-use").write_text("x")
    made = yard.start(home, "login")
    (made.path / ".env").write_text("SECRET=1")
    (made.path / "node_modules" / "x").mkdir(parents=True)
    (made.path / "node_modules" / "x" / "index.js").write_text("x")
    return made


def in_trash(yard: Yard) -> list[str]:
    """Return the files that are left of worktrees in the trash."""
    tops = [x.worktree for x in trash.places(yard.worktree_root)]
    found = ((x, y) for x in tops for y in x.rglob("*") if y.name != ".git")
    return sorted(str(y.relative_to(x)) for x, y in found if y.is_file())


def bring_back(yard: Yard, known: AssignedWorktree) -> returning.Returned:
    """Bring back the latest of what the trash has of a worktree."""
    place = trash.places_of(yard.worktree_root, yard.tracked, known)[0]
    return returning.bring_back(yard.worktree_root, yard.tracked, known, place)


@pytest.mark.slow
@pytest.mark.parametrize("act", ["remove", "recycle", "save_and_remove"])
def test_ignored_files_are_named_kept_and_given_back(
    yard: Yard, login: AssignedWorktree, act: str
) -> None:
    """However the worktree goes; what can be made again does not count."""
    away = getattr(removal, act)
    removed = away(yard.worktree_root, yard.tracked, login, UNDER)
    assert (removed.kept.paths, removed.kept.bytes) == ((".env",), 8)
    assert not login.path.exists()
    assert ".env" in in_trash(yard)
    returned = bring_back(yard, login)
    assert returned.back.files == (".env",)
    assert (login.path / ".env").read_text() == "SECRET=1"
    assert git(login.path, "branch", "--show-current") == "backend/login"
    assert git(login.path, "status", "--porcelain") == ""
    assert trash.places(yard.worktree_root) == []


@pytest.mark.slow
def test_what_was_forced_away_comes_back_as_it_lay_there(
    yard: Yard, login: AssignedWorktree
) -> None:
    """Changed and untracked files too; the branch may have grown since."""
    (login.path / "README.md").write_text("changed")
    (login.path / "new.txt").write_text("new")
    removal.save_and_remove(yard.worktree_root, yard.tracked, login, UNDER)
    returned = bring_back(yard, login)
    assert set(returned.back.files) == {".env", "README.md", "new.txt"}
    status = git(login.path, "status", "--porcelain").split("\n")
    assert status == ["M README.md", "?? new.txt"]


@pytest.mark.slow
def test_nothing_that_stands_is_replaced(yard: Yard, login: AssignedWorktree) -> None:
    """What is in the way is named, and what was kept stays in the trash."""
    removal.remove(yard.worktree_root, yard.tracked, login, UNDER)
    again = yard.start(yard.home("backend"), "login")
    (again.path / ".env").write_text("SECRET=2")
    assert bring_back(yard, again).back.in_the_way == (".env",)
    assert (again.path / ".env").read_text() == "SECRET=2"
    (again.path / ".env").unlink()
    (again.path / ".env").symlink_to("elsewhere")
    assert bring_back(yard, again).back.in_the_way == (".env",)
    (again.path / ".env").unlink()
    assert bring_back(yard, again).back.files == (".env",)


@pytest.mark.slow
def test_a_branch_that_is_taken_or_gone_is_no_obstacle(
    yard: Yard, login: AssignedWorktree
) -> None:
    """The worktree comes back detached, at the commit that was checked out."""
    head = commit(login.path, "a.txt", "a", "One more")
    git(yard.repository, "merge", "-q", "backend/login")
    removal.remove(yard.worktree_root, yard.tracked, login, UNDER)
    git(yard.repository, "branch", "-D", "-q", "backend/login")
    bring_back(yard, login)
    assert git(login.path, "rev-parse", "HEAD") == head
    assert git(login.path, "branch", "--show-current") == ""


@pytest.mark.slow
def test_the_trash_is_thinned(yard: Yard, login: AssignedWorktree) -> None:
    """What git has too, and what can be made again, is not kept for long."""
    (login.path / "README.md").write_text("changed")
    removal.save_and_remove(yard.worktree_root, yard.tracked, login, UNDER)
    assert "src/cart.py" in in_trash(yard)
    for _ in range(2):
        trash.thin(yard.worktree_root, yard.tracked)
        assert in_trash(yard) == [".env", "README.md"]
    assert bring_back(yard, login).back.files == (".env", "README.md")


@pytest.mark.slow
def test_no_ignored_file_of_one_agent_reaches_another(
    yard: Yard, login: AssignedWorktree
) -> None:
    """The next one gets the recycled worktree as git alone would make it."""
    removal.recycle(yard.worktree_root, yard.tracked, login, UNDER)
    assert len(pool.ready(yard.worktree_root, yard.tracked)) == 1
    frontend = yard.home("frontend")
    assert not (frontend.path / ".env").exists()
    assert not (frontend.path / "node_modules").exists()
    assert in_trash(yard) == [".env"]


@pytest.mark.slow
@pytest.mark.parametrize("act", ["remove", "recycle", "save_and_remove"])
def test_a_read_only_folder_is_kept_as_any_other(
    yard: Yard, login: AssignedWorktree, tmp_path: Path, act: str
) -> None:
    """Package caches make such folders, and a file is moved only out of another."""
    cache = login.path / "cache.log"
    cache.mkdir()
    (cache / "kept").write_text("only here")
    with as_nobody(tmp_path):
        cache.chmod(0o500)
        removed = getattr(removal, act)(yard.worktree_root, yard.tracked, login, UNDER)
        assert "cache.log/kept" in removed.kept.paths
        assert "cache.log/kept" in in_trash(yard)
        assert "cache.log/kept" in bring_back(yard, login).back.files
    assert (cache / "kept").read_text() == "only here"


@pytest.mark.slow
def test_what_cannot_be_moved_goes_into_the_trash_as_it_is(
    yard: Yard, login: AssignedWorktree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And never into the pool."""

    def refuse(*_: object) -> None:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(pool, "put_aside", refuse)
        removal.recycle(yard.worktree_root, yard.tracked, login, UNDER)
    assert pool.ready(yard.worktree_root, yard.tracked) == ()
    assert ".env" in in_trash(yard)
    assert ".env" in bring_back(yard, login).back.files


@pytest.mark.slow
def test_a_crash_on_the_way_into_the_pool_loses_nothing(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After any git command that was the last one, the files are kept or in place."""
    for count in range(14):
        top = tmp_path / str(count)
        top.mkdir()
        yard = make_yard(top / "work", repository)
        home = yard.home("backend")
        (home.path / "in-use").write_text("x")
        login = yard.start(home, f"login-{count}")
        (login.path / "kept.log").write_text("only here")

        def act(yard: Yard = yard, login: AssignedWorktree = login) -> None:
            removal.recycle(yard.worktree_root, yard.tracked, login, UNDER)

        crash_after(count, monkeypatch, act)
        pool.tidy(yard.worktree_root, yard.tracked)
        kept = "kept.log" in in_trash(yard)
        assert kept or (login.path / "kept.log").exists(), count


@pytest.mark.slow
def test_the_trash_keeps_what_is_young(yard: Yard, login: AssignedWorktree) -> None:
    """Its time begins when the worktree goes, and thinning does not renew it."""
    removal.remove(yard.worktree_root, yard.tracked, login, UNDER)
    [place] = trash.places(yard.worktree_root)
    old = time.time() - 3 * 86_400
    os.utime(place.folder / "about.json", (old, old))
    trash.thin(yard.worktree_root, yard.tracked)
    now = datetime.now(UTC)
    for days, expected in ((4, 0), (2, 1)):
        before = now - timedelta(days=days)
        assert trash.empty(yard.worktree_root, before=before) == expected
    assert trash.places(yard.worktree_root) == []


@pytest.mark.slow
def test_a_place_of_an_earlier_version_is_kept_whole(yard: Yard) -> None:
    """It does not say whose it was: nothing of it goes before its time."""
    old = yard.worktree_root.trash / "shop-backend-1a2b3c4d"
    (old / "worktree").mkdir(parents=True)
    (old / "worktree" / "note").write_text("x")
    trash.thin(yard.worktree_root, yard.tracked)
    assert in_trash(yard) == ["note"]
    (old / "about.json").write_text('{"nonsense": 1}')
    assert [x.about for x in trash.places(yard.worktree_root)] == [None]


@pytest.fixture
def sealed(yard: Yard, users: Path) -> AssignedWorktree:
    """The home of backend, in which a filter seals `my.key`, which says `secret`."""
    commit(yard.repository, ".gitattributes", "*.key filter=seal\n", "Seal keys")
    commit(yard.repository, "my.key", "frperg\n", "Add a key")
    users.write_text('[filter "seal"]\n\tclean = tr a-z n-za-m\n\trequired\n')
    return yard.home("backend")


@pytest.mark.slow
def test_what_a_filter_seals_is_never_written_unsealed(
    yard: Yard, sealed: AssignedWorktree
) -> None:
    """Neither when it is forced away nor when it is taken back: the trash has it."""
    home, base = sealed, git(yard.repository, "rev-parse", "main")
    for name in ("my.key", "new.key"):
        (home.path / name).write_text("hunter2\n")
    (home.path / "plain.txt").write_text("plain\n")
    saved = restore(yard.worktree_root, yard.tracked, home, base, "1")
    assert in_trash(yard) == ["my.key", "new.key"]
    for name in ("my.key", "new.key"):
        (home.path / name).write_text("hunter2\n")
    forced = removal.save_and_remove(yard.worktree_root, yard.tracked, home, UNDER)
    assert forced.kept.paths == ("my.key", "new.key")
    listed = git(yard.repository, "cat-file", "--batch-all-objects", "--batch-check")
    objects = [x.split()[0] for x in listed.splitlines()]
    texts = [git(yard.repository, "cat-file", "-p", x, check=False) for x in objects]
    assert not [x for x in texts if "hunter2" in x]
    files = next(x for x in saved if x.endswith("/files"))
    assert git(yard.repository, "show", f"{files}:plain.txt") == "plain"


@pytest.mark.slow
def test_a_doubt_alone_keeps_no_worktree(yard: Yard, sealed: AssignedWorktree) -> None:
    """What only a filter could tell of goes to the trash, and comes back as it was."""
    (sealed.path / "my.key").write_text("secret\n")
    removed = removal.remove(yard.worktree_root, yard.tracked, sealed, UNDER)
    assert removed.kept.paths == ("my.key",)
    trash.thin(yard.worktree_root, yard.tracked)
    bring_back(yard, sealed)
    assert (sealed.path / "my.key").read_text() == "secret\n"


@pytest.mark.slow
def test_what_git_does_not_ignore_is_not_made_again(
    yard: Yard, sealed: AssignedWorktree
) -> None:
    """Whatever its folder is named: no ref has what a filter stands before."""
    (sealed.path / "build").mkdir()
    (sealed.path / "node_modules").mkdir()
    for name in ("build/new.key", "build/new.txt", "node_modules/made.js"):
        (sealed.path / name).write_text("only here\n")
    removal.save_and_remove(yard.worktree_root, yard.tracked, sealed, UNDER)
    trash.thin(yard.worktree_root, yard.tracked)
    kept = ["build/new.key", "build/new.txt"]
    # `my.key` is as git made it just now, which without its filter nothing can tell.
    assert [x for x in in_trash(yard) if x != "my.key"] == kept
    bring_back(yard, sealed)
    assert [x for x in kept if (sealed.path / x).read_text() == "only here\n"] == kept


@pytest.mark.slow
def test_what_a_versioned_rule_ignores_is_thinned_too(
    yard: Yard, login: AssignedWorktree
) -> None:
    """The `.gitignore` goes only after it was read; folders in folders count."""
    commit(login.path, ".gitignore", "local/\n*.pyc\n", "Ignore")
    (login.path / "local" / "node_modules").mkdir(parents=True)
    for name in ("local/node_modules/a.js", "local/notes", "a.pyc"):
        (login.path / name).write_text("x")
    removal.save_and_remove(yard.worktree_root, yard.tracked, login, UNDER)
    trash.thin(yard.worktree_root, yard.tracked)
    assert in_trash(yard) == [".env", "local/notes"]
