"""What waits for a person: pending items, their states, and which event leads where.

It decides about single items from values alone; it reads no file and runs no git.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from coordinator.kernel.errors import Conflict


class Kind(StrEnum):
    """What a pending item asks for."""

    COMMIT = "commit"
    REQUEST = "request"
    PLAN = "plan"
    CONTRACT = "contract"
    PROGRESS = "progress"
    FINAL_STATUS = "final-status"


class State(StrEnum):
    """Where a pending item stands: ten states of a commit, three of the others."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    CHANGES_REQUESTED = "changes-requested"
    APPROVED = "approved"
    QUEUED = "queued"
    CHECKING = "checking"
    HELD = "held"
    LANDED = "landed"
    EJECTED = "ejected"
    WITHDRAWN = "withdrawn"

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


FINISHED = frozenset({State.LANDED, State.WITHDRAWN, State.CLOSED})


class Event(StrEnum):
    """What can happen to a pending item.

    `revise` is a new version of the document, `new-commit` a new head of its branch.
    """

    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    REVISE = "revise"
    NEW_COMMIT = "new-commit"
    REQUEST_CHANGES = "request-changes"
    APPROVE = "approve"
    REVOKE = "revoke"
    QUEUE = "queue"
    CHECK = "check"
    REQUEUE = "requeue"
    HOLD = "hold"
    EJECT = "eject"
    LAND = "land"

    ACKNOWLEDGE = "acknowledge"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Field:
    """One `- Key: value` of a final status.

    `number` is the first number in the value, None where it holds none;
    `placeholder` is what its author left to be filled in, such as `[count]`.
    """

    name: str
    value: str
    line: int
    number: float | None = None
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class FinalStatus:
    """What an agent reports when a feature is finished; fields in written order.

    `complete`: something is reported, nothing is blank, a placeholder or absent.
    """

    title: str
    fields: tuple[Field, ...] = ()
    absent: tuple[str, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class PendingItem:
    """One file in `pending-commits/`, as far as its text tells.

    `branch` is a short name (`backend/login`), empty where none is named; `to` holds
    the addressed agents as written, `needs` ids of other items; a line is 0 where
    nothing of the kind is written. `final` is set for a final status only.
    """

    id: str
    kind: Kind
    title: str
    path: str
    branch: str = ""
    needs: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    task: str = ""
    draft: bool = False
    branch_line: int = 0
    to_line: int = 0
    final: FinalStatus | None = None


# The machine of a commit.
#
# draft -> submitted -> approved -> queued -> checking -> landed
#
# A person's word (approve) is about one commit id, and whatever stands right of
# `submitted` rests on that word. So a new commit leads back to `submitted` from
# everywhere, a running check included; a new version of the text alone does not, save
# that it answers requested changes. From `queued` on the queue may stop an item: it
# holds what may still pass without its author (a change ahead is undecided, a freeze),
# and ejects what its author must mend. `requeue` takes either back while the approval
# still stands, and returns a check that ended without a verdict (timeout, lost
# worker). `landed` follows from a verdict; from `queued` it does so only for a change
# that the target already contains. Landed is the end; a withdrawn item can be
# submitted again, and until then nothing that happens to its file or branch moves it.
_COMMIT: dict[State, dict[Event, State]] = {
    State.DRAFT: {
        Event.SUBMIT: State.SUBMITTED,
        Event.WITHDRAW: State.WITHDRAWN,
        Event.REVISE: State.DRAFT,
        Event.NEW_COMMIT: State.DRAFT,
    },
    State.SUBMITTED: {
        Event.APPROVE: State.APPROVED,
        Event.REQUEST_CHANGES: State.CHANGES_REQUESTED,
        Event.WITHDRAW: State.WITHDRAWN,
        Event.REVISE: State.SUBMITTED,
        Event.NEW_COMMIT: State.SUBMITTED,
    },
    State.CHANGES_REQUESTED: {
        Event.SUBMIT: State.SUBMITTED,
        Event.WITHDRAW: State.WITHDRAWN,
        Event.REVISE: State.SUBMITTED,
        Event.NEW_COMMIT: State.SUBMITTED,
    },
    State.APPROVED: {
        Event.QUEUE: State.QUEUED,
        Event.REVOKE: State.SUBMITTED,
        Event.REQUEST_CHANGES: State.CHANGES_REQUESTED,
        Event.WITHDRAW: State.WITHDRAWN,
        Event.REVISE: State.APPROVED,
        Event.NEW_COMMIT: State.SUBMITTED,
    },
    State.QUEUED: {
        Event.CHECK: State.CHECKING,
        Event.HOLD: State.HELD,
        Event.EJECT: State.EJECTED,
        Event.LAND: State.LANDED,
        Event.REVOKE: State.SUBMITTED,
        Event.REQUEST_CHANGES: State.CHANGES_REQUESTED,
        Event.WITHDRAW: State.WITHDRAWN,
        Event.REVISE: State.QUEUED,
        Event.NEW_COMMIT: State.SUBMITTED,
    },
    State.CHECKING: {
        Event.LAND: State.LANDED,
        Event.EJECT: State.EJECTED,
        Event.HOLD: State.HELD,
        Event.REQUEUE: State.QUEUED,
        Event.REVOKE: State.SUBMITTED,
        Event.REQUEST_CHANGES: State.CHANGES_REQUESTED,
        Event.WITHDRAW: State.WITHDRAWN,
        Event.REVISE: State.CHECKING,
        Event.NEW_COMMIT: State.SUBMITTED,
    },
    State.HELD: {
        Event.REQUEUE: State.QUEUED,
        Event.EJECT: State.EJECTED,
        Event.REVOKE: State.SUBMITTED,
        Event.REQUEST_CHANGES: State.CHANGES_REQUESTED,
        Event.WITHDRAW: State.WITHDRAWN,
        Event.REVISE: State.HELD,
        Event.NEW_COMMIT: State.SUBMITTED,
    },
    State.EJECTED: {
        Event.SUBMIT: State.SUBMITTED,
        Event.REQUEUE: State.QUEUED,
        Event.REVOKE: State.SUBMITTED,
        Event.REQUEST_CHANGES: State.CHANGES_REQUESTED,
        Event.WITHDRAW: State.WITHDRAWN,
        Event.REVISE: State.EJECTED,
        Event.NEW_COMMIT: State.SUBMITTED,
    },
    State.WITHDRAWN: {
        Event.SUBMIT: State.SUBMITTED,
        Event.REVISE: State.WITHDRAWN,
        Event.NEW_COMMIT: State.WITHDRAWN,
    },
    State.LANDED: {
        Event.REVISE: State.LANDED,
        Event.NEW_COMMIT: State.LANDED,
    },
}

# The machine of everything else: open -> acknowledged -> closed.
#
# An acknowledgement says "I have read this version"; each addressed agent may say so.
# A new version was read by nobody yet, so it opens the item again, a closed one too.
# Withdrawing is its author's way of closing it.
_OTHER: dict[State, dict[Event, State]] = {
    State.OPEN: {
        Event.ACKNOWLEDGE: State.ACKNOWLEDGED,
        Event.CLOSE: State.CLOSED,
        Event.WITHDRAW: State.CLOSED,
        Event.REVISE: State.OPEN,
    },
    State.ACKNOWLEDGED: {
        Event.ACKNOWLEDGE: State.ACKNOWLEDGED,
        Event.CLOSE: State.CLOSED,
        Event.WITHDRAW: State.CLOSED,
        Event.REVISE: State.OPEN,
    },
    State.CLOSED: {Event.REVISE: State.OPEN},
}

TRANSITIONS = {**_COMMIT, **_OTHER}
COMMIT_STATES = frozenset(_COMMIT)

_DONE = {
    Event.SUBMIT: "submitted",
    Event.WITHDRAW: "withdrawn",
    Event.REVISE: "revised",
    Event.NEW_COMMIT: "given a new commit",
    Event.REQUEST_CHANGES: "sent back for changes",
    Event.APPROVE: "approved",
    Event.REVOKE: "deprived of its approval",
    Event.QUEUE: "queued",
    Event.CHECK: "checked",
    Event.REQUEUE: "queued again",
    Event.HOLD: "held",
    Event.EJECT: "ejected",
    Event.LAND: "landed",
    Event.ACKNOWLEDGE: "acknowledged",
    Event.CLOSE: "closed",
}
_SILENT = frozenset({Event.REVISE, Event.NEW_COMMIT})


class NotAllowed(Conflict):
    """The item's state does not admit the event."""

    def __init__(self, state: State, event: Event) -> None:
        possible = [_DONE[x] for x in TRANSITIONS[state] if x not in _SILENT]
        named = " or ".join(possible) or "changed only by a new version of its file"
        super().__init__(
            f"A pending item that is {state} cannot be {_DONE[event]}.",
            hint=f"It can be {named}. Run: coordinator pending show ID",
        )
        self.state = state
        self.event = event


def next_state(state: State, event: Event) -> State:
    """Return where the event leads from here; it may be the same state.

    Raises:
        NotAllowed: The event is not possible in this state.
    """
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise NotAllowed(state, event) from None


# git-check-ref-format(1), and no leading `-`, which git itself refuses for branches.
_BRANCH = re.compile(
    r"(?!.*(?:\.\.|//|/\.|@\{|\.lock(?:/|\Z)))"
    r"(?![-/.])(?!(?:HEAD|@|refs/.*)\Z)"
    r"[^\x00-\x20\x7f~^:?*\[\\]{1,200}(?<![./])\Z"
)


def is_branch_name(text: str) -> bool:
    """Tell whether git admits this short name (`backend/login`) for a branch."""
    return _BRANCH.match(text) is not None
