"""The states of a pending item, and which event leads where: one table for each kind.

It decides about single items from values alone; it reads no file and runs no git.
"""

from enum import StrEnum

from coordinator.kernel.errors import Conflict


class ItemState(StrEnum):
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


FINISHED = frozenset({ItemState.LANDED, ItemState.WITHDRAWN, ItemState.CLOSED})


class ItemEvent(StrEnum):
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


# The machine of a commit.
#
# draft -> submitted -> approved -> queued -> checking -> landed
#
# A person's word (approve) is about one commit id, and whatever stands right of
# `submitted` rests on that word. So a new commit leads back to `submitted` from
# everywhere, a running check included, and a new version of the text alone nowhere: a
# wish for changes stands until there are some, or until whoever had it takes it back.
# Several may have to approve, so an approval need not lead anywhere; nor need what one
# of several takes back.
#
# From `queued` on the queue may stop an item: it holds what may still pass without its
# author (a change ahead is undecided, a freeze), and ejects what its author must mend.
# `requeue` takes either back while the approval still stands, and returns a check that
# ended without a verdict (timeout, lost worker). `landed` follows from a verdict; from
# `queued` it does so only for a change that the target already contains. Landed is the
# end; a withdrawn item can be submitted again, and until then nothing that happens to
# its file or branch moves it.
_COMMIT: dict[ItemState, dict[ItemEvent, ItemState]] = {
    ItemState.DRAFT: {
        ItemEvent.SUBMIT: ItemState.SUBMITTED,
        ItemEvent.WITHDRAW: ItemState.WITHDRAWN,
        ItemEvent.REVISE: ItemState.DRAFT,
        ItemEvent.NEW_COMMIT: ItemState.DRAFT,
    },
    ItemState.SUBMITTED: {
        ItemEvent.APPROVE: ItemState.APPROVED,
        ItemEvent.REVOKE: ItemState.SUBMITTED,
        ItemEvent.REQUEST_CHANGES: ItemState.CHANGES_REQUESTED,
        ItemEvent.WITHDRAW: ItemState.WITHDRAWN,
        ItemEvent.REVISE: ItemState.SUBMITTED,
        ItemEvent.NEW_COMMIT: ItemState.SUBMITTED,
    },
    ItemState.CHANGES_REQUESTED: {
        ItemEvent.SUBMIT: ItemState.CHANGES_REQUESTED,
        ItemEvent.APPROVE: ItemState.APPROVED,
        ItemEvent.REVOKE: ItemState.SUBMITTED,
        ItemEvent.REQUEST_CHANGES: ItemState.CHANGES_REQUESTED,
        ItemEvent.WITHDRAW: ItemState.WITHDRAWN,
        ItemEvent.REVISE: ItemState.CHANGES_REQUESTED,
        ItemEvent.NEW_COMMIT: ItemState.SUBMITTED,
    },
    ItemState.APPROVED: {
        ItemEvent.APPROVE: ItemState.APPROVED,
        ItemEvent.QUEUE: ItemState.QUEUED,
        ItemEvent.REVOKE: ItemState.SUBMITTED,
        ItemEvent.REQUEST_CHANGES: ItemState.CHANGES_REQUESTED,
        ItemEvent.WITHDRAW: ItemState.WITHDRAWN,
        ItemEvent.REVISE: ItemState.APPROVED,
        ItemEvent.NEW_COMMIT: ItemState.SUBMITTED,
    },
    ItemState.QUEUED: {
        ItemEvent.APPROVE: ItemState.QUEUED,
        ItemEvent.CHECK: ItemState.CHECKING,
        ItemEvent.HOLD: ItemState.HELD,
        ItemEvent.EJECT: ItemState.EJECTED,
        ItemEvent.LAND: ItemState.LANDED,
        ItemEvent.REVOKE: ItemState.SUBMITTED,
        ItemEvent.REQUEST_CHANGES: ItemState.CHANGES_REQUESTED,
        ItemEvent.WITHDRAW: ItemState.WITHDRAWN,
        ItemEvent.REVISE: ItemState.QUEUED,
        ItemEvent.NEW_COMMIT: ItemState.SUBMITTED,
    },
    ItemState.CHECKING: {
        ItemEvent.APPROVE: ItemState.CHECKING,
        ItemEvent.LAND: ItemState.LANDED,
        ItemEvent.EJECT: ItemState.EJECTED,
        ItemEvent.HOLD: ItemState.HELD,
        ItemEvent.REQUEUE: ItemState.QUEUED,
        ItemEvent.REVOKE: ItemState.SUBMITTED,
        ItemEvent.REQUEST_CHANGES: ItemState.CHANGES_REQUESTED,
        ItemEvent.WITHDRAW: ItemState.WITHDRAWN,
        ItemEvent.REVISE: ItemState.CHECKING,
        ItemEvent.NEW_COMMIT: ItemState.SUBMITTED,
    },
    ItemState.HELD: {
        ItemEvent.APPROVE: ItemState.HELD,
        ItemEvent.REQUEUE: ItemState.QUEUED,
        ItemEvent.EJECT: ItemState.EJECTED,
        ItemEvent.REVOKE: ItemState.SUBMITTED,
        ItemEvent.REQUEST_CHANGES: ItemState.CHANGES_REQUESTED,
        ItemEvent.WITHDRAW: ItemState.WITHDRAWN,
        ItemEvent.REVISE: ItemState.HELD,
        ItemEvent.NEW_COMMIT: ItemState.SUBMITTED,
    },
    ItemState.EJECTED: {
        ItemEvent.APPROVE: ItemState.EJECTED,
        ItemEvent.SUBMIT: ItemState.SUBMITTED,
        ItemEvent.REQUEUE: ItemState.QUEUED,
        ItemEvent.REVOKE: ItemState.SUBMITTED,
        ItemEvent.REQUEST_CHANGES: ItemState.CHANGES_REQUESTED,
        ItemEvent.WITHDRAW: ItemState.WITHDRAWN,
        ItemEvent.REVISE: ItemState.EJECTED,
        ItemEvent.NEW_COMMIT: ItemState.SUBMITTED,
    },
    ItemState.WITHDRAWN: {
        ItemEvent.SUBMIT: ItemState.SUBMITTED,
        ItemEvent.REVISE: ItemState.WITHDRAWN,
        ItemEvent.NEW_COMMIT: ItemState.WITHDRAWN,
    },
    ItemState.LANDED: {
        ItemEvent.REVISE: ItemState.LANDED,
        ItemEvent.NEW_COMMIT: ItemState.LANDED,
    },
}

