"""Worktrees looked at: each by itself, beside the one writer, within the short limit.

A worktree that hangs, or cannot be read, is shown as it was known last.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from active_contexts import worktrees
from active_contexts.worktree_model import (
    Assigned,
    Tracked,
    Worktree,
    WorktreeState,
)
from coordinator.actions import glances, sights
from coordinator.actions.workspace import Workspace
from coordinator.kernel.beside import abreast
from coordinator.kernel.errors import CoordinatorError
from coordinator.kernel.problems import Problem


@dataclass(frozen=True, slots=True)
class View:
    """What is to be seen of a worktree, and why that is nothing new."""

    worktree: Worktree
    trouble: Problem | None = None


def plan(workspace: Workspace) -> list[Callable[[], View]]:
    """Return the looks at all worktrees, by repository and agent; for any thread.

    Where the repository hung, its worktrees are not tried.
    """
    hung = workspace.seen.hung
    return [
        partial(_remember if tracked.name in hung else _look, tracked, known)
        for tracked in sights.all_tracked(workspace)
        for known in sights.assigned(workspace, tracked.name)
    ]


def see(looks: Sequence[Callable[[], View]]) -> list[View]:
    """Look at all at once, on any thread."""
    return abreast(looks)


def _look(tracked: Tracked, known: Assigned) -> View:
    try:
        return View(worktrees.describe(tracked, known))
    except (CoordinatorError, OSError) as error:
        problem = glances.trouble(known.path.name, "worktree-unreadable", error)
        return View(_remember(tracked, known).worktree, problem)


def _remember(tracked: Tracked, known: Assigned) -> View:
    return View(worktrees.remembered(tracked, known, WorktreeState.UNREADABLE))


def note(workspace: Workspace, views: Iterable[View]) -> None:
    """Have `check` say why a worktree could not be read."""
    seen = workspace.seen
    for view in views:
        name = view.worktree.path.name
        key = f"{name}/"  # no repository's name
        if seen.troubles.get(key) == view.trouble or _is_told(workspace, name):
            continue
        seen.record = -1
        if view.trouble is None:
            del seen.troubles[key]
        else:
            seen.troubles[key] = view.trouble


def _is_told(workspace: Workspace, name: str) -> bool:
    drifts = (y for x in workspace.seen.looks.values() for y in x.drifts)
    return any((x.path, x.code) == (name, "worktree-unreadable") for x in drifts)
