"""How long steps were in each state, by the records of their run."""

from typing import Any

import pytest

from coordinator.workflows.model import (
    Criteria,
    Criterion,
    Needs,
    Prerequisite,
    Step,
    StepBook,
    Subtask,
    Task,
)
from coordinator.workflows.runs import run as runs
from coordinator.workflows.runs.durations import Durations
from coordinator.workflows.runs.plan import DOCUMENT, Plan
from coordinator.workflows.runs.run import Run, RunRecord
from coordinator.workflows.runs.step_states import StepEvent

STARTED = {
    "run": "r",
    "template": "t",
    "version": 1,
    "agent": "baker",
    "text": "",
    "base": "",
    "ids": [],
}
WORD = Prerequisite("The miller is paid", 1, needs=Needs.WORD)


def at(minute: int) -> str:
    """Return a time as the journal writes it."""
    return f"2026-01-31T{9 + minute // 60:02}:{minute % 60:02}:00.000Z"


def after(name: str, needs: Needs = Needs.SUCCEEDED) -> Prerequisite:
    """Return a prerequisite on a subtask."""
    return Prerequisite(f"{name} comes first", 1, name, needs)


def subtask(name: str, steps: int = 1, *needs: Prerequisite) -> Subtask:
    """Return a subtask with so many steps."""
    made = tuple(Step(f"{name}-{x}", x) for x in range(1, steps + 1))
    line = 10 * ord(name[0])
    return Subtask(name, "", line, prerequisites=needs, steps=made)


def book(*subtasks: Subtask) -> Plan:
    """Return the plan of a document with one task."""
    return Plan(StepBook(tasks=(Task("T", "", 1, subtasks=subtasks),)))


def run(*said: tuple[int, str, dict[str, Any]]) -> Run:
    """Return the run of these records; the first minute is that of its start."""
    entries = [(0, "run.started", STARTED), *said]
    return runs.fold(
        RunRecord(seq, at(minute), kind, "baker", data)
        for seq, (minute, kind, data) in enumerate(entries, 1)
    )


def taken(minute: int, step: str, until: int = 600) -> tuple[int, str, dict[str, Any]]:
    """Return the record of a taking, with the minute at which its lease ends."""
    data = {"step": step, "epoch": 1, "expires": at(until), "base": ""}
    return minute, "run.taken", data


def submitted(
    minute: int, step: str, outcome: StepEvent = StepEvent.MEET
) -> tuple[int, str, dict[str, Any]]:
    """Return the record of an attempt."""
    data = {
        "step": step,
        "subtask": step[0],
        "evidence": "",
        "verdicts": "",
        "outcome": outcome.value,
        "commit": "",
        "expires": at(600),
    }
    return minute, "run.submitted", data


def moved(minute: int, step: str, event: StepEvent) -> tuple[int, str, dict[str, Any]]:
    """Return the record of an event."""
    data = {"step": step, "event": event.value, "subtask": step[0]}
    return minute, "run.moved", data


def minutes(made: Plan, of: Run, name: str, now: int) -> dict[str, float]:
    """Return the minutes that a step was in each state."""
    found = Durations(made, of, at(now)).of_step(name)
    return {state: seconds / 60 for state, seconds in found.items()}


def test_a_step_that_waits_for_nothing_is_ready_from_the_start() -> None:
    """Until it is taken; then it runs until it has succeeded."""
    made, of = book(subtask("A")), run(taken(5, "A-1"), submitted(8, "A-1"))
    assert minutes(made, run(), "A-1", 7) == {"READY": 7}
    assert minutes(made, of, "A-1", 10) == {"READY": 5, "RUNNING": 3, "SUCCEEDED": 2}


def test_a_step_is_pending_until_the_one_before_it_has_succeeded() -> None:
    """Then it is ready, whenever it is taken."""
    made = book(subtask("A", 2))
    one = [taken(1, "A-1"), submitted(4, "A-1")]
    assert minutes(made, run(), "A-2", 3) == {"PENDING": 3}
    assert minutes(made, run(*one), "A-2", 10) == {"PENDING": 4, "READY": 6}
    of = run(*one, taken(6, "A-2"))
    assert minutes(made, of, "A-2", 7) == {"PENDING": 4, "READY": 2, "RUNNING": 1}


