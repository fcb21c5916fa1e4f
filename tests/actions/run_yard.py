"""Documents of every family for tests of runs, and short ways to start one."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.support import OpenWorkspace

RUNS = "agent-system/active-contexts/runs"

BREAD = """\
# Bread Workflow

> Work through the items one-by-one, in order.

## Project State
Project Phase: Ovens
Current Task: [Task Name]

## Primary Feature
Name: [Feature Name]
Description: [Feature Description]

### Task Management
- [ ] Read the order book
- [ ] Update task tracking

### Planning Phase
- [ ] Flour
  - [ ] Weigh the flour
  - [ ] Sift the flour
- Notes: [Notes]
- [ ] PAUSE: show the plan

### Baking Phase
- [ ] Knead the dough
- [ ] Bake the bread
- Notes: [Notes]

### Completion
- [ ] User sign-off

## Notes
Key decisions and learnings:
1. [ ]
2. [ ]
"""
FILLED = (
    "Task Name=Rye loaf",
    "Feature Name=Rye loaf",
    "Feature Description=Dark bread",
)
# The ids of the items of BREAD, in order.
READ, TRACK, FLOUR, WEIGH, SIFT, PAUSE, KNEAD, BAKE, SIGN = map(str, range(1, 10))

GUIDE = """\
# Baker Mode: Task Workflow Guidelines

## Development Process Framework

1. **Understanding the order**
   - Read the order
   - Ask the guest
2. **Design the recipe**
   - Choose the flour
3. **Baking**
   - Knead
   - Bake
4. **Tasting**
   - Taste a slice

## Example Task Workflows

### White Bread

```
1. DESIGN THE RECIPE
   - Choose the flour
   - Choose the yeast

2. BAKING
   - Knead
   - Bake
```

### Rye Bread

```
1. BAKING
   - Knead twice
```

## Communication Approaches

- **Trade-offs**: say what was weighed
- **Risks**: say what may burn
"""

WAY = """\
# Baker Agent Workflow

## Agent Identity
**Name**: Backend Developer
**Repository**: bakery
**Role**: Bakes
**Personality**: Warm
**Focus**: Crust

## Workflow Steps

### Step 1: Look around
**Objective**: Know the kitchen

**Actions**:
1. Read the order:
   ```bash
   cat ../pending-commits/order.md
   ```
2. Light the oven

**Expected Output**:
- A hot oven

### Step 2: Bake
**Actions**:
1. Bake the bread

**Expected Output**:
- Bread

## Integration Points
- **With Docs**: the recipe's words
- **With Backend Developer**: nothing
- **With the Till Team**: prices

## Success Criteria
- [ ] Crust coverage > 90%
- [ ] Everything is eaten
"""

_METADATA = """\
# Oven Steps - Yard v1

## Workflow Metadata
- **Workflow-Step**: Oven
- **TaskID**: OVEN-001
- **Previous Step**: None
- **Next Step**: None

## Super-Prompt
Think of the crust.

## MCP Tools Required
- **thermometer**: measures heat

## Agent Selection & Assignment

### Supporting Agents
1. **@till-team**: prices

## Task Breakdown

# Phase-01 (Strategic Level) - Oven

## Task-01 (Tactical Level) - Heat
- ID: P01-T01
- Description: Make it hot.
- Prerequisites: {needs}

### Subtask-01 (Operational Level) - Fire
- ID: P01-T01-S01
- Description: Wood first, fire after.
- Prerequisites: None
- Agent Assignment: `@backend` - Primary capabilities: `fire`.
- Documentation Links:
  - [Oven.md](mdc:docs/Oven.md)
- Max Retries: {retries}
- On Failure: `{failure}`
- Steps:
    - Step ID: P01-T01-S01-01
      - Command: `Lay the wood`
      - Tool: `edit_file`
      - Success Criteria:
          - Exit Code: `0`
    - Step ID: P01-T01-S01-02
      - Command: `Write down the heat`
      - Tool: `edit_file`
      - Success Criteria:
          - File Exists: `heat.md`
          - File Content Matches: `"high"`

## Task-02 (Tactical Level) - Bread
- ID: P01-T02
- Prerequisites: Task P01-T01 must be `SUCCEEDED`

### Subtask-01 (Operational Level) - Loaf
- ID: P01-T02-S01
- Prerequisites: None
- Agent Assignment: `@crust-lead` - Primary capabilities: `pages`.
- Steps:
    - Step ID: P01-T02-S01-01
      - Command: `Bake`
      - Success Criteria:
          - Output Contains: `"baked"`
