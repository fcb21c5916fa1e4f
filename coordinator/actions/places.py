"""The worktree that evidence is about: whose, where, at which commit, what changed.

It judges nothing. `find` needs the workspace; what reads git and files does not, and
may be done on any thread.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from active_contexts import worktree_restore
from active_contexts.worktree_changes import Changes, changes
from active_contexts.worktree_entries import (
    around,
    common_folder,
    entry_at,
    is_same_place,
)
from active_contexts.worktree_git import inside
from active_contexts.worktree_model import NotARepository, Tracked
from coordinator.actions import sights
from coordinator.actions.workspace import Call, Workspace
from coordinator.kernel import git
from coordinator.kernel.errors import CoordinatorError, UsageProblem
from coordinator.kernel.git import Repository
from coordinator.workflows import trees
from coordinator.workflows.verdicts import Tree


@dataclass(frozen=True, slots=True)
class Spot:
    """A worktree; `tracked` is None where it is of no repository of the workspace."""

    folder: Path
    tracked: Tracked | None = None


def find(call: Call) -> Spot:
    """Return the worktree that a call comes from, else the caller's home, else here."""
    within = call.folder.is_relative_to(call.workspace.layout.root)
    return (here(call) if within else None) or _home(call) or Spot(call.folder)


def here(call: Call) -> Spot | None:
    """Return the worktree that a call comes from, as git finds it; None: it is none."""
    top = around(call.folder)
    if top is None:
        return None
    common = common_folder(top)
    for tracked in sights.all_tracked(call.workspace):
        with suppress(NotARepository):
            if is_same_place(common, common_folder(tracked.path)):
                return Spot(top, tracked)
    return None


def _home(call: Call) -> Spot | None:
    for tracked in sights.all_tracked(call.workspace):
        for known in sights.assigned(call.workspace, tracked.name):
            if known.agent == call.caller.agent and not known.feature:
                return Spot(known.path, tracked)
    return None


def head(spot: Spot) -> str:
    """Return the commit that a worktree stands at, or nothing."""
    try:
        return git.resolve(Repository(spot.folder), "HEAD") or ""
    except CoordinatorError:
        return ""


def tree(spot: Spot, commit: str) -> tuple[Tree, str]:
    """Return the files at a commit and its full id; without one those on the disk.

    Raises:
        UsageProblem: The worktree has no such commit.
    """
    if not commit:
        return trees.DiskTree(spot.folder), ""
    repository = Repository(spot.folder)
    full = git.resolve(repository, commit)
    if full is None:
        raise UsageProblem(
            f"{spot.folder.name} has no commit {commit!r}.",
            hint="Name a commit of the worktree that the evidence is about.",
        )
    return trees.CommitTree(repository, full), full


def changed(spot: Spot, base: str, commit: str) -> tuple[str, ...]:
    """Return what differs from the base: up to a commit, or to the files now."""
    repository = Repository(spot.folder)
    until = commit or git.resolve(repository, "HEAD") or ""
    found: set[str] = set()
    if base and until and base != until:
        found |= set(trees.changed(repository, base, until))
    if not commit and spot.tracked:
        entry = entry_at(common_folder(spot.tracked.path), spot.folder)
        seen = changes(inside(entry)) if entry else Changes()
        found |= {*seen.changed, *seen.untracked, *seen.doubtful}
    return tuple(sorted(found))


def restore(workspace: Workspace, agent: str, commit: str) -> tuple[str, ...]:
    """Take the worktree of an agent that stands on this commit's line back to it.

    Returns the refs that hold what was there; nothing: no worktree of the agent's can
    be taken back.
    """
    stamp = f"{workspace.now():%Y%m%dT%H%M%SZ}-{workspace.journal.last}"
    for tracked in sights.all_tracked(workspace):
        for known in sights.assigned(workspace, tracked.name):
            if known.agent != agent:
                continue
            try:
                return worktree_restore.restore(
                    sights.grounds(workspace), tracked, known, commit, stamp
                )
            except worktree_restore.NotRestorable:
                continue
    return ()
