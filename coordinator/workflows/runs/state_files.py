"""`Step.json` and `DNA.json`: a run's state in shapes that other tools read.

They are computed and never read back as state; one that somebody else keeps can be
looked through for what contradicts itself.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coordinator.kernel.problems import Problem
from coordinator.kernel.text.markdown import BOM
from coordinator.workflows import store
from coordinator.workflows.model import Document
from coordinator.workflows.runs import plan
from coordinator.workflows.runs.plan import Plan
from coordinator.workflows.runs.run import Run
from coordinator.workflows.runs.step_states import PASSED, StepEvent, StepState

VERSION = "1"
_HINT = "Nothing is taken over from it; correct the file, or delete it."
_WHOLE = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """A run with its steps, as the files show it."""

    run: Run
    document: Document
    plan: Plan

    @property
    def names(self) -> list[str]:
        """The steps, in order; the look at the document is one if it is alone."""
        steps = [x for x in self.plan.steps if x != plan.DOCUMENT]
        return steps or list(self.plan.steps)

    @property
    def done(self) -> list[str]:
        """The steps that are over, in order."""
        return [x for x in self.names if plan.state(self.run, x) in PASSED]

    @property
    def current(self) -> str | None:
        """The first step that is not over, None at the end."""
        over = set(self.done)
        return next((x for x in self.names if x not in over), None)


def step_json(shown: Shown) -> dict[str, Any]:
    """Return the shape of `Step.json`; with the steps, which its models lack.

    What we know nothing of is null.
    """
    run = shown.run
    states = {x: plan.state(run, x) for x in shown.names}
    failed = [x for x, state in states.items() if state in _IN_TROUBLE]
    return {
        "systemStatus": _status(run, failed),
        "lastInitialization": run.started,
        "validationResults": {
            "errors": len(failed),
            "warnings": _count(states, StepState.SUCCEEDED_WITH_WARNINGS),
            "timestamp": run.changed,
        },
        "systemConfiguration": {
            "version": VERSION,
            "initialized": True,
            "coreAgentsValidated": None,
            "workflowOrchestrationReady": True,
            "systemReadinessVerified": not failed,
        },
        "operationalMetrics": _metrics(shown),
        "systemHealth": {
            "dnaConfigValid": True,
            "genesisConfigValid": None,
            "stepConfigValid": True,
            "agentDirectoryAccessible": True,
            "workflowDirectoryAccessible": True,
        },
        "initializationSteps": {
            "coreConfigValidation": "complete",
            "crossReferenceValidation": "complete",
            "agentInitialization": "complete",
            "workflowOrchestration": "complete",
            "systemReadinessCheck": "pending" if failed else "complete",
        },
        "steps": {x: _step(run, x, state) for x, state in states.items()},
        "metadata": {
            "createdAt": run.started,
            "lastUpdated": run.changed,
            "version": VERSION,
            "description": f"Run {run.id}, computed from its records",
        },
    }


def _metrics(shown: Shown) -> dict[str, Any]:
    """Count who submitted, and with whom a step was met or never was."""
    attempts = [x for work in shown.run.steps.values() for x in work.attempts]
    agents = {x.actor for x in attempts}
    met = {x.actor for x in attempts if x.outcome is StepEvent.MEET}
    return {
        "totalAgents": len(agents),
        "validatedAgents": len(met),
        "failedAgents": len(agents - met),
        "lastValidationRun": max((x.at for x in attempts), default=None),
        "successRate": round(len(shown.done) / max(len(shown.names), 1), 3),
    }


_IN_TROUBLE = {StepState.FAILED, StepState.ESCALATED, StepState.ABANDONED}


def _status(run: Run, failed: Sequence[str]) -> str:
    if run.ended:
        return "complete" if run.outcome == "finished" else run.outcome
    return "escalated" if failed else "in_progress"


def _count(states: Mapping[str, StepState], wanted: StepState) -> int:
    return sum(x is wanted for x in states.values())


def _step(run: Run, name: str, state: StepState) -> dict[str, Any]:
    work = run.steps.get(name)
    attempts = work.attempts if work else ()
    return {
        "status": state.value,
        "agent": work.doer if work else "",
        "attempts": [
            {
                "number": x.number,
                "agent": x.actor,
                "at": x.at,
                "outcome": x.outcome.value,
                "evidence": x.evidence,
            }
            for x in attempts
        ],
    }


def dna_json(shown: Shown) -> dict[str, Any]:
    """Return the shape of `DNA.json`."""
    run, names = shown.run, shown.names
    current = shown.current
    at = names.index(current) if current else len(names)
    place = shown.plan.steps[current] if current else None
    progress = {
        "total_steps": len(names),
        "completed_steps": len(shown.done),
        "current_step_number": min(at + 1, len(names)),
        "percentage": _WHOLE * len(shown.done) // max(len(names), 1),
    }
    return {
        "metadata": {"version": VERSION, "last_updated": run.changed},
        "workflow_state": {
            "current_step": current,
            "current_phase": place.task.phase if place else None,
            "current_task": place.task.id if place else None,
            "previous_step": names[at - 1] if at else None,
            "next_step": names[at + 1] if at + 1 < len(names) else None,
            "progress": progress,
            "session": {
                "started_at": run.started,
                "last_updated": run.changed,
                "status": _status(run, ()),
                "project_type": shown.document.title,
            },
        },
        "agents": (agents := {x: _agent(shown, x) for x in shown.document.agents}),
        "agentRegistry": [{"agentName": x, **said} for x, said in agents.items()],
        "workflow_progression": {
            "step_sequence": names,
            "auto_progression": False,
            "require_completion_confirmation": True,
        },
        "step_definitions": {
            name: _definition(shown, number) for number, name in enumerate(names)
        },
        "tracking_functions": _functions(run.id, run.template, names),
        "agent_instructions": {
            "start_command": f"coordinator workflow next {run.id}",
            "step_completion": f"coordinator workflow submit {run.id} STEP",
            "status_check": f"coordinator workflow show {run.id}",
            "file_reference": store.living_copy(run.id),
        },
    }


def _agent(shown: Shown, name: str) -> dict[str, Any]:
    """Return what the document asks of an agent."""
    pairs = ((x, shown.plan.steps[x]) for x in shown.names)
    own = {x: place for x, place in pairs if name in place.subtask.agents}
    skills = (y for x in own.values() for y in x.subtask.capabilities)
    return {
        "id": name,
        "name": name,
        "capabilities": list(dict.fromkeys(skills)),
        "persona": "",
        "phases": list(dict.fromkeys(x.task.phase for x in own.values())),
        "workflow_steps": list(own),
    }


def _functions(run: str, template: str, names: Sequence[str]) -> dict[str, Any]:
    """Return the verbs of those files, each with the command that does it."""
    begun = {"updates": ["workflow_state"], "sets_current_step": next(iter(names), "")}
    done = {"updates": ["workflow_state"], "auto_progression": False}
    verbs: dict[str, tuple[str, dict[str, Any]]] = {
        "start_workflow": (f"start {template}", begun),
        "complete_step": (f"submit {run} STEP", done),
        "get_current_status": (f"show {run}", {"returns": ["workflow_state"]}),
        "update_progress": (f"take {run} STEP", {"updates": ["workflow_state"]}),
    }
    return {
        name: {"description": f"coordinator workflow {words}", **more}
        for name, (words, more) in verbs.items()
    }


def _definition(shown: Shown, at: int) -> dict[str, Any]:
    names = shown.names
    place = shown.plan.steps[names[at]]
    return {
        "agent": next(iter(place.subtask.agents), ""),
        "phase": place.task.phase,
        "task_id": place.task.id,
        "file_path": store.living_copy(shown.run.id),
        "estimated_duration_minutes": None,
        "previous_task": names[at - 1] if at else None,
        "next_task": names[at + 1] if at + 1 < len(names) else None,
    }


_KEYS = {
    "lastInitialization",
    "operationalMetrics",
    "step_definitions",
    "systemConfiguration",
    "systemStatus",
    "workflow_progression",
    "workflow_state",
}


def is_foreign(text: str) -> bool:
    """Tell whether this is an object of some other shape."""
    try:
        found = json.loads(text.removeprefix(BOM))
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and not _KEYS & found.keys()


def check(text: str, path: str) -> list[Problem]:
    """Return what contradicts itself in a `Step.json` or a `DNA.json`."""
    try:
        found = json.loads(text.removeprefix(BOM))
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        message = "The file is not valid JSON."
        return [Problem(path, line, "bad-json", message, "Correct its syntax.")]
    if not isinstance(found, dict):
        message = "The file holds no object."
        return [Problem(path, 1, "bad-json", message, "Write one object.")]
    said = [*_of_progress(found), *_of_sequence(found), *_of_step(found)]
    return [
        Problem(path, _line(text, key), "contradiction", message, _HINT)
        for key, message in said
    ]


def _line(text: str, key: str) -> int:
    place = text.find(f'"{key}"')
    return text.count("\n", 0, max(place, 0)) + 1


def _part(found: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    for key in keys:
        value = found.get(key)
        found = value if isinstance(value, dict) else {}
    return dict(found)


def _number(found: Mapping[str, Any], key: str) -> float | None:
    value = found.get(key)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and value is not None else None


def _of_progress(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Compare the figures of the progress with each other, and with the steps."""
    progress = _part(found, "workflow_state", "progress")
    total, done = _number(progress, "total_steps"), _number(progress, "completed_steps")
    percent = _number(progress, "percentage")
    number = _number(progress, "current_step_number")
    if total is None or done is None:
        return
    if done > total:
        yield "completed_steps", f"{done:g} of {total:g} steps are completed."
    if percent is not None and total and abs(percent - _WHOLE * done / total) > 1:
        words = f"{done:g} of {total:g} steps are not {percent:g} percent."
        yield "percentage", words
    if number is not None and number not in {done, done + 1, total}:
        words = f"{done:g} steps are completed, and step {number:g} is the current one."
        yield "current_step_number", words
    sequence = _sequence(found)
    if sequence and len(sequence) != total:
        yield "total_steps", f"{total:g} steps are counted and {len(sequence)} listed."


