"""Gates decided: a maintainer's word lets a run go on, or rejects what was shown.

Pure. Whether a gate is reached follows from the run; who may speak is not its business.
"""

from collections.abc import Collection

from coordinator.kernel.errors import Refused
from coordinator.workflows.decide import items, ruling, steps
from coordinator.workflows.decide.ruling import (
    NOTHING,
    Asking,
    Notice,
    Ruling,
    record,
    stored,
)
from coordinator.workflows.marks import Mark
from coordinator.workflows.runs import living_copy, order, plan
from coordinator.workflows.runs.loaded_run import LoadedRun
from coordinator.workflows.runs.plan import PlannedStep
from coordinator.workflows.runs.step_states import StepEvent, StepState


def is_of_steps(loaded: LoadedRun, item: str) -> bool:
    """Tell a step's gate, or the steps' own, from one that is a box."""
    known = {x.item for x in loaded.gates} | loaded.run.passed.keys()
    known |= loaded.plan.quality.keys() | loaded.plan.steps.keys()
    return loaded.is_steps and item in known


def approve(loaded: LoadedRun, item: str, words: str, asking: Asking) -> Ruling:
    """Let steps go on: with a prerequisite, evidence, a quality gate."""
    if item not in {x.item for x in loaded.gates}:
        hint = f"What waits: coordinator workflow show {loaded.run.id}"
        refusal = Refused(f"{item} does not wait for a word now.", hint=hint)
        is_again = item in loaded.run.passed
        return NOTHING if is_again else ruling.refuse(refusal)
    found = _passed(loaded, item, words, asking)
    if step := loaded.plan.steps.get(item):
        found = found.and_then(_judged(loaded, step, StepEvent.MEET, words, asking))
    else:
        found = found.and_then(_go_on(loaded, item, words))
    return ruling.with_end(loaded, found, asking)


def _passed(loaded: LoadedRun, item: str, words: str, asking: Asking) -> Ruling:
    data = {"item": item, "comment": stored(words)}
    return Ruling((record(loaded, "run.passed", asking.actor, data),), (words,))


def _go_on(loaded: LoadedRun, item: str, words: str) -> Ruling:
    """Tell the maintainer's words to whoever works on the run, if that is known."""
    agent, run = loaded.run.agent, loaded.run.id
    body = f"{words}\n\nGo on: coordinator workflow next {run}\n"
    told = Notice(agent, f"{item} of {run} was passed", body)
    return Ruling(notices=(told,) if agent else ())


def _judged(
    loaded: LoadedRun, step: PlannedStep, event: StepEvent, words: str, asking: Asking
) -> Ruling:
    """Return a maintainer's word on evidence; its holder is told and has time again."""
    holder = loaded.run.steps[step.name].holder
    verb = "accepted" if event is StepEvent.MEET else "rejected"
    subject = f"The evidence for {step.name} of {loaded.run.id} was {verb}"
    data = {
        "step": step.name,
        "subtask": step.key,
        "event": event.value,
        "expires": asking.until,
        "comment": stored(words),
    }
    own = record(loaded, "run.moved", asking.actor, data)
    return Ruling((own,), (words,), (Notice(holder, subject, f"{words}\n"),))


def rejection(loaded: LoadedRun, item: str) -> tuple[PlannedStep, StepEvent] | None:
    """Return the step whose evidence waits, and what its rejection comes to."""
    step = loaded.plan.steps.get(item)
    if step is None or plan.state(loaded.run, step.name) is not StepState.VERIFYING:
        return None
    return step, steps.missed(loaded, step)


def reject(
    loaded: LoadedRun,
    item: str,
    words: str,
    asking: Asking,
    rewound: Collection[str] = (),
) -> Ruling:
    """Count an attempt as failed, with the reason; what follows is the document's."""
    found = rejection(loaded, item)
    if found is None:
        hint = "Leave it as it is: nothing after it begins until it is passed."
        refusal = Refused(f"{item} has no evidence to be rejected.", hint=hint)
        return ruling.refuse(refusal)
    step, event = found
    own = _judged(loaded, step, event, words, asking)
    followed = steps.follow(loaded, step, event, own, asking, rewound)
    return ruling.with_end(loaded, own.and_then(followed), asking)


def pass_box(loaded: LoadedRun, place: int, words: str, asking: Asking) -> Ruling:
    """Let a run go through a gate that is a box; the same once more changes nothing."""
    item, name = loaded.copy.boxes.items[place], loaded.copy.ids[place]
    if item.role not in order.GATES:
        hint = f"Tick it: coordinator workflow tick {loaded.run.id} {name}"
        return ruling.refuse(Refused(f"{item.text!r} is no gate.", hint=hint))
    if name in loaded.run.passed:
        return NOTHING
    if held := living_copy.held(loaded.copy, place, loaded.run.passed.keys()):
        hint = "It can be passed once that is done."
        refusal = Refused(f"{item.text!r} is not reached. {held.reason}", hint=hint)
        return ruling.refuse(refusal)
    found = _passed(loaded, name, words, asking)
    found = found.and_then(_go_on(loaded, name, words))
    ticked = items.set_mark(loaded, place, Mark.DONE, words, asking.actor)
    return found.and_then(ticked)
