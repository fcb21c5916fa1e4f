"""How long steps were in each state, by the server's clock.

The records say when a step was taken and what came of it; since when it could have been
taken follows from what it waits for. It changes nothing.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from coordinator.kernel import clock
from coordinator.workflows.model import Needs, Prerequisite
from coordinator.workflows.runs.plan import DOCUMENT, Plan
from coordinator.workflows.runs.run import Run, Work
from coordinator.workflows.runs.step_states import IN_HAND, PASSED, StepState

Seconds = dict[str, float]
_NEVER = "~"  # after every time that the journal writes


class Durations:
    """The times of a run's steps until `now`, or until the run ended."""

    def __init__(self, made: Plan, run: Run, now: str) -> None:
        self._plan, self._run = made, run
        self._until = run.ended or now
        self._known: dict[tuple[str, Needs], str] = {}

    def of_step(self, name: str) -> Seconds:
        """Return the seconds in each state that it was in, to the millisecond."""
        work = self._run.steps.get(name, Work())
        found: Seconds = {}
        for (state, since), (_, until) in pairwise(self._moves(work)):
            parts = [(state, since, until)]
            if state is StepState.PENDING:
                free = min(max(since, self._freed(name, until)), until)
                parts = [(state, since, free), (StepState.READY, free, until)]
            for each, begin, end in parts:
                spent = (clock.parse(end) - clock.parse(begin)).total_seconds()
                if spent > 0:  # else the clock was set back
                    found[each] = round(found.get(each, 0.0) + spent, 3)
        return found

    def _moves(self, work: Work) -> Iterator[tuple[StepState, str]]:
        yield StepState.PENDING, self._run.started
        yield from work.moves
        is_held = work.state in IN_HAND
        if is_held and work.lease.has_lapsed(self._until):
            yield StepState.READY, max(work.lease.expires, work.moves[-1][1])
        yield StepState.PENDING, self._until

    def _freed(self, name: str, until: str) -> str:
        """Return when the last thing that a step waits for had come, until then."""
        place = self._plan.steps[name]
        if name == DOCUMENT:
            others = [x for x in self._plan.steps if x != DOCUMENT]
            return max((self._passed(x, until) for x in others), default="")
        times = [self._passed(place.before, until)] if place.before else [""]
        for owner in (place.task, place.subtask):
            for number, needed in enumerate(owner.prerequisites, 1):
                times.append(self._met(self._plan.word(owner, number), needed))
        return max(times)

    def _met(self, gate: str, needed: Prerequisite) -> str:
        """Return when a prerequisite was met for the last time."""
        if gate in self._run.passed:
            return self._run.passed[gate].at
        key = (needed.id, needed.needs)
        if key not in self._known:
            inside = self._plan.inside(needed.id) if needed.id else []
            self._known[key] = self._came(needed.needs, inside)
        return self._known[key]

    def _came(self, needs: Needs, inside: Sequence[str]) -> str:
        if needs is Needs.WORD or not inside:
            return _NEVER
        if needs is Needs.STARTED:
            works = (self._run.steps.get(x, Work()) for x in inside)
            return min((x.moves[0][1] for x in works if x.moves), default=_NEVER)
        return max(self._passed(x, self._until) for x in inside)

    def _passed(self, name: str, until: str) -> str:
        """Return when a step had succeeded for the last time, until then."""
        moves = self._run.steps.get(name, Work()).moves
        found = (at for state, at in reversed(moves) if state in PASSED and at <= until)
        return next(found, _NEVER)
