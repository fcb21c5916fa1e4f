"""Gates of steps decided with literals; those that are boxes: `test_items`."""

from coordinator.workflows.decide import gates
from coordinator.workflows.runs import plan
from coordinator.workflows.runs.loaded_run import LoadedRun
from coordinator.workflows.runs.step_states import StepEvent, StepState
from tests.workflows.decide.deciding import asks, kinds, refusal, then
from tests.workflows.decide.test_steps import submit, taken

ASKING = asks("(maintainer)", 5)


def waiting() -> LoadedRun:
    """Return a run whose first step has evidence that waits for a word."""
    loaded = taken()
    return then(loaded, submit(loaded, "S1", StepEvent.SUBMIT, asks("baker")), ASKING)


def test_evidence_that_is_accepted_lets_the_next_step_begin() -> None:
    """The word is kept, the step is done, and its holder hears of it."""
    loaded = waiting()
    assert plan.state(loaded.run, "S1") is StepState.VERIFYING
    found = gates.approve(loaded, "S1", "Good walls", ASKING)
    assert kinds(found) == ["run.passed", "run.moved"]
    assert "Good walls" in found.texts
    assert [x.to for x in found.notices] == ["baker"]
    now = then(loaded, found, ASKING)
    assert plan.state(now.run, "S1") is StepState.SUCCEEDED
    assert plan.effective_state(now.plan, now.run, "S2", ASKING.at) is StepState.READY


def test_the_same_word_again_changes_nothing() -> None:
    """What waits no more and was passed is fine; what never waited is refused."""
    loaded = waiting()
    loaded = then(loaded, gates.approve(loaded, "S1", "Good", ASKING), ASKING)
    assert gates.approve(loaded, "S1", "Good", ASKING).records == ()
    other = gates.approve(loaded, "S2", "Good", ASKING)
    assert refusal(other) == "S2 does not wait for a word now."


def test_evidence_that_is_rejected_costs_an_attempt() -> None:
    """With the last one it is a person's matter, in the same decision."""
    loaded = waiting()
    assert gates.rejection(loaded, "S1") == (loaded.step("S1"), StepEvent.MISS)
    found = gates.reject(loaded, "S1", "A crack", ASKING)
    assert kinds(found) == ["run.moved"]
    assert "A crack" in found.texts
    loaded = then(loaded, found, ASKING)
    assert plan.state(loaded.run, "S1") is StepState.RETRYING
    again = submit(loaded, "S1", StepEvent.SUBMIT, asks("baker", 5))
    loaded = then(loaded, again, ASKING)
    found = gates.reject(loaded, "S1", "Another one", ASKING)
    assert kinds(found) == ["run.moved", "run.escalated"]
    assert plan.state(then(loaded, found, ASKING).run, "S1") is StepState.ESCALATED


def test_only_evidence_can_be_rejected() -> None:
    """A step that nobody worked on has none."""
    found = gates.reject(waiting(), "S2", "No", ASKING)
    assert refusal(found) == "S2 has no evidence to be rejected."
