"""Runs as views: a record beside each living copy, and lines for the board.

They are caches; what they say follows from the records alone, whatever the time is.
"""

import json
import re

from coordinator.actions.documents import view_files
from coordinator.actions.documents.markdown_text import moment, more, table
from coordinator.actions.runs import escalations, gates, loading, show
from coordinator.kernel.blobs import name_of
from coordinator.results.runs import (
    RecordedAttempt,
    RecordedRun,
    RecordedStep,
    RunInShort,
)
from coordinator.workflows import store
from coordinator.workflows.runs import plan
from coordinator.workflows.runs.loaded_run import LoadedRun
from coordinator.workflows.runs.run import Attempt, Work
from coordinator.workspace.workspace import Workspace

_MOST = 50
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,120}")


def refresh(workspace: Workspace) -> None:
    """Write the records of the runs that went on, with the evidence of new attempts."""
    for loaded in loading.every(workspace):
        if loaded.viewed != loaded.run.last:
            _write(workspace, loaded)
            loaded.viewed = loaded.run.last


def _write(workspace: Workspace, loaded: LoadedRun) -> None:
    root = workspace.layout.root
    texts = {store.record(loaded.run.id): _text(record(workspace, loaded))}
    for name, work in loaded.run.steps.items():
        for found in work.attempts:
            path = _evidence(loaded, name, found)
            if found.word or not (root / path).exists():
                texts[path] = _text(escalations.attempt(workspace, found))
    for path, text in texts.items():
        view_files.write_inside(workspace, path, text)


def _evidence(loaded: LoadedRun, step: str, attempt: Attempt) -> str:
    """Return where an attempt is shown; a step's name is whatever the document says."""
    if not _PLAIN.fullmatch(step):
        step = f"step-{name_of(step.encode())[:16]}"
    return store.evidence(loaded.run.id, step, attempt.number)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def record(workspace: Workspace, loaded: LoadedRun) -> RecordedRun:
    """Return a run as its records make it."""
    run = loaded.run
    return {
        **show.summary(loaded),
        "items": [
            {
                "id": x["id"],
                "text": x["text"],
                "state": x["state"],
                "by": x["by"],
                "at": x["at"],
                "comment": x["comment"],
            }
            for x in show.items(workspace, loaded)
        ],
        "steps": [_step(loaded, x) for x in loaded.plan.steps],
        "escalations": [
            escalations.head(workspace, loaded, x) for x in run.escalations.values()
        ],
        "passed": {x: {"by": w.actor, "at": w.at} for x, w in run.passed.items()},
    }


def _step(loaded: LoadedRun, name: str) -> RecordedStep:
    work = loaded.run.steps.get(name, Work())
    return {
        "id": name,
        "state": plan.state(loaded.run, name).value,
        "holder": work.holder,
        "moves": [{"state": state.value, "at": at} for state, at in work.moves],
        "attempts": [_attempt(loaded, name, x) for x in work.attempts],
    }


def _attempt(loaded: LoadedRun, name: str, found: Attempt) -> RecordedAttempt:
    return {
        "number": found.number,
        "agent": found.actor,
        "at": found.at,
        "outcome": found.outcome.value,
        "evidence": _evidence(loaded, name, found),
    }


def lines(workspace: Workspace) -> list[str]:
    """Return a table of the runs that go on, for the board."""
    found = loading.unfinished(workspace)
    rows = [_line(show.summary(x)) for x in found[:_MOST]]
    left = more(len(found) - _MOST, "coordinator workflow show")
    return table(("Run", "Agent", "State", "Done", "Since"), rows) + left


def _line(row: RunInShort) -> tuple[str, ...]:
    done = f"{row['done']} of {row['total']}"
    return row["id"], row["agent"], row["state"], done, moment(row["started"])


def gate_lines(workspace: Workspace) -> list[str]:
    """Return a table of what waits for a maintainer's word, the oldest first."""
    found = gates.waiting(workspace)
    rows = [(x.run, x.item, x.kind, x.text, moment(x.since)) for x in found[:_MOST]]
    left = more(len(found) - _MOST, "coordinator report daily")
    return table(("Run", "Item", "Kind", "What", "Waits since"), rows) + left


def escalation_lines(workspace: Workspace) -> list[str]:
    """Return a table of the escalations that wait for a maintainer."""
    rows = [
        (x.id, x.step, x.agent or "maintainer", x.reason, moment(x.at))
        for _, x in escalations.waiting(workspace)
    ]
    left = more(len(rows) - _MOST, "coordinator workflow escalations")
    heads = ("Escalation", "Step", "For", "Why", "Waits since")
    return table(heads, rows[:_MOST]) + left
