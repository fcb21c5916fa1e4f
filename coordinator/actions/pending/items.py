"""Pending items by command: what waits for a person or another agent."""

from functools import partial
from typing import Annotated

from pydantic import Field

import pending_commits.format
import pending_commits.store
from active_contexts.worktree_state.entries import head_of
from coordinator.actions.documents.accepting import write_document
from coordinator.actions.pending import item_values, submissions
from coordinator.actions.pending.fetching import Proposal
from coordinator.actions.pending.item_values import OneItem
from coordinator.actions.review import loading, perform
from coordinator.actions.runs import evidence_source
from coordinator.index import queries, record_queries
from coordinator.kernel.blobs import name_of
from coordinator.kernel.errors import Refused, UsageProblem
from coordinator.kernel.text.names import slug
from coordinator.results.pending import ListedItem
from coordinator.workspace import repositories
from coordinator.workspace.registry import (
    Arguments,
    Body,
    Deferred,
    Nothing,
    Refresh,
    Who,
    action,
)
from coordinator.workspace.workspace import Call, Workspace
from pending_commits.item_states import ItemEvent, ItemState, next_state
from pending_commits.model import ItemKind, PendingItem
from pending_commits.permissions import NotYours, may
from pending_commits.review import decide
from pending_commits.review.model import WordKind


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
    judge = loading.Judge(workspace)
    return [item_values.listed(judge, row) for row in queries.pending(workspace.index)]


class SubmitItem(Arguments):
    """A branch to propose for landing."""

    title: str = Field(
        "", max_length=200, description="what the branch does; again: as it was"
    )
    branch: str = Field("", description="the branch; none: the one checked out here")
    task: str = Field("", max_length=200, description="the task that it is for")
    repository: str = Field(
        "", max_length=100, description="the repository, if several have the branch"
    )
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
    place = arguments.repository or _repository_here(call)
    fetch = submissions.proposed(call.workspace, branch, place)
    return Deferred(fetch, partial(_submit, call, arguments, agent))


def _submit(
    call: Call, arguments: SubmitItem, agent: str, proposal: Proposal
) -> ListedItem:
    """Write the item of a branch that was fetched, and record what it points at."""
    workspace = call.workspace
    name = _name(workspace, agent, proposal)
    row = _written(call, arguments, proposal, name)
    submissions.home(workspace, proposal.repository).keep(row["id"], proposal)
    submissions.submit(workspace, row, proposal, actor=call.caller.actor)
    return item_values.shown(workspace, loading.find_row(workspace, row["id"]))


def _written(
    call: Call, arguments: SubmitItem, proposal: Proposal, name: str
) -> queries.Row:
    """Write what is said of a branch; again is a new version of the same item."""
    workspace, path = call.workspace, _path(name)
    before = queries.pending_at(workspace.index, [path])
    title = arguments.title or (before[0]["title"] if before else "")
    if not title:
        raise UsageProblem(
            f"The branch {proposal.branch} was not proposed before.",
            hint="Say what it does: --title 'Add login'",
        )
    if arguments.title or arguments.body:
        text = pending_commits.format.render_submission(
            _item(workspace, arguments, proposal, title), arguments.body
        )
        write_document(workspace, path, text)
    [row] = queries.pending_at(workspace.index, [path])
    return row


def _name(workspace: Workspace, agent: str, proposal: Proposal) -> str:
    """Return the name of an item's file: of each branch one, and of its author."""
    feature = slug(proposal.branch.partition("/")[2] or proposal.branch)
    number = name_of(f"{proposal.repository}/{proposal.branch}".encode())[:6]
    stems = (
        f"{agent}-{feature}",
        f"{agent}-{proposal.repository}-{feature}",
        f"{agent}.{feature}-{number}",
    )
    names = [f"{x}.md" for x in stems]
    return next((x for x in names if _is_for(workspace, x, agent, proposal)), names[-1])


def _is_for(workspace: Workspace, name: str, agent: str, proposal: Proposal) -> bool:
    """Tell whether a file of this name is the agent's, and about the branch."""
    whose = workspace.roster.attribute(name) or "maintainer"
    there = queries.pending_at(workspace.index, [_path(name)])
    wanted = ({"", proposal.repository}, proposal.branch)
    is_same = all(
        x["repository"] in wanted[0] and x["branch"] == wanted[1] for x in there
    )
    return whose == agent and is_same


def _path(name: str) -> str:
    return f"{pending_commits.store.FOLDER}/{name}"


def _item(
    workspace: Workspace, arguments: SubmitItem, proposal: Proposal, title: str
) -> PendingItem:
    is_one = len(workspace.settings.repositories) == 1
    return PendingItem(
        id="",
        kind=ItemKind.COMMIT,
        title=title,
        path="",
        branch=proposal.branch,
        repository="" if is_one else proposal.repository,
        task=arguments.task,
    )


def _repository_here(call: Call) -> str:
    return repositories.around(call.workspace, call.folder)


def _branch_here(call: Call) -> str:
    worktree = evidence_source.here(call)
    head = head_of(worktree.folder) if worktree else None
    if head is not None and head.branch:
        return head.branch
    raise UsageProblem(
        "No branch is checked out here.", hint="Name it: --branch backend/feature"
    )


def _author(call: Call, branch: str) -> str:
    """Return whose a proposal is: the agent whose branch it is, else a person's.

    Raises:
        Refused: It is not the caller's, or not called as an agent's branch must be.
    """
    owner = call.workspace.roster.owner_of_branch(branch)
    if not call.caller.is_maintainer and owner != call.caller.agent:
        raise Refused(
            f"The branch {branch!r} is not one of {call.caller.agent}'s.",
            hint=f"Submit a branch named {call.caller.agent}/…",
        )
    if wrong := submissions.misnamed(call.workspace, branch):
        raise Refused(wrong.message, hint=wrong.hint)
    return owner or "maintainer"


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
    """Say that you have read an item; of a commit, that it may touch your paths."""
    workspace = call.workspace
    row = loading.find_row(workspace, arguments.id)
    if row["kind"] == ItemKind.COMMIT and call.caller.agent:
        said, owners = perform.speaker(call), loading.Judge(workspace).owners
        perform.perform(
            call,
            arguments.id,
            WordKind.AGREED,
            lambda x: decide.agree(x, said, owners),
        )
        return item_values.shown(workspace, loading.find_row(workspace, arguments.id))
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
    row = loading.find_row(workspace, wanted)
    _check_may(call, row, event)
    if _moved_before(call, wanted):
        return item_values.shown(workspace, row)
    new = next_state(ItemState(row["state"]), event)
    if new.value != row["state"]:
        submissions.move(workspace, row, new, actor=call.caller.actor)
    return item_values.shown(workspace, loading.find_row(workspace, wanted))


def _moved_before(call: Call, wanted: str) -> bool:
    """Tell whether an earlier attempt, that was cut off, moved the item."""
    index, actor = call.workspace.index, call.caller.actor
    return record_queries.has_done(index, wanted, "pending.moved", actor, call.begun)


def _check_may(call: Call, row: queries.Row, event: ItemEvent) -> None:
    agent, author = call.caller.agent, row["agent"]
    meant = submissions.recipients(call.workspace, row) if row["recipients"] else None
    is_free = call.caller.is_maintainer
    if not is_free and not may(agent, event, author=author, addressed=meant):
        raise NotYours(agent, event, row["id"], author)
