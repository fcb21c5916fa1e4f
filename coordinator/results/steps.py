"""Steps of runs, evidence for them and escalations, as actions show them; shapes only.

Times are the server's (RFC 3339, UTC), empty where there is none.
"""

from typing import Any, NotRequired

from typing_extensions import TypedDict


class ShownVerdict(TypedDict):
    """What became of one criterion; see `coordinator.workflows.judging.verdicts`."""

    criterion: str
    kind: str
    label: str
    line: int
    verdict: str
    found: str
    files: list[str]
    pattern: str
    reading: str
    near_miss: str


class VerdictInShort(TypedDict):
    """A verdict without what says nothing of it."""

    criterion: str
    kind: str
    verdict: str
    line: NotRequired[int]
    label: NotRequired[str]
    found: NotRequired[str]
    files: NotRequired[list[str]]
    pattern: NotRequired[str]
    reading: NotRequired[str]
    near_miss: NotRequired[str]


class ShownAttempt(TypedDict):
    """One submission; `evidence` is as it was sent, `comment` a maintainer's word."""

    number: int
    agent: str
    at: str
    outcome: str
    commit: str
    evidence: dict[str, Any]
    verdicts: list[ShownVerdict]
    decided_by: str
    comment: str


class AttemptBudget(TypedDict):
    """How many attempts a subtask has spent, and of how many; null: of any number."""

    used: int
    of: int | None


class CriterionInShort(TypedDict):
    """What a criterion asks; `label` and `remark` where they say more than the rest."""

    kind: str
    text: str
    line: int
    label: NotRequired[str]
    remark: NotRequired[str]


ShownCriterion = TypedDict(
    "ShownCriterion",
    {
        "kind": str,
        "label": str,
        "class": str,
        "text": str,
        "line": int,
        "remark": str,
    },
)


class ShownAddressee(TypedDict):
    """The name that a document has for an agent, and how one was found for it."""

    name: str
    how: str


class ShownFailure(TypedDict):
    """What the document does once all attempts failed, and for whom."""

    action: str
    agent: str


class NamedText(TypedDict):
    """Something that a document names, and says something of."""

    name: str
    text: str


class StepInShort(TypedDict):
    """What tells whether to take a step."""

    run: str
    kind: str
    id: str
    agent: str
    text: str
    task: str
    subtask: str
    attempts: AttemptBudget


class StepToDo(StepInShort):
    """All that whoever does a step must know; `agents` where several are meant."""

    addressed: ShownAddressee
    agents: NotRequired[list[str]]
    tool: str
    description: str
    criteria: list[CriterionInShort]
    files: list[str]
    links: list[str]
    retries_default: bool
    on_failure: ShownFailure
    fields: dict[str, str]


class StepAround(TypedDict, total=False):
    """What stands around the steps: told once, then only `note` says how to see it."""

    context: dict[str, str]
    tools: list[NamedText]
    supporting: list[str]
    note: str
    submit: str


class TakenStep(StepToDo, StepAround):
    """A step that is the caller's until `expires`; `submit` is how to show it done."""

    state: str
    holder: str
    epoch: int
    expires: str


class SubmittedStep(TypedDict):
    """Where a step stands after evidence for it; `outcome` is the run's, if it is over.

    `note` says what followed, and how commands ran.
    """

    run: str
    id: str
    state: str
    attempt: int
    attempts: AttemptBudget
    holder: str
    outcome: str
    verdicts: list[VerdictInShort]
    note: str


class ShownStep(TypedDict):
    """A step of a run: where it stands, what it asks, and all attempts.

    `seconds` is how long it was in each state.
    """

    id: str
    line: int
    command: str
    task: str
    subtask: str
    stage: str
    state: str
    holder: str
    expires: str
    criteria: list[ShownCriterion]
    attempts: list[ShownAttempt]
    waits_for: list[str]
    seconds: dict[str, float]


class StepOfRun(ShownStep):
    """A step of a run, shown alone."""

    run: str


class ShownComment(TypedDict):
    """What somebody said, and when."""

    by: str
    at: str
    comment: str


class EscalationHead(TypedDict):
    """What an escalation is about, and what was said on it.

    `addressed` is the name in the document, `agent` who bears it on the roster.
    """

    id: str
    run: str
    step: str
    agent: str
    addressed: str
    reason: str
    since: str
    state: str
    decision: str
    by: str
    comments: list[ShownComment]


class ShownEscalation(EscalationHead):
    """An escalation with all attempts, and the document's playbooks."""

    attempts: list[ShownAttempt]
    playbooks: list[NamedText]
