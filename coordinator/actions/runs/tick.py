"""Runs of checklists by command: items ticked, skipped, let through a gate.

What may be ticked is decided in `coordinator.workflows.decide.items`; living copies
that were edited as files come in through `living_copies`.
"""

from typing import Annotated

from pydantic import Field

from coordinator.actions.runs import perform, phase_file
from coordinator.kernel.errors import UsageProblem
from coordinator.results.runs import TickedItem
from coordinator.workflows.decide import items
from coordinator.workflows.decide.ruling import Ruling
from coordinator.workflows.marks import Mark
from coordinator.workflows.model import Role
from coordinator.workflows.runs.loaded_run import LoadedRun
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


@action(
    "workflow tick",
    who=Who.MEMBER,
    example="coordinator workflow tick backend-workflow-1 12",
    refresh=Refresh.QUICK,
)
def tick(call: Call, arguments: Tick) -> TickedItem:
    """Tick an item of a run: done, left out with a reason, or open again."""
    mark, actor = _wanted_mark(arguments), call.caller.actor
    place, is_new = 0, False

    def decide(loaded: LoadedRun) -> Ruling:
        nonlocal place, is_new
        place = loaded.item(arguments.item)
        is_new = loaded.copy.boxes.items[place].mark is not mark
        return items.tick(loaded, place, mark, arguments.comment, actor)

    loaded = perform.perform(call, arguments.run, decide).loaded
    is_told = mark is Mark.DONE
    is_told &= loaded.copy.boxes.items[place].role is Role.TRACKING
    told = ""
    # An earlier attempt may have been cut off between the two.
    if is_told and (is_new or call.begun):
        told = phase_file.write_back(call.workspace, loaded)
    return {**value(loaded, place), "told": told}


def _wanted_mark(arguments: Tick) -> Mark:
    if arguments.skip and arguments.undo:
        raise UsageProblem("An item is skipped or undone, not both.", hint="")
    if arguments.skip and not arguments.comment.strip():
        hint = "Say why it is left out: --comment REASON"
        raise UsageProblem("A skip needs a reason.", hint=hint)
    if arguments.undo:
        return Mark.OPEN
    return Mark.SKIPPED if arguments.skip else Mark.DONE


def value(loaded: LoadedRun, place: int) -> TickedItem:
    """Return where an item stands, and how far its run is."""
    item = loaded.copy.boxes.items[place]
    done, total = loaded.progress
    return {
        "run": loaded.run.id,
        "item": loaded.copy.ids[place],
        "text": item.text,
        "state": item.mark.value,
        "line": item.line,
        "done": done,
        "total": total,
        "outcome": loaded.run.outcome,
    }


def tick_with(call: Call, run: str, place: int, shown: str) -> TickedItem:
    """Tick an item by what was shown for it; one that is ticked stays as it is.

    Raises:
        Refused: It cannot be ticked now.
    """
    actor = call.caller.actor
    done = perform.perform(
        call, run, lambda loaded: items.tick_with(loaded, place, shown, actor)
    )
    return value(done.loaded, place)
