"""What a workflow document holds, in numbers: the answer of `workflow inspect`.

It counts what was read, and judges nothing.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from coordinator.kernel.problems import Problem
from coordinator.workflows.documents.checklist import is_named_phase
from coordinator.workflows.marks import Mark
from coordinator.workflows.model import (
    Criterion,
    Document,
    Family,
    Role,
    StageWorkflow,
    Subtask,
)


def count(document: Document, problems: Sequence[Problem]) -> dict[str, Any]:
    """Return kind and counts; the keys of one family are there for that family only."""
    return {
        "kind": document.kind.value,
        "title": document.title,
        "dialect": document.dialect,
        **_boxes(document),
        **_steps(document),
        "stages": len(document.catalogue.stages),
        "problems": len(problems),
        **_OF_FAMILY[document.kind](document),
    }


def _boxes(document: Document) -> dict[str, Any]:
    boxes = document.checklist
    marks = Counter(x.mark for x in boxes.items)
    roles = Counter(x.role for x in boxes.items)
    return {
        "items": len(boxes.items),
        "checked": marks[Mark.DONE],
        "open": marks[Mark.OPEN],
        "skipped": marks[Mark.SKIPPED],
        "in_progress": sum(x.is_begun for x in boxes.items),
        "optional": sum(x.is_optional for x in boxes.items),
        "gates": roles[Role.PAUSE] or len(document.book.gates),
        "signoffs": roles[Role.SIGN_OFF],
        "placeholders": len(boxes.placeholders),
    }


def _steps(document: Document) -> dict[str, Any]:
    tasks = document.book.tasks
    subtasks = list(_subtasks(document))
    criteria = list(_criteria(document))
    steps = sum(len(x.steps) for x in subtasks) or len(document.workflow.procedures)
    return {
        "phases": _phases(document),
        "tasks": len(tasks),
        "subtasks": len(subtasks),
        "steps": steps,
        "criteria": len(criteria),
        "criteria_by_kind": _by(x.kind.value for x in criteria),
        "criteria_by_class": _by(x.judged_from.value for x in criteria),
    }


def _phases(document: Document) -> int:
    if document.kind is Family.STEPS:
        return len(document.book.phases)
    held = sorted({x.section for x in document.checklist.items})
    named = (x for x in document.sections if is_named_phase(x))
    found = sum(bisect_left(held, x.line) < bisect_right(held, x.end) for x in named)
    return found or len(document.checklist.phases)


def _subtasks(document: Document) -> Iterator[Subtask]:
    for task in document.book.tasks:
        yield from task.subtasks


def _criteria(document: Document) -> Iterator[Criterion]:
    for subtask in _subtasks(document):
        for step in subtask.steps:
            yield from step.criteria
        yield from subtask.criteria


def _by(names: Iterator[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _of_checklist(document: Document) -> dict[str, Any]:
    return {"notes": len(document.checklist.notes)}


def _of_catalogue(document: Document) -> dict[str, Any]:
    found = document.catalogue
    return {
        "bullets": sum(len(x.items) for x in found.stages),
        "workflows": [_workflow(x) for x in found.workflows],
        "rules": len(found.rules),
    }


def _workflow(workflow: StageWorkflow) -> dict[str, Any]:
    return {
        "title": workflow.title,
        "stages": len(workflow.stages),
        "items": sum(len(x.items) for x in workflow.stages),
    }


def _of_agent_workflow(document: Document) -> dict[str, Any]:
    found = document.workflow
    return {
        "agent": dict(found.identity).get("name", ""),
        "actions": [len(x.actions) for x in found.procedures],
        "fences": found.fences,
        "success_items": len(found.success),
    }


def _of_steps(document: Document) -> dict[str, Any]:
    return {
        "task_id": document.said("task_id", "taskid"),
        "agent": next(iter(document.agents), ""),
        "agents": list(document.agents),
        "previous": document.said("previous_task", "previous_step"),
        "next": document.said("next_task", "next_step"),
        "subtask_ids": [x.id for x in _subtasks(document)],
    }


_OF_FAMILY = {
    Family.CHECKLIST: _of_checklist,
    Family.CATALOGUE: _of_catalogue,
    Family.AGENT: _of_agent_workflow,
    Family.STEPS: _of_steps,
}
