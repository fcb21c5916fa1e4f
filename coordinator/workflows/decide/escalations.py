"""Escalations decided: how a step becomes a person's matter, and how that ends.

Pure. What led to one is quoted to the maintainers from the attempts that are kept.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from textwrap import indent
from typing import Any

from coordinator.kernel.errors import Refused
from coordinator.kernel.journal import SYSTEM
from coordinator.kernel.leases import Lease
from coordinator.workflows.decide import ruling
from coordinator.workflows.decide.ruling import (
    NOTHING,
    Asking,
    Notice,
    Ruling,
    record,
    stored,
)
from coordinator.workflows.judging.verdicts import Outcome
from coordinator.workflows.runs.loaded_run import LoadedRun
from coordinator.workflows.runs.plan import PlannedStep
from coordinator.workflows.runs.run import Attempt, Escalation
from coordinator.workflows.runs.step_states import StepEvent

_TAKEOVERS = 2  # the third is a person's matter
_LONGEST_NAME = 100
_MOST_LOGS = 3
_LONGEST_LOG = 1_000  # characters of each


def escalate(
    loaded: LoadedRun, step: PlannedStep, reason: str, asking: Asking
) -> Ruling:
    """Make a step a person's matter; who is addressed and the maintainers are told."""
    said = step.subtask.on_failure.agent
    agent = asking.named(said) if said else ""
    name = f"{loaded.run.id}-e{len(loaded.run.escalations) + 1}"
    data = {
        "id": name,
        "step": step.name,
        "agent": agent,
        "said": said[:_LONGEST_NAME],
        "reason": reason,
    }
    command = f"coordinator workflow resolve {name} --decision resume --comment WORDS"
    is_unknown = bool(said) and not agent
    meant = f" It is for {said}, who is not on the roster." if is_unknown else ""
    logs = "".join(_logs(asking.read, loaded.run.steps[step.name].attempts))
    body = f"{reason}{meant}\n\nA maintainer decides: {command}\n{logs}"
    subject = f"{step.name} of {loaded.run.id} is escalated"
    told = tuple(Notice(x, subject, body) for x in sorted({agent, ""}))
    own = record(loaded, "run.escalated", SYSTEM, data)
    return Ruling((own,), notices=told)


def is_given_up(lease: Lease) -> bool:
    """Tell whether one more takeover is a person's matter instead."""
    return lease.takeovers >= _TAKEOVERS


def give_up(loaded: LoadedRun, step: PlannedStep, asking: Asking) -> Ruling:
    """Escalate a step that one agent after the other took and did not finish."""
    reason = f"{step.name} was taken three times, and nobody finished it."
    hint = "A maintainer runs: coordinator workflow escalations"
    refusal = Refused(f"{reason} It is escalated.", hint=hint)
    found = escalate(loaded, step, reason, asking)
    return found.and_then(ruling.refuse(refusal))


def _logs(read: Callable[[str], str], attempts: Sequence[Attempt]) -> Iterator[str]:
    """Yield what the last attempts lacked, with the end of what they printed."""
    for one in attempts[-_MOST_LOGS:]:
        yield f"\n## Attempt {one.number} by {one.actor}, {one.at}\n\n"
        for x in json.loads(read(one.verdicts)):
            if x["verdict"] != Outcome.MET:
                yield f"- {x['verdict']}: {x['criterion']}: {x['found']}\n"
        if printed := _output(json.loads(read(one.evidence))):
            yield indent(f"\n{printed}\n", "    ", lambda _: True)


def _output(evidence: dict[str, Any]) -> str:
    """Return the end of what the commands of an attempt printed, errors last."""
    commands = [evidence, *evidence.get("runs", ())]
    texts = (x.get(key, "") for x in commands for key in ("stdout", "stderr"))
    return "\n".join(filter(None, texts)).rstrip()[-_LONGEST_LOG:]


def comment(loaded: LoadedRun, found: Escalation, words: str, asking: Asking) -> Ruling:
    """Let somebody say something on an escalation; the maintainers are told."""
    data = {"id": found.id, "comment": stored(words)}
    subject = f"{asking.actor.strip('()')} says something on {found.id}"
    own = record(loaded, "run.commented", asking.actor, data)
    return Ruling((own,), (words,), (Notice("", subject, f"{words}\n"),))


def resolve(
    loaded: LoadedRun, found: Escalation, chosen: str, words: str, asking: Asking
) -> Ruling:
    """End an escalation: `chosen` is resume, skip or abandon, `words` say why.

    The same once more changes nothing.
    """
    if found.decision == chosen:
        return NOTHING
    if found.decision:
        return ruling.refuse(
            Refused(
                f"{found.id} was resolved already: {found.decision}.",
                hint=f"Look at it: coordinator workflow show {loaded.run.id}",
            )
        )
    subject = f"{found.id} is resolved: {chosen}"
    others = {loaded.run.agent, loaded.run.steps[found.step].holder, found.agent}
    told = (Notice(x, subject, f"{words}\n") for x in sorted(others - {""}))
    resolved = _resolved(loaded, found, chosen, words, asking.actor)
    agents = tuple(x for x in told if not x.to.startswith("("))
    resolved = replace(resolved, notices=agents)
    if chosen == StepEvent.ABANDON:
        resolved = resolved.and_then(ruling.abandoned(loaded, asking.actor))
    return ruling.with_end(loaded, resolved, asking)


def _resolved(
    loaded: LoadedRun, found: Escalation, chosen: str, words: str, actor: str
) -> Ruling:
    step = loaded.plan.steps.get(found.step)  # an upgrade may have ended it
    data = {
        "id": found.id,
        "step": found.step,
        "subtask": step.key if step else "",
        "decision": chosen,
        "comment": stored(words),
    }
    return Ruling((record(loaded, "run.resolved", actor, data),), (words,))


def lapse(loaded: LoadedRun, found: Escalation, words: str) -> Ruling:
    """End an escalation of a step that is asked for no more; it may come back."""
    return _resolved(loaded, found, StepEvent.RESUME.value, words, SYSTEM)
