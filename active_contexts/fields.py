"""The fields that a context file holds, found line by line: pairs, rows, sections.

It finds what is written and where; what the words mean is judged elsewhere.
"""

import re
from dataclasses import dataclass
from enum import StrEnum, auto

from active_contexts import statements, states
from coordinator.kernel.text import labelled
from coordinator.kernel.text.labelled import Pair
from coordinator.kernel.text.markdown import Line, LineKind, is_rule

MOST_CHARACTERS = 2_000
MOST_ITEMS = 50


class ContextField(StrEnum):
    """What a context can say; `GOAL`, `WAITS`, `PROGRESS` speak where others lack."""

    STATE = auto()
    TASK = auto()
    GOAL = auto()
    BRANCH = auto()
    WORKTREE = auto()
    BLOCKERS = auto()
    WAITS = auto()
    NEXT = auto()
    NOTE = auto()
    AGENT = auto()
    PROGRESS = auto()


class Form(StrEnum):
    """How a value is written, which decides how it can be replaced."""

    PAIR = auto()
    ROW = auto()
    SECTION = auto()
    STATEMENT = auto()
    FRONT = auto()


@dataclass(frozen=True, slots=True)
class HeldFields:
    """A field's value: where it starts, in which form, and below which key.

    `items` are the bullets of a section; a single value has none.
    """

    value: str
    line: int
    form: Form
    key: str = ""
    items: tuple[str, ...] = ()


_NAMES = {
    ContextField.STATE: "state, status, current state, current status, overall "
    "status, agent status, agent state, work status, task status, my status",
    ContextField.TASK: "task, current task, active task, current tasks, active tasks, "
    "current work, active work, working on, currently working on, doing, in progress, "
    "now working on, task name, task title, currently, assignment, current assignment",
    ContextField.GOAL: "goal, objective, current focus, focus, feature, current "
    "objective, current goal, story, ticket, issue",
    ContextField.BRANCH: "branch, git branch, current branch, feature branch, working "
    "branch, branch name",
    ContextField.WORKTREE: "worktree, work tree, git worktree, current worktree, "
    "worktree path, working directory, working dir",
    ContextField.BLOCKERS: "blockers, blocker, blocked, blocked by, blocked on, "
    "current blockers, known blockers, active blockers, open blockers, blocking, "
    "blocking issues, impediments, blockers open questions, blockers and open "
    "questions, blockers issues, blockers and issues, issues blockers",
    ContextField.WAITS: "waiting, waiting for, waiting on, awaiting, waits for",
    ContextField.NEXT: "next, next step, next steps, next up, up next, next action, "
    "next actions, next task, next tasks, what s next, what comes next, coming next",
    ContextField.NOTE: "note, notes, comment, comments, remark, remarks, summary, "
    "details",
    ContextField.AGENT: "agent, agent name, name, agent id",
    ContextField.PROGRESS: "progress, completion, percent complete, complete",
}
_FIELDS = {name: field for field, names in _NAMES.items() for name in names.split(", ")}

_NOT_IN_KEY = re.compile(r"[\W_]+")
_WRAPS = ("***", "**", "__", "`", "*", "_", '"', "'")


def field_of(key: str) -> ContextField | None:
    """Return the field that a key or heading names: `Blocked by`, `next_steps`."""
    if len(key) > MOST_CHARACTERS:
        return None
    return _FIELDS.get(_NOT_IN_KEY.sub(" ", key).strip().lower())


def plain(text: str) -> str:
    """Return the text without the marks around all of it, on one line, bounded."""
    text = text[: 2 * MOST_CHARACTERS].strip()
    for mark in _WRAPS:
        inner = text[len(mark) : -len(mark)]
        if text == f"{mark}{inner}{mark}" and inner and mark not in inner:
            text = inner.strip()
    return " ".join(text.split())[:MOST_CHARACTERS]


def find_pair(text: str) -> tuple[ContextField, Pair] | None:
    """Return the field that a line `Key: value` says, and the pair that it is."""
    pair = labelled.pair(text)
    field = field_of(pair.label) if pair and not pair.aside else None
    return (field, pair) if pair and field else None


def read(lines: list[Line]) -> dict[ContextField, HeldFields]:
    """Return what the body says; of two values for a field, the later one."""
    reader = _ContextReader(lines)
    for index in range(len(lines)):
        reader.take(index)
    reader.close()
    return reader.found