# The machine of everything else: open -> acknowledged -> closed.
#
# An acknowledgement says "I have read this version"; each addressed agent may say so.
# A new version was read by nobody yet, so it opens the item again, a closed one too.
# Withdrawing is its author's way of closing it.
_OTHER: dict[ItemState, dict[ItemEvent, ItemState]] = {
    ItemState.OPEN: {
        ItemEvent.ACKNOWLEDGE: ItemState.ACKNOWLEDGED,
        ItemEvent.CLOSE: ItemState.CLOSED,
        ItemEvent.WITHDRAW: ItemState.CLOSED,
        ItemEvent.REVISE: ItemState.OPEN,
    },
    ItemState.ACKNOWLEDGED: {
        ItemEvent.ACKNOWLEDGE: ItemState.ACKNOWLEDGED,
        ItemEvent.CLOSE: ItemState.CLOSED,
        ItemEvent.WITHDRAW: ItemState.CLOSED,
        ItemEvent.REVISE: ItemState.OPEN,
    },
    ItemState.CLOSED: {ItemEvent.REVISE: ItemState.OPEN},
}

TRANSITIONS = {**_COMMIT, **_OTHER}
COMMIT_STATES = frozenset(_COMMIT)

_DONE = {
    ItemEvent.SUBMIT: "submitted",
    ItemEvent.WITHDRAW: "withdrawn",
    ItemEvent.REVISE: "revised",
    ItemEvent.NEW_COMMIT: "given a new commit",
    ItemEvent.REQUEST_CHANGES: "sent back for changes",
    ItemEvent.APPROVE: "approved",
    ItemEvent.REVOKE: "stripped of its approval",
    ItemEvent.QUEUE: "queued",
    ItemEvent.CHECK: "checked",
    ItemEvent.REQUEUE: "queued again",
    ItemEvent.HOLD: "held",
    ItemEvent.EJECT: "ejected",
    ItemEvent.LAND: "landed",
    ItemEvent.ACKNOWLEDGE: "acknowledged",
    ItemEvent.CLOSE: "closed",
}
_SILENT = frozenset({ItemEvent.REVISE, ItemEvent.NEW_COMMIT})


class MoveNotAllowed(Conflict):
    """The item's state does not admit the event."""

    def __init__(self, state: ItemState, event: ItemEvent) -> None:
        possible = [_DONE[x] for x in TRANSITIONS[state] if x not in _SILENT]
        named = " or ".join(possible) or "changed only by a new version of its file"
        super().__init__(
            f"A pending item that is {state} cannot be {_DONE[event]}.",
            hint=f"It can be {named}. Run: coordinator pending show ID",
        )
        self.state = state
        self.event = event


def next_state(state: ItemState, event: ItemEvent) -> ItemState:
    """Return where the event leads from here; it may be the same state.

    Raises:
        MoveNotAllowed: The event is not possible in this state.
    """
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise MoveNotAllowed(state, event) from None
