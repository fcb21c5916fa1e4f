"""Runs shown: all that is known of one, or a line for each.

It changes nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field

from coordinator.actions import (
    addressed,
    checklists,
    escalations,
    gates,
    runs,
    steps,
    templates,
)
from coordinator.actions.registry import (
    Arguments,
    Fresh,
    Positional,
    Who,
    action,
)
from coordinator.actions.runs import Open
from coordinator.actions.workspace import Call, Workspace
from coordinator.index import queries
from coordinator.kernel import clock
from coordinator.workflows import drafts, living, order, plan
from coordinator.workflows.durations import Durations
from coordinator.workflows.marks import Mark
from coordinator.workflows.model import Document, Item, Kind
from coordinator.workflows.plan import Known, Place
from coordinator.workflows.runs import Word, Work
from coordinator.workflows.states import State


class ShowRun(Arguments):
    """Which run; none: a line for each. And which step or item; none: all of it."""

    run: Annotated[str, Positional()] = Field("", description="the run's id")
    step: Annotated[str, Positional()] = Field(
        "", description="the step's id, the item's number, or words of the item"
    )


@action(
    "workflow show",
    who=Who.ANYONE,
    example="coordinator workflow show backend-workflow-1",
    fresh=Fresh.CHEAPLY,
)
def show(call: Call, arguments: ShowRun) -> dict[str, Any] | list[dict[str, Any]]:
    """Show a run, or a step or an item of it; without RUN all runs."""
    workspace = call.workspace
    if not arguments.run:
        return [summary(x) for x in runs.every(workspace)]
    opened = runs.find(workspace, arguments.run)
    if not arguments.step:
        return value(workspace, opened)
    return {"run": opened.run.id, **_part(workspace, opened, arguments.step)}


def _part(workspace: Workspace, opened: Open, wanted: str) -> dict[str, Any]:
    """Return a step or an item of a run; one of steps may have items beside."""
    if opened.is_steps and wanted not in opened.sheet.ids:
        found = steps.find_step(opened, wanted)
        return next(steps_of(workspace, opened, [found]))
    place = checklists.find_place(opened, wanted)
    shown = list(items(workspace, opened))[place]
    return {**shown, "below": living.below(opened.sheet, place)}


def summary(opened: Open) -> dict[str, Any]:
    """Return a run in a line: where it stands and what it waits for."""
    run = opened.run
    waiting = gates.waiting_of(opened)
    open_ = [x.id for x in run.escalations.values() if not x.decision]
    done, total = opened.progress
    return {
        "id": run.id,
        "template": run.template,
        "version": run.version,
        "kind": opened.document.kind.value,
        "title": opened.document.title,
        "agent": run.agent,
        "state": _state(opened, waiting, open_),
        "done": done,
        "total": total,
        "started": run.started,
        "changed": run.changed,
        "ended": run.ended,
        "path": opened.path,
        "waits_for": [x["item"] for x in waiting],
        "escalations": open_,
    }


def _state(opened: Open, waiting: list[dict[str, Any]], open_: list[str]) -> str:
    if opened.run.ended:
        return opened.run.outcome
    if open_:
        return "escalated"
    return "waiting" if waiting else "running"


def value(workspace: Workspace, opened: Open) -> dict[str, Any]:
    """Return all that is known of a run."""
    run, book = opened.run, opened.document.book
    return {
        **summary(opened),
        "items": list(items(workspace, opened)),
        "steps": list(steps_of(workspace, opened, opened.plan.places.values())),
        "gates": gates.waiting_of(opened),
        "passed": {x: _word(workspace, word) for x, word in run.passed.items()},
        "unfilled": list(living.unfilled(opened.sheet.boxes).names),
        "refused": [
            {**asdict(x), "open": x in run.open_refusals and not run.ended}
            for x in run.refusals
        ],
        "problems": queries.problems_of(workspace.index, opened.path),
        "notes": [
            {"text": workspace.read_text(blob), "agent": actor, "at": at}
            for blob, actor, at in run.notes
            if blob
        ],
        "escalations": [
            escalations.value(workspace, opened, x) for x in run.escalations.values()
        ],
        "fields": dict(opened.document.fields),
        "prose": dict(book.prose),
        "tools": [asdict(x) for x in book.tools],
        "supporting": list(book.supporting),
        "uncovered": _uncovered(workspace, opened),
        "partners": _partners(workspace, opened),
    }


def items(workspace: Workspace, opened: Open) -> Iterator[dict[str, Any]]:
    """Yield the items of a run, each with who did what to it last, and why."""
    found = opened.sheet.boxes.items
    marks = order.derived(found)
    for place, item in enumerate(found):
        name = opened.sheet.ids[place]
        word = opened.run.words.get(name)
        parent = opened.sheet.ids[item.parent] if item.parent >= 0 else ""
        yield {
            "id": name,
            "text": item.text,
            "state": _state_of(item, marks[place]),
            "optional": item.is_optional,
            "role": item.role.value,
            "phase": item.phase,
            "group": item.group,
            "parent": parent,
            "line": item.line,
            "by": word.actor if word else "",
            "at": word.at if word else "",
            "comment": _comment(workspace, word),
        }


def _state_of(item: Item, mark: Mark) -> str:
    return "in-progress" if item.is_begun and mark is Mark.OPEN else mark.value


def steps_of(
    workspace: Workspace, opened: Open, places: Iterable[Place]
) -> Iterator[dict[str, Any]]:
    """Yield steps, each with where it stands and its attempts."""
    now = clock.render(workspace.now())
    times = Durations(opened.plan, opened.run, now)
    known: Known = {}
    for place in places:
        standing = plan.standing(opened.plan, opened.run, place.name, now, known)
        waits = plan.waits(opened.plan, opened.run, place.name, known)
        yield {
            **_step(workspace, opened, place, standing),
            "waits_for": [x.text for x in waits],
            "seconds": times.of_step(place.name),
        }


def _step(
    workspace: Workspace, opened: Open, place: Place, standing: State
) -> dict[str, Any]:
    work = opened.run.steps.get(place.name, Work())
    is_free = standing in {State.READY, State.PENDING}
    return {
        "id": place.name,
        "line": place.step.line,
        "command": place.step.command,
        "task": place.task.id,
        "subtask": place.key,
        "stage": " / ".join(dict.fromkeys((place.task.title, place.subtask.title))),
        "state": standing.value,
        "holder": "" if is_free else work.doer,
        "expires": "" if is_free else work.expires,
        "criteria": [steps.criterion_value(x) for x in place.criteria],
        "attempts": [escalations.attempt(workspace, x) for x in work.attempts],
    }


def _word(workspace: Workspace, word: Word) -> dict[str, str]:
    return {"by": word.actor, "at": word.at, "comment": _comment(workspace, word)}


def _comment(workspace: Workspace, word: Word | None) -> str:
    return workspace.read_text(word.comment) if word and word.comment else ""


def template_of(workspace: Workspace, opened: Open) -> Document | None:
    """Return what the run's template says, read once until the run goes on."""
    if "template" not in opened.found:
        name, version = opened.run.template, opened.run.version
        opened.found["template"] = templates.read_template(workspace, name, version)
    found: Document | None = opened.found["template"]
    return found


def _uncovered(workspace: Workspace, opened: Open) -> list[str]:
    """Return the stages of the catalogue's framework that the run has no phase for."""
    source = template_of(workspace, opened)
    if source is None or source.kind is not Kind.CATALOGUE:
        return []
    phases = [x.title for x in opened.document.checklist.phases]
    phases += [x.title for x in opened.document.book.tasks]
    return drafts.uncovered(source.catalogue, phases)


def _partners(workspace: Workspace, opened: Open) -> list[dict[str, str]]:
    """Return who is to be told about what, as the template says."""
    source = template_of(workspace, opened)
    if source is None:
        return []
    return [
        {
            "name": x.name,
            "agent": addressed.named(workspace, x.name),
            "about": x.text,
        }
        for x in source.workflow.partners
    ]
