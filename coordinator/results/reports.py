"""Reports as values, each beside its text in Markdown; shapes only."""

from typing_extensions import TypedDict

from coordinator.results.agents import AgentStatus
from coordinator.results.knowledge import ShownDecision
from coordinator.results.pending import ShownChanges, WaitingItem
from coordinator.results.problems import ProblemGroup, ShownProblem
from coordinator.results.review import ReportedReview
from coordinator.results.runs import ItemByWhom, RunInShort, ShownGate


class PassedInReport(ItemByWhom):
    """A gate that was passed, with what it says."""

    item: str
    text: str


class LeftOut(TypedDict):
    """An item or a step that was skipped, by whom and why."""

    id: str
    text: str
    by: str
    comment: str


class EndedEscalation(TypedDict):
    """How an escalation ended, with who said so and why."""

    id: str
    step: str
    decision: str
    by: str
    comment: str


class ReportedRun(RunInShort):
    """What reports say of a run; `seconds` by state, all steps together."""

    evidence: int
    retries: int
    gates: list[PassedInReport]
    skipped: list[LeftOut]
    decisions: list[EndedEscalation]
    warnings: list[str]
    seconds: dict[str, float]
    required_headings: list[str]


class WrittenField(TypedDict):
    """A field of a final status as its agent wrote it."""

    name: str
    value: str
    line: int


class ShownGit(ShownChanges):
    """What git shows of a branch, and of what."""

    head: str
    target: str


class FinalReport(TypedDict):
    """The final status of a feature: an agent's words beside git's facts.

    `git` is null where there is no branch; `missing` are fields that a report must
    have, `missing_headings` those that the agent's catalogue asks for.
    """

    agent: str
    feature: str
    title: str
    path: str
    record: int
    written: list[WrittenField]
    missing: list[str]
    complete: bool
    branch: str
    git: ShownGit | None
    problems: list[ShownProblem]
    decisions: list[ShownDecision]
    runs: list[ReportedRun]
    missing_headings: list[str]
    reviews: list[ReportedReview]


class DoneByActor(TypedDict):
    """What somebody did: which kind of record, on how many things, how often."""

    actor: str
    kind: str
    times: int
    subjects: int
    last: str


class DailyReport(TypedDict):
    """Who did what since a time, what waits for whom, and what is wrong."""

    since: str
    done: list[DoneByActor]
    agents: list[AgentStatus]
    waiting: list[WaitingItem]
    reviews: list[ReportedReview]
    decisions: list[ShownDecision]
    waiting_in_all: int
    runs: list[ReportedRun]
    gates: list[ShownGate]
    problems: list[ProblemGroup]
    problems_in_all: int


class FinalText(TypedDict):
    """A final status report, and its text."""

    report: FinalReport
    text: str


class DailyText(TypedDict):
    """A daily report, and its text."""

    report: DailyReport
    text: str


class DecisionsText(TypedDict):
    """The decision log, and its text."""

    report: list[ShownDecision]
    text: str
