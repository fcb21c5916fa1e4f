"""Runs and their items, as actions show them: shapes, and how a gate gets one.

Times are the server's (RFC 3339, UTC), empty where there is none.
"""

from typing import NotRequired

from typing_extensions import TypedDict

from coordinator.results.problems import ShownProblem
from coordinator.results.steps import (
    AttemptBudget,
    EscalationHead,
    ShownComment,
    ShownEscalation,
    ShownStep,
    VerdictInShort,
)
from coordinator.workflows.runs.loaded_run import Gate


class ShownGate(TypedDict):
    """A gate that waits: of which kind, since when, and in whose run."""

    run: str
    item: str
    kind: str
    text: str
    agent: str
    since: str


def gate(found: Gate) -> ShownGate:
    """Return a gate as it is shown."""
    return {
        "run": found.run,
        "item": found.item,
        "kind": found.kind,
        "text": found.text,
        "agent": found.agent,
        "since": found.since,
    }


class BegunRun(TypedDict):
    """A run that was started; `unfilled` are placeholders that keep it waiting.

    `unused` are values that were given for none.
    """

    id: str
    template: str
    version: int
    kind: str
    agent: str
    path: str
    state: str
    unfilled: list[str]
    unused: list[str]
    next: str


class RunLine(TypedDict):
    """Where a run stands, how far it is, and which gates it waits for."""

    id: str
    template: str
    version: int
    kind: str
    title: str
    agent: str
    state: str
    done: int
    total: int
    started: str
    changed: str
    ended: str
    path: str
    waits_for: list[str]


class RunInShort(RunLine):
    """A run in a line, with the ids of its open escalations."""

    escalations: list[str]


class ItemInShort(TypedDict):
    """An item of a run, and who did what to it last."""

    id: str
    text: str
    state: str
    by: str
    at: str
    comment: str


class ListedRunItem(ItemInShort):
    """An item with what it is, and where it stands."""

    optional: bool
    role: str
    phase: str
    group: str
    parent: str
    line: int


class ItemOfRun(ListedRunItem):
    """An item shown alone, with the text `below` it."""

    run: str
    below: str


class RefusedEdit(TypedDict):
    """A change of the living copy that was put back; `open` until something holds."""

    item: str
    line: int
    code: str
    reason: str
    actor: str
    at: str
    open: bool


class ShownNote(TypedDict):
    """What somebody wrote into a place for notes."""

    text: str
    agent: str
    at: str


class ShownEntry(TypedDict):
    """A line of a list that names a thing and says something of it."""

    name: str
    text: str
    line: int


class ShownPartner(TypedDict):
    """Who is to be told about what; `agent` is who bears the name on the roster."""

    name: str
    agent: str
    about: str


class ShownRun(RunLine):
    """All that is known of a run."""

    escalations: list[ShownEscalation]
    items: list[ListedRunItem]
    steps: list[ShownStep]
    gates: list[ShownGate]
    passed: dict[str, ShownComment]
    unfilled: list[str]
    refused: list[RefusedEdit]
    problems: list[ShownProblem]
    notes: list[ShownNote]
    fields: dict[str, str]
    prose: dict[str, str]
    tools: list[ShownEntry]
    supporting: list[str]
    uncovered: list[str]
    partners: list[ShownPartner]


class TickedItem(TypedDict):
    """Where an item stands now, and how far its run is.

    `outcome` is the run's, if it is over; `told` what was written back elsewhere.
    """

    run: str
    item: str
    text: str
    state: str
    line: int
    done: int
    total: int
    outcome: str
    told: NotRequired[str]


class JudgedItem(TickedItem):
    """An item that was ticked by figures, and the verdict on them."""

    id: str
    verdict: str
    found: str


class PassedBox(TickedItem):
    """A gate that is a box, passed."""

    passed: bool


class PassedGate(TypedDict):
    """A gate of steps that was passed, by whom."""

    run: str
    item: str
    passed: bool
    by: str
    at: str
    outcome: str


class RejectedEvidence(TypedDict):
    """Evidence that a maintainer rejected, and where its step stands now."""

    run: str
    item: str
    passed: bool
    state: str
    note: str
    outcome: str


UpgradedRun = TypedDict(
    "UpgradedRun",
    {
        "id": str,
        "from": int,
        "to": int,
        "changed": bool,
        "conflicts": int,
        "not_taken": list[str],
        "removed": list[str],
    },
)


class NextThing(TypedDict):
    """Something to do now: a step in hand or free (`task` …), or an item (`phase` …).

    `unmet` is what the last attempt lacked, `comment` a maintainer's word on it.
    """

    run: str
    kind: str
    id: str
    agent: str
    text: str
    task: NotRequired[str]
    subtask: NotRequired[str]
    attempts: NotRequired[AttemptBudget]
    state: NotRequired[str]
    expires: NotRequired[str]
    unmet: NotRequired[list[VerdictInShort]]
    comment: NotRequired[str]
    phase: NotRequired[str]
    group: NotRequired[str]


class WaitingThing(TypedDict):
    """Something that waits: why, for whom, and the command that brings it on."""

    run: str
    why: str
    item: str
    text: str
    who: str
    command: str


class ShownNext(TypedDict):
    """What may be done now, and why the rest waits."""

    steps: list[NextThing]
    waiting: list[WaitingThing]


class ItemByWhom(TypedDict):
    """By whom something was passed, and when."""

    by: str
    at: str


class RecordedMove(TypedDict):
    """A state of a step, and when it began."""

    state: str
    at: str


class RecordedAttempt(TypedDict):
    """One submission; `evidence` is the file that shows it."""

    number: int
    agent: str
    at: str
    outcome: str
    evidence: str


class RecordedStep(TypedDict):
    """A step as its records make it, whatever the time is."""

    id: str
    state: str
    holder: str
    moves: list[RecordedMove]
    attempts: list[RecordedAttempt]


class RecordedRun(RunLine):
    """A run as its records make it: `record.json` beside its living copy."""

    escalations: list[EscalationHead]
    items: list[ItemInShort]
    steps: list[RecordedStep]
    passed: dict[str, ItemByWhom]
