"""Worktrees by command: given to agents, listed, taken back, repaired.

The effects on git are `active_contexts.worktrees.assigning`'; here is who gets what,
and the record of it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Annotated

from pydantic import Field

from active_contexts.worktree_state.model import (
    AssignedWorktree,
    TrackedRepository,
    Worktree,
)
from active_contexts.worktrees import assigning, pool, promised, trash
from active_contexts.worktrees import repair as worktree_repair
from active_contexts.worktrees.repair import RepairKind, RepairOutcome
from agent_identities.model import Identity
from coordinator.actions.worktrees import worktree_look
from coordinator.index import document_queries
from coordinator.index.fold import NOT_MADE
from coordinator.kernel.errors import CoordinatorError, NotFound, Refused
from coordinator.kernel.journal import SYSTEM, Draft
from coordinator.results.problems import ShownProblem
from coordinator.results.worktrees import RepairedWorktree, ShownWorktree
from coordinator.workspace import repositories
from coordinator.workspace.registry import (
    Arguments,
    Deferred,
    Nothing,
    Positional,
    Refresh,
    Who,
    action,
)
from coordinator.workspace.workspace import Call, Workspace

Job = Callable[[], object]
Bring = Callable[[TrackedRepository, str], None]


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
    refresh=Refresh.WITH_GIT,
)
def add(call: Call, arguments: AddArguments) -> ShownWorktree:
    """Make a feature's branch off the target, and a worktree that is on it."""
    workspace = call.workspace
    check_own(call, arguments.agent)
    tracked = repositories.tracked(workspace, arguments.repository)
    repositories.check_answers(workspace, tracked.name)
    bring = bringing(call)
    at_home = make_home(workspace, tracked, arguments.agent, bring)
    if promised.is_partial(tracked):
        bring(tracked, assigning.begins_at(tracked, at_home, arguments.feature))
    given = assigning.start_feature(
        repositories.worktree_root(workspace), tracked, at_home, arguments.feature
    )
    if record_added(workspace, tracked, given, call.caller.actor):
        return as_value(assigning.describe_new(tracked, given))
    return as_value(assigning.describe(tracked, given))


def bringing(call: Call) -> Bring:
    """Return what is done for the objects that a partial clone lacks."""
    is_person = call.caller.is_maintainer
    return promised.fetch if is_person else promised.check


def make_home(
    workspace: Workspace, tracked: TrackedRepository, agent: str, bring: Bring
) -> AssignedWorktree:
    """Make an agent's home worktree where it has none; record it.

    `bring` looks after what a partial clone lacks of the commit to begin from.

    Raises:
        NotFound: The agent is not on the roster.
        CoordinatorError: Git cannot make it.
    """
    identity = workspace.roster.find(agent)
    if identity is None:
        raise NotFound(
            f"There is no agent named {agent!r}.", hint="Run: coordinator agent list"
        )
    ground = repositories.worktree_root(workspace)
    wanted = home_of(workspace, tracked, identity)
    if promised.is_partial(tracked) and not wanted.path.exists():
        bring(tracked, assigning.target_tip(tracked))
    made = assigning.add_home(ground, tracked, wanted)
    record_added(workspace, tracked, made, SYSTEM)
    return made


def home_of(
    workspace: Workspace, tracked: TrackedRepository, identity: Identity
) -> AssignedWorktree:
    """Return the home worktree that an agent has, or would have."""
    ground = repositories.worktree_root(workspace)
    wanted = assigning.home(ground, tracked, identity.name, identity.prefix)
    for known in repositories.assigned(workspace, tracked.name):
        if known.agent == identity.name and not known.feature:
            wanted = replace(wanted, path=known.path)
    return wanted


def record_added(
    workspace: Workspace,
    tracked: TrackedRepository,
    given: AssignedWorktree,
    actor: str,
) -> bool:
    """Record a worktree; False where it is recorded just so already."""
    for known in repositories.assigned(workspace, tracked.name):
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


def record_refused(
    workspace: Workspace,
    tracked: TrackedRepository,
    agent: str,
    error: CoordinatorError,
) -> None:
    """Record why an agent has no home worktree; it is a problem until it has one."""
    name = f"{tracked.name}-{agent}"
    data = {
        "agent": agent,
        "repository": tracked.name,
        "message": f"{agent} has no worktree of {tracked.name}: {error.message}",
        "hint": f"{error.hint} Then run: coordinator worktree repair",
    }
    known = document_queries.problems_of(workspace.index, name)
    if data["message"] not in [x["message"] for x in known]:
        workspace.record(Draft("worktree.refused", SYSTEM, name, data))


@action(
    "worktree list",
    who=Who.ANYONE,
    example="coordinator worktree list",
    refresh=Refresh.WITH_GIT,
)
def list_worktrees(call: Call, arguments: Nothing) -> Deferred[list[ShownWorktree]]:
    """List the agents' worktrees with what git says about each.

    One that git cannot read is `unreadable`; `check` says why.
    """
    del arguments

    def finish(found: Sequence[worktree_look.View]) -> list[ShownWorktree]:
        worktree_look.note(call.workspace, found)
        return [as_value(x.worktree) for x in found]

    looks = worktree_look.plan(call.workspace)
    return Deferred(partial(worktree_look.see, looks), finish)


