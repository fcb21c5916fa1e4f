"""Runs of checklists by command: items ticked, skipped, let through a gate.

What may be ticked is decided in `coordinator.workflows.runs.living_copy`; living copies
that were edited as files come in through `living_copies`.
"""

import shlex
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from coordinator.actions.runs import living_copies, loading, phase_file
from coordinator.actions.runs.loading import LoadedRun
from coordinator.kernel.errors import NotFound, Refused, UsageProblem
from coordinator.kernel.journal import Draft
from coordinator.workflows.judging import evidence
from coordinator.workflows.lines import boxes
from coordinator.workflows.marks import Mark
from coordinator.workflows.model import Role
from coordinator.workflows.runs import living_copy, order
from coordinator.workspace.registry import (
    Arguments,
    Positional,
    Refresh,
    Who,
    action,
)
from coordinator.workspace.workspace import Call


class RunItem(Arguments):
    """Which item of which run."""

    run: Annotated[str, Positional()] = Field(..., description="the run's id")
    item: Annotated[str, Positional()] = Field(
        ..., min_length=1, description="the item's number, or words of it"
    )
    comment: str = Field("", max_length=5_000, description="what is to be said of it")


class Tick(RunItem):
    """Which item to tick, and how."""

    skip: bool = Field(default=False, description="leave it out; --comment says why")
    undo: bool = Field(default=False, description="take an earlier tick back")


def find_place(loaded: LoadedRun, wanted: str) -> int:
    """Return where an item stands, by its id or by words that only it holds.

    Raises:
        NotFound: No item is meant, or several are.
    """
    place = loaded.copy.place(wanted)
    if place >= 0:
        return place
    words = wanted.casefold()
    items = loaded.copy.boxes.items
    same = [x for x, item in enumerate(items) if item.text.casefold() == words]
    near = [x for x, item in enumerate(items) if words in item.text.casefold()]
    found = same or near
    if len(found) == 1:
        return found[0]
    many = f"{len(found)} items hold" if found else "no item holds"
    raise NotFound(
        f"In {loaded.run.id} {many} {wanted!r}.",
        hint=f"Name an item by its number: coordinator workflow show {loaded.run.id}",
    )


@action(
    "workflow tick",
    who=Who.MEMBER,
    example="coordinator workflow tick backend-workflow-1 12",
    refresh=Refresh.QUICK,
)
def tick(call: Call, arguments: Tick) -> dict[str, Any]:
    """Tick an item of a run: done, left out with a reason, or open again."""
    loaded = find_open(call, arguments.run)
    place = find_place(loaded, arguments.item)
    mark = _wanted_mark(arguments)
    item = loaded.copy.boxes.items[place]
    told, is_new = "", item.mark is not mark
    if is_new:
        _check_may_tick(loaded, place, arguments)
        _set(call, loaded, {place: mark}, [(place, mark, arguments.comment)])
    # An earlier attempt may have been cut off between the two.
    is_told = item.role is Role.TRACKING and mark is Mark.DONE
    if is_told and (is_new or call.begun):
        told = phase_file.write_back(call.workspace, loaded)
    return {**_value(call, arguments.run, place), "told": told}


def find_open(call: Call, wanted: str) -> LoadedRun:
    """Return a run that goes on, or that the caller brought to its end just now.

    That is so where an earlier attempt with the same key was cut off.

    Raises:
        NotFound: There is none of that id.
        Refused: It is finished.
    """
    loaded = loading.find(call.workspace, wanted)
    if not loading.done_before(call, loaded):
        _check_goes_on(loaded)
    return loaded


def _check_goes_on(loaded: LoadedRun) -> None:
    if loaded.run.ended:
        words = f"The run {loaded.run.id} is {loaded.run.outcome}"
        raise Refused(
            f"{words}: its record stays as it is.",
            hint="Start another one: coordinator workflow start TEMPLATE",
        )


def _wanted_mark(arguments: Tick) -> Mark:
    if arguments.skip and arguments.undo:
        raise UsageProblem("An item is skipped or undone, not both.", hint="")
    if arguments.skip and not arguments.comment.strip():
        hint = "Say why it is left out: --comment REASON"
        raise UsageProblem("A skip needs a reason.", hint=hint)
    if arguments.undo:
        return Mark.OPEN
    return Mark.SKIPPED if arguments.skip else Mark.DONE


