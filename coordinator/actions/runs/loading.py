"""Runs as they stand: folded from their records, with the text that they go by.

It loads and records; what may happen to a run is decided in `coordinator.workflows`.
"""

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from coordinator.index import queries
from coordinator.kernel import clock
from coordinator.kernel.errors import NotFound
from coordinator.kernel.journal import Draft
from coordinator.workflows import store
from coordinator.workflows.documents import read
from coordinator.workflows.marks import Mark
from coordinator.workflows.model import Document, Family
from coordinator.workflows.runs import living_copy, order, plan
from coordinator.workflows.runs.living_copy import LivingCopy
from coordinator.workflows.runs.plan import Plan
from coordinator.workflows.runs.run import Run, RunRecord, apply, fold
from coordinator.workflows.runs.step_states import PASSED
from coordinator.workspace.workspace import SYSTEM, Call, Workspace


@dataclass(slots=True)
class LoadedRun:
    """A run, its living copy as it was accepted last, what that says, and its steps.

    `viewed` is the record up to which its views were written; `found` keeps what was
    derived from it, until it goes on.
    """

    run: Run
    copy: LivingCopy
    document: Document
    plan: Plan
    viewed: int = 0
    found: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where the living copy lies."""
        return store.living_copy(self.run.id)

    @property
    def is_steps(self) -> bool:
        """Tell whether the run is worked through by steps rather than by boxes."""
        return self.document.kind is Family.STEPS

    @property
    def progress(self) -> tuple[int, int]:
        """How many steps or boxes are done, or left out, and how many there are.

        What is optional counts once it is done.
        """
        if "progress" not in self.found:
            self.found["progress"] = self._progress()
        done: tuple[int, int] = self.found["progress"]
        return done

    def _progress(self) -> tuple[int, int]:
        if self.is_steps:
            states = [plan.state(self.run, x) for x in self.plan.steps]
            return sum(x in PASSED for x in states), len(states)
        items = self.copy.boxes.items
        done = sum(items[x].mark is not Mark.OPEN for x in order.leaves(items))
        return done, done + len(order.due(items))


def find(workspace: Workspace, wanted: str) -> LoadedRun:
    """Return the run of that id.

    Raises:
        NotFound: There is none.
    """
    found = find_or_none(workspace, wanted)
    if found is None:
        hint = "Run: coordinator workflow show"
        raise NotFound(f"There is no run {wanted!r}.", hint=hint)
    return found


def find_or_none(workspace: Workspace, wanted: str) -> LoadedRun | None:
    """Return the run of that id, or None."""
    return _known(workspace).get(wanted)


def _known(workspace: Workspace) -> dict[str, LoadedRun]:
    """Return all runs by id, the oldest first; only new records are folded."""
    last, known = workspace.runs
    changed: dict[str, list[RunRecord]] = {}
    for row in queries.run_records(workspace.index, last):
        changed.setdefault(row["run"], []).append(_happening(row))
        last = row["seq"]
    if changed:
        workspace.runs = (0, {})  # kept again only once it is whole
        for run, happenings in changed.items():
            known[run] = _gone_on(workspace, known.get(run), happenings)
        workspace.runs = (last, known)
    return known


def _gone_on(
    workspace: Workspace, known: LoadedRun | None, happenings: Sequence[RunRecord]
) -> LoadedRun:
    if known is None:
        return _open(workspace, fold(happenings))
    for entry in happenings:
        apply(known.run, entry)
    return _open(workspace, known.run, known)


def _happening(row: queries.Row) -> RunRecord:
    data = json.loads(row["data"])
    return RunRecord(row["seq"], row["at"], row["kind"], row["actor"], data)


def _open(workspace: Workspace, run: Run, before: LoadedRun | None = None) -> LoadedRun:
    """Read the run's text, unless it is the one that was read before."""
    text = workspace.read_text(run.text)
    if before and before.copy.text == text:
        copy = LivingCopy(text, before.copy.boxes, run.ids)
        return LoadedRun(run, copy, before.document, before.plan)
    document, _ = read.parse(text, store.living_copy(run.id), run.reading)
    copy = LivingCopy(text, document.checklist, run.ids)
    return LoadedRun(run, copy, document, Plan(document.book))


