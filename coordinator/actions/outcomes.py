"""What follows when a step has failed for good.

On Failure decides: a person, a warning, or the subtask from its start. Numbers of a
checklist's success criteria are judged here too.
"""

from typing import Any

from coordinator.actions import checklists, escalations, messages, places, runs
from coordinator.actions.runs import Open
from coordinator.actions.workspace import SYSTEM, Call
from coordinator.kernel.errors import Refused
from coordinator.kernel.journal import Draft
from coordinator.workflows import criteria, evidence, plan
from coordinator.workflows.model import Failure
from coordinator.workflows.plan import Place
from coordinator.workflows.states import TABLE, Event
from coordinator.workflows.trees import DiskTree
from coordinator.workflows.verdicts import Outcome, Sources

Followed = tuple[list[Draft], str]


def missed(opened: Open, place: Place) -> Event:
    """Return what an attempt that failed comes to: another one, or none."""
    used = opened.run.spent.get(place.key, 0) + 1
    return Event.EXHAUST if used >= place.attempts else Event.MISS


def follow(call: Call, opened: Open, place: Place) -> Followed:
    """Do what the document says for a step whose attempts are spent.

    Returns the records of it, which are to be made with that of the last attempt, and
    what it is in words.
    """
    match place.subtask.on_failure.action:
        case Failure.NOTIFY:
            return _go_on(call, opened, place)
        case Failure.REVERT if not opened.run.reverts.get(place.key):
            return _revert(call, opened, place) or _escalate(call, opened, place)
        case _:
            return _escalate(call, opened, place)


def _escalate(call: Call, opened: Open, place: Place) -> Followed:
    used = opened.run.spent.get(place.key, 0)
    reason = f"{place.name} failed, and its subtask has no attempt left ({used} spent)."
    drafts = escalations.escalate(call.workspace, opened, place, reason)
    return drafts, f"{reason} It is escalated: a maintainer decides."


def _go_on(call: Call, opened: Open, place: Place) -> Followed:
    data = {"step": place.name, "event": Event.CONTINUE.value, "subtask": place.key}
    words = f"{place.name} of {opened.run.id} failed, and the work goes on with that."
    told = [
        messages.told(call.workspace, x, words[:200], f"{words}\n")
        for x in sorted({opened.run.agent, ""})
    ]
    return [runs.draft(opened, "run.moved", SYSTEM, data), *told], words


def _revert(call: Call, opened: Open, place: Place) -> Followed | None:
    """Take the worktree back to where the subtask began, and all its steps with it.

    Nothing is said, and nothing done, where there is no commit to go back to.
    """
    names = opened.plan.of_subtask(place.key)
    works = [opened.run.steps[x] for x in names if x in opened.run.steps]
    base = next((x.base for x in works if x.base), "")
    holder = opened.run.steps[place.name].holder
    saved = places.restore(call.workspace, holder, base) if base else ()
    if not saved:
        return None
    drafts: list[Draft] = []
    for name in names:
        state = plan.state(opened.run, name)
        if Event.REVERT in TABLE[state]:
            data = {"step": name, "event": Event.REVERT.value, "subtask": place.key}
            drafts.append(runs.draft(opened, "run.moved", SYSTEM, data))
    below = saved[0].rpartition("/")[0]
    words = f"{holder} was taken back to {base[:12]}; what was there is below {below}."
    drafts.append(messages.told(call.workspace, holder, words[:200], f"{words}\n"))
    return drafts, words


def submit_item(call: Call, opened: Open, wanted: str, text: str) -> dict[str, Any]:
    """Judge an item that names a number by submitted figures; tick it if it is met.

    Raises:
        Refused: The item cannot be ticked now.
    """
    from coordinator.workflows import judging  # noqa: PLC0415 - patterns load slowly

    place = checklists.find_place(opened, wanted)
    item = opened.sheet.boxes.items[place]
    found = evidence.parse(text.strip() or "{}")
    spot = places.find(call)
    criterion = criteria.parse(item.text, item.line)
    if criterion.comparison is None:
        name = opened.sheet.ids[place]
        hint = f"Tick it: coordinator workflow tick {opened.run.id} {name}"
        raise Refused(f"{item.text!r} names no number to be shown.", hint=hint)
    [verdict] = judging.judge([criterion], found, DiskTree(spot.folder), Sources())
    name = opened.sheet.ids[place]
    shown = {"verdict": verdict.outcome.value, "found": verdict.found}
    if verdict.outcome is not Outcome.MET:
        raise Refused(
            f"{item.text!r} is not met: {verdict.found}",
            hint=f"Send figures: {evidence.of_number(item.text)}",
        )
    ticked = checklists.tick_with(call, opened, place, text)
    return {**ticked, "id": name, **shown}
