"""Steps decided: who may take one, what an attempt comes to, and what follows of it.

Pure. The document says what happens once all attempts failed: a person decides, the
work goes on with a warning, or the subtask begins anew.
"""

from collections.abc import Collection
from dataclasses import dataclass

from coordinator.kernel.errors import Conflict, CoordinatorError, Refused
from coordinator.kernel.journal import SYSTEM
from coordinator.workflows.decide import escalations, ruling
from coordinator.workflows.decide.ruling import (
    NOTHING,
    Asking,
    Notice,
    Ruling,
    record,
    stored,
)
from coordinator.workflows.judging.verdicts import Outcome
from coordinator.workflows.model import Failure
from coordinator.workflows.runs import plan
from coordinator.workflows.runs.loaded_run import LoadedRun
from coordinator.workflows.runs.plan import PlannedStep
from coordinator.workflows.runs.run import Work
from coordinator.workflows.runs.step_states import (
    HELD,
    IN_HAND,
    TABLE,
    StepEvent,
    StepState,
)


class StepTaken(Conflict):
    """Another agent holds the step."""

    def __init__(self, step: str, holder: str, until: str) -> None:
        super().__init__(
            f"{holder} holds {step} until {until}.",
            hint="Take another one: coordinator workflow next",
        )


@dataclass(frozen=True, slots=True)
class Attempted:
    """One submission, judged: what was shown and found, as JSON, and what it comes to.

    `commit` is what it is about; empty: the files as they lay there.
    """

    evidence: str
    verdicts: str
    outcome: StepEvent
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Rewind:
    """A worktree that is to go back: its agent's, to the commit of the beginning."""

    agent: str
    commit: str


def work_on(loaded: LoadedRun, step: PlannedStep) -> Work:
    """Return where a step stands by the records."""
    return loaded.run.steps.get(step.name, Work())


def worked(work: Work, agents: Collection[str]) -> bool:
    """Tell whether one of these agents has or had a step."""
    return work.holder in agents or any(x.actor in agents for x in work.attempts)


def take(
    loaded: LoadedRun, step: PlannedStep, asking: Asking, *, head: str, is_judged: bool
) -> Ruling:
    """Give a step to whoever asks, or renew the lease; the one before is told.

    `head` is the commit that the asker's worktree stands at. While evidence `is_judged`
    the lease stands still.
    """
    actor, work = asking.actor, work_on(loaded, step)
    if refusal := _held_back(loaded, step, asking, is_judged=is_judged):
        return ruling.refuse(refusal)
    is_takeover = work.lease.is_of_another(actor)
    if is_takeover and escalations.is_given_up(work.lease):
        return escalations.give_up(loaded, step, asking)
    is_renewal = work.holder == actor
    data = {
        "step": step.name,
        "epoch": work.lease.taken(actor, asking.until).epoch,
        "expires": asking.until,
        "base": work.base if is_renewal else head,
    }
    subject = f"{step.name} of {loaded.run.id} was taken over"
    body = f"Your lease had ended; {actor} has the step now.\n"
    told = (Notice(work.holder, subject, body),) if is_takeover else ()
    return Ruling((record(loaded, "run.taken", actor, data),), notices=told)


def _held_back(
    loaded: LoadedRun, step: PlannedStep, asking: Asking, *, is_judged: bool
) -> CoordinatorError | None:
    """Return why whoever asks may not take a step now, if so."""
    name, work = step.name, work_on(loaded, step)
    state = plan.effective_state(loaded.plan, loaded.run, name, asking.at)
    if work.holder == asking.actor and state in {*IN_HAND, StepState.READY}:
        return None
    if is_judged or (state in IN_HAND and work.holder != asking.actor):
        return StepTaken(name, work.holder, work.lease.expires)
    if state is StepState.READY:
        return None
    waits = [x.text for x in plan.waits(loaded.plan, loaded.run, name)]
    words = f" It waits: {'; '.join(waits[:3])}" if waits else ""
    return Refused(
        f"{name} is {state.value}: it cannot be taken.{words}",
        hint=f"Run: coordinator workflow next {loaded.run.id}",
    )


def not_held(
    loaded: LoadedRun, step: PlannedStep, asking: Asking
) -> CoordinatorError | None:
    """Return why whoever asks may not submit evidence for a step, if so."""
    work = work_on(loaded, step)
    if work.state in HELD:
        is_own = work.holder == asking.actor
        return None if is_own else StepTaken(step.name, work.holder, work.lease.expires)
    state = plan.effective_state(loaded.plan, loaded.run, step.name, asking.at)
    hint = f"What may be taken: coordinator workflow next {loaded.run.id}"
    if state is StepState.READY:
        command = f"coordinator workflow take {loaded.run.id} {step.name}"
        hint = f"Take it first: {command}"
    return Refused(f"{step.name} is not yours: it is {state.value}.", hint=hint)


def mark_of(loaded: LoadedRun, step: PlannedStep) -> object:
    """Return what changes once anything happens to a step."""
    work = work_on(loaded, step)
    return work.state, work.lease.epoch, len(work.attempts), loaded.run.version


