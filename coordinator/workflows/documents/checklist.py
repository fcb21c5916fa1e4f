"""Checklists: items in phases and groups, notes, placeholders, gates and decisions.

It reports what stands there; whether an item may be ticked is judged elsewhere.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from coordinator.kernel.text.labelled import Section
from coordinator.kernel.text.markdown import Line, LineKind
from coordinator.workflows.lines import boxes
from coordinator.workflows.marks import Meaning, Reading, Signs
from coordinator.workflows.model import Checklist, Item, Note, Placeholder, Role

_USUAL = Signs()
_GROUP_LEVEL = 4
_LONGEST_HEADING = 200  # that is looked into; a long one would take quadratic time
_NOTE = re.compile(r"\**(?:Notes|Findings)(?:\**:|:\**)\**[ \t]*(.*)\Z", re.IGNORECASE)
_DECISIONS = re.compile(r"[*_]*key decisions\b", re.IGNORECASE)
_PAUSE = re.compile(r"\bPAUSE\b")
_CHECK_IN = re.compile(
    r"\bcheck[- ]in with (?:the |your )?(?:user|human|maintainer|client|owner)\b",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(r"\buser sign[- ]?off\b", re.IGNORECASE)
# Other words that ask for a person's: read so since a run keeps its own reading.
_ASKED = re.compile(
    r"\b(?:ask|get|obtain|request|await|wait for)\b.{0,30}\b(?:sign[- ]?off|approval)\b"
    r"|\bsign[- ]?off (?:by|from) (?:the |a )?(?:user|human|maintainer|owner|client)\b"
    r"|\bstop and ask the (?:user|human|maintainer)\b|\buser manual verification\b",
    re.IGNORECASE,
)
_TRACKING = re.compile(r"\bupdate task tracking\b", re.IGNORECASE)
# Whole runs of backticks only (CommonMark 6.1): tried in part, a long one takes
# quadratic time.
_CODE_SPAN = re.compile(r"(?<!`)(`++)[^`]++\1(?!`)")
# A capital word in brackets that is no link, no footnote and no tag such as `[US1]`.
_PLACEHOLDER = re.compile(r"(?<!\*\*)\[ ?([A-Z][^\[\]\n]{0,80}?) ?\](?![(\[:])")
# A heading that asks for a person's word on all that stands below it.
_PERSON = r"(?:the |a |your )?(?:human|user|maintainer|owner|client|customer)(?:'?s)?"
_WORD = r"(?:sign[- ]?offs?|approvals?)"
_ASKING = re.compile(
    rf"\W*(?:[\d.]+ )?(?:\w+ )?(?:{_PERSON} )?{_WORD}"
    rf"(?: required| (?:by|from) .*)?(?: \(.*\))?\W*\Z"
    rf"|.*\b(?:needs?|requires?|awaiting|waits? for|pending) {_PERSON} {_WORD}\b"
    r"|.*\b(?:human only|by (?:a |the )?(?:human|maintainer))\b",
    re.IGNORECASE,
)
# What ends a paragraph although it is text, as far as a line can tell.
_NO_PARAGRAPH = ("|", ">", "<!--", "=======")
# Values in a row, such as `[To Do, Done]`: nothing is to be written over them.
_LISTED = re.compile(r"[A-Z][\w-]*(?: [A-Z][\w-]*)?(?:, [A-Z][\w-]*(?: [A-Z][\w-]*)?)+")
_OPTIONAL = re.compile(r"[(\[]optional\b[^()\[\]]{0,60}[)\]]", re.IGNORECASE)
_FREE = {"notes", "findings"}
_TAGS = {"optional", "required", "recommended", "todo", "done", "blocked"}
_PHASE = re.compile(
    r"\bphase\b|\A(?:\d+[.)] *)?(?:testing|completion)\Z", re.IGNORECASE
)


@dataclass(slots=True)
class _ChecklistReader:
    """What was read so far, and where in the document the next line stands.

    `asking` is the level of the heading above that asks for a person's word, 0: none
    does; `wrapped` is the last line of the last item's text, `more` what goes on with
    it, which is taken in once it has ended.
    """

    signs: Signs
    items: list[Item] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    placeholders: list[Placeholder] = field(default_factory=list)
    decisions: list[Note] = field(default_factory=list)
    open: list[tuple[int, int]] = field(default_factory=list)
    phase: str = ""
    section: int = 0
    group: str = ""
    in_decisions: bool = False
    noted: tuple[int, int] = (-1, 0)  # the last line of the last note, and its indent
    asking: int = 0
    wrapped: int = -1
    more: list[str] = field(default_factory=list)

    def heading(self, line: Line) -> None:
        """Enter a section; a deep heading is a group of the phase that it is in."""
        self.open.clear()
        self.in_decisions = bool(_DECISIONS.match(line.content))
        if not self.asking or line.level <= self.asking:
            is_short = len(line.content) <= _LONGEST_HEADING
            asks = self.is_whole and is_short and _ASKING.match(line.content)
            self.asking = line.level if asks else 0
        if line.level >= _GROUP_LEVEL and self.phase:
            self.group = line.content
        else:
            self.phase, self.section, self.group = line.content, line.number, ""

    @property
    def is_whole(self) -> bool:
        """Tell whether it is read as we read today."""
        return self.signs.reading is not Reading.FIRST

    def find(self, line: Line) -> boxes.Box | None:
        """Return the line's box; a letter is a sign only where it follows other boxes.

        Elsewhere it is a tag, such as `[P]`.
        """
        if line.number in self.signs.lines:
            return None
        box = boxes.find(line, self.signs)
        if box is None or box.meaning or not box.sign.isalpha():
            return box
        here = (place for level, place in self.open if level == box.level)
        return box if any(x >= 0 for x in here) else None

    def item(self, line: Line, box: boxes.Box) -> None:
        """Take an item in, below the last line of a smaller indent."""
        parent = self._parent(box.level)
        is_part = parent >= 0 and self.items[parent].is_optional
        self.items.append(
            Item(
                line=line.number,
                text=box.text,
                mark=box.mark,
                level=box.level,
                parent=parent,
                phase=self.phase,
                section=self.section,
                group=self._group_of(parent),
                role=self._role(box.text),
                is_bare=box.is_bare,
                is_begun=box.meaning is Meaning.BEGUN and self.is_whole,
                is_optional=box.is_optional or is_part or self._is_optional(box.text),
                is_known=box.meaning is not None,
            )
        )
        self.wrapped = line.number
        self.open.append((box.level, len(self.items) - 1))
        if self.in_decisions and box.text:
            self.decisions.append(Note(line.number, box.text, self.phase))

    def _is_optional(self, text: str) -> bool:
        return self.is_whole and _OPTIONAL.search(text) is not None

    def _role(self, text: str) -> Role:
        if self.in_decisions:
            return Role.DECISION
        role = _role(text)
        asks = self.asking or (self.is_whole and _ASKED.search(text))
        return Role.PAUSE if asks and role is Role.WORK and text else role

    def wraps(self, line: Line) -> bool:
        """Keep the next line of an item's paragraph, which is indented below it."""
        is_next = self.is_whole and line.number == self.wrapped + 1
        if not is_next or line.kind is not LineKind.TEXT:
            return False
        indent = len(line.text[: -len(line.text.lstrip())].expandtabs(4))
        is_other = _NOTE.match(line.content) or _DECISIONS.match(line.content)
        if is_other or line.content.startswith(_NO_PARAGRAPH) or self.find(line):
            return False
        if indent <= self.items[-1].level:
            return False
        self.more.append(line.content)
        self.wrapped = line.number
        return True

    def settle(self) -> None:
        """Give the last item all the words of its paragraph, which has ended."""
        if not self.more:
            return
        last = self.items[-1]
        text = " ".join([last.text, *self.more]).strip()
        self.more.clear()
        self.items[-1] = replace(
            last,
            text=text,
            role=self._role(text),
            head=last.head or last.text,
            is_optional=last.is_optional or self._is_optional(text),
        )
        if self.in_decisions and last.text:
            self.decisions[-1] = replace(self.decisions[-1], text=text)

    def lowest_asked(self) -> tuple[Item, ...]:
        """Return the items; a heading asks for a word on those with none below them."""
        if self.is_whole:
            for place in {x.parent for x in self.items if x.parent >= 0}:
                item = self.items[place]
                if item.role is Role.PAUSE:
                    self.items[place] = replace(item, role=_role(item.text))
        return tuple(self.items)

    def _parent(self, level: int) -> int:
        while self.open and self.open[-1][0] >= level:
            self.open.pop()
        return self.open[-1][1] if self.open else -1

    def _group_of(self, parent: int) -> str:
        if self.group or parent < 0:
            return self.group
        return self.items[parent].group or self.items[parent].text

    def bullet(self, line: Line) -> None:
        """Take in a list entry without a box: items below it are not the last one's."""
        self._parent(line.level)
        self.open.append((line.level, -1))
        if self.in_decisions and line.content:
            self.decisions.append(Note(line.number, line.content, self.phase))

    def note(self, line: Line, text: str) -> None:
        """Take in a place for notes, of the group before it."""
        group = self.group
        if not group and self.items and self.items[-1].section == self.section:
            group = self._group_of(len(self.items) - 1)
        self.notes.append(Note(line.number, text, self.phase, group))
        self.noted = line.number, line.level

    def goes_on(self, line: Line) -> bool:
        """Take in the next line of a note: more text, or bullets below it."""
        number, level = self.noted
        is_text = line.kind is LineKind.TEXT and line.text[:1].isspace()
        is_bullet = line.kind is LineKind.BULLET and line.level > level
        if line.number != number + 1 or not (is_text or is_bullet):
            return False
        last = self.notes[-1]
        text = f"{last.text}\n{line.text.strip()}".strip()
        self.notes[-1] = replace(last, text=text)
        self.noted = line.number, level
        return True


