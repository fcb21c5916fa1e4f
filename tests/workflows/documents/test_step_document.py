"""Documents of checked steps: seed 004's own dialect and all that stands around."""

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.kernel.problems import Problem
from coordinator.kernel.text import frontmatter
from coordinator.kernel.text.markdown import scan
from coordinator.workflows.documents import step_document
from coordinator.workflows.model import (
    Criteria,
    Criterion,
    Document,
    Failure,
    Family,
    Link,
    NamedEntry,
    Needs,
    OnFailure,
    Prerequisite,
    Step,
    Subtask,
    Task,
)

SHIP = """\
# Ship Building - Yard v1

## Workflow Metadata
- **Workflow-Step**: Ship Building
- **TaskID**: YARD-007
- **Previous Step**: 06_Timber.md
- **Next Step**: 08_Launch.md

## Mission Statement
Build a ship that floats.

## Documentation & Templates

### Required Documents
1. **Hull_Plan.md**: lines of the hull

## MCP Tools Required
- **saw**: cuts timber
- **caulk**

## Agent Selection & Assignment

### Primary Responsible Agent
**@hull-agent** - `hull-work`
- **Role**: leads

### Supporting Agents
1. **@rig-agent**: masts
2. **@sail-agent**: canvas

## Task Breakdown

### TODO : Phase Structure

# Phase-01 (Strategic Level) - Hull & Rig

## Task-01 (Tactical Level) - Hull
- ID: P01-T01
- Description: Lay the keel.
- Prerequisites: None
- Estimated Duration: 2 days

### Subtask-01 (Operational Level) - Keel & Ribs
- ID: P01-T01-S01
- Description: Keel first, ribs after.
- Prerequisites: None
- Agent Assignment: `@hull-agent` - Primary capabilities: `adze`, `saw-work`.
- Documentation Links:
  - [Hull_Plan.md](mdc:yard/Hull_Plan.md)
  - [Wood.json](mdc:yard/Wood.json)
- Max Retries: 3
- On Failure: `ESCALATE_TO_HUMAN (@yard-master) with logs`
- Steps:
    - Step ID: P01-T01-S01-01
      - Command: `Lay the keel on the blocks`
      - Tool: `run_terminal_cmd` (or by hand)
      - Description: Straight as a string.
      - Success Criteria:
          - Exit Code: `0`
          - File Exists: `keel.md` or `keel.txt`
          - Output Contains: `"Keel laid"`
    - Step ID: P01-T01-S01-02
      - Command: `Write down the ribs`
      - Tool: `edit_file`
      - Success Criteria:
          - File Content Matches: `"ribs".*"oak"`
- Final Subtask Success Criteria: The hull stands.
- Integration Points: Rigging needs it.
- Next Subtask: P01-T02-S01 (Masts)

---

## Task-02 (Tactical Level) - Rig
- ID: P01-T02
- Prerequisites: Task P01-T01 must be `SUCCEEDED`

### Subtask-01 (Operational Level) - Masts
- ID: P01-T02-S01
- Prerequisites: Subtask P01-T01-S01 must be `SUCCEEDED`
- Agent Assignment: `@mast-agent` - Primary capabilities: `climbing`.
- Max Retries: N/A (done once)
- On Failure: `NOTIFY_AND_CONTINUE` (sail later)
- Steps:
    - Step ID: P01-T02-S01-01
      - Success Criteria:
          - Unit Test Pass: `mast-tests`
- Next Subtask: None

---
### Post-Completion Actions:
- Ring the bell.

## Success Criteria
- [ ] It floats

## Quality Gates
1. **Dry**: No water inside
2. **Straight**: No list

## Dependencies
### Input Dependencies
- Timber

## Performance Metrics
- **Speed**: Average speed > 9 knots
- **Looks**: Fine

## Output Artifacts
1. **Ship_Model**: A model
2. **Log.md**: The log
3. **[Hull_Plan.md](mdc:yard/Hull_Plan.md)**: The plan

## Rollback Procedures
1. **Leak**: Caulk again

---

**Status**: Ready
**Next Action**: Ask @hull-agent
"""


