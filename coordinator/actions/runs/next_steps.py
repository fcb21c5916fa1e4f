"""What is next in a run: what may be done now, and what keeps the rest waiting.

It judges nothing: order, gates and leases are decided in `coordinator.workflows`.
"""

from collections.abc import Iterator
from typing import Annotated, Literal, cast

from pydantic import Field

from coordinator.actions.runs import escalations, loading
from coordinator.actions.runs.take import step_in_short
from coordinator.kernel import clock
from coordinator.results.runs import NextThing, ShownNext, WaitingThing
from coordinator.results.steps import ShownAttempt, StepInShort, VerdictInShort
from coordinator.workflows.decide import steps
from coordinator.workflows.judging.verdicts import Outcome
from coordinator.workflows.runs import living_copy, order, plan
from coordinator.workflows.runs.loaded_run import LoadedRun
from coordinator.workflows.runs.step_states import IN_HAND, StepState
from coordinator.workspace.registry import Arguments, Positional, Refresh, Who, action
from coordinator.workspace.workspace import Call, Workspace

_MAINTAINER = "a maintainer"
_TOLD: tuple[
    Literal["criterion", "kind", "label", "verdict", "found", "near_miss"], ...
]
_TOLD = ("criterion", "kind", "label", "verdict", "found", "near_miss")


class WhichRun(Arguments):
    """Which run; none: all of the caller's."""

    run: Annotated[str, Positional()] = Field("", description="the run's id")


@action(
    "workflow next",
    who=Who.ANYONE,
    example="coordinator workflow next",
    refresh=Refresh.QUICK,
)
def show_next(call: Call, arguments: WhichRun) -> ShownNext:
    """Tell what may be done now, and why the rest waits: who may go on, and how.

    `steps` are steps to go on with or to take, and items to tick.
    """
    workspace, agent = call.workspace, call.caller.agent
    if arguments.run:
        loaded = [loading.find(workspace, arguments.run)]
    else:
        loaded = loading.unfinished(workspace)
    held = [x for one in loaded for x in _held_of(workspace, one, agent)]
    found = [x for one in loaded for x in _next_of(workspace, one)]
    meant = {"", agent} if agent and not arguments.run else None
    own = [x for x in loaded if meant is None or _concerns(x, meant)]
    waiting = [x for one in own for x in _waiting_of(workspace, one, agent)]
    if meant is not None:
        names = {x.run.id for x in own}
        waiting += [_addressed(x) for x in found if not _is_for(x, meant, names)]
        found = [x for x in found if x["agent"] in meant]
    return {"steps": held + found, "waiting": waiting}


def _concerns(loaded: LoadedRun, agents: set[str]) -> bool:
    """Tell whether a run is one of theirs, or one that they have a part in."""
    parts, named = loaded.run.steps.values(), agents - {""}
    return loaded.run.agent in agents or any(steps.worked(x, named) for x in parts)


def _is_for(step: NextThing, meant: set[str], own: set[str]) -> bool:
    """Tell whether the caller may take it, or has nothing to do with its run."""
    return step["agent"] in meant or step["run"] not in own


def _waiting_of(
    workspace: Workspace, loaded: LoadedRun, agent: str
) -> Iterator[WaitingThing]:
    """Yield what keeps a run from going on beyond what may be done now."""
    run = loaded.run.id
    if loaded.run.ended:
        record = f"coordinator workflow show {run}"
        yield _wait(loaded, "ended", "", f"{run} has ended.", "nobody", record)
        return
    for gate in loaded.gates:
        command = f"coordinator workflow gate {run} {gate.item} --comment WORDS"
        yield _wait(loaded, "gate", gate.item, gate.text, _MAINTAINER, command)
    for found in loaded.run.escalations.values():
        if not found.decision:
            resume = f"workflow resolve {found.id} --decision resume --comment WORDS"
            command = f"coordinator {resume}"
            yield _wait(
                loaded, "escalation", found.step, found.reason, _MAINTAINER, command
            )
    yield from _taken(workspace, loaded, agent) if loaded.is_steps else ()
    if not loaded.is_steps and (unwritten := living_copy.unwritten(loaded.copy)):
        place, names = unwritten
        text = f"To be written over: {', '.join(f'[{x}]' for x in names[:20])}"
        edit = f"edit {loaded.path}: write over them, brackets and all"
        who = loaded.run.agent or "anybody"
        yield _wait(loaded, "placeholders", loaded.copy.ids[place], text, who, edit)