def every(workspace: Workspace) -> list[LoadedRun]:
    """Return all runs, the oldest first."""
    return list(_known(workspace).values())


def unfinished(workspace: Workspace) -> list[LoadedRun]:
    """Return the runs that go on, the oldest first."""
    return [x for x in every(workspace) if not x.run.ended]


def draft(loaded: LoadedRun, kind: str, actor: str, data: Mapping[str, Any]) -> Draft:
    """Return a record about the run."""
    return Draft(kind, actor, loaded.run.id, data)


def done_before(call: Call, loaded: LoadedRun) -> list[dict[str, Any]]:
    """Return the records of a run that an earlier attempt of this call made.

    That attempt had the same key and was cut off before its outcome was kept.
    """
    if not call.begun:
        return []
    rows = queries.records_of_run(call.workspace.index, loaded.run.id, call.begun)
    return [x for x in rows if x["actor"] == call.caller.actor]


def preview(
    workspace: Workspace, loaded: LoadedRun, drafts: Sequence[Draft]
) -> LoadedRun:
    """Return the run as it will stand once these are recorded; the text stays."""
    run, at = deepcopy(loaded.run), clock.render(workspace.now())
    for x in drafts:
        if x.subject == run.id:
            apply(run, RunRecord(run.last + 1, at, x.kind, x.actor, x.data))
    return replace(loaded, run=run, found={})


def edited(
    workspace: Workspace,
    loaded: LoadedRun,
    text: str,
    actor: str,
    ticks: Sequence[tuple[str, Mark, str]],
) -> list[Draft]:
    """Return the records of a changed living copy, its bytes stored; nothing is said.

    `ticks` are ids with marks and comments. A version of a document goes with it, so
    that the history shows who changed what.
    """
    comments = [x for _, _, x in ticks if x]
    blob, *stored = workspace.blobs.put([text.encode(), *map(str.encode, comments)])
    names = dict(zip(comments, stored, strict=True))
    data: dict[str, Any] = {
        "text": blob,
        "ticks": [
            (item, mark.value, names.get(said, "")) for item, mark, said in ticks
        ],
    }
    return [
        draft(loaded, "run.edited", actor, data),
        accepted(loaded.path, blob, len(text.encode()), loaded.run.agent, actor),
    ]


def accepted(path: str, blob: str, size: int, agent: str, actor: str) -> Draft:
    """Return the record of a version of a living copy."""
    data = {"owner": "runs", "agent": agent, "blob": blob, "size": size}
    return Draft("document.accepted", actor, path, data)


def ends(loaded: LoadedRun, copy: LivingCopy, actor: str) -> list[Draft]:
    """Return the record of the end, where this text leaves no box open."""
    if loaded.is_steps or loaded.run.ended:
        return []
    items = copy.boxes.items
    if not order.leaves(items) or order.due(items):
        return []
    return [draft(loaded, "run.finished", actor, {"outcome": "finished"})]


def ends_steps(
    workspace: Workspace, loaded: LoadedRun, drafts: Sequence[Draft]
) -> list[Draft]:
    """Return the record of the end, where nothing is left to do after these."""
    if not loaded.is_steps or loaded.run.ended:
        return []
    if not plan.is_complete(loaded.plan, preview(workspace, loaded, drafts).run):
        return []
    return [draft(loaded, "run.finished", SYSTEM, {"outcome": "finished"})]


def store_text(workspace: Workspace, text: str) -> str:
    """Store something that a person or an agent wrote; empty: nothing."""
    return workspace.blobs.put([text.encode()])[0] if text else ""


def read_sheet(loaded: LoadedRun, text: str, ids: Sequence[str]) -> LivingCopy:
    """Return a text of this run with what its boxes say."""
    return LivingCopy(text, living_copy.read(text, loaded.run.reading), ids)