def read(text: str) -> Document:
    """Read a document, whatever its problems."""
    return step_document.parse(text, "workflows/ship.md")[0]


def problems(text: str) -> list[tuple[int, str]]:
    """Return lines and codes of the problems of a document."""
    return [(x.line, x.code) for x in step_document.parse(text, "w.md")[1]]


def subtask(body: str) -> Subtask:
    """Read the only subtask of a document: its body below a heading."""
    return read(f"### Subtask-01: Masts\n{body}").book.tasks[0].subtasks[0]


def line_of(words: str) -> int:
    """Return the number of the ship's first line with these words."""
    return next(i for i, x in enumerate(SHIP.splitlines(), 1) if words in x)


def test_the_whole_is_read() -> None:
    """Kind, title, dialect, metadata and the agents who lead, support and work."""
    document, found = step_document.parse(SHIP, "workflows/ship.md")
    assert found == ()
    assert document.kind is Family.STEPS
    assert document.title == "Ship Building - Yard v1"
    assert document.dialect == "dafnck"
    assert document.said("taskid") == "YARD-007"
    assert document.said("previous_step") == "06_Timber.md"
    assert document.said("status") == "Ready"
    assert document.said("next_action") == "Ask @hull-agent"
    assert document.agents == ("hull-agent", "rig-agent", "sail-agent", "mast-agent")


def test_phases_and_tasks() -> None:
    """A task bears its phase's title, what must be before, and how long it takes."""
    book = read(SHIP).book
    title = "Phase-01 (Strategic Level) - Hull & Rig"
    assert [(x.title, x.line) for x in book.phases] == [(title, line_of("# Phase-01"))]
    hull, rig = book.tasks
    assert hull == Task(
        "P01-T01",
        "Hull",
        line_of("## Task-01"),
        title,
        "Lay the keel.",
        duration="2 days",
        subtasks=hull.subtasks,
    )
    wanted = "Task P01-T01 must be SUCCEEDED"
    line = line_of("Task P01-T01 must")
    assert rig.prerequisites == (Prerequisite(wanted, line, "P01-T01"),)


def test_a_subtask_with_all_its_fields() -> None:
    """Nothing that stands below its heading is lost."""
    found = read(SHIP).book.tasks[0].subtasks[0]
    line = line_of("Hull_Plan.md](mdc")
    assert found == Subtask(
        "P01-T01-S01",
        "Keel & Ribs",
        line_of("### Subtask-01"),
        "Keel first, ribs after.",
        agents=("hull-agent",),
        capabilities=("adze", "saw-work"),
        links=(
            Link("Hull_Plan.md", "mdc:yard/Hull_Plan.md", line),
            Link("Wood.json", "mdc:yard/Wood.json", line + 1),
        ),
        retries=3,
        on_failure=OnFailure(
            Failure.ESCALATE,
            "yard-master",
            "ESCALATE_TO_HUMAN (@yard-master) with logs",
            is_default=False,
        ),
        steps=found.steps,
        fields=(
            ("final_subtask_success_criteria", "The hull stands."),
            ("integration_points", "Rigging needs it."),
            ("next_subtask", "P01-T02-S01 (Masts)"),
        ),
    )


def test_steps_with_their_criteria() -> None:
    """Command, tool and description, and one criterion a bullet."""
    first, second = read(SHIP).book.tasks[0].subtasks[0].steps
    line = line_of("Step ID: P01-T01-S01-01")
    assert first == Step(
        "P01-T01-S01-01",
        line,
        "Lay the keel on the blocks",
        "run_terminal_cmd",
        "Straight as a string.",
        (
            Criterion(Criteria.EXIT_CODE, "0", line + 5, "Exit Code", expected=0),
            Criterion(
                Criteria.FILE_EXISTS,
                "keel.md or keel.txt",
                line + 6,
                "File Exists",
                ("keel.md", "keel.txt"),
            ),
            Criterion(
                Criteria.OUTPUT_CONTAINS,
                '"Keel laid"',
                line + 7,
                "Output Contains",
                ("Keel laid",),
            ),
        ),
    )
    assert [x.kind for x in second.criteria] == [Criteria.FILE_MATCHES]


