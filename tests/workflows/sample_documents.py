"""A document of each family, in the shapes that people write, about a bakery."""

# Groups are boxes; Notes are list entries; no newline at the end.
GROUPED = """\
# Oven Workflow

## Project State
Project Phase: [Phase Number/Name]
Oven-Focused

## Task Management
- [ ] Find the loaf in the order book
- [ ] Copy it to "Primary Feature"

---

## Primary Feature
Name: [Loaf Name]
Description: [Loaf Description]

### Component Features
- [ ] [Part Name]
  - [ ] [Oven Task 1]

---

## Progress Checklist

### Understanding Phase
- [ ] Recipe review
    - [ ] Flours (`rye.md`, `spelt.md`)

    - [ ] Oven heat
- Notes: [ Notes ]

### Planning Phase
- [ ] Shape
    - [ ] Weigh the dough
    - [ ] PAUSE, Check in with user
- Notes: [ Notes ]

### Implementation Phase
- [ ] Setup
    - [ ] Heat the oven
- Notes: [ Notes ]

- [ ] Baking
    - [ ] Bake the loaf
    - [ ] Play/pause on the timer
- Notes: [ Notes ]

### Completion
- [ ] User sign-off
- [ ] Update task tracking

## Notes
Key decisions and learnings:
1. [ ]
2. [ ]"""

# Groups are headings; bold keys with hard breaks; links in items.
HEADED = """\
# Counter Workflow

> Keep to this order. See [Shop Rules](../shop.md).

## Project State
**Project Phase:** [Phase Number/Name] Counter-Focused

## Task Management
- [ ] Find the task in the phase file

## Primary Feature
**Name:** [Feature Name]\x20\x20
**Description:** [Feature Description]

## Component Features
- [ ] [Part Name]
  - [ ] [Counter Task 1]

## Progress Checklist

### Understanding Phase
#### Shop Review
- [ ] Prices ([Price List](../prices.md))
- [ ] Hours

**Notes:** [Notes]

### Planning Phase
#### Layout
- [ ] Where the till stands
- [ ] PAUSE, Check in with user

**Notes:** [Notes]

### Testing
- [ ] Sell one roll

### Completion
- [ ] User sign-off
- [ ] Update task tracking

## Notes
### Key decisions and learnings:
- [ ]
"""

CATALOGUE = """\
# Head Baker Mode: Task Guidelines

## Development Process Framework

Follow these stages:

1. **Orders Analysis**
   - Read the order book
   - Count the loaves

2. **Dough and Design**
   - Choose the flour

3. **Testing of Crusts**

## Example Task Workflows

### Rye Bread Workflow

```
1. GATHERING
   - Fetch rye
   - Fetch salt

2. DOUGH DESIGN
   - Mix
```

### Rolls for a Wedding

```
1. COUNTING
   - Count the guests
```

## Communication Approaches

- **Crust First**: Speak of the crust
- **Price**
"""

AGENT = """\
# Baker Agent Workflow

## Agent Identity
**Name**: Baker\x20\x20
**Role**: Bakes bread
- **Core Focus:** Rye

## Workflow Steps

### Step 1: Look Around
**Objective**: Know the kitchen

**Actions**:
1. Load the recipe:
   ```
   Load: ../recipes/
   ```

2. Look at the oven
   - Is it warm
   - Is it clean

**Expected Output**:
- Kitchen known
- Oven warm

### Step 2: Bake
**Objective**: Bread

**Actions**:
1. Bake:
   ```bash
   # Step 9: not a heading
   bake --hot
   ```
   ```bash
   smell
   ```

**Expected Output**:
- Bread

## Integration Points
- **With the Miller**: flour, bran
- **With Counter**: prices

## Success Criteria
- [ ] Crust > 90% brown
- [ ] Everybody eats
"""

BOOK = """\
# Bakery - Yard v1

## Workflow Metadata
- **TaskID**: BAKE-007
- **Previous Step**: 06_Mill.md
- **Next Step**: None

### Primary Responsible Agent
**@baker** - `bread`

# Phase-01 (Strategic Level) - Bread

## Task-01 (Tactical Level) - Dough
- ID: P01-T01
- Prerequisites: None

### Subtask-01 (Operational Level) - Mixing
- ID: P01-T01-S01
- Prerequisites: None
- Agent Assignment: `@miller` - Primary capabilities: `flour`.
- Max Retries: 1
- On Failure: `REVERT_STATE`
- Steps:
    - Step ID: P01-T01-S01-01
      - Command: `Mix it`
      - Success Criteria:
          - Exit Code: `0`
          - File Exists: `dough.md`
    - Step ID: P01-T01-S01-02
      - Command: `Let it rest`
      - Success Criteria:
          - File Content Matches: `"risen"` in `dough.md`

## Task-02 (Tactical Level) - Oven
- ID: P01-T02
- Prerequisites: Task P01-T01 must be `SUCCEEDED`

### Subtask-01 (Operational Level) - Baking
- ID: P01-T02-S01
- Prerequisites: Subtask P01-T01-S01 must be `SUCCEEDED`
- Documentation Links:
  - [Oven.md](mdc:docs/Oven.md)
- Steps:
    - Step ID: P01-T02-S01-01
      - Success Criteria:
          - File Content Matches: `brown`

## Quality Gates
1. **Crust**: It cracks

## Success Criteria
- [ ] It smells
"""

ALL = (GROUPED, HEADED, CATALOGUE, AGENT, BOOK)


def line_of(text: str, words: str) -> int:
    """Return the number of the first line that holds these words."""
    return next(i for i, x in enumerate(text.split("\n"), 1) if words in x)