def missed(loaded: LoadedRun, step: PlannedStep) -> StepEvent:
    """Return what an attempt that failed comes to: another one, or none."""
    used = loaded.run.spent.get(step.key, 0) + 1
    return StepEvent.EXHAUST if used >= step.attempts else StepEvent.MISS


def went_on(
    loaded: LoadedRun, step: PlannedStep, mark: object
) -> CoordinatorError | None:
    """Return why an attempt on a step that had this mark is none any more, if so."""
    if mark_of(loaded, step) == mark:
        return None
    message = f"{step.name} went on while the evidence was judged."
    hint = f"Look at it: coordinator workflow show {loaded.run.id}"
    return Conflict(message, hint=hint)


def outcome(
    loaded: LoadedRun,
    step: PlannedStep,
    found: Collection[Outcome],
    *,
    has_failed: bool,
) -> StepEvent:
    """Return what the verdicts on an attempt come to; `has_failed`: a command has.

    Where nothing is asked for, a command that failed is no success all the same.
    """
    is_missed = {Outcome.UNMET, Outcome.UNRESOLVED}.intersection(found)
    if is_missed or (has_failed and not found):
        return missed(loaded, step)
    return StepEvent.SUBMIT if Outcome.ATTESTED in found else StepEvent.MEET


def submit(
    loaded: LoadedRun,
    step: PlannedStep,
    attempted: Attempted,
    asking: Asking,
    rewound: Collection[str] = (),
) -> Ruling:
    """Record an attempt, and what follows of it; see `rewind` for `rewound`."""
    data = {
        "step": step.name,
        "subtask": step.key,
        "evidence": stored(attempted.evidence),
        "verdicts": stored(attempted.verdicts),
        "outcome": attempted.outcome.value,
        "commit": attempted.commit,
        "expires": asking.until,
    }
    texts = (attempted.evidence, attempted.verdicts)
    own = Ruling((record(loaded, "run.submitted", asking.actor, data),), texts)
    followed = follow(loaded, step, attempted.outcome, own, asking, rewound)
    return ruling.with_end(loaded, own.and_then(followed), asking)


def rewind(loaded: LoadedRun, step: PlannedStep, event: StepEvent) -> Rewind | None:
    """Return the worktree that is to go back once this happens to a step, if one is.

    Whoever performs it says below which refs all was saved, `rewound`; none where
    nothing could be taken back.
    """
    is_wanted = step.subtask.on_failure.action is Failure.REVERT
    if event is not StepEvent.EXHAUST or not is_wanted:
        return None
    works = (loaded.run.steps.get(x) for x in loaded.plan.of_subtask(step.key))
    base = next((x.base for x in works if x and x.base), "")
    if not base or loaded.run.reverts.get(step.key):
        return None
    return Rewind(loaded.run.steps[step.name].holder, base)


def follow(
    loaded: LoadedRun,
    step: PlannedStep,
    event: StepEvent,
    before: Ruling,
    asking: Asking,
    rewound: Collection[str],
) -> Ruling:
    """Return what the document wants, if this event leaves a step no attempt.

    `before` are the records that go before it.
    """
    if event is not StepEvent.EXHAUST:
        return NOTHING
    wanted = rewind(loaded, step, event)
    now = ruling.after(loaded, before, asking.at)
    if step.subtask.on_failure.action is Failure.NOTIFY:
        return _go_on(now, step)
    if wanted and rewound:
        return _revert(now, step, wanted, next(iter(rewound)))
    used = now.run.spent.get(step.key, 0)
    reason = f"{step.name} failed, and its subtask has no attempt left ({used} spent)."
    found = escalations.escalate(now, step, reason, asking.knowing(before.texts))
    note = f"{reason} It is escalated: a maintainer decides."
    return found.and_then(Ruling(note=note))


def _go_on(loaded: LoadedRun, step: PlannedStep) -> Ruling:
    data = {"step": step.name, "event": StepEvent.CONTINUE.value, "subtask": step.key}
    words = f"{step.name} of {loaded.run.id} failed, and the work goes on with that."
    told = sorted({loaded.run.agent, ""})
    notices = tuple(Notice(x, words[:200], f"{words}\n") for x in told)
    own = record(loaded, "run.moved", SYSTEM, data)
    return Ruling((own,), notices=notices, note=words)


def _revert(loaded: LoadedRun, step: PlannedStep, wanted: Rewind, ref: str) -> Ruling:
    """Take all steps of a subtask back, whose worktree was."""
    data = {"event": StepEvent.REVERT.value, "subtask": step.key}
    names = loaded.plan.of_subtask(step.key)
    back = (x for x in names if StepEvent.REVERT in TABLE[plan.state(loaded.run, x)])
    records = tuple(
        record(loaded, "run.moved", SYSTEM, {"step": x, **data}) for x in back
    )
    below = ref.rpartition("/")[0]
    who, to = wanted.agent, wanted.commit[:12]
    words = f"{who} was taken back to {to}; what was there is below {below}."
    told = Notice(who, words[:200], f"{words}\n")
    return Ruling(records, notices=(told,), note=words)
