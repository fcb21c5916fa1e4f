"""Decisions and learnings by command."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

import learnings.format
import learnings.store
from coordinator.actions.documents.accepting import write_document
from coordinator.index import document_queries, queries
from coordinator.kernel.blobs import name_of
from coordinator.kernel.disk import files
from coordinator.kernel.disk.files import Content
from coordinator.kernel.errors import Conflict, External, NotFound, UsageProblem
from coordinator.results.knowledge import ShownDecision, ShownLearning, WrittenLearning
from coordinator.workflows.store import is_living_copy
from coordinator.workspace.registry import (
    Arguments,
    Body,
    Nothing,
    Positional,
    Refresh,
    Who,
    action,
)
from coordinator.workspace.workspace import Call, Workspace

DISTINGUISH = "Give all but one of them another number or title."
_MOST_NAMED = 5


class SharedId(Conflict):
    """Several decisions have the id that was named."""

    def __init__(self, wanted: str, places: list[str]) -> None:
        super().__init__(
            f"The id {wanted} is that of {len(places)} decisions: {in_short(places)}.",
            hint=f"{DISTINGUISH} One is shown by: coordinator decision show PATH:LINE",
        )


def in_short(places: list[str]) -> str:
    """Return the first places, and how many more there are."""
    more = len(places) - _MOST_NAMED
    return ", ".join(places[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def place_of(row: Mapping[str, Any]) -> str:
    """Return where a decision stands, as `decision show` takes it."""
    return f"{row['path']}:{row['line']}"


def are_one(rows: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether these decisions of one id are the same decision.

    What a template has stands in the living copy of each of its runs.
    """
    named = {x["title"] if is_living_copy(x["path"]) else place_of(x) for x in rows}
    return len(named) == 1


@action(
    "decision list",
    who=Who.ANYONE,
    example="coordinator decision list",
    refresh=Refresh.QUICK,
)
def list_decisions(call: Call, arguments: Nothing) -> list[ShownDecision]:
    """List all decisions, the oldest first."""
    del arguments
    return decisions_in_force(call.workspace)


def decisions_in_force(workspace: Workspace) -> list[ShownDecision]:
    """Return all decisions, the oldest first; a superseded one says by which.

    An id that several have names none of them.
    """
    rows = queries.decisions(workspace.index)
    shared = _shared(rows)
    successors: dict[str, list[str]] = {}
    for row in rows:
        for older in set(row["supersedes"]) - shared:
            successors.setdefault(older, []).append(row["id"])
    for row in rows:
        row["superseded_by"] = sorted(
            {*row["superseded_by"], *successors.get(row["id"], [])}
        )
        if row["id"] in successors:
            row["status"] = "superseded"
    return rows


def _shared(rows: Sequence[ShownDecision]) -> set[str]:
    """Return the ids that more than one decision has."""
    groups: dict[str, list[ShownDecision]] = {}
    for row in rows:
        groups.setdefault(row["id"], []).append(row)
    return {name for name, group in groups.items() if not are_one(group)}


class ShowArguments(Arguments):
    """Which decision."""

    id: Annotated[str, Positional()] = Field(
        ..., description="the decision's id, or where it stands (PATH:LINE)"
    )


@action(
    "decision show",
    who=Who.ANYONE,
    example="coordinator decision show adr-0009",
    refresh=Refresh.QUICK,
)
def show_decision(call: Call, arguments: ShowArguments) -> ShownDecision:
    """Show one decision with its context."""
    return find_decision(call, arguments.id)


def find_decision(call: Call, wanted: str) -> ShownDecision:
    """Return the decision of that id, or the one that stands there.

    Raises:
        NotFound: There is none.
        SharedId: There are several.
    """
    known = decisions_in_force(call.workspace)
    found = [x for x in known if wanted in {x["id"], place_of(x)}]
    if not found:
        raise NotFound(
            f"There is no decision {wanted!r}.", hint="Run: coordinator decision list"
        )
    if not are_one(found):
        raise SharedId(wanted, [f"{place_of(x)} ({x['title']})" for x in found])
    return found[0]


class AddDecision(Arguments):
    """A decision to write down."""

    title: Annotated[str, Positional()] = Field(
        ..., min_length=1, max_length=300, description="the decision in one sentence"
    )
    reason: str = Field("", max_length=5_000, description="why, in a few sentences")


@action(
    "decision add",
    who=Who.MEMBER,
    example='coordinator decision add "Use JWT" --reason "No session store needed"',
    refresh=Refresh.QUICK,
)
def add_decision(call: Call, arguments: AddDecision) -> ShownDecision:
    """Write a decision into your own decision log."""
    return _append(call, arguments.title, arguments.reason, "")