def _taken(
    workspace: Workspace, loaded: LoadedRun, agent: str
) -> Iterator[WaitingThing]:
    """Yield the steps that others have in hand."""
    now = clock.render(workspace.now())
    for name, work in loaded.run.steps.items():
        if work.holder == agent or name not in loaded.plan.steps:
            continue
        if plan.effective_state(loaded.plan, loaded.run, name, now) in IN_HAND:
            text = f"Its lease ends at {work.lease.expires}."
            command = f"coordinator workflow show {loaded.run.id} {name}"
            yield _wait(loaded, "taken", name, text, work.holder, command)


def _addressed(step: NextThing) -> WaitingThing:
    """Return that a step of the caller's own run is somebody else's to take."""
    command = f"coordinator workflow take {step['run']} {step['id']}"
    return {
        "run": step["run"],
        "why": "addressed",
        "item": step["id"],
        "text": step["text"],
        "who": step["agent"],
        "command": command,
    }


def _wait(
    loaded: LoadedRun, why: str, item: str, text: str, who: str, command: str
) -> WaitingThing:
    return {
        "run": loaded.run.id,
        "why": why,
        "item": item,
        "text": text,
        "who": who,
        "command": command,
    }


def _held_of(
    workspace: Workspace, loaded: LoadedRun, agent: str
) -> Iterator[NextThing]:
    """Yield the steps that the caller has and is to go on with."""
    now = clock.render(workspace.now())
    for name in plan.held(loaded.plan, loaded.run, agent) if agent else ():
        state = plan.effective_state(loaded.plan, loaded.run, name, now)
        if state in IN_HAND:
            work = loaded.run.steps[name]
            step = step_in_short(workspace, loaded, loaded.plan.steps[name])
            thing = _with_state(step, state, work.lease.expires)
            if work.attempts:
                last = escalations.attempt(workspace, work.attempts[-1])
                thing["unmet"] = list(_unmet(last))
                thing["comment"] = last["comment"]
            yield thing


def _with_state(step: StepInShort, state: StepState, expires: str) -> NextThing:
    return cast("NextThing", {**step, "state": state.value, "expires": expires})


def _unmet(attempt: ShownAttempt) -> Iterator[VerdictInShort]:
    """Yield what an attempt lacked."""
    for x in attempt["verdicts"]:
        if x["verdict"] != Outcome.MET:
            told = {key: x[key] for key in _TOLD if x[key]}
            yield cast("VerdictInShort", told)


def _next_of(workspace: Workspace, loaded: LoadedRun) -> Iterator[NextThing]:
    if loaded.is_steps:
        now = clock.render(workspace.now())
        for place in plan.ready(loaded.plan, loaded.run, now):
            step = step_in_short(workspace, loaded, place)
            yield _with_state(step, StepState.READY, "")
    elif not loaded.run.ended:
        yield from _next_items(loaded)


def _next_items(loaded: LoadedRun) -> Iterator[NextThing]:
    """Yield the items that may be ticked now, the first one of each phase."""
    items = loaded.copy.boxes.items
    for place in living_copy.free(loaded.copy, loaded.run.passed.keys()):
        item = items[place]
        if item.role not in order.GATES:
            yield {
                "run": loaded.run.id,
                "kind": "item",
                "id": loaded.copy.ids[place],
                "agent": loaded.run.agent,
                "text": item.text,
                "phase": item.phase,
                "group": item.group,
            }
