"""A run in memory for tests of decisions: decided on, and folded; nothing is stored."""

from datetime import UTC, datetime, timedelta

from coordinator.workflows.decide.ruling import Asking, Ruling, after
from coordinator.workflows.documents import read
from coordinator.workflows.runs import living_copy
from coordinator.workflows.runs.living_copy import LivingCopy
from coordinator.workflows.runs.loaded_run import LoadedRun
from coordinator.workflows.runs.plan import Plan
from coordinator.workflows.runs.run import Run

START = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)

OVEN = """\
# Oven

## Metadata
- **TaskID**: OVEN-001

# Phase-01 (Strategic Level) - Oven

## Task-01 (Tactical Level) - Walls
- ID: P01-T01
- Prerequisites: None

### Subtask-01 (Operational Level) - Bricks
- ID: P01-T01-S01
- Prerequisites: None
- Agent Assignment: `@backend`
- Max Retries: 1
- On Failure: `{failure}`
- Steps:
    - Step ID: S1
      - Command: `Lay the bricks`
      - Success Criteria:
          - Exit Code: `0`
    - Step ID: S2
      - Command: `Close the roof`
      - Success Criteria:
          - Exit Code: `0`
"""
BREAD = "# Rye\n\n## Phase\n\n- [ ] Mix\n- [ ] PAUSE: show it\n- [ ] Bake\n"


def load(text: str) -> LoadedRun:
    """Return a run of a text that was begun just now."""
    document, _ = read.parse(text, "")
    ids = living_copy.first_ids(text)
    run = Run("oven-1", "oven", 1, "baker", "2026", "", "", ids)
    copy = LivingCopy(text, document.checklist, ids)
    return LoadedRun(run, copy, document, Plan(document.book), lambda: None)


def asks(actor: str, minutes: int = 0) -> Asking:
    """Return that somebody asks so long after the start; leases last ten minutes."""
    now = START + timedelta(minutes=minutes)
    lease = timedelta(minutes=10)
    return Asking(actor, now, lease, lambda _: "", lambda _: "{}")


def then(loaded: LoadedRun, found: Ruling, asking: Asking) -> LoadedRun:
    """Return the run once a decision was recorded, its living copy's text too."""
    assert found.refusal is None, found.refusal
    now = after(loaded, found, asking.at)
    if found.copy is not None:
        boxes = living_copy.read(found.copy)
        now.copy = LivingCopy(found.copy, boxes, loaded.copy.ids)
    return now


def refusal(found: Ruling) -> str:
    """Return why nothing was done."""
    assert found.refusal is not None
    return found.refusal.message


def kinds(found: Ruling) -> list[str]:
    """Return the kinds of the records that are to be made."""
    return [x.kind for x in found.records]
