"""Gates by command: where only a maintainer's word lets a run go on.

What waits is listed with its age; whether a gate is reached is decided in
`coordinator.workflows`.
"""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from coordinator.actions import checklists, messages, outcomes, runs, steps
from coordinator.actions.checklists import OneItem, find_open
from coordinator.actions.registry import Fresh, NonBlank, Who, action
from coordinator.actions.runs import Open
from coordinator.actions.workspace import Call, Workspace
from coordinator.kernel.errors import Refused
from coordinator.kernel.journal import Draft
from coordinator.workflows import living, order, plan
from coordinator.workflows.plan import Place
from coordinator.workflows.states import Event, State


class Pass(OneItem):
    """Which gate, and what the maintainer says."""

    comment: NonBlank = Field(..., description="your word on it; it is kept")
    decision: Literal["pass", "reject"] = Field(
        "pass", description="a step's evidence can also be rejected"
    )


@action(
    "workflow gate",
    who=Who.MAINTAINER,
    example='coordinator workflow gate backend-workflow-1 19 --comment "Go on"',
    fresh=Fresh.CHEAPLY,
)
def pass_gate(call: Call, arguments: Pass) -> dict[str, Any]:
    """Let a run go through a gate: a pause, a sign-off, a step that needs your word."""
    opened = find_open(call, arguments.run)
    if arguments.decision == "reject":
        return _reject(call, opened, arguments)
    waiting = {x["item"] for x in waiting_of(opened)}
    if opened.is_steps and arguments.item in {
        *waiting,
        *opened.plan.quality,
        *opened.plan.places,
        *opened.run.passed,
    }:
        return _pass_word(call, opened, arguments, is_reached=arguments.item in waiting)
    place = checklists.find_place(opened, arguments.item)
    told = _told(call, opened, opened.sheet.ids[place], arguments.comment)
    return checklists.pass_box(call, opened, place, arguments.comment, told)


def _told(call: Call, opened: Open, item: str, comment: str) -> list[Draft]:
    """Return the maintainer's words for whoever works on the run, if that is known."""
    agent, run = opened.run.agent, opened.run.id
    if not agent:
        return []
    body = f"{comment}\n\nGo on: coordinator workflow next {run}\n"
    subject = f"{item} of {run} was passed"
    return [messages.told(call.workspace, agent, subject, body)]


def _reject(call: Call, opened: Open, arguments: Pass) -> dict[str, Any]:
    """Count an attempt as failed, with the reason; what follows is the document's.

    Raises:
        Refused: No evidence waits there.
    """
    place = opened.plan.places.get(arguments.item)
    if place is None or plan.state(opened.run, place.name) is not State.VERIFYING:
        hint = "Leave it as it is: nothing after it begins until it is passed."
        raise Refused(f"{arguments.item} has no evidence to be rejected.", hint=hint)
    event = outcomes.missed(opened, place)
    drafts = _decided(call, opened, place, event, arguments.comment)
    note = ""
    if event is Event.EXHAUST:
        after = runs.foreseen(call.workspace, opened, drafts)
        followed, note = outcomes.follow(call, after, place)
        drafts += followed
    ended = runs.ends_steps(call.workspace, opened, drafts)
    call.workspace.record(*drafts, *ended)
    opened = runs.find(call.workspace, opened.run.id)
    return {
        "run": opened.run.id,
        "item": place.name,
        "passed": False,
        "state": plan.state(opened.run, place.name).value,
        "note": note,
        "outcome": opened.run.outcome,
    }


def _decided(
    call: Call, opened: Open, place: Place, event: Event, comment: str
) -> list[Draft]:
    """Return the records of a maintainer's word on evidence; its holder is told."""
    holder = opened.run.steps[place.name].holder
    verb = "accepted" if event is Event.MEET else "rejected"
    subject = f"The evidence for {place.name} of {opened.run.id} was {verb}"
    data = {
        "step": place.name,
        "subtask": place.key,
        "event": event.value,
        "expires": steps.lease_end(call.workspace),  # whoever goes on has time again
        "comment": runs.store_text(call.workspace, comment),
    }
    return [
        runs.draft(opened, "run.moved", call.caller.actor, data),
        messages.told(call.workspace, holder, subject, f"{comment}\n"),
    ]


