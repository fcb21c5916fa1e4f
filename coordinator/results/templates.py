"""Workflow documents and templates, as actions show them; shapes only."""

from typing import NotRequired

from typing_extensions import TypedDict

from coordinator.results.problems import ProblemGroup, ShownProblem


class CountedWorkflow(TypedDict):
    """An example workflow of a catalogue, in numbers."""

    title: str
    stages: int
    items: int


class InspectedDocument(TypedDict):
    """What a document holds, in numbers; what its family has none of is left out.

    Of one that cannot be read only `message` and `hint` are there, of a state file its
    `contradictions`.
    """

    path: str
    kind: str
    problems: int
    message: NotRequired[str]
    hint: NotRequired[str]
    contradictions: NotRequired[list[str]]
    title: NotRequired[str]
    dialect: NotRequired[str]
    items: NotRequired[int]
    checked: NotRequired[int]
    open: NotRequired[int]
    skipped: NotRequired[int]
    in_progress: NotRequired[int]
    optional: NotRequired[int]
    gates: NotRequired[int]
    signoffs: NotRequired[int]
    placeholders: NotRequired[int]
    phases: NotRequired[int]
    tasks: NotRequired[int]
    subtasks: NotRequired[int]
    steps: NotRequired[int]
    criteria: NotRequired[int]
    criteria_by_kind: NotRequired[dict[str, int]]
    criteria_by_class: NotRequired[dict[str, int]]
    stages: NotRequired[int]
    notes: NotRequired[int]
    bullets: NotRequired[int]
    workflows: NotRequired[list[CountedWorkflow]]
    rules: NotRequired[int]
    agent: NotRequired[str]
    actions: NotRequired[list[int]]
    fences: NotRequired[int]
    success_items: NotRequired[int]
    task_id: NotRequired[str]
    agents: NotRequired[list[str]]
    previous: NotRequired[str]
    next: NotRequired[str]
    subtask_ids: NotRequired[list[str]]


class KeptTemplate(TypedDict):
    """A version of a template, in short."""

    id: str
    version: int
    kind: str


class NamedTemplate(KeptTemplate):
    """A version of a template, and where it lies."""

    title: str
    path: str


class ImportedTemplates(NamedTemplate):
    """The first of what was imported, then all of it, and what was not."""

    next: str
    templates: list[KeptTemplate]
    problems: list[ProblemGroup]
    refused: list[ShownProblem]


class ListedTemplate(NamedTemplate):
    """A template's newest version; `workflows` can be started by name."""

    workflows: list[str]


class FoundLine(TypedDict):
    """A line of a template, and the heading that it stands below."""

    id: str
    kind: str
    path: str
    section: str
    line: int
    text: str


class TemplatesCompared(TypedDict):
    """What the second of two templates has more, and what it lacks."""

    one: str
    other: str
    added: list[str]
    removed: list[str]
