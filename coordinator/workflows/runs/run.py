"""One use of a workflow, folded from its records.

A run is what its records say, in their order; the text of its living copy is named by
hash. It reads no text and decides nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from coordinator.kernel.leases import Lease
from coordinator.workflows.marks import LATEST, Mark, Reading
from coordinator.workflows.runs.step_states import (
    HELD,
    PASSED,
    StepEvent,
    StepState,
    next_state,
)

_FAILED = frozenset({StepEvent.MISS, StepEvent.EXHAUST})


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A record about a run; `at` is the server's time as the journal writes it."""

    seq: int
    at: str
    kind: str
    actor: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Word:
    """Something that somebody did to an item; `comment` names a blob, or nothing."""

    mark: Mark
    actor: str
    at: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change of the living copy that was put back; `line` is that of the change."""

    item: str
    line: int
    code: str
    reason: str
    actor: str
    at: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One submission; `evidence` and `verdicts` name blobs, `outcome` is its event.

    `word` is what a maintainer decided on it, where that was needed.
    """

    number: int
    actor: str
    at: str
    evidence: str
    verdicts: str
    outcome: StepEvent
    commit: str = ""
    word: Word | None = None


@dataclass(slots=True)
class Work:
    """Where a step stands: `moves` are its states with the times at which they began.

    `lease` is its holder's; `base` is the commit that the holder stood at.
    """

    state: StepState = StepState.PENDING
    lease: Lease = field(default_factory=Lease)
    base: str = ""
    attempts: list[Attempt] = field(default_factory=list)
    moves: list[tuple[StepState, str]] = field(default_factory=list)

    @property
    def holder(self) -> str:
        """Who has it; nobody: empty."""
        return self.lease.holder

    @property
    def doer(self) -> str:
        """Who has it, or of a step that is over who did it last."""
        is_over = self.state in PASSED and self.attempts
        return self.lease.holder or (self.attempts[-1].actor if is_over else "")

    def move(self, step: str, event: StepEvent, at: str) -> None:
        """Go on as the table says, noting when."""
        self.state = next_state(step, self.state, event)
        self.moves.append((self.state, at))


@dataclass(slots=True)
class Escalation:
    """A step that only a maintainer can bring on; `decision` is empty while it waits.

    `agent` is whom the document addresses, `said` the name that it has there, of nobody
    perhaps. `comments` are what was said on it, the maintainer's decision last.
    """

    id: str
    step: str
    agent: str
    reason: str
    at: str
    decision: str = ""
    by: str = ""
    resolved_at: str = ""
    said: str = ""
    comments: list[Word] = field(default_factory=list)


@dataclass(slots=True)
class Run:
    """One run. `text` and `base` name the blobs of living copy and template.

    `ids` are the items' ids in the order in which they stand in the text. `phase_file`
    is where its task is tracked, if that was said; `part` names the workflow of a
    catalogue. `open_refusals` are those after which nothing else was changed. `spent`
    counts failed attempts by subtask since somebody started it anew, `reverts` how
    often it was taken back. `reading` is how its text was read when it was begun.
    """

    id: str
    template: str
    version: int
    agent: str
    started: str
    text: str
    base: str
    ids: list[str]
    phase_file: str = ""
    part: str = ""
    reading: Reading = LATEST
    given: frozenset[str] = frozenset()
    words: dict[str, Word] = field(default_factory=dict)
    passed: dict[str, Word] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    open_refusals: list[Refusal] = field(default_factory=list)
    notes: list[tuple[str, str, str]] = field(default_factory=list)
    steps: dict[str, Work] = field(default_factory=dict)
    spent: dict[str, int] = field(default_factory=dict)
    reverts: dict[str, int] = field(default_factory=dict)
    escalations: dict[str, Escalation] = field(default_factory=dict)
    ended: str = ""
    outcome: str = ""
    last: int = 0
    changed: str = ""

    @property
    def next_item(self) -> int:
        """The number that the next new item gets: no id is ever given twice."""
        return max((int(x) for x in [*self.given, *self.ids]), default=0) + 1


def fold(happenings: Iterable[RunRecord]) -> Run:
    """Return the run that these records make, the oldest first.

    Raises:
        ValueError: The first one does not start a run.
    """
    run: Run | None = None
    for entry in happenings:
        if run is None:
            run = _start(entry)
        apply(run, entry)
    if run is None:
        message = "no records"
        raise ValueError(message)
    return run


def _start(entry: RunRecord) -> Run:
    data = entry.data
    if entry.kind != "run.started":
        raise ValueError(entry.kind)
    return Run(
        id=data["run"],
        template=data["template"],
        version=data["version"],
        agent=data["agent"],
        started=entry.at,
        text=data["text"],
        base=data["base"],
        ids=list(data["ids"]),
        given=frozenset(data["ids"]),
        phase_file=data.get("phase_file", ""),
        part=data.get("part", ""),
        reading=Reading(data.get("reading", Reading.FIRST)),
    )


def apply(run: Run, entry: RunRecord) -> None:
    """Take one more record in; kinds of later versions are left out."""
    if handler := _HANDLERS.get(entry.kind):
        handler(run, entry)
    run.last, run.changed = entry.seq, entry.at


