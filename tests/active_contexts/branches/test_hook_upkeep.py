import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from active_contexts.branches import hook_files, hook_owners, hook_upkeep, hooks
from active_contexts.branches.branch_rules import BadPrefix
from active_contexts.branches.hook_files import HookState
from active_contexts.branches.hook_owners import Owner, Wish
from active_contexts.worktree_state.model import TrackedRepository
from tests.active_contexts.worktree_yard import OWNER, PREFIXES
from tests.support import ManualClock, git, try_git


@pytest.fixture
def installed(repository: Path) -> Path:
    """A repository with the hooks of a workspace."""
    hooks.install(repository, OWNER, PREFIXES)
    return repository


def look(repository: Path, clock: ManualClock, owner: Owner = OWNER) -> list[str]:
    """Look at a repository, and return the codes of what is wrong with its hooks."""
    tracked = TrackedRepository("shop", repository, "main")
    return [x.code for x in hook_upkeep.maintain(tracked, owner, PREFIXES, clock())]


def replace_hook(repository: Path) -> None:
    """Write another hook over ours."""
    (repository / ".git/hooks/pre-push").write_text("#!/bin/sh\n")


def delete_hooks(repository: Path) -> None:
    """Delete the whole folder."""
    shutil.rmtree(repository / ".git/hooks")


def name_other_hooks(repository: Path) -> None:
    """Do what husky's `prepare` does."""
    git(repository, "config", "core.hooksPath", ".husky/_")


def age(repository: Path) -> None:
    """Leave a hook of another version."""
    hook = repository / ".git/hooks/pre-push"
    hook.write_text(hook.read_text() + "# older\n")


LOSSES = [replace_hook, delete_hooks, name_other_hooks, age]


@pytest.mark.parametrize("lose", LOSSES)
def test_hooks_that_others_end_come_back(
    installed: Path, clock: ManualClock, lose: Callable[[Path], None]
) -> None:
    """A maintainer wants them until one takes them away."""
    lose(installed)
    assert hooks.state(installed) is not HookState.INSTALLED
    assert look(installed, clock) == []
    assert hooks.state(installed) is HookState.INSTALLED


@pytest.mark.parametrize("lose", [*LOSSES[1:3], lambda _: None])
def test_hooks_that_a_maintainer_took_away_stay_away(
    installed: Path, clock: ManualClock, lose: Callable[[Path], None]
) -> None:
    """Neither they nor prefixes come back by a look."""
    hooks.uninstall(installed, OWNER)
    (installed / ".git/hooks").mkdir(exist_ok=True)
    lose(installed)
    state = hooks.state(installed)
    for _ in range(2):
        assert look(installed, clock) == []
    assert hooks.state(installed) is state
    part = hook_owners.find(installed / ".git", OWNER.id)
    assert part is not None
    assert part.prefixes == ()


def test_a_repository_that_never_had_them_gets_none(
    repository: Path, clock: ManualClock
) -> None:
    """A look installs only what somebody wanted once."""
    assert look(repository, clock) == []
    assert hooks.state(repository) is HookState.MISSING
    assert hook_owners.parts(repository / ".git") == []


def test_hooks_of_an_earlier_version_are_renewed(
    repository: Path, clock: ManualClock
) -> None:
    """Nobody wrote down then that they were wanted: that they are there says it."""
    folder = repository / ".git/hooks"
    folder.mkdir(exist_ok=True)
    for name in hook_files.CHECKING:
        hook = folder / name
        hook.write_text(f"#!/bin/sh\n# coordinator hook: {name}\nexit 0\n")
        hook.chmod(0o755)
    own = repository / ".git/coordinator"
    own.mkdir()
    (own / "prefixes").write_text("backend\n")
    assert look(repository, clock) == []
    assert hooks.state(repository) is HookState.INSTALLED
    assert try_git(repository, "branch", "frontend").returncode != 0


def test_a_fight_is_given_up_and_told(installed: Path, clock: ManualClock) -> None:
    """Ten times within ten minutes are enough; a maintainer's install begins anew."""
    for _ in range(10):
        replace_hook(installed)
        assert look(installed, clock) == []
        clock.advance(seconds=50)
    for _ in range(2):
        replace_hook(installed)
        assert look(installed, clock) == ["hooks-contested"]
        assert hooks.state(installed) is HookState.FOREIGN
    hooks.install(installed, OWNER, PREFIXES)
    replace_hook(installed)
    assert look(installed, clock) == []
    assert hooks.state(installed) is HookState.INSTALLED


def test_what_happens_now_and_then_is_no_fight(
    installed: Path, clock: ManualClock
) -> None:
    """Every install of a package may end the hooks."""
    for _ in range(30):
        replace_hook(installed)
        assert look(installed, clock) == []
        clock.moment += timedelta(minutes=2)
    assert hooks.state(installed) is HookState.INSTALLED


def test_a_workspace_that_moved_is_known_in_its_new_place(
    repository: Path, tmp_path: Path, clock: ManualClock
) -> None:
    """Whatever it wants; its id says that it is the same."""
    (tmp_path / "ws/.coordinator").mkdir(parents=True)
    owner = hook_owners.owner(tmp_path / "ws")
    hooks.install(repository, owner, PREFIXES)
    assert look(repository, clock, Owner(owner.id, tmp_path / "one")) == []
    hooks.uninstall(repository, owner)
    assert look(repository, clock, Owner(owner.id, tmp_path / "other")) == []
    (part,) = hook_owners.parts(repository / ".git")
    assert part.owner.workspace == tmp_path / "other"
    assert part.wish is Wish.UNINSTALLED


def test_a_workspace_that_is_not_there_is_told_of(
    installed: Path, tmp_path: Path, clock: ManualClock
) -> None:
    """With what mends it: for one that is gone, and for one whose disk may be away."""
    for name in ("gone", "disk/away"):
        (tmp_path / name / ".coordinator").mkdir(parents=True)
        hooks.install(installed, hook_owners.owner(tmp_path / name), PREFIXES)
        (tmp_path / name).rename(tmp_path / f"x{name[:4]}")
    tracked = TrackedRepository("shop", installed, "main")
    found = hook_upkeep.maintain(tracked, OWNER, PREFIXES, clock())
    assert [x.code for x in found] == ["hooks-left-behind"] * 2
    hints = {"disk" in x.message: x.hint for x in found}
    assert hints[False] == "Run: coordinator doctor --fix"
    assert hints[True].startswith("Mount its disk")
    hooks.forget_gone(installed)
    assert look(installed, clock) == ["hooks-left-behind"]


def test_what_cannot_be_put_back_is_a_problem(
    installed: Path, clock: ManualClock
) -> None:
    """The look itself goes on."""
    git(installed, "config", "extensions.worktreeConfig", "true")
    git(installed, "config", "--worktree", "core.hooksPath", "elsewhere")
    assert look(installed, clock) == ["hooks-not-kept"]
    git(installed, "config", "--worktree", "--unset", "core.hooksPath")
    delete_hooks(installed)
    (installed / ".git/hooks").write_text("")
    assert look(installed, clock) == ["hooks-not-kept"]


def test_a_bad_prefix_is_told_of(installed: Path, clock: ManualClock) -> None:
    """The shell reads prefixes line by line."""
    tracked = TrackedRepository("shop", installed, "main")
    with pytest.raises(BadPrefix):
        hook_upkeep.maintain(tracked, OWNER, ["back end"], clock())
