"""Submodules are set up in new worktrees, and what only one of them has is not lost."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from active_contexts.worktree_state.model import AssignedWorktree, NotSafe, Risk
from active_contexts.worktrees import removal, repair
from active_contexts.worktrees.pool import fill
from tests.active_contexts.worktree_yard import Yard, as_nobody, make_yard, set_trap
from tests.support import commit, git

UNDER = "refs/coordinator/saved/backend/shop-backend/1"
_FILE = ("-c", "protocol.file.allow=always")


@pytest.fixture
def library(
    tmp_path: Path, make_repository: Callable[[Path], Path], repository: Path
) -> Path:
    """A repository that the shop has as the submodule `lib/core`."""
    path = make_repository(tmp_path / "library")
    git(repository, *_FILE, "submodule", "--quiet", "add", str(path), "lib/core")
    git(repository, "commit", "-q", "-m", "Add the library")
    return path


@pytest.fixture
def yard(tmp_path: Path, library: Path, repository: Path) -> Yard:
    """A workspace whose repository has a submodule."""
    del library
    return make_yard(tmp_path / "work", repository)


@pytest.fixture
def home(yard: Yard) -> AssignedWorktree:
    """The home worktree of backend."""
    return yard.home("backend")


def modules(home: AssignedWorktree) -> Path:
    """Return the git directory of the worktree's submodule."""
    return Path(git(home.path / "lib" / "core", "rev-parse", "--absolute-git-dir"))


def remove(yard: Yard, known: AssignedWorktree) -> removal.Removed:
    """Remove a worktree that holds nothing of its own."""
    return removal.remove(yard.worktree_root, yard.tracked, known, UNDER)


@pytest.mark.slow
def test_a_new_worktree_has_the_submodules_of_the_repository(
    yard: Yard, library: Path
) -> None:
    """As git itself would set them up, from the pool too, at the commit recorded."""
    fill(yard.worktree_root, yard.tracked, 1)
    commit(library, "later.txt", "later", "Later")
    home = yard.home("backend")
    core = home.path / "lib" / "core"
    assert (core / "README.md").read_text() == "# Shop\n"
    assert git(home.path, "status", "--porcelain", "--ignored") == ""
    assert not git(home.path, "submodule", "status").startswith(("-", "+"))
    assert git(core, "config", "remote.origin.url") == str(library)
    assert git(core, "for-each-ref", "--format=%(refname)", "refs/heads") == ""
    git(core, *_FILE, "fetch", "-q")
    assert git(core, "show", "origin/main:later.txt") == "later"
    assert git(core, "fsck") == ""
    assert modules(home).is_relative_to(yard.entry(home.path).folder)


@pytest.mark.slow
def test_a_submodule_that_is_as_it_came_follows_the_branch(
    yard: Yard, home: AssignedWorktree, library: Path
) -> None:
    """A feature that begins later has the later one; what is in use stays."""
    own, core = yard.repository / "lib" / "core", home.path / "lib" / "core"
    for number in (1, 2):
        head = commit(library, "later.txt", str(number), "Later")
        git(own, *_FILE, "fetch", "-q")
        git(own, "checkout", "-q", head)
        git(yard.repository, "commit", "-q", "-a", "-m", "Take the later one")
        if number == 2:
            (core / "in-use.txt").write_text("x")
        yard.start(home, f"feature-{number}")
        assert (core / "later.txt").read_text() == "1"
    assert git(home.path, "status", "--porcelain", check=False) == "M lib/core"


@pytest.mark.slow
def test_submodules_are_left_alone_where_a_setting_says_so(yard: Yard) -> None:
    """Nor are those set up that the repository itself has not."""
    quiet = make_yard(yard.workspace, yard.repository)
    object.__setattr__(quiet.worktree_root, "submodules", False)
    assert not any((quiet.home("backend").path / "lib" / "core").iterdir())
    shutil.rmtree(yard.repository / ".git" / "modules")
    assert not any((yard.home("frontend").path / "lib" / "core").iterdir())


@pytest.mark.slow
def test_a_submodule_that_is_as_it_came_is_no_obstacle(
    yard: Yard, home: AssignedWorktree
) -> None:
    """Nothing of it is nowhere else; a taken down one is none either."""
    remove(yard, home)
    other = yard.home("frontend")
    git(other.path, "submodule", "--quiet", "deinit", "-f", "lib/core")
    assert remove(yard, other).saved == ()
    assert not other.path.exists()


def commit_inside(core: Path) -> None:
    """Commit on a branch that is pushed nowhere."""
    git(core, "switch", "-q", "-c", "work")
    commit(core, "precious.txt", "precious", "Precious")


def commit_and_go_back(core: Path) -> None:
    """Commit on a branch, then show what came again."""
    commit_inside(core)
    git(core, "switch", "-q", "--detach", "origin/main")


def stash_inside(core: Path) -> None:
    """Put a change aside."""
    (core / "README.md").write_text("precious")
    git(core, "stash", "-q")


def edit_inside(core: Path) -> None:
    """Change a file."""
    (core / "README.md").write_text("precious")


def write_inside(core: Path) -> None:
    """Write a new file."""
    (core / "precious.txt").write_text("precious")


WORK = [commit_inside, commit_and_go_back, stash_inside, edit_inside, write_inside]


