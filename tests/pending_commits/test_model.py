import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.kernel.errors import Conflict
from pending_commits.model import (
    COMMIT_STATES,
    TRANSITIONS,
    Event,
    Kind,
    NotAllowed,
    PendingItem,
    State,
    is_branch_name,
    next_state,
)

QUIET = {Event.REVISE, Event.NEW_COMMIT}
RESTS_ON_APPROVAL = {State.APPROVED, State.QUEUED, State.CHECKING, State.HELD}


def reachable(start: State, events: set[Event]) -> set[State]:
    """Return every state that these events can lead to."""
    seen, todo = {start}, [start]
    while todo:
        table = TRANSITIONS[todo.pop()]
        new = {to for event, to in table.items() if event in events} - seen
        seen |= new
        todo += new
    return seen


def item(kind: Kind, *, draft: bool = False) -> PendingItem:
    """Make an item of a kind."""
    return PendingItem("x", kind, "X", "pending-commits/x.md", draft=draft)


def test_a_commit_walks_from_draft_to_landed() -> None:
    """The straight way through the machine is the one at the head of its table."""
    walk = [Event.SUBMIT, Event.APPROVE, Event.QUEUE, Event.CHECK, Event.LAND]
    state = State.DRAFT
    seen = [state := next_state(state, event) for event in walk]
    assert seen == ["submitted", "approved", "queued", "checking", "landed"]


def test_without_a_persons_word_nothing_gets_past_submitted() -> None:
    """Whatever an agent writes, commits or commands, approval is another event."""
    agents = {Event.SUBMIT, Event.WITHDRAW, *QUIET}
    assert reachable(State.DRAFT, agents) == {
        State.DRAFT,
        State.SUBMITTED,
        State.WITHDRAWN,
    }
    everything = set(Event) - {Event.APPROVE}
    assert not reachable(State.SUBMITTED, everything) & RESTS_ON_APPROVAL


@pytest.mark.parametrize("state", sorted(RESTS_ON_APPROVAL | {State.EJECTED}))
def test_a_new_commit_voids_the_approval(state: State) -> None:
    """An approval holds for one commit id only, even while that one is checked."""
    assert next_state(state, Event.NEW_COMMIT) is State.SUBMITTED
    assert next_state(state, Event.REVOKE) is State.SUBMITTED
    assert next_state(state, Event.REVISE) is state


def test_only_queued_and_checked_items_land() -> None:
    """An item lands by a verdict, or because the target holds its change already."""
    landing = {x for x in TRANSITIONS if Event.LAND in TRANSITIONS[x]}
    assert landing == {State.QUEUED, State.CHECKING}


def test_landed_is_the_end() -> None:
    """No event leads out of landed; a new version of its file changes nothing."""
    assert reachable(State.LANDED, set(Event)) == {State.LANDED}


def test_every_other_state_can_reach_its_end() -> None:
    """No state is a trap, and the two machines never mix."""
    others = frozenset(State) - COMMIT_STATES
    for state in COMMIT_STATES - {State.LANDED}:
        assert State.LANDED in reachable(state, set(Event)) <= COMMIT_STATES
    for state in others:
        assert State.CLOSED in reachable(state, set(Event)) <= others


def test_a_new_version_opens_a_request_again() -> None:
    """What was acknowledged or closed was an older version."""
    assert next_state(State.ACKNOWLEDGED, Event.REVISE) is State.OPEN
    assert next_state(State.CLOSED, Event.REVISE) is State.OPEN


def test_each_of_several_addressees_may_acknowledge() -> None:
    """A second acknowledgement is an answer, not an error."""
    state = next_state(State.OPEN, Event.ACKNOWLEDGE)
    assert next_state(state, Event.ACKNOWLEDGE) is State.ACKNOWLEDGED
    assert next_state(state, Event.WITHDRAW) is State.CLOSED


def test_a_withdrawn_commit_comes_back_only_by_submitting() -> None:
    """Work that goes on in its branch does not undo the withdrawal."""
    assert next_state(State.WITHDRAWN, Event.NEW_COMMIT) is State.WITHDRAWN
    assert next_state(State.WITHDRAWN, Event.SUBMIT) is State.SUBMITTED


def test_what_is_not_allowed_is_said_with_what_is() -> None:
    """The sentence names the state and the event, the hint the ways out."""
    with pytest.raises(Conflict) as caught:
        next_state(State.DRAFT, Event.APPROVE)
    assert caught.value.message == "A pending item that is draft cannot be approved."
    assert caught.value.hint.startswith("It can be submitted or withdrawn.")
    with pytest.raises(NotAllowed) as late:
        next_state(State.LANDED, Event.WITHDRAW)
    assert "changed only by a new version" in late.value.hint


@given(st.sampled_from(State), st.sampled_from(Event))
def test_every_pair_has_an_answer(state: State, event: Event) -> None:
    """A state and an event lead to a state or to NotAllowed, never to another end."""
    if event in TRANSITIONS[state]:
        assert next_state(state, event) in TRANSITIONS
        return
    with pytest.raises(NotAllowed) as caught:
        next_state(state, event)
    assert str(state) in caught.value.message


@pytest.mark.parametrize(
    "name", ["main", "backend/login", "release/1.0", "ümläut/x", "a`b", "x@y", "#1"]
)
def test_names_that_git_admits_are_branches(name: str) -> None:
    """Any branch that git can make may be named."""
    assert is_branch_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "@", "HEAD", "-x", "--upload-pack=evil", "a b", "a..b", "a//b", "/a"),
        *("a/", "a.", ".a", "a/.b", "a.lock", "a.lock/b", "a@{1}", "a~1", "a^", "a:b"),
        *("a?", "a*", "a[", "a\\b", "a\nb", "a\n", "a\x7f", "refs/heads/a", "x" * 201),
    ],
)
def test_names_that_git_refuses_are_none(name: str) -> None:
    """Options, revisions and paths out of the namespace never reach git."""
    assert not is_branch_name(name)
