"""Escalations decided with literals."""

from coordinator.workflows.decide import escalations
from coordinator.workflows.runs import plan
from coordinator.workflows.runs.loaded_run import LoadedRun
from coordinator.workflows.runs.step_states import StepState
from tests.workflows.decide.deciding import OVEN, asks, kinds, load, refusal, then
from tests.workflows.decide.test_steps import ESCALATE, take


def escalated() -> LoadedRun:
    """Return a run whose first step is a person's matter."""
    loaded, asking = load(OVEN.format(failure=ESCALATE)), asks("baker")
    loaded = then(loaded, take(loaded, "S1", asking), asking)
    found = escalations.escalate(loaded, loaded.step("S1"), "It broke.", asking)
    return then(loaded, found, asking)


def test_a_resumed_step_is_free_and_its_holder_told() -> None:
    """The run's agent and the holder are one here: one message."""
    loaded = escalated()
    one = loaded.run.escalations["oven-1-e1"]
    found = escalations.resolve(loaded, one, "resume", "Go on", asks("(maintainer)"))
    assert kinds(found) == ["run.resolved"]
    assert found.texts == ("Go on",)
    assert [x.to for x in found.notices] == ["baker"]
    now = then(loaded, found, asks("(maintainer)"))
    assert plan.state(now.run, "S1") is StepState.READY
    assert now.run.steps["S1"].holder == ""


def test_giving_up_ends_the_run() -> None:
    """In the same decision."""
    loaded = escalated()
    one = loaded.run.escalations["oven-1-e1"]
    found = escalations.resolve(loaded, one, "abandon", "No", asks("(maintainer)"))
    assert kinds(found) == ["run.resolved", "run.finished"]
    assert found.records[1].data == {"outcome": "abandoned"}


def test_a_decision_is_made_once() -> None:
    """The same again is nothing; another one is refused."""
    asking, loaded = asks("(maintainer)"), escalated()
    one = loaded.run.escalations["oven-1-e1"]
    first = escalations.resolve(loaded, one, "skip", "So", asking)
    loaded = then(loaded, first, asking)
    one = loaded.run.escalations["oven-1-e1"]
    assert escalations.resolve(loaded, one, "skip", "So", asking).records == ()
    other = escalations.resolve(loaded, one, "resume", "So", asking)
    assert refusal(other) == "oven-1-e1 was resolved already: skip."


def test_what_is_said_is_told_to_the_maintainers() -> None:
    """By name."""
    loaded = escalated()
    one = loaded.run.escalations["oven-1-e1"]
    found = escalations.comment(loaded, one, "The port is taken", asks("miller"))
    assert kinds(found) == ["run.commented"]
    assert [x.subject for x in found.notices] == ["miller says something on oven-1-e1"]
