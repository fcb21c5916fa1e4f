"""Gates by command: where only a maintainer's word lets a run go on.

What waits is listed with its age; whether a gate is reached is decided in
`coordinator.workflows`.
"""

from functools import cache, partial
from typing import Literal

from pydantic import Field

from coordinator.actions.runs import (
    evidence_source,
    loading,
    perform,
    tick,
)
from coordinator.actions.runs.tick import RunItem
from coordinator.results.runs import PassedBox, PassedGate, RejectedEvidence
from coordinator.workflows.decide import gates, steps
from coordinator.workflows.decide.ruling import Ruling
from coordinator.workflows.runs import plan
from coordinator.workflows.runs.loaded_run import Gate, LoadedRun
from coordinator.workspace.registry import NonBlank, Refresh, Who, action
from coordinator.workspace.workspace import Call, Workspace


class Pass(RunItem):
    """Which gate, and what the maintainer says."""

    comment: NonBlank = Field(..., description="your word on it; it is kept")
    decision: Literal["pass", "reject"] = Field(
        "pass", description="a step's evidence can also be rejected"
    )


@action(
    "workflow gate",
    who=Who.MAINTAINER,
    example='coordinator workflow gate backend-workflow-1 19 --comment "Go on"',
    refresh=Refresh.QUICK,
)
def pass_gate(call: Call, arguments: Pass) -> PassedBox | PassedGate | RejectedEvidence:
    """Let a run go through a gate: a pause, a sign-off, a step that needs your word."""
    loaded = loading.find_open(call, arguments.run)
    if arguments.decision == "reject":
        return _reject(call, arguments)
    if gates.is_of_steps(loaded, arguments.item):
        return _approve(call, arguments)
    name = loaded.copy.ids[loaded.item(arguments.item)]
    asking, words = perform.asking(call), arguments.comment
    done = perform.perform(
        call, arguments.run, lambda x: gates.pass_box(x, x.item(name), words, asking)
    )
    return {**tick.value(done.loaded, done.loaded.item(name)), "passed": True}


def _reject(call: Call, arguments: Pass) -> RejectedEvidence:
    """Count an attempt as failed, with the reason; what follows is the document's."""
    item, asking = arguments.item, perform.asking(call)
    rewind = cache(partial(evidence_source.rewind, call))  # once, if decided again

    def decide(loaded: LoadedRun) -> Ruling:
        found = gates.rejection(loaded, item)
        rewound = rewind(steps.rewind(loaded, *found) if found else None)
        return gates.reject(loaded, item, arguments.comment, asking, rewound)

    done = perform.perform(call, arguments.run, decide)
    return {
        "run": arguments.run,
        "item": item,
        "passed": False,
        "state": plan.state(done.loaded.run, item).value,
        "note": done.note,
        "outcome": done.loaded.run.outcome,
    }


def _approve(call: Call, arguments: Pass) -> PassedGate:
    """Record a maintainer's word on steps: a prerequisite, evidence, a quality gate."""
    item, asking = arguments.item, perform.asking(call)
    done = perform.perform(
        call,
        arguments.run,
        lambda loaded: gates.approve(loaded, item, arguments.comment, asking),
    )
    word = done.loaded.run.passed[item]
    return {
        "run": arguments.run,
        "item": item,
        "passed": True,
        "by": word.actor,
        "at": word.at,
        "outcome": done.loaded.run.outcome,
    }


def waiting(workspace: Workspace) -> list[Gate]:
    """Return the gates of all runs that wait now, the oldest first."""
    found = (x for one in loading.unfinished(workspace) for x in one.gates)
    return sorted(found, key=lambda x: (x.since, x.run, x.item))