def _edited(run: Run, entry: RunRecord) -> None:
    data = entry.data
    run.text = data["text"]
    run.open_refusals = []
    run.ids = list(data.get("ids", run.ids))
    run.given |= frozenset(run.ids)
    for item, mark, comment in data.get("ticks", ()):
        run.words[item] = Word(Mark(mark), entry.actor, entry.at, comment)
    if "notes" in data:
        run.notes.append((data["notes"], entry.actor, entry.at))


def _refused(run: Run, entry: RunRecord) -> None:
    said = entry.data["refusals"]
    run.open_refusals = [Refusal(**x, actor=entry.actor, at=entry.at) for x in said]
    run.refusals += run.open_refusals


def _passed(run: Run, entry: RunRecord) -> None:
    comment = entry.data["comment"]
    run.passed[entry.data["item"]] = Word(Mark.DONE, entry.actor, entry.at, comment)


def _work(run: Run, entry: RunRecord) -> Work:
    return run.steps.setdefault(entry.data["step"], Work())


def _taken(run: Run, entry: RunRecord) -> None:
    work, data = _work(run, entry), entry.data
    if work.state is StepState.PENDING:
        work.move(data["step"], StepEvent.FREE, entry.at)
    elif work.lease.has_lapsed(entry.at):
        ended = max(work.lease.expires, work.moves[-1][1])
        work.move(data["step"], StepEvent.EXPIRE, ended)
    work.move(data["step"], StepEvent.TAKE, entry.at)
    taken = work.lease.taken(entry.actor, data["expires"])
    work.lease, work.base = replace(taken, epoch=data["epoch"]), data["base"]


def _submitted(run: Run, entry: RunRecord) -> None:
    work, data = _work(run, entry), entry.data
    work.move(data["step"], StepEvent.SUBMIT, entry.at)
    outcome = StepEvent(data["outcome"])
    work.attempts.append(
        Attempt(
            number=len(work.attempts) + 1,
            actor=entry.actor,
            at=entry.at,
            evidence=data["evidence"],
            verdicts=data["verdicts"],
            outcome=outcome,
            commit=data["commit"],
        )
    )
    work.lease = work.lease.lasting(data["expires"])
    if outcome in _FAILED:
        run.spent[data["subtask"]] = run.spent.get(data["subtask"], 0) + 1
    if outcome is not StepEvent.SUBMIT:  # else a person's word is waited for
        work.move(data["step"], outcome, entry.at)


def _moved(run: Run, entry: RunRecord) -> None:
    data = entry.data
    work, event = _work(run, entry), StepEvent(data["event"])
    work.move(data["step"], event, entry.at)
    if event in {StepEvent.REVERT, StepEvent.CONTINUE}:
        run.spent[data["subtask"]] = 0
    if event is StepEvent.REVERT:
        run.reverts[data["subtask"]] = run.reverts.get(data["subtask"], 0) + 1
    if "comment" in data:
        mark = Mark.DONE if event is StepEvent.MEET else Mark.OPEN
        word = Word(mark, entry.actor, entry.at, data["comment"])
        work.attempts[-1] = replace(work.attempts[-1], outcome=event, word=word)
    work.lease = work.lease.lasting(data.get("expires", work.lease.expires))
    if event in _FAILED:
        run.spent[data["subtask"]] = run.spent.get(data["subtask"], 0) + 1
    elif work.state not in HELD:
        work.lease = work.lease.released()


def _escalated(run: Run, entry: RunRecord) -> None:
    data = entry.data
    _work(run, entry).move(data["step"], StepEvent.ESCALATE, entry.at)
    run.escalations[data["id"]] = Escalation(
        data["id"],
        data["step"],
        data["agent"],
        data["reason"],
        entry.at,
        said=data.get("said", ""),
    )


def _commented(run: Run, entry: RunRecord) -> None:
    word = Word(Mark.OPEN, entry.actor, entry.at, entry.data["comment"])
    run.escalations[entry.data["id"]].comments.append(word)


def _resolved(run: Run, entry: RunRecord) -> None:
    data = entry.data
    found = run.escalations[data["id"]]
    found.decision, found.by = data["decision"], entry.actor
    found.resolved_at = entry.at
    _commented(run, entry)
    work = _work(run, entry)
    work.move(data["step"], StepEvent(data["decision"]), entry.at)
    work.lease = work.lease.settled()
    run.spent[data["subtask"]] = 0


def _upgraded(run: Run, entry: RunRecord) -> None:
    run.version, run.base = entry.data["version"], entry.data["base"]
    _edited(run, entry)


def _finished(run: Run, entry: RunRecord) -> None:
    run.ended, run.outcome = entry.at, entry.data["outcome"]


_HANDLERS: dict[str, Callable[[Run, RunRecord], None]] = {
    "run.edited": _edited,
    "run.refused": _refused,
    "run.passed": _passed,
    "run.taken": _taken,
    "run.submitted": _submitted,
    "run.moved": _moved,
    "run.escalated": _escalated,
    "run.commented": _commented,
    "run.resolved": _resolved,
    "run.upgraded": _upgraded,
    "run.finished": _finished,
}
RECORD_KINDS = ("run.started", *_HANDLERS)
