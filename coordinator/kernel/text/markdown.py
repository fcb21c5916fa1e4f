"""A fence-aware line scanner for Markdown that keeps every byte in its place.

It finds headings, bullets, boxes and fences; it renders nothing and never reformats.
Line rules follow CommonMark 0.31 (headings 4.2, fences 4.5, list items 5.2), reduced
to what stands on a single line.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple


class LineKind(StrEnum):
    """What a line is, as far as one line can tell."""

    HEADING = "heading"
    BULLET = "bullet"
    FENCE = "fence"
    CODE = "code"
    TEXT = "text"
    BLANK = "blank"


class Line(NamedTuple):
    """One line: `number` counts from 1, `text` has no line end.

    `level` is a heading's depth or a bullet's indent in columns; `content` is what
    follows the marker (a fence: its info string); `box` is the character between
    the brackets of a check box, else empty; `marker` is `-`, `*`, `+`, `3.` …
    """

    number: int
    text: str
    kind: LineKind
    level: int = 0
    content: str = ""
    marker: str = ""
    box: str = ""


BOM = "\ufeff"  # editors put it at a file's start; it reads as nothing and is kept
LINE_END = re.compile(r"\r\n|\n|\r")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?\Z")
_BULLET = re.compile(r"([ \t]*)([-*+]|\d{1,9}[.)])(?:[ \t]+(.*))?\Z")
_BOX = re.compile(r"\[([ xX])\](?:[ \t]+(.*))?\Z")
_FENCE = re.compile(r"[ \t]*(?:[-*+] +)?(`{3,}(?=[^`]*\Z)|~{3,})(.*)\Z")
# What parts of a document are called, and no document as a whole.
_SECTIONS = """
acceptance criteria, background, changes, checklist, context, decision, decision log,
decisions, description, details, goal, goals, introduction, motivation, next steps,
notes, objective, overview, problem, problem statement, purpose, requirements, scope,
status, summary, tasks, todo, what changed, what changes, why
"""
_NO_TITLES = frozenset(x.strip() for x in _SECTIONS.split(","))
_UNDERLINE = re.compile(r" {0,3}={2,}[ \t]*\Z")
_STEP = re.compile(r"\d{1,3}[.)]\s")  # of several, each with a number
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})\Z")


_END = Line(0, "", LineKind.BLANK)


def is_rule(text: str) -> bool:
    """Tell a thematic break (CommonMark 4.1)."""
    return _RULE.match(text) is not None


def split_lines(text: str) -> list[str]:
    """Split at LF, CRLF and CR only, without the line ends.

    `str.splitlines` also splits at form feeds and U+2028, which editors do not count.
    """
    lines = text.split("\n") if "\r" not in text else LINE_END.split(text)
    if lines[-1] == "":
        lines.pop()
    return lines


def scan(text: str, *, first: int = 1) -> list[Line]:
    """Classify every line; `first` is the number that the first line carries.

    An unclosed fence runs to the end, as CommonMark says.
    """
    found: list[Line] = []
    fence = ""
    for number, line in enumerate(split_lines(text), first):
        if fence:
            if _closes(line, fence):
                fence = ""
                found.append(Line(number, line, LineKind.FENCE))
            else:
                found.append(Line(number, line, LineKind.CODE))
            continue
        entry = _classify(number, line)
        if entry.kind is LineKind.FENCE:
            fence = entry.marker
        found.append(entry)
    return found


def _closes(line: str, fence: str) -> bool:
    stripped = line.strip(" \t")
    return stripped.startswith(fence) and not stripped.strip(fence[0])


def _classify(number: int, line: str) -> Line:
    stripped = line.lstrip(" \t")
    if not stripped:
        return Line(number, line, LineKind.BLANK)
    first = stripped[0]
    if first == "#" and (match := _HEADING.match(line)):
        content = _without_closing((match[2] or "").rstrip(" \t"))
        return Line(number, line, LineKind.HEADING, len(match[1]), content, match[1])
    if (first in "`~" or line.find("```") >= 0) and (match := _FENCE.match(line)):
        return Line(number, line, LineKind.FENCE, 0, match[2].strip(), match[1])
    # A rule ends as it begins, or in blanks; few lists do.
    if first in "-*+0123456789" and not (line[-1] in "-* \t" and _RULE.match(line)):
        return _bullet(number, line)
    return Line(number, line, LineKind.TEXT, 0, stripped.rstrip())


def _without_closing(content: str) -> str:
    # Not part of the pattern: there, a long run of spaces takes quadratic time.
    bare = content.rstrip("#")
    return bare.rstrip(" \t") if not bare or bare[-1] in " \t" else content


def _bullet(number: int, line: str) -> Line:
    match = _BULLET.match(line)
    if not match:
        return Line(number, line, LineKind.TEXT, 0, line.strip())
    indent = len(match[1].expandtabs(4))
    content = (match[3] or "").rstrip()
    box = _BOX.match(content) if content.startswith("[") else None
    if box:
        content = box[2] or ""
    mark = box[1] if box else ""
    return Line(number, line, LineKind.BULLET, indent, content, match[2], mark)


def first_heading(lines: list[Line]) -> str:
    """Return the content of the first heading, or an empty string."""
    return next((x.content for x in lines if x.kind is LineKind.HEADING), "")


def title(lines: Sequence[Line]) -> Line | None:
    """Return the heading that names the whole document, or None.

    It is the first one of the first level. Where there is none, a deeper one names the
    document that it begins, unless it is what a section is usually called.
    """
    begun = next((x for x in lines if x.kind is not LineKind.BLANK), None)
    for line, below in pairwise([*lines, _END]):
        if line.kind is LineKind.HEADING and line.level == 1 and line.content:
            return line
        if line.kind is LineKind.TEXT and _UNDERLINE.match(below.text):
            return line  # CommonMark 4.3
    if begun and begun.kind is LineKind.HEADING and begun.content:
        words = begun.content.strip("*_: ").casefold()
        return None if words in _NO_TITLES or _STEP.match(words) else begun
    return None


def blank_comments(text: str) -> str:
    """Return the text with closed HTML comments removed, every line in its place."""
    kept: list[str] = []
    end = 0
    while (start := text.find("<!--", end)) >= 0:
        close = text.find("-->", start + 4)
        if close < 0:
            break
        kept += [text[end:start], "".join(LINE_END.findall(text, start, close))]
        end = close + 3
    return "".join([*kept, text[end:]])
