"""Check boxes, one line at a time: finding them and changing what stands in them.

It knows no order and no meaning of an item. A box is `- [ ] text`, with any list marker
(GitHub Flavored Markdown 5.3) or, as people write it, with none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from coordinator.kernel.text import line_edits, markdown
from coordinator.kernel.text.markdown import Line, LineKind
from coordinator.workflows.marks import Mark, Meaning, Reading, Signs

_USUAL = Signs()

_BOX = re.compile(
    r"(?P<indent>[ \t]*)(?P<marker>[-*+]|\d{1,9}[.)])?(?(marker)[ \t]+)"
    r"\[(?P<sign>(?P<mark>[^\[\]\t])\ufe0f?| {0,3}(?P<loose>[^\[\]\s]?) {0,3})\]"
    r"(?P<star>\*)?(?:[ \t]+(?P<text>.*)|)\Z"
)
# What people mean as a box, and no reader of Markdown takes for one.
_LIKE = re.compile(
    r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\](?=[^\s(\[:*])|[\u2610-\u2612])"
)
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Box:
    """What one line's box says; `level` is the indent in columns.

    `meaning` is None for a sign that nobody explains; around a letter it may be no box.
    """

    meaning: Meaning | None
    sign: str
    text: str
    level: int
    is_bare: bool
    is_optional: bool

    @property
    def mark(self) -> Mark:
        """What it comes to: what nobody understands is open."""
        return self.meaning.mark if self.meaning else Mark.OPEN


def find(line: Line, signs: Signs = _USUAL) -> Box | None:
    """Return the line's box, or None; a line inside a fence has none."""
    if line.kind not in {LineKind.BULLET, LineKind.TEXT} or "[" not in line.text:
        return None
    match = _BOX.match(line.text)
    if match is None:
        return None
    text = (match["text"] or "").strip()
    mark = _sign(match)
    meaning, is_bare = signs.meaning(mark), not match["marker"]
    is_new = meaning is None or match["star"] or match["mark"] is None
    is_none = is_bare or signs.reading is Reading.FIRST or mark.isdigit()
    if (is_bare and not text) or (is_new and is_none):
        return None
    indent = len(match["indent"].expandtabs(4))
    return Box(meaning, mark, text, indent, is_bare, bool(match["star"]))


def _sign(match: re.Match[str]) -> str:
    return match["mark"] or match["loose"] or " "


def is_like(line: Line) -> bool:
    """Tell what only looks like a box: `- [x]text`, or a box that is a character."""
    return line.kind is LineKind.BULLET and _LIKE.match(line.text) is not None


def set_marks(text: str, marks: Mapping[int, Mark], signs: Signs = _USUAL) -> str:
    """Return the document with the boxes in these lines (from 1) set.

    No other byte changes; a box that says so already keeps its own sign, and a line
    without a box stays as it is.
    """
    if text.startswith(_BOM):
        return _BOM + set_marks(text.removeprefix(_BOM), marks, signs)
    lines = markdown.split_lines(text)
    numbers = (x for x in marks if 0 < x <= len(lines))
    return line_edits.replace_lines(
        text, {x: _set(lines[x - 1], marks[x], signs) for x in numbers}
    )


def _set(line: str, mark: Mark, signs: Signs) -> str:
    match = _BOX.match(line)
    if match is None:
        return line
    meaning = signs.meaning(_sign(match))
    if (meaning.mark if meaning else Mark.OPEN) is mark:
        return line
    start, end = match.span("sign")
    return line[:start] + signs.written(mark) + line[end:]
