"""The worktree that evidence is about: whose, where, at which commit, what changed.

It judges nothing. `find` needs the workspace; what reads git and files does not, and
may be done on any thread.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from active_contexts.worktree_state.changes import Changes, changes
from active_contexts.worktree_state.commands import with_filters
from active_contexts.worktree_state.entries import (
    around,
    common_folder,
    entry_at,
    is_same_place,
)
from active_contexts.worktree_state.model import NotARepository, TrackedRepository
from active_contexts.worktrees import rewinding
from coordinator.kernel import git
from coordinator.kernel.errors import CoordinatorError, UsageProblem
from coordinator.kernel.git import Repository
from coordinator.workflows.decide.steps import Rewind
from coordinator.workflows.judging import file_trees
from coordinator.workflows.judging.verdicts import Tree
from coordinator.workspace import repositories
from coordinator.workspace.workspace import Call


@dataclass(frozen=True, slots=True)
class EvidenceWorktree:
    """A worktree; `tracked` is None where it is of no repository of the workspace."""

    folder: Path
    tracked: TrackedRepository | None = None


def find(call: Call) -> EvidenceWorktree:
    """Return the worktree that a call comes from, else the caller's home, else here."""
    within = call.folder.is_relative_to(call.workspace.layout.root)
    return (
        (here(call) if within else None) or _home(call) or EvidenceWorktree(call.folder)
    )


def here(call: Call) -> EvidenceWorktree | None:
    """Return the worktree that a call comes from, as git finds it; None: it is none."""
    top = around(call.folder)
    if top is None:
        return None
    common = common_folder(top)
    for tracked in repositories.all_tracked(call.workspace):
        with suppress(NotARepository):
            if is_same_place(common, common_folder(tracked.path)):
                return EvidenceWorktree(top, tracked)
    return None


def _home(call: Call) -> EvidenceWorktree | None:
    for tracked in repositories.all_tracked(call.workspace):
        for known in repositories.assigned(call.workspace, tracked.name):
            if known.agent == call.caller.agent and not known.feature:
                return EvidenceWorktree(known.path, tracked)
    return None


def head(worktree: EvidenceWorktree) -> str:
    """Return the commit that a worktree stands at, or nothing."""
    try:
        return git.resolve(Repository(worktree.folder), "HEAD") or ""
    except CoordinatorError:
        return ""


def tree(worktree: EvidenceWorktree, commit: str) -> tuple[Tree, str]:
    """Return the files at a commit and its full id; without one those on the disk.

    Raises:
        UsageProblem: The worktree has no such commit.
    """
    if not commit:
        return file_trees.DiskTree(worktree.folder), ""
    repository = Repository(worktree.folder)
    full = git.resolve(repository, commit)
    if full is None:
        raise UsageProblem(
            f"{worktree.folder.name} has no commit {commit!r}.",
            hint="Name a commit of the worktree that the evidence is about.",
        )
    return file_trees.CommitTree(repository, full), full


def changed(worktree: EvidenceWorktree, base: str, commit: str) -> tuple[str, ...]:
    """Return what differs from the base: up to a commit, or to the files now."""
    repository = Repository(worktree.folder)
    until = commit or git.resolve(repository, "HEAD") or ""
    found: set[str] = set()
    if base and until and base != until:
        found |= set(file_trees.changed(repository, base, until))
    if not commit and worktree.tracked:
        entry = entry_at(common_folder(worktree.tracked.path), worktree.folder)
        seen = changes(with_filters(entry)) if entry else Changes()
        found |= {*seen.changed, *seen.untracked, *seen.doubtful}
    return tuple(sorted(found))


def rewind(call: Call, wanted: Rewind | None) -> tuple[str, ...]:
    """Take the worktree of an agent that stands on a commit's line back to it.

    Returns the refs that hold what was there; nothing: it is not wanted, or no worktree
    of the agent's can be taken back.
    """
    if wanted is None:
        return ()
    workspace = call.workspace
    stamp = f"{workspace.now():%Y%m%dT%H%M%SZ}-{workspace.journal.last}"
    for tracked in repositories.all_tracked(workspace):
        for known in repositories.assigned(workspace, tracked.name):
            if known.agent != wanted.agent:
                continue
            try:
                return rewinding.restore(
                    repositories.worktree_root(workspace),
                    tracked,
                    known,
                    wanted.commit,
                    stamp,
                )
            except rewinding.NotRestorable:
                continue
    return ()
