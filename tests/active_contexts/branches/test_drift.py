import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from active_contexts.branches import drift as refs_look
from active_contexts.branches import hooks
from active_contexts.worktree_state.entries import common_folder, head_of
from active_contexts.worktree_state.model import AssignedWorktree, Head
from tests.active_contexts.worktree_yard import OWNER, PREFIXES, Yard, make_yard, tip
from tests.support import git


@pytest.fixture
def yard(tmp_path: Path, repository: Path) -> Yard:
    """A workspace whose repository has the hooks."""
    hooks.install(repository, OWNER, PREFIXES)
    return make_yard(tmp_path / "work", repository)


def codes(yard: Yard, *known: AssignedWorktree) -> list[str]:
    """Return what a look finds."""
    drifts = refs_look.look(yard.tracked, known, PREFIXES).drifts
    return sorted(x.code for x in drifts)


def test_the_look_knows_what_is_checked_out(yard: Yard) -> None:
    """A branch with its commit, or a commit alone; the files agree."""
    backend = yard.start(yard.home("backend"), "login")
    frontend = yard.home("frontend")
    found = refs_look.look(yard.tracked, [backend, frontend], PREFIXES)
    commit = tip(yard.repository)
    assert found.heads[backend.path] == Head("backend/login", commit)
    assert found.heads[frontend.path] == Head("", commit)
    assert found.branches == {"main": commit, "backend/login": commit}
    assert found.drifts == ()
    assert head_of(backend.path) == Head("backend/login", "")
    assert head_of(frontend.path) == Head("", commit)
    assert head_of(yard.workspace) is None


CHANGES: dict[str, Callable[[Yard, Path], object]] = {
    "new branch": lambda y, _: git(y.repository, "branch", "backend/x"),
    "moved branch": lambda _, w: git(w, "commit", "-q", "--allow-empty", "-m", "x"),
    "packed": lambda y, _: git(y.repository, "pack-refs", "--all"),
    "switched": lambda _, w: git(w, "switch", "-q", "--detach"),
    "main switched": lambda y, _: git(y.repository, "switch", "-q", "--detach"),
    "folder gone": lambda _, w: shutil.rmtree(w),
    "folder moved": lambda _, w: w.rename(w.with_name("elsewhere")),
    "pruned": lambda y, _: shutil.rmtree(y.repository / ".git/worktrees"),
    "hook gone": lambda y, _: (y.repository / ".git/hooks/pre-push").unlink(),
    "hooks elsewhere": lambda y, _: git(y.repository, "config", "core.hooksPath", "x"),
    "written by hand": lambda y, w: (
        y.repository / ".git/refs/heads/backend/login"
    ).write_text(git(w, "rev-parse", "HEAD") + "\n"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_fingerprint_tells_of_every_change(yard: Yard, change: str) -> None:
    """Without a process, the daemon learns that it has to look."""
    place = yard.start(yard.home("backend"), "login").path
    common = common_folder(yard.repository)
    before = refs_look.fingerprint(common)
    git(place, "status")
    assert refs_look.fingerprint(common) == before
    CHANGES[change](yard, place)
    assert refs_look.fingerprint(common) != before


def test_a_foreign_branch_in_an_agents_worktree_is_reported(yard: Yard) -> None:
    """A new one is renamed; another's, or the target, is left."""
    home = yard.home("backend")
    git(yard.repository, "branch", "topic")
    git(yard.repository, "branch", "frontend/x")
    git(home.path, "switch", "-q", "topic")
    (drift,) = refs_look.look(yard.tracked, [home], PREFIXES).drifts
    assert (drift.path, drift.code) == ("shop-backend", "branch-not-own")
    assert drift.hint == f"Run: git -C {home.path} branch -m topic backend/topic"
    git(home.path, "switch", "-q", "frontend/x")
    (drift,) = refs_look.look(yard.tracked, [home], PREFIXES).drifts
    assert drift.hint == f"Run: git -C {home.path} switch --detach"
    git(yard.repository, "switch", "-q", "--detach")
    git(home.path, "switch", "-q", "main")
    (drift,) = refs_look.look(yard.tracked, [home], PREFIXES).drifts
    assert drift.hint == f"Run: git -C {home.path} switch --detach"


def test_a_hint_is_safe_to_paste(yard: Yard) -> None:
    """A hostile name is quoted for the shell."""
    name = "backend/$(touch${IFS}x)'"
    git(yard.repository, "-c", "core.hooksPath=/dev/null", "branch", name)
    (drift,) = refs_look.look(yard.tracked, [], PREFIXES).drifts
    assert "'backend/$(touch${IFS}x)'\\'''" in drift.hint


def test_a_hint_works_as_it_is_typed(yard: Yard) -> None:
    """The proposed name is free, where the right one is taken."""
    bypass = ("-c", "core.hooksPath=/dev/null", "branch")
    for name in ("backend/foo", "backend/FOO", "topic"):
        git(yard.repository, *bypass, name)
    home = yard.start(yard.home("backend"), "topic")
    git(home.path, "switch", "-q", "topic")
    drifts = refs_look.look(yard.tracked, [home], PREFIXES).drifts
    asked = [x.hint.removeprefix("Run: git ").split() for x in drifts]
    assert [x[-1] for x in asked] == ["backend/foo-2", "backend/topic-2"]
    for words in asked:
        git(yard.workspace, *words)
    assert codes(yard, home) == []


def test_hooks_that_do_not_run_are_reported(yard: Yard) -> None:
    """Missing, outdated, overridden for all or in one worktree."""
    home = yard.home("backend")
    git(yard.repository, "config", "core.hooksPath", "elsewhere")
    assert codes(yard, home) == ["hooks-foreign"]
    git(yard.repository, "config", "--unset", "core.hooksPath")
    hook = yard.repository / ".git/hooks/pre-push"
    hook.write_text(hook.read_text() + "#\n")
    assert codes(yard, home) == ["hooks-outdated"]
    hook.unlink()
    assert codes(yard, home) == ["hooks-missing"]
    hooks.install(yard.repository, OWNER, PREFIXES)
    git(yard.repository, "config", "extensions.worktreeConfig", "true")
    git(home.path, "config", "--worktree", "core.hooksPath", "/dev/null")
    assert codes(yard, home) == ["hooks-foreign"]


def test_a_worktree_that_is_not_where_it_was_is_reported(yard: Yard) -> None:
    """Gone, moved, cut off, or known to git alone."""
    home = yard.home("backend")
    moved = home.path.with_name("elsewhere")
    home.path.rename(moved)
    assert codes(yard, home) == ["worktree-moved"]
    shutil.rmtree(moved)
    assert codes(yard, home) == ["worktree-missing"]
    assert codes(yard) == ["worktree-prunable"]
    home.path.mkdir()
    assert codes(yard, home) == ["worktree-cut-off"]


def test_a_target_that_is_gone_is_reported(yard: Yard) -> None:
    """Nothing could begin from it, nor land on it."""
    git(yard.repository, "branch", "-m", "main", "trunk")
    [found] = refs_look.look(yard.tracked, (), PREFIXES).drifts
    assert (found.path, found.code) == ("shop", "target-missing")
    assert "git branch main" in found.hint


def test_a_persons_own_worktree_is_nobodys_business(yard: Yard, tmp_path: Path) -> None:
    """Only agents' worktrees are looked after."""
    git(yard.repository, "worktree", "add", "-q", str(tmp_path / "mine"))
    shutil.rmtree(tmp_path / "mine")
    assert codes(yard) == []