@pytest.mark.parametrize(
    ("needed", "pending"),
    [(after("A"), 6), (after("A", Needs.STARTED), 2), (after("Z"), 9), (WORD, 9)],
)
def test_what_a_prerequisite_asks_for_ends_the_waiting(
    needed: Prerequisite, pending: int
) -> None:
    """All of a subtask, its beginning, or a person's word (here never given)."""
    made = book(subtask("A", 2), subtask("B", 1, needed))
    of = run(taken(2, "A-1"), submitted(3, "A-1"), taken(4, "A-2"), submitted(6, "A-2"))
    assert minutes(made, of, "B-1", 9).get("PENDING") == pending


def test_a_word_ends_the_waiting_when_it_is_given() -> None:
    """Of a prerequisite that only a person can say is met."""
    made = book(subtask("A", 1, WORD))
    of = run((4, "run.passed", {"item": "A-needs-1", "comment": ""}))
    assert minutes(made, of, "A-1", 9) == {"PENDING": 4, "READY": 5}


def test_a_lease_that_ended_left_the_step_ready() -> None:
    """From its end on, taken again or not."""
    made, lapsed = book(subtask("A")), taken(1, "A-1", until=5)
    assert minutes(made, run(lapsed), "A-1", 9) == {"READY": 5, "RUNNING": 4}
    again = run(lapsed, taken(7, "A-1"))
    assert minutes(made, again, "A-1", 9) == {"READY": 3, "RUNNING": 6}


def test_what_was_taken_back_waits_again() -> None:
    """For the step before it, as often as that is done again."""
    made = book(subtask("A", 2))
    of = run(
        taken(0, "A-1"),
        submitted(2, "A-1"),
        taken(3, "A-2"),
        submitted(4, "A-2", StepEvent.EXHAUST),
        moved(4, "A-1", StepEvent.REVERT),
        moved(4, "A-2", StepEvent.REVERT),
        taken(5, "A-1"),
        submitted(9, "A-1"),
        taken(10, "A-2"),
    )
    assert minutes(made, of, "A-2", 11) == {"PENDING": 7, "READY": 2, "RUNNING": 2}
    assert minutes(made, of, "A-1", 11) == {"READY": 1, "RUNNING": 6, "SUCCEEDED": 4}


def test_the_documents_own_step_waits_for_all_others() -> None:
    """It is ready when the last of them has succeeded."""
    artifact = Criterion(Criteria.FILE_EXISTS, "a.md", 9, values=("a.md",))
    tasks = (Task("T", "", 1, subtasks=(subtask("A"), subtask("B"))),)
    made = Plan(StepBook(tasks=tasks, artifacts=(artifact,)))
    of = run(taken(0, "A-1"), submitted(2, "A-1"), taken(2, "B-1"), submitted(6, "B-1"))
    assert minutes(made, of, DOCUMENT, 9) == {"PENDING": 6, "READY": 3}
    assert minutes(made, run(taken(0, "A-1")), DOCUMENT, 9) == {"PENDING": 9}


def test_nothing_goes_on_after_the_end() -> None:
    """Of a run; whenever it is asked."""
    made = book(subtask("A"))
    of = run(
        taken(1, "A-1"),
        submitted(2, "A-1"),
        (3, "run.finished", {"outcome": "completed"}),
    )
    assert minutes(made, of, "A-1", 90) == {"READY": 1, "RUNNING": 1, "SUCCEEDED": 1}


def test_a_clock_that_was_set_back_takes_no_time_away() -> None:
    """What ends before it began took no time."""
    made = book(subtask("A"))
    assert minutes(made, run(taken(5, "A-1"), submitted(3, "A-1")), "A-1", 6) == {
        "READY": 5,
        "SUCCEEDED": 3,
    }
