"""Two versions of a template compared: what one has and the other lacks.

It compares what was read, not bytes.
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from coordinator.actions.templates.library import find_template
from coordinator.results.templates import TemplatesCompared
from coordinator.workflows.documents import read
from coordinator.workflows.model import Document, Stage
from coordinator.workspace.registry import Arguments, Positional, Who, action
from coordinator.workspace.workspace import Call


class Two(Arguments):
    """Which two."""

    one: Annotated[str, Positional()] = Field(..., description="a template: NAME@1")
    other: Annotated[str, Positional()] = Field(..., description="another: NAME@2")


@action(
    "workflow compare",
    who=Who.ANYONE,
    example="coordinator workflow compare backend-guidelines@1 backend-guidelines@2",
)
def compare(call: Call, arguments: Two) -> TemplatesCompared:
    """Tell what the second of two templates adds and removes: stages, steps, items."""
    one = list(dict.fromkeys(_parts(_read(call, arguments.one))))
    other = list(dict.fromkeys(_parts(_read(call, arguments.other))))
    return {
        "one": arguments.one,
        "other": arguments.other,
        "added": [x for x in other if x not in set(one)],
        "removed": [x for x in one if x not in set(other)],
    }


def _read(call: Call, wanted: str) -> Document:
    row = find_template(call.workspace, wanted)
    return read.parse(call.workspace.read_text(row["blob"]), row["path"])[0]


def _parts(document: Document) -> Iterator[str]:
    """Yield everything that a template asks for, each with where it stands."""
    found = document.catalogue
    yield from _stages("framework", found.stages)
    for workflow in found.workflows:
        yield from _stages(workflow.title, workflow.stages)
    yield from (f"rule: {x.name}: {x.text}" for x in found.rules)
    yield from (f"{x.phase}: {x.text}" for x in document.checklist.items)
    for procedure in document.workflow.procedures:
        yield from (f"{procedure.title}: {x.name}" for x in procedure.actions)
    yield from _steps(document)


def _stages(title: str, stages: tuple[Stage, ...]) -> Iterator[str]:
    for stage in stages:
        yield f"{title} / {stage.title}"
        yield from (f"{title} / {stage.title}: {x.name}" for x in stage.items)


def _steps(document: Document) -> Iterator[str]:
    for task in document.book.tasks:
        for subtask in task.subtasks:
            for step in subtask.steps:
                yield f"{step.id}: {step.command or step.description}"
                yield from (f"{step.id}: {x.label}: {x.text}" for x in step.criteria)
