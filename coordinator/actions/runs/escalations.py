"""Escalations: steps that only a maintainer can bring on, listed and resolved.

What led to one is kept with the attempts; nothing is decided in here but by a person.
"""

import json
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import Field

from coordinator.actions.runs import loading, perform
from coordinator.kernel.errors import NotFound
from coordinator.results.steps import EscalationHead, ShownAttempt, ShownEscalation
from coordinator.workflows.decide import escalations
from coordinator.workflows.decide.ruling import Ruling
from coordinator.workflows.runs.loaded_run import LoadedRun
from coordinator.workflows.runs.run import Attempt, Escalation
from coordinator.workspace.registry import (
    Arguments,
    NonBlank,
    Nothing,
    Positional,
    Refresh,
    Who,
    action,
)
from coordinator.workspace.workspace import Call, Workspace


@action(
    "workflow escalations",
    who=Who.ANYONE,
    example="coordinator workflow escalations",
    refresh=Refresh.QUICK,
)
def list_escalations(call: Call, arguments: Nothing) -> list[ShownEscalation]:
    """List the escalations that wait for a maintainer, with all attempts."""
    del arguments
    return [value(call.workspace, run, x) for run, x in waiting(call.workspace)]


def waiting(workspace: Workspace) -> list[tuple[LoadedRun, Escalation]]:
    """Return the escalations of all runs that wait, each with its run."""
    return [
        (loaded, x)
        for loaded in loading.unfinished(workspace)
        for x in loaded.run.escalations.values()
        if not x.decision
    ]


def value(
    workspace: Workspace, loaded: LoadedRun, found: Escalation
) -> ShownEscalation:
    """Return an escalation with its logs and the document's playbooks."""
    work = loaded.run.steps[found.step]
    rollbacks = loaded.document.book.rollbacks
    return {
        **head(workspace, loaded, found),
        "attempts": [attempt(workspace, x) for x in work.attempts],
        "playbooks": [{"name": x.name, "text": x.text} for x in rollbacks],
    }


def head(workspace: Workspace, loaded: LoadedRun, found: Escalation) -> EscalationHead:
    """Return what an escalation is about, and what was said on it."""
    return {
        "id": found.id,
        "run": loaded.run.id,
        "step": found.step,
        "agent": found.agent,
        "addressed": found.said,
        "reason": found.reason,
        "since": found.at,
        "state": "resolved" if found.decision else "open",
        "decision": found.decision,
        "by": found.by,
        "comments": [
            {"by": x.actor, "at": x.at, "comment": workspace.read_text(x.comment)}
            for x in found.comments
        ],
    }


def attempt(workspace: Workspace, found: Attempt) -> ShownAttempt:
    """Return an attempt with its evidence, its verdicts, and a maintainer's word."""
    word = found.word
    return {
        "number": found.number,
        "agent": found.actor,
        "at": found.at,
        "outcome": found.outcome.value,
        "commit": found.commit,
        "evidence": json.loads(workspace.read_text(found.evidence)),
        "verdicts": json.loads(workspace.read_text(found.verdicts)),
        "decided_by": word.actor if word else "",
        "comment": workspace.read_text(word.comment) if word else "",
    }


class Comment(Arguments):
    """What somebody has to say on an escalation."""

    id: Annotated[str, Positional()] = Field(..., description="the escalation's id")
    comment: NonBlank = Field(..., description="your words")


@action(
    "workflow comment",
    who=Who.MEMBER,
    example="coordinator workflow comment backend-steps-1-e1"
    ' --comment "The port is taken by the old server"',
    refresh=Refresh.QUICK,
)
def comment(call: Call, arguments: Comment) -> ShownEscalation:
    """Say something on an escalation; the maintainers are told."""
    asking = perform.asking(call)
    return _perform(
        call,
        arguments.id,
        lambda x, found: escalations.comment(x, found, arguments.comment, asking),
    )


class Resolve(Arguments):
    """How an escalation ends."""

    id: Annotated[str, Positional()] = Field(..., description="the escalation's id")
    decision: Literal["resume", "skip", "abandon"] = Field(
        ..., description="try again, leave the step out, or give the run up"
    )
    comment: NonBlank = Field(..., description="why")


@action(
    "workflow resolve",
    who=Who.MAINTAINER,
    example="coordinator workflow resolve backend-steps-1-e1 --decision resume"
    ' --comment "The database is back"',
    refresh=Refresh.QUICK,
)
def resolve(call: Call, arguments: Resolve) -> ShownEscalation:
    """End an escalation: the step is resumed, skipped, or its run abandoned."""
    chosen, words, asking = arguments.decision, arguments.comment, perform.asking(call)
    return _perform(
        call,
        arguments.id,
        lambda x, found: escalations.resolve(x, found, chosen, words, asking),
    )


def _perform(
    call: Call, wanted: str, decide: Callable[[LoadedRun, Escalation], Ruling]
) -> ShownEscalation:
    """Do what is decided on an escalation, also of a run that is over."""
    workspace = call.workspace
    perform.perform_on(
        workspace,
        lambda: _find(workspace, wanted)[0],
        lambda loaded: decide(loaded, loaded.run.escalations[wanted]),
    )
    return value(workspace, *_find(workspace, wanted))


def _find(workspace: Workspace, wanted: str) -> tuple[LoadedRun, Escalation]:
    loaded = loading.find_or_none(workspace, wanted.rpartition("-")[0])
    if loaded is None or wanted not in loaded.run.escalations:
        hint = "Run: coordinator workflow escalations"
        raise NotFound(f"There is no escalation {wanted!r}.", hint=hint)
    return loaded, loaded.run.escalations[wanted]
