"""The five origin documents as they are, where `COORDINATOR_SEEDS` names them."""

import os
from pathlib import Path
from typing import Any

import pytest

from coordinator.workflows import lint
from coordinator.workflows.documents import counts, read
from coordinator.workflows.lines import boxes
from coordinator.workflows.lint import World
from coordinator.workflows.marks import Mark
from coordinator.workflows.model import Document, Family
from coordinator.workflows.runs import first_text, living_copy, plan
from coordinator.workflows.runs.plan import Plan
from coordinator.workflows.runs.run import Run, Work
from coordinator.workflows.runs.step_states import StepState

pytestmark = pytest.mark.skipif(
    "COORDINATOR_SEEDS" not in os.environ, reason="COORDINATOR_SEEDS is not set"
)
NUMBERS = ("000", "001", "002", "003", "004")
COUNTS: dict[str, dict[str, Any]] = {
    "000": {
        "kind": "checklist",
        "items": 44,
        "checked": 0,
        "open": 44,
        "gates": 1,
        "signoffs": 1,
        "phases": 5,
        "notes": 6,
        "placeholders": 12,
        "problems": 6,
    },
    "001": {
        "kind": "checklist",
        "items": 53,
        "checked": 0,
        "open": 53,
        "gates": 1,
        "signoffs": 1,
        "phases": 6,
        "notes": 6,
        "placeholders": 12,
        "problems": 6,
    },
    "002": {
        "kind": "catalogue",
        "stages": 7,
        "bullets": 40,
        "rules": 8,
        "problems": 0,
    },
    "003": {
        "kind": "agent-workflow",
        "steps": 6,
        "actions": [4, 4, 5, 5, 5, 4],
        "fences": 25,
        "success_items": 9,
        "problems": 0,
    },
    "004": {
        "kind": "steps",
        "phases": 1,
        "tasks": 6,
        "subtasks": 12,
        "steps": 36,
        "criteria": 111,
        "criteria_by_kind": {
            "Exit Code": 8,
            "File Content Matches": 70,
            "File Exists": 6,
            "HTTP Response": 7,
            "Output Contains": 11,
            "Unit Test Pass": 9,
        },
        "criteria_by_class": {"evidence": 35, "files": 76},
        "problems": 0,
    },
}


def seed(number: str) -> str:
    """Return an origin document, every byte of it."""
    (path,) = Path(os.environ["COORDINATOR_SEEDS"]).glob(f"{number}-*.md")
    return path.read_bytes().decode()


def parse(number: str) -> Document:
    """Read an origin document."""
    return read.parse(seed(number), f"{number}.md")[0]


@pytest.mark.parametrize("number", NUMBERS)
def test_the_counts(number: str) -> None:
    """What `workflow inspect` says of it."""
    found = counts.count(*lint.check(seed(number), "w.md"))
    assert {x: found[x] for x in COUNTS[number]} == COUNTS[number]


def test_numbered_decisions() -> None:
    """Two of the first one's boxes are numbered and empty."""
    items = parse("000").checklist.items
    assert [x.text for x in items][-2:] == ["", ""]
    assert parse("000").checklist.decisions == ()


def test_the_workflows_of_the_catalogue() -> None:
    """Stages and items of each of the four."""
    found = counts.count(parse("002"), ())["workflows"]
    assert [x["stages"] for x in found] == [6, 5, 6, 5]
    assert [x["items"] for x in found] == [31, 25, 30, 26]


@pytest.mark.parametrize("number", NUMBERS)
def test_lint_finds_only_what_is_to_be_filled(number: str) -> None:
    """In a world where all is there, they have no problems but their brackets."""
    _, problems = lint.check(seed(number), "w.md")
    assert {x.code for x in problems} <= {"placeholder"}


