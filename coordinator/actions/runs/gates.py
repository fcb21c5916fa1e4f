"""Gates by command: where only a maintainer's word lets a run go on.

What waits is listed with its age; whether a gate is reached is decided in
`coordinator.workflows`.
"""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from coordinator.actions.agents import messages
from coordinator.actions.runs import loading, on_failure, take, tick
from coordinator.actions.runs.loading import LoadedRun
from coordinator.actions.runs.tick import RunItem, find_open
from coordinator.kernel.errors import Refused
from coordinator.kernel.journal import Draft
from coordinator.workflows.runs import living_copy, order, plan
from coordinator.workflows.runs.plan import PlannedStep
from coordinator.workflows.runs.step_states import StepEvent, StepState
from coordinator.workspace.registry import NonBlank, Refresh, Who, action
from coordinator.workspace.workspace import Call, Workspace


class Pass(RunItem):
    """Which gate, and what the maintainer says."""

    comment: NonBlank = Field(..., description="your word on it; it is kept")
    decision: Literal["pass", "reject"] = Field(
        "pass", description="a step's evidence can also be rejected"
    )


@action(
    "workflow gate",
    who=Who.MAINTAINER,
    example='coordinator workflow gate backend-workflow-1 19 --comment "Go on"',
    refresh=Refresh.QUICK,
)
def pass_gate(call: Call, arguments: Pass) -> dict[str, Any]:
    """Let a run go through a gate: a pause, a sign-off, a step that needs your word."""
    loaded = find_open(call, arguments.run)
    if arguments.decision == "reject":
        return _reject(call, loaded, arguments)
    waiting = {x["item"] for x in waiting_of(loaded)}
    if loaded.is_steps and arguments.item in {
        *waiting,
        *loaded.plan.quality,
        *loaded.plan.steps,
        *loaded.run.passed,
    }:
        return _record_approval(
            call, loaded, arguments, is_reached=arguments.item in waiting
        )
    place = tick.find_place(loaded, arguments.item)
    told = _told(call, loaded, loaded.copy.ids[place], arguments.comment)
    return tick.pass_box(call, loaded, place, arguments.comment, told)


def _told(call: Call, loaded: LoadedRun, item: str, comment: str) -> list[Draft]:
    """Return the maintainer's words for whoever works on the run, if that is known."""
    agent, run = loaded.run.agent, loaded.run.id
    if not agent:
        return []
    body = f"{comment}\n\nGo on: coordinator workflow next {run}\n"
    subject = f"{item} of {run} was passed"
    return [messages.notify(call.workspace, agent, subject, body)]


def _reject(call: Call, loaded: LoadedRun, arguments: Pass) -> dict[str, Any]:
    """Count an attempt as failed, with the reason; what follows is the document's.

    Raises:
        Refused: No evidence waits there.
    """
    place = loaded.plan.steps.get(arguments.item)
    if place is None or plan.state(loaded.run, place.name) is not StepState.VERIFYING:
        hint = "Leave it as it is: nothing after it begins until it is passed."
        raise Refused(f"{arguments.item} has no evidence to be rejected.", hint=hint)
    event = on_failure.missed(loaded, place)
    drafts = _decided(call, loaded, place, event, arguments.comment)
    note = ""
    if event is StepEvent.EXHAUST:
        after = loading.preview(call.workspace, loaded, drafts)
        followed, note = on_failure.follow(call, after, place)
        drafts += followed
    ended = loading.ends_steps(call.workspace, loaded, drafts)
    call.workspace.record(*drafts, *ended)
    loaded = loading.find(call.workspace, loaded.run.id)
    return {
        "run": loaded.run.id,
        "item": place.name,
        "passed": False,
        "state": plan.state(loaded.run, place.name).value,
        "note": note,
        "outcome": loaded.run.outcome,
    }


