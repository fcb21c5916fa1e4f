"""Which steps of a document may be worked on, and what they wait for."""

import pytest

from coordinator.kernel.leases import Lease
from coordinator.workflows.documents import read
from coordinator.workflows.marks import Mark
from coordinator.workflows.model import (
    Comparison,
    Criteria,
    Criterion,
    NamedEntry,
    Needs,
    Prerequisite,
    Step,
    StepBook,
    Subtask,
    Task,
)
from coordinator.workflows.runs import plan
from coordinator.workflows.runs.plan import DOCUMENT, Obstacle, Plan
from coordinator.workflows.runs.run import Run, Word, Work
from coordinator.workflows.runs.step_states import StepState
from tests.workflows.sample_documents import BOOK

NOW = "12"
FILE = Criterion(Criteria.FILE_EXISTS, "a.md", 9, values=("a.md",))


def run(states: dict[str, StepState] | None = None, *passed: str) -> Run:
    """Return a run whose steps stand so, with these gates passed."""
    made = Run("r", "t", 1, "a", "00", "", "", [])
    for name, state in (states or {}).items():
        made.steps[name] = Work(state, Lease("baker", expires="20"))
    made.passed = {x: Word(Mark.DONE, "ann", "01") for x in passed}
    return made


def after(*names: str) -> tuple[Prerequisite, ...]:
    """Return prerequisites that these have succeeded."""
    return tuple(Prerequisite(f"{x} must be done", 1, x) for x in names)


def subtask(name: str, steps: int = 1, *needs: Prerequisite) -> Subtask:
    """Return a subtask with so many steps."""
    made = tuple(Step(f"{name}-{x:02}", x) for x in range(1, steps + 1))
    return Subtask(name, "", 1, prerequisites=needs, steps=made)


def book(*subtasks: Subtask) -> Plan:
    """Return the plan of a document with one task."""
    return Plan(StepBook(tasks=(Task("P01-T01", "", 1, subtasks=subtasks),)))


def ready(made: Plan, at: Run) -> list[str]:
    """Return the names of the steps that may be taken."""
    return [x.name for x in plan.ready(made, at, NOW)]


def test_places_in_order() -> None:
    """Each step with its subtask, its task, and the step that it follows."""
    made = Plan(read.parse(BOOK, "w.md")[0].book)
    assert [(x.name, x.key, x.before, x.attempts) for x in made.steps.values()] == [
        ("P01-T01-S01-01", "P01-T01-S01", "", 2),
        ("P01-T01-S01-02", "P01-T01-S01", "P01-T01-S01-01", 2),
        ("P01-T02-S01-01", "P01-T02-S01", "", 1),
    ]
    assert made.steps["P01-T01-S01-02"].task.id == "P01-T01"
    assert made.of_subtask("P01-T01-S01") == ["P01-T01-S01-01", "P01-T01-S01-02"]
    assert made.of_subtask("P09") == []
    assert {x: y.name for x, y in made.quality.items()} == {"quality-1": "Crust"}


@pytest.mark.parametrize(
    ("name", "count"),
    [("P01", 3), ("P01-T01", 2), ("P01-T02-S01", 1), ("P01-T02-S01-01", 1), ("P02", 0)],
)
def test_what_is_inside(name: str, count: int) -> None:
    """Of a phase, a task, a subtask and a step."""
    made = Plan(read.parse(BOOK, "w.md")[0].book)
    assert len(made.inside(name)) == count


def test_ids_that_stand_twice_are_told_apart() -> None:
    """Steps and subtasks of one id get a number; each subtask keeps to its own."""
    one = Subtask("S", "", 1, steps=(Step("X", 1), Step("X", 2)))
    made = book(one, one, Subtask("", "", 1, steps=(Step("", 1),)))
    assert list(made.steps) == ["X", "X~2", "X~3", "X~4", "P01-T01-3-01"]
    assert [x.key for x in made.steps.values()] == [
        "S",
        "S",
        "S~2",
        "S~2",
        "P01-T01-3",
    ]
    assert made.of_subtask("S") == ["X", "X~2"]
    assert made.of_subtask("S~2") == ["X~3", "X~4"]
    assert made.inside("S") == ["X", "X~2", "X~3", "X~4"]


def test_many_equal_ids_take_no_longer() -> None:
    """Each gets the next number at once."""
    made = book(*[Subtask("S", "", 1)] * 20_000)
    assert list(made.steps)[-1] == "S~20000-01"


def test_a_subtask_without_steps_is_a_step() -> None:
    """It does what its title says, and its criteria are those of the step."""
    made = book(Subtask("S", "Bake", 4, "Hot.", criteria=(FILE,)))
    (place,) = made.steps.values()
    assert (place.name, place.step.command, place.step.description) == (
        "S-01",
        "Bake",
        "Hot.",
    )
    assert place.criteria == (FILE,)