class _ContextReader:
    """Walks the lines once; knows which section, and which list, it stands in."""

    def __init__(self, lines: list[Line]) -> None:
        self.found: dict[ContextField, HeldFields] = {}
        self._lines = lines
        self._last = max((x.number for x in lines if x.text.strip()), default=0)
        self._preamble = True
        self._has_head = False
        self._bulleted = False
        self._indent: int | None = None
        self._section: _Section | None = None

    def take(self, index: int) -> None:
        line = self._lines[index]
        self._bulleted = line.kind is LineKind.BULLET
        match line.kind:
            case LineKind.CODE | LineKind.FENCE:
                return
            case LineKind.BLANK:
                self._blank()
            case LineKind.HEADING:
                self._heading(line)
            case _ if is_rule(line.text):
                self.close()
                self._preamble = False
            case _ if line.text.lstrip().startswith("|"):
                self._row(index)
            case _:
                self._words(line)

    def close(self) -> None:
        """End the section that is open, and keep what it held."""
        section, self._section = self._section, None
        if section and (held := section.held()):
            self.found[section.field] = held

    def _hold(self, field: ContextField, held: HeldFields) -> None:
        if field is ContextField.STATE and not self._may_say_state(held):
            return
        self.found[field] = held
        if field is ContextField.STATE and self._preamble:
            self._has_head = states.find(held.value) is not None

    def _may_say_state(self, held: HeldFields) -> bool:
        """Tell whether it speaks for the whole, and not for the part it stands in.

        Where the head, or a section named so, says it, another pair is about a part.
        What was appended last, as a shell does it, is always heard.
        """
        if self._preamble or ContextField.STATE not in self.found:
            return True
        is_known = states.find(held.value) is not None
        is_last = held.line == self._last
        is_plain = self._lines[held.line - self._lines[0].number].text[:1].isalpha()
        if self._has_head and held.form is Form.PAIR and not (is_last and is_plain):
            return False
        return not self._bulleted and (is_known or is_last)

    def _blank(self) -> None:
        if self._section:
            self._section.blank()

    def _heading(self, line: Line) -> None:
        self.close()
        self._indent = None
        if self._pair(line):
            return
        field = field_of(statements.without_role(line.content)[1])
        self._preamble = line.level == 1 or field is ContextField.STATE
        self._open(field, line, line.content)

    def _open(self, field: ContextField | None, line: Line, key: str) -> None:
        heading = line.kind is LineKind.HEADING
        if field and not (heading and field is ContextField.STATE):
            self._section = _Section(field, line.number, key, heading=heading)

    def _row(self, index: int) -> None:
        line = self._lines[index]
        spans = labelled.spans(line.text)
        if len(spans) != 2:  # noqa: PLR2004 - a key and its value
            return
        key, value = (plain(line.text[a:b]) for a, b in spans)
        field = field_of(key)
        if field and value and (states.find(value) or not self._heads_table(index)):
            value = value.replace("\\|", "|")
            self._hold(field, HeldFields(value, line.number, Form.ROW, key))

    def _heads_table(self, index: int) -> bool:
        below = self._lines[index + 1 : index + 2]
        return bool(below) and labelled.is_delimiter(below[0].text)

    def _words(self, line: Line) -> None:
        nested = self._nested(line)
        if not nested and self._pair(line):
            return
        if not nested and self._bold_heading(line):
            return
        if self._section and self._section.take(line, nested=nested):
            return
        if self._section and not self._section.heading:
            self.close()
        bare = line.kind is LineKind.TEXT
        if bare or (self._preamble and not nested and not line.box):
            self._statement(line)

    def _nested(self, line: Line) -> bool:
        """Tell whether a bullet belongs to one above it."""
        if line.kind is not LineKind.BULLET:
            self._indent = None
            return False
        if self._indent is None:
            self._indent = line.level
        self._indent = min(self._indent, line.level)
        return line.level > self._indent

    def _pair(self, line: Line) -> bool:
        pair = find_pair(line.text)
        if pair is None:
            return False
        self.close()
        field, found = pair
        if value := plain(found.value):
            self._hold(field, HeldFields(value, line.number, Form.PAIR, found.label))
        else:
            self._open(field, line, found.label)
        return True

    def _bold_heading(self, line: Line) -> bool:
        text = line.content
        if line.kind is not LineKind.TEXT or not text.startswith(("**", "__")):
            return False
        field = field_of(text) if text.endswith(("**", "__")) else None
        if field is None:
            return False
        self.close()
        self._open(field, line, text)
        return True

    def _statement(self, line: Line) -> None:
        heard = self._preamble or line.number == self._last
        if not heard and not statements.may_be_dated(line.content):
            return
        said = statements.read(line.content)
        if not said or not (heard or said.moment):
            return
        self._hold(
            ContextField.STATE, HeldFields(said.state, line.number, Form.STATEMENT)
        )
        if said.agent:
            self._hold(
                ContextField.AGENT, HeldFields(said.agent, line.number, Form.STATEMENT)
            )
        if said.note:
            self._hold(
                ContextField.NOTE, HeldFields(said.note, line.number, Form.STATEMENT)
            )


class _Section:
    """What stands below a heading, or below a key without a value."""

    def __init__(
        self, field: ContextField, line: int, key: str, *, heading: bool
    ) -> None:
        self.field = field
        self.heading = heading
        self._line = line
        self._key = key
        self._texts: list[str] = []
        self._items: list[str] = []
        self._settled = self._gap = False

    def blank(self) -> None:
        self._gap = True
        self._settled = bool(self._texts)

    def take(self, line: Line, *, nested: bool) -> bool:
        """Keep the line if it belongs here; a ticked box is over and done with."""
        begun = bool(self._texts or self._items)
        if not self.heading and begun and self._gap:
            return False
        self._gap = False
        if line.kind is LineKind.BULLET:
            wanted = not nested and line.box in {"", " "}
            if wanted and len(self._items) < MOST_ITEMS:
                self._items.append(plain(line.content))
            return True
        if self._items and not line.text[0].isspace():
            return False
        if not self._settled and not self._items:
            self._texts.append(line.content)
        return True

    def held(self) -> HeldFields | None:
        items = tuple(x for x in self._items if x)
        text = plain(" ".join(self._texts)[: 2 * MOST_CHARACTERS])
        if not items and not text:
            return None
        value = text or "; ".join(items)[:MOST_CHARACTERS]
        return HeldFields(value, self._line, Form.SECTION, self._key, items)