def _pass_word(
    call: Call, opened: Open, arguments: Pass, *, is_reached: bool
) -> dict[str, Any]:
    """Record a maintainer's word on steps: a prerequisite, evidence, a quality gate."""
    workspace, item = call.workspace, arguments.item
    if item not in opened.run.passed and not is_reached:
        hint = f"What waits: coordinator workflow show {opened.run.id}"
        raise Refused(f"{item} does not wait for a word now.", hint=hint)
    if is_reached:
        comment = runs.store_text(workspace, arguments.comment)
        data = {"item": item, "comment": comment}
        drafts = [runs.draft(opened, "run.passed", call.caller.actor, data)]
        if place := opened.plan.places.get(item):
            drafts += _decided(call, opened, place, Event.MEET, arguments.comment)
        else:
            drafts += _told(call, opened, item, arguments.comment)
        workspace.record(*drafts, *runs.ends_steps(workspace, opened, drafts))
    opened = runs.find(workspace, opened.run.id)
    word = opened.run.passed[item]
    return {
        "run": opened.run.id,
        "item": item,
        "passed": True,
        "by": word.actor,
        "at": word.at,
        "outcome": opened.run.outcome,
    }


def waiting(workspace: Workspace) -> list[dict[str, Any]]:
    """Return the gates of all runs that wait now, the oldest first."""
    found = (x for one in runs.unfinished(workspace) for x in waiting_of(one))
    return sorted(found, key=lambda x: (x["since"], x["run"], x["item"]))


def waiting_of(opened: Open) -> list[dict[str, Any]]:
    """Return the gates of a run that wait now, each with when it was reached."""
    if opened.run.ended:
        return []
    if "gates" not in opened.found:
        waits = _steps_waiting if opened.is_steps else _boxes_waiting
        opened.found["gates"] = list(waits(opened))
    found: list[dict[str, Any]] = opened.found["gates"]
    return found


def _boxes_waiting(opened: Open) -> Iterator[dict[str, Any]]:
    """Yield the gate that is reached; those after it are not."""
    items = opened.sheet.boxes.items
    for place in living.free(opened.sheet, opened.run.passed.keys()):
        item = items[place]
        if item.role in order.GATES:
            name, since = opened.sheet.ids[place], reached(opened, place)
            yield _value(opened, name, item.role.value, item.text, since)


def reached(opened: Open, place: int) -> str:
    """Return when everything before a box was done, as the journal writes times."""
    before = opened.sheet.ids[:place]
    words = (opened.run.words[x].at for x in before if x in opened.run.words)
    return max(words, default=opened.run.started)


def _steps_waiting(opened: Open) -> Iterator[dict[str, Any]]:
    for wait in plan.gates(opened.plan, opened.run):
        work = opened.run.steps.get(wait.gate)
        is_evidence = work is not None and work.state is State.VERIFYING
        kind = "evidence" if is_evidence else "quality"
        kind = "prerequisite" if "-needs-" in wait.gate else kind
        since = work.moves[-1][1] if work and work.moves else _last_move(opened)
        yield _value(opened, wait.gate, kind, wait.text, since)


def _last_move(opened: Open) -> str:
    moves = (x.moves[-1][1] for x in opened.run.steps.values() if x.moves)
    return max(moves, default=opened.run.started)


def _value(opened: Open, item: str, kind: str, text: str, since: str) -> dict[str, Any]:
    return {
        "run": opened.run.id,
        "item": item,
        "kind": kind,
        "text": text,
        "agent": opened.run.agent,
        "since": since,
    }
