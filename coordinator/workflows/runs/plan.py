"""The steps of a document in their order, and which of them may be worked on.

Pure: a book of steps and a run go in. The steps of a subtask follow each other; a
prerequisite that names nothing in the document waits for a maintainer's word.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from coordinator.workflows.model import (
    Criteria,
    Criterion,
    Link,
    Needs,
    Prerequisite,
    Step,
    StepBook,
    Subtask,
    Task,
)
from coordinator.workflows.runs.run import Run
from coordinator.workflows.runs.step_states import HELD, IN_HAND, PASSED, StepState

DOCUMENT = "document"
_WORD = "The document names no criteria: somebody has looked at it."
_MANY_RETRIES = 1_000
_MOST_CIRCLES = 1_000
Known = dict[tuple[str, Needs], bool]  # whether prerequisites are met, by id


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step with what it stands in; `name` is its id, made unique in the document.

    `key` names its subtask in the same way, `before` the step that it follows there.
    `criteria` are the step's, and with the last one those of the whole subtask.
    """

    name: str
    step: Step
    subtask: Subtask
    task: Task
    key: str
    before: str = ""
    criteria: tuple[Criterion, ...] = ()

    @property
    def attempts(self) -> int:
        """How many attempts the subtask has in all."""
        return 1 + (self.subtask.retries or 0)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something that a step waits for; `gate` names it where a person must speak."""

    text: str
    gate: str = ""


class Plan:
    """The places of a document by name, in order; the last checks the document."""

    def __init__(self, book: StepBook) -> None:
        self.steps: dict[str, PlannedStep] = {}
        self.quality = {f"quality-{x}": gate for x, gate in enumerate(book.gates, 1)}
        self._within: dict[str, list[str]] = {DOCUMENT: []}
        self._siblings: dict[str, list[str]] = {}
        self._numbers: dict[str, int] = {}
        self._words: dict[tuple[int, int], str] = {}
        for number, task in enumerate(book.tasks, 1):
            self._add_words(task.id or str(number), task)
            for place, subtask in enumerate(task.subtasks, 1):
                key = self._unique(subtask.id or f"{task.id or number}-{place}")
                self._add_words(key, subtask)
                for step in _steps_of(subtask):
                    self._add(step, subtask, task, key)
        self._circular = set(_circular(self))
        self._add_document(book)

    def is_circular(self, owner: Task | Subtask, number: int) -> bool:
        """Tell whether a prerequisite waits, in the end, for its own owner."""
        return (owner.line, number) in self._circular

    def circles(self) -> Iterator[tuple[Task | Subtask, Prerequisite]]:
        """Yield the prerequisites that can never be met, each with its owner."""
        owners = {x.line: x for y in self.steps.values() for x in (y.task, y.subtask)}
        for line, number in sorted(self._circular):
            yield owners[line], owners[line].prerequisites[number - 1]

    def _add_words(self, name: str, owner: Task | Subtask) -> None:
        """Name the gates of what a task or a subtask may wait for."""
        for number in range(1, len(owner.prerequisites) + 1):
            gate = self._unique(f"{name}-needs-{number}")
            self._words[owner.line, number] = gate
            self._within[gate] = []  # no other thing is named so

    def word(self, owner: Task | Subtask, number: int) -> str:
        """Return the gate of a prerequisite, by its place in the list, from 1."""
        return self._words[owner.line, number]

    def _add(self, step: Step, subtask: Subtask, task: Task, key: str) -> None:
        siblings = self._siblings.setdefault(key, [])
        name = self._unique(step.id or f"{key}-{len(siblings) + 1:02d}")
        before = siblings[-1] if siblings else ""
        place = PlannedStep(name, step, subtask, task, key, before, step.criteria)
        self.steps[name] = place
        siblings.append(name)
        phase = task.id.partition("-")[0]
        for part in dict.fromkeys((key, subtask.id, task.id, phase, name)):
            self._within.setdefault(part, []).append(name)

    def _unique(self, name: str) -> str:
        number, found = self._numbers.get(name, 1), name
        while found in self._within:
            number += 1
            found = f"{name}~{number}"
        self._numbers[name] = number
        return found

    def _add_document(self, book: StepBook) -> None:
        """Add what the document as a whole must come to, after all the steps.

        Where there are none, this is the one thing to do.
        """
        numbers = (x for x in book.metrics if x.comparison)
        criteria = (*book.artifacts, *numbers)
        is_alone = bool(book.tasks) and not self.steps
        if criteria or is_alone:
            line = criteria[0].line if criteria else book.tasks[0].line
            words = "Show that the document's artifacts and figures are there."
            words = f"Do what the document asks. {words}" if is_alone else words
            step = Step(DOCUMENT, line, command=words)
            agents = book.leads if is_alone else ()
            subtask = Subtask(
                DOCUMENT, "Document", line, agents=agents, retries=_MANY_RETRIES
            )
            task = Task(DOCUMENT, "Document", line)
            place = PlannedStep(
                DOCUMENT, step, subtask, task, DOCUMENT, criteria=criteria
            )
            self.steps[DOCUMENT] = place

    def links(self, place: PlannedStep) -> Iterator[Link]:
        """Yield the links of a step's subtask; the document's are those of all."""
        if place.name != DOCUMENT:
            yield from place.subtask.links
            return
        for subtask in {x.key: x.subtask for x in self.steps.values()}.values():
            yield from subtask.links

    def of_subtask(self, key: str) -> list[str]:
        """Return the names of a subtask's steps, in order."""
        return self._siblings.get(key, [])

    def inside(self, name: str) -> list[str]:
        """Return the steps inside of a phase, task, subtask or step of that id."""
        return self._within.get(name, [])