def test_every_agent_of_the_front_matter_is_kept() -> None:
    """The first leads, the others support, as if a section named them."""
    head = "---\ntask_id: P01-S01-T01\nstep: S01\nagent: '@tide, @rope, @lamp'\n---\n"
    document = read(f"{head}# Tides\n\n## Supporting Agents\n- @bell\n- @rope\n")
    assert document.agents == ("tide", "rope", "lamp", "bell")
    assert document.book.supporting == ("rope", "lamp", "bell")


def test_what_stands_around_the_tasks() -> None:
    """Gates, rollbacks, tools and supporting agents are lists of their own."""
    book = read(SHIP).book
    assert [(x.name, x.text) for x in book.gates] == [
        ("Dry", "No water inside"),
        ("Straight", "No list"),
    ]
    assert book.rollbacks == (NamedEntry("Leak", "Caulk again", line_of("**Leak**")),)
    assert [(x.name, x.text) for x in book.tools] == [
        ("saw", "cuts timber"),
        ("caulk", ""),
    ]
    assert book.supporting == ("rig-agent", "sail-agent")
    titles = [x for x, _ in book.prose]
    assert titles == [
        "Mission Statement",
        "Required Documents",
        "Primary Responsible Agent",
        "Post-Completion Actions",
        "Success Criteria",
        "Input Dependencies",
    ]
    assert dict(book.prose)["Mission Statement"] == "Build a ship that floats."


def test_artifacts_and_metrics_are_criteria() -> None:
    """A file must be there, a number must be met, the rest needs a person."""
    book = read(SHIP).book
    assert [(x.kind, x.values) for x in book.artifacts] == [
        (Criteria.ATTESTED, ()),
        (Criteria.FILE_EXISTS, ("Log.md",)),
        (Criteria.FILE_EXISTS, ("yard/Hull_Plan.md",)),
    ]
    speed, looks = book.metrics
    assert (speed.kind, looks.kind) == (Criteria.NUMBER, Criteria.ATTESTED)
    assert speed.comparison is not None
    assert (speed.comparison.name, speed.comparison.value) == ("Average speed", 9)


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_other_line_ends_say_the_same(end: str) -> None:
    """Numbers of lines and all values are equal with CRLF and CR."""
    assert read(SHIP.replace("\n", end)) == read(SHIP)


