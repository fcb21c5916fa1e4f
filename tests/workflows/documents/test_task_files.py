"""Relatives of step documents: one task a file, short forms, one-liners."""

import pytest

from coordinator.workflows.criteria import one_liners
from coordinator.workflows.documents import step_document
from coordinator.workflows.model import Criteria, Document

FRONT = """\
---
phase: P01
step: S02
task: T03
task_id: P01-S02-T03
title: Rigging
previous_task: P01-S02-T02
next_task: null
agent: "@rig-agent, @mast-agent"
orchestrator: "@yard-master"
---
"""

TASK = f"""{FRONT}\
## Output Artifacts Checklist
- [ ] yard/Rig.md — Rig.md: Rig.md (missing)
- [ ] yard/Rig.json — Rig.json: Rig.json (missing)

# Previous Task: P01-S02-T02-Hull.md

# Mission Statement
Rig her.

## Supporting Agents
- @sail-agent
- @rope-agent: knots

## Subtasks (Detailed)
### Subtask-01: Shrouds
- **ID**: P01-T03-S01
- **Agent Assignment**: @rope-agent (knots, tar)
- **Documentation Links**: [Rig.md](mdc:yard/Rig.md), [Rig.json](mdc:yard/Rig.json)
- **Steps**:
    1. Search the store for rope (file_search)
    2. Write Rig.md (`edit_file`).
- **Success Criteria**:
    - Rig.md created with every knot
    - Every knot is tied
    - File Exists: Rig.json
- **Next Subtask**: P01-T04-S01 (Sails)

## Subtask 2: Stays
- **Agent**: @stay-agent
- **Steps**:
  1. Set the stays as per Rig.json, including tension.
     - Tool: edit_file
     - Success Criteria:
       - File Content Matches: Rig.json includes 'tension'
  2. Look at them (run_terminal_cmd)
        - Success: Exit Code 0, stays.md or stays.txt, "All taut"
  3. Look again
     Success: Exit Code 0
     Mind the tar.

## Output Artifacts
- [Rig.md](mdc:yard/Rig.md)

## Next Action
Go on with @sail-agent
"""

SHORT = f"""{FRONT}
# Super Prompt
You are @rig-agent. Rig her.

1. **Documentation Reference**
   - Documentation in `yard/plans/`

2. **Save Output**
   - yard/Rig.md (Markdown)
   - yard/Rig.json (JSON, schema: {{"a": [string]}})
   - Output JSON must include a tension

3. **Update Progress**
   - Mark it in Step.json

4. **Self-Check**
   - [ ] Is it taut?
"""


def read(text: str) -> Document:
    """Read a document."""
    return step_document.parse(text, "workflows/rig.md")[0]


def test_the_front_matter_is_the_metadata() -> None:
    """Title, fields and leading agents come from it."""
    document = read(TASK)
    assert (document.title, document.dialect) == ("Rigging", "task-file")
    assert document.said("task_id") == "P01-S02-T03"
    assert document.said("previous_task") == "P01-S02-T02"
    assert document.agents == (
        *("rig-agent", "mast-agent", "sail-agent", "rope-agent", "stay-agent"),
    )


def test_the_file_is_one_task() -> None:
    """Without a task's heading, all subtasks belong to the file's own task."""
    (task,) = read(TASK).book.tasks
    assert (task.id, task.title, task.phase) == ("P01-S02-T03", "Rigging", "P01")
    assert [(x.id, x.title) for x in task.subtasks] == [
        ("P01-T03-S01", "Shrouds"),
        ("P01-S02-T03-S02", "Stays"),
    ]


def test_numbered_steps_name_their_tool_in_brackets() -> None:
    """`text (tool)`; ids are made from the subtask's."""
    first, second = read(TASK).book.tasks[0].subtasks[0].steps
    assert (first.id, first.command) == (
        "P01-T03-S01-01",
        "Search the store for rope",
    )
    assert (first.tool, second.tool) == ("file_search", "edit_file")
    assert second.command == "Write Rig.md"


def test_criteria_stand_below_the_subtask_or_the_step() -> None:
    """Prose without a label is typed where it is plain, else a person's."""
    shrouds, stays = read(TASK).book.tasks[0].subtasks
    assert [x.kind for x in shrouds.criteria] == [
        Criteria.FILE_EXISTS,
        Criteria.ATTESTED,
        Criteria.FILE_EXISTS,
    ]
    first, second, third = stays.steps
    assert first.tool == "edit_file"
    assert [x.kind for x in first.criteria] == [Criteria.FILE_CONTAINS]
    assert [(x.kind, x.values) for x in second.criteria] == [
        (Criteria.EXIT_CODE, ()),
        (Criteria.FILE_EXISTS, ("stays.md", "stays.txt")),
        (Criteria.OUTPUT_CONTAINS, ("All taut",)),
    ]
    assert [x.kind for x in third.criteria] == [Criteria.EXIT_CODE]


def test_retries_and_failure_default_where_nothing_is_said() -> None:
    """No number, and escalation shown as the default."""
    stays = read(TASK).book.tasks[0].subtasks[1]
    assert stays.retries is None
    assert stays.on_failure.is_default


