"""Documents of checked steps, in every dialect: phases, tasks, subtasks and steps.

It finds where each part begins and puts the parts together; what a part says is read
by the modules of the parts. No text makes it fail.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from coordinator.kernel.problems import Problem
from coordinator.kernel.text import bullets, labelled, markdown
from coordinator.kernel.text.frontmatter import FrontMatter
from coordinator.kernel.text.markdown import Line, LineKind
from coordinator.workflows.documents import (
    sections,
    step_findings,
    subtasks,
    task_files,
)
from coordinator.workflows.documents.sections import Block
from coordinator.workflows.lines import headings
from coordinator.workflows.lines.headings import Heading, HeadingPart
from coordinator.workflows.model import Document, Family, Subtask, Task

OWN = "dafnck"
BOLD_LIST = "bold-list"
TASK_FILE = "task-file"
SHORT = "short"
_STEP_KEYS = frozenset({"step_id", "subtask_id"})


@dataclass(slots=True)
class _Draft:
    """A task or subtask that is not read yet: its heading and the lines below it."""

    heading: Heading
    line: int
    lines: list[Line]
    phase: str = ""
    subtasks: list["_Draft"] = field(default_factory=list)


@dataclass(slots=True)
class _Parts:
    """A document cut into its parts; `depth` is the level of the part that is open."""

    phases: list[int] = field(default_factory=list)
    tasks: list[_Draft] = field(default_factory=list)
    rest: list[Block] = field(default_factory=list)
    phase: str = ""
    depth: int = 0

    def take(self, block: Block) -> None:
        """Put one block where it belongs."""
        heading = headings.read(block.title)
        if heading is None:
            self._take_other(block)
            return
        self.depth = block.level
        match heading.part:
            case HeadingPart.PHASE:
                self.phase = block.title
                self.phases.append(block.line)
                self.depth = 0
                self.rest.append(block)
            case HeadingPart.TASK:
                self._open(heading, block)
            case HeadingPart.SUBTASK:
                if not self.tasks:
                    self.tasks.append(_Draft(Heading(HeadingPart.TASK, 0, ""), 0, []))
                draft = _Draft(heading, block.line, block.lines)
                self.tasks[-1].subtasks.append(draft)

    def _open(self, heading: Heading, block: Block) -> None:
        self.tasks.append(_Draft(heading, block.line, block.lines, self.phase))

    def _take_other(self, block: Block) -> None:
        """A deeper heading belongs to the open part; any other ends it."""
        if not self.depth or block.level <= self.depth:
            self.depth = 0
            self.rest.append(block)
            return
        task = self.tasks[-1]
        owner = task.subtasks[-1] if task.subtasks else task
        mark = "#" * block.level
        owner.lines.append(
            Line(block.line, "", LineKind.HEADING, block.level, block.title, mark)
        )
        owner.lines.extend(block.lines)


def is_steps(lines: Sequence[Line], front: FrontMatter) -> bool:
    """Tell whether a document is of this family; cheap, for every document is asked."""
    if task_files.is_task_file(front):
        return True
    titles = (x.content for x in lines if x.kind is LineKind.HEADING)
    opened = (headings.read(x) for x in titles)
    if any(x and x.part is HeadingPart.SUBTASK for x in opened):
        return True
    said = (x.content for x in lines if x.kind is LineKind.BULLET)
    pairs = (bullets.pair_in(x) for x in said if "ID" in x)
    return any(x and bullets.key_of(x[0]) in _STEP_KEYS for x in pairs)


def parse(text: str, path: str) -> tuple[Document, tuple[Problem, ...]]:
    """Read a document of steps, whichever dialect it is in.

    `agents` are those who lead, those who support, and those who are assigned.
    """
    apart = labelled.read(text)
    front, lines = apart.front, apart.spoken
    found = _Parts()
    for block in sections.blocks(lines):
        found.take(block)
    around = sections.read(task_files.cut(found.rest))
    told = {**around.fields, **task_files.said(front)}
    named = markdown.title(lines)
    title = told.get("title") or (named.content if named else _stem(path))
    tasks = _tasks(found.tasks, told, title, next((x.number for x in lines), 1))
    outlined = labelled.sections(lines)
    opened = set(found.phases)
    phases = tuple(x for x in outlined if x.line in opened)
    fronted = task_files.agents(front)
    around.supporting[:0] = fronted[1:]
    leads = (*fronted, *around.primary, *around.supporting)
    document = Document(
        Family.STEPS,
        title,
        _dialect(found),
        tuple(told.items()),
        _everybody(leads, tasks),
        outlined,
        book=replace(around.book(), phases=phases, leads=leads[:1], tasks=tasks),
    )
    return document, (*apart.problems(path), *step_findings.find(tasks, path))


def _stem(path: str) -> str:
    return PurePosixPath(path).name.partition(".")[0]


def _tasks(
    drafts: Sequence[_Draft], told: dict[str, str], title: str, line: int
) -> tuple[Task, ...]:
    """Read the tasks; a file without a task's heading is one task as a whole."""
    whole = task_files.task(told, title, line)
    if not drafts:
        return (whole,) if whole.id else ()
    return tuple(_task(x, whole) for x in drafts)


def _task(draft: _Draft, whole: Task) -> Task:
    nodes = bullets.tree(draft.lines, subtasks.adopts)
    keyed = bullets.keyed(nodes)
    said_id = subtasks.name(subtasks.first(keyed, "id", "task_id").value)
    task = whole
    if draft.line:
        made = f"T{draft.heading.number:02}"
        task = Task(
            said_id or (f"{whole.id}-{made}" if whole.id else made),
            draft.heading.title,
            draft.line,
            draft.phase or whole.phase,
            subtasks.first(keyed, "description").written(),
            subtasks.prerequisites(keyed),
            subtasks.first(keyed, "estimated_duration", "duration").value,
        )
    return replace(task, subtasks=tuple(_subtask(x, task) for x in draft.subtasks))


def _subtask(draft: _Draft, task: Task) -> Subtask:
    number = f"S{draft.heading.number:02}"
    made = f"{task.id}-{number}" if task.id else number
    return subtasks.read(draft.lines, made, draft.heading.title, draft.line)


def _everybody(leads: Iterable[str], tasks: Sequence[Task]) -> tuple[str, ...]:
    assigned = (z for x in tasks for y in x.subtasks for z in y.agents)
    return tuple(dict.fromkeys((*leads, *assigned)))


def _dialect(found: _Parts) -> str:
    """Name the spelling that most of the document is in."""
    drafts = [y for x in found.tasks for y in x.subtasks]
    bold = sum(any(_is_bold(y) for y in x.lines) for x in drafts)
    if bold * 2 > len(drafts):
        return BOLD_LIST
    if any(x.line for x in found.tasks):
        return OWN
    is_short = any(task_files.is_prompt(x.title) for x in found.rest)
    return SHORT if is_short and not drafts else TASK_FILE


def _is_bold(line: Line) -> bool:
    return line.kind is LineKind.BULLET and "**Subtask ID" in line.content
