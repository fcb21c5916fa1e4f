"""Steps of runs by command: what is next, and whose it is.

Which step may be taken is decided in `coordinator.workflows.runs.plan`; evidence for
one is another module's verb.
"""

from collections.abc import Collection
from datetime import timedelta
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from coordinator.actions.agents import messages
from coordinator.actions.runs import assignee, escalations, loading
from coordinator.actions.runs.loading import LoadedRun
from coordinator.actions.runs.tick import find_open
from coordinator.kernel import clock
from coordinator.kernel.errors import Conflict, NotFound, Refused
from coordinator.kernel.journal import Draft
from coordinator.workflows.judging import evidence
from coordinator.workflows.model import Criteria, Criterion
from coordinator.workflows.runs import plan
from coordinator.workflows.runs.plan import DOCUMENT, PlannedStep
from coordinator.workflows.runs.run import Work
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
_TAKEOVERS = 2  # the third is a person's matter


class StepTaken(Conflict):
    """Another agent holds the step."""

    def __init__(self, step: str, holder: str, until: str) -> None:
        super().__init__(
            f"{holder} holds {step} until {until}.",
            hint="Take another one: coordinator workflow next",
        )


class OneStep(Arguments):
    """Which step of which run."""

    run: Annotated[str, Positional()] = Field(..., description="the run's id")
    step: Annotated[str, Positional()] = Field(..., description="the step's id")


def step_in_short(
    workspace: Workspace, loaded: LoadedRun, place: PlannedStep
) -> dict[str, Any]:
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


