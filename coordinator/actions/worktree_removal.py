"""Worktrees taken away from agents, and brought back from the trash.

What is safe to lose is judged by `active_contexts.worktree_safety`; here is who may do
it, and what the answer tells.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from active_contexts import (
    worktree_pool,
    worktree_return,
    worktree_safety,
    worktree_trash,
)
from active_contexts.worktree_model import Assigned, Grounds, Tracked
from active_contexts.worktree_safety import Removed
from active_contexts.worktree_saving import place
from active_contexts.worktree_trash import NothingKept
from active_contexts.worktrees import describe, home, second
from coordinator.actions import sights, worktrees
from coordinator.actions.registry import Arguments, Fresh, Positional, Who, action
from coordinator.actions.workspace import Call, Workspace
from coordinator.kernel import clock
from coordinator.kernel.errors import NotFound, Refused

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
    fresh=Fresh.WITH_GIT,
)
def remove(call: Call, arguments: RemoveArguments) -> dict[str, Any]:
    """Remove a worktree; refused while it holds anything that is nowhere else.

    Files that git ignores stay in the trash for a while: see `worktree restore`.
    """
    workspace = call.workspace
    worktrees.check_own(call, arguments.agent)
    tracked = sights.tracked(workspace, arguments.repository)
    sights.check_answers(workspace, tracked.name)
    known = _find(workspace, tracked, arguments)
    away = (
        worktree_safety.save_and_remove
        if arguments.force
        else _put_away(workspace, tracked, known)
    )
    under = place(known, worktrees.stamp(workspace))
    removed = away(sights.grounds(workspace), tracked, known, under)
    worktrees.record_removed(workspace, tracked, known, call.caller.actor)
    return _as_removed(workspace, known, removed)


def _put_away(
    workspace: Workspace, tracked: Tracked, known: Assigned
) -> Callable[[Grounds, Tracked, Assigned, str], Removed]:
    """Choose the pool for a feature's worktree where there is room, else the trash."""
    ready = worktree_pool.ready(sights.grounds(workspace), tracked)
    room = workspace.settings.worktrees.pool - len(ready)
    has_room = known.feature and room > 0
    return worktree_safety.recycle if has_room else worktree_safety.remove


def _as_removed(
    workspace: Workspace, known: Assigned, removed: Removed
) -> dict[str, Any]:
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
    fresh=Fresh.WITH_GIT,
)
def restore(call: Call, arguments: OneWorktree) -> dict[str, Any]:
    """Bring a removed worktree back, with the files that the trash kept of it.

    Any agent may: it replaces nothing, and takes nothing away.
    """
    workspace = call.workspace
    tracked = sights.tracked(workspace, arguments.repository)
    sights.check_answers(workspace, tracked.name)
    ground = sights.grounds(workspace)
    known = _to_restore(workspace, tracked, arguments)
    kept = worktree_trash.places_of(ground, tracked, known)
    if not kept:
        raise NothingKept(known, worktree_trash.places(ground))
    back: list[str] = []
    others: list[str] = []
    for one in kept:
        returned = worktree_return.bring_back(ground, tracked, known, one)
        known = returned.now
        back += returned.back.files
        others += returned.back.in_the_way
    worktrees.record_added(workspace, tracked, known, call.caller.actor)
    shown = worktrees.as_value(describe(tracked, known))
    return {**shown, "restored": back, "in_the_way": others}


def _to_restore(
    workspace: Workspace, tracked: Tracked, wanted: OneWorktree
) -> Assigned:
    """Return the worktree as it is recorded, or as it would be."""
    for known in sights.assigned(workspace, tracked.name):
        if (known.agent, known.feature) == (wanted.agent, wanted.feature):
            return known
    identity = workspace.roster.find(wanted.agent)
    prefix = identity.prefix if identity else wanted.agent
    ground = sights.grounds(workspace)
    at_home = home(ground, tracked, wanted.agent, prefix)
    return second(at_home, wanted.feature) if wanted.feature else at_home


def _find(workspace: Workspace, tracked: Tracked, wanted: RemoveArguments) -> Assigned:
    """Return the named worktree; a feature may also be the one its home is on."""
    own = [
        x for x in sights.assigned(workspace, tracked.name) if x.agent == wanted.agent
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
