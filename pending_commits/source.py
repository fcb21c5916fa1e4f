"""A pending item's text taken apart once: front matter, lines, `Key: value` lines.

It finds where things stand and says nothing about what they mean.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from coordinator.kernel.text import labelled, markdown
from coordinator.kernel.text.frontmatter import FrontMatter
from coordinator.kernel.text.markdown import Line, LineKind

LONGEST_LINE = 200
_LONGEST_VALUE = 500
_HEAD_LINES = 40

_KEYS = frozenset(
    {
        *("branch", "to", "for", "needs", "depends_on", "task"),
        *("status", "state", "approved", "approved_by"),
    }
)
_NO_PROSE = frozenset({LineKind.CODE, LineKind.FENCE, LineKind.BLANK})
_ENDING = re.compile(r"\.(?:md|markdown|txt)\Z", re.IGNORECASE)


class KeyLine(NamedTuple):
    """A value and the line where it stands, 0 for absent."""

    value: str = ""
    line: int = 0


class Names(NamedTuple):
    """Several names and the line where they stand, 0 for absent."""

    names: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class ItemSource:
    """The text taken apart; `prose` are the lines outside of code, blank ones aside.

    `heading` is the first heading on one line, `title` the one that names the whole;
    `keys` are the body's `Key: value` lines.
    """

    path: str
    text: str
    matter: FrontMatter
    lines: Sequence[Line]
    prose: Sequence[Line]
    heading: str
    title: str
    keys: Mapping[str, KeyLine]

    def entry(self, *names: str) -> KeyLine:
        """Return the front matter's scalar of these names, else the body's line."""
        for name in names:
            if value := self.matter.text(name):
                return KeyLine(value[:_LONGEST_VALUE], self.matter.line_of(name))
        return self.in_body(*names)

    def in_body(self, *names: str) -> KeyLine:
        """Return the first of these `Key: value` lines at the body's head."""
        return next((self.keys[x] for x in names if x in self.keys), KeyLine())


def take_apart(text: str, path: str) -> ItemSource:
    """Scan the text; `path` is relative to the workspace."""
    document = labelled.read(text)
    matter = replace(document.front, problems=document.problems(path))
    lines = document.spoken
    prose = [x for x in lines if x.kind not in _NO_PROSE]
    heading = one_line(markdown.first_heading(lines))
    named = markdown.title(lines)
    title = matter.text("title") or (named.content if named else "")
    keys = dict(_keys(prose[:_HEAD_LINES]))
    return ItemSource(path, text, matter, lines, prose, heading, one_line(title), keys)


def _keys(prose: Sequence[Line]) -> Iterator[tuple[str, KeyLine]]:
    # Where a key is repeated its first line counts, so that one is given last.
    for line in reversed(prose):
        pair = labelled.pair(line.content)
        if pair and pair.is_bare and pair.value:
            key = pair.label.lower().replace(" ", "_")
            if key in _KEYS:
                yield key, KeyLine(pair.value.strip()[:_LONGEST_VALUE], line.number)


def one_line(text: str) -> str:
    """Return the beginning of a text, at most 200 characters, without line ends."""
    return " ".join(text[: 2 * LONGEST_LINE].split())[:LONGEST_LINE].rstrip()


def stem(path: str) -> str:
    """Return the file's name without its ending: `backend-api-guide`."""
    return _ENDING.sub("", path.rpartition("/")[2])
