"""Escalations: steps that only a maintainer can bring on, listed and resolved.

What led to one is kept with the attempts; nothing is decided in here but by a person.
"""

import json
from collections.abc import Iterator, Sequence
from textwrap import indent
from typing import Annotated, Any, Literal

from pydantic import Field

from coordinator.actions.agents import messages
from coordinator.actions.runs import assignee, loading
from coordinator.actions.runs.loading import LoadedRun
from coordinator.kernel.errors import NotFound, Refused
from coordinator.kernel.journal import Draft
from coordinator.workflows.judging.verdicts import Outcome
from coordinator.workflows.runs.plan import PlannedStep
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
from coordinator.workspace.workspace import SYSTEM, Call, Workspace

_LONGEST_NAME = 100
_MOST_LOGS = 3
_LONGEST_LOG = 1_000  # characters of each


def escalate(
    workspace: Workspace, loaded: LoadedRun, place: PlannedStep, reason: str
) -> list[Draft]:
    """Return the records of an escalation: itself, and the word to who is addressed."""
    said = place.subtask.on_failure.agent
    agent = assignee.named(workspace, said) if said else ""
    number = len(loaded.run.escalations) + 1
    name = f"{loaded.run.id}-e{number}"
    data = {
        "id": name,
        "step": place.name,
        "agent": agent,
        "said": said[:_LONGEST_NAME],
        "reason": reason,
    }
    command = f"coordinator workflow resolve {name} --decision resume --comment WORDS"
    meant = (
        f" It is for {said}, who is not on the roster." if said and not agent else ""
    )
    logs = "".join(_logs(workspace, loaded.run.steps[place.name].attempts))
    body = f"{reason}{meant}\n\nA maintainer decides: {command}\n{logs}"
    subject = f"{place.name} of {loaded.run.id} is escalated"
    told = [messages.notify(workspace, x, subject, body) for x in sorted({agent, ""})]
    return [loading.draft(loaded, "run.escalated", SYSTEM, data), *told]


def _logs(workspace: Workspace, attempts: Sequence[Attempt]) -> Iterator[str]:
    """Yield what the last attempts lacked, with the end of what they printed."""
    for one in attempts[-_MOST_LOGS:]:
        told = attempt(workspace, one)
        yield f"\n## Attempt {told['number']} by {told['agent']}, {told['at']}\n\n"
        for x in told["verdicts"]:
            if x["verdict"] != Outcome.MET:
                yield f"- {x['verdict']}: {x['criterion']}: {x['found']}\n"
        if printed := _output(told["evidence"]):
            yield indent(f"\n{printed}\n", "    ", lambda _: True)


def _output(evidence: dict[str, Any]) -> str:
    """Return the end of what the commands of an attempt printed, errors last."""
    commands = [evidence, *evidence.get("runs", ())]
    texts = (x.get(key, "") for x in commands for key in ("stdout", "stderr"))
    return "\n".join(filter(None, texts)).rstrip()[-_LONGEST_LOG:]


@action(
    "workflow escalations",
    who=Who.ANYONE,
    example="coordinator workflow escalations",
    refresh=Refresh.QUICK,
)
def list_escalations(call: Call, arguments: Nothing) -> list[dict[str, Any]]:
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


def value(workspace: Workspace, loaded: LoadedRun, found: Escalation) -> dict[str, Any]:
    """Return an escalation with its logs and the document's playbooks."""
    work = loaded.run.steps[found.step]
    rollbacks = loaded.document.book.rollbacks
    return {
        **head(workspace, loaded, found),
        "attempts": [attempt(workspace, x) for x in work.attempts],
        "playbooks": [{"name": x.name, "text": x.text} for x in rollbacks],
    }


def head(workspace: Workspace, loaded: LoadedRun, found: Escalation) -> dict[str, Any]:
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


def attempt(workspace: Workspace, found: Attempt) -> dict[str, Any]:
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
def comment(call: Call, arguments: Comment) -> dict[str, Any]:
    """Say something on an escalation; the maintainers are told."""
    workspace, actor = call.workspace, call.caller.actor
    loaded, found = _find(workspace, arguments.id)
    blob = loading.store_text(workspace, arguments.comment)
    data = {"id": found.id, "comment": blob}
    subject = f"{actor.strip('()')} says something on {found.id}"
    workspace.record(
        loading.draft(loaded, "run.commented", actor, data),
        messages.notify(workspace, "", subject, f"{arguments.comment}\n"),
    )
    return value(workspace, *_find(workspace, arguments.id))


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
def resolve(call: Call, arguments: Resolve) -> dict[str, Any]:
    """End an escalation: the step is resumed, skipped, or its run abandoned."""
    workspace = call.workspace
    loaded, found = _find(workspace, arguments.id)
    if found.decision and found.decision != arguments.decision:
        raise Refused(
            f"{found.id} was resolved already: {found.decision}.",
            hint=f"Look at it: coordinator workflow show {loaded.run.id}",
        )
    if not found.decision:
        place = loaded.plan.steps.get(found.step)  # an upgrade may have ended it
        data = {
            "id": found.id,
            "step": found.step,
            "subtask": place.key if place else "",
            "decision": arguments.decision,
            "comment": loading.store_text(workspace, arguments.comment),
        }
        actor = call.caller.actor
        drafts = [loading.draft(loaded, "run.resolved", actor, data)]
        drafts += _told(workspace, loaded, found, arguments)
        if arguments.decision == "abandon":
            ended = {"outcome": "abandoned"}
            drafts.append(loading.draft(loaded, "run.finished", actor, ended))
        workspace.record(*drafts, *loading.ends_steps(workspace, loaded, drafts))
    loaded, found = _find(workspace, arguments.id)
    return value(workspace, loaded, found)


def _find(workspace: Workspace, wanted: str) -> tuple[LoadedRun, Escalation]:
    loaded = loading.find_or_none(workspace, wanted.rpartition("-")[0])
    if loaded is None or wanted not in loaded.run.escalations:
        hint = "Run: coordinator workflow escalations"
        raise NotFound(f"There is no escalation {wanted!r}.", hint=hint)
    return loaded, loaded.run.escalations[wanted]


def _told(
    workspace: Workspace, loaded: LoadedRun, found: Escalation, arguments: Resolve
) -> list[Draft]:
    subject = f"{found.id} is resolved: {arguments.decision}"
    others = {loaded.run.agent, loaded.run.steps[found.step].holder, found.agent}
    return [
        messages.notify(workspace, x, subject, f"{arguments.comment}\n")
        for x in sorted(others - {""})
        if not x.startswith("(")
    ]
