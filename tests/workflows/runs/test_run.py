"""Runs: what their records make of them, one after the other."""

from collections.abc import Iterable
from typing import Any

import pytest

from coordinator.workflows.marks import Mark, Reading
from coordinator.workflows.runs import run as runs
from coordinator.workflows.runs.run import (
    Attempt,
    Escalation,
    Refusal,
    Run,
    RunRecord,
    Word,
)
from coordinator.workflows.runs.step_states import StepEvent, StepState, WrongMoment

START = {
    "run": "rye-1",
    "template": "rye",
    "version": 2,
    "agent": "baker",
    "text": "t1",
    "base": "b1",
    "ids": ["1", "2"],
}
TAKEN = {"step": "S1", "epoch": 1, "expires": "19", "base": "c1"}
SUBMITTED = {
    "step": "S1",
    "subtask": "S",
    "evidence": "e1",
    "verdicts": "v1",
    "outcome": "miss",
    "commit": "c2",
    "expires": "29",
}

_Said = tuple[str, dict[str, Any]]


def records(said: Iterable[_Said], actor: str = "baker") -> list[RunRecord]:
    """Return records with rising numbers and times, the run's start before them."""
    all_ = [("run.started", START), *said]
    return [RunRecord(x, f"{x:02}", k, actor, d) for x, (k, d) in enumerate(all_, 1)]


def fold(*said: _Said) -> Run:
    """Return the run that these make."""
    return runs.fold(records(said))


def test_a_start() -> None:
    """A run begins with its template's version, its text and its items' ids."""
    assert fold() == Run(
        id="rye-1",
        template="rye",
        version=2,
        agent="baker",
        started="01",
        text="t1",
        base="b1",
        ids=["1", "2"],
        reading=Reading.FIRST,
        given=frozenset({"1", "2"}),
        last=1,
        changed="01",
    )


def test_a_start_may_say_more() -> None:
    """The phase file, which part of a catalogue it is, how its text is read."""
    data = {**START, "phase_file": "p.md", "part": "rye-bread", "reading": 2}
    run = runs.fold([RunRecord(1, "01", "run.started", "a", data)])
    assert (run.phase_file, run.part) == ("p.md", "rye-bread")
    assert run.reading is Reading.WHOLE


@pytest.mark.parametrize("kinds", [[], ["run.edited"], ["document.accepted"]])
def test_a_run_begins_with_its_start(kinds: list[str]) -> None:
    """Records without it are no run."""
    with pytest.raises(ValueError, match=r"no records|run\.edited|document\.accepted"):
        runs.fold([RunRecord(1, "01", x, "a", {}) for x in kinds])


def test_an_edit() -> None:
    """New text, new ids, ticks with their words, and notes with their author."""
    data = {
        "text": "t2",
        "ids": ["2", "3"],
        "ticks": [("2", "done", "c1"), ("3", "skipped", "c2")],
        "notes": "n1",
    }
    run = fold(("run.edited", data))
    assert (run.text, run.ids) == ("t2", ["2", "3"])
    assert run.given == {"1", "2", "3"}
    assert run.words == {
        "2": Word(Mark.DONE, "baker", "02", "c1"),
        "3": Word(Mark.SKIPPED, "baker", "02", "c2"),
    }
    assert run.notes == [("n1", "baker", "02")]


def test_an_edit_may_say_little() -> None:
    """Without ids they stay; without notes there are none."""
    run = fold(("run.edited", {"text": "t2"}))
    assert (run.ids, run.words, run.notes) == (["1", "2"], {}, [])


def test_an_id_is_never_given_twice() -> None:
    """Not even that of an item that is gone."""
    assert fold().next_item == 3
    gone = ("run.edited", {"text": "t", "ids": ["1", "7"]})
    assert fold(gone, ("run.edited", {"text": "t", "ids": ["1"]})).next_item == 8
    empty = {**START, "ids": []}
    assert runs.fold([RunRecord(1, "01", "run.started", "a", empty)]).next_item == 1


