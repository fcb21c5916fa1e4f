"""Hooks of the user's that git finds elsewhere, through everything that may happen."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from active_contexts.branches import hooks
from active_contexts.branches.hook_files import HookState
from active_contexts.branches.hook_overlay import HooksOfAWorktree
from tests.active_contexts.worktree_yard import OWNER, PREFIXES, make_yard, write_hook
from tests.support import git, try_git

MINE = '#!/bin/sh\necho "ran $0" >> "$LOG"\n'


def ran(repository: Path) -> str:
    """Commit, and return which hooks of the person's ran."""
    log = repository.parent / "log"
    log.unlink(missing_ok=True)
    git(repository, "commit", "-q", "--allow-empty", "-m", "x", LOG=str(log))
    return log.read_text() if log.exists() else ""


def lets_a_wrong_name_pass(repository: Path) -> bool:
    """Tell whether nothing refuses it."""
    return try_git(repository, "branch", "backend/Wrong").returncode == 0


@pytest.fixture
def over(repository: Path) -> Path:
    """A repository with the hooks over those of `.husky`, one of which is there."""
    write_hook(repository / ".husky/pre-commit", MINE)
    git(repository, "config", "core.hooksPath", ".husky")
    hooks.install(repository, OWNER, PREFIXES)
    return repository


def test_the_users_setting_is_left_as_it_is(over: Path) -> None:
    """Ours lies over it, in worktrees of agents too, and goes without a trace."""
    before = (over / ".git/config").read_text()
    assert "hooksPath = .husky" in before
    home = make_yard(over.parent / "work", over).home("backend").path
    write_hook(home / ".husky/pre-commit", MINE)
    assert ran(over) == "ran .husky/pre-commit\n"
    assert ran(home) == "ran .husky/pre-commit\n"
    assert not lets_a_wrong_name_pass(home)
    hooks.uninstall(over, OWNER)
    assert "includeIf" not in (over / ".git/config").read_text()
    assert git(over, "config", "--get-all", "core.hooksPath") == ".husky"


@pytest.mark.parametrize("name", ["elsewhere", "a [b] *?", "c\\d", 'e"f'])
def test_a_repository_may_move_and_be_copied(over: Path, name: str) -> None:
    """The user's hooks run before, after, and once ours are there again or gone."""
    moved = over.with_name(name)
    over.rename(moved)
    assert ran(moved) == "ran .husky/pre-commit\n"
    hooks.install(moved, OWNER, PREFIXES)
    assert hooks.state(moved) is HookState.INSTALLED
    assert not lets_a_wrong_name_pass(moved)
    assert ran(moved) == "ran .husky/pre-commit\n"
    copy = moved.with_name("copy")
    shutil.copytree(moved, copy)
    shutil.rmtree(moved)
    assert ran(copy) == "ran .husky/pre-commit\n"
    hooks.uninstall(copy, OWNER)
    assert ran(copy) == "ran .husky/pre-commit\n"
    assert "coordinator" not in (copy / ".git/config").read_text()


def test_a_folder_of_ours_that_somebody_deleted_ends_no_hook(over: Path) -> None:
    """Without the layer git runs what lies beneath it."""
    shutil.rmtree(over / ".git/coordinator")
    assert ran(over) == "ran .husky/pre-commit\n"
    assert hooks.state(over) is HookState.FOREIGN


def test_a_setting_that_a_user_changes_is_followed_at_once(over: Path) -> None:
    """The hooks look again where the configuration is newer than what they know."""
    write_hook(over / ".new/pre-commit", MINE)
    git(over, "config", "core.hooksPath", ".new")
    assert ran(over) == "ran .new/pre-commit\n"
    assert (over / ".git/coordinator/hooks/beneath").read_text() == ".new\n"
    write_hook(over / ".git/hooks/pre-commit", MINE)
    git(over, "config", "--unset", "core.hooksPath")
    assert ran(over) == f"ran {over}/.git/hooks/pre-commit\n"
    assert hooks.state(over) is HookState.OUTDATED
    hooks.install(over, OWNER, PREFIXES)
    assert git(over, "config", "core.hooksPath", check=False) == ""
    assert hooks.state(over) is HookState.INSTALLED


def test_a_home_that_is_none_troubles_nobody(repository: Path) -> None:
    """Git itself says what is wrong with such a setting."""
    git(repository, "config", "core.hooksPath", "~nobody-there/hooks")
    hooks.install(repository, OWNER, PREFIXES)
    git(repository, "config", "core.hooksPath", ".husky")
    assert not lets_a_wrong_name_pass(repository)


def test_a_section_that_comes_after_ours_does_not_end_it_for_good(over: Path) -> None:
    """Written by hand at the end of the configuration; the install comes last again."""
    write_hook(over / ".late/pre-commit", MINE)
    with (over / ".git/config").open("a") as config:
        config.write("[core]\n\thooksPath = .late\n")
    assert hooks.state(over) is HookState.FOREIGN
    hooks.install(over, OWNER, PREFIXES)
    assert hooks.state(over) is HookState.INSTALLED
    assert ran(over) == "ran .late/pre-commit\n"
    hooks.uninstall(over, OWNER)
    assert ran(over) == "ran .late/pre-commit\n"


