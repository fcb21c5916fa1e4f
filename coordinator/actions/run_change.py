"""Runs brought to a newer template, and shown in other tools' shapes.

A merge keeps what the run has: where both sides changed a line, the run's stays.
"""

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from coordinator.actions import living_copies, messages, runs, steps, templates
from coordinator.actions.checklists import find_open
from coordinator.actions.registry import (
    Arguments,
    Fresh,
    Positional,
    Who,
    action,
)
from coordinator.actions.runs import Open
from coordinator.actions.workspace import SYSTEM, Call, Workspace
from coordinator.kernel.errors import Refused, UsageProblem
from coordinator.kernel.journal import Draft
from coordinator.workflows import (
    boxes,
    drafts,
    living,
    matching,
    merging,
    read,
    state_files,
)
from coordinator.workflows.living import Sheet
from coordinator.workflows.merging import Merged
from coordinator.workflows.model import Kind, Mark
from coordinator.workflows.plan import Place, Plan
from coordinator.workflows.state_files import Shown
from coordinator.workflows.states import Event, State


class OneRun(Arguments):
    """Which run."""

    run: Annotated[str, Positional()] = Field(..., description="the run's id")


class Export(OneRun):
    """Which run, in which shape."""

    format: Literal["step-json", "dna-json"] = Field(..., description="the shape")


@action(
    "workflow upgrade",
    who=Who.MEMBER,
    example="coordinator workflow upgrade backend-workflow-1",
    fresh=Fresh.CHEAPLY,
)
def upgrade(call: Call, arguments: OneRun) -> dict[str, Any]:
    """Bring a run to the newest version of its template; its own changes stay."""
    opened = find_open(call, arguments.run)
    run = opened.run
    row = templates.find_template(call.workspace, run.template)
    value = {"id": run.id, "from": run.version, "to": row["version"]}
    if row["version"] == run.version:
        return {**value, "changed": False, "conflicts": 0, "not_taken": []}
    merged = _upgrade(call, opened, row)
    return {
        **value,
        "changed": True,
        "conflicts": len(merged.not_taken),
        "not_taken": list(merged.not_taken),
    }


def _upgrade(call: Call, opened: Open, row: dict[str, Any]) -> Merged:
    workspace, actor = call.workspace, call.caller.actor
    theirs = _template_text(call, opened, row)
    merged = _merged(call, opened, theirs)
    sheet = _carried(opened, merged.text)
    change, version = runs.edited(workspace, opened, sheet.text, actor, [])
    data = {
        **change.data,
        "ids": list(sheet.ids),
        "version": row["version"],
        "base": runs.store_text(workspace, theirs),
    }
    now = _newer(opened, sheet)
    drafts = [runs.draft(opened, "run.upgraded", actor, data), version]
    drafts += _reopened(call, opened, now)
    ends = _ends(workspace, now, sheet, drafts)
    told = _told(call, opened, row["version"], merged)
    workspace.record(*drafts, *ends, *told)
    living_copies.write(workspace, opened, sheet.text)
    return merged


def _merged(call: Call, opened: Open, theirs: str) -> Merged:
    """Merge the template's change into the run, marks aside."""
    items = opened.sheet.boxes.items
    ours = boxes.set_marks(opened.sheet.text, {x.line: Mark.OPEN for x in items})
    return merging.merge(call.workspace.read_text(opened.run.base), ours, theirs)


def _told(call: Call, opened: Open, version: int, merged: Merged) -> list[Draft]:
    """Return the word to the run's agent: of another's upgrade, of what met."""
    run = opened.run
    who = run.agent or call.caller.agent
    if not who or (who == call.caller.agent and not merged.not_taken):
        return []
    subject = f"{run.id} goes by version {version} of {run.template} now"
    body = "All of it was taken over."
    if merged.not_taken:
        head = "The run keeps its own words in lines where the template now has:"
        body = "\n".join([head, "", *merged.not_taken])
    return [messages.told(call.workspace, who, subject, f"{body}\n")]


def _newer(opened: Open, sheet: Sheet) -> Open:
    document, _ = read.parse(sheet.text, opened.path)
    return replace(opened, document=document, plan=Plan(document.book))


def _reopened(call: Call, opened: Open, now: Open) -> list[Draft]:
    """Return the records of steps that ask for something else than a person looks at.

    Their holders go on with them; the attempt is not counted.
    """
    drafts: list[Draft] = []
    for name, work in opened.run.steps.items():
        before, after = (x.plan.places.get(name) for x in (opened, now))
        is_other = after is not None and _asked(before) != _asked(after)
        if work.state is State.VERIFYING and is_other:
            data = {
                "step": name,
                "event": Event.CHANGE.value,
                "expires": steps.lease_end(call.workspace),
            }
            drafts.append(runs.draft(opened, "run.moved", SYSTEM, data))
            subject = f"{name} of {opened.run.id} asks for something else now"
            command = f"coordinator workflow take {opened.run.id} {name}"
            body = f"Submit evidence again; what is asked for: {command}\n"
            drafts.append(messages.told(call.workspace, work.holder, subject, body))
    return drafts


def _asked(place: Place | None) -> list[str]:
    return [f"{x.label}: {x.text}" for x in place.criteria] if place else []


def _template_text(call: Call, opened: Open, row: dict[str, Any]) -> str:
    """Return what a run of the newest version would begin with."""
    base = call.workspace.read_text(row["blob"])
    document, _ = read.parse(base, row["path"])
    if document.kind in {Kind.CHECKLIST, Kind.STEPS}:
        return base
    make = drafts.skeleton if opened.is_steps else drafts.checklist
    text = make(document, opened.run.part)
    if text is None:
        raise Refused(
            f"Version {row['version']} of {row['name']} has no workflow"
            f" {opened.run.part or row['name']!r} any more.",
            hint=f"The run goes on as it is: coordinator workflow next {opened.run.id}",
        )
    return text


def _ends(
    workspace: Workspace, now: Open, sheet: Sheet, changes: list[Draft]
) -> list[Draft]:
    """Return the record of the end, where the newer version leaves nothing to do."""
    boxes_ = runs.ends(now, sheet, changes[0].actor)
    return [*boxes_, *runs.ends_steps(workspace, now, changes)]


def _carried(opened: Open, text: str) -> Sheet:
    """Return the merged text with the ids and marks that its items had before."""
    found = living.read(text)
    before = opened.sheet.boxes.items
    old, new = [x.text for x in before], [x.text for x in found.items]
    fresh = opened.run.next_item
    ids: list[str] = []
    marks: dict[int, Mark] = {}
    for item, place in zip(found.items, matching.match(old, new), strict=True):
        is_same = place >= 0 and before[place].text == item.text
        ids.append(opened.sheet.ids[place] if is_same else str(fresh))
        fresh += not is_same
        if is_same:
            marks[item.line] = before[place].mark
    return runs.read_sheet(boxes.set_marks(text, marks), ids)


@action(
    "workflow export",
    who=Who.ANYONE,
    example="coordinator workflow export backend-steps-1 --format step-json",
    fresh=Fresh.CHEAPLY,
)
def export(call: Call, arguments: Export) -> dict[str, Any]:
    """Show a run of steps as Step.json or DNA.json, computed from its records."""
    opened = runs.find(call.workspace, arguments.run)
    if not opened.is_steps:
        raise UsageProblem(
            f"{arguments.run} is no run of steps.",
            hint=f"Run: coordinator workflow show {arguments.run} --json",
        )
    shown = Shown(opened.run, opened.document, opened.plan)
    if arguments.format == "step-json":
        return state_files.step_json(shown)
    return state_files.dna_json(shown)
