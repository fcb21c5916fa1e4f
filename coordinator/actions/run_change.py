"""Runs brought to a newer template, and shown in other tools' shapes.

A merge keeps what the run has: where both sides changed a line, the run's stays.
"""

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from coordinator.actions import living_copies, messages, runs, templates
from coordinator.actions.checklists import find_open
from coordinator.actions.registry import (
    Arguments,
    Fresh,
    Positional,
    Who,
    action,
)
from coordinator.actions.runs import Open
from coordinator.actions.workspace import Call, Workspace
from coordinator.kernel import git
from coordinator.kernel.errors import Refused, UsageProblem
from coordinator.kernel.journal import Draft
from coordinator.workflows import boxes, drafts, living, matching, read, state_files
from coordinator.workflows.living import Sheet
from coordinator.workflows.model import Kind, Mark
from coordinator.workflows.plan import Plan
from coordinator.workflows.state_files import Shown


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
    workspace = call.workspace
    opened = find_open(call, arguments.run)
    run = opened.run
    row = templates.find_template(workspace, run.template)
    value = {"id": run.id, "from": run.version, "to": row["version"], "conflicts": 0}
    if row["version"] == run.version:
        return {**value, "changed": False}
    theirs = _template_text(call, opened, row)
    sheet, conflicts = _merged(call, opened, theirs)
    change, version = runs.edited(workspace, opened, sheet.text, call.caller.actor, [])
    data = {
        **change.data,
        "ids": list(sheet.ids),
        "version": row["version"],
        "base": runs.store_text(workspace, theirs),
    }
    upgraded = runs.draft(opened, "run.upgraded", call.caller.actor, data)
    told = _told(call, opened, row["version"], conflicts)
    ends = _ends(workspace, opened, sheet, upgraded)
    workspace.record(upgraded, version, *ends, *told)
    living_copies.write(workspace, opened, sheet.text)
    lost = _lost(workspace.read_text(run.base), theirs, sheet)
    return {**value, "conflicts": conflicts, "changed": True, "not_taken": lost}


def _lost(base: str, theirs: str, sheet: Sheet) -> list[str]:
    """Return the template's new items that the merge did not take over."""
    known = {x.text for x in (*living.read(base).items, *sheet.boxes.items)}
    return [x.text for x in living.read(theirs).items if x.text not in known]


def _merged(call: Call, opened: Open, theirs: str) -> tuple[Sheet, int]:
    """Merge the template's change into the run, marks aside; count what met."""
    items = opened.sheet.boxes.items
    ours = boxes.set_marks(opened.sheet.text, {x.line: Mark.OPEN for x in items})
    base = call.workspace.read_text(opened.run.base)
    folder = call.workspace.layout.temporary
    merged, conflicts = git.merge_texts(folder, base, ours, theirs)
    return _carried(opened, merged), conflicts


def _told(call: Call, opened: Open, version: int, conflicts: int) -> list[Draft]:
    """Return the word to the run's agent, where another one upgrades it."""
    run = opened.run
    if run.agent in {"", call.caller.agent}:
        return []
    subject = f"{run.id} goes by version {version} of {run.template} now"
    body = f"{conflicts} changes of both sides met; the run's were kept.\n"
    return [messages.told(call.workspace, run.agent, subject, body)]


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
    workspace: Workspace, opened: Open, sheet: Sheet, change: Draft
) -> list[Draft]:
    """Return the record of the end, where the newer version leaves nothing to do."""
    document, _ = read.parse(sheet.text, opened.path)
    new = replace(opened, document=document, plan=Plan(document.book))
    boxes_ = runs.ends(new, sheet, change.actor)
    return [*boxes_, *runs.ends_steps(workspace, new, [change])]


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