def test_tabs_nest_like_spaces() -> None:
    """A tab takes four columns."""
    tabbed = "\n".join(
        "\t" * ((len(x) - len(x.lstrip())) // 2) + x.lstrip() for x in SHIP.split("\n")
    )
    assert read(tabbed).book == read(SHIP).book


def test_lost_indents_lose_no_criterion() -> None:
    """A list that was flattened is read by its keys."""
    flat = "\n".join(x.lstrip() for x in SHIP.split("\n"))
    plain = [y for x in read(flat).book.tasks for y in x.subtasks]
    nested = [y for x in read(SHIP).book.tasks for y in x.subtasks]
    assert [x.steps for x in plain] == [x.steps for x in nested]


def test_comments_are_not_read() -> None:
    """A step inside an HTML comment is none."""
    text = SHIP.replace("    - Step ID: P01-T02-S01-01", "<!--")
    text = text.replace("`mast-tests`", "-->")
    assert read(text).book.tasks[1].subtasks[0].steps == ()


def test_the_second_dialect() -> None:
    """Bold keys, numbered steps, prompts and verification steps."""
    text = """\
## Task-01 (Tactical Level) - Rig

* **Task ID:** `P01-T01`
* **Description:** Masts up.

### Subtask-01 (Operational Level) - Masts

* **Subtask ID:** `P01-T01-S01`
* **Prerequisites:** `P01-T00-S02` must be `SUCCEEDED`.
* **Agent Assignment:** `@mast-agent`
    * **Capabilities Required:** `climbing`, `knots`
* **Documentation Links:** `Mast.md`, `Mast.json`
* **MCP Tool(s) to use:** `edit_file`
* **Max Retries:** 1
* **On Failure:** `ESCALATE_TO_HUMAN (@mate)` if it bends.
* **Steps:**
    1.  **Step ID:** `P01-T01-S01-E01`
        * **Action:** Step the mast.
        * **Agent Prompt:** "Step it now."
        * **Success Criteria:**
            * **Document Exists:** `Mast.md` and `Mast.json` are created/updated.
            * **Rake:** At least 3 degrees.
        * **Verification Steps:**
            * Look at it.
            * Look again.
* **Subtask Success Criteria:** It stands.
"""
    document = read(text)
    (task,) = document.book.tasks
    (found,) = task.subtasks
    (step,) = found.steps
    assert document.dialect == "bold-list"
    assert (task.id, task.description) == ("P01-T01", "Masts up.")
    assert (found.id, found.retries) == ("P01-T01-S01", 1)
    assert (found.agents, found.capabilities) == (
        ("mast-agent",),
        ("climbing", "knots"),
    )
    assert [x.target for x in found.links] == ["Mast.md", "Mast.json"]
    assert found.on_failure.agent == "mate"
    assert [x for x, _ in found.fields] == [
        "mcp_tools_to_use",
        "subtask_success_criteria",
    ]
    assert (step.id, step.command) == ("P01-T01-S01-E01", "Step the mast.")
    assert [x.kind for x in step.criteria] == [Criteria.FILE_EXISTS, Criteria.NUMBER]
    assert step.fields == (
        ("agent_prompt", '"Step it now."'),
        ("verification_steps", "Look at it.\nLook again."),
    )


def test_a_step_without_an_id_gets_one() -> None:
    """Its subtask's id and its place name it."""
    found = subtask(
        "- ID: P01-T01-S01\n- Steps:\n  - Command: `a`\n  - Tool: `b`\n  - Action: c\n"
        "  - **Step ID**:\n    - Command: d\n"
    )
    assert [(x.id, x.command, x.tool) for x in found.steps] == [
        ("P01-T01-S01-01", "a", "b"),
        ("P01-T01-S01-02", "c", ""),
        ("P01-T01-S01-03", "d", ""),
    ]


def test_parts_without_ids_get_them_from_their_numbers() -> None:
    """Task and subtask numbers make an id."""
    (task,) = read("## Task-02: Rig\n### Subtask-03: Masts\n").book.tasks
    assert (task.id, task.subtasks[0].id) == ("T02", "T02-S03")
    assert subtask("").id == "S01"


def test_criteria_of_a_subtask_as_a_whole() -> None:
    """They are not one step's; a line that only introduces bullets is none."""
    found = subtask(
        "- Success Criteria:\n  - File Exists: a.md\n  - Files:\n    - b.md\n  -\n"
    )
    assert [x.values for x in found.criteria] == [("a.md",), ("b.md",)]
    assert found.steps == ()


def test_deeper_headings_belong_to_their_subtask() -> None:
    """People also write fields as headings; prose below a subtask is kept."""
    found = subtask(
        "Be careful.\n- And quick\n#### Steps\n1. Cut (saw)\n"
        "#### Success Criteria\n- cut.md\n#### Remarks\n- none so far\n"
    )
    assert [(x.command, x.tool) for x in found.steps] == [("Cut", "saw")]
    assert [x.values for x in found.criteria] == [("cut.md",)]
    assert dict(found.fields) == {"notes": "And quick", "remarks": "none so far"}


def test_prerequisites_below_their_key() -> None:
    """One bullet each is as good as one line."""
    found = subtask("- Prerequisites:\n  - P01-T01 has started\n  - Dry wood\n")
    assert [(x.id, x.needs, x.line) for x in found.prerequisites] == [
        ("P01-T01", Needs.STARTED, 3),
        ("", Needs.WORD, 4),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "### Subtask-01: a\n- Steps:\n  1. b\n     - Criteria:\n       - so nice\n",
            [(5, "unlabelled-criterion")],
        ),
        (
            "### Subtask-01: a\n- Success Criteria:\n  - Mood: fine\n",
            [(3, "unknown-kind")],
        ),
        ("### Subtask-01: a\n- On Failure: panic\n", [(1, "unknown-on-failure")]),
        ("### Subtask-01: a\n- On Failure: N/A\n", []),
        (
            "# Subtask 1\n- ID: P01-T01-S01\n# Subtask 2\n- ID: P01-T01-S01\n",
            [(3, "duplicate-id")],
        ),
        (
            "# Subtask 1\n- ID: P01-T01-S01\n- Dependencies: P01-T01-S07\n",
            [(3, "dangling-next")],
        ),
        (
            "# Subtask 1\n- ID: P01-T01-S01\n- Next Subtask: P01-T01-S08 (x)\n",
            [(1, "dangling-next")],
        ),
        ("# Subtask 1\n- ID: P01-T01-S01\n- Dependencies: P01-T09-S07\n", []),
        ("# Subtask 1\n- ID: P01-T01-S01\n- Next Subtask: P02-T01-S01\n", []),
        ("---\ntask_id: P01-S01-T01\nphase: [\n---\n", [(4, "bad-front-matter")]),
    ],
)
def test_problems_of_a_document(text: str, found: list[tuple[int, str]]) -> None:
    """Each has a line; ids of other files are none."""
    assert [x for x in problems(text) if x[1] != "no-criteria"] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("### Subtask-01: a\n- Description: b\n", [(1, "no-criteria")]),
        ("### Subtask-01: a\n- Steps:\n  1. b\n  2. c\n", [(1, "no-criteria")]),
        ("### Subtask-01: a\n- Success Criteria:\n  - Exit Code: 0\n", []),
        ("### Subtask-01: a\n- Steps:\n  1. b\n     - Success: Exit Code 0\n", []),
    ],
)
def test_a_subtask_without_any_criteria_is_named(
    text: str, found: list[tuple[int, str]]
) -> None:
    """Neither of its own nor of a step."""
    assert problems(text) == found


