"""The lifecycle of a step: one table of states and events.

A step waits for what must be before it (PENDING), may be taken (READY), is somebody's
(RUNNING) until evidence is judged (VERIFYING). What fails is tried again while the
subtask's budget lasts (RETRYING), then it has FAILED: a person decides (ESCALATED), or
the work goes on with a warning, or it starts over from PENDING. What is asked of a step
may change while a person's word is waited for: then its holder goes on. It decides
nothing by itself: `next_state` says where an event leads, or that it cannot happen.
"""

from enum import StrEnum

from coordinator.kernel.errors import Conflict


class StepState(StrEnum):
    """Where a step stands."""

    PENDING = "PENDING"
    READY = "READY"
    RUNNING = "RUNNING"
    VERIFYING = "VERIFYING"
    RETRYING = "RETRYING"
    SUCCEEDED = "SUCCEEDED"
    SUCCEEDED_WITH_WARNINGS = "SUCCEEDED_WITH_WARNINGS"
    FAILED = "FAILED"
    ESCALATED = "ESCALATED"
    SKIPPED = "SKIPPED"
    ABANDONED = "ABANDONED"


class StepEvent(StrEnum):
    """What can happen to a step."""

    FREE = "free"
    TAKE = "take"
    EXPIRE = "expire"
    SUBMIT = "submit"
    MEET = "meet"
    MISS = "miss"
    EXHAUST = "exhaust"
    ESCALATE = "escalate"
    CONTINUE = "continue"
    REVERT = "revert"
    CHANGE = "change"
    RESUME = "resume"
    SKIP = "skip"
    ABANDON = "abandon"


TABLE: dict[StepState, dict[StepEvent, StepState]] = {
    StepState.PENDING: {StepEvent.FREE: StepState.READY},
    StepState.READY: {StepEvent.TAKE: StepState.RUNNING},
    StepState.RUNNING: {
        StepEvent.TAKE: StepState.RUNNING,
        StepEvent.EXPIRE: StepState.READY,
        StepEvent.SUBMIT: StepState.VERIFYING,
        StepEvent.ESCALATE: StepState.ESCALATED,
    },
    StepState.VERIFYING: {
        StepEvent.MEET: StepState.SUCCEEDED,
        StepEvent.MISS: StepState.RETRYING,
        StepEvent.EXHAUST: StepState.FAILED,
        StepEvent.SUBMIT: StepState.VERIFYING,
        StepEvent.CHANGE: StepState.RUNNING,
    },
    StepState.RETRYING: {
        StepEvent.TAKE: StepState.RUNNING,
        StepEvent.EXPIRE: StepState.READY,
        StepEvent.SUBMIT: StepState.VERIFYING,
        StepEvent.ESCALATE: StepState.ESCALATED,
    },
    StepState.FAILED: {
        StepEvent.ESCALATE: StepState.ESCALATED,
        StepEvent.CONTINUE: StepState.SUCCEEDED_WITH_WARNINGS,
        StepEvent.REVERT: StepState.PENDING,
    },
    StepState.ESCALATED: {
        StepEvent.RESUME: StepState.READY,
        StepEvent.SKIP: StepState.SKIPPED,
        StepEvent.ABANDON: StepState.ABANDONED,
    },
    StepState.SUCCEEDED: {StepEvent.REVERT: StepState.PENDING},
    StepState.SUCCEEDED_WITH_WARNINGS: {StepEvent.REVERT: StepState.PENDING},
    StepState.SKIPPED: {},
    StepState.ABANDONED: {},
}
# What comes after such a step may begin.
PASSED = frozenset(
    {StepState.SUCCEEDED, StepState.SUCCEEDED_WITH_WARNINGS, StepState.SKIPPED}
)
IN_HAND = frozenset({StepState.RUNNING, StepState.RETRYING})  # a lease runs
HELD = IN_HAND | {StepState.VERIFYING}


class WrongMoment(Conflict):
    """The step does not stand where this could happen."""

    def __init__(self, step: str, state: StepState, event: StepEvent) -> None:
        super().__init__(
            f"The step {step} is {state.value}: it cannot {event.value} now.",
            hint="Run: coordinator workflow next",
        )


def next_state(step: str, state: StepState, event: StepEvent) -> StepState:
    """Return where the event leads.

    Raises:
        WrongMoment: It cannot happen in this state.
    """
    found = TABLE[state].get(event)
    if found is None:
        raise WrongMoment(step, state, event)
    return found
