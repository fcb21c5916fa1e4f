"""Check boxes, one line at a time: finding them and changing what stands in them.

It knows no order and no meaning of an item. A box is `- [ ] text`, with any list marker
(GitHub Flavored Markdown 5.3) or, as people write it, with none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from coordinator.kernel import markdown
from coordinator.kernel.markdown import Line, LineKind
from coordinator.workflows.model import Mark

_BOX = re.compile(
    r"(?P<indent>[ \t]*)(?P<marker>[-*+]|\d{1,9}[.)])?(?(marker)[ \t]+)"
    r"\[(?P<sign>(?P<mark>[ xX✓✔✅~-])\ufe0f?)\](?:[ \t]+(?P<text>.*)|)\Z"
)
_BOM = "\ufeff"
_MARKS = {" ": Mark.OPEN, "-": Mark.SKIPPED, "~": Mark.SKIPPED}
_WRITTEN = {Mark.OPEN: " ", Mark.DONE: "x", Mark.SKIPPED: "-"}


@dataclass(frozen=True, slots=True)
class Box:
    """What one line's box says; `level` is the indent in columns."""

    mark: Mark
    text: str
    level: int
    is_bare: bool


def find(line: Line) -> Box | None:
    """Return the line's box, or None; a line inside a fence has none."""
    if line.kind not in {LineKind.BULLET, LineKind.TEXT} or "[" not in line.text:
        return None
    match = _BOX.match(line.text)
    if match is None:
        return None
    text = (match["text"] or "").strip()
    if not match["marker"] and not text:
        return None
    mark = _MARKS.get(match["mark"], Mark.DONE)
    indent = len(match["indent"].expandtabs(4))
    return Box(mark, text, indent, is_bare=not match["marker"])


def set_marks(text: str, marks: Mapping[int, Mark]) -> str:
    """Return the document with the boxes in these lines (from 1) set.

    No other byte changes; a box that says so already keeps its own sign, and a line
    without a box stays as it is.
    """
    if text.startswith(_BOM):
        return _BOM + set_marks(text.removeprefix(_BOM), marks)
    lines = markdown.split_lines(text)
    numbers = (x for x in marks if 0 < x <= len(lines))
    return markdown.replace_lines(
        text, {x: _set(lines[x - 1], marks[x]) for x in numbers}
    )


def _set(line: str, mark: Mark) -> str:
    match = _BOX.match(line)
    if match is None or _MARKS.get(match["mark"], Mark.DONE) is mark:
        return line
    start, end = match.span("sign")
    return line[:start] + _WRITTEN[mark] + line[end:]