@pytest.mark.parametrize("number", NUMBERS)
def test_lint_finds_what_they_name(number: str) -> None:
    """In an empty world, links, agents and neighbours dangle, and nothing else."""
    empty = World(lambda _: False, lambda _: False, lambda _: False)
    _, problems = lint.check(seed(number), "w.md", empty)
    assert {x.code for x in problems} <= {
        "placeholder",
        "dangling-link",
        "unknown-agent",
        "dangling-previous",
        "dangling-next",
    }


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_byte_stays(number: str, end: str) -> None:
    """Each box is set and unset, and nothing is filled: the bytes are the same."""
    text = seed(number).replace("\n", end)
    items = living_copy.read(text).items
    for item in items:
        ticked = boxes.set_marks(text, {item.line: Mark.DONE})
        assert sum(a != b for a, b in zip(text, ticked, strict=True)) == 1
        assert boxes.set_marks(ticked, {item.line: Mark.OPEN}) == text
    assert first_text.fill(text, {"No such name": "x"}) == (text, ["No such name"])
    copy = living_copy.LivingCopy(
        text, living_copy.read(text), living_copy.first_ids(text)
    )
    judged = living_copy.judge(copy, text, (), len(items) + 1)
    assert (judged.copy.text, judged.ticks, judged.refused) == (text, {}, [])


@pytest.mark.parametrize("number", ["000", "001"])
def test_brackets_hold_all_phases_until_they_are_filled(number: str) -> None:
    """The phase after Task Management waits; the one itself does not."""
    text = seed(number)
    found = living_copy.read(text)
    names = living_copy.unfilled(found).names
    assert len(names) == 6
    copy = living_copy.LivingCopy(text, found, living_copy.first_ids(text))
    first = next(x for x, y in enumerate(found.items) if "Review" in y.group)
    held = living_copy.held(copy, first, ())
    assert held is not None
    assert held.code == "placeholder"
    assert living_copy.held(copy, 0, ()) is None
    filled, unused = first_text.fill(text, dict.fromkeys(names, "x"))
    assert (unused, list(living_copy.unfilled(living_copy.read(filled)).names)) == (
        [],
        [],
    )
    ready = living_copy.LivingCopy(
        filled, living_copy.read(filled), living_copy.first_ids(filled)
    )
    assert living_copy.held(ready, first, ()) is None


@pytest.mark.parametrize(
    "part",
    [
        "",
        "restful-api-development-workflow",
        "database-migration-and-optimization-workflow",
        "microservice-implementation-workflow",
        "authentication-system-implementation",
    ],
)
def test_the_catalogue_becomes_runs(part: str) -> None:
    """A checklist with all items, and a skeleton with all steps; both are clean."""
    document = parse("002")
    found = first_text.stages(document.catalogue, part)
    assert found is not None
    names = [x.name for stage in found[1] for x in stage.items]
    made, problems = lint.check(first_text.checklist(document, part) or "", "w.md")
    gates = {"User sign-off", "PAUSE: check in with the user on the design"}
    items = [x.text for x in made.checklist.items]
    assert ([x for x in items if x not in gates], problems) == (names, [])
    made, problems = lint.check(first_text.skeleton(document, part) or "", "w.md")
    problems = [x for x in problems if x.code != "no-criteria"]
    steps = [x.step.command for x in Plan(made.book).steps.values()]
    assert (made.kind, steps, problems) == (Family.STEPS, names, [])


def test_the_agent_workflow_becomes_a_run() -> None:
    """Six phases of actions and outputs, and the success boxes; it has partners."""
    document = parse("003")
    made, problems = lint.check(first_text.checklist(document) or "", "w.md")
    phases = [x.title for x in made.checklist.phases if x.title.startswith("Step")]
    assert (len(phases), problems) == (6, [])
    assert len(document.workflow.partners) == 4
    success = [x for x in made.checklist.items if x.phase == "Success Criteria"]
    assert len(success) == 9
    assert any(living_copy.needs_figures(x) for x in success)


def test_the_steps_follow_each_other() -> None:
    """The dependency chain is strictly linear: one step is free at a time."""
    made = Plan(parse("004").book)
    at = Run("r", "t", 1, "a", "00", "", "", [])
    order = [x for x in made.steps if x != plan.DOCUMENT]
    assert len(order) == 36
    for name in order:
        assert [x.name for x in plan.ready(made, at, "01")] == [name]
        assert made.steps[name].attempts == 4
        at.steps[name] = Work(StepState.SUCCEEDED)
    assert {x.name for x in plan.ready(made, at, "01")} <= {plan.DOCUMENT}
    assert len(plan.gates(made, at)) == 5
