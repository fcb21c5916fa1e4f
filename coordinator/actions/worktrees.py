"""Worktrees by command: given to agents, listed, taken back, repaired.

The effects on git are `active_contexts.worktrees`'; here is who gets what, and the
record of it.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from active_contexts import worktree_pool, worktree_repair, worktree_safety, worktrees
from active_contexts.worktree_guard import empty_trash
from active_contexts.worktree_model import (
    Assigned,
    Tracked,
    Worktree,
)
from active_contexts.worktree_repair import Mend, Mended
from active_contexts.worktree_saving import place
from coordinator.actions import sights, worktree_looks
from coordinator.actions.registry import (
    Arguments,
    Fresh,
    Later,
    Nothing,
    Positional,
    Who,
    action,
)
from coordinator.actions.workspace import SYSTEM, Call, Workspace
from coordinator.kernel.errors import CoordinatorError, NotFound, Refused
from coordinator.kernel.journal import Draft

Chore = Callable[[], object]


class AddArguments(Arguments):
    """Whom for, and for what."""

    agent: Annotated[str, Positional()] = Field(..., description="the agent")
    feature: Annotated[str, Positional()] = Field(
        ..., description="the feature; its branch is <agent>/<feature>"
    )
    repository: str = Field("", description="the repository; none: the only one")


@action(
    "worktree add",
    who=Who.MEMBER,
    example="coordinator worktree add backend login",
    fresh=Fresh.WITH_GIT,
)
def add(call: Call, arguments: AddArguments) -> dict[str, Any]:
    """Make a feature's branch off the target, and a worktree that is on it."""
    workspace = call.workspace
    _check_own(call, arguments.agent)
    tracked = sights.tracked(workspace, arguments.repository)
    sights.check_answers(workspace, tracked.name)
    at_home = make_home(workspace, tracked, arguments.agent)
    given = worktrees.start_feature(
        sights.grounds(workspace), tracked, at_home, arguments.feature
    )
    is_new = record_added(workspace, tracked, given, call.caller.actor)
    look = worktrees.describe_new if is_new else worktrees.describe
    return as_value(look(tracked, given))


def make_home(workspace: Workspace, tracked: Tracked, agent: str) -> Assigned:
    """Make an agent's home worktree where it has none; record it.

    Raises:
        NotFound: The agent is not on the roster.
        CoordinatorError: Git cannot make it.
    """
    identity = workspace.roster.find(agent)
    if identity is None:
        raise NotFound(
            f"There is no agent named {agent!r}.", hint="Run: coordinator agent list"
        )
    ground = sights.grounds(workspace)
    wanted = worktrees.home(ground, tracked, agent, identity.prefix)
    for known in sights.assigned(workspace, tracked.name):
        if known.agent == agent and not known.feature:
            wanted = replace(wanted, path=known.path)
    made = worktrees.add_home(ground, tracked, wanted)
    record_added(workspace, tracked, made, SYSTEM)
    return made


def record_added(
    workspace: Workspace, tracked: Tracked, given: Assigned, actor: str
) -> bool:
    """Record a worktree; False where it is recorded just so already."""
    for known in sights.assigned(workspace, tracked.name):
        if known == replace(given, commit=known.commit):
            return False
    data = {
        "agent": given.agent,
        "feature": given.feature,
        "repository": tracked.name,
        "path": str(given.path.relative_to(workspace.layout.root)),
        "branch": given.branch,
        "commit": given.commit,
        "entry": given.entry,
        "note": given.branch or "detached",
    }
    workspace.record(Draft("worktree.added", actor, given.path.name, data))
    return True


@action(
    "worktree list",
    who=Who.ANYONE,
    example="coordinator worktree list",
    fresh=Fresh.WITH_GIT,
)
def list_worktrees(call: Call, arguments: Nothing) -> Later:
    """List the agents' worktrees with what git says about each.

    One that git cannot read is `unreadable`; `check` says why.
    """
    del arguments

    def finish(found: Sequence[worktree_looks.View]) -> list[dict[str, Any]]:
        worktree_looks.note(call.workspace, found)
        return [as_value(x.worktree) for x in found]

    looks = worktree_looks.plan(call.workspace)
    return Later(partial(worktree_looks.see, looks), finish)


def as_value(found: Worktree) -> dict[str, Any]:
    """Return a worktree as the command line shows it."""
    return {
        "agent": found.agent,
        "feature": found.feature,
        "repository": found.repository,
        "path": str(found.path),
        "branch": found.branch,
        "commit": found.commit,
        "dirty": found.dirty,
        "ahead": found.ahead,
        "behind": found.behind,
        "state": found.state.value,
    }


