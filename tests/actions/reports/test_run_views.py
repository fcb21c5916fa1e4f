"""Runs on the board, in their records and in reports."""

import json
from pathlib import Path
from typing import Any

import pytest

from coordinator.actions.reports import views
from coordinator.kernel.errors import NotFound
from tests.actions.run_yard import (
    BREAD,
    FILLED,
    GUIDE,
    HEAT,
    PAUSE,
    READ,
    RUNS,
    SIFT,
    TRACK,
    WEIGH,
    WOOD,
    begin,
    begin_bread,
    gate,
    keep,
    oven,
    show,
    submit,
    take,
    tick,
)
from tests.support import FakeAgent, ManualClock, OpenWorkspace

FINAL = """\
# Final status

- Feature: Rye
- Tests: 12
"""


def read(path: Path) -> Any:  # noqa: ANN401 - a JSON value
    """Read JSON."""
    return json.loads(path.read_text())


def test_the_board_has_a_line_for_each_run(opened: OpenWorkspace) -> None:
    """While it goes on."""
    run = begin_bread(opened)
    assert "No run goes on." not in views.board(opened.workspace)
    tick(opened, run, READ)
    line = next(x for x in views.board(opened.workspace).split("\n") if run in x)
    assert line == f"| {run} | backend | running | 1 of 8 | 2026-01-31 09:00 UTC |"
    single = begin(opened, "# Cake\n\n- [ ] Bake\n", "cake")
    tick(opened, single, "1")
    assert single not in views.board(opened.workspace)


def test_the_board_lists_escalations(opened: OpenWorkspace) -> None:
    """With for whom and why."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    submit(opened, run, WOOD, exit_code=1)
    submit(opened, run, WOOD, exit_code=1)
    text = views.board(opened.workspace)
    line = next(x for x in text.split("\n") if x.startswith(f"| {run}-e1"))
    assert WOOD in line
    assert "docs" in line
    opened.perform("workflow resolve", id=f"{run}-e1", decision="resume", comment="Go")
    assert f"{run}-e1" not in views.board(opened.workspace)


def test_a_runs_record_stands_beside_its_copy(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """Written when the run went on, again when it was deleted and goes on."""
    run = begin_bread(opened)
    tick(opened, run, READ)
    views.refresh(opened.workspace)
    path = opened.root / RUNS / run / "record.json"
    found = read(path)
    assert (found["state"], found["done"], found["total"]) == ("running", 1, 8)
    assert found["items"][0]["by"] == "backend"
    path.unlink()
    views.refresh(opened.workspace)
    assert not path.exists()
    clock.advance(minutes=1)
    tick(opened, run, TRACK)
    views.refresh(opened.workspace)
    assert read(path)["done"] == 2
    assert opened.problems() == []


def test_the_record_of_steps_names_the_evidence(opened: OpenWorkspace) -> None:
    """Which lies beside it, a file for each attempt."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    submit(opened, run, WOOD, exit_code=1)
    views.refresh(opened.workspace)
    [first, second, _] = read(opened.root / RUNS / run / "record.json")["steps"]
    assert [x["state"] for x in first["moves"]] == [
        "READY",
        "RUNNING",
        "VERIFYING",
        "RETRYING",
    ]
    assert second == {
        "id": HEAT,
        "state": "PENDING",
        "holder": "",
        "moves": [],
        "attempts": [],
    }
    [attempt] = first["attempts"]
    kept = read(opened.root / attempt["evidence"])
    assert kept["evidence"] == {"exit_code": 1}
    assert kept["verdicts"][0]["verdict"] == "unmet"


def test_what_stands_in_a_views_place_stops_nothing(opened: OpenWorkspace) -> None:
    """The others are written."""
    run = begin_bread(opened)
    other = begin_bread(opened)
    (opened.root / RUNS / run / "record.json").mkdir()
    views.refresh(opened.workspace)
    assert (opened.root / RUNS / other / "record.json").is_file()


