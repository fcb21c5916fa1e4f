"""Prerequisites that wait for each other."""

import pytest

from coordinator.workflows import lint
from coordinator.workflows.documents import step_document
from coordinator.workflows.runs import plan
from coordinator.workflows.runs.run import Run

NOW = "2026-01-31T09:00:00.000Z"
BOOK = """# Bakery

## Workflow Metadata
- **Version**: 1

# Phase-01 (Strategic Level) - Bake

## Task-01 (Tactical Level) - Bread
- ID: P01-T01

### Subtask-01 (Operational Level) - Dough
- ID: P01-T01-S01
- Prerequisites: Subtask {first} must be `SUCCEEDED`
- Steps:
    - Step ID: P01-T01-S01-01
      - Command: `Knead`

### Subtask-02 (Operational Level) - Oven
- ID: P01-T01-S02
- Prerequisites: Subtask {second} must be `SUCCEEDED`
- Steps:
    - Step ID: P01-T01-S02-01
      - Command: `Heat`
"""
S1, S2 = "P01-T01-S01", "P01-T01-S02"


def run() -> Run:
    """Return a run of which nothing is done."""
    return Run("r", "t", 1, "", NOW, "", "", [])


@pytest.mark.parametrize(("first", "second", "line"), [(S2, S1, 13), (S1, S1, 13)])
def test_a_circle_waits_for_a_word_and_is_said(
    first: str, second: str, line: int
) -> None:
    """Nobody waits for ever: a maintainer's word takes the place of what cannot be."""
    text = BOOK.format(first=first, second=second)
    document, problems = lint.check(text, "a.md")
    said = [(x.code, x.line) for x in problems if x.code != "no-criteria"]
    assert said == [("circular-prerequisite", line)]
    made = plan.Plan(document.book)
    assert plan.ready(made, run(), NOW) == []
    assert [x.gate for x in plan.gates(made, run())] == [f"{S1}-needs-1"]


def test_a_reference_forwards_is_no_circle() -> None:
    """A later subtask may well have to come first."""
    text = BOOK.format(first=S2, second="nothing").replace(
        "- Prerequisites: Subtask nothing must be `SUCCEEDED`", "- Prerequisites: None"
    )
    document, _ = step_document.parse(text, "a.md")
    made = plan.Plan(document.book)
    assert list(made.circles()) == []
    assert [x.name for x in plan.ready(made, run(), NOW)] == [f"{S2}-01"]