def test_the_last_step_must_meet_the_subtasks_criteria_too() -> None:
    """The others only their own."""
    other = Criterion(Criteria.EXIT_CODE, "0", 2)
    steps = (Step("A", 1, criteria=(other,)), Step("B", 2, criteria=(other,)))
    made = book(Subtask("S", "", 1, steps=steps, criteria=(FILE,)))
    found = [x.criteria for x in made.steps.values()]
    assert found == [(other,), (other, FILE)]


def test_artifacts_and_figures_are_a_step_of_their_own() -> None:
    """It comes last, and has many attempts; metrics without a number are prose."""
    number = Comparison("speed", ">", 9)
    figure = Criterion(Criteria.NUMBER, "speed > 9", 8, comparison=number)
    prose = Criterion(Criteria.ATTESTED, "fast", 7)
    tasks = (Task("P01-T01", "", 1, subtasks=(subtask("S"),)),)
    made = Plan(StepBook(tasks=tasks, artifacts=(FILE,), metrics=(prose, figure)))
    assert list(made.steps) == ["S-01", DOCUMENT]
    last = made.steps[DOCUMENT]
    assert (last.criteria, last.attempts) == ((FILE, figure), 1_001)
    assert ready(made, run()) == ["S-01"]
    assert [x.text for x in plan.waits(made, run(), DOCUMENT)] == [
        "S-01 must have succeeded."
    ]
    assert ready(made, run({"S-01": StepState.SUCCEEDED})) == [DOCUMENT]
    assert list(Plan(StepBook(metrics=(prose,))).steps) == []


def test_no_step_takes_the_documents_name() -> None:
    """A step of that id is another one."""
    steps = (Step(DOCUMENT, 1),)
    tasks = (Task("T", "", 1, subtasks=(Subtask("S", "", 1, steps=steps),)),)
    made = Plan(StepBook(tasks=tasks, artifacts=(FILE,)))
    assert list(made.steps) == ["document~2", DOCUMENT]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (StepState.SUCCEEDED, StepState.READY),
        (StepState.SUCCEEDED_WITH_WARNINGS, StepState.READY),
        (StepState.SKIPPED, StepState.READY),
        (StepState.RUNNING, StepState.PENDING),
        (StepState.VERIFYING, StepState.PENDING),
        (StepState.FAILED, StepState.PENDING),
        (StepState.ESCALATED, StepState.PENDING),
        (StepState.ABANDONED, StepState.PENDING),
    ],
)
def test_steps_of_a_subtask_follow_each_other(
    before: StepState, now: StepState
) -> None:
    """The next one is free once the one before it has passed."""
    made = book(subtask("S", 2))
    assert plan.effective_state(made, run({"S-01": before}), "S-02", NOW) is now


def test_what_was_not_said_is_pending_and_may_be_ready() -> None:
    """A step without a record waits for nothing but its prerequisites."""
    made = book(subtask("S", 2))
    assert plan.state(run(), "S-01") is StepState.PENDING
    assert plan.effective_state(made, run(), "S-01", NOW) is StepState.READY
    assert ready(made, run()) == ["S-01"]


@pytest.mark.parametrize(
    "state", [StepState.RUNNING, StepState.RETRYING, StepState.VERIFYING]
)
@pytest.mark.parametrize(
    ("expires", "is_free"), [("11", True), ("12", True), ("13", False), ("", False)]
)
def test_a_lapsed_lease_frees_a_step(
    state: StepState, expires: str, *, is_free: bool
) -> None:
    """From the very moment on; what is judged is not taken away."""
    made, at = book(subtask("S")), run({"S-01": state})
    at.steps["S-01"].lease = Lease("baker", expires=expires)
    free = is_free and state is not StepState.VERIFYING
    assert plan.effective_state(made, at, "S-01", NOW) is (
        StepState.READY if free else state
    )


@pytest.mark.parametrize(
    "state", [StepState.READY, StepState.RUNNING, StepState.RETRYING]
)
def test_none_is_ready_while_it_waits(state: StepState) -> None:
    """Not even a step that was free before what it follows was taken back."""
    made, at = book(subtask("S", 2)), run({"S-01": StepState.PENDING, "S-02": state})
    at.steps["S-02"].lease = Lease("baker", expires="11")
    assert plan.effective_state(made, at, "S-02", NOW) is StepState.PENDING
    at.steps["S-01"].state = StepState.SUCCEEDED
    assert plan.effective_state(made, at, "S-02", NOW) is StepState.READY