def _decided(
    call: Call, loaded: LoadedRun, place: PlannedStep, event: StepEvent, comment: str
) -> list[Draft]:
    """Return the records of a maintainer's word on evidence; its holder is told."""
    holder = loaded.run.steps[place.name].holder
    verb = "accepted" if event is StepEvent.MEET else "rejected"
    subject = f"The evidence for {place.name} of {loaded.run.id} was {verb}"
    data = {
        "step": place.name,
        "subtask": place.key,
        "event": event.value,
        "expires": take.lease_end(call.workspace),  # whoever goes on has time again
        "comment": loading.store_text(call.workspace, comment),
    }
    return [
        loading.draft(loaded, "run.moved", call.caller.actor, data),
        messages.notify(call.workspace, holder, subject, f"{comment}\n"),
    ]


def _record_approval(
    call: Call, loaded: LoadedRun, arguments: Pass, *, is_reached: bool
) -> dict[str, Any]:
    """Record a maintainer's word on steps: a prerequisite, evidence, a quality gate."""
    workspace, item = call.workspace, arguments.item
    if item not in loaded.run.passed and not is_reached:
        hint = f"What waits: coordinator workflow show {loaded.run.id}"
        raise Refused(f"{item} does not wait for a word now.", hint=hint)
    if is_reached:
        comment = loading.store_text(workspace, arguments.comment)
        data = {"item": item, "comment": comment}
        drafts = [loading.draft(loaded, "run.passed", call.caller.actor, data)]
        if place := loaded.plan.steps.get(item):
            drafts += _decided(call, loaded, place, StepEvent.MEET, arguments.comment)
        else:
            drafts += _told(call, loaded, item, arguments.comment)
        workspace.record(*drafts, *loading.ends_steps(workspace, loaded, drafts))
    loaded = loading.find(workspace, loaded.run.id)
    word = loaded.run.passed[item]
    return {
        "run": loaded.run.id,
        "item": item,
        "passed": True,
        "by": word.actor,
        "at": word.at,
        "outcome": loaded.run.outcome,
    }


def waiting(workspace: Workspace) -> list[dict[str, Any]]:
    """Return the gates of all runs that wait now, the oldest first."""
    found = (x for one in loading.unfinished(workspace) for x in waiting_of(one))
    return sorted(found, key=lambda x: (x["since"], x["run"], x["item"]))


def waiting_of(loaded: LoadedRun) -> list[dict[str, Any]]:
    """Return the gates of a run that wait now, each with when it was reached."""
    if loaded.run.ended:
        return []
    if "gates" not in loaded.found:
        waits = _steps_waiting if loaded.is_steps else _boxes_waiting
        loaded.found["gates"] = list(waits(loaded))
    found: list[dict[str, Any]] = loaded.found["gates"]
    return found


def _boxes_waiting(loaded: LoadedRun) -> Iterator[dict[str, Any]]:
    """Yield the gate that is reached; those after it are not."""
    items = loaded.copy.boxes.items
    for place in living_copy.free(loaded.copy, loaded.run.passed.keys()):
        item = items[place]
        if item.role in order.GATES:
            name, since = loaded.copy.ids[place], reached(loaded, place)
            yield _value(loaded, name, item.role.value, item.text, since)


def reached(loaded: LoadedRun, place: int) -> str:
    """Return when everything before a box was done, as the journal writes times."""
    before = loaded.copy.ids[:place]
    words = (loaded.run.words[x].at for x in before if x in loaded.run.words)
    return max(words, default=loaded.run.started)


def _steps_waiting(loaded: LoadedRun) -> Iterator[dict[str, Any]]:
    for wait in plan.gates(loaded.plan, loaded.run):
        work = loaded.run.steps.get(wait.gate)
        is_evidence = work is not None and work.state is StepState.VERIFYING
        kind = "evidence" if is_evidence else "quality"
        kind = "prerequisite" if "-needs-" in wait.gate else kind
        since = work.moves[-1][1] if work and work.moves else _last_move(loaded)
        yield _value(loaded, wait.gate, kind, wait.text, since)


def _last_move(loaded: LoadedRun) -> str:
    moves = (x.moves[-1][1] for x in loaded.run.steps.values() if x.moves)
    return max(moves, default=loaded.run.started)


def _value(
    loaded: LoadedRun, item: str, kind: str, text: str, since: str
) -> dict[str, Any]:
    return {
        "run": loaded.run.id,
        "item": item,
        "kind": kind,
        "text": text,
        "agent": loaded.run.agent,
        "since": since,
    }
