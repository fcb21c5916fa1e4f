"""Rulings: what is to be recorded of a run, who is told, or why nothing is done.

Values, and how one follows from another; nothing is recorded here. What a person wrote
is named by its hash in a record, and stands beside it to be stored first.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from coordinator.kernel import clock
from coordinator.kernel.blobs import name_of
from coordinator.kernel.errors import CoordinatorError, Refused
from coordinator.kernel.journal import SYSTEM, Draft
from coordinator.workflows import store
from coordinator.workflows.marks import Mark
from coordinator.workflows.runs import order, plan
from coordinator.workflows.runs.living_copy import LivingCopy
from coordinator.workflows.runs.loaded_run import LoadedRun
from coordinator.workflows.runs.run import RunRecord, apply

Tick = tuple[str, Mark, str]  # an item's id, its mark, and what was said of it


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, when, and what of the world a decision may need to know.

    `lease` is how long a step is its taker's; `named` returns the agent of a name on
    the roster, or nothing; `read` returns a stored text.
    """

    actor: str
    now: datetime
    lease: timedelta
    named: Callable[[str], str]
    read: Callable[[str], str]

    @property
    def at(self) -> str:
        """The time as the journal writes it."""
        return clock.render(self.now)

    @property
    def until(self) -> str:
        """When a lease ends that begins now."""
        return clock.render(self.now + self.lease)

    def knowing(self, texts: Sequence[str]) -> "Asking":
        """Return it with texts that are to be stored, as if they were already."""
        known = {stored(x): x for x in texts}
        return replace(self, read=lambda x: known[x] if x in known else self.read(x))


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to an agent; `to` empty: the maintainers."""

    to: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """Records to be made together, the texts that they name, and who is told.

    `copy` is what the living copy's file is to hold from then on. `refusal` is what the
    asker is told instead of an outcome, once all that is done; most have no records.
    """

    records: tuple[Draft, ...] = ()
    texts: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    copy: str | None = None
    note: str = ""
    refusal: CoordinatorError | None = None

    def and_then(self, other: "Ruling") -> "Ruling":
        """Return both as one; what the other says of the same thing holds."""
        return replace(
            self,
            records=self.records + other.records,
            texts=self.texts + other.texts,
            notices=self.notices + other.notices,
            copy=self.copy if other.copy is None else other.copy,
            note=other.note or self.note,
            refusal=other.refusal or self.refusal,
        )


NOTHING = Ruling()


def refuse(error: CoordinatorError) -> Ruling:
    """Return that nothing is done, and why."""
    return Ruling(refusal=error)


def ended(loaded: LoadedRun) -> CoordinatorError | None:
    """Return why nothing happens to a run any more, if it is over."""
    if not loaded.run.ended:
        return None
    return Refused(
        f"The run {loaded.run.id} is {loaded.run.outcome}: its record stays as it is.",
        hint="Start another one: coordinator workflow start TEMPLATE",
    )


def stored(text: str) -> str:
    """Return the name that a text is stored by; empty: nothing is."""
    return name_of(text.encode()) if text else ""


def record(loaded: LoadedRun, kind: str, actor: str, data: Mapping[str, Any]) -> Draft:
    """Return a record about the run."""
    return Draft(kind, actor, loaded.run.id, data)


def version(run: str, text: str, agent: str, actor: str) -> Draft:
    """Return the record of a living copy's new version."""
    size = len(text.encode())
    data = {"owner": "runs", "agent": agent, "blob": name_of(text.encode())}
    return Draft(
        "document.accepted", actor, store.living_copy(run), {**data, "size": size}
    )


def edited(
    loaded: LoadedRun, copy: LivingCopy, actor: str, ticks: Sequence[Tick], kind: str
) -> Ruling:
    """Return that the living copy changes; `ticks` tell who did what to its items.

    A version of the document goes with it, so that the history shows who changed what.
    """
    data: dict[str, Any] = {
        "text": name_of(copy.text.encode()),
        "ticks": [(item, mark.value, stored(said)) for item, mark, said in ticks],
    }
    own = version(loaded.run.id, copy.text, loaded.run.agent, actor)
    said = tuple(x for _, _, x in ticks if x)
    records = (record(loaded, kind, actor, data), own)
    return Ruling(records, (copy.text, *said), copy=copy.text)


def with_more(found: Ruling, **data: object) -> Ruling:
    """Return a decision whose first record says more."""
    first, *others = found.records
    told = replace(first, data={**first.data, **data})
    return replace(found, records=(told, *others))


def after(loaded: LoadedRun, found: Ruling, at: str) -> LoadedRun:
    """Return the run as it will stand once this is recorded; its text stays."""
    run = deepcopy(loaded.run)
    for x in found.records:
        if x.subject == run.id:
            apply(run, RunRecord(run.last + 1, at, x.kind, x.actor, x.data))
    return replace(loaded, run=run)


def with_end(loaded: LoadedRun, found: Ruling, asking: Asking) -> Ruling:
    """Return a decision on steps with the run's end, where nothing is left to do."""
    if not loaded.is_steps or loaded.run.ended:
        return found
    if not plan.is_complete(loaded.plan, after(loaded, found, asking.at).run):
        return found
    return found.and_then(_finish(loaded, SYSTEM, "finished"))


def with_last_box(
    loaded: LoadedRun, found: Ruling, copy: LivingCopy, actor: str
) -> Ruling:
    """Return a decision on boxes with the run's end, where no box is left open."""
    items = copy.boxes.items
    is_over = bool(order.leaves(items)) and not order.due(items)
    if loaded.is_steps or loaded.run.ended or not is_over:
        return found
    return found.and_then(_finish(loaded, actor, "finished"))


def _finish(loaded: LoadedRun, actor: str, outcome: str) -> Ruling:
    return Ruling((record(loaded, "run.finished", actor, {"outcome": outcome}),))


def abandoned(loaded: LoadedRun, actor: str) -> Ruling:
    """Return the end of a run that is given up."""
    return _finish(loaded, actor, "abandoned")