def test_the_final_report_tells_of_the_runs(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """Progress, evidence, retries, gates with who passed them, time in each state."""
    bread = begin_bread(opened)
    clock.advance(minutes=1)
    tick(opened, bread, READ, TRACK, WEIGH)
    skip = {"run": bread, "item": SIFT, "skip": True, "comment": "It is fine"}
    opened.call("workflow tick", skip, agent="backend")
    clock.advance(minutes=2)
    gate(opened, bread, PAUSE)
    assert one_skip(show(opened, bread)) == "It is fine"
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    clock.advance(minutes=2)
    submit(opened, run, WOOD, exit_code=1)
    clock.advance(minutes=1)
    submit(opened, run, WOOD, exit_code=0)
    begin(opened, BREAD, "other", values=FILLED, agent="docs")
    FakeAgent(opened.root, "backend").pending("final-status", FINAL)
    found = opened.perform("report final", agent="backend")
    one, two = found["report"]["runs"]
    assert (one["id"], one["done"], one["gates"]) == (
        bread,
        5,
        [
            {
                "item": PAUSE,
                "text": "PAUSE: show the plan",
                "by": "(maintainer)",
                "at": "2026-01-31T09:03:00.000Z",
            }
        ],
    )
    assert (two["evidence"], two["retries"]) == (2, 1)
    assert two["seconds"] == {"RUNNING": 120, "RETRYING": 60, "PENDING": 2 * 180}
    text = found["text"]
    assert f"- `{bread}` (bread, version 1)" in text
    assert (
        f"gate `{PAUSE}` PAUSE: show the plan: passed by maintainer (2026-01-31 09:03"
        in text
    )
    assert "2 submissions, 1 retries" in text
    assert "RUNNING: 2 min" in text
    assert one["seconds"] == {"running": 240, "waiting": 120}
    assert one["skipped"] == [
        {"id": SIFT, "text": "Sift the flour", "by": "backend", "comment": "It is fine"}
    ]
    assert f"  - left out `{SIFT}` Sift the flour: It is fine" in text


def one_skip(shown: dict[str, Any]) -> str:
    """Return why the one item that was left out was."""
    [found] = [x["comment"] for x in shown["items"] if x["state"] == "skipped"]
    return str(found)


def test_the_report_names_steps_that_did_not_quite_succeed(
    opened: OpenWorkspace,
) -> None:
    """Those that went on with a warning, and those that a maintainer left out."""
    text = oven(retries="0", failure="NOTIFY_AND_CONTINUE")
    run = begin(opened, text, "oven")
    take(opened, run, WOOD)
    submit(opened, run, WOOD, exit_code=1)
    other = begin(opened, oven(retries="0"), "stove")
    take(opened, other, WOOD)
    submit(opened, other, WOOD, exit_code=1)
    opened.perform(
        "workflow resolve", id=f"{other}-e1", decision="skip", comment="No wood"
    )
    FakeAgent(opened.root, "backend").pending("final-status", FINAL)
    found = opened.perform("report final", agent="backend")
    one, two = found["report"]["runs"]
    assert (one["warnings"], one["skipped"]) == ([WOOD], [])
    assert (two["warnings"], two["skipped"][0]["comment"]) == ([], "No wood")
    assert two["decisions"][0]["decision"] == "skip"
    line = f"  - escalation of `{WOOD}`: skip by maintainer: No wood"
    assert line in found["text"]
    views.refresh(opened.workspace)
    record = json.loads((opened.root / RUNS / other / "record.json").read_text())
    [escalation] = record["escalations"]
    assert escalation["comments"][0]["comment"] == "No wood"
    assert "attempts" not in escalation
    assert f"  - `{WOOD}` succeeded with warnings" in found["text"]
    assert f"  - left out `{WOOD}` Lay the wood: No wood" in found["text"]


def test_the_final_report_must_have_the_catalogues_headings(
    opened: OpenWorkspace,
) -> None:
    """Those that it lacks are named until they are there, at any level."""
    keep(opened, GUIDE, "guide")
    asked = {"template": "guide/white-bread"}
    opened.call("workflow start", asked, agent="backend")
    agent = FakeAgent(opened.root, "backend")
    agent.pending("final-status", FINAL + "\n### Trade-offs\n\nNone.\n")
    found = opened.perform("report final", agent="backend")
    assert found["report"]["missing_headings"] == ["Risks"]
    assert "## Headings that the report lacks\n\n- Risks\n" in found["text"]
    agent.pending("final-status", FINAL + "\n### Trade-offs\n\n#### Risks\n")
    found = opened.perform("report final", agent="backend")
    assert found["report"]["missing_headings"] == []
    assert "Headings that the report lacks" not in found["text"]


def test_the_daily_report_tells_of_runs_that_went_on(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """And who did what with them."""
    old = begin_bread(opened)
    clock.advance(hours=30)
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    found = opened.perform("report daily")
    assert [x["id"] for x in found["report"]["runs"]] == [run]
    for words in ("started a run", "imported a workflow", "took a step"):
        assert words in found["text"]
    found = opened.perform("report daily", since="7d")
    assert [x["id"] for x in found["report"]["runs"]] == [old, run]


def test_a_run_shows_what_its_document_says_around_the_steps(
    opened: OpenWorkspace,
) -> None:
    """Prose, tools, supporting agents, metadata."""
    run = begin(opened, oven(), "oven")
    found = show(opened, run)
    assert found["prose"]["Super-Prompt"] == "Think of the crust."
    assert found["tools"][0]["name"] == "thermometer"
    assert found["supporting"] == ["till-team"]
    assert found["fields"]["taskid"] == "OVEN-001"
    step = found["steps"][1]
    assert (step["state"], step["waits_for"]) == (
        "PENDING",
        [f"{WOOD} must have succeeded."],
    )


def test_time_is_counted_by_state(opened: OpenWorkspace, clock: ManualClock) -> None:
    """Also of a state that a step was in twice, up to now."""
    run = begin(opened, oven(retries="3"), "oven")
    take(opened, run, WOOD)
    for minutes in (1, 2, 3):
        clock.advance(minutes=minutes)
        submit(opened, run, WOOD, exit_code=1)
    clock.advance(minutes=4)
    seconds = show(opened, run)["steps"][0]["seconds"]
    assert (seconds["RUNNING"], seconds["RETRYING"]) == (60, 9 * 60)


def test_runs_are_shown_in_a_line_each(opened: OpenWorkspace) -> None:
    """The oldest first, with what each waits for."""
    run = begin_bread(opened)
    tick(opened, run, READ, TRACK, WEIGH, SIFT)
    begin(opened, oven(), "oven")
    listed = opened.perform("workflow show")
    assert [(x["id"], x["kind"], x["state"], x["waits_for"]) for x in listed] == [
        (run, "checklist", "waiting", [PAUSE]),
        ("oven-1", "steps", "running", []),
    ]


def test_the_history_has_a_runs_versions(opened: OpenWorkspace) -> None:
    """Who changed what, of whom and by which way."""
    run = begin_bread(opened)
    tick(opened, run, READ)
    path = f"{RUNS}/{run}/workflow.md"
    found = opened.perform("history", subject=path)
    text = json.dumps(found)
    assert text.count("document.accepted") == 2


def test_a_part_of_a_run_is_shown_alone(opened: OpenWorkspace) -> None:
    """A step with its stage, or an item by its number or its words."""
    run = begin(opened, oven(), "oven")
    shown = opened.perform("workflow show", run=run, step=WOOD)
    assert shown["stage"] == "Heat / Fire"
    bread = begin_bread(opened)
    for wanted in (PAUSE, "PAUSE"):
        item = opened.perform("workflow show", run=bread, step=wanted)
        assert (item["run"], item["id"], item["role"]) == (bread, PAUSE, "pause")
    with pytest.raises(NotFound, match="no item holds"):
        opened.perform("workflow show", run=bread, step="P9")
    with pytest.raises(NotFound, match="has no step"):
        opened.perform("workflow show", run=run, step="P9")


def test_an_item_is_shown_with_what_stands_below_it(opened: OpenWorkspace) -> None:
    """The commands of an agent's own workflow, for one."""
    text = "# F\n\n- [ ] Load it:\n  ```\n  cat a.md\n  ```\n  - first\n- [ ] Go\n"
    run = begin(opened, text)
    shown = opened.perform("workflow show", run=run, step="1")
    assert shown["below"] == "  ```\n  cat a.md\n  ```\n  - first"
    assert opened.perform("workflow show", run=run, step="2")["below"] == ""
