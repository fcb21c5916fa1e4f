"""Workflow documents as values: what the families of documents say, line by line.

It reads no text and judges nothing. Every `line` counts from 1 in the whole file.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from coordinator.kernel.text.labelled import Section
from coordinator.workflows.marks import Mark, Signs


class Family(StrEnum):
    """The families: ticked boxes, stages, an agent's own steps, checked steps."""

    CHECKLIST = "checklist"
    CATALOGUE = "catalogue"
    AGENT = "agent-workflow"
    STEPS = "steps"


class Role(StrEnum):
    """What an item asks for: work, a person's word, a record elsewhere, a decision."""

    WORK = "work"
    PAUSE = "pause"
    SIGN_OFF = "sign-off"
    TRACKING = "tracking"
    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Item:
    """One box; `parent` is the place of its parent in the list of items, -1: none.

    `level` is the indent in columns; `phase` and `group` are names, empty where none;
    `section` is the line of the heading that `phase` stands in, 0 where none does.
    `is_known` is false for a sign that nobody explains; `head` are the words of the
    item's first line, where there are more.
    """

    line: int
    text: str
    mark: Mark
    level: int = 0
    parent: int = -1
    phase: str = ""
    section: int = 0
    group: str = ""
    role: Role = Role.WORK
    is_bare: bool = False
    is_begun: bool = False
    is_optional: bool = False
    is_known: bool = True
    head: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A place for notes, of a group or else of a phase; `text` as it stands there."""

    line: int
    text: str
    phase: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Text in brackets that somebody must replace; one in a note need not be."""

    line: int
    text: str
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Checklist:
    """Everything that boxes, notes and brackets say, each in the order of lines.

    `phases` are the sections that hold items; `decisions` what was written below "Key
    decisions".
    """

    items: tuple[Item, ...] = ()
    phases: tuple[Section, ...] = ()
    notes: tuple[Note, ...] = ()
    placeholders: tuple[Placeholder, ...] = ()
    decisions: tuple[Note, ...] = ()
    signs: Signs = field(default_factory=Signs)


class Criteria(StrEnum):
    """The kinds of criteria, by the label that they bear in the documents."""

    EXIT_CODE = "Exit Code"
    FILE_EXISTS = "File Exists"
    FILE_MATCHES = "File Content Matches"
    OUTPUT_CONTAINS = "Output Contains"
    HTTP_RESPONSE = "HTTP Response"
    TEST_PASSES = "Unit Test Pass"
    FILE_CONTAINS = "File Content Contains"
    FILE_CHANGED = "File Changed"
    FOLDER_EXISTS = "Directory Exists"
    JSON_VALID = "JSON Valid"
    NUMBER = "Number"
    ATTESTED = "Attested"


class Class(StrEnum):
    """What a criterion is judged from: files, submitted evidence, a person's word."""

    FILES = "files"
    EVIDENCE = "evidence"
    ATTESTED = "attested"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A number that is asked for: `coverage > 80 %`; `operator` is < <= > >= or ==."""

    name: str
    operator: str
    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion of a step, a subtask or a document.

    `label` and `text` are as written, without the mark-up. `values` are alternatives
    (`or`): paths, patterns, texts, `METHOD url` or the name of a test suite, by kind;
    any one of them meets the criterion. `parts` are of the same kind, instead of
    `values`: all of them must be there. `files` are the files that it names itself.
    `expected` is an exit code or an HTTP status, None where none is named. `remark` is
    what no program can check ("or equivalent", "with at least 20 contacts"): a person
    must vouch for it. `is_pattern` tells a pattern from literal text.
    `alternatives` are criteria, any one of which meets this one; `kind` is the first's.
    """

    kind: Criteria
    text: str
    line: int
    label: str = ""
    values: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    expected: int | None = None
    comparison: Comparison | None = None
    remark: str = ""
    is_pattern: bool = False
    parts: tuple[str, ...] = ()
    alternatives: tuple["Criterion", ...] = ()

    @property
    def judged_from(self) -> Class:
        """The class of the criterion."""
        return _JUDGED_FROM[self.kind]


_JUDGED_FROM = {
    Criteria.EXIT_CODE: Class.EVIDENCE,
    Criteria.FILE_EXISTS: Class.FILES,
    Criteria.FILE_MATCHES: Class.FILES,
    Criteria.OUTPUT_CONTAINS: Class.EVIDENCE,
    Criteria.HTTP_RESPONSE: Class.EVIDENCE,
    Criteria.TEST_PASSES: Class.EVIDENCE,
    Criteria.FILE_CONTAINS: Class.FILES,
    Criteria.FILE_CHANGED: Class.FILES,
    Criteria.FOLDER_EXISTS: Class.FILES,
    Criteria.JSON_VALID: Class.FILES,
    Criteria.NUMBER: Class.EVIDENCE,
    Criteria.ATTESTED: Class.ATTESTED,
}


