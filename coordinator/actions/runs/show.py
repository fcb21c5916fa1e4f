"""Runs shown: all that is known of one, or a line for each.

It changes nothing.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import Field

from coordinator.actions.agents import assignee
from coordinator.actions.runs import escalations, loading, take
from coordinator.index import document_queries
from coordinator.kernel import clock
from coordinator.results.runs import (
    ItemOfRun,
    ListedRunItem,
    RunInShort,
    ShownPartner,
    ShownRun,
    gate,
)
from coordinator.results.steps import ShownComment, ShownStep, StepOfRun
from coordinator.workflows.marks import Mark
from coordinator.workflows.model import Family, Item
from coordinator.workflows.runs import first_text, living_copy, order, plan
from coordinator.workflows.runs.durations import Durations
from coordinator.workflows.runs.loaded_run import Gate, LoadedRun
from coordinator.workflows.runs.plan import Known, PlannedStep
from coordinator.workflows.runs.run import Word, Work
from coordinator.workflows.runs.step_states import StepState
from coordinator.workspace.registry import (
    Arguments,
    Positional,
    Refresh,
    Who,
    action,
)
from coordinator.workspace.workspace import Call, Workspace


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
    refresh=Refresh.QUICK,
)
def show(
    call: Call, arguments: ShowRun
) -> ShownRun | StepOfRun | ItemOfRun | list[RunInShort]:
    """Show a run, or a step or an item of it; without RUN all runs."""
    workspace = call.workspace
    if not arguments.run:
        return [summary(x) for x in loading.every(workspace)]
    loaded = loading.find(workspace, arguments.run)
    if not arguments.step:
        return value(workspace, loaded)
    return _part(workspace, loaded, arguments.step)


def _part(
    workspace: Workspace, loaded: LoadedRun, wanted: str
) -> StepOfRun | ItemOfRun:
    """Return a step or an item of a run; one of steps may have items beside."""
    if loaded.is_steps and wanted not in loaded.copy.ids:
        found = loaded.step(wanted)
        return {"run": loaded.run.id, **next(steps_of(workspace, loaded, [found]))}
    place = loaded.item(wanted)
    shown = list(items(workspace, loaded))[place]
    below = living_copy.below(loaded.copy, place)
    return {"run": loaded.run.id, **shown, "below": below}


def summary(loaded: LoadedRun) -> RunInShort:
    """Return a run in a line: where it stands and what it waits for."""
    run = loaded.run
    waiting = loaded.gates
    open_ = [x.id for x in run.escalations.values() if not x.decision]
    done, total = loaded.progress
    return {
        "id": run.id,
        "template": run.template,
        "version": run.version,
        "kind": loaded.document.kind.value,
        "title": loaded.document.title,
        "agent": run.agent,
        "state": _state(loaded, waiting, open_),
        "done": done,
        "total": total,
        "started": run.started,
        "changed": run.changed,
        "ended": run.ended,
        "path": loaded.path,
        "waits_for": [x.item for x in waiting],
        "escalations": open_,
    }


def _state(loaded: LoadedRun, waiting: list[Gate], open_: list[str]) -> str:
    if loaded.run.ended:
        return loaded.run.outcome
    if open_:
        return "escalated"
    return "waiting" if waiting else "running"


def value(workspace: Workspace, loaded: LoadedRun) -> ShownRun:
    """Return all that is known of a run."""
    run, book = loaded.run, loaded.document.book
    return {
        **summary(loaded),
        "items": list(items(workspace, loaded)),
        "steps": list(steps_of(workspace, loaded, loaded.plan.steps.values())),
        "gates": [*map(gate, loaded.gates)],
        "passed": {x: _word(workspace, word) for x, word in run.passed.items()},
        "unfilled": list(living_copy.unfilled(loaded.copy.boxes).names),
        "refused": [
            {
                "item": x.item,
                "line": x.line,
                "code": x.code,
                "reason": x.reason,
                "actor": x.actor,
                "at": x.at,
                "open": x in run.open_refusals and not run.ended,
            }
            for x in run.refusals
        ],
        "problems": document_queries.problems_of(workspace.index, loaded.path),
        "notes": [
            {"text": workspace.read_text(blob), "agent": actor, "at": at}
            for blob, actor, at in run.notes
            if blob
        ],
        "escalations": [
            escalations.value(workspace, loaded, x) for x in run.escalations.values()
        ],
        "fields": dict(loaded.document.fields),
        "prose": dict(book.prose),
        "tools": [{"name": x.name, "text": x.text, "line": x.line} for x in book.tools],
        "supporting": list(book.supporting),
        "uncovered": _uncovered(loaded),
        "partners": _partners(workspace, loaded),
    }


def items(workspace: Workspace, loaded: LoadedRun) -> Iterator[ListedRunItem]:
    """Yield the items of a run, each with who did what to it last, and why."""
    found = loaded.copy.boxes.items
    marks = order.derived(found)
    for place, item in enumerate(found):
        name = loaded.copy.ids[place]
        word = loaded.run.words.get(name)
        parent = loaded.copy.ids[item.parent] if item.parent >= 0 else ""
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
    workspace: Workspace, loaded: LoadedRun, places: Iterable[PlannedStep]
) -> Iterator[ShownStep]:
    """Yield steps, each with where it stands and its attempts."""
    now = clock.render(workspace.now())
    times = Durations(loaded.plan, loaded.run, now)
    known: Known = {}
    for place in places:
        state = plan.effective_state(loaded.plan, loaded.run, place.name, now, known)
        waits = plan.waits(loaded.plan, loaded.run, place.name, known)
        work = loaded.run.steps.get(place.name, Work())
        is_free = state in {StepState.READY, StepState.PENDING}
        yield {
            "id": place.name,
            "line": place.step.line,
            "command": place.step.command,
            "task": place.task.id,
            "subtask": place.key,
            "stage": " / ".join(_stage(place)),
            "state": state.value,
            "holder": "" if is_free else work.doer,
            "expires": "" if is_free else work.lease.expires,
            "criteria": [take.criterion_value(x) for x in place.criteria],
            "attempts": [escalations.attempt(workspace, x) for x in work.attempts],
            "waits_for": [x.text for x in waits],
            "seconds": times.of_step(place.name),
        }


def _stage(step: PlannedStep) -> Iterable[str]:
    return dict.fromkeys((step.task.title, step.subtask.title))


def _word(workspace: Workspace, word: Word) -> ShownComment:
    return {"by": word.actor, "at": word.at, "comment": _comment(workspace, word)}


def _comment(workspace: Workspace, word: Word | None) -> str:
    return workspace.read_text(word.comment) if word and word.comment else ""


def _uncovered(loaded: LoadedRun) -> list[str]:
    """Return the stages of the catalogue's framework that the run has no phase for."""
    source = loaded.template
    if source is None or source.kind is not Family.CATALOGUE:
        return []
    phases = [x.title for x in loaded.document.checklist.phases]
    phases += [x.title for x in loaded.document.book.tasks]
    return first_text.uncovered(source.catalogue, phases)


def _partners(workspace: Workspace, loaded: LoadedRun) -> list[ShownPartner]:
    """Return who is to be told about what, as the template says."""
    source = loaded.template
    if source is None:
        return []
    return [
        {
            "name": x.name,
            "agent": assignee.named(workspace, x.name),
            "about": x.text,
        }
        for x in source.workflow.partners
    ]
