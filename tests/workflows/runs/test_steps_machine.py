"""Steps under any sequence of events, legal or not, beside a model."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from coordinator.workflows.model import (
    Failure,
    Needs,
    OnFailure,
    Prerequisite,
    Step,
    StepBook,
    Subtask,
    Task,
)
from coordinator.workflows.runs import plan, run
from coordinator.workflows.runs.plan import Plan
from coordinator.workflows.runs.run import Run, RunRecord
from coordinator.workflows.runs.step_states import (
    TABLE,
    StepEvent,
    StepState,
    WrongMoment,
)


def _after(*names: str) -> tuple[Prerequisite, ...]:
    return tuple(Prerequisite(x, 1, x) for x in names)


def _subtask(
    name: str, steps: int, retries: int, action: Failure, *needs: str
) -> Subtask:
    made = tuple(Step(f"{name}-{x}", x) for x in range(1, steps + 1))
    fails = OnFailure(action, is_default=False)
    return Subtask(name, "", 1, "", _after(*needs), (), (), (), retries, fails, made)


PAID = Prerequisite("The oven is paid", 1, needs=Needs.WORD)
BEGUN = Prerequisite("A has started", 1, "A", Needs.STARTED)
BOOK = StepBook(
    tasks=(
        Task(
            "P01-T01",
            "",
            1,
            subtasks=(
                _subtask("A", 2, 1, Failure.REVERT),
                _subtask("B", 1, 2, Failure.NOTIFY, "A-1"),
            ),
        ),
        Task(
            "P01-T02",
            "",
            2,
            prerequisites=(*_after("P01-T01"), PAID),
            subtasks=(_subtask("C", 2, 0, Failure.ESCALATE),),
        ),
        Task(
            "P01-T03",
            "",
            3,
            prerequisites=(BEGUN,),
            subtasks=(_subtask("D", 1, 0, Failure.ESCALATE),),
        ),
    )
)
# The same again, written down step by step.
FOLLOWS = {
    "A-1": set[str](),
    "A-2": {"A-1"},
    "B-1": {"A-1"},
    "C-1": {"A-1", "A-2", "B-1"},
    "C-2": {"A-1", "A-2", "B-1", "C-1"},
    "D-1": set[str](),
}
BUDGET = {"A": 2, "B": 3, "C": 1, "D": 1}
GATE = "P01-T02-needs-2"
OVER = {"SUCCEEDED", "SUCCEEDED_WITH_WARNINGS", "SKIPPED"}
STEPS = st.sampled_from(sorted(FOLLOWS))
NUMBER = st.integers(0, 11)
AGENTS = st.sampled_from(["baker", "miller"])


@dataclass
class Standing:
    """What the model knows of a step."""

    state: str = "PENDING"
    holder: str = ""
    until: int = 0


@dataclass
class Model:
    """Steps by definition: who has them, and what may be taken."""

    steps: dict[str, Standing] = field(
        default_factory=lambda: {x: Standing() for x in FOLLOWS}
    )
    failed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BUDGET, 0))
    went_back: set[str] = field(default_factory=set)
    is_paid: bool = False
    now: int = 100

    def waits(self, name: str) -> bool:
        """Tell whether something must come before a step."""
        if any(self.steps[x].state not in OVER for x in FOLLOWS[name]):
            return True
        if name == "D-1":
            return all(self.steps[x].state == "PENDING" for x in ("A-1", "A-2"))
        return name.startswith("C") and not self.is_paid

    def is_ready(self, name: str) -> bool:
        """Tell whether anybody may take a step."""
        is_free = self.steps[name].state in {"PENDING", "READY"}
        return (is_free or name in self.lapsed) and not self.waits(name)

    def inside(self, *states: str) -> list[str]:
        """Return the steps in one of these states."""
        return [x for x, found in self.steps.items() if found.state in states]

    @property
    def lapsed(self) -> list[str]:
        """The steps whose lease has ended."""
        held = self.inside("RUNNING", "RETRYING")
        return [x for x in held if self.steps[x].until <= self.now]

    @property
    def ready(self) -> list[str]:
        """The steps that anybody may take."""
        return [x for x in self.steps if self.is_ready(x)]


class Steps(RuleBasedStateMachine):
    """What the model allows is recorded; what it forbids must be refused."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.plan = Plan(BOOK)
        self.records: list[RunRecord] = []
        data = {"run": "r", "template": "t", "version": 1, "agent": "", "text": ""}
        self.write("run.started", "ann", {**data, "base": "", "ids": []})
        self.run: Run = run.fold(self.records)

    def write(self, kind: str, actor: str, data: dict[str, Any]) -> None:
        at = f"{self.model.now:06}"
        entry = RunRecord(len(self.records) + 1, at, kind, actor, data)
        if self.records:
            run.apply(self.run, entry)
        self.records.append(entry)

    def move(self, name: str, event: StepEvent) -> None:
        """Record an event and tell the model where it leads."""
        data = {"step": name, "event": event.value, "subtask": name[0]}
        self.write("run.moved", "", data)

    def leave(self, name: str, state: str) -> None:
        """Tell the model that nobody holds a step any more."""
        self.model.steps[name] = Standing(state)

    def hand(self, name: str, agent: str) -> None:
        """Give a step to an agent for ten seconds."""
        until = self.model.now + 10
        epoch = self.run.steps[name].lease.epoch + 1 if name in self.run.steps else 1
        data = {"step": name, "epoch": epoch, "expires": f"{until:06}", "base": "c"}
        self.write("run.taken", agent, data)
        self.model.steps[name] = Standing("RUNNING", agent, until)

    @precondition(lambda self: self.model.ready)
    @rule(number=NUMBER, agent=AGENTS)
    def take(self, number: int, agent: str) -> None:
        found = self.model.ready
        self.hand(found[number % len(found)], agent)

    @precondition(lambda self: self.model.inside("RUNNING", "RETRYING"))
    @rule(number=NUMBER)
    def take_again(self, number: int) -> None:
        found = self.model.inside("RUNNING", "RETRYING")
        name = found[number % len(found)]
        self.hand(name, self.model.steps[name].holder)

    @rule(seconds=st.integers(1, 15))
    def let_time_pass(self, seconds: int) -> None:
        self.model.now += seconds

    @precondition(lambda self: self.model.lapsed)
    @rule()
    def expire(self) -> None:
        for name in self.model.lapsed:
            self.move(name, StepEvent.EXPIRE)
            self.leave(name, "READY")

    @precondition(lambda self: self.model.inside("RUNNING", "RETRYING", "VERIFYING"))
    @rule(number=NUMBER, outcome=st.sampled_from(["met", "unmet", "met", "word"]))
    def submit(self, number: int, outcome: str) -> None:
        held = self.model.inside("RUNNING", "RETRYING", "VERIFYING")
        self.show(held[number % len(held)], outcome)

    @precondition(lambda self: self.model.ready)
    @rule(number=NUMBER, outcome=st.sampled_from(["met", "met", "unmet"]))
    def take_and_submit(self, number: int, outcome: str) -> None:
        found = self.model.ready
        name = found[number % len(found)]
        self.hand(name, "baker")
        self.show(name, outcome)
        while self.model.steps[name].state == "RETRYING":
            self.show(name, outcome)

    def show(self, name: str, outcome: str) -> None:
        """Submit evidence that comes to this."""
        found, key = self.model.steps[name], name[0]
        is_last = self.model.failed[key] + 1 >= BUDGET[key]
        missed = StepEvent.EXHAUST if is_last else StepEvent.MISS
        event = {"met": StepEvent.MEET, "unmet": missed, "word": StepEvent.SUBMIT}[
            outcome
        ]
        until = self.model.now + 10
        data = {
            "step": name,
            "subtask": key,
            "evidence": "e",
            "verdicts": "v",
            "outcome": event.value,
            "commit": "c",
            "expires": f"{until:06}",
        }
        self.write("run.submitted", found.holder, data)
        self.model.failed[key] += outcome == "unmet"
        state = {"met": "SUCCEEDED", "unmet": "RETRYING", "word": "VERIFYING"}[outcome]
        self.model.steps[name] = Standing(state, found.holder, until)
        if event is StepEvent.EXHAUST:
            self.fail(name, key)

    def fail(self, name: str, key: str) -> None:
        """Do what the document says once the attempts are spent."""
        if key == "B":
            self.move(name, StepEvent.CONTINUE)
            self.leave(name, "SUCCEEDED_WITH_WARNINGS")
            self.model.failed[key] = 0
        elif key == "A" and key not in self.model.went_back:
            self.model.went_back.add(key)
            self.model.failed[key] = 0
            for other in self.plan.of_subtask(key):
                state = plan.state(self.run, other)
                if StepEvent.REVERT in TABLE[state]:
                    self.move(other, StepEvent.REVERT)
                    self.leave(other, "PENDING")
        else:
            self.escalate(name)

    def escalate(self, name: str) -> None:
        number = len(self.run.escalations) + 1
        data = {"id": f"e{number}", "step": name, "agent": "", "reason": "r"}
        self.write("run.escalated", "", data)
        self.model.steps[name].state = "ESCALATED"

    @precondition(lambda self: self.model.inside("RUNNING", "RETRYING"))
    @rule()
    def give_up(self) -> None:
        self.escalate(self.model.inside("RUNNING", "RETRYING")[0])

    @precondition(lambda self: self.model.inside("ESCALATED"))
    @rule(decision=st.sampled_from(["resume", "resume", "skip", "skip", "abandon"]))
    def resolve(self, decision: str) -> None:
        for found in list(self.run.escalations.values()):
            if found.decision:
                continue
            data = {
                "id": found.id,
                "step": found.step,
                "subtask": found.step[0],
                "decision": decision,
                "comment": "",
            }
            self.write("run.resolved", "ann", data)
            after = {"resume": "READY", "skip": "SKIPPED", "abandon": "ABANDONED"}
            self.leave(found.step, after[decision])
            self.model.failed[found.step[0]] = 0
            return

    @precondition(lambda self: bool(plan.gates(self.plan, self.run)))
    @rule()
    def pass_the_gates(self) -> None:
        for wait in plan.gates(self.plan, self.run):
            self.write("run.passed", "ann", {"item": wait.gate, "comment": ""})
            if wait.gate == GATE:
                self.model.is_paid = True
            else:
                self.move(wait.gate, StepEvent.MEET)
                self.leave(wait.gate, "SUCCEEDED")

    @precondition(lambda self: self.model.inside("VERIFYING"))
    @rule()
    def reject(self) -> None:
        name = self.model.inside("VERIFYING")[0]
        key = name[0]
        self.model.failed[key] += 1
        is_last = self.model.failed[key] >= BUDGET[key]
        event = StepEvent.EXHAUST if is_last else StepEvent.MISS
        data = {"step": name, "event": event.value, "subtask": key, "comment": "c"}
        self.write("run.moved", "ann", data)
        assert self.run.steps[name].attempts[-1].outcome is event
        self.model.steps[name].state = "RETRYING"
        if is_last:
            self.fail(name, key)

    @rule(name=STEPS, event=st.sampled_from(StepEvent))
    def what_cannot_happen_is_refused(self, name: str, event: StepEvent) -> None:
        state = plan.state(self.run, name)
        if event in TABLE[state]:
            return
        data = {"step": name, "event": event.value, "subtask": name[0]}
        entry = RunRecord(len(self.records) + 1, "9", "run.moved", "", data)
        tried = deepcopy(self.run)
        with pytest.raises(WrongMoment):
            run.apply(tried, entry)
        assert plan.state(tried, name) is state
        assert (tried.spent, tried.last) == (self.run.spent, self.run.last)

    @rule()
    def crash(self) -> None:
        again = run.fold(self.records)
        assert again == self.run
        self.run = again

    @invariant()
    def states_and_holders_are_the_models(self) -> None:
        for name, found in self.model.steps.items():
            work = self.run.steps.get(name)
            assert plan.state(self.run, name).value == found.state
            if work and found.state in {"RUNNING", "RETRYING", "VERIFYING"}:
                assert work.holder == found.holder
                assert name in plan.held(self.plan, self.run, found.holder)

    @invariant()
    def what_is_ready_waits_for_nothing(self) -> None:
        now = f"{self.model.now:06}"
        ready = [x.name for x in plan.ready(self.plan, self.run, now)]
        assert ready == [x for x in FOLLOWS if self.model.is_ready(x)]
        for name in ready:
            assert not self.model.waits(name)
            assert not list(plan.waits(self.plan, self.run, name))

    @invariant()
    def nobody_takes_what_another_holds(self) -> None:
        now = f"{self.model.now:06}"
        both = [plan.held(self.plan, self.run, x) for x in ("baker", "miller")]
        assert not set(both[0]) & set(both[1])
        for name in {*both[0], *both[1]}:
            if not self.run.steps[name].lease.has_lapsed(now):
                standing = plan.effective_state(self.plan, self.run, name, now)
                assert standing is not StepState.READY

    @invariant()
    def no_subtask_has_more_attempts_than_its_budget(self) -> None:
        for key, spent in self.run.spent.items():
            assert spent == self.model.failed[key]
            assert spent <= BUDGET[key]

    @invariant()
    def a_run_is_complete_with_its_last_step(self) -> None:
        states = {x.state for x in self.model.steps.values()}
        assert plan.is_complete(self.plan, self.run) is (states <= OVER)

    @invariant()
    def moves_are_the_history_of_each_step(self) -> None:
        for work in self.run.steps.values():
            assert not work.moves or work.moves[-1][0] is work.state
            assert [x for _, x in work.moves] == sorted(x for _, x in work.moves)
            assert [x.number for x in work.attempts] == list(
                range(1, len(work.attempts) + 1)
            )


Steps.TestCase.settings = settings(
    max_examples=200, stateful_step_count=40, deadline=None
)
TestSteps = pytest.mark.slow(Steps.TestCase)