def _sequence(found: Mapping[str, Any]) -> list[str]:
    listed = _part(found, "workflow_progression").get("step_sequence")
    return [x for x in listed if isinstance(x, str)] if isinstance(listed, list) else []


def _of_sequence(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Compare the current step and its neighbours with the order of the steps."""
    state, sequence = _part(found, "workflow_state"), _sequence(found)
    current = state.get("current_step")
    if not sequence or not isinstance(current, str):
        return
    if current not in sequence:
        yield "current_step", f"The current step {current} is not in the sequence."
        return
    at = sequence.index(current)
    neighbours = {
        "previous_step": sequence[at - 1] if at else None,
        "next_step": sequence[at + 1] if at + 1 < len(sequence) else None,
    }
    for key, right in neighbours.items():
        if key in state and state[key] != right:
            yield key, f"{state[key]} is named, and the sequence has {right} there."
    task = state.get("current_task")
    if isinstance(task, str) and task in sequence and task != current:
        yield "current_task", f"The current task is {task}, the current step {current}."
    for name in _part(found, "step_definitions"):
        if name not in sequence:
            yield name, f"The step {name} is defined and not in the sequence."


def _of_step(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Compare the times, figures and flags of a `Step.json`."""
    metadata = _part(found, "metadata")
    made, changed = metadata.get("createdAt"), metadata.get("lastUpdated")
    if isinstance(made, str) and isinstance(changed, str) and changed < made:
        yield "lastUpdated", f"It was last updated {changed}, and made {made}."
    begun = found.get("lastInitialization")
    is_begun = _part(found, "systemConfiguration").get("initialized")
    if begun and is_begun is False:
        yield "initialized", f"It was initialized {begun}, and is not initialized."
    metrics = _part(found, "operationalMetrics")
    total, valid = _number(metrics, "totalAgents"), _number(metrics, "validatedAgents")
    if total is not None and valid is not None and valid > total:
        yield "validatedAgents", f"{valid:g} of {total:g} agents are validated."
