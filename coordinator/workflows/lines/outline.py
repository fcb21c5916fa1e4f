"""The outline of a document: its sections with their ends, and text by section.

It reads headings only.
"""

from collections.abc import Sequence

from coordinator.kernel.text.markdown import Line, LineKind
from coordinator.workflows.model import Section


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
