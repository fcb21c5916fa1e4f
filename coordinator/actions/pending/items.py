"""Pending items by command: what waits for a person or another agent."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, NotRequired, cast

from pydantic import Field
from typing_extensions import TypedDict

import pending_commits.format
import pending_commits.store
from active_contexts.worktree_state.entries import head_of
from coordinator.actions.documents.accepting import write_document
from coordinator.actions.pending import submissions
from coordinator.actions.pending.submissions import Proposal
from coordinator.actions.runs import evidence_source
from coordinator.index import document_queries, queries, record_queries
from coordinator.kernel.errors import NotFound, Refused, UsageProblem
from coordinator.kernel.system.start_errors import ProgramMissing
from coordinator.kernel.text.names import slug
from coordinator.results.pending import ListedItem, ShownChanges, ShownItem
from coordinator.workspace.registry import (
    Arguments,
    Body,
    Deferred,
    Nothing,
    Positional,
    Refresh,
    Who,
    action,
)
from coordinator.workspace.workspace import Call, Workspace
from pending_commits.item_states import ItemEvent, ItemState, next_state
from pending_commits.permissions import NotYours, may

_DIFF_BYTES = 200_000


class OneItem(Arguments):
    """Which pending item."""

    id: Annotated[str, Positional()] = Field(..., description="the item's id")


class ShowItem(OneItem):
    """Which pending item, and how much of it."""

    diff: bool = Field(default=False, description="add the commits and their diff")


@action(
    "pending list",
    who=Who.ANYONE,
    example="coordinator pending list",
    refresh=Refresh.QUICK,
)
def list_pending(call: Call, arguments: Nothing) -> list[ListedItem]:
    """List the pending items with their state."""
    del arguments
    workspace = call.workspace
    return [_as_value(workspace, row) for row in queries.pending(workspace.index)]


def _as_value(workspace: Workspace, row: queries.Row) -> ListedItem:
    return {
        "id": row["id"],
        "kind": row["kind"],
        "agent": row["agent"],
        "branch": row["branch"],
        "commit": row["head"],
        "state": row["state"],
        "title": row["title"],
        "path": row["path"],
        "to": row["recipients"],
        "problems": document_queries.problems_of(workspace.index, row["path"]),
    }


def find_row(workspace: Workspace, wanted: str) -> queries.Row:
    """Return the pending item of that id.

    Raises:
        NotFound: There is none.
    """
    row = queries.pending_item(workspace.index, wanted)
    if row is None:
        raise NotFound(
            f"There is no pending item {wanted!r}.",
            hint="Run: coordinator pending list",
        )
    return row


@action(
    "pending show",
    who=Who.ANYONE,
    example="coordinator pending show backend-login --diff",
    refresh=Refresh.QUICK,
)
def show(call: Call, arguments: ShowItem) -> ShownItem | Deferred[ShownItem]:
    """Show one pending item: its text, what git says, and the diff if wanted."""
    workspace = call.workspace
    row = find_row(workspace, arguments.id)
    document = document_queries.documents(workspace.index, [row["path"]])[row["path"]]
    told = {
        **_as_value(workspace, row),
        "text": workspace.read_text(document["blob"]),
        "moved": _moved(workspace, row),
    }
    value = cast("ShownItem", told)
    if not row["head"]:
        return value
    read = partial(_changes, workspace.layout.store, row, arguments)

    def finish(found: _Changed | ProgramMissing) -> ShownItem:
        if isinstance(found, ProgramMissing):
            call.notes.append(found.message)
            return value
        return {**value, **found}

    return Deferred(read, finish)


class _Changed(TypedDict):
    changes: ShownChanges
    diff: NotRequired[str]


def _changes(
    store: Path, row: queries.Row, arguments: ShowItem
) -> _Changed | ProgramMissing:
    """Read in the store what a commit changes; large ones take their time.

    Where git is missing, that is all there is to say, unless the diff is asked for.
    """
    from pending_commits import changes  # noqa: PLC0415 - gitpython loads slowly

    target, head = row["target"], row["head"]
    try:
        facts = asdict(changes.facts(store, target, head))
        found: _Changed = {"changes": cast("ShownChanges", facts)}
    except ProgramMissing as error:
        if arguments.diff:
            raise
        return error
    if arguments.diff:
        found["diff"] = changes.diff(store, target, head, _DIFF_BYTES)
    return found


def _moved(workspace: Workspace, row: queries.Row) -> str:
    """Return where the branch stands now, if that is not what was submitted."""
    if not row["head"]:
        return ""
    return queries.moved_head(workspace.index, row["branch"], row["head"])


class SubmitItem(Arguments):
    """A branch to propose for landing."""

    title: str = Field(
        ..., min_length=1, max_length=200, description="what the branch does"
    )
    branch: str = Field("", description="the branch; none: the one checked out here")
    task: str = Field("", max_length=200, description="the task that it is for")
    body: Annotated[str, Body()] = Field(
        "", max_length=200_000, description="what reviewers should know, in Markdown"
    )


@action(
    "pending submit",
    who=Who.MEMBER,
    example='echo "Ready." | coordinator pending submit --title "Add login"',
    refresh=Refresh.WITH_GIT,
)
def submit(call: Call, arguments: SubmitItem) -> Deferred[ListedItem]:
    """Propose a branch for landing; its commit is taken from git."""
    branch = arguments.branch or _branch_here(call)
    agent = _author(call, branch)
    fetch = submissions.planned(call.workspace, branch)
    return Deferred(fetch, partial(_submit, call, arguments, agent))


def _submit(
    call: Call, arguments: SubmitItem, agent: str, proposal: Proposal
) -> ListedItem:
    """Write the item of a branch that was fetched, and record what it points at."""
    workspace, branch = call.workspace, proposal.branch
    name = f"{agent}-{slug(branch.partition('/')[2] or branch)}.md"
    text = pending_commits.format.render_submission(
        arguments.title, branch, arguments.body, arguments.task
    )
    # The same branch again is a new version of the same item.
    path = f"{pending_commits.store.FOLDER}/{name}"
    write_document(workspace, path, text)
    [row] = queries.pending_at(workspace.index, [path])
    submissions.keep(workspace, row, proposal)
    submissions.submit(workspace, row, proposal, actor=call.caller.actor)
    return _as_value(workspace, find_row(workspace, row["id"]))


def _branch_here(call: Call) -> str:
    worktree = evidence_source.here(call)
    head = head_of(worktree.folder) if worktree else None
    if head is not None and head.branch:
        return head.branch
    raise UsageProblem(
        "No branch is checked out here.", hint="Name it: --branch backend/feature"
    )


def _author(call: Call, branch: str) -> str:
    owner = call.workspace.roster.owner_of_branch(branch)
    if call.caller.is_maintainer:
        return owner or "maintainer"
    if owner != call.caller.agent:
        raise Refused(
            f"The branch {branch!r} is not one of {call.caller.agent}'s.",
            hint=f"Submit a branch named {call.caller.agent}/…",
        )
    return owner


@action(
    "pending withdraw",
    who=Who.MEMBER,
    example="coordinator pending withdraw backend-login",
    refresh=Refresh.QUICK,
)
def withdraw(call: Call, arguments: OneItem) -> ListedItem:
    """Take a proposed branch back; only its author or a maintainer may."""
    return _step(call, arguments.id, ItemEvent.WITHDRAW)


@action(
    "pending ack",
    who=Who.MEMBER,
    example="coordinator pending ack frontend-request",
    refresh=Refresh.QUICK,
)
def acknowledge(call: Call, arguments: OneItem) -> ListedItem:
    """Say that you have read an item that is addressed to you."""
    return _step(call, arguments.id, ItemEvent.ACKNOWLEDGE)


@action(
    "pending close",
    who=Who.MEMBER,
    example="coordinator pending close frontend-request",
    refresh=Refresh.QUICK,
)
def close(call: Call, arguments: OneItem) -> ListedItem:
    """Close an item: nothing more is to be done about it."""
    return _step(call, arguments.id, ItemEvent.CLOSE)


def _step(call: Call, wanted: str, event: ItemEvent) -> ListedItem:
    workspace = call.workspace
    row = find_row(workspace, wanted)
    _check_may(call, row, event)
    if _moved_before(call, wanted):
        return _as_value(workspace, row)
    new = next_state(ItemState(row["state"]), event)
    if new.value != row["state"]:
        submissions.move(workspace, row, new, actor=call.caller.actor)
    return _as_value(workspace, find_row(workspace, wanted))


def _moved_before(call: Call, wanted: str) -> bool:
    """Tell whether an earlier attempt, that was cut off, moved the item."""
    index, actor = call.workspace.index, call.caller.actor
    return record_queries.has_moved(index, wanted, actor, call.begun)


def _check_may(call: Call, row: queries.Row, event: ItemEvent) -> None:
    agent, author = call.caller.agent, row["agent"]
    meant = submissions.recipients(call.workspace, row) if row["recipients"] else None
    is_free = call.caller.is_maintainer
    if not is_free and not may(agent, event, author=author, addressed=meant):
        raise NotYours(agent, event, row["id"], author)