STEP = """\
### Subtask-01: Saw
- Steps:
    - Step ID: P01-T01-S01-01
      {0}Command: saw
      {0}{1}:
          {2}Exit Code: `0`
          {3}File Exists: `a`
"""


@pytest.mark.parametrize(
    "written",
    [
        ("- ", "Success Criteria", "- ", "- "),
        ("", "Success Criteria", "- ", "- "),
        ("", "Success Criterion", "", ""),
        ("- ", "Success Criteria", "", ""),
        ("- ", "Success Criteria", "- ", "  "),
    ],
)
def test_a_steps_keys_need_no_markers(written: tuple[str, ...]) -> None:
    """Nor do its criteria, each on a line of its own with a label."""
    document, found = step_document.parse(STEP.format(*written), "w.md")
    [step] = document.book.tasks[0].subtasks[0].steps
    assert (step.id, step.command) == ("P01-T01-S01-01", "saw")
    kinds = [(x.kind, x.text) for x in step.criteria]
    assert kinds == [(Criteria.EXIT_CODE, "0"), (Criteria.FILE_EXISTS, "a")]
    assert list(found) == []


def test_a_problem_says_what_mends_it() -> None:
    """Path, message and hint are there."""
    found, _ = step_document.parse("### Subtask-01: a\n- On Failure: panic\n", "w.md")[
        1
    ]
    assert found == Problem(
        "w.md",
        1,
        "unknown-on-failure",
        "No action is known for 'panic'; a failure goes to a person.",
        "Write ESCALATE_TO_HUMAN (@agent), NOTIFY_AND_CONTINUE or REVERT_STATE.",
    )


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (SHIP, True),
        ("- Step ID: P01-T01-S01-01\n", True),
        ("* **Subtask ID:** `P01-T01-S01`\n", True),
        ("## Subtask 1: x\n", True),
        ("---\ntask_id: P01-S01-T01\nnext_task: x\n---\n# Super Prompt\n", True),
        ("---\ntask_id: 12\nowner: me\n---\n# Report\n", False),
        ("# Harbour Workflow\n### Setup Phase\n- [ ] Tie up\n", False),
        ("# Task Breakdown\n- ID: 3\n- [ ] The ID of the boat\n", False),
        ("", False),
    ],
)
def test_the_family_is_told_cheaply(text: str, is_one: bool) -> None:  # noqa: FBT001 - expected
    """A heading, a key or the front matter of a task tells it."""
    front = frontmatter.split(text, "w.md")
    assert step_document.is_steps(scan(front.body), front) is is_one