class Needs(StrEnum):
    """What a prerequisite wants of the thing that it names."""

    SUCCEEDED = "succeeded"
    STARTED = "started"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """What must be before: an id of this file or of another, or free text (`WORD`)."""

    text: str
    line: int
    id: str = ""
    needs: Needs = Needs.SUCCEEDED


class Failure(StrEnum):
    """What happens once all attempts failed; the documents' words in lower case."""

    ESCALATE = "escalate-to-human"
    NOTIFY = "notify-and-continue"
    REVERT = "revert-state"


@dataclass(frozen=True, slots=True)
class OnFailure:
    """What happens after the last attempt; `agent` without the `@`, `text` as written.

    `is_default` tells that the document says nothing, or nothing understood.
    """

    action: Failure = Failure.ESCALATE
    agent: str = ""
    text: str = ""
    is_default: bool = True


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a document; `target` as written, `mdc:` and all."""

    title: str
    target: str
    line: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step; its `command` is prose and is never run.

    `fields` holds the other keys as written (agent prompt, verification steps …).
    """

    id: str
    line: int
    command: str = ""
    tool: str = ""
    description: str = ""
    criteria: tuple[Criterion, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Subtask:
    """Steps that share an agent, a budget of retries and prerequisites.

    `retries` is None where the document names no number; `criteria` are those of the
    subtask as a whole; `fields` holds the other keys as written (final success
    criteria, integration points, next subtask …).
    """

    id: str
    title: str
    line: int
    description: str = ""
    prerequisites: tuple[Prerequisite, ...] = ()
    agents: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    retries: int | None = None
    on_failure: OnFailure = OnFailure()
    steps: tuple[Step, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    criteria: tuple[Criterion, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """Subtasks with prerequisites in common; `phase` is the phase's title."""

    id: str
    title: str
    line: int
    phase: str = ""
    description: str = ""
    prerequisites: tuple[Prerequisite, ...] = ()
    duration: str = ""
    subtasks: tuple[Subtask, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedEntry:
    """One line of a list that names a thing and says something of it."""

    name: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class StepBook:
    """A document of steps and all that stands around them.

    `phases` are titles; `artifacts` are criteria of the whole document; `prose` holds
    the other sections' text by title, in order, as written.
    """

    phases: tuple[Section, ...] = ()
    leads: tuple[str, ...] = ()
    tasks: tuple[Task, ...] = ()
    gates: tuple[NamedEntry, ...] = ()
    artifacts: tuple[Criterion, ...] = ()
    rollbacks: tuple[NamedEntry, ...] = ()
    metrics: tuple[Criterion, ...] = ()
    supporting: tuple[str, ...] = ()
    tools: tuple[NamedEntry, ...] = ()
    prose: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a catalogue with its bullets."""

    title: str
    line: int
    items: tuple[NamedEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class StageWorkflow:
    """One example workflow of a catalogue."""

    title: str
    line: int
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A framework of stages, example workflows, and rules for how to communicate."""

    role: str
    stages: tuple[Stage, ...] = ()
    workflows: tuple[StageWorkflow, ...] = ()
    rules: tuple[NamedEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Procedure:
    """One step of an agent's workflow: objective, actions, what is to come of it.

    The text of an action is what stands below it, line by line, fences and all.
    """

    title: str
    line: int
    objective: str = ""
    actions: tuple[NamedEntry, ...] = ()
    expected: tuple[NamedEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentWorkflow:
    """An agent's way of working; `identity` holds its bold fields as written.

    `partners` are the integration points: with whom about what. `success` are the
    success boxes as criteria, those with numbers as comparisons.
    """

    identity: tuple[tuple[str, str], ...] = ()
    procedures: tuple[Procedure, ...] = ()
    partners: tuple[NamedEntry, ...] = ()
    success: tuple[Criterion, ...] = ()
    fences: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """One workflow document of any family; the parts of other families are empty.

    `dialect` tells spellings of one family apart. `fields` holds the metadata as
    written, keys in lower case with `_` for spaces and dashes.
    """

    kind: Family
    title: str
    dialect: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    agents: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    checklist: Checklist = Checklist()
    book: StepBook = StepBook()
    catalogue: Catalogue = Catalogue("")
    workflow: AgentWorkflow = AgentWorkflow()

    def said(self, *keys: str) -> str:
        """Return the first of these fields that is there, or an empty string."""
        known = dict(self.fields)
        return next((known[x] for x in keys if known.get(x)), "")