def step_value(
    workspace: Workspace, loaded: LoadedRun, place: PlannedStep
) -> dict[str, Any]:
    """Return all that whoever does a step must know."""
    step, subtask = place.step, place.subtask
    meant = assignee.addressee(workspace, subtask)
    others = [x for x in subtask.agents if x != meant.said]
    return {
        **step_in_short(workspace, loaded, place),
        "addressed": {"name": meant.said, "how": meant.how},
        **({"agents": list(subtask.agents)} if others else {}),
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


def _context(loaded: LoadedRun) -> dict[str, Any]:
    """Return what a document says around its steps, for whoever takes one."""
    book = loaded.document.book
    return {
        "context": {title: text for title, text in book.prose if title in _CONTEXT},
        "tools": [{"name": x.name, "text": x.text} for x in book.tools],
        "supporting": list(book.supporting),
    }


def budget(loaded: LoadedRun, place: PlannedStep) -> dict[str, int | None]:
    """Return how many attempts are spent, and of how many; None: of any number."""
    of = None if place.name == DOCUMENT else place.attempts
    return {"used": loaded.run.spent.get(place.key, 0), "of": of}


def criterion_value(criterion: Criterion) -> dict[str, Any]:
    """Return a criterion for the one who must meet it."""
    return {
        "kind": criterion.kind.value,
        "label": criterion.label,
        "class": criterion.judged_from.value,
        "text": criterion.text,
        "line": criterion.line,
        "remark": criterion.remark,
    }


def _criterion_in_short(criterion: Criterion) -> dict[str, Any]:
    """Leave out how it is judged, which its kind tells, and what says nothing."""
    kind = criterion.kind.value
    found = {"kind": kind, "text": criterion.text, "line": criterion.line}
    if criterion.label not in {"", kind}:
        found["label"] = criterion.label
    return found | ({"remark": criterion.remark} if criterion.remark else {})


def _files(place: PlannedStep) -> set[str]:
    """Return the files that the criteria name, as what is looked into or as what is."""
    found: set[str] = set()
    for x in place.criteria:
        found.update(x.files)
        if x.kind in _OF_PATHS:
            found.update((*x.values, *x.parts))
    return found


def find_step(loaded: LoadedRun, wanted: str) -> PlannedStep:
    """Return a step of a run.

    Raises:
        NotFound: It has none of that id.
    """
    found = loaded.plan.steps.get(wanted)
    if found is None:
        hint = f"Run: coordinator workflow next {loaded.run.id}"
        raise NotFound(f"{loaded.run.id} has no step {wanted!r}.", hint=hint)
    return found


@action(
    "workflow take",
    who=Who.MEMBER,
    example="coordinator workflow take backend-development-steps-1 P04-T01-S01-01",
    refresh=Refresh.QUICK,
)
def take(call: Call, arguments: OneStep) -> Deferred:
    """Take a step: it is yours until the lease ends; taking it again renews that."""
    from coordinator.actions.runs import evidence_source  # noqa: PLC0415 - git is not always needed

    look = partial(evidence_source.head, evidence_source.find(call))
    return Deferred(look, partial(_take, call, arguments))


def _take(call: Call, arguments: OneStep, head: str) -> dict[str, Any]:
    """Take a step for a caller whose worktree stands at a commit (empty: at none)."""
    workspace = call.workspace
    loaded = find_open(call, arguments.run)
    place = find_step(loaded, arguments.step)
    work = loaded.run.steps.get(place.name, Work())
    _check_may_take(call, loaded, place, work)
    others = [work.holder] if work.holder not in {"", call.caller.actor} else []
    if others and work.takeovers >= _TAKEOVERS:
        return _give_up(call, loaded, place)
    is_renewal = work.holder == call.caller.actor
    known = _worked_in(loaded, call.caller.actor)
    data = {
        "step": place.name,
        "epoch": work.epoch + (not is_renewal),
        "expires": lease_end(workspace),
        "base": work.base if is_renewal else head,
    }
    told = [_taken_over(call, loaded, place, x) for x in others]
    workspace.record(loading.draft(loaded, "run.taken", call.caller.actor, data), *told)
    loaded = loading.find(workspace, loaded.run.id)
    value = step_value(workspace, loaded, place)
    command = f"coordinator workflow submit {loaded.run.id} {place.name}"
    if not known:
        value["submit"] = f"echo '{evidence.EXAMPLE}' | {command}"
    lease = _lease(loaded, place.name)
    around = _context(loaded)
    if known and not is_renewal:
        # What an agent was told with an earlier step is not told again unasked.
        again = f"coordinator workflow take {loaded.run.id} {place.name}"
        note = {"note": f"What stands around the steps, once more: {again}"}
        around = note if any(around.values()) else {}
        if place.key in known:
            value |= {"links": [], "fields": {}}
    return {**value, **around, "state": StepState.RUNNING.value, **lease}


def _worked_in(loaded: LoadedRun, actor: str) -> set[str]:
    """Return the subtasks in which an agent has or had a step."""
    return {
        place.key
        for name, place in loaded.plan.steps.items()
        if (work := loaded.run.steps.get(name)) and worked(work, {actor})
    }


def worked(work: Work, agents: Collection[str]) -> bool:
    """Tell whether one of these agents has or had a step."""
    return work.holder in agents or any(x.actor in agents for x in work.attempts)


def _check_may_take(
    call: Call, loaded: LoadedRun, place: PlannedStep, work: Work
) -> None:
    now = clock.render(call.workspace.now())
    standing = plan.effective_state(loaded.plan, loaded.run, place.name, now)
    is_judged = (loaded.run.id, place.name) in call.workspace.judging
    is_own = work.holder == call.caller.actor
    if is_own and standing in {StepState.RUNNING, StepState.RETRYING, StepState.READY}:
        return
    if is_judged or (
        standing in {StepState.RUNNING, StepState.RETRYING} and not is_own
    ):
        raise StepTaken(place.name, work.holder, work.expires)
    if standing is not StepState.READY:
        waits = [x.text for x in plan.waits(loaded.plan, loaded.run, place.name)]
        words = f" It waits: {'; '.join(waits[:3])}" if waits else ""
        raise Refused(
            f"{place.name} is {standing.value}: it cannot be taken.{words}",
            hint=f"Run: coordinator workflow next {loaded.run.id}",
        )


def lease_end(workspace: Workspace) -> str:
    """Return when a lease that begins now ends, as the journal writes times."""
    minutes = workspace.settings.workflows.lease_minutes
    return clock.render(workspace.now() + timedelta(minutes=minutes))


def _taken_over(
    call: Call, loaded: LoadedRun, place: PlannedStep, holder: str
) -> Draft:
    subject = f"{place.name} of {loaded.run.id} was taken over"
    body = f"Your lease had ended; {call.caller.actor} has the step now.\n"
    return messages.notify(call.workspace, holder, subject, body)


def _give_up(call: Call, loaded: LoadedRun, place: PlannedStep) -> dict[str, Any]:
    """Escalate a step that one agent after the other lets lie.

    Raises:
        Refused: Always; the step is a maintainer's matter now.
    """
    reason = f"{place.name} was taken three times, and nobody finished it."
    drafts = escalations.escalate(call.workspace, loaded, place, reason)
    call.workspace.record(*drafts)
    hint = "A maintainer runs: coordinator workflow escalations"
    raise Refused(f"{reason} It is escalated.", hint=hint)


def _lease(loaded: LoadedRun, step: str) -> dict[str, Any]:
    work = loaded.run.steps[step]
    return {"holder": work.holder, "epoch": work.epoch, "expires": work.expires}