class Supersede(Arguments):
    """A decision that takes another's place."""

    id: Annotated[str, Positional()] = Field(..., description="the older decision's id")
    title: Annotated[str, Positional()] = Field(
        ..., min_length=1, max_length=300, description="the new decision"
    )
    reason: str = Field("", max_length=5_000, description="why, in a few sentences")


@action(
    "decision supersede",
    who=Who.MEMBER,
    example='coordinator decision supersede d-3fa91c "Use opaque tokens"',
    refresh=Refresh.QUICK,
)
def supersede_decision(call: Call, arguments: Supersede) -> ShownDecision:
    """Write a decision that supersedes another; the other's file is left alone."""
    older = find_decision(call, arguments.id)["id"]
    find_decision(call, older)  # what is written down must name one decision only
    return _append(call, arguments.title, arguments.reason, older)


class AddLearning(Arguments):
    """A learning to write down."""

    title: Annotated[str, Positional()] = Field(
        ..., min_length=1, max_length=300, description="what was learned"
    )
    body: Annotated[str, Body()] = Field(
        "", max_length=100_000, description="the text, in Markdown"
    )


@action(
    "learning list",
    who=Who.ANYONE,
    example="coordinator learning list",
    refresh=Refresh.QUICK,
)
def list_learnings(call: Call, arguments: Nothing) -> list[ShownLearning]:
    """List all learnings with the number of their decisions."""
    del arguments
    return document_queries.learnings(call.workspace.index)


@action(
    "learning add",
    who=Who.MEMBER,
    example='echo "Tokens expire." | coordinator learning add "Refresh tokens early"',
)
def add_learning(call: Call, arguments: AddLearning) -> WrittenLearning:
    """Write a learning into a file of its own; the text comes on standard input."""
    author = call.caller.agent or "maintainer"
    now = call.workspace.now()
    if not arguments.title.strip():
        raise UsageProblem(
            "The learning has no title.", hint="Say in a few words what was learned."
        )
    text = learnings.format.render_learning(
        arguments.title, arguments.body, author, f"{now:%Y-%m-%d}"
    )
    path = _written_before(call, text)
    if not path:
        root = call.workspace.layout.root
        path = learnings.store.free_path(root, author, arguments.title)
        write_document(call.workspace, path, text, writer=call.caller.actor)
    return {"title": arguments.title, "agent": author, "path": path, "line": 1}


def _written_before(call: Call, text: str) -> str:
    """Return where an earlier attempt, cut off, wrote this text, or nothing."""
    name = name_of(text.encode())
    return document_queries.written_after(call.workspace.index, name, call.begun)


def _appended_before(call: Call, path: str, entry: str) -> ShownDecision | None:
    """Return the decision that an earlier attempt, that was cut off, wrote, or None."""
    index = call.workspace.index
    if not call.begun or not document_queries.is_newer(index, path, call.begun):
        return None
    found, _ = learnings.format.parse(entry, path)
    titles = {x.title for x in found.decisions}
    known = decisions_in_force(call.workspace)
    same = [x for x in known if x["path"] == path and x["title"] in titles]
    return max(same, key=lambda x: int(x["line"]), default=None)


def _append(call: Call, title: str, reason: str, supersedes: str) -> ShownDecision:
    workspace = call.workspace
    author = call.caller.agent or "maintainer"
    path = learnings.store.path_of(author)
    present = files.read(workspace.layout.root, path)
    match present:
        case Content(text=text):
            before = text
        case None:
            before = ""
        case _:
            raise External(
                f"{path} cannot be edited as it is.", hint="Run: coordinator check"
            )
    known = {(x["path"], x["id"]) for x in decisions_in_force(workspace)}
    day = f"{workspace.now():%Y-%m-%d}"
    entry, new = (
        learnings.format.append_decision(
            text, title, reason, supersedes, agent=author, date=day
        )
        for text in ("", before)
    )
    if not learnings.format.parse(entry, path)[0].decisions:
        raise UsageProblem(
            f"{title!r} cannot be the title of a decision.",
            hint="Say in a few words what was decided.",
        )
    earlier = _appended_before(call, path, entry)
    if earlier is not None:
        return earlier
    write_document(workspace, path, new, writer=call.caller.actor)
    found = decisions_in_force(workspace)
    added = [x for x in found if (x["path"], x["id"]) not in known]
    return added[-1] if added else find_decision(call, supersedes)