PIECES = st.sampled_from(
    [
        *SHIP.splitlines(),
        *("---", "task_id: P01-S01-T01", "<<<<<<< HEAD", "=======", ">>>>>>> x"),
        *(
            "- Success: Exit Code 0, a.md",
            "1. **Save Output**",
            "```",
            "# Super Prompt",
        ),
        *("\t- a", "      - b", "- **Steps**:", "    1. c (saw)", "<!--", "-->", ""),
    ]
)


@given(st.lists(PIECES, max_size=40), st.sampled_from(["\n", "\r\n", "\r"]))
def test_no_order_of_lines_makes_it_fail(pieces: list[str], end: str) -> None:
    """Merge conflicts shuffle documents; every line number stays real."""
    text = end.join(pieces)
    document, found = step_document.parse(text, "w.md")
    subtasks = [y for x in document.book.tasks for y in x.subtasks]
    criteria = [z for x in subtasks for y in x.steps for z in y.criteria]
    criteria += [y for x in subtasks for y in x.criteria]
    lines = [*(x.line for x in criteria), *(x.line for x in found)]
    attested = [x for x in criteria if x.kind is Criteria.ATTESTED]
    codes = Counter(x.code for x in found)
    assert codes["unknown-kind"] + codes["unlabelled-criterion"] == len(attested)
    assert all(1 <= x <= len(pieces) for x in lines)
    assert all(x.hint for x in found)


@given(st.text())
def test_no_text_makes_it_fail(text: str) -> None:
    """Whatever it is, it is a document."""
    assert read(text).kind is Family.STEPS


@pytest.mark.skipif(
    "COORDINATOR_SEEDS" not in os.environ, reason="COORDINATOR_SEEDS is not set"
)
def test_seed_004_is_read_to_the_last_criterion() -> None:
    """1 phase, 6 tasks, 12 subtasks, 36 steps and 111 criteria of six kinds."""
    (path,) = Path(os.environ["COORDINATOR_SEEDS"]).glob("004*.md")
    document, found = step_document.parse(path.read_text("utf-8"), path.name)
    subtasks = [y for x in document.book.tasks for y in x.subtasks]
    each = [y for x in subtasks for y in x.steps]
    kinds = Counter(y.kind for x in each for y in x.criteria)
    assert found == ()
    assert document.dialect == "dafnck"
    assert (len(document.book.phases), len(document.book.tasks)) == (1, 6)
    assert (len(subtasks), len(each)) == (12, 36)
    assert {x.retries for x in subtasks} == {3}
    assert kinds == {
        Criteria.FILE_MATCHES: 70,
        Criteria.OUTPUT_CONTAINS: 11,
        Criteria.TEST_PASSES: 9,
        Criteria.EXIT_CODE: 8,
        Criteria.HTTP_RESPONSE: 7,
        Criteria.FILE_EXISTS: 6,
    }


def test_what_stands_in_a_fence_is_no_key() -> None:
    """It is an example, whatever it looks like."""
    fence = "```yaml\n      command: other\n      criteria: none\n      ```"
    text = STEP.format("- ", "Success Criteria", "- ", "- ")
    text = text.replace("      - Command", f"      {fence}\n      - Command", 1)
    [step] = step_document.parse(text, "w.md")[0].book.tasks[0].subtasks[0].steps
    assert (step.command, len(step.criteria)) == ("saw", 2)