def test_refusals_are_open_until_the_next_change() -> None:
    """All of them stay on record."""
    said = {"item": "1", "line": 4, "code": "order-violation", "reason": "r"}
    refused = ("run.refused", {"refusals": [said]})
    kept = Refusal("1", 4, "order-violation", "r", "baker", "02")
    run = fold(refused)
    assert (run.refusals, run.open_refusals) == ([kept], [kept])
    run = fold(refused, ("run.edited", {"text": "t2"}))
    assert (run.refusals, run.open_refusals) == ([kept], [])
    run = fold(refused, ("run.refused", {"refusals": []}))
    assert (run.refusals, run.open_refusals) == ([kept], [])


def test_a_gate_is_passed_by_a_record() -> None:
    """With who did it, when, and their words."""
    run = fold(("run.passed", {"item": "2", "comment": "c1"}))
    assert run.passed == {"2": Word(Mark.DONE, "baker", "02", "c1")}


def test_a_step_is_taken() -> None:
    """It was free, and is the taker's under a lease from a commit on."""
    work = fold(("run.taken", TAKEN)).steps["S1"]
    assert (work.state, work.holder, work.lease.epoch) == (
        StepState.RUNNING,
        "baker",
        1,
    )
    assert (work.lease.expires, work.base, work.lease.takeovers) == ("19", "c1", 0)
    assert work.moves == [(StepState.READY, "02"), (StepState.RUNNING, "02")]


def test_taking_again_renews() -> None:
    """The same holder takes nothing over; another one does."""
    again = {**TAKEN, "epoch": 2, "expires": "39"}
    run = fold(("run.taken", TAKEN), ("run.taken", again))
    assert (run.steps["S1"].lease.takeovers, run.steps["S1"].lease.expires) == (0, "39")
    runs.apply(run, RunRecord(4, "04", "run.taken", "miller", again))
    assert (run.steps["S1"].lease.takeovers, run.steps["S1"].holder) == (1, "miller")


def test_an_attempt_is_kept() -> None:
    """With its evidence and verdicts; a failed one is spent from the subtask's."""
    run = fold(("run.taken", TAKEN), ("run.submitted", SUBMITTED))
    work = run.steps["S1"]
    assert work.attempts == [
        Attempt(1, "baker", "03", "e1", "v1", StepEvent.MISS, "c2")
    ]
    assert (work.state, work.holder, work.lease.expires) == (
        StepState.RETRYING,
        "baker",
        "29",
    )
    assert [x for x, _ in work.moves][-2:] == [StepState.VERIFYING, StepState.RETRYING]
    assert run.spent == {"S": 1}


@pytest.mark.parametrize(
    ("outcome", "state", "spent"),
    [
        ("meet", StepState.SUCCEEDED, {}),
        ("miss", StepState.RETRYING, {"S": 1}),
        ("exhaust", StepState.FAILED, {"S": 1}),
        ("submit", StepState.VERIFYING, {}),
    ],
)
def test_what_a_submission_comes_to(
    outcome: str, state: StepState, spent: dict[str, int]
) -> None:
    """Met, missed, missed for the last time, or waiting for a person's word."""
    run = fold(
        ("run.taken", TAKEN), ("run.submitted", {**SUBMITTED, "outcome": outcome})
    )
    assert (run.steps["S1"].state, run.spent) == (state, spent)


def test_a_lease_that_ends_frees_the_step() -> None:
    """So does everything that leads out of somebody's hands."""
    moved = {"step": "S1", "event": "expire", "subtask": "S"}
    work = fold(("run.taken", TAKEN), ("run.moved", moved)).steps["S1"]
    assert (work.state, work.holder, work.lease.expires) == (StepState.READY, "", "")


