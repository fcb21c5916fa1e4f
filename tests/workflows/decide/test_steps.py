"""Steps decided with literals: taken, submitted, and what follows of a failure."""

import pytest

from coordinator.kernel.errors import Conflict
from coordinator.workflows.decide import steps
from coordinator.workflows.decide.ruling import Asking, Notice, Ruling
from coordinator.workflows.decide.steps import Attempted, Rewind, StepTaken
from coordinator.workflows.judging.verdicts import Outcome
from coordinator.workflows.runs import plan
from coordinator.workflows.runs.loaded_run import LoadedRun
from coordinator.workflows.runs.step_states import StepEvent, StepState
from tests.workflows.decide.deciding import OVEN, asks, kinds, load, refusal, then

ESCALATE = "ESCALATE_TO_HUMAN (@docs)"


def take(loaded: LoadedRun, step: str, asking: Asking, head: str = "c0") -> Ruling:
    """Return what is decided where a step is to be taken."""
    return steps.take(loaded, loaded.step(step), asking, head=head, is_judged=False)


def submit(
    loaded: LoadedRun, step: str, event: StepEvent, asking: Asking, *rewound: str
) -> Ruling:
    """Return what is decided on evidence that comes to this."""
    attempted = Attempted("{}", "[]", event)
    return steps.submit(loaded, loaded.step(step), attempted, asking, rewound)


def taken(failure: str = ESCALATE) -> LoadedRun:
    """Return a run whose first step the baker took at the start."""
    loaded = load(OVEN.format(failure=failure))
    return then(loaded, take(loaded, "S1", asks("baker")), asks("baker"))


def test_a_free_step_is_taken_with_its_commit() -> None:
    """The record holds the epoch, the end of the lease, and where the taker stands."""
    loaded = load(OVEN.format(failure=ESCALATE))
    found = take(loaded, "S1", asks("baker"), "c1")
    assert kinds(found) == ["run.taken"]
    assert found.records[0].actor == "baker"
    assert found.records[0].data == {
        "step": "S1",
        "epoch": 1,
        "expires": "2026-03-03T08:10:00.000Z",
        "base": "c1",
    }
    assert found.notices == ()


def test_a_renewal_keeps_epoch_and_commit() -> None:
    """It is the same holder's, who stands elsewhere by now."""
    found = take(taken(), "S1", asks("baker", 5), "c9")
    assert found.records[0].data["epoch"] == 1
    assert found.records[0].data["base"] == "c0"


def test_a_held_step_is_refused_with_its_holder() -> None:
    """Also while it is judged, when its lease stands still."""
    loaded = taken()
    found = take(loaded, "S1", asks("miller", 9))
    assert isinstance(found.refusal, StepTaken)
    assert refusal(found) == "baker holds S1 until 2026-03-03T08:10:00.000Z."
    step = loaded.step("S1")
    judged = steps.take(loaded, step, asks("miller", 11), head="", is_judged=True)
    assert isinstance(judged.refusal, Conflict)


def test_a_lapsed_lease_is_taken_over_and_told() -> None:
    """With an epoch of its own; the one before hears of it."""
    found = take(taken(), "S1", asks("miller", 10))
    assert found.records[0].data["epoch"] == 2
    subject = "S1 of oven-1 was taken over"
    body = "Your lease had ended; miller has the step now.\n"
    assert found.notices == (Notice("baker", subject, body),)


def test_the_third_takeover_is_a_persons_matter() -> None:
    """It is recorded as an escalation, and whoever asks is refused."""
    loaded = taken()
    for number, actor in enumerate(("miller", "cook"), 1):
        asking = asks(actor, 10 * number)
        loaded = then(loaded, take(loaded, "S1", asking), asking)
    found = take(loaded, "S1", asks("miller", 30))
    assert kinds(found) == ["run.escalated"]
    assert refusal(found).endswith("nobody finished it. It is escalated.")


def test_a_step_that_waits_cannot_be_taken() -> None:
    """The reason names what is before it."""
    found = take(taken(), "S2", asks("miller"))
    words = "S2 is PENDING: it cannot be taken. It waits: S1 must have succeeded."
    assert refusal(found) == words


@pytest.mark.parametrize(
    ("actor", "reason"),
    [("baker", None), ("miller", "baker holds S1 until 2026-03-03T08:10:00.000Z.")],
)
def test_only_the_holder_submits(actor: str, reason: str | None) -> None:
    """Whoever does not hold a step has nothing to show for it."""
    loaded = taken()
    found = steps.not_held(loaded, loaded.step("S1"), asks(actor))
    assert (found.message if found else None) == reason
    [free] = [steps.not_held(loaded, loaded.step("S2"), asks("baker"))]
    assert free is not None
    assert free.message == "S2 is not yours: it is PENDING."


