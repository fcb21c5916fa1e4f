"""Runs brought to a newer template, and shown in other tools' shapes.

A merge keeps what the run has: where both sides changed a line, the run's stays.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from coordinator.actions.agents import messages
from coordinator.actions.runs import living_copies, loading, take
from coordinator.actions.runs.loading import LoadedRun
from coordinator.actions.runs.tick import find_open
from coordinator.actions.templates import library
from coordinator.index import queries
from coordinator.kernel.errors import Refused, UsageProblem
from coordinator.kernel.journal import Draft
from coordinator.kernel.text.markdown import split_lines
from coordinator.workflows.documents import kinship, read
from coordinator.workflows.lines import boxes
from coordinator.workflows.marks import Mark
from coordinator.workflows.model import Family, Item
from coordinator.workflows.runs import (
    instantiate,
    living_copy,
    matching,
    merging,
    state_files,
)
from coordinator.workflows.runs.living_copy import LivingCopy
from coordinator.workflows.runs.merging import Merged
from coordinator.workflows.runs.plan import Plan, PlannedStep
from coordinator.workflows.runs.state_files import Shown
from coordinator.workflows.runs.step_states import HELD, StepEvent, StepState
from coordinator.workspace.registry import (
    Arguments,
    Positional,
    Refresh,
    Who,
    action,
)
from coordinator.workspace.workspace import SYSTEM, Call, Workspace


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
    refresh=Refresh.QUICK,
)
def upgrade(call: Call, arguments: OneRun) -> dict[str, Any]:
    """Bring a run to the newest version of its template; its own changes stay."""
    loaded = find_open(call, arguments.run)
    run = loaded.run
    row = library.find_template(call.workspace, run.template)
    value = {"id": run.id, "from": run.version, "to": row["version"]}
    if row["version"] == run.version:
        return {**value, "changed": False, **_met((), ())}
    problems = queries.problems_of(call.workspace.index, loaded.path)
    if any(x["code"] == "conflict-marker" for x in problems):
        hint = f"Keep one side in {loaded.path}, then do it again."
        raise Refused(f"{run.id} is in the midst of another merge.", hint=hint)
    _check_kin(call, loaded, row)
    return {**value, "changed": True, **_upgrade(call, loaded, row)}


def _check_kin(call: Call, loaded: LoadedRun, row: dict[str, Any]) -> None:
    """Check that the newest version is not another document of the same name.

    Raises:
        Refused: Nothing of what the run was begun with is in it.
    """
    versions = (loaded.run.base, row["blob"])
    began, newest = (read.parse(call.workspace.read_text(x), "")[0] for x in versions)
    if began.kind == newest.kind and not kinship.share(began, newest):
        raise Refused(
            f"Version {row['version']} of {row['name']} shares nothing with what"
            f" {loaded.run.id} was begun with: it is another document.",
            hint="Import it again under a name of its own: coordinator workflow import"
            " PATH --name NAME",
        )


def _met(not_taken: Sequence[str], removed: Sequence[str]) -> dict[str, Any]:
    """Return where template and run did not go together."""
    return {
        "conflicts": len(not_taken),
        "not_taken": list(not_taken),
        "removed": list(removed),
    }


def _upgrade(call: Call, loaded: LoadedRun, row: dict[str, Any]) -> dict[str, Any]:
    workspace, actor = call.workspace, call.caller.actor
    theirs = _template_text(call, loaded, row)
    merged = _merged(call, loaded, theirs)
    copy = _with_done(loaded, merged.text)
    change, version = loading.edited(workspace, loaded, copy.text, actor, [])
    data = {
        **change.data,
        "ids": list(copy.ids),
        "version": row["version"],
        "base": loading.store_text(workspace, theirs),
    }
    now = _newer(loaded, copy)
    drafts = [loading.draft(loaded, "run.upgraded", actor, data), version]
    drafts += [*_reopened(call, loaded, now), *_dropped(call, loaded, now)]
    ends = _ends(workspace, now, copy, drafts)
    met = _met(merged.not_taken, _removed(loaded, now, copy))
    told = _told(call, loaded, row["version"], met)
    workspace.record(*drafts, *ends, *told)
    living_copies.write(workspace, loaded, copy.text)
    return met


def _with_done(loaded: LoadedRun, merged: str) -> LivingCopy:
    """Return the merged text with the items that were done and are no more in it."""
    copy, items = _carried(loaded, merged), loaded.copy.boxes.items
    gone = (x for x, name in enumerate(loaded.copy.ids) if name not in copy.ids)
    lost = [items[x].line for x in gone if items[x].mark is not Mark.OPEN]
    if not lost:
        return copy
    ours = _unmarked(loaded)
    lines = split_lines(ours)
    theirs = {y for x in lost for y in _block(lines, x, {x.line for x in items})}
    left = (text for number, text in enumerate(lines, 1) if number not in theirs)
    without = "\n".join(left)
    return _carried(loaded, merging.merge(without, ours, merged).text)


def _block(lines: Sequence[str], line: int, items: Collection[int]) -> Iterator[int]:
    """Yield the line of an item and those that go on with it."""
    yield line
    for number in range(line + 1, len(lines) + 1):
        if number in items or not lines[number - 1].startswith((" ", "\t")):
            return
        yield number


def _removed(loaded: LoadedRun, now: LoadedRun, copy: LivingCopy) -> list[str]:
    """Return the items and steps that the run has no more."""
    items = zip(loaded.copy.ids, loaded.copy.boxes.items, strict=True)
    gone = [x.text for name, x in items if name not in copy.ids and x.text]
    return gone + [x for x in loaded.plan.steps if x not in now.plan.steps]


def _merged(call: Call, loaded: LoadedRun, theirs: str) -> Merged:
    """Merge the template's change into the run, marks aside."""
    base = call.workspace.read_text(loaded.run.base)
    return merging.merge(base, _unmarked(loaded), theirs)


