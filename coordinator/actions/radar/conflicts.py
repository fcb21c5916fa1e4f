"""Conflicts between agents' work: found, told once to both, and shown.

What is found is recorded, so that a restart tells nothing again. It reads no worktree
itself.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from typing import Annotated

from pydantic import Field

from coordinator.actions.agents import messages
from coordinator.actions.radar import recorded, works
from coordinator.actions.radar.works import RadarFindings
from coordinator.index import queries
from coordinator.kernel.errors import CoordinatorError
from coordinator.kernel.journal import SYSTEM, Draft
from coordinator.results.radar import ShownConflicts, ShownPair
from coordinator.workspace.registry import Arguments, Deferred, Refresh, Who, action
from coordinator.workspace.workspace import Call, Workspace
from pending_commits.item_states import ItemState
from pending_commits.radar import landing_order, news, words
from pending_commits.radar.news import WorkConflict

Found = RadarFindings | CoordinatorError


class ConflictArguments(Arguments):
    """What is compared."""

    plan: bool = Field(
        default=False, description="add an order of landing with the fewest conflicts"
    )
    repository: Annotated[str, Field(max_length=100)] = Field(
        "", description="only this repository"
    )


@action(
    "conflicts",
    who=Who.ANYONE,
    example="coordinator conflicts --plan",
    refresh=Refresh.WITH_GIT,
)
def conflicts(call: Call, arguments: ConflictArguments) -> Deferred[ShownConflicts]:
    """Show whose work does not merge with whose, uncommitted work included."""
    wanted, with_order = arguments.repository, arguments.plan
    looks = works.plan(call.workspace, wanted, with_order=with_order)
    begun = [x.begin() for x in looks]
    return Deferred(partial(wait_for, begun), partial(_finish, call, arguments))


def wait_for(begun: Sequence[Future[RadarFindings]]) -> list[Found]:
    """Wait for looks, on any thread; what could not be done has its reason."""
    found: list[Found] = []
    for future in begun:
        try:
            found.append(future.result())
        except CoordinatorError as error:
            found.append(error)
    return found


def _finish(
    call: Call, arguments: ConflictArguments, found: list[Found]
) -> ShownConflicts:
    workspace = call.workspace
    failed = [x for x in found if isinstance(x, CoordinatorError)]
    if failed and len(failed) == len(found):
        raise failed[0]
    seen = take_all(workspace, found)
    left_out = (x for one in seen for x in one.radar.unreadable)
    said = [words.not_compared(x.names, x.reason) for x in left_out]
    said = [*(x.message for x in failed), *said]
    call.notes.extend(said)
    value: ShownConflicts = {
        "pairs": [x for one in seen for x in _pairs(one)],
        "with_target": [x for one in seen for x in _with_target(one)],
        "not_compared": said,
    }
    if arguments.plan:
        value["plan"] = [x for one in seen for x in _plan(workspace, one)]
    return value


def _pairs(found: RadarFindings) -> list[ShownPair]:
    return [_shown(x) for x in _conflicts(found) if len(x.agents) > 1]


def _with_target(found: RadarFindings) -> list[ShownPair]:
    return [_shown(x) for x in _conflicts(found) if len(x.agents) == 1]


def _conflicts(found: RadarFindings) -> tuple[WorkConflict, ...]:
    return news.conflicts(found.repository, found.works, found.radar)


def _shown(found: WorkConflict) -> ShownPair:
    return {
        "agents": list(found.agents),
        "repository": found.repository,
        "work": found.work,
        "paths": list(found.paths),
    }


def _plan(workspace: Workspace, found: RadarFindings) -> list[str]:
    """Return the repository's open items in an order of landing.

    What is approved is counted as older than what is not; what does not merge with the
    target comes last.
    """
    rows = queries.pending_of_kind(workspace.index, "commit")
    names = {x.name for x in found.works}
    mine = [x for x in rows if x["id"] in names]
    late = found.items.with_target
    mine.sort(key=lambda x: (x["state"] != ItemState.APPROVED, x["moved_at"], x["id"]))
    ids = [x["id"] for x in mine]
    clashes = [frozenset((x.first, x.second)) for x in found.items.pairs]
    merging = landing_order.plan([x for x in ids if x not in late], clashes)
    return [*merging, *(x for x in ids if x in late)]


def take_all(workspace: Workspace, found: Sequence[Found]) -> list[RadarFindings]:
    """Record what is new and what is over, tell whom it concerns; return what was seen.

    Where nothing may be written, nothing is.
    """
    seen = [x for x in found if isinstance(x, RadarFindings)]
    for one in seen:
        workspace.compared[one.repository] = {x.name: x.commit for x in one.works}
        if not workspace.refused:
            _take(workspace, one)
    return seen


def _take(workspace: Workspace, found: RadarFindings) -> None:
    known = recorded.known_conflicts(workspace, found.repository)
    fresh = news.news(known, _conflicts(found), found.unsure)
    drafts = [*map(_found, fresh.found), *map(_ended, fresh.ended)]
    told = [y for x in fresh.told for y in _messages(workspace, x)]
    if drafts:
        workspace.record(*drafts, *told)


def _subject(found: WorkConflict) -> str:
    work = f"/{found.work}" if found.work else ""
    return f"{found.repository}/{'+'.join(found.agents)}{work}"


def _found(found: WorkConflict) -> Draft:
    data = {**_data(found), "paths": [*found.paths], "commit": found.commit}
    return Draft("conflict.found", SYSTEM, _subject(found), data)


def _ended(found: WorkConflict) -> Draft:
    return Draft("conflict.ended", SYSTEM, _subject(found), _data(found))


def _data(found: WorkConflict) -> dict[str, object]:
    agents = [*found.agents]
    return {"repository": found.repository, "agents": agents, "work": found.work}


def _messages(workspace: Workspace, found: WorkConflict) -> list[Draft]:
    """Return what each of the agents is told; of a person's work the maintainers."""
    target = workspace.settings.target_of(found.repository)
    known = workspace.roster
    return [
        messages.notify(
            workspace,
            x if known.find(x) else "",
            words.subject(found, x, target),
            words.body(found, x, target),
        )
        for x in found.agents
    ]
