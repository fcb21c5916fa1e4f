"""Runs of checklists by command: items ticked, skipped, let through a gate.

What may be ticked is decided in `coordinator.workflows.living`; living copies that were
edited as files come in through `living_copies`.
"""

import shlex
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from coordinator.actions import living_copies, runs, tracking
from coordinator.actions.registry import (
    Arguments,
    Fresh,
    Positional,
    Who,
    action,
)
from coordinator.actions.runs import Open
from coordinator.actions.workspace import Call
from coordinator.kernel.errors import NotFound, Refused, UsageProblem
from coordinator.kernel.journal import Draft
from coordinator.workflows import boxes, evidence, living, order
from coordinator.workflows.marks import Mark
from coordinator.workflows.model import Role


class OneItem(Arguments):
    """Which item of which run."""

    run: Annotated[str, Positional()] = Field(..., description="the run's id")
    item: Annotated[str, Positional()] = Field(
        ..., min_length=1, description="the item's number, or words of it"
    )
    comment: str = Field("", max_length=5_000, description="what is to be said of it")


class Tick(OneItem):
    """Which item to tick, and how."""

    skip: bool = Field(default=False, description="leave it out; --comment says why")
    undo: bool = Field(default=False, description="take an earlier tick back")


def find_place(opened: Open, wanted: str) -> int:
    """Return where an item stands, by its id or by words that only it holds.

    Raises:
        NotFound: No item is meant, or several are.
    """
    place = opened.sheet.place(wanted)
    if place >= 0:
        return place
    words = wanted.casefold()
    items = opened.sheet.boxes.items
    same = [x for x, item in enumerate(items) if item.text.casefold() == words]
    near = [x for x, item in enumerate(items) if words in item.text.casefold()]
    found = same or near
    if len(found) == 1:
        return found[0]
    many = f"{len(found)} items hold" if found else "no item holds"
    raise NotFound(
        f"In {opened.run.id} {many} {wanted!r}.",
        hint=f"Name an item by its number: coordinator workflow show {opened.run.id}",
    )


@action(
    "workflow tick",
    who=Who.MEMBER,
    example="coordinator workflow tick backend-workflow-1 12",
    fresh=Fresh.CHEAPLY,
)
def tick(call: Call, arguments: Tick) -> dict[str, Any]:
    """Tick an item of a run: done, left out with a reason, or open again."""
    opened = find_open(call, arguments.run)
    place = find_place(opened, arguments.item)
    mark = _wanted_mark(arguments)
    item = opened.sheet.boxes.items[place]
    told, is_new = "", item.mark is not mark
    if is_new:
        _check_may_tick(opened, place, arguments)
        _set(call, opened, {place: mark}, [(place, mark, arguments.comment)])
    # An earlier attempt may have been cut off between the two.
    is_told = item.role is Role.TRACKING and mark is Mark.DONE
    if is_told and (is_new or call.begun):
        told = tracking.write_back(call.workspace, opened)
    return {**_value(call, arguments.run, place), "told": told}


def find_open(call: Call, wanted: str) -> Open:
    """Return a run that goes on, or that the caller brought to its end just now.

    That is so where an earlier attempt with the same key was cut off.

    Raises:
        NotFound: There is none of that id.
        Refused: It is finished.
    """
    opened = runs.find(call.workspace, wanted)
    if not runs.done_before(call, opened):
        _check_goes_on(opened)
    return opened


def _check_goes_on(opened: Open) -> None:
    if opened.run.ended:
        words = f"The run {opened.run.id} is {opened.run.outcome}"
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


def _check_may_tick(opened: Open, place: int, arguments: Tick) -> None:
    item = opened.sheet.boxes.items[place]
    name, run = opened.sheet.ids[place], opened.run.id
    _check_no_gate(opened, place)
    if arguments.undo:
        _check_may_undo(opened, place)
        return
    if living.needs_figures(item) and not arguments.skip:
        raise Refused(
            f"{item.text!r} names a number, which is compared with figures.",
            hint=f"echo {shlex.quote(evidence.of_number(item.text))}"
            f" | coordinator workflow submit {run} {name}",
        )
    if held := living.held(opened.sheet, place, opened.run.passed.keys()):
        hint = f"See what is next: coordinator workflow next {run}"
        if held.code == "placeholder":
            hint = f"Write over them, brackets and all, in {opened.path}"
        raise Refused(f"{item.text!r} cannot be ticked now. {held.reason}", hint=hint)


