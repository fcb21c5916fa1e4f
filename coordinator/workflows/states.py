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


class State(StrEnum):
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


class Event(StrEnum):
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


TABLE: dict[State, dict[Event, State]] = {
    State.PENDING: {Event.FREE: State.READY},
    State.READY: {Event.TAKE: State.RUNNING},
    State.RUNNING: {
        Event.TAKE: State.RUNNING,
        Event.EXPIRE: State.READY,
        Event.SUBMIT: State.VERIFYING,
        Event.ESCALATE: State.ESCALATED,
    },
    State.VERIFYING: {
        Event.MEET: State.SUCCEEDED,
        Event.MISS: State.RETRYING,
        Event.EXHAUST: State.FAILED,
        Event.SUBMIT: State.VERIFYING,
        Event.CHANGE: State.RUNNING,
    },
    State.RETRYING: {
        Event.TAKE: State.RUNNING,
        Event.EXPIRE: State.READY,
        Event.SUBMIT: State.VERIFYING,
        Event.ESCALATE: State.ESCALATED,
    },
    State.FAILED: {
        Event.ESCALATE: State.ESCALATED,
        Event.CONTINUE: State.SUCCEEDED_WITH_WARNINGS,
        Event.REVERT: State.PENDING,
    },
    State.ESCALATED: {
        Event.RESUME: State.READY,
        Event.SKIP: State.SKIPPED,
        Event.ABANDON: State.ABANDONED,
    },
    State.SUCCEEDED: {Event.REVERT: State.PENDING},
    State.SUCCEEDED_WITH_WARNINGS: {Event.REVERT: State.PENDING},
    State.SKIPPED: {},
    State.ABANDONED: {},
}
# What comes after such a step may begin.
PASSED = frozenset({State.SUCCEEDED, State.SUCCEEDED_WITH_WARNINGS, State.SKIPPED})
HELD = frozenset({State.RUNNING, State.VERIFYING, State.RETRYING})


class WrongMoment(Conflict):
    """The step does not stand where this could happen."""

    def __init__(self, step: str, state: State, event: Event) -> None:
        super().__init__(
            f"The step {step} is {state.value}: it cannot {event.value} now.",
            hint="Run: coordinator workflow next",
        )


def next_state(step: str, state: State, event: Event) -> State:
    """Return where the event leads.

    Raises:
        WrongMoment: It cannot happen in this state.
    """
    found = TABLE[state].get(event)
    if found is None:
        raise WrongMoment(step, state, event)
    return found
