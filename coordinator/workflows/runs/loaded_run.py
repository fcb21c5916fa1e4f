"""A run with the text that it goes by, and what that says; with what follows of both.

Pure: it reads no file and changes nothing. What may happen to a run is decided in
`coordinator.workflows.decide`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from coordinator.kernel.errors import NotFound
from coordinator.workflows import store
from coordinator.workflows.marks import Mark
from coordinator.workflows.model import Document, Family
from coordinator.workflows.runs import living_copy, order, plan
from coordinator.workflows.runs.living_copy import LivingCopy
from coordinator.workflows.runs.plan import Plan, PlannedStep
from coordinator.workflows.runs.run import Run
from coordinator.workflows.runs.step_states import PASSED, StepState


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate that waits: of which kind, since when, and in whose run."""

    run: str
    item: str
    kind: str
    text: str
    agent: str
    since: str


@dataclass
class LoadedRun:
    """A run, its living copy as it was accepted last, what that says, and its steps.

    `viewed` is the record up to which its views were written; `read_template` reads
    what the run's template says. What is derived is kept until the run goes on.
    """

    run: Run
    copy: LivingCopy
    document: Document
    plan: Plan
    read_template: Callable[[], Document | None]
    viewed: int = 0

    @property
    def path(self) -> str:
        """Where the living copy lies."""
        return store.living_copy(self.run.id)

    @property
    def is_steps(self) -> bool:
        """Tell whether the run is worked through by steps rather than by boxes."""
        return self.document.kind is Family.STEPS

    @cached_property
    def template(self) -> Document | None:
        """What the version of the template says that the run goes by, if it is kept."""
        return self.read_template()

    @cached_property
    def progress(self) -> tuple[int, int]:
        """How many steps or boxes are done, or left out, and how many there are.

        What is optional counts once it is done.
        """
        if self.is_steps:
            states = [plan.state(self.run, x) for x in self.plan.steps]
            return sum(x in PASSED for x in states), len(states)
        items = self.copy.boxes.items
        done = sum(items[x].mark is not Mark.OPEN for x in order.leaves(items))
        return done, done + len(order.due(items))

    @cached_property
    def gates(self) -> list[Gate]:
        """The gates that wait now, each with when it was reached."""
        if self.run.ended:
            return []
        return list(_steps_waiting(self) if self.is_steps else _boxes_waiting(self))

    def step(self, wanted: str) -> PlannedStep:
        """Return a step of the run.

        Raises:
            NotFound: It has none of that id.
        """
        found = self.plan.steps.get(wanted)
        if found is None:
            hint = f"Run: coordinator workflow next {self.run.id}"
            raise NotFound(f"{self.run.id} has no step {wanted!r}.", hint=hint)
        return found

    def item(self, wanted: str) -> int:
        """Return where an item stands, by its id or by words that only it holds.

        Raises:
            NotFound: No item is meant, or several are.
        """
        place = self.copy.place(wanted)
        if place >= 0:
            return place
        words = wanted.casefold()
        texts = [x.text.casefold() for x in self.copy.boxes.items]
        same = [x for x, text in enumerate(texts) if text == words]
        found = same or [x for x, text in enumerate(texts) if words in text]
        if len(found) == 1:
            return found[0]
        many = f"{len(found)} items hold" if found else "no item holds"
        raise NotFound(
            f"In {self.run.id} {many} {wanted!r}.",
            hint=f"Name an item by its number: coordinator workflow show {self.run.id}",
        )


def _boxes_waiting(loaded: LoadedRun) -> Iterator[Gate]:
    """Yield the gate that is reached; those after it are not."""
    items = loaded.copy.boxes.items
    for place in living_copy.free(loaded.copy, loaded.run.passed.keys()):
        item = items[place]
        if item.role in order.GATES:
            name, since = loaded.copy.ids[place], reached(loaded, place)
            yield _gate(loaded, name, item.role.value, item.text, since)


def reached(loaded: LoadedRun, place: int) -> str:
    """Return when everything before a box was done, as the journal writes times."""
    before = loaded.copy.ids[:place]
    words = (loaded.run.words[x].at for x in before if x in loaded.run.words)
    return max(words, default=loaded.run.started)


def _steps_waiting(loaded: LoadedRun) -> Iterator[Gate]:
    for wait in plan.gates(loaded.plan, loaded.run):
        work = loaded.run.steps.get(wait.gate)
        is_evidence = work is not None and work.state is StepState.VERIFYING
        kind = "evidence" if is_evidence else "quality"
        kind = "prerequisite" if "-needs-" in wait.gate else kind
        since = work.moves[-1][1] if work and work.moves else _last_move(loaded)
        yield _gate(loaded, wait.gate, kind, wait.text, since)


def _last_move(loaded: LoadedRun) -> str:
    moves = (x.moves[-1][1] for x in loaded.run.steps.values() if x.moves)
    return max(moves, default=loaded.run.started)


def _gate(loaded: LoadedRun, item: str, kind: str, text: str, since: str) -> Gate:
    return Gate(loaded.run.id, item, kind, text, loaded.run.agent, since)