def test_hooks_that_a_tool_writes_into_our_folder_go_where_they_belong(
    over: Path,
) -> None:
    """Tools write where git says that hooks are, over those that pass on, too."""
    own = Path(git(over, "rev-parse", "--git-path", "hooks"))
    for name in ("pre-commit", "pre-push", "post-commit"):
        write_hook(own / name, MINE)
    assert hooks.state(over) is HookState.FOREIGN
    hooks.install(over, OWNER, PREFIXES)
    assert hooks.state(over) is HookState.INSTALLED
    assert ran(over).count("/.git/coordinator/hooks.before-coordinator/") == 2
    hooks.uninstall(over, OWNER)
    assert ran(over) == "ran .husky/pre-commit\nran .husky/post-commit\n"
    assert (over / ".husky/pre-push").read_text() == MINE


@pytest.mark.parametrize("layout", ["linked", "read-only"])
def test_a_folder_that_is_not_the_repositorys_own_is_left_as_it_is(
    repository: Path, tmp_path: Path, layout: str
) -> None:
    """Behind a link others share it; read-only nobody may write: ours lies over it."""
    folder = repository / ".git/hooks"
    shutil.rmtree(folder, ignore_errors=True)
    place = tmp_path / "team" if layout == "linked" else folder
    write_hook(place / "pre-commit", MINE)
    write_hook(place / "pre-push", MINE)
    if layout == "linked":
        folder.symlink_to(place)
    else:
        folder.chmod(0o555)
    before = sorted(x.name for x in place.iterdir())
    hooks.install(repository, OWNER, PREFIXES)
    assert hooks.state(repository) is HookState.INSTALLED
    assert not lets_a_wrong_name_pass(repository)
    assert "pre-commit" in ran(repository)
    assert sorted(x.name for x in place.iterdir()) == before
    hooks.uninstall(repository, OWNER)
    assert sorted(x.name for x in place.iterdir()) == before
    assert "pre-commit" in ran(repository)
    folder.chmod(0o755)


def test_a_repository_without_a_hooks_folder_gets_one(repository: Path) -> None:
    """As from a template without one."""
    shutil.rmtree(repository / ".git/hooks", ignore_errors=True)
    hooks.install(repository, OWNER, PREFIXES)
    assert not lets_a_wrong_name_pass(repository)


@pytest.mark.parametrize("what", ["file", "dangling link"])
def test_a_hooks_folder_that_is_none_is_told_of(repository: Path, what: str) -> None:
    """A sentence with the path; no trouble of ours."""
    folder = repository / ".git/hooks"
    shutil.rmtree(folder, ignore_errors=True)
    if what == "file":
        folder.write_text("")
        with pytest.raises(hooks.HooksNotWritten, match="hooks"):
            hooks.install(repository, OWNER, PREFIXES)
    else:
        folder.symlink_to("nowhere")
        hooks.install(repository, OWNER, PREFIXES)
        assert not lets_a_wrong_name_pass(repository)


def test_a_worktrees_own_setting_is_refused(repository: Path) -> None:
    """The shared configuration cannot override a worktree's own."""
    git(repository, "config", "extensions.worktreeConfig", "true")
    git(repository, "config", "--worktree", "core.hooksPath", "elsewhere")
    with pytest.raises(HooksOfAWorktree):
        hooks.install(repository, OWNER, PREFIXES)


def as_before(repository: Path, former: str, scope: str) -> None:
    """Lay out what earlier versions left: core.hooksPath itself led to our folder."""
    own = repository / ".git/coordinator/hooks"
    write_hook(own / "pre-push", "#!/bin/sh\n# coordinator hook: pre-push\n")
    write_hook(own / "reference-transaction", "#!/bin/sh\n# coordinator hook: x\n")
    (own / "former").write_text(f"{former}\n")
    (own / "former-scope").write_text(f"{scope}\n")
    (repository / ".git/coordinator/prefixes").write_text("backend\n")
    git(repository, "config", "core.hooksPath", str(own))


def uninstall(repository: Path) -> None:
    """Take the hooks away."""
    hooks.uninstall(repository, OWNER)


@pytest.mark.parametrize("act", [hooks.place, uninstall])
@pytest.mark.parametrize("place", ["shop", "moved"])
@pytest.mark.parametrize("former", [".husky", "absolute", "dead", "global"])
def test_the_setting_that_an_earlier_version_took_is_given_back(
    repository: Path, former: str, place: str, act: Callable[[Path], None]
) -> None:
    """Never our own path, which it remembered once the repository had moved."""
    values = {
        ".husky": (".husky", "local"),
        "absolute": (str(repository / ".husky"), "local"),
        "dead": ("/before/.git/coordinator/hooks", "local"),
        "global": ("/opt/hooks", "global"),
    }
    write_hook(repository / ".husky/pre-commit", MINE)
    as_before(repository, *values[former])
    repository = repository.rename(repository.with_name(place))
    act(repository)
    said = try_git(repository, "config", "--local", "--no-includes", "core.hooksPath")
    wanted = {".husky": ".husky", "absolute": str(repository / ".husky")}
    assert said.stdout.strip() == wanted.get(former, "")
    assert ("pre-commit" in ran(repository)) == (former in wanted)
    assert not (repository / ".git/coordinator/hooks/former").exists()