class RemoveArguments(Arguments):
    """Which worktree."""

    agent: Annotated[str, Positional()] = Field(..., description="the agent")
    feature: Annotated[str, Positional()] = Field(
        "", description="the feature; none: the agent's home worktree"
    )
    repository: str = Field("", description="the repository; none: the only one")
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
    """Remove a worktree; refused while it holds anything that is nowhere else."""
    workspace = call.workspace
    _check_own(call, arguments.agent)
    tracked = sights.tracked(workspace, arguments.repository)
    sights.check_answers(workspace, tracked.name)
    known = _find(workspace, tracked, arguments)
    away = _save_and_remove if arguments.force else _put_away
    saved = away(workspace, tracked, known)
    record_removed(workspace, tracked, known, call.caller.actor)
    return {"agent": known.agent, "path": str(known.path), "saved": list(saved)}


def _put_away(
    workspace: Workspace, tracked: Tracked, known: Assigned
) -> tuple[str, ...]:
    """Return a feature's worktree to the pool where there is room, else remove it."""
    under = place(known, _stamp(workspace))
    ground = sights.grounds(workspace)
    room = workspace.settings.worktrees.pool - len(worktree_pool.ready(ground, tracked))
    if known.feature and room > 0:
        return worktree_safety.recycle(ground, tracked, known.path, under)
    return worktree_safety.remove(ground, tracked, known.path, under)


def _save_and_remove(
    workspace: Workspace, tracked: Tracked, known: Assigned
) -> tuple[str, ...]:
    ground = sights.grounds(workspace)
    under = place(known, _stamp(workspace))
    return worktree_safety.save_and_remove(ground, tracked, known.path, under)


def _stamp(workspace: Workspace) -> str:
    return f"{workspace.now():%Y%m%d-%H%M%S}-{workspace.journal.last}"


def record_removed(
    workspace: Workspace, tracked: Tracked, known: Assigned, actor: str
) -> None:
    """Record that an agent has a worktree no more."""
    data = {
        "agent": known.agent,
        "feature": known.feature,
        "repository": tracked.name,
    }
    workspace.record(Draft("worktree.removed", actor, known.path.name, data))


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


def _check_own(call: Call, agent: str) -> None:
    if call.caller.agent and call.caller.agent != agent:
        raise Refused(
            f"{call.caller.agent} may not change the worktrees of {agent}.",
            hint=f"{agent} itself or a maintainer can.",
        )


@action(
    "worktree repair",
    who=Who.MEMBER,
    example="coordinator worktree repair",
    fresh=Fresh.WITH_GIT,
)
def repair(call: Call, arguments: Nothing) -> list[dict[str, Any]]:
    """Bring back worktrees that were moved, deleted or cut off; lose nothing."""
    del arguments
    return repair_all(call.workspace, call.caller.actor)


def repair_all(workspace: Workspace, actor: str) -> list[dict[str, Any]]:
    """Repair every worktree, record what changed, and return what was done.

    Where one failed, the others are repaired all the same.
    """
    return [
        _as_done(x)
        for tracked in sights.all_tracked(workspace)
        for x in _repair(workspace, tracked, actor)
    ]


def _repair(workspace: Workspace, tracked: Tracked, actor: str) -> Sequence[Mended]:
    ground = sights.grounds(workspace)
    known = sights.assigned(workspace, tracked.name)
    try:
        sights.check_answers(workspace, tracked.name)
        mended = worktree_repair.repair(ground, tracked, known, _stamp(workspace))
    except CoordinatorError as error:
        return [worktree_repair.failed(x, error) for x in known]
    for one in mended:
        if one.what in {Mend.MOVED, Mend.REGISTERED, Mend.ADDED}:
            record_added(workspace, tracked, one.now, actor)
    return mended


def _as_done(mended: Mended) -> dict[str, Any]:
    return {
        "agent": mended.now.agent,
        "feature": mended.now.feature,
        "path": str(mended.now.path),
        "done": mended.what.value,
        "saved": list(mended.saved),
        "problem": mended.problem,
    }


def tend(workspace: Workspace) -> None:
    """Fill the pools and empty the trash; what fails waits for the next time."""
    do(chores(workspace))


def chores(workspace: Workspace, names: Collection[str] | None = None) -> list[Chore]:
    """Tidy the pools, and return what else is to be done for them and the trash.

    That takes long and touches nothing that an action reads: any thread may `do` it,
    one list at a time. `names` are the repositories, None: all.
    """
    ground = sights.grounds(workspace)
    found: list[Chore] = [partial(empty_trash, ground, before=workspace.now())]
    for tracked in sights.all_tracked(workspace):
        size = workspace.settings.worktrees.pool
        if names is not None and tracked.name not in names:
            continue
        with suppress(CoordinatorError):
            sights.check_answers(workspace, tracked.name)
            tip, missing = worktree_pool.prepare(ground, tracked, size)
            found += [partial(worktree_pool.make, ground, tracked, tip)] * missing
    return found


def do(wanted: Iterable[Chore]) -> None:
    """Do chores; one that fails does not keep the others from being done."""
    for chore in wanted:
        with suppress(CoordinatorError, OSError):
            chore()
