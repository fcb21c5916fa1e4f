"""Labelled documents, taken apart once: front matter, lines, sections, pairs, tables.

It finds where things stand and knows no vocabulary: what a label means is for whoever
owns the kind of document. Lists are `bullets`'.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise

from coordinator.kernel.problems import Problem
from coordinator.kernel.text import frontmatter, markdown
from coordinator.kernel.text.frontmatter import FrontMatter
from coordinator.kernel.text.markdown import Line, LineKind

_KEPT = 8  # documents that were taken apart last
_PAIR = re.compile(
    r"((?:\s{0,12}\d{1,3}[.)]\s)?(?:[^\w|<>\[\]]|_){0,16})"
    r"([^\W_][\w /#&'\u2019.,;()+%-]{0,60}?)"
    r"[*_`]{0,4}([ ]\([^()]{0,40}\))?[ \t]?[:\uff1a][*_`]{0,4}(?:[ \t]+|(?<=\uff1a)|\Z)"
)
_PLAIN = re.compile(
    r"[*_]{0,3}([^\W_][^:\uff1a*\n]{0,60})[*_]{0,3}[:\uff1a][*_]{0,3}(?:\s+(.*)|)\Z"
)
_BAR = re.compile(r"(?<!\\)\|")
_DELIMITER = frozenset("|:- \t")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with the lines below it, up to the next one of its level or higher.

    `end` is the number of the section's last line; `level` counts the `#`.
    """

    title: str
    level: int
    line: int
    end: int


@dataclass(frozen=True)
class Labelled:
    """A document taken apart; its lines count from 1 in the whole file.

    `lines` are the body's, front matter aside; in `spoken` comments are blanked out.
    """

    text: str
    front: FrontMatter

    def problems(self, path: str) -> tuple[Problem, ...]:
        """Return what is wrong with the front matter of the file at this path."""
        return tuple(replace(x, path=path) for x in self.front.problems)

    @cached_property
    def lines(self) -> list[Line]:
        """The body's lines."""
        return markdown.scan(self.front.body, first=self.front.body_line)

    @cached_property
    def spoken(self) -> list[Line]:
        """The body's lines, blank where a comment stands."""
        body = markdown.blank_comments(self.front.body)
        same = body == self.front.body
        return self.lines if same else markdown.scan(body, first=self.front.body_line)

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """All sections in order."""
        return sections(self.lines)


@lru_cache(maxsize=_KEPT)
def read(text: str) -> Labelled:
    """Take a document apart; the same again is taken apart once."""
    return Labelled(text, frontmatter.split(text, ""))


def sections(lines: Sequence[Line]) -> tuple[Section, ...]:
    """Return all sections in order; one ends before the next of its level or higher."""
    last = lines[-1].number if lines else 0
    found: list[Section] = []
    open_: list[int] = []
    for line in lines:
        if line.kind is not LineKind.HEADING:
            continue
        while open_ and found[open_[-1]].level >= line.level:
            _close(found, open_.pop(), line.number - 1)
        open_.append(len(found))
        found.append(Section(line.content, line.level, line.number, last))
    return tuple(found)


def _close(found: list[Section], place: int, end: int) -> None:
    section = found[place]
    found[place] = Section(section.title, section.level, section.line, end)


def inside(lines: Sequence[Line], section: Section) -> Sequence[Line]:
    """Return the lines below a section's heading, with those of its subsections.

    `lines` are those of the whole document, numbered without a gap.
    """
    first = lines[0].number
    return lines[section.line - first + 1 : section.end - first + 1]


@dataclass(frozen=True, slots=True)
class Pair:
    """`Label: value` in one line: what stands before the label, and the value's offset.

    `lead` are marks, signs or a number, `aside` is what stands in brackets behind the
    label; `value` runs to the line's end as written.
    """

    lead: str
    label: str
    aside: str
    start: int
    value: str

    @property
    def is_bare(self) -> bool:
        """Tell whether nothing but marks for bold or italics is about the label."""
        return (
            not self.aside
            and len(self.lead) <= len("***")
            and not self.lead.strip("*_")
        )


def pair(text: str) -> Pair | None:
    """Return the pair that a line is, whatever marks surround its label, or None."""
    if ":" not in text and "\uff1a" not in text:
        return None
    match = _PAIR.match(text)
    if match is None:
        return None
    end = match.end()
    return Pair(match[1], match[2], match[3] or "", end, text[end:])


def plain_pair(text: str) -> tuple[str, str] | None:
    """Return the label and the value of `Label: value`, whatever the label holds.

    Nothing but marks for bold or italics may stand about the label.
    """
    match = _PLAIN.match(text)
    return (match[1].strip(), (match[2] or "").strip()) if match else None


def spans(row: str) -> list[tuple[int, int]]:
    """Return the start and end of each cell of a table row."""
    bars = [x.start() for x in _BAR.finditer(row)]
    found = [(a + 1, b) for a, b in pairwise([*bars, len(row)])]
    if found and not row[found[-1][0] :].strip():
        found.pop()
    return found


def cells(row: str) -> list[str]:
    """Return what stands in the cells of a table row, an escaped bar as a bar."""
    return [row[a:b].strip().replace("\\|", "|") for a, b in spans(row)]


def is_delimiter(row: str) -> bool:
    """Tell whether a row only parts a table's header from the rest."""
    return "-" in row and _DELIMITER.issuperset(row)
