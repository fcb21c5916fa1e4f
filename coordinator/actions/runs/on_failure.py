"""What follows when a step has failed for good.

On Failure decides: a person, a warning, or the subtask from its start. Numbers of a
checklist's success criteria are judged here too.
"""

from typing import Any

from coordinator.actions.agents import messages
from coordinator.actions.runs import escalations, evidence_source, loading, tick
from coordinator.actions.runs.loading import LoadedRun
from coordinator.kernel.errors import Refused
from coordinator.kernel.journal import Draft
from coordinator.workflows.criteria import criteria
from coordinator.workflows.judging import evidence
from coordinator.workflows.judging.file_trees import DiskTree
from coordinator.workflows.judging.verdicts import Outcome, Sources
from coordinator.workflows.model import Failure
from coordinator.workflows.runs import plan
from coordinator.workflows.runs.plan import PlannedStep
from coordinator.workflows.runs.step_states import TABLE, StepEvent
from coordinator.workspace.workspace import SYSTEM, Call

Followed = tuple[list[Draft], str]


def missed(loaded: LoadedRun, place: PlannedStep) -> StepEvent:
    """Return what an attempt that failed comes to: another one, or none."""
    used = loaded.run.spent.get(place.key, 0) + 1
    return StepEvent.EXHAUST if used >= place.attempts else StepEvent.MISS


def follow(call: Call, loaded: LoadedRun, place: PlannedStep) -> Followed:
    """Do what the document says for a step whose attempts are spent.

    Returns the records of it, which are to be made with that of the last attempt, and
    what it is in words.
    """
    match place.subtask.on_failure.action:
        case Failure.NOTIFY:
            return _go_on(call, loaded, place)
        case Failure.REVERT if not loaded.run.reverts.get(place.key):
            return _revert(call, loaded, place) or _escalate(call, loaded, place)
        case _:
            return _escalate(call, loaded, place)


def _escalate(call: Call, loaded: LoadedRun, place: PlannedStep) -> Followed:
    used = loaded.run.spent.get(place.key, 0)
    reason = f"{place.name} failed, and its subtask has no attempt left ({used} spent)."
    drafts = escalations.escalate(call.workspace, loaded, place, reason)
    return drafts, f"{reason} It is escalated: a maintainer decides."


def _go_on(call: Call, loaded: LoadedRun, place: PlannedStep) -> Followed:
    data = {"step": place.name, "event": StepEvent.CONTINUE.value, "subtask": place.key}
    words = f"{place.name} of {loaded.run.id} failed, and the work goes on with that."
    told = [
        messages.notify(call.workspace, x, words[:200], f"{words}\n")
        for x in sorted({loaded.run.agent, ""})
    ]
    return [loading.draft(loaded, "run.moved", SYSTEM, data), *told], words


def _revert(call: Call, loaded: LoadedRun, place: PlannedStep) -> Followed | None:
    """Take the worktree back to where the subtask began, and all its steps with it.

    Nothing is said, and nothing done, where there is no commit to go back to.
    """
    names = loaded.plan.of_subtask(place.key)
    works = [loaded.run.steps[x] for x in names if x in loaded.run.steps]
    base = next((x.base for x in works if x.base), "")
    holder = loaded.run.steps[place.name].holder
    saved = evidence_source.restore(call.workspace, holder, base) if base else ()
    if not saved:
        return None
    drafts: list[Draft] = []
    for name in names:
        state = plan.state(loaded.run, name)
        if StepEvent.REVERT in TABLE[state]:
            data = {"step": name, "event": StepEvent.REVERT.value, "subtask": place.key}
            drafts.append(loading.draft(loaded, "run.moved", SYSTEM, data))
    below = saved[0].rpartition("/")[0]
    words = f"{holder} was taken back to {base[:12]}; what was there is below {below}."
    drafts.append(messages.notify(call.workspace, holder, words[:200], f"{words}\n"))
    return drafts, words


def submit_item(
    call: Call, loaded: LoadedRun, wanted: str, text: str
) -> dict[str, Any]:
    """Judge an item that names a number by submitted figures; tick it if it is met.

    Raises:
        Refused: The item cannot be ticked now.
    """
    from coordinator.workflows.judging import judging  # noqa: PLC0415 - patterns load slowly

    place = tick.find_place(loaded, wanted)
    item = loaded.copy.boxes.items[place]
    found = evidence.parse(text.strip() or "{}")
    spot = evidence_source.find(call)
    criterion = criteria.parse(item.text, item.line)
    if criterion.comparison is None:
        name = loaded.copy.ids[place]
        hint = f"Tick it: coordinator workflow tick {loaded.run.id} {name}"
        raise Refused(f"{item.text!r} names no number to be shown.", hint=hint)
    [verdict] = judging.judge([criterion], found, DiskTree(spot.folder), Sources())
    name = loaded.copy.ids[place]
    shown = {"verdict": verdict.outcome.value, "found": verdict.found}
    if verdict.outcome is not Outcome.MET:
        raise Refused(
            f"{item.text!r} is not met: {verdict.found}",
            hint=f"Send figures: {evidence.of_number(item.text)}",
        )
    ticked = tick.tick_with(call, loaded, place, text)
    return {**ticked, "id": name, **shown}
