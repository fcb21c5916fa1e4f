"""What `workflow inspect` counts, for each family."""

from coordinator.workflows.documents import counts, read
from coordinator.workflows.documents.counts import count
from tests.support import within_cpu_seconds
from tests.workflows.sample_documents import AGENT, BOOK, CATALOGUE, GROUPED, HEADED

NOTHING = {
    "dialect": "",
    "items": 0,
    "checked": 0,
    "open": 0,
    "skipped": 0,
    "in_progress": 0,
    "optional": 0,
    "gates": 0,
    "signoffs": 0,
    "placeholders": 0,
    "phases": 0,
    "tasks": 0,
    "subtasks": 0,
    "steps": 0,
    "criteria": 0,
    "criteria_by_kind": {},
    "criteria_by_class": {},
    "stages": 0,
    "problems": 0,
}


def counted(text: str) -> dict[str, object]:
    """Return what is counted in a text."""
    return count(*read.parse(text, "w.md"))


def test_a_checklist() -> None:
    """Boxes with their marks, gates, notes, placeholders and named phases."""
    assert counted(GROUPED) == NOTHING | {
        "kind": "checklist",
        "title": "Oven Workflow",
        "items": 19,
        "open": 19,
        "gates": 1,
        "signoffs": 1,
        "placeholders": 9,
        "phases": 4,
        "notes": 4,
    }


def test_marks_are_counted_apart() -> None:
    """Done, open, left out, in progress, optional; none is missing."""
    text = "- [x] a\n- [-] b\n- [~] c\n- [ ] d\n- [ ]* e\n- [?] f\n"
    keys = ("items", "checked", "open", "skipped", "in_progress", "optional")
    assert [counted(text)[x] for x in keys] == [6, 1, 4, 1, 1, 1]


def test_phases_without_a_name_for_it() -> None:
    """Where no heading says Phase, every section with items is one."""
    assert counted("# A\n- [ ] a\n## B\n- [ ] b\n# C\n")["phases"] == 2
    assert counted(HEADED)["phases"] == 4


def test_a_catalogue() -> None:
    """Stages with their bullets, and each workflow's stages and items."""
    assert counted(CATALOGUE) == NOTHING | {
        "kind": "catalogue",
        "title": "Head Baker Mode: Task Guidelines",
        "stages": 3,
        "bullets": 3,
        "workflows": [
            {"title": "Rye Bread Workflow", "stages": 2, "items": 3},
            {"title": "Rolls for a Wedding", "stages": 1, "items": 1},
        ],
        "rules": 2,
    }


def test_an_agent_workflow() -> None:
    """Steps with their actions, code blocks, and success boxes."""
    assert counted(AGENT) == NOTHING | {
        "kind": "agent-workflow",
        "title": "Baker Agent Workflow",
        "items": 2,
        "open": 2,
        "phases": 1,
        "steps": 2,
        "agent": "Baker",
        "actions": [2, 1],
        "fences": 3,
        "success_items": 2,
    }


def test_a_document_of_steps() -> None:
    """Phases, tasks, subtasks, steps, and criteria by kind and by class."""
    assert counted(BOOK) == NOTHING | {
        "kind": "steps",
        "title": "Bakery - Yard v1",
        "dialect": "dafnck",
        "items": 1,
        "open": 1,
        "gates": 1,
        "phases": 1,
        "tasks": 2,
        "subtasks": 2,
        "steps": 3,
        "criteria": 4,
        "criteria_by_kind": {
            "Exit Code": 1,
            "File Content Matches": 2,
            "File Exists": 1,
        },
        "criteria_by_class": {"evidence": 1, "files": 3},
        "task_id": "BAKE-007",
        "agent": "baker",
        "agents": ["baker", "miller"],
        "previous": "06_Mill.md",
        "next": "None",
        "subtask_ids": ["P01-T01-S01", "P01-T02-S01"],
    }


def test_criteria_of_subtasks_count() -> None:
    """So do those that belong to no step."""
    text = "### Subtask-01: a\nSuccess: Exit Code 0\n- **Success Criteria**:\n  - b\n"
    document, problems = read.parse(text, "w.md")
    (subtask,) = document.book.tasks[0].subtasks
    found = counts.count(document, problems)
    assert found["criteria"] == len(subtask.criteria) > 0
    assert found["problems"] == len(problems)


def test_a_phase_holds_what_stands_in_its_sections() -> None:
    """Also where each of its boxes has a heading between."""
    text = "## Phase 1: Mix\n- [ ] a\n## Phase 2: Bake\n### Heat\n- [ ] b\n## Phase 3\n"
    assert counted(text)["phases"] == 2


def test_many_phases_are_counted_in_linear_time() -> None:
    """Those that hold items, each once."""
    document, problems = read.parse("## Phase\n- [ ] a\n## Phase\n" * 10_000, "w.md")
    with within_cpu_seconds(20):
        assert count(document, problems)["phases"] == 10_000
