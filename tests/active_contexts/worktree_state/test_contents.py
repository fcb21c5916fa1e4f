"""What `git status` does not tell of a worktree's folder is found, and keeps it."""

from pathlib import Path

import pytest

from active_contexts.worktree_state.contents import contents
from active_contexts.worktree_state.model import (
    AssignedWorktree,
    CannotSave,
    NotSafe,
    Risk,
)
from active_contexts.worktrees import removal
from tests.active_contexts.worktree_yard import Yard, as_nobody, make_yard
from tests.support import git, mount

UNDER = "refs/coordinator/saved/backend/shop-backend/1"


@pytest.fixture
def yard(tmp_path: Path, repository: Path) -> Yard:
    """A workspace with one repository."""
    return make_yard(tmp_path / "work", repository)


@pytest.fixture
def login(yard: Yard) -> AssignedWorktree:
    """The home worktree of backend, on a fresh branch."""
    return yard.start(yard.home("backend"), "login")


def refused(yard: Yard, known: AssignedWorktree) -> set[Risk]:
    """Return why neither a removal nor a forced one is done; the folder stays."""
    risks: set[Risk] = set()
    for act in (removal.remove, removal.recycle):
        with pytest.raises(NotSafe) as plain:
            act(yard.worktree_root, yard.tracked, known, UNDER)
        risks |= {x.risk for x in plain.value.findings}
    with pytest.raises(CannotSave):
        removal.save_and_remove(yard.worktree_root, yard.tracked, known, UNDER)
    assert known.path.is_dir()
    return risks


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("scratch.log/deep", ("init", "-q")),
        ("store.log", ("init", "-q", "--bare")),
        ("mirror.log/pages.wiki", ("clone", "-q", "--mirror", "SHOP")),
    ],
)
def test_a_repository_of_any_name_keeps_a_worktree(
    yard: Yard, login: AssignedWorktree, name: str, words: tuple[str, ...]
) -> None:
    """Also below a folder that git ignores: what is committed there is nowhere else."""
    (login.path / name).parent.mkdir(exist_ok=True)
    made = [str(yard.repository) if x == "SHOP" else x for x in words]
    git(login.path, *made, name)
    assert contents(yard.entry(login.path)).repositories == [name]
    assert refused(yard, login) == {Risk.NESTED}


@pytest.mark.slow
def test_a_mount_keeps_a_worktree(
    yard: Yard, login: AssignedWorktree, tmp_path: Path
) -> None:
    """Where it is mounted nothing is looked at, and nothing is ever deleted."""
    place, source = login.path / "data.log", tmp_path / "precious"
    place.mkdir()
    source.mkdir()
    git(source, "init", "-q", "inner")
    with mount("--bind", str(source), str(place)):
        found = contents(yard.entry(login.path))
        assert (found.mounts, found.repositories) == (["data.log"], [])
        assert refused(yard, login) == {Risk.MOUNTED}
    assert (source / "inner" / ".git").is_dir()
    with pytest.raises(NotSafe):
        removal.remove(yard.worktree_root, yard.tracked, _with_inner(login), UNDER)


def _with_inner(login: AssignedWorktree) -> AssignedWorktree:
    git(login.path, "init", "-q", "data.log/inner")
    return login


@pytest.mark.slow
@pytest.mark.parametrize("mode", [0, 0o400])
def test_a_folder_that_cannot_be_read_keeps_a_worktree(
    yard: Yard, login: AssignedWorktree, tmp_path: Path, mode: int
) -> None:
    """Git only warns of it, and calls the worktree clean; names are not enough."""
    hidden = login.path / "hidden.log"
    (hidden / "inner").mkdir(parents=True)
    (hidden / "inner" / "note").write_text("only here")
    with as_nobody(tmp_path):
        hidden.chmod(mode)
        assert contents(yard.entry(login.path)).unreadable[0] == "hidden.log"
        assert refused(yard, login) == {Risk.UNREADABLE}
        hidden.chmod(0o700)
    assert (hidden / "inner" / "note").read_text() == "only here"