def _unmarked(loaded: LoadedRun) -> str:
    found = loaded.copy.boxes
    unmarked = {x.line: Mark.OPEN for x in found.items}
    return boxes.set_marks(loaded.copy.text, unmarked, found.signs)


def _told(
    call: Call, loaded: LoadedRun, version: int, met: dict[str, Any]
) -> list[Draft]:
    """Return the word to the run's agent: of another's upgrade, of what met."""
    run = loaded.run
    who = run.agent or call.caller.agent
    is_plain = not met["not_taken"] and not met["removed"]
    if not who or (who == call.caller.agent and is_plain):
        return []
    subject = f"{run.id} goes by version {version} of {run.template} now"
    parts = (
        ("The run keeps its own words where the template has:", met["not_taken"]),
        ("The template has no more:", met["removed"]),
    )
    said = ["\n".join([head, "", *lines]) for head, lines in parts if lines]
    body = "\n\n".join(said) or "All of it was taken over."
    return [messages.notify(call.workspace, who, subject, f"{body}\n")]


def _newer(loaded: LoadedRun, copy: LivingCopy) -> LoadedRun:
    document, _ = read.parse(copy.text, loaded.path, loaded.run.reading)
    return replace(loaded, document=document, plan=Plan(document.book))


def _reopened(call: Call, loaded: LoadedRun, now: LoadedRun) -> list[Draft]:
    """Return the records of steps that ask for something else than a person looks at.

    Their holders go on with them; the attempt is not counted.
    """
    drafts: list[Draft] = []
    for name, work in loaded.run.steps.items():
        before, after = (x.plan.steps.get(name) for x in (loaded, now))
        is_other = after is not None and _asked(before) != _asked(after)
        if work.state is StepState.VERIFYING and is_other:
            data = {
                "step": name,
                "event": StepEvent.CHANGE.value,
                "expires": take.lease_end(call.workspace),
            }
            drafts.append(loading.draft(loaded, "run.moved", SYSTEM, data))
            subject = f"{name} of {loaded.run.id} asks for something else now"
            command = f"coordinator workflow take {loaded.run.id} {name}"
            body = f"Submit evidence again; what is asked for: {command}\n"
            drafts.append(messages.notify(call.workspace, work.holder, subject, body))
    return drafts


