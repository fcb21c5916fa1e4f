"""Worktrees looked at: each by itself, beside the one writer, within the short limit.

A worktree that hangs, or cannot be read, is shown as it was known last.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from active_contexts.worktree_state.model import (
    AssignedWorktree,
    TrackedRepository,
    Worktree,
    WorktreeState,
)
from active_contexts.worktrees import assigning
from coordinator.actions.git_state import repository_look
from coordinator.index import queries
from coordinator.kernel.errors import CoordinatorError
from coordinator.kernel.problems import Problem
from coordinator.kernel.system.threads import abreast
from coordinator.workspace import repositories
from coordinator.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class View:
    """What is to be seen of a worktree, and why that is nothing new."""

    worktree: Worktree
    trouble: Problem | None = None


def plan(workspace: Workspace) -> list[Callable[[], View]]:
    """Return the looks at all worktrees, by repository and agent; for any thread.

    Where the repository hung, its worktrees are not tried.
    """
    hung = workspace.git_state.hung
    return [
        partial(_remember if tracked.name in hung else _look, tracked, known)
        for tracked in repositories.all_tracked(workspace)
        for known in _as_seen_last(workspace, tracked)
    ]


def _as_seen_last(
    workspace: Workspace, tracked: TrackedRepository
) -> Iterator[AssignedWorktree]:
    """Yield the worktrees as they were recorded, with what git showed of them last."""
    root = workspace.layout.root
    last = {root / x["path"]: x for x in queries.worktrees(workspace.index)}
    for known in repositories.assigned(workspace, tracked.name):
        row = last.get(known.path, {})
        commit = row.get("head") or known.commit
        yield replace(known, branch=row.get("branch", known.branch), commit=commit)


def see(looks: Sequence[Callable[[], View]]) -> list[View]:
    """Look at all at once, on any thread."""
    return abreast(looks)


def _look(tracked: TrackedRepository, known: AssignedWorktree) -> View:
    try:
        return View(assigning.describe(tracked, known))
    except (CoordinatorError, OSError) as error:
        problem = repository_look.trouble(known.path.name, "worktree-unreadable", error)
        return View(_remember(tracked, known).worktree, problem)


def _remember(tracked: TrackedRepository, known: AssignedWorktree) -> View:
    return View(assigning.remembered(tracked, known, WorktreeState.UNREADABLE))


def note(workspace: Workspace, views: Iterable[View]) -> None:
    """Have `check` say why a worktree could not be read."""
    git_state = workspace.git_state
    for view in views:
        name = view.worktree.path.name
        key = f"{name}/"  # no repository's name
        if git_state.troubles.get(key) == view.trouble or _is_told(workspace, name):
            continue
        git_state.record = -1
        if view.trouble is None:
            del git_state.troubles[key]
        else:
            git_state.troubles[key] = view.trouble


def _is_told(workspace: Workspace, name: str) -> bool:
    drifts = (y for x in workspace.git_state.looks.values() for y in x.drifts)
    return any((x.path, x.code) == (name, "worktree-unreadable") for x in drifts)
