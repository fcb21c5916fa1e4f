"""A workspace with one repository, for the tests of worktrees."""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from active_contexts.branches.hook_owners import Owner
from active_contexts.worktree_state.entries import (
    WorktreeEntry,
    common_folder,
    entry_at,
)
from active_contexts.worktree_state.model import (
    AssignedWorktree,
    TrackedRepository,
    WorktreeRoot,
)
from active_contexts.worktrees import assigning
from coordinator.kernel.git import Repository
from coordinator.kernel.system.processes import Completed
from tests.support import git

PREFIXES = ("backend", "frontend")
NOBODY = 65534
OWNER = Owner("0123456789abcdef", Path("/"))


@dataclass(frozen=True)
class Yard:
    """The grounds, and the tracked repository `shop` with branch `main`."""

    worktree_root: WorktreeRoot
    tracked: TrackedRepository

    @property
    def workspace(self) -> Path:
        return self.worktree_root.workspace

    @property
    def repository(self) -> Path:
        return self.tracked.path

    def home(self, agent: str) -> AssignedWorktree:
        """Add (or find) an agent's home worktree."""
        wanted = assigning.home(self.worktree_root, self.tracked, agent, agent)
        return assigning.add_home(self.worktree_root, self.tracked, wanted)

    def start(self, at_home: AssignedWorktree, feature: str) -> AssignedWorktree:
        """Start a feature."""
        root = self.worktree_root
        return assigning.start_feature(root, self.tracked, at_home, feature)

    def known(self, path: Path) -> AssignedWorktree:
        """Return a worktree as it would be recorded."""
        agent, _, feature = path.name.removeprefix("shop-").partition("--")
        return AssignedWorktree(agent, agent, feature, path)

    def entry(self, path: Path) -> WorktreeEntry:
        """Return the entry of a worktree that must be there."""
        found = entry_at(common_folder(self.repository), path)
        assert found is not None
        return found


def make_yard(workspace: Path, repository: Path) -> Yard:
    """Make a workspace around a repository."""
    workspace.mkdir(exist_ok=True)
    worktree_root = WorktreeRoot(workspace, (repository,))
    return Yard(worktree_root, TrackedRepository("shop", repository, "main"))


def tip(repository: Path, ref: str = "main") -> str:
    """Return a ref's commit."""
    return git(repository, "rev-parse", ref)


def write_hook(path: Path, text: str) -> Path:
    """Write a program that git may run, such as a hook of a person's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def set_trap(repository: Path, marker: Path, condition: str = "") -> None:
    """Name a program that leaves a marker everywhere a repository can name one.

    With a condition (of `includeIf`) it is named only where that holds.
    """
    settings = repository.parent / "trap-settings"
    trap = repository.parent / "trap.sh"
    trap.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{marker}'\ncat 2>/dev/null\n")
    trap.chmod(0o755)
    for key in (
        "filter.evil.clean", "filter.evil.smudge", "filter.evil.process",
        "core.fsmonitor", "diff.evil.textconv", "diff.evil.command", "diff.external",
        "merge.evil.driver", "gpg.program", "core.editor", "core.pager",
    ):  # fmt: skip
        git(repository, "config", "--file", str(settings), key, str(trap))
    for event in ("post-checkout", "reference-transaction", "post-index-change"):
        words = ("config", "--file", str(settings), "--add", "hook.evil.event", event)
        git(repository, *words)  # git 2.54 and later
    git(repository, "config", "--file", str(settings), "hook.evil.command", str(trap))
    key = f"includeIf.{condition}.path" if condition else "include.path"
    git(repository, "config", key, str(settings))
    git(repository, "config", "log.showSignature", "true")
    git(repository, "config", "commit.gpgSign", "true")
    (repository / ".git" / "info").mkdir(exist_ok=True)
    attributes = "* filter=evil diff=evil merge=evil\n"
    (repository / ".git" / "info" / "attributes").write_text(attributes)
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        hook = repository / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(trap.read_text())
        hook.chmod(0o755)


class Crash(BaseException):
    """The process ends here."""


@contextlib.contextmanager
def as_nobody(*owned: Path) -> Iterator[None]:
    """Be a user who may not read everything, and who owns the folders."""
    if os.geteuid():
        yield
        return
    for folder in owned:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    for parent in owned[0].parents:
        if not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def crash_after(
    count: int, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]
) -> None:
    """Let this many git commands take effect, then crash before the next one."""
    left = iter(range(count))
    real = Repository.ask

    def ask(self: Repository, *args: str, **extra: object) -> Completed:
        if next(left, None) is None:
            raise Crash
        return real(self, *args, **extra)  # type: ignore[arg-type]

    with monkeypatch.context() as patch, contextlib.suppress(Crash):
        patch.setattr(Repository, "ask", ask)
        act()