@pytest.mark.slow
@pytest.mark.parametrize("make", WORK, ids=lambda x: x.__name__)
def test_what_only_a_submodule_has_keeps_a_worktree_or_is_saved(
    yard: Yard, home: AssignedWorktree, make: Callable[[Path], None]
) -> None:
    """Commits, stashes and changes; forced, they are refs of the repository."""
    make(home.path / "lib" / "core")
    with pytest.raises(NotSafe) as caught:
        remove(yard, home)
    assert Risk.SUBMODULE in {x.risk for x in caught.value.findings}
    assert "lib/core" in caught.value.message
    forced = removal.save_and_remove(yard.worktree_root, yard.tracked, home, UNDER)
    shutil.rmtree(yard.worktree_root.trash)
    assert "precious" in _texts(yard, forced.saved)


def _texts(yard: Yard, refs: tuple[str, ...]) -> str:
    """Return all that the saved submodules' commits show."""
    own = [x for x in refs if "/submodule-" in x]
    return "".join(git(yard.repository, "log", "-m", "-p", x) for x in own)


@pytest.mark.slow
@pytest.mark.parametrize("lose", ["deinit", "rmtree"])
def test_commits_of_a_submodule_outlive_its_folder(
    yard: Yard, home: AssignedWorktree, lose: str
) -> None:
    """They lie in the worktree's entry, which git keeps until the worktree goes."""
    core = home.path / "lib" / "core"
    commit_and_go_back(core)
    if lose == "deinit":
        git(home.path, "submodule", "--quiet", "deinit", "-f", "lib/core")
    else:
        shutil.rmtree(core)
        core.mkdir()
    with pytest.raises(NotSafe):
        remove(yard, home)


@pytest.mark.slow
def test_what_cannot_be_looked_into_may_hold_commits(
    yard: Yard, home: AssignedWorktree, tmp_path: Path
) -> None:
    """Whoever may not read the git directories of submodules removes nothing."""
    core = home.path / "lib" / "core"
    commit_inside(core)
    own = modules(home).parents[1]
    git(home.path, "submodule", "--quiet", "deinit", "-f", "lib/core")
    with as_nobody(tmp_path):
        own.chmod(0)
        for act in (removal.remove, removal.save_and_remove):
            with pytest.raises(PermissionError):
                act(yard.worktree_root, yard.tracked, home, UNDER)
        own.chmod(0o700)
    with pytest.raises(NotSafe):
        remove(yard, home)


@pytest.mark.slow
def test_commits_of_a_submodule_outlive_the_worktrees_folder(
    yard: Yard, home: AssignedWorktree
) -> None:
    """A repair adds the worktree again and says where they are saved."""
    commit_and_go_back(home.path / "lib" / "core")
    shutil.rmtree(home.path)
    [mended] = repair.repair(yard.worktree_root, yard.tracked, [home], "1")
    assert mended.problem == ""
    shutil.rmtree(yard.worktree_root.trash)
    assert mended.what is repair.RepairKind.ADDED
    assert "precious" in _texts(yard, mended.saved)
    assert (home.path / "lib" / "core" / "README.md").exists()


@pytest.mark.slow
def test_what_the_repositorys_own_copy_has_is_elsewhere(
    yard: Yard, home: AssignedWorktree
) -> None:
    """A commit that its maintainer took over by hand is safe."""
    core = home.path / "lib" / "core"
    commit_and_go_back(core)
    own = yard.repository / "lib" / "core"
    git(own, *_FILE, "fetch", "-q", str(core), "work:taken")
    remove(yard, home)


@pytest.mark.slow
def test_ignored_files_of_a_submodule_are_kept(
    yard: Yard, home: AssignedWorktree
) -> None:
    """By their path in the worktree."""
    (home.path / "lib" / "core" / "debug.log").write_text("only here")
    assert remove(yard, home).kept.paths == ("lib/core/debug.log",)


@pytest.mark.slow
def test_what_a_filter_seals_in_a_submodule_is_named(
    yard: Yard, home: AssignedWorktree, users: Path
) -> None:
    """No ref may hold it: the trash does."""
    users.write_text('[filter "seal"]\n\tclean = tr a-z n-za-m\n')
    core = home.path / "lib" / "core"
    (core / ".gitattributes").write_text("*.key filter=seal\n")
    (core / "my.key").write_text("only here")
    (core / "my.txt").write_text("everywhere")
    away = removal.save_and_remove
    removed = away(yard.worktree_root, yard.tracked, home, UNDER)
    assert removed.kept.paths == ("lib/core/my.key",)
    texts = _texts(yard, removed.saved)
    assert "+everywhere" in texts
    assert "only here" not in texts


@pytest.mark.slow
def test_nothing_that_a_submodule_names_is_run(
    yard: Yard, home: AssignedWorktree, tmp_path: Path
) -> None:
    """Its configuration is an agent's as well."""
    core, marker = home.path / "lib" / "core", tmp_path / "marker"
    settings = tmp_path / "trapped"
    settings.mkdir()
    git(settings, "init", "-q", ".")
    set_trap(settings, marker)
    git(core, "config", "include.path", str(tmp_path / "trap-settings"))
    (core / ".gitattributes").write_text("* filter=evil diff=evil merge=evil\n")
    (core / "README.md").write_text("changed")
    with pytest.raises(NotSafe):
        remove(yard, home)
    removal.save_and_remove(yard.worktree_root, yard.tracked, home, UNDER)
    assert not marker.exists(), marker.read_text()
