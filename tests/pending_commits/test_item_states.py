import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.kernel.errors import Conflict
from pending_commits.item_states import (
    COMMIT_STATES,
    TRANSITIONS,
    ItemEvent,
    ItemState,
    MoveNotAllowed,
    next_state,
)
from pending_commits.model import ItemKind, PendingItem

QUIET = {ItemEvent.REVISE, ItemEvent.NEW_COMMIT}
RESTS_ON_APPROVAL = {
    ItemState.APPROVED,
    ItemState.QUEUED,
    ItemState.CHECKING,
    ItemState.HELD,
}


def reachable(start: ItemState, events: set[ItemEvent]) -> set[ItemState]:
    """Return every state that these events can lead to."""
    seen, todo = {start}, [start]
    while todo:
        table = TRANSITIONS[todo.pop()]
        new = {to for event, to in table.items() if event in events} - seen
        seen |= new
        todo += new
    return seen


def item(kind: ItemKind, *, draft: bool = False) -> PendingItem:
    """Make an item of a kind."""
    return PendingItem("x", kind, "X", "pending-commits/x.md", draft=draft)


def test_a_commit_walks_from_draft_to_landed() -> None:
    """The straight way through the machine is the one at the head of its table."""
    walk = [
        ItemEvent.SUBMIT,
        ItemEvent.APPROVE,
        ItemEvent.QUEUE,
        ItemEvent.CHECK,
        ItemEvent.LAND,
    ]
    state = ItemState.DRAFT
    seen = [state := next_state(state, event) for event in walk]
    assert seen == ["submitted", "approved", "queued", "checking", "landed"]


def test_without_a_persons_word_nothing_gets_past_submitted() -> None:
    """Whatever an agent writes, commits or commands, approval is another event."""
    agents = {ItemEvent.SUBMIT, ItemEvent.WITHDRAW, *QUIET}
    assert reachable(ItemState.DRAFT, agents) == {
        ItemState.DRAFT,
        ItemState.SUBMITTED,
        ItemState.WITHDRAWN,
    }
    everything = set(ItemEvent) - {ItemEvent.APPROVE}
    assert not reachable(ItemState.SUBMITTED, everything) & RESTS_ON_APPROVAL


@pytest.mark.parametrize("state", sorted(RESTS_ON_APPROVAL | {ItemState.EJECTED}))
def test_a_new_commit_voids_the_approval(state: ItemState) -> None:
    """An approval holds for one commit id only, even while that one is checked."""
    assert next_state(state, ItemEvent.NEW_COMMIT) is ItemState.SUBMITTED
    assert next_state(state, ItemEvent.REVOKE) is ItemState.SUBMITTED
    assert next_state(state, ItemEvent.REVISE) is state


def test_only_queued_and_checked_items_land() -> None:
    """An item lands by a verdict, or because the target holds its change already."""
    landing = {x for x in TRANSITIONS if ItemEvent.LAND in TRANSITIONS[x]}
    assert landing == {ItemState.QUEUED, ItemState.CHECKING}


def test_landed_is_the_end() -> None:
    """No event leads out of landed; a new version of its file changes nothing."""
    assert reachable(ItemState.LANDED, set(ItemEvent)) == {ItemState.LANDED}


def test_every_other_state_can_reach_its_end() -> None:
    """No state is a trap, and the two machines never mix."""
    others = frozenset(ItemState) - COMMIT_STATES
    for state in COMMIT_STATES - {ItemState.LANDED}:
        assert ItemState.LANDED in reachable(state, set(ItemEvent)) <= COMMIT_STATES
    for state in others:
        assert ItemState.CLOSED in reachable(state, set(ItemEvent)) <= others


def test_a_new_version_opens_a_request_again() -> None:
    """What was acknowledged or closed was an older version."""
    assert next_state(ItemState.ACKNOWLEDGED, ItemEvent.REVISE) is ItemState.OPEN
    assert next_state(ItemState.CLOSED, ItemEvent.REVISE) is ItemState.OPEN


def test_each_of_several_addressees_may_acknowledge() -> None:
    """A second acknowledgement is an answer, not an error."""
    state = next_state(ItemState.OPEN, ItemEvent.ACKNOWLEDGE)
    assert next_state(state, ItemEvent.ACKNOWLEDGE) is ItemState.ACKNOWLEDGED
    assert next_state(state, ItemEvent.WITHDRAW) is ItemState.CLOSED


def test_a_withdrawn_commit_comes_back_only_by_submitting() -> None:
    """Work that goes on in its branch does not undo the withdrawal."""
    assert next_state(ItemState.WITHDRAWN, ItemEvent.NEW_COMMIT) is ItemState.WITHDRAWN
    assert next_state(ItemState.WITHDRAWN, ItemEvent.SUBMIT) is ItemState.SUBMITTED


def test_what_is_not_allowed_is_said_with_what_is() -> None:
    """The sentence names the state and the event, the hint the ways out."""
    with pytest.raises(Conflict) as caught:
        next_state(ItemState.DRAFT, ItemEvent.APPROVE)
    assert caught.value.message == "A pending item that is draft cannot be approved."
    assert caught.value.hint.startswith("It can be submitted or withdrawn.")
    with pytest.raises(MoveNotAllowed) as late:
        next_state(ItemState.LANDED, ItemEvent.WITHDRAW)
    assert "changed only by a new version" in late.value.hint


@given(st.sampled_from(ItemState), st.sampled_from(ItemEvent))
def test_every_pair_has_an_answer(state: ItemState, event: ItemEvent) -> None:
    """A state and an event lead to a state or to NotAllowed, never to another end."""
    if event in TRANSITIONS[state]:
        assert next_state(state, event) in TRANSITIONS
        return
    with pytest.raises(MoveNotAllowed) as caught:
        next_state(state, event)
    assert str(state) in caught.value.message
