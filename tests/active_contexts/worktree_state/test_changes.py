"""What the coordinator says of a worktree is what its own user's git says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from active_contexts.worktree_state.changes import Changes, changes, commit_and_dirt
from active_contexts.worktree_state.commands import with_filters
from active_contexts.worktree_state.model import AssignedWorktree
from active_contexts.worktrees import assigning
from tests.active_contexts.worktree_yard import Yard, make_yard
from tests.support import commit, git


@pytest.fixture
def yard(tmp_path: Path, repository: Path) -> Yard:
    """A workspace with one repository."""
    return make_yard(tmp_path / "work", repository)


def own_status(where: Path) -> str:
    """Return what the agent sees."""
    return git(where, "status", "--porcelain")


def seen(yard: Yard, known: AssignedWorktree) -> Changes:
    """Return what the coordinator sees, both ways of looking agreeing."""
    git_here = with_filters(yard.entry(known.path))
    found = changes(git_here)
    assert commit_and_dirt(git_here)[1] is found.is_dirty
    return found


def crlf(where: Path) -> None:
    """Write a file as git does where line ends are the system's."""
    (where / "README.md").unlink()
    git(where, "checkout", "-q", "--", "README.md")


def ignored(where: Path) -> None:
    """Leave files of an editor."""
    (where / ".idea").mkdir()
    (where / ".idea" / "x.xml").write_text("x")


def executable(where: Path) -> None:
    """Change a mode, as some file systems do by themselves."""
    (where / "README.md").chmod(0o755)


HARMLESS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "line ends": ("[core]\n\tautocrlf = true\n", crlf),
    "an ignore file": ("[core]\n\texcludesFile = ~/mine\n", ignored),
    "modes": ("[core]\n\tfileMode = false\n", executable),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", HARMLESS)
def test_a_worktree_is_clean_where_the_users_git_says_so(
    yard: Yard, users: Path, what: str
) -> None:
    """Settings of the user that only change how files look are taken over."""
    text, make = HARMLESS[what]
    users.write_text(users.read_text() + text)
    Path("~/mine").expanduser().write_text(".idea/\n")
    git(yard.repository, "config", "--unset", "core.fileMode")
    home = yard.home("backend")
    make(home.path)
    assert own_status(home.path) == ""
    assert seen(yard, home) == Changes()
    (home.path / "new.txt").write_text("new")
    assert seen(yard, home).is_dirty


@pytest.mark.slow
def test_what_only_a_filter_could_tell_is_unknown(yard: Yard, users: Path) -> None:
    """Never dirty, never clean; what no filter stands before is told all the same."""
    commit(yard.repository, ".gitattributes", "*.key filter=seal\n", "Seal keys")
    commit(yard.repository, "my.key", "frperg\n", "Add a key")
    users.write_text('[filter "seal"]\n\tclean = tr a-z n-za-m\n\trequired\n')
    home = yard.home("backend")
    (home.path / "my.key").write_text("secret\n")
    assert own_status(home.path) == ""
    found = seen(yard, home)
    assert (found.doubtful, found.is_dirty) == (("my.key",), None)
    assert assigning.describe(yard.tracked, home).dirty is None
    (home.path / "README.md").write_text("changed")
    (home.path / "other.key").write_text("new")
    found = seen(yard, home)
    assert found == Changes(("README.md",), ("other.key",), ("my.key",))
    assert found.is_dirty
    git(home.path, "add", "README.md")
    (home.path / "my.key").unlink()
    assert seen(yard, home).changed == ("README.md", "my.key")


@pytest.mark.slow
def test_a_filter_that_nobody_configured_hides_nothing(yard: Yard, users: Path) -> None:
    """The user's git does not put the file through anything either."""
    users.write_text('[filter "other"]\n\tclean = cat\n')
    commit(yard.repository, ".gitattributes", "*.md filter=seal\n", "Seal pages")
    home = yard.home("backend")
    (home.path / "README.md").write_text("changed")
    assert own_status(home.path) == "M README.md"
    assert seen(yard, home).changed == ("README.md",)


@pytest.mark.slow
def test_every_kind_of_change_is_sorted(yard: Yard) -> None:
    """Deleted, retyped, staged, in folders with blanks, beyond ASCII."""
    home = yard.home("backend")
    here = home.path
    (here / "a b").mkdir()
    (here / "a b" / "ü\n.txt").write_text("x")
    (here / "src" / "cart.py").unlink()
    (here / "src" / "login.py").unlink()
    (here / "src" / "login.py").symlink_to("cart.py")
    (here / "staged").write_text("x")
    git(here, "add", "staged")
    found = seen(yard, home)
    assert found.changed == ("src/cart.py", "src/login.py", "staged")
    assert found.untracked == ("a b/ü\n.txt",)