def _steps_of(subtask: Subtask) -> tuple[Step, ...]:
    """Return a subtask's steps; one that lists none is a step itself.

    The last one must meet the criteria of the whole subtask too. Where none are named
    at all, a person has the last word.
    """
    whole = Step("", subtask.line, subtask.title, description=subtask.description)
    *others, last = subtask.steps or (whole,)
    named = [*subtask.criteria, *(y for x in subtask.steps for y in x.criteria)]
    more = (
        subtask.criteria if named else (Criterion(Criteria.ATTESTED, _WORD, last.line),)
    )
    return *others, replace(last, criteria=(*last.criteria, *more))


def _circular(plan: Plan) -> Iterator[tuple[int, int]]:
    """Yield prerequisites that wait for their own owner, by its line and their number.

    All steps that can be done are done, again and again; what never can be waits for
    itself, and the first of its prerequisites that are not met is let go.
    """
    done: set[str] = set()
    let_go: set[tuple[int, int]] = set()
    left = list(plan.steps.values())
    for _ in range(_MOST_CIRCLES):
        before = len(left)
        left = [x for x in left if not _can_be_done(plan, x, done, let_go)]
        if not left:
            return
        if len(left) == before:
            new = set(_held_by(plan, left[0], done)) - let_go
            let_go |= new
            yield from new
            if not new:
                return


def _can_be_done(
    plan: Plan, place: PlannedStep, done: set[str], let_go: set[tuple[int, int]]
) -> bool:
    """Add a step to those that are done, if nothing before it is left."""
    if place.before and place.before not in done:
        return False
    if set(_held_by(plan, place, done)) - let_go:
        return False
    done.add(place.name)
    return True


def _held_by(
    plan: Plan, place: PlannedStep, done: set[str]
) -> Iterator[tuple[int, int]]:
    for owner in (place.task, place.subtask):
        for number, prerequisite in enumerate(owner.prerequisites, 1):
            inside = plan.inside(prerequisite.id) if prerequisite.id else []
            if prerequisite.needs is not Needs.WORD and not done.issuperset(inside):
                yield owner.line, number


def state(run: Run, name: str) -> StepState:
    """Return the state that the records leave a step in."""
    work = run.steps.get(name)
    return work.state if work else StepState.PENDING


