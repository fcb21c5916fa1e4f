"""What is next in a run: what may be done now, and what keeps the rest waiting.

It judges nothing: order, gates and leases are decided in `coordinator.workflows`.
"""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from coordinator.actions import escalations, gates, runs
from coordinator.actions.registry import Arguments, Fresh, Positional, Who, action
from coordinator.actions.runs import Open
from coordinator.actions.steps import step_in_short, worked
from coordinator.actions.workspace import Call, Workspace
from coordinator.kernel import clock
from coordinator.workflows import living, order, plan
from coordinator.workflows.runs import Work
from coordinator.workflows.states import State
from coordinator.workflows.verdicts import Outcome

_MAINTAINER = "a maintainer"
_TOLD = ("criterion", "kind", "label", "verdict", "found", "near_miss")
_IN_HAND = frozenset({State.RUNNING, State.RETRYING})


class OneRun(Arguments):
    """Which run; none: all of the caller's."""

    run: Annotated[str, Positional()] = Field("", description="the run's id")


@action(
    "workflow next",
    who=Who.ANYONE,
    example="coordinator workflow next",
    fresh=Fresh.CHEAPLY,
)
def show_next(call: Call, arguments: OneRun) -> dict[str, list[dict[str, Any]]]:
    """Tell what may be done now, and why the rest waits: who may go on, and how.

    `steps` are steps to go on with or to take, and items to tick.
    """
    workspace, agent = call.workspace, call.caller.agent
    if arguments.run:
        opened = [runs.find(workspace, arguments.run)]
    else:
        opened = runs.unfinished(workspace)
    held = [x for one in opened for x in _held_of(workspace, one, agent)]
    found = [x for one in opened for x in _next_of(workspace, one)]
    meant = {"", agent} if agent and not arguments.run else None
    own = [x for x in opened if meant is None or _concerns(x, meant)]
    waiting = [x for one in own for x in _waiting_of(workspace, one, agent)]
    if meant is not None:
        names = {x.run.id for x in own}
        waiting += [_addressed(x) for x in found if not _is_for(x, meant, names)]
        found = [x for x in found if x["agent"] in meant]
    return {"steps": held + found, "waiting": waiting}


def _concerns(opened: Open, agents: set[str]) -> bool:
    """Tell whether a run is one of theirs, or one that they have a part in."""
    parts, named = opened.run.steps.values(), agents - {""}
    return opened.run.agent in agents or any(worked(x, named) for x in parts)


def _is_for(step: dict[str, Any], meant: set[str], own: set[str]) -> bool:
    """Tell whether the caller may take it, or has nothing to do with its run."""
    return step["agent"] in meant or step["run"] not in own


def _waiting_of(
    workspace: Workspace, opened: Open, agent: str
) -> Iterator[dict[str, Any]]:
    """Yield what keeps a run from going on beyond what may be done now."""
    run = opened.run.id
    if opened.run.ended:
        record = f"coordinator workflow show {run}"
        yield _wait(opened, "ended", "", f"{run} has ended.", "nobody", record)
        return
    for gate in gates.waiting_of(opened):
        command = f"coordinator workflow gate {run} {gate['item']} --comment WORDS"
        yield _wait(opened, "gate", gate["item"], gate["text"], _MAINTAINER, command)
    for found in opened.run.escalations.values():
        if not found.decision:
            resume = f"workflow resolve {found.id} --decision resume --comment WORDS"
            command = f"coordinator {resume}"
            yield _wait(
                opened, "escalation", found.step, found.reason, _MAINTAINER, command
            )
    yield from _taken(workspace, opened, agent) if opened.is_steps else ()
    if not opened.is_steps and (unwritten := living.unwritten(opened.sheet)):
        place, names = unwritten
        text = f"To be written over: {', '.join(f'[{x}]' for x in names[:20])}"
        edit = f"edit {opened.path}: write over them, brackets and all"
        who = opened.run.agent or "anybody"
        yield _wait(opened, "placeholders", opened.sheet.ids[place], text, who, edit)


def _taken(workspace: Workspace, opened: Open, agent: str) -> Iterator[dict[str, Any]]:
    """Yield the steps that others have in hand."""
    now = clock.render(workspace.now())
    for name, work in opened.run.steps.items():
        if work.holder == agent or name not in opened.plan.places:
            continue
        if plan.standing(opened.plan, opened.run, name, now) in _IN_HAND:
            text = f"Its lease ends at {work.expires}."
            command = f"coordinator workflow show {opened.run.id} {name}"
            yield _wait(opened, "taken", name, text, work.holder, command)


def _addressed(step: dict[str, Any]) -> dict[str, Any]:
    """Return that a step of the caller's own run is somebody else's to take."""
    command = f"coordinator workflow take {step['run']} {step['id']}"
    told = {"run": step["run"], "why": "addressed", "item": step["id"]}
    return {**told, "text": step["text"], "who": step["agent"], "command": command}


def _wait(
    opened: Open, why: str, item: str, text: str, who: str, command: str
) -> dict[str, Any]:
    told = {"run": opened.run.id, "why": why, "item": item, "text": text}
    return {**told, "who": who, "command": command}


def _held_of(
    workspace: Workspace, opened: Open, agent: str
) -> Iterator[dict[str, Any]]:
    """Yield the steps that the caller has and is to go on with."""
    now = clock.render(workspace.now())
    for name in plan.held(opened.plan, opened.run, agent) if agent else ():
        standing = plan.standing(opened.plan, opened.run, name, now)
        if standing in _IN_HAND:
            work = opened.run.steps[name]
            yield {
                **step_in_short(workspace, opened, opened.plan.places[name]),
                "state": standing.value,
                "expires": work.expires,
                **_missed(workspace, work),
            }


def _missed(workspace: Workspace, work: Work) -> dict[str, Any]:
    """Return what the last attempt lacked, and what a maintainer said of it."""
    if not work.attempts:
        return {}
    last = escalations.attempt(workspace, work.attempts[-1])
    missed = (x for x in last["verdicts"] if x["verdict"] != Outcome.MET)
    unmet = [{key: x[key] for key in _TOLD if x[key]} for x in missed]
    return {"unmet": unmet, "comment": last["comment"]}


def _next_of(workspace: Workspace, opened: Open) -> Iterator[dict[str, Any]]:
    if opened.is_steps:
        now = clock.render(workspace.now())
        for place in plan.ready(opened.plan, opened.run, now):
            value = step_in_short(workspace, opened, place)
            yield {**value, "state": State.READY.value, "expires": ""}
    elif not opened.run.ended:
        yield from _next_items(opened)


def _next_items(opened: Open) -> Iterator[dict[str, Any]]:
    """Yield the items that may be ticked now, the first one of each phase."""
    items = opened.sheet.boxes.items
    for place in living.free(opened.sheet, opened.run.passed.keys()):
        item = items[place]
        if item.role not in order.GATES:
            yield {
                "run": opened.run.id,
                "kind": "item",
                "id": opened.sheet.ids[place],
                "agent": opened.run.agent,
                "text": item.text,
                "phase": item.phase,
                "group": item.group,
            }