"""
WOOD, HEAT, LOAF = "P01-T01-S01-01", "P01-T01-S01-02", "P01-T02-S01-01"
GATES = """
## Quality Gates
1. **Crust**: Somebody has tasted it.

## Output Artifacts
1. **heat.md**: how hot it was

## Rollback Procedures
1. **Smoke**: Open the window.
"""


def oven(
    *,
    needs: str = "None",
    retries: str = "1",
    failure: str = "ESCALATE_TO_HUMAN (@docs) with logs",
    more: str = "",
) -> str:
    """Return a document of steps."""
    head = _METADATA.format(needs=needs, retries=retries, failure=failure)
    return head + more


def keep(opened: OpenWorkspace, text: str, name: str = "bread") -> dict[str, Any]:
    """Import a document under this name; return what came out."""
    folder = opened.root.parent / "templates"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.md").write_bytes(text.encode())
    found: dict[str, Any] = opened.perform(
        "workflow import", paths=[str(folder / f"{name}.md")]
    )
    return found


def begin(
    opened: OpenWorkspace,
    text: str,
    name: str = "bread",
    values: Iterable[str] = (),
    agent: str = "backend",
) -> str:
    """Import a document and start a run of it for an agent; return the run's id."""
    keep(opened, text, name)
    asked = {"template": name, "set": list(values)}
    run: str = opened.call("workflow start", asked, agent=agent)["id"]
    return run


def begin_bread(opened: OpenWorkspace) -> str:
    """Start a run of BREAD with all its placeholders filled."""
    return begin(opened, BREAD, values=FILLED)


def living(opened: OpenWorkspace, run: str) -> Path:
    """Return where a run's living copy lies."""
    return opened.root / RUNS / run / "workflow.md"


def text_of(opened: OpenWorkspace, run: str) -> str:
    """Return a run's living copy as it lies there."""
    return living(opened, run).read_bytes().decode()


def edit(opened: OpenWorkspace, run: str, old: str, new: str) -> str:
    """Change a living copy as an editor does, and let it be taken in; return it."""
    path = living(opened, run)
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new, 1).encode())
    opened.perform("check")
    return text_of(opened, run)


def show(opened: OpenWorkspace, run: str) -> dict[str, Any]:
    """Return all that is known of a run."""
    found: dict[str, Any] = opened.perform("workflow show", run=run)
    return found


def states(opened: OpenWorkspace, run: str) -> dict[str, str]:
    """Return the states of a run's items or steps, by id."""
    found = show(opened, run)
    return {x["id"]: x["state"] for x in found["steps"] or found["items"]}


def tick(opened: OpenWorkspace, run: str, *items: str) -> dict[str, Any]:
    """Tick items as the backend agent; return what the last one gave."""
    found: dict[str, Any] = {}
    for item in items:
        asked = {"run": run, "item": item}
        found = opened.call("workflow tick", asked, agent="backend")
    return found


def gate(opened: OpenWorkspace, run: str, item: str) -> dict[str, Any]:
    """Pass a gate as the maintainer."""
    found: dict[str, Any] = opened.perform(
        "workflow gate", run=run, item=item, comment="Go on"
    )
    return found


def take(
    opened: OpenWorkspace, run: str, step: str, agent: str = "backend"
) -> dict[str, Any]:
    """Take a step."""
    asked = {"run": run, "step": step}
    found: dict[str, Any] = opened.call(
        "workflow take", asked, agent=agent, folder=_home(opened, agent)
    )
    return found


def submit(
    opened: OpenWorkspace,
    run: str,
    step: str,
    agent: str = "backend",
    **evidence: object,
) -> dict[str, Any]:
    """Submit evidence for a step."""
    asked = {"run": run, "step": step, "evidence": json.dumps(evidence)}
    found: dict[str, Any] = opened.call(
        "workflow submit", asked, agent=agent, folder=_home(opened, agent)
    )
    return found


def _home(opened: OpenWorkspace, agent: str) -> str:
    home = opened.root / f"shop-{agent}"
    return str(home if home.is_dir() else opened.root)


def next_ids(opened: OpenWorkspace, run: str = "") -> list[str]:
    """Return what may be done now."""
    return [x["id"] for x in opened.perform("workflow next", run=run)["steps"]]


def inbox(opened: OpenWorkspace, agent: str = "backend") -> list[str]:
    """Return the subjects of an agent's messages; without one the maintainers'."""
    return [x["subject"] for x in opened.call("inbox", {}, agent=agent)]
