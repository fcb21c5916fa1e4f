"""Runs as views: a record beside each living copy, and lines for the board.

They are caches; what they say follows from the records alone, whatever the time is.
"""

import json
import re
from typing import Any

from coordinator.actions import escalations, gates, run_show, runs, view_files
from coordinator.actions.markdown_out import moment, more, table
from coordinator.actions.runs import Open
from coordinator.actions.workspace import Workspace
from coordinator.kernel.blobs import name_of
from coordinator.workflows import plan, store
from coordinator.workflows.runs import Attempt, Work

_MOST = 50
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,120}")


def refresh(workspace: Workspace) -> None:
    """Write the records of the runs that went on, with the evidence of new attempts."""
    for opened in runs.every(workspace):
        if opened.viewed != opened.run.last:
            _write(workspace, opened)
            opened.viewed = opened.run.last


def _write(workspace: Workspace, opened: Open) -> None:
    root = workspace.layout.root
    texts = {store.record(opened.run.id): _text(record(workspace, opened))}
    for name, work in opened.run.steps.items():
        for found in work.attempts:
            path = _evidence(opened, name, found)
            if found.word or not (root / path).exists():
                texts[path] = _text(escalations.attempt(workspace, found))
    for path, text in texts.items():
        view_files.write_inside(workspace, path, text)


def _evidence(opened: Open, step: str, attempt: Attempt) -> str:
    """Return where an attempt is shown; a step's name is whatever the document says."""
    if not _PLAIN.fullmatch(step):
        step = f"step-{name_of(step.encode())[:16]}"
    return store.evidence(opened.run.id, step, attempt.number)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def record(workspace: Workspace, opened: Open) -> dict[str, Any]:
    """Return a run as its records make it."""
    run = opened.run
    return {
        **run_show.summary(opened),
        "items": [
            {k: x[k] for k in ("id", "text", "state", "by", "at", "comment")}
            for x in run_show.items(workspace, opened)
        ],
        "steps": [_step(opened, x) for x in opened.plan.places],
        "escalations": [
            escalations.head(workspace, opened, x) for x in run.escalations.values()
        ],
        "passed": {x: {"by": w.actor, "at": w.at} for x, w in run.passed.items()},
    }


def _step(opened: Open, name: str) -> dict[str, Any]:
    work = opened.run.steps.get(name, Work())
    return {
        "id": name,
        "state": plan.state(opened.run, name).value,
        "holder": work.holder,
        "moves": [{"state": state.value, "at": at} for state, at in work.moves],
        "attempts": [_attempt(opened, name, x) for x in work.attempts],
    }


def _attempt(opened: Open, name: str, found: Attempt) -> dict[str, Any]:
    return {
        "number": found.number,
        "agent": found.actor,
        "at": found.at,
        "outcome": found.outcome.value,
        "evidence": _evidence(opened, name, found),
    }


def lines(workspace: Workspace) -> list[str]:
    """Return a table of the runs that go on, for the board."""
    found = runs.unfinished(workspace)
    rows = [_line(run_show.summary(x)) for x in found[:_MOST]]
    left = more(len(found) - _MOST, "coordinator workflow show")
    return table(("Run", "Agent", "State", "Done", "Since"), rows) + left


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    done = f"{row['done']} of {row['total']}"
    return row["id"], row["agent"], row["state"], done, moment(row["started"])


def gate_lines(workspace: Workspace) -> list[str]:
    """Return a table of what waits for a maintainer's word, the oldest first."""
    found = gates.waiting(workspace)
    rows = [
        (x["run"], x["item"], x["kind"], x["text"], moment(x["since"]))
        for x in found[:_MOST]
    ]
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