def _dropped(call: Call, loaded: LoadedRun, now: LoadedRun) -> list[Draft]:
    """Return what follows of steps that are asked for no more.

    Their holders are told, and no escalation waits for a decision on them.
    """
    drafts: list[Draft] = []
    works = loaded.run.steps.items()
    gone = {x: work for x, work in works if x not in now.plan.steps}
    for name, work in gone.items():
        if work.state in HELD:
            subject = f"{name} of {loaded.run.id} is asked for no more"
            body = "The newer version has no such step; what you did stays.\n"
            drafts.append(messages.notify(call.workspace, work.holder, subject, body))
    comment = "The newer version has no such step."
    for found in loaded.run.escalations.values():
        if found.step in gone and not found.decision:
            data = {
                "id": found.id,
                "step": found.step,
                "subtask": "",
                "decision": StepEvent.RESUME.value,  # should the step come back
                "comment": loading.store_text(call.workspace, comment),
            }
            drafts.append(loading.draft(loaded, "run.resolved", SYSTEM, data))
    return drafts


def _asked(place: PlannedStep | None) -> list[str]:
    return [f"{x.label}: {x.text}" for x in place.criteria] if place else []


def _template_text(call: Call, loaded: LoadedRun, row: dict[str, Any]) -> str:
    """Return what a run of the newest version would begin with."""
    base = call.workspace.read_text(row["blob"])
    document, _ = read.parse(base, row["path"])
    if document.kind in {Family.CHECKLIST, Family.STEPS}:
        return base
    make = instantiate.skeleton if loaded.is_steps else instantiate.checklist
    text = make(document, loaded.run.part)
    if text is None:
        raise Refused(
            f"Version {row['version']} of {row['name']} has no workflow"
            f" {loaded.run.part or row['name']!r} any more.",
            hint=f"The run goes on as it is: coordinator workflow next {loaded.run.id}",
        )
    return text


def _ends(
    workspace: Workspace, now: LoadedRun, copy: LivingCopy, changes: list[Draft]
) -> list[Draft]:
    """Return the record of the end, where the newer version leaves nothing to do."""
    boxes_ = loading.ends(now, copy, changes[0].actor)
    return [*boxes_, *loading.ends_steps(workspace, now, changes)]


def _origins(before: Sequence[Item], after: Sequence[Item]) -> list[int]:
    """Return for each item its place before, -1 for a new one; it may have moved."""
    old, new = [x.text for x in before], [x.text for x in after]
    matched = enumerate(matching.match(old, new))
    found = [x if x >= 0 and old[x] == new[place] else -1 for place, x in matched]
    left: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place in sorted(set(range(len(before))) - set(found), reverse=True):
        left[before[place].phase, before[place].text].append(place)
    for place, item in enumerate(after):
        others = left.get((item.phase, item.text))
        if found[place] < 0 and others:
            found[place] = others.pop()
    return found


def _carried(loaded: LoadedRun, text: str) -> LivingCopy:
    """Return the merged text with the ids and marks that its items had before."""
    found = living_copy.read(text, loaded.run.reading)
    before = loaded.copy.boxes.items
    fresh = loaded.run.next_item
    ids: list[str] = []
    marks: dict[int, Mark] = {}
    for item, place in zip(found.items, _origins(before, found.items), strict=True):
        is_same = place >= 0
        ids.append(loaded.copy.ids[place] if is_same else str(fresh))
        fresh += not is_same
        if is_same:
            marks[item.line] = before[place].mark
    return loading.read_sheet(loaded, boxes.set_marks(text, marks, found.signs), ids)


@action(
    "workflow export",
    who=Who.ANYONE,
    example="coordinator workflow export backend-steps-1 --format step-json",
    refresh=Refresh.QUICK,
)
def export(call: Call, arguments: Export) -> dict[str, Any]:
    """Show a run of steps as Step.json or DNA.json, computed from its records."""
    loaded = loading.find(call.workspace, arguments.run)
    if not loaded.is_steps:
        raise UsageProblem(
            f"{arguments.run} is no run of steps.",
            hint=f"Run: coordinator workflow show {arguments.run} --json",
        )
    shown = Shown(loaded.run, loaded.document, loaded.plan)
    if arguments.format == "step-json":
        return state_files.step_json(shown)
    return state_files.dna_json(shown)