def test_going_back_gives_new_attempts() -> None:
    """They are counted anew, and that it was taken back is kept."""
    failed = {**SUBMITTED, "outcome": "exhaust"}
    back = {"step": "S1", "event": "revert", "subtask": "S"}
    run = fold(("run.taken", TAKEN), ("run.submitted", failed), ("run.moved", back))
    assert (run.steps["S1"].state, run.steps["S1"].holder) == (StepState.PENDING, "")
    assert (run.spent, run.reverts) == ({"S": 0}, {"S": 1})
    assert len(run.steps["S1"].attempts) == 1


def test_an_escalation_waits_for_a_decision() -> None:
    """It names the step, whom the document addresses, and why."""
    failed = {**SUBMITTED, "outcome": "exhaust"}
    data = {"id": "rye-1-e1", "step": "S1", "agent": "miller", "reason": "r"}
    run = fold(("run.taken", TAKEN), ("run.submitted", failed), ("run.escalated", data))
    assert run.steps["S1"].state is StepState.ESCALATED
    assert run.escalations == {
        "rye-1-e1": Escalation("rye-1-e1", "S1", "miller", "r", "04")
    }


@pytest.mark.parametrize(
    ("decision", "state"),
    [
        ("resume", StepState.READY),
        ("skip", StepState.SKIPPED),
        ("abandon", StepState.ABANDONED),
    ],
)
def test_a_decision_ends_an_escalation(decision: str, state: StepState) -> None:
    """Nobody holds the step then, and its subtask's attempts are new."""
    data = {"id": "e", "step": "S1", "agent": "", "reason": "r"}
    ended = {
        "id": "e",
        "step": "S1",
        "subtask": "S",
        "decision": decision,
        "comment": "c1",
    }
    run = fold(
        ("run.taken", TAKEN),
        ("run.submitted", SUBMITTED),
        ("run.escalated", data),
        ("run.commented", {"id": "e", "comment": "c0"}),
        ("run.resolved", ended),
    )
    work, found = run.steps["S1"], run.escalations["e"]
    assert (work.state, work.holder, work.lease.expires, work.lease.takeovers) == (
        state,
        "",
        "",
        0,
    )
    assert (found.decision, found.by, found.resolved_at) == (decision, "baker", "06")
    assert [x.comment for x in found.comments] == ["c0", "c1"]
    assert run.spent == {"S": 0}


def test_an_upgrade() -> None:
    """Version, base, text and ids change at once."""
    data = {"text": "t2", "ids": ["2"], "version": 3, "base": "b2"}
    run = fold(("run.upgraded", data))
    assert (run.version, run.base, run.text, run.ids) == (3, "b2", "t2", ["2"])


def test_an_end() -> None:
    """When it was, and what came of it."""
    run = fold(("run.finished", {"outcome": "finished"}))
    assert (run.ended, run.outcome) == ("02", "finished")


def test_kinds_of_later_versions_are_left_out() -> None:
    """They change nothing but what was seen last."""
    run = fold(("run.dreamt", {"of": "bread"}))
    assert (run.last, run.changed) == (2, "02")
    assert run.text == "t1"


def test_what_cannot_happen_is_refused() -> None:
    """A record that the table does not allow raises."""
    with pytest.raises(WrongMoment):
        fold(("run.submitted", SUBMITTED))


def test_every_kind_is_known() -> None:
    """The list that the index asks for is the list that is folded."""
    assert set(runs.RECORD_KINDS) == {
        "run.started",
        "run.edited",
        "run.refused",
        "run.passed",
        "run.taken",
        "run.submitted",
        "run.moved",
        "run.escalated",
        "run.commented",
        "run.resolved",
        "run.upgraded",
        "run.finished",
    }


def test_applying_one_by_one_is_folding() -> None:
    """Records that come later are applied to the run that is there."""
    all_ = records([("run.edited", {"text": "t2"}), ("run.taken", TAKEN)])
    run = runs.fold(all_[:1])
    for entry in all_[1:]:
        runs.apply(run, entry)
    assert run == runs.fold(all_)
