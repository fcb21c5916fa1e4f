"""Steps of runs by command: what is next, and whose it is.

Which step may be taken is decided in `coordinator.workflows.decide.steps`; evidence for
one is another module's verb.
"""

from functools import partial
from typing import Annotated, cast

from pydantic import Field

from coordinator.actions.agents import assignee
from coordinator.actions.runs import perform
from coordinator.results.steps import (
    AttemptBudget,
    CriterionInShort,
    ShownCriterion,
    StepAround,
    StepInShort,
    StepToDo,
    TakenStep,
)
from coordinator.workflows.decide import steps
from coordinator.workflows.decide.ruling import Ruling
from coordinator.workflows.judging import evidence
from coordinator.workflows.model import Criteria, Criterion
from coordinator.workflows.runs.loaded_run import LoadedRun
from coordinator.workflows.runs.plan import DOCUMENT, PlannedStep
from coordinator.workflows.runs.step_states import StepState
from coordinator.workspace.registry import (
    Arguments,
    Deferred,
    Positional,
    Refresh,
    Who,
    action,
)
from coordinator.workspace.workspace import Call, Workspace

_OF_PATHS = {
    Criteria.FILE_EXISTS,
    Criteria.FILE_CHANGED,
    Criteria.FOLDER_EXISTS,
    Criteria.JSON_VALID,
}


class OneStep(Arguments):
    """Which step of which run."""

    run: Annotated[str, Positional()] = Field(..., description="the run's id")
    step: Annotated[str, Positional()] = Field(..., description="the step's id")


def step_in_short(
    workspace: Workspace, loaded: LoadedRun, place: PlannedStep
) -> StepInShort:
    """Return what tells whether to take a step; all of it is told with the taking."""
    return {
        "run": loaded.run.id,
        "kind": "step",
        "id": place.name,
        "agent": assignee.addressee(workspace, place.subtask).agent,
        "text": place.step.command or place.step.description,
        "task": place.task.title,
        "subtask": place.subtask.title,
        "attempts": budget(loaded, place),
    }


def step_value(workspace: Workspace, loaded: LoadedRun, place: PlannedStep) -> StepToDo:
    """Return all that whoever does a step must know."""
    step, subtask = place.step, place.subtask
    meant = assignee.addressee(workspace, subtask)
    told = {
        **step_in_short(workspace, loaded, place),
        "addressed": {"name": meant.said, "how": meant.how},
        "tool": step.tool,
        "description": step.description,
        "criteria": [_criterion_in_short(x) for x in place.criteria],
        "files": sorted(_files(place)),
        "links": [x.target.removeprefix("mdc:") for x in subtask.links],
        "retries_default": subtask.retries is None,
        "on_failure": {
            "action": subtask.on_failure.action.value,
            "agent": subtask.on_failure.agent,
        },
        "fields": dict(subtask.fields),
    }
    value = cast("StepToDo", told)
    if any(x != meant.said for x in subtask.agents):
        value["agents"] = list(subtask.agents)
    return value


_CONTEXT = {
    "Super-Prompt",
    "Super Prompt",
    "Required Documents",
    "Optional Documents",
    "Risk Mitigation",
    "Dependencies",
    "Input Dependencies",
    "Output Dependencies",
}


def _context(loaded: LoadedRun) -> StepAround:
    """Return what a document says around its steps, for whoever takes one."""
    book = loaded.document.book
    return {
        "context": {title: text for title, text in book.prose if title in _CONTEXT},
        "tools": [{"name": x.name, "text": x.text} for x in book.tools],
        "supporting": list(book.supporting),
    }


def budget(loaded: LoadedRun, place: PlannedStep) -> AttemptBudget:
    """Return how many attempts are spent, and of how many; None: of any number."""
    of = None if place.name == DOCUMENT else place.attempts
    return {"used": loaded.run.spent.get(place.key, 0), "of": of}


def criterion_value(criterion: Criterion) -> ShownCriterion:
    """Return a criterion for the one who must meet it."""
    return {
        "kind": criterion.kind.value,
        "label": criterion.label,
        "class": criterion.judged_from.value,
        "text": criterion.text,
        "line": criterion.line,
        "remark": criterion.remark,
    }


def _criterion_in_short(criterion: Criterion) -> CriterionInShort:
    """Leave out how it is judged, which its kind tells, and what says nothing."""
    kind = criterion.kind.value
    found: CriterionInShort = {
        "kind": kind,
        "text": criterion.text,
        "line": criterion.line,
    }
    if criterion.label not in {"", kind}:
        found["label"] = criterion.label
    if criterion.remark:
        found["remark"] = criterion.remark
    return found


def _files(place: PlannedStep) -> set[str]:
    """Return the files that the criteria name, as what is looked into or as what is."""
    found: set[str] = set()
    for x in place.criteria:
        found.update(x.files)
        if x.kind in _OF_PATHS:
            found.update((*x.values, *x.parts))
    return found


@action(
    "workflow take",
    who=Who.MEMBER,
    example="coordinator workflow take backend-development-steps-1 P04-T01-S01-01",
    refresh=Refresh.QUICK,
)
def take(call: Call, arguments: OneStep) -> Deferred[TakenStep]:
    """Take a step: it is yours until the lease ends; taking it again renews that."""
    from coordinator.actions.runs import (  # noqa: PLC0415 - git is not always needed
        evidence_source,
    )

    look = partial(evidence_source.head, evidence_source.find(call))
    return Deferred(look, partial(_take, call, arguments))


def _take(call: Call, arguments: OneStep, head: str) -> TakenStep:
    """Take a step for a caller whose worktree stands at a commit (empty: at none)."""
    asking = perform.asking(call)
    known: set[str] = set()
    is_renewal = False

    def decide(loaded: LoadedRun) -> Ruling:
        nonlocal known, is_renewal
        step = loaded.step(arguments.step)
        known = _worked_in(loaded, asking.actor)
        is_renewal = steps.work_on(loaded, step).holder == asking.actor
        is_judged = (loaded.run.id, step.name) in call.workspace.judging
        return steps.take(loaded, step, asking, head=head, is_judged=is_judged)

    loaded = perform.perform(call, arguments.run, decide).loaded
    step = loaded.step(arguments.step)
    lease = loaded.run.steps[step.name].lease
    value: TakenStep = {
        **step_value(call.workspace, loaded, step),
        **_around(loaded, step, is_told=bool(known) and not is_renewal),
        "state": StepState.RUNNING.value,
        "holder": lease.holder,
        "epoch": lease.epoch,
        "expires": lease.expires,
    }
    if not known:
        command = f"coordinator workflow submit {loaded.run.id} {step.name}"
        value["submit"] = f"echo '{evidence.EXAMPLE}' | {command}"
    if step.key in known and not is_renewal:
        value["links"], value["fields"] = [], {}
    return value


def _around(loaded: LoadedRun, step: PlannedStep, *, is_told: bool) -> StepAround:
    """Return what stands around a step, or where that is told how to see it."""
    around = _context(loaded)
    if not is_told:
        return around
    # What an agent was told with an earlier step is not told again unasked.
    again = f"coordinator workflow take {loaded.run.id} {step.name}"
    note: StepAround = {"note": f"What stands around the steps, once more: {again}"}
    return note if any(around.values()) else {}


def _worked_in(loaded: LoadedRun, actor: str) -> set[str]:
    """Return the subtasks in which an agent has or had a step."""
    return {
        step.key
        for step in loaded.plan.steps.values()
        if steps.worked(steps.work_on(loaded, step), {actor})
    }
