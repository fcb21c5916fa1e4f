"""Worktrees taken away from agents, and brought back from the trash.

What is safe to lose is judged by `active_contexts.worktrees.removal`; here is who may
do it, and what the answer tells.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from active_contexts.worktree_state.model import (
    AssignedWorktree,
    TrackedRepository,
    WorktreeRoot,
)
from active_contexts.worktrees import pool, removal, returning, trash
from active_contexts.worktrees.assigning import describe, home, second
from active_contexts.worktrees.removal import Removed
from active_contexts.worktrees.saving import place
from active_contexts.worktrees.trash import NothingKept
from coordinator.actions.worktrees import worktrees
from coordinator.kernel import clock
from coordinator.kernel.errors import NotFound, Refused
from coordinator.results.worktrees import RemovedWorktree, RestoredWorktree
from coordinator.workspace import repositories
from coordinator.workspace.registry import Arguments, Positional, Refresh, Who, action
from coordinator.workspace.workspace import Call, Workspace

_SHOWN = 20  # names of kept files


class OneWorktree(Arguments):
    """Which worktree."""

    agent: Annotated[str, Positional()] = Field(..., description="the agent")
    feature: Annotated[str, Positional()] = Field(
        "", description="the feature; none: the agent's home worktree"
    )
    repository: str = Field("", description="the repository; none: the only one")


class RemoveArguments(OneWorktree):
    """Which worktree, and whether to save what it holds."""

    force: bool = Field(
        default=False, description="save what is nowhere else, then remove"
    )


@action(
    "worktree remove",
    who=Who.MEMBER,
    example="coordinator worktree remove backend login",
    refresh=Refresh.WITH_GIT,
)
def remove(call: Call, arguments: RemoveArguments) -> RemovedWorktree:
    """Remove a worktree; refused while it holds anything that is nowhere else.

    Files that git ignores stay in the trash for a while: see `worktree restore`.
    """
    workspace = call.workspace
    worktrees.check_own(call, arguments.agent)
    tracked = repositories.tracked(workspace, arguments.repository)
    repositories.check_answers(workspace, tracked.name)
    known = _find(workspace, tracked, arguments)
    away = (
        removal.save_and_remove
        if arguments.force
        else _put_away(workspace, tracked, known)
    )
    under = place(known, worktrees.stamp(workspace))
    removed = away(repositories.worktree_root(workspace), tracked, known, under)
    worktrees.record_removed(workspace, tracked, known, call.caller.actor)
    return _as_removed(workspace, known, removed)


def _put_away(
    workspace: Workspace, tracked: TrackedRepository, known: AssignedWorktree
) -> Callable[[WorktreeRoot, TrackedRepository, AssignedWorktree, str], Removed]:
    """Choose the pool for a feature's worktree where there is room, else the trash."""
    ready = pool.ready(repositories.worktree_root(workspace), tracked)
    room = workspace.settings.worktrees.pool - len(ready)
    has_room = known.feature and room > 0
    return removal.recycle if has_room else removal.remove


def _as_removed(
    workspace: Workspace, known: AssignedWorktree, removed: Removed
) -> RemovedWorktree:
    kept = removed.kept
    until = workspace.now() + timedelta(days=workspace.settings.worktrees.trash_days)
    return {
        "agent": known.agent,
        "feature": known.feature,
        "path": str(known.path),
        "saved": list(removed.saved),
        "kept": {
            "files": len(kept.paths),
            "bytes": kept.bytes,
            "names": list(kept.paths[:_SHOWN]),
            "until": clock.render(until) if kept.paths else "",
        },
    }


@action(
    "worktree restore",
    who=Who.MEMBER,
    example="coordinator worktree restore backend login",
    refresh=Refresh.WITH_GIT,
)
def restore(call: Call, arguments: OneWorktree) -> RestoredWorktree:
    """Bring a removed worktree back, with the files that the trash kept of it.

    Any agent may: it replaces nothing, and takes nothing away.
    """
    workspace = call.workspace
    tracked = repositories.tracked(workspace, arguments.repository)
    repositories.check_answers(workspace, tracked.name)
    ground = repositories.worktree_root(workspace)
    known = _to_restore(workspace, tracked, arguments)
    kept = trash.places_of(ground, tracked, known)
    if not kept:
        raise NothingKept(known, trash.places(ground))
    back: list[str] = []
    others: list[str] = []
    for one in kept:
        returned = returning.bring_back(ground, tracked, known, one)
        known = returned.now
        back += returned.back.files
        others += returned.back.in_the_way
    worktrees.record_added(workspace, tracked, known, call.caller.actor)
    shown = worktrees.as_value(describe(tracked, known))
    return {**shown, "restored": back, "in_the_way": others}


def _to_restore(
    workspace: Workspace, tracked: TrackedRepository, wanted: OneWorktree
) -> AssignedWorktree:
    """Return the worktree as it is recorded, or as it would be."""
    for known in repositories.assigned(workspace, tracked.name):
        if (known.agent, known.feature) == (wanted.agent, wanted.feature):
            return known
    identity = workspace.roster.find(wanted.agent)
    prefix = identity.prefix if identity else wanted.agent
    ground = repositories.worktree_root(workspace)
    at_home = home(ground, tracked, wanted.agent, prefix)
    return second(at_home, wanted.feature) if wanted.feature else at_home


def _find(
    workspace: Workspace, tracked: TrackedRepository, wanted: RemoveArguments
) -> AssignedWorktree:
    """Return the named worktree; a feature may also be the one its home is on."""
    own = [
        x
        for x in repositories.assigned(workspace, tracked.name)
        if x.agent == wanted.agent
    ]
    for known in own:
        if known.feature == wanted.feature:
            return known
    if any(x.branch.endswith(f"/{wanted.feature}") for x in own if not x.feature):
        raise Refused(
            f"{wanted.agent} works on {wanted.feature!r} in its home worktree.",
            hint=f"Run: coordinator worktree remove {wanted.agent}",
        )
    raise NotFound(
        f"{wanted.agent} has no such worktree of {tracked.name}.",
        hint="Run: coordinator worktree list",
    )