def test_the_last_step_ends_the_run() -> None:
    """The end is recorded with the attempt, so that no crash comes between."""
    loaded = taken()
    met = submit(loaded, "S1", StepEvent.MEET, asks("baker", 1))
    assert kinds(met) == ["run.submitted"]
    assert met.texts == ("{}", "[]")
    loaded = then(loaded, met, asks("baker", 1))
    loaded = then(loaded, take(loaded, "S2", asks("baker", 2)), asks("baker", 2))
    last = submit(loaded, "S2", StepEvent.MEET, asks("baker", 3))
    assert kinds(last) == ["run.submitted", "run.finished"]


def test_an_attempt_is_left_until_the_budget_is_spent() -> None:
    """One retry: the second miss is the last."""
    loaded = taken()
    step = loaded.step("S1")
    assert steps.missed(loaded, step) is StepEvent.MISS
    found = submit(loaded, "S1", StepEvent.MISS, asks("baker", 1))
    loaded = then(loaded, found, asks("baker", 1))
    assert plan.state(loaded.run, "S1") is StepState.RETRYING
    assert steps.missed(loaded, step) is StepEvent.EXHAUST


def exhausted(failure: str, *rewound: str) -> tuple[LoadedRun, Ruling]:
    """Return a run that spent its attempts, and what is decided then."""
    loaded = taken(failure)
    missed = submit(loaded, "S1", StepEvent.MISS, asks("baker", 1))
    loaded = then(loaded, missed, asks("baker", 1))
    return loaded, submit(loaded, "S1", StepEvent.EXHAUST, asks("baker", 2), *rewound)


def test_a_person_decides_where_the_document_says_so() -> None:
    """Who is addressed and the maintainers are told, in the same records."""
    _, found = exhausted(ESCALATE)
    assert kinds(found) == ["run.submitted", "run.escalated"]
    assert found.records[1].data["id"] == "oven-1-e1"
    assert [x.to for x in found.notices] == [""]
    assert "It is for docs, who is not on the roster." in found.notices[0].body


def test_the_work_goes_on_where_the_document_says_so() -> None:
    """With a warning to the run's agent and the maintainers."""
    _, found = exhausted("NOTIFY_AND_CONTINUE")
    assert kinds(found) == ["run.submitted", "run.moved"]
    assert found.records[1].data["event"] == "continue"
    assert [x.to for x in found.notices] == ["", "baker"]


def test_a_subtask_begins_anew_where_its_worktree_went_back() -> None:
    """Whoever performs it says where all was saved; without that a person decides."""
    loaded, found = exhausted("REVERT_STATE", "refs/saved/baker/1/head")
    step = loaded.step("S1")
    assert steps.rewind(loaded, step, StepEvent.EXHAUST) == Rewind("baker", "c0")
    assert steps.rewind(loaded, step, StepEvent.MISS) is None
    assert [x.data.get("event") for x in found.records] == [None, "revert"]
    assert found.note.endswith("what was there is below refs/saved/baker/1.")
    again = then(loaded, found, asks("baker", 2))
    assert plan.state(again.run, "S1") is StepState.PENDING
    assert kinds(exhausted("REVERT_STATE")[1])[1] == "run.escalated"


@pytest.mark.parametrize(
    ("found", "has_failed", "event"),
    [
        ({Outcome.MET}, False, StepEvent.MEET),
        ({Outcome.MET, Outcome.ATTESTED}, False, StepEvent.SUBMIT),
        ({Outcome.MET, Outcome.UNMET}, False, StepEvent.MISS),
        ({Outcome.UNRESOLVED}, False, StepEvent.MISS),
        ({Outcome.MET}, True, StepEvent.MEET),  # it may be meant to fail
        (set(), True, StepEvent.MISS),
        (set(), False, StepEvent.MEET),
    ],
)
def test_what_verdicts_come_to(
    found: set[Outcome],
    has_failed: bool,  # noqa: FBT001 - a parameter
    event: StepEvent,
) -> None:
    """One that is not met is an attempt; one that only a person can tell waits."""
    loaded = taken()
    step = loaded.step("S1")
    assert steps.outcome(loaded, step, found, has_failed=has_failed) is event


def test_an_attempt_on_a_step_that_went_on_is_none() -> None:
    """The mark changes with whatever happens to the step."""
    loaded, asking = taken(), asks("baker")
    step = loaded.step("S1")
    mark = steps.mark_of(loaded, step)
    assert steps.went_on(loaded, step, mark) is None
    loaded = then(loaded, submit(loaded, "S1", StepEvent.SUBMIT, asking), asking)
    found = steps.went_on(loaded, step, mark)
    assert isinstance(found, Conflict)
    assert found.message == "S1 went on while the evidence was judged."