def parse(
    lines: Sequence[Line], sections: Sequence[Section], signs: Signs = _USUAL
) -> Checklist:
    """Read all boxes and what belongs to them; lines inside fences are none."""
    reader = _ChecklistReader(signs)
    for line in lines:
        if line.kind in {LineKind.BLANK, LineKind.FENCE, LineKind.CODE}:
            continue
        is_note = _read(reader, line)
        for text in placeholders(line.text):
            is_free = is_note or reader.in_decisions or text.lower() in _FREE
            reader.placeholders.append(Placeholder(line.number, text, not is_free))
    reader.settle()
    items = reader.lowest_asked()
    held = {x.section for x in items}
    return Checklist(
        items=items,
        phases=tuple(x for x in sections if x.line in held),
        notes=tuple(reader.notes),
        placeholders=tuple(reader.placeholders),
        decisions=tuple(reader.decisions),
        signs=signs,
    )


def _read(reader: _ChecklistReader, line: Line) -> bool:
    """Read one line; tell whether it is a place for notes."""
    if reader.wraps(line):
        return False
    reader.settle()
    if line.kind is LineKind.HEADING:
        reader.heading(line)
    elif box := reader.find(line):
        reader.item(line, box)
    elif note := _NOTE.match(line.content):
        reader.note(line, note[1].strip())
        return True
    elif reader.goes_on(line):
        return True
    elif line.kind is LineKind.BULLET:
        reader.bullet(line)
    elif _DECISIONS.match(line.content):
        reader.in_decisions = True
    return False


def _role(text: str) -> Role:
    if _PAUSE.search(text) or _CHECK_IN.search(text):
        return Role.PAUSE
    if _SIGN_OFF.search(text):
        return Role.SIGN_OFF
    return Role.TRACKING if _TRACKING.search(text) else Role.WORK


def placeholders(text: str) -> Iterator[str]:
    """Yield what stands in brackets to be replaced, without brackets and blanks."""
    if "[" not in text:
        return
    bare = _CODE_SPAN.sub("", text)
    for match in _PLACEHOLDER.finditer(bare):
        said = match[1].strip()
        if not said.isupper() and not _is_tag(said) and not _LISTED.fullmatch(said):
            yield said


def _is_tag(text: str) -> bool:
    return len(text) == 1 or text.lower() in _TAGS


def is_named_phase(section: Section) -> bool:
    """Tell whether the heading names a phase (`… Phase`, `Testing`, `Completion`)."""
    return bool(_PHASE.search(section.title))
