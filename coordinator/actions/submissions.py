"""Submissions: a pending item's way from a file to a state, its commit taken from git.

Text never carries authority: a file can propose a branch; what it stands at is read
from git and recorded. Review and landing start from the states recorded here.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from coordinator.actions.workspace import SYSTEM, Workspace
from coordinator.index import queries
from coordinator.kernel import git
from coordinator.kernel.errors import CoordinatorError, NotFound, Refused
from coordinator.kernel.journal import Draft
from coordinator.kernel.names import slug
from pending_commits import submissions
from pending_commits.model import COMMIT_STATES, Event, Kind, State, next_state


@dataclass(frozen=True, slots=True)
class Proposal:
    """A branch as it stood when it was fetched: where it is and what it points at."""

    repository: str
    branch: str
    head: str
    target: str


def submit_found(workspace: Workspace, paths: Sequence[str]) -> None:
    """Submit those of the changed documents that propose a branch; reopen others.

    What cannot be submitted stays a draft; `check` says why. What was withdrawn is
    only submitted again by command.
    """
    for row in queries.pending_at(workspace.index, list(paths)):
        if row["kind"] != Kind.COMMIT.value:
            _reopen(workspace, row)
        elif not row["draft"] and row["state"] != State.WITHDRAWN.value:
            # Said by `check`; a branch that appears later submits its item then.
            with suppress(CoordinatorError):
                submit(workspace, row, actor=row["agent"] or SYSTEM)


def _reopen(workspace: Workspace, row: queries.Row) -> None:
    """A new version was read by nobody yet."""
    state = State(row["state"])
    if state in COMMIT_STATES:
        return  # it was a commit when it was moved last, and its text says so no more
    new = next_state(state, Event.REVISE)
    if new is not state:
        move(workspace, row, new, actor=row["agent"] or SYSTEM)


def submit(workspace: Workspace, row: queries.Row, *, actor: str) -> Proposal:
    """Fetch the item's branch into the store and record what it points at.

    Raises:
        CoordinatorError: The branch is missing or another's, or the state forbids it.
    """
    owner = workspace.roster.owner_of_branch(row["branch"])
    if row["agent"] and owner != row["agent"]:
        whose = f"{owner}'s" if owner else "nobody's"
        raise Refused(
            f"The branch {row['branch']!r} is {whose}, not {row['agent']}'s.",
            hint=f"Propose a branch named {row['agent']}/…",
        )
    proposal = fetch(workspace, row["branch"], row["id"])
    event = Event.SUBMIT
    state = State(row["state"])
    if row["head"]:
        event = Event.REVISE if row["head"] == proposal.head else Event.NEW_COMMIT
        if state is State.WITHDRAWN:
            event = Event.SUBMIT
    new = next_state(state, event)
    if state is State.LANDED:
        return proposal  # what landed stays on record, whatever the branch does now
    if (new, proposal.head) != (state, row["head"]):
        move(workspace, row, new, actor=actor, proposal=proposal)
    return proposal


def fetch(workspace: Workspace, branch: str, item: str) -> Proposal:
    """Bring a branch and its target into the store, and keep it for a pending item.

    Raises:
        NotFound: No repository of the workspace has the branch.
    """
    return _fetch(workspace, branch, lambda x: submissions.pending_ref(x, item))


def look_at(workspace: Workspace, branch: str) -> Proposal:
    """Bring a branch and its target into the store, to read them now.

    Raises:
        NotFound: No repository of the workspace has the branch.
    """
    return _fetch(workspace, branch, lambda x: submissions.seen_ref(x, slug(branch)))


def _fetch(workspace: Workspace, branch: str, ref_in: Callable[[str], str]) -> Proposal:
    store = submissions.open_store(workspace.layout.store)
    for name, repository in workspace.repositories().items():
        if git.resolve(repository, f"refs/heads/{branch}") is None:
            continue
        into = ref_in(name)
        source = repository.path
        head = submissions.fetch_branch(store, source, name, branch, into)
        wanted = workspace.settings.target_of(name)
        ref = submissions.target_ref(name)
        target = submissions.fetch_branch(store, source, name, wanted, ref)
        return Proposal(name, branch, head, target)
    raise NotFound(
        f"No repository of the workspace has the branch {branch!r}.",
        hint="Commit to it first, or correct the branch in the file.",
    )


def move(
    workspace: Workspace,
    row: queries.Row,
    new: State,
    *,
    actor: str,
    proposal: Proposal | None = None,
) -> None:
    """Record an item's new state, and the commit that it is about."""
    data: dict[str, Any] = {"path": row["path"], "from": row["state"], "to": new.value}
    data["note"] = f"{row['state']} → {new.value}"
    if proposal is not None:
        data |= {
            "repository": proposal.repository,
            "branch": proposal.branch,
            "head": proposal.head,
            "target": proposal.target,
        }
    workspace.record(Draft("pending.moved", actor, row["id"], data))