def test_artifacts_are_named_once() -> None:
    """The check list and the list of artifacts name the same files."""
    book = read(TASK).book
    assert [x.values for x in book.artifacts] == [("yard/Rig.md",), ("yard/Rig.json",)]


@pytest.mark.parametrize(
    "heading",
    [
        "### Subtask-01: Sails",
        "## Subtask 1: Sails",
        "### Subtask 01 - Sails",
        "### **Subtask-1**: Sails",
        "### Subtask-01 (Operational Level) - Sails",
        "#### TODO : Subtask-01: Sails",
        "### subtask_1: Sails",
    ],
)
def test_subtask_headings_in_all_spellings(heading: str) -> None:
    """Dash or space, any level, any separator."""
    (task,) = read(f"{FRONT}{heading}\n- ID: P01-T03-S09\n").book.tasks
    assert [(x.id, x.title) for x in task.subtasks] == [("P01-T03-S09", "Sails")]


def test_the_short_form() -> None:
    """Its paths are artifacts, its numbered headings are prose of their own."""
    document = read(SHORT)
    assert document.dialect == "short"
    assert [x.values for x in document.book.artifacts] == [
        ("yard/Rig.md",),
        ("yard/Rig.json",),
    ]
    assert [x for x, _ in document.book.prose] == [
        "Super Prompt",
        "Documentation Reference",
        "Update Progress",
        "Self-Check",
    ]
    (task,) = document.book.tasks
    assert (task.id, task.subtasks) == ("P01-S02-T03", ())


def test_the_short_form_with_headings_and_fences() -> None:
    """Paths stand in fences, too; a schema is none, and neither is its file's name."""
    text = f"""{FRONT}
## Super Prompt
Rig.
## 1. Save Output
- Save to:
```
yard/Rig.md
```
- Output schema for Rig.json:
```json
{{"a": "b.md"}}
```
### Log.md (Markdown)
- Every knot
## 2. Update Progress
```
Step.json
```
"""
    book = read(text).book
    assert [x.values for x in book.artifacts] == [("yard/Rig.md",), ("Log.md",)]
    assert [x for x, _ in book.prose] == ["Super Prompt", "Update Progress"]


def test_a_conflict_leaves_both_sides() -> None:
    """Markers inside front matter and body hide no subtask."""
    ours = "---\ntask_id: P01-S02-T03\nnext_task: x\n<<<<<<< HEAD\nagent: '@a'\n---\n"
    theirs = f"=======\nagent: '@b'\n---\n{TASK.removeprefix(FRONT)}>>>>>>> other\n"
    text = f"{ours}\n# Super Prompt\nRig.\n{theirs}"
    document, problems = step_document.parse(text, "w.md")
    assert [len(x.subtasks) for x in document.book.tasks] == [2]
    assert document.said("task_id") == "P01-S02-T03"
    assert "bad-front-matter" in {x.code for x in problems}


def test_without_a_task_there_is_none() -> None:
    """A prompt alone, with no id, is a document without tasks."""
    document = read("# Super Prompt\nRig.\n1. **Save Output**\n   - a.md\n")
    assert document.book.tasks == ()
    assert (document.title, document.dialect) == ("Super Prompt", "short")
    assert read("nothing").title == "rig"


def test_a_list_of_agents_in_the_front_matter() -> None:
    """The first one leads."""
    keys = 'task_id: P01-S02-T03\nphase: P01\nagent: ["@a", "@b"]\nmore: {x: 1}\n'
    document = read(f"---\n{keys}---\n")
    assert document.agents == ("a", "b")
    assert document.said("agent") == "@a, @b"


@pytest.mark.parametrize(
    ("text", "tool", "kinds"),
    [
        ("", "", []),
        (
            "Exit Code 0, a.md or b.md, docs/ or maps/",
            "",
            [Criteria.EXIT_CODE, Criteria.FILE_EXISTS, Criteria.FILE_EXISTS],
        ),
        ('"a.*b", "c"', "edit_file", [Criteria.FILE_MATCHES] * 2),
        ('"a, b", "c"', "run_terminal_cmd", [Criteria.OUTPUT_CONTAINS] * 2),
        (
            "GET /health 200 OK, rig-test-suite",
            "",
            [Criteria.HTTP_RESPONSE, Criteria.TEST_PASSES],
        ),
        (
            'the pump (old, loud) runs, output contains "dry"',
            "",
            [Criteria.ATTESTED, Criteria.OUTPUT_CONTAINS],
        ),
        ("It is tight, dry, and safe", "", [Criteria.ATTESTED]),
        ("a.md contains knots, rope, and tar", "", [Criteria.FILE_EXISTS]),
        ("fine, a.md,", "", [Criteria.ATTESTED, Criteria.FILE_EXISTS]),
        ("a.md, " * 300, "", [Criteria.ATTESTED]),
    ],
)
def test_several_criteria_on_one_line(
    text: str, tool: str, kinds: list[Criteria]
) -> None:
    """Commas part them where at least one is typed; a sentence stays whole."""
    assert [x.kind for x in one_liners.read(text, 5, tool)] == kinds