def _check_may_undo(opened: Open, place: int) -> None:
    """A maintainer let the run go on because this was done."""
    passed = sorted(x for x in opened.sheet.places(opened.run.passed) if x > place)
    if passed:
        item, gate = (opened.sheet.boxes.items[x] for x in (place, passed[0]))
        raise Refused(
            f"{item.text!r} stays ticked: {gate.text!r}, which comes after it, was"
            " passed.",
            hint="Add an item below the gate for what is to be done again.",
        )


def _check_no_gate(opened: Open, place: int) -> None:
    item, name = opened.sheet.boxes.items[place], opened.sheet.ids[place]
    if item.role in order.GATES:
        raise Refused(
            f"{item.text!r} is a gate: only a maintainer lets the run go on.",
            hint=f"A maintainer runs: coordinator workflow gate {opened.run.id} {name}"
            " --comment WORDS",
        )


def _set(
    call: Call,
    opened: Open,
    marks: dict[int, Mark],
    ticks: list[tuple[int, Mark, str]],
    *before: Draft,
) -> None:
    """Record changed boxes, with what goes before them, then write the file."""
    workspace, actor = call.workspace, call.caller.actor
    _check_goes_on(opened)
    items = opened.sheet.boxes.items
    lines = {items[x].line: mark for x, mark in marks.items()}
    text = boxes.set_marks(opened.sheet.text, lines, opened.sheet.boxes.signs)
    sheet = runs.read_sheet(opened, text, opened.sheet.ids)
    named = [(opened.sheet.ids[x], mark, said) for x, mark, said in ticks]
    changes = runs.edited(workspace, opened, text, actor, named)
    workspace.record(*before, *changes, *runs.ends(opened, sheet, actor))
    living_copies.write(workspace, opened, text)


def _value(call: Call, run: str, place: int) -> dict[str, Any]:
    opened = runs.find(call.workspace, run)
    item = opened.sheet.boxes.items[place]
    done, total = opened.progress
    return {
        "run": run,
        "item": opened.sheet.ids[place],
        "text": item.text,
        "state": item.mark.value,
        "line": item.line,
        "done": done,
        "total": total,
        "outcome": opened.run.outcome,
    }


def tick_with(call: Call, opened: Open, place: int, shown: str) -> dict[str, Any]:
    """Tick an item by what was shown for it; one that is ticked stays as it is.

    Raises:
        Refused: It cannot be ticked now.
    """
    _check_no_gate(opened, place)
    item = opened.sheet.boxes.items[place]
    held = living.held(opened.sheet, place, opened.run.passed.keys())
    if item.mark is not Mark.DONE and held:
        hint = f"See what is next: coordinator workflow next {opened.run.id}"
        raise Refused(f"{item.text!r} cannot be ticked now. {held.reason}", hint=hint)
    if item.mark is not Mark.DONE:
        _set(call, opened, {place: Mark.DONE}, [(place, Mark.DONE, shown)])
    return _value(call, opened.run.id, place)


def pass_box(
    call: Call, opened: Open, place: int, comment: str, told: Sequence[Draft]
) -> dict[str, Any]:
    """Let a run go through a gate that is a box, with the maintainer's words.

    `told` are the messages about that, sent where it was not passed before.

    Raises:
        Refused: The item is no gate, or what comes before it is not done.
    """
    item, name = opened.sheet.boxes.items[place], opened.sheet.ids[place]
    if item.role not in order.GATES:
        hint = f"Tick it: coordinator workflow tick {opened.run.id} {name}"
        raise Refused(f"{item.text!r} is no gate.", hint=hint)
    if name not in opened.run.passed:
        held = living.held(opened.sheet, place, opened.run.passed.keys())
        if held:
            hint = "It can be passed once that is done."
            raise Refused(f"{item.text!r} is not reached. {held.reason}", hint=hint)
        data = {"item": name, "comment": runs.store_text(call.workspace, comment)}
        passed = runs.draft(opened, "run.passed", call.caller.actor, data)
        ticks = [(place, Mark.DONE, comment)]
        _set(call, opened, {place: Mark.DONE}, ticks, passed, *told)
    return {**_value(call, opened.run.id, place), "passed": True}
