"""The labelled fields in an identity's Markdown: bold labels and headings.

It knows which labels mean what and where a field ends; it makes no identity.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from coordinator.kernel.text import names
from coordinator.kernel.text.markdown import Line, LineKind

SCALARS = (
    "name",
    "title",
    "role",
    "description",
    "personality",
    "focus",
    "repository",
    "prefix",
    "user",
)
LISTS = ("responsibilities", "paths", "partners", "capabilities", "tools")
_OTHER_WORDS = {
    "role-definition": "role",
    "purpose": "description",
    "mission": "description",
    "focus-area": "focus",
    "focus-areas": "focus",
    "domain-authority": "focus",
    "repo": "repository",
    "repositories": "repository",
    "repository-focus": "repository",
    "branch-prefix": "prefix",
    "unix-user": "user",
    "responsibility": "responsibilities",
    "duties": "responsibilities",
    "owned-paths": "paths",
    "collaborators": "partners",
    "frequent-collaborators": "partners",
    "works-with": "partners",
    "skills": "capabilities",
    "expertise": "capabilities",
    "allowed-tools": "tools",
}
_KEYS = {**{x: x for x in (*SCALARS, *LISTS)}, **_OTHER_WORDS}
_QUALIFIER = re.compile(r"(?:agent|core|expert|key|main|my|primary|your)-")
_LONGEST_LABEL = 60
_PLACEHOLDER = frozenset("[<{")
_BOLD = re.compile(
    r"(?:[^\w\s*]{1,4}\s{1,3})?(?:\*\*|__)\s{0,3}([^*:]{1,60}?)\s{0,3}"
    r"(?::\s{0,3}(?:\*\*|__)|(?:\*\*|__)\s{0,3}:)\s*(.*)\Z"
)
_RULE = frozenset("-*_= \t")
_CONFLICT = ("<<<<<<< ", ">>>>>>> ")


@dataclass(frozen=True, slots=True)
class IdentityField:
    """What stood behind one label: text, or the items of a list."""

    key: str
    line: int
    text: str = ""
    items: tuple[str, ...] = ()

    def scalar(self) -> str:
        """Return the text, or the items in one line."""
        return self.text or "; ".join(self.items)

    def entries(self) -> tuple[str, ...]:
        """Return the items, or the text split at semicolons, else at commas."""
        if self.items:
            return self.items
        separator = ";" if ";" in self.text else ","
        return tuple(x.strip() for x in self.text.split(separator) if x.strip())


@dataclass(frozen=True, slots=True)
class IdentitySection:
    """A heading (empty: the document itself) and the fields that describe it."""

    heading: str
    level: int
    line: int
    parent: "IdentitySection | None" = None
    fields: dict[str, IdentityField] = field(default_factory=dict)


def key_of(label: str) -> str | None:
    """Return the field that a label names, whatever its case, emoji or qualifier."""
    if len(label) > _LONGEST_LABEL or label[:1] in _PLACEHOLDER:
        return None
    return _known_key(label)


@lru_cache(maxsize=512)
def _known_key(label: str) -> str | None:
    plain = names.slug(label)
    return _KEYS.get(plain) or _KEYS.get(_QUALIFIER.sub("", plain, count=1))


def label_of(content: str) -> tuple[str, str] | None:
    """Split `**Label**: text`; None where the line has no bold label."""
    if "**" not in content and "__" not in content:
        return None
    match = _BOLD.match(content)
    return (match[1], match[2]) if match else None


def _divides(content: str) -> bool:
    return _RULE.issuperset(content) or content.startswith(_CONFLICT)


def merge(sections: Iterable[IdentitySection]) -> dict[str, IdentityField]:
    """Return the first field of each key."""
    merged: dict[str, IdentityField] = {}
    for section in sections:
        merged = {**section.fields, **merged}
    return merged


def read(lines: Iterable[Line]) -> tuple[IdentitySection, ...]:
    """Return the document's own section, then one for each heading in order.

    A heading that is a label (`## Responsibilities`) is a field of the heading that
    it stands under. Of two equal fields in a section the first counts. Fenced code
    is left out.
    """
    reader = _IdentityReader()
    for line in lines:
        reader.take(line)
    reader.close()
    return tuple(reader.sections)


@dataclass(slots=True)
class _Open:
    """A field whose end has not been seen.

    `indent` is that of a labelled bullet, else -1; `heading_level` that of a heading,
    else 0; `divided`: other headings stand below that heading; `item_level` is the
    indent of its items: what is indented deeper belongs to the item above.
    """

    key: str
    line: int
    section: IdentitySection
    indent: int = -1
    heading_level: int = 0
    divided: bool = False
    item_level: int = 0
    texts: list[str] = field(default_factory=list)
    items: list[list[str]] = field(default_factory=list)

    @property
    def takes_bullets(self) -> bool:
        return self.heading_level > 0 or self.key in LISTS or not self.texts

    @property
    def takes_labels(self) -> bool:
        return self.heading_level > 0 and self.key in LISTS and not self.divided

    def goes_on_below(self, level: int) -> bool:
        # A list under a level-1 heading is the title of a page about many agents.
        return self.key in LISTS and 1 < self.heading_level < level

    def add_item(self, line: Line) -> None:
        if self.items and line.level > self.item_level:
            self.items[-1].append(line.content)
        else:
            self.item_level = line.level
            self.items.append([line.content])

    def done(self) -> IdentityField:
        items = tuple(" ".join(x) for x in self.items)
        text = " ".join(self.texts)
        return IdentityField(self.key, self.line, text, tuple(x for x in items if x))


class _IdentityReader:
    """Walks the lines once and collects sections."""

    def __init__(self) -> None:
        self.sections = [IdentitySection("", 0, 0)]
        self._path: list[IdentitySection] = []
        self._open: _Open | None = None
        self._after_blank = True

    def take(self, line: Line) -> None:
        match line.kind:
            case LineKind.HEADING:
                self._heading(line)
            case LineKind.TEXT:
                self._text(line)
            case LineKind.BULLET:
                self._bullet(line)
            case LineKind.FENCE:
                self._end_label()
            case LineKind.CODE | LineKind.BLANK:
                pass
        self._after_blank = line.kind is LineKind.BLANK

    def close(self) -> None:
        """End the open field."""
        if self._open:
            done = self._open.done()
            if done.text or done.items:
                self._open.section.fields.setdefault(done.key, done)
        self._open = None

    def _end_label(self) -> None:
        if self._open and not self._open.heading_level:
            self.close()

    def _section(self) -> IdentitySection:
        return self._path[-1] if self._path else self.sections[0]

    def _heading(self, line: Line) -> None:
        key = key_of(line.content)
        if key is None and self._open and self._open.goes_on_below(line.level):
            self._open.divided = True
        else:
            self.close()
        while self._path and self._path[-1].level >= line.level:
            self._path.pop()
        if key:
            owner = self._section()
            self._open = _Open(key, line.number, owner, heading_level=line.level)
            return
        section = IdentitySection(
            line.content, line.level, line.number, self._section()
        )
        self.sections.append(section)
        self._path.append(section)

    def _text(self, line: Line) -> None:
        if label := label_of(line.content):
            self._label(label, line, indent=-1)
        elif not self._open or _divides(line.content):
            self.close()
        elif self._open.items and not self._after_blank:
            self._open.items[-1].append(line.content)
        elif self._after_blank and self._open.texts and not self._open.heading_level:
            self.close()
        else:
            self._open.texts.append(line.content)

    def _bullet(self, line: Line) -> None:
        label = label_of(line.content)
        if self._open and self._is_item(self._open, line.level, label):
            self._open.add_item(line)
        elif label:
            self._label(label, line, indent=line.level)
        else:
            self._end_label()

    @staticmethod
    def _is_item(opened: _Open, level: int, label: tuple[str, str] | None) -> bool:
        if not opened.takes_bullets:
            return False
        if opened.takes_labels or level > opened.indent >= 0:
            return True
        if label:
            return opened.indent < 0 and key_of(label[0]) is None
        return opened.indent < 0 or not opened.texts

    def _label(self, label: tuple[str, str], line: Line, *, indent: int) -> None:
        key = key_of(label[0])
        if key is None and self._open and self._open.heading_level:
            self._open.texts.append(line.content)
            return
        self.close()
        if key:
            self._open = _Open(key, line.number, self._section(), indent)
            if label[1]:
                self._open.texts.append(label[1])


def from_values(
    values: Mapping[str, object], lines: Mapping[str, int]
) -> tuple[IdentitySection, tuple[IdentityField, ...]]:
    """Make a section out of front matter, and list the fields that hold no text.

    `lines` holds the line of each key.
    """
    section = IdentitySection("", 0, 1)
    odd: list[IdentityField] = []
    for label, value in values.items():
        key = key_of(label.replace("_", "-"))
        if key is None or key in section.fields:
            continue
        found = _field(key, lines.get(label, 1), value)
        if found is None:
            odd.append(IdentityField(key, lines.get(label, 1)))
        elif found.text or found.items:
            section.fields[key] = found
    return section, tuple(odd)


def _field(key: str, line: int, value: object) -> IdentityField | None:
    if isinstance(value, str):
        return IdentityField(key, line, text=value.strip())
    if isinstance(value, list) and all(isinstance(x, str) for x in value):
        return IdentityField(
            key, line, items=tuple(x.strip() for x in value if x.strip())
        )
    return None