def _check_may_tick(loaded: LoadedRun, place: int, arguments: Tick) -> None:
    item = loaded.copy.boxes.items[place]
    name, run = loaded.copy.ids[place], loaded.run.id
    _check_no_gate(loaded, place)
    if arguments.undo:
        _check_may_undo(loaded, place)
        return
    if living_copy.needs_figures(item) and not arguments.skip:
        raise Refused(
            f"{item.text!r} names a number, which is compared with figures.",
            hint=f"echo {shlex.quote(evidence.of_number(item.text))}"
            f" | coordinator workflow submit {run} {name}",
        )
    if held := living_copy.held(loaded.copy, place, loaded.run.passed.keys()):
        hint = f"See what is next: coordinator workflow next {run}"
        if held.code == "placeholder":
            hint = f"Write over them, brackets and all, in {loaded.path}"
        raise Refused(f"{item.text!r} cannot be ticked now. {held.reason}", hint=hint)


def _check_may_undo(loaded: LoadedRun, place: int) -> None:
    """A maintainer let the run go on because this was done."""
    passed = sorted(x for x in loaded.copy.places(loaded.run.passed) if x > place)
    if passed:
        item, gate = (loaded.copy.boxes.items[x] for x in (place, passed[0]))
        raise Refused(
            f"{item.text!r} stays ticked: {gate.text!r}, which comes after it, was"
            " passed.",
            hint="Add an item below the gate for what is to be done again.",
        )


def _check_no_gate(loaded: LoadedRun, place: int) -> None:
    item, name = loaded.copy.boxes.items[place], loaded.copy.ids[place]
    if item.role in order.GATES:
        raise Refused(
            f"{item.text!r} is a gate: only a maintainer lets the run go on.",
            hint=f"A maintainer runs: coordinator workflow gate {loaded.run.id} {name}"
            " --comment WORDS",
        )


def _set(
    call: Call,
    loaded: LoadedRun,
    marks: dict[int, Mark],
    ticks: list[tuple[int, Mark, str]],
    *before: Draft,
) -> None:
    """Record changed boxes, with what goes before them, then write the file."""
    workspace, actor = call.workspace, call.caller.actor
    _check_goes_on(loaded)
    items = loaded.copy.boxes.items
    lines = {items[x].line: mark for x, mark in marks.items()}
    text = boxes.set_marks(loaded.copy.text, lines, loaded.copy.boxes.signs)
    copy = loading.read_sheet(loaded, text, loaded.copy.ids)
    named = [(loaded.copy.ids[x], mark, said) for x, mark, said in ticks]
    changes = loading.edited(workspace, loaded, text, actor, named)
    workspace.record(*before, *changes, *loading.ends(loaded, copy, actor))
    living_copies.write(workspace, loaded, text)


def _value(call: Call, run: str, place: int) -> dict[str, Any]:
    loaded = loading.find(call.workspace, run)
    item = loaded.copy.boxes.items[place]
    done, total = loaded.progress
    return {
        "run": run,
        "item": loaded.copy.ids[place],
        "text": item.text,
        "state": item.mark.value,
        "line": item.line,
        "done": done,
        "total": total,
        "outcome": loaded.run.outcome,
    }


def tick_with(call: Call, loaded: LoadedRun, place: int, shown: str) -> dict[str, Any]:
    """Tick an item by what was shown for it; one that is ticked stays as it is.

    Raises:
        Refused: It cannot be ticked now.
    """
    _check_no_gate(loaded, place)
    item = loaded.copy.boxes.items[place]
    held = living_copy.held(loaded.copy, place, loaded.run.passed.keys())
    if item.mark is not Mark.DONE and held:
        hint = f"See what is next: coordinator workflow next {loaded.run.id}"
        raise Refused(f"{item.text!r} cannot be ticked now. {held.reason}", hint=hint)
    if item.mark is not Mark.DONE:
        _set(call, loaded, {place: Mark.DONE}, [(place, Mark.DONE, shown)])
    return _value(call, loaded.run.id, place)


def pass_box(
    call: Call, loaded: LoadedRun, place: int, comment: str, told: Sequence[Draft]
) -> dict[str, Any]:
    """Let a run go through a gate that is a box, with the maintainer's words.

    `told` are the messages about that, sent where it was not passed before.

    Raises:
        Refused: The item is no gate, or what comes before it is not done.
    """
    item, name = loaded.copy.boxes.items[place], loaded.copy.ids[place]
    if item.role not in order.GATES:
        hint = f"Tick it: coordinator workflow tick {loaded.run.id} {name}"
        raise Refused(f"{item.text!r} is no gate.", hint=hint)
    if name not in loaded.run.passed:
        held = living_copy.held(loaded.copy, place, loaded.run.passed.keys())
        if held:
            hint = "It can be passed once that is done."
            raise Refused(f"{item.text!r} is not reached. {held.reason}", hint=hint)
        data = {"item": name, "comment": loading.store_text(call.workspace, comment)}
        passed = loading.draft(loaded, "run.passed", call.caller.actor, data)
        ticks = [(place, Mark.DONE, comment)]
        _set(call, loaded, {place: Mark.DONE}, ticks, passed, *told)
    return {**_value(call, loaded.run.id, place), "passed": True}
