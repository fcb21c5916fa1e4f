"""The lifecycle of a step: where each event leads, and where it cannot happen."""

import pytest

from coordinator.kernel.errors import ErrorKind
from coordinator.workflows.runs.step_states import (
    HELD,
    PASSED,
    TABLE,
    StepEvent,
    StepState,
    WrongMoment,
    next_state,
)

MOVES = [(state, event) for state in StepState for event in StepEvent]


@pytest.mark.parametrize(("state", "event"), MOVES)
def test_every_event_in_every_state(state: StepState, event: StepEvent) -> None:
    """The table says where it leads; what is not in it is refused in words."""
    if event in TABLE[state]:
        assert next_state("S01", state, event) is TABLE[state][event]
        return
    with pytest.raises(WrongMoment) as raised:
        next_state("S01", state, event)
    assert raised.value.kind is ErrorKind.CONFLICT
    assert f"S01 is {state.value}: it cannot {event.value} now" in str(raised.value)
    assert raised.value.hint


def test_every_state_has_a_row() -> None:
    """And every one but the first can be reached."""
    assert set(TABLE) == set(StepState)
    reached = {x for row in TABLE.values() for x in row.values()}
    assert reached == set(StepState)
    assert {x for row in TABLE.values() for x in row} == set(StepEvent)


def test_what_was_skipped_or_abandoned_stays_so() -> None:
    """Nothing happens to it any more."""
    assert [x for x in StepState if not TABLE[x]] == [
        StepState.SKIPPED,
        StepState.ABANDONED,
    ]


def test_only_evidence_and_a_person_let_a_step_pass() -> None:
    """A step passes out of VERIFYING, out of FAILED by a warning, or is skipped."""
    ways = {
        (state, event)
        for state, row in TABLE.items()
        for event, to in row.items()
        if to in PASSED
    }
    assert ways == {
        (StepState.VERIFYING, StepEvent.MEET),
        (StepState.FAILED, StepEvent.CONTINUE),
        (StepState.ESCALATED, StepEvent.SKIP),
    }


def test_only_a_free_step_can_be_taken_or_taken_over() -> None:
    """Whoever takes it holds it until it is judged, fails or the lease ends."""
    assert {x for x in StepState if StepEvent.TAKE in TABLE[x]} == {
        StepState.READY,
        StepState.RUNNING,
        StepState.RETRYING,
    }
    assert {StepState.RUNNING, StepState.VERIFYING, StepState.RETRYING} == HELD
    assert not HELD & PASSED
