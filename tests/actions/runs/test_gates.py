"""Gates: who passes them, when, and what waits."""

import json
from typing import Any

import pytest

from coordinator.actions.reports import views
from coordinator.kernel.errors import NotFound, Refused, UsageProblem
from tests.actions.run_yard import (
    BAKE,
    BREAD,
    FILLED,
    HEAT,
    KNEAD,
    PAUSE,
    READ,
    RUNS,
    SIFT,
    SIGN,
    TRACK,
    WEIGH,
    WOOD,
    begin,
    begin_bread,
    edit,
    gate,
    inbox,
    oven,
    show,
    submit,
    take,
    tick,
)
from tests.support import ManualClock, OpenWorkspace


def test_a_maintainer_passes_a_gate_with_a_comment(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """Name, time and words are kept; the box is ticked in the living copy."""
    run = begin_bread(opened)
    tick(opened, run, READ, TRACK, WEIGH, SIFT)
    clock.advance(minutes=7)
    found = gate(opened, run, PAUSE)
    assert (found["passed"], found["state"], found["item"]) == (True, "done", PAUSE)
    assert show(opened, run)["passed"] == {
        PAUSE: {
            "by": "(maintainer)",
            "at": "2026-01-31T09:07:00.000Z",
            "comment": "Go on",
        }
    }
    assert (
        "- [x] PAUSE: show the plan"
        in opened.root.joinpath(found_path(run)).read_text()
    )
    with pytest.raises(UsageProblem):
        opened.perform("workflow gate", run=run, item=SIGN, comment="")


def found_path(run: str) -> str:
    """Return where the living copy lies."""
    return f"agent-system/active-contexts/runs/{run}/workflow.md"


def test_an_agent_passes_no_gate(opened: OpenWorkspace) -> None:
    """Not by tick, not by file, not by the command."""
    run = begin_bread(opened)
    tick(opened, run, WEIGH, SIFT)
    asked = {"run": run, "item": PAUSE, "comment": "It is me"}
    with pytest.raises(Refused, match="maintainer"):
        opened.call("workflow gate", asked, agent="backend")
    edit(opened, run, "- [ ] PAUSE", "- [x] PAUSE")
    assert show(opened, run)["passed"] == {}


def test_a_gate_that_is_not_reached_waits(opened: OpenWorkspace) -> None:
    """What comes before it is named; another item is no gate."""
    run = begin_bread(opened)
    with pytest.raises(Refused, match=r"'Weigh the flour'.*comes before it"):
        gate(opened, run, PAUSE)
    with pytest.raises(Refused, match="is no gate") as error:
        gate(opened, run, READ)
    assert error.value.hint == f"Tick it: coordinator workflow tick {run} {READ}"
    with pytest.raises(NotFound):
        gate(opened, run, "99")
    assert opened.records("run.passed") == []


def test_a_gate_is_passed_once(opened: OpenWorkspace) -> None:
    """Again is the same answer."""
    run = begin_bread(opened)
    tick(opened, run, READ, TRACK, WEIGH, SIFT)
    first = gate(opened, run, PAUSE)
    last = opened.workspace.journal.last
    assert gate(opened, run, PAUSE) == first
    assert opened.workspace.journal.last == last


def test_waiting_gates_are_listed_with_their_age(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """On the board, in the daily report and with the run, the oldest first."""
    run = begin_bread(opened)
    tick(opened, run, READ, TRACK, WEIGH)
    assert show(opened, run)["gates"] == []
    clock.advance(minutes=10)
    tick(opened, run, SIFT)
    clock.advance(minutes=30)
    steps = begin(opened, oven(needs="The baker has come"), "oven")
    [waiting] = show(opened, run)["gates"]
    assert (waiting["item"], waiting["kind"], waiting["since"]) == (
        PAUSE,
        "pause",
        "2026-01-31T09:10:00.000Z",
    )
    assert show(opened, run)["state"] == "waiting"
    report = opened.perform("report daily")["report"]
    assert [x["run"] for x in report["gates"]] == [run, steps]
    text = opened.perform("report daily")["text"]
    assert "PAUSE: show the plan" in text
    assert "2026-01-31 09:10" in text
    board = views.board(opened.workspace)
    line = next(x for x in board.split("\n") if "PAUSE: show the plan" in x)
    assert "2026-01-31 09:10" in line
    gate(opened, run, PAUSE)
    assert "PAUSE: show the plan" not in views.board(opened.workspace)


def test_a_sign_off_ends_the_run(opened: OpenWorkspace) -> None:
    """Only a maintainer's word does."""
    run = begin_bread(opened)
    tick(opened, run, READ, TRACK, WEIGH, SIFT)
    gate(opened, run, PAUSE)
    tick(opened, run, KNEAD, BAKE)
    with pytest.raises(Refused, match="only a maintainer"):
        tick(opened, run, SIGN)
    assert gate(opened, run, SIGN)["outcome"] == "finished"
    assert show(opened, run)["gates"] == []


def test_a_check_in_is_a_gate(opened: OpenWorkspace) -> None:
    """Whatever words it is asked for with."""
    text = BREAD.replace("PAUSE: show the plan", "Check in with the user")
    run = begin(opened, text, values=FILLED)
    tick(opened, run, READ, TRACK, WEIGH, SIFT)
    assert [x["item"] for x in show(opened, run)["gates"]] == [PAUSE]


def test_words_on_steps_are_taken_when_they_are_waited_for(
    opened: OpenWorkspace,
) -> None:
    """A quality gate not before everything is done; a word again is an answer."""
    more = "\n## Quality Gates\n1. **Crust**: Somebody has tasted it.\n"
    run = begin(opened, oven(needs="The baker has come", more=more), "oven")
    with pytest.raises(Refused, match="quality-1 does not wait for a word now"):
        gate(opened, run, "quality-1")
    first = gate(opened, run, "P01-T01-needs-1")
    last = opened.workspace.journal.last
    take(opened, run, "P01-T01-S01-01")
    assert gate(opened, run, "P01-T01-needs-1") == first
    assert len(opened.records("run.passed")) == 1
    assert opened.workspace.journal.last == last + 1


def test_the_age_of_what_waits_in_a_run_of_steps(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """Since the start, or since the last step went on."""
    text = oven(needs="The baker has come").replace(
        "Task P01-T01 must be `SUCCEEDED`", "The guest has come"
    )
    run = begin(opened, text, "oven")
    clock.advance(minutes=5)
    found = show(opened, run)["gates"]
    assert [x["since"] for x in found] == ["2026-01-31T09:00:00.000Z"] * 2
    gate(opened, run, "P01-T01-needs-1")
    take(opened, run, "P01-T01-S01-01")
    [found] = show(opened, run)["gates"]
    assert (found["item"], found["since"]) == (
        "P01-T02-needs-1",
        "2026-01-31T09:05:00.000Z",
    )


def test_evidence_that_does_not_convince_is_rejected(opened: OpenWorkspace) -> None:
    """It counts as a failed attempt; who holds the step is told why, and goes on."""
    text = oven().replace('File Content Matches: `"high"`', "Attested: It is hot")
    run = begin(opened, text, "oven")
    (opened.root / "heat.md").write_text("hot\n")
    take(opened, run, WOOD)
    submit(opened, run, WOOD, exit_code=0)
    take(opened, run, HEAT)
    with pytest.raises(Refused, match="has no evidence to be rejected"):
        reject(opened, run, HEAT)
    assert submit(opened, run, HEAT, note="Warm")["state"] == "VERIFYING"
    views.refresh(opened.workspace)
    found = reject(opened, run, HEAT)
    assert (found["state"], found["passed"], found["note"]) == ("RETRYING", False, "")
    [told] = inbox(opened)
    assert told == f"The evidence for {HEAT} of {run} was rejected"
    views.refresh(opened.workspace)
    path = opened.root / RUNS / run / "evidence" / f"{HEAT}-1.json"
    attempt = json.loads(path.read_text())
    assert attempt["outcome"] == "miss"
    assert (attempt["decided_by"], attempt["comment"]) == ("(maintainer)", "Not yet")
    submit(opened, run, HEAT, note="Hotter")
    assert counted(opened) == (1, 0)
    found = reject(opened, run, HEAT)
    assert counted(opened) == (0, 1)
    assert found["state"] == "ESCALATED"
    assert "no attempt left (2 spent)" in found["note"]
    [escalation] = show(opened, run)["escalations"]
    assert [x["outcome"] for x in escalation["attempts"]] == ["miss", "exhaust"]


def test_evidence_that_was_accepted_is_told_of(opened: OpenWorkspace) -> None:
    """Its holder hears the word on it, and the attempt keeps it."""
    text = oven().replace("Exit Code: `0`", "Attested: It is dry")
    run = begin(opened, text, "oven")
    take(opened, run, WOOD)
    submit(opened, run, WOOD, note="Dry")
    gate(opened, run, WOOD)
    [told] = inbox(opened)
    assert told == f"The evidence for {WOOD} of {run} was accepted"
    [attempt] = show(opened, run)["steps"][0]["attempts"]
    assert (attempt["outcome"], attempt["comment"]) == ("meet", "Go on")


def test_blanks_are_no_word(opened: OpenWorkspace) -> None:
    """Whoever passes a gate says something."""
    run = begin_bread(opened)
    tick(opened, run, READ, TRACK, WEIGH, SIFT)
    asked = {"run": run, "item": PAUSE, "comment": " \n"}
    with pytest.raises(UsageProblem, match="comment: It is empty"):
        opened.perform("workflow gate", **asked)


def test_only_evidence_can_be_rejected(opened: OpenWorkspace) -> None:
    """A pause simply waits until it is passed."""
    run = begin_bread(opened)
    with pytest.raises(Refused, match="has no evidence to be rejected"):
        reject(opened, run, PAUSE)


def reject(opened: OpenWorkspace, run: str, item: str) -> dict[str, Any]:
    """Reject a step's evidence as the maintainer."""
    asked = {"run": run, "item": item, "comment": "Not yet", "decision": "reject"}
    found: dict[str, Any] = opened.perform("workflow gate", **asked)
    return found


def counted(opened: OpenWorkspace) -> tuple[int, int]:
    """Return how many gates and escalations wait, as `status` counts them."""
    found = opened.perform("status")
    return found["gates"], found["escalations"]


def test_whoever_was_rejected_has_time_to_go_on(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """The lease begins anew: it may have ended while a person was waited for."""
    run = begin(opened, oven().replace("Exit Code: `0`", "Attested: It is dry"), "oven")
    take(opened, run, WOOD)
    submit(opened, run, WOOD, note="Dry")
    clock.advance(hours=2)
    reject(opened, run, WOOD)
    [found] = opened.call("workflow next", {}, agent="backend")["steps"]
    assert (found["state"], found["expires"]) == (
        "RETRYING",
        "2026-01-31T11:30:00.000Z",
    )