def as_value(found: Worktree) -> ShownWorktree:
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


def stamp(workspace: Workspace) -> str:
    """Return a word for what is saved now, like no other."""
    return f"{workspace.now():%Y%m%d-%H%M%S}-{workspace.journal.last}"


def record_removed(
    workspace: Workspace,
    tracked: TrackedRepository,
    known: AssignedWorktree,
    actor: str,
) -> None:
    """Record that an agent has a worktree no more."""
    data = {
        "agent": known.agent,
        "feature": known.feature,
        "repository": tracked.name,
    }
    workspace.record(Draft("worktree.removed", actor, known.path.name, data))


def check_own(call: Call, agent: str) -> None:
    """Let an agent change its own worktrees only.

    Raises:
        Refused: They are another's.
    """
    if call.caller.agent and call.caller.agent != agent:
        raise Refused(
            f"{call.caller.agent} may not change the worktrees of {agent}.",
            hint=f"{agent} itself or a maintainer can.",
        )


@action(
    "worktree repair",
    who=Who.MEMBER,
    example="coordinator worktree repair",
    refresh=Refresh.WITH_GIT,
)
def repair(call: Call, arguments: Nothing) -> list[RepairedWorktree]:
    """Bring back worktrees that were moved, deleted or cut off; lose nothing."""
    del arguments
    return repair_all(call)


def repair_all(call: Call) -> list[RepairedWorktree]:
    """Repair every worktree, record what changed, and return what was done.

    Where one failed, the others are repaired all the same. Agents whose worktree could
    not be made before are given one.
    """
    return [
        _as_done(x)
        for tracked in repositories.all_tracked(call.workspace)
        for x in (*_repair(call, tracked), *_make_refused(call, tracked))
    ]


def _make_refused(call: Call, tracked: TrackedRepository) -> Iterator[RepairOutcome]:
    workspace, ground = call.workspace, repositories.worktree_root(call.workspace)
    refused = {x["path"] for x in not_made(workspace)}
    for agent in workspace.roster.names:
        home = assigning.home(ground, tracked, agent, agent)
        if home.path.name not in refused:
            continue
        try:
            made = make_home(workspace, tracked, agent, bringing(call))
            yield RepairOutcome(RepairKind.ADDED, made)
        except CoordinatorError as error:
            yield worktree_repair.failed(home, error)


def not_made(workspace: Workspace) -> list[ShownProblem]:
    """Return the problems of worktrees that could not be made."""
    found = document_queries.problems(workspace.index)
    return [x for x in found if x["code"] == NOT_MADE]


def _repair(call: Call, tracked: TrackedRepository) -> Sequence[RepairOutcome]:
    workspace = call.workspace
    ground = repositories.worktree_root(workspace)
    known = repositories.assigned(workspace, tracked.name)
    try:
        repositories.check_answers(workspace, tracked.name)
        mended = worktree_repair.repair(ground, tracked, known, stamp(workspace))
    except CoordinatorError as error:
        return [worktree_repair.failed(x, error) for x in known]
    for one in mended:
        if one.what in {RepairKind.MOVED, RepairKind.REGISTERED, RepairKind.ADDED}:
            record_added(workspace, tracked, one.now, call.caller.actor)
    return mended


def _as_done(mended: RepairOutcome) -> RepairedWorktree:
    return {
        "agent": mended.now.agent,
        "feature": mended.now.feature,
        "path": str(mended.now.path),
        "done": mended.what.value,
        "saved": list(mended.saved),
        "problem": mended.problem,
    }


def maintain(workspace: Workspace) -> None:
    """Fill the pools and empty the trash; what fails waits for the next time."""
    do(jobs(workspace))


def jobs(workspace: Workspace, names: Collection[str] | None = None) -> list[Job]:
    """Tidy the pools, and return what else is to be done for them and the trash.

    That takes long and touches nothing that an action reads: any thread may `do` it,
    one list at a time. `names` are the repositories, None: all.
    """
    ground = repositories.worktree_root(workspace)
    kept = timedelta(days=workspace.settings.worktrees.trash_days)
    before = workspace.now() - kept
    found: list[Job] = [partial(trash.empty, ground, before=before)]
    for tracked in repositories.all_tracked(workspace):
        size = workspace.settings.worktrees.pool
        if names is not None and tracked.name not in names:
            continue
        found.append(partial(trash.thin, ground, tracked))
        with suppress(CoordinatorError):
            repositories.check_answers(workspace, tracked.name)
            tip, missing = pool.prepare(ground, tracked, size)
            found += [partial(pool.make, ground, tracked, tip)] * missing
    return found


def do(wanted: Iterable[Job]) -> None:
    """Do chores; one that fails does not keep the others from being done."""
    for chore in wanted:
        with suppress(CoordinatorError, OSError):
            chore()
