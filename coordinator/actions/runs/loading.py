"""Runs as they stand: folded from their records, with the text that they go by.

It only loads; what may happen to a run is decided in `coordinator.workflows.decide`.
"""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from coordinator.actions.templates import library
from coordinator.index import queries, record_queries
from coordinator.kernel.errors import NotFound
from coordinator.workflows import store
from coordinator.workflows.decide import ruling
from coordinator.workflows.documents import read
from coordinator.workflows.runs.living_copy import LivingCopy
from coordinator.workflows.runs.loaded_run import LoadedRun
from coordinator.workflows.runs.plan import Plan
from coordinator.workflows.runs.run import Run, RunRecord, apply, fold
from coordinator.workspace.workspace import Call, Workspace


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


def find_open(call: Call, wanted: str) -> LoadedRun:
    """Return a run that goes on, or that the caller brought to its end just now.

    That is so where an earlier attempt with the same key was cut off.

    Raises:
        NotFound: There is none of that id.
        Refused: It is finished.
    """
    loaded = find(call.workspace, wanted)
    if not done_before(call, loaded) and (refusal := ruling.ended(loaded)):
        raise refusal
    return loaded


def _known(workspace: Workspace) -> dict[str, LoadedRun]:
    """Return all runs by id, the oldest first; only new records are folded."""
    last, known = workspace.runs
    changed: dict[str, list[RunRecord]] = {}
    for row in record_queries.run_records(workspace.index, last):
        changed.setdefault(row["run"], []).append(_record(row))
        last = row["seq"]
    if changed:
        workspace.runs = (0, {})  # kept again only once it is whole
        for run, records in changed.items():
            known[run] = _gone_on(workspace, known.get(run), records)
        workspace.runs = (last, known)
    return known


def _gone_on(
    workspace: Workspace, known: LoadedRun | None, records: Sequence[RunRecord]
) -> LoadedRun:
    if known is None:
        return _load(workspace, fold(records))
    for entry in records:
        apply(known.run, entry)
    return _load(workspace, known.run, known)


def _record(row: queries.Row) -> RunRecord:
    data = json.loads(row["data"])
    return RunRecord(row["seq"], row["at"], row["kind"], row["actor"], data)


def _load(workspace: Workspace, run: Run, before: LoadedRun | None = None) -> LoadedRun:
    """Read the run's text, unless it is the one that was read before."""
    text = workspace.read_text(run.text)
    template = partial(library.read_template, workspace, run.template, run.version)
    if before and before.copy.text == text:
        copy = LivingCopy(text, before.copy.boxes, run.ids)
        return LoadedRun(run, copy, before.document, before.plan, template)
    document, _ = read.parse(text, store.living_copy(run.id), run.reading)
    copy = LivingCopy(text, document.checklist, run.ids)
    return LoadedRun(run, copy, document, Plan(document.book), template)


def every(workspace: Workspace) -> list[LoadedRun]:
    """Return all runs, the oldest first."""
    return list(_known(workspace).values())


def unfinished(workspace: Workspace) -> list[LoadedRun]:
    """Return the runs that go on, the oldest first."""
    return [x for x in every(workspace) if not x.run.ended]


def done_before(call: Call, loaded: LoadedRun) -> list[dict[str, Any]]:
    """Return the records of a run that an earlier attempt of this call made.

    That attempt had the same key and was cut off before its outcome was kept.
    """
    if not call.begun:
        return []
    rows = record_queries.records_of_run(
        call.workspace.index, loaded.run.id, call.begun
    )
    return [x for x in rows if x["actor"] == call.caller.actor]