def effective_state(
    plan: Plan, run: Run, name: str, now: str, known: Known | None = None
) -> StepState:
    """Return where a step stands at this time: free ones and lapsed leases are READY.

    None is READY while it waits: what was before it may have been taken back. Times are
    those of the journal, which sort as text.
    """
    found = state(run, name)
    is_held = found in IN_HAND
    is_free = is_held and run.steps[name].lease.has_lapsed(now)
    if not is_free and found not in {StepState.PENDING, StepState.READY}:
        return found
    is_waiting = any(True for _ in waits(plan, run, name, known))
    return StepState.PENDING if is_waiting else StepState.READY


def waits(
    plan: Plan, run: Run, name: str, known: Known | None = None
) -> Iterator[Obstacle]:
    """Yield what must be before a step and is not.

    `known` keeps what was found of prerequisites, for several questions about one run.
    """
    place = plan.steps[name]
    if name == DOCUMENT:
        for other in plan.steps:
            if other != DOCUMENT and state(run, other) not in PASSED:
                yield Obstacle(f"{other} must have succeeded.")
        return
    if place.before and state(run, place.before) not in PASSED:
        yield Obstacle(f"{place.before} must have succeeded.")
    known = {} if known is None else known
    for owner in (place.task, place.subtask):
        yield from _unmet(plan, run, owner, known)


def _unmet(
    plan: Plan, run: Run, owner: Task | Subtask, known: Known
) -> Iterator[Obstacle]:
    for number, prerequisite in enumerate(owner.prerequisites, 1):
        inside = plan.inside(prerequisite.id) if prerequisite.id else []
        is_word = prerequisite.needs is Needs.WORD or not inside
        if is_word or plan.is_circular(owner, number):
            gate = plan.word(owner, number)
            if gate not in run.passed:
                yield Obstacle(prerequisite.text, gate)
        elif not _is_met(run, prerequisite, inside, known):
            yield Obstacle(prerequisite.text)


def _is_met(
    run: Run, wanted: Prerequisite, inside: Sequence[str], known: Known
) -> bool:
    key = (wanted.id, wanted.needs)
    if key not in known:
        states = (state(run, x) for x in inside)
        if wanted.needs is Needs.STARTED:
            known[key] = any(x is not StepState.PENDING for x in states)
        else:
            known[key] = all(x in PASSED for x in states)
    return known[key]


def ready(plan: Plan, run: Run, now: str) -> list[PlannedStep]:
    """Return the steps that may be taken now, in order."""
    names = plan.steps if not run.ended else ()
    known: Known = {}
    found = (
        x for x in names if effective_state(plan, run, x, now, known) is StepState.READY
    )
    return [plan.steps[x] for x in found]


def gates(plan: Plan, run: Run) -> list[Obstacle]:
    """Return what waits for a maintainer's word now: each with its gate's name."""
    found: dict[str, Obstacle] = {}
    known: Known = {}
    for name in plan.steps:
        if state(run, name) is StepState.VERIFYING:
            found[name] = Obstacle(f"{name}: its evidence needs a person's word.", name)
        elif state(run, name) is StepState.PENDING:
            for wait in waits(plan, run, name, known):
                found.setdefault(wait.gate, wait)
    if all(state(run, x) in PASSED for x in plan.steps if x != DOCUMENT):
        for gate, entry in plan.quality.items():
            if gate not in run.passed:
                found[gate] = Obstacle(f"{entry.name}: {entry.text}", gate)
    return [x for x in found.values() if x.gate]


def is_complete(plan: Plan, run: Run) -> bool:
    """Tell whether all steps have succeeded and all quality gates were passed."""
    done = all(state(run, x) in PASSED for x in plan.steps)
    return bool(plan.steps) and done and all(x in run.passed for x in plan.quality)


def held(plan: Plan, run: Run, agent: str) -> list[str]:
    """Return the steps that an agent holds, in order; none of a run that ended."""
    names = (x for x in plan.steps if x in run.steps and not run.ended)
    return [
        x for x in names if run.steps[x].holder == agent and run.steps[x].state in HELD
    ]