@pytest.mark.parametrize(
    ("wanted", "done", "is_ready"),
    [
        ("A-01", ["A-01"], True),
        ("A", ["A-01"], False),
        ("A", ["A-01", "A-02"], True),
        ("P01-T01", ["A-01", "A-02"], True),
        ("P01", ["A-01"], False),
    ],
)
def test_a_prerequisite_is_met_by_all_that_is_inside_of_it(
    wanted: str, done: list[str], *, is_ready: bool
) -> None:
    """Of a step, a subtask, a task, a phase."""
    tasks = (
        Task("P01-T01", "", 1, subtasks=(subtask("A", 2),)),
        Task("P02-T01", "", 1, prerequisites=after(wanted), subtasks=(subtask("B"),)),
    )
    made = Plan(StepBook(tasks=tasks))
    at = run(dict.fromkeys(done, StepState.SUCCEEDED))
    assert ("B-01" in ready(made, at)) is is_ready


@pytest.mark.parametrize(
    ("state", "is_ready"),
    [
        (StepState.PENDING, False),
        (StepState.RUNNING, True),
        (StepState.ESCALATED, True),
    ],
)
def test_what_must_only_have_started(state: StepState, *, is_ready: bool) -> None:
    """Anything but PENDING has."""
    wanted = Prerequisite("A has started", 1, "A", Needs.STARTED)
    made = book(subtask("A", 2), subtask("B", 1, wanted))
    assert ("B-01" in ready(made, run({"A-01": state}))) is is_ready


def test_words_wait_for_a_maintainer() -> None:
    """Free text, and ids of other files; each has a gate of its own."""
    words = Prerequisite("The oven is paid", 1, needs=Needs.WORD)
    other = Prerequisite("Task P09-T01 must be SUCCEEDED", 2, "P09-T01")
    made = book(subtask("A"), subtask("B", 1, words, other, *after("A")))
    found = list(plan.waits(made, run(), "B-01"))
    assert found == [
        Obstacle("The oven is paid", "B-needs-1"),
        Obstacle("Task P09-T01 must be SUCCEEDED", "B-needs-2"),
        Obstacle("A must be done"),
    ]
    assert plan.gates(made, run()) == found[:2]
    at = run({"A-01": StepState.SUCCEEDED}, "B-needs-1", "B-needs-2")
    assert plan.gates(made, at) == []
    assert ready(made, at) == ["B-01"]


def test_a_tasks_words_hold_all_its_steps() -> None:
    """One gate is listed once."""
    words = (Prerequisite("Paid", 1, needs=Needs.WORD),)
    subtasks = (subtask("A"), subtask("B"))
    made = Plan(StepBook(tasks=(Task("P01-T01", "", 1, "", "", words, "", subtasks),)))
    assert plan.gates(made, run()) == [Obstacle("Paid", "P01-T01-needs-1")]
    assert ready(made, run()) == []
    assert ready(made, run({}, "P01-T01-needs-1")) == ["A-01", "B-01"]


def test_evidence_may_wait_for_a_word() -> None:
    """A step that is judged by a person is a gate of its name."""
    made = book(subtask("S"))
    assert [x.gate for x in plan.gates(made, run({"S-01": StepState.VERIFYING}))] == [
        "S-01"
    ]


def test_quality_gates_come_after_all_steps() -> None:
    """A document is complete when both have been passed."""
    tasks = (Task("T", "", 1, subtasks=(subtask("S"),)),)
    made = Plan(StepBook(tasks=tasks, gates=(NamedEntry("Crust", "cracks", 1),)))
    assert plan.gates(made, run()) == []
    done = {"S-01": StepState.SUCCEEDED_WITH_WARNINGS}
    assert plan.gates(made, run(done)) == [Obstacle("Crust: cracks", "quality-1")]
    assert not plan.is_complete(made, run(done))
    assert not plan.is_complete(made, run({}, "quality-1"))
    assert plan.is_complete(made, run(done, "quality-1"))
    assert plan.gates(made, run(done, "quality-1")) == []


def test_nothing_is_never_complete() -> None:
    """A document without steps has nothing that could have been done."""
    assert not plan.is_complete(Plan(StepBook()), run())


def test_nothing_is_ready_in_a_run_that_ended() -> None:
    """Whatever stands open in it."""
    at = run()
    at.ended = "11"
    assert ready(book(subtask("S")), at) == []


def test_what_an_agent_holds() -> None:
    """Steps in its hands; not those of others, and not those that are done."""
    made = book(subtask("A"), subtask("B"), subtask("C"), subtask("D"))
    at = run(
        {
            "A-01": StepState.RUNNING,
            "B-01": StepState.VERIFYING,
            "C-01": StepState.SUCCEEDED,
        }
    )
    assert plan.held(made, at, "baker") == ["A-01", "B-01"]
    assert plan.held(made, at, "miller") == []
