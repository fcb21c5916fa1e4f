"""Catalogues: a framework of stages, example workflows, and rules for communication.

It reads them; making a checklist or steps of one is `drafts`' business.
"""

import re
from collections.abc import Iterator, Sequence

from coordinator.kernel.markdown import Line, LineKind, scan
from coordinator.workflows import entries, outline
from coordinator.workflows.model import (
    Catalogue,
    Entry,
    Section,
    Stage,
    StageWorkflow,
)

_ROLE = re.compile(r"(.+?)(?: Mode)?(?:\s*[:-]\s*.*)?\Z")
_NUMBERED = re.compile(r"[ \t]*\d{1,3}[.)][ \t]+(.+?)[ \t]*\Z")
_FRAMEWORK = "development process framework"
_EXAMPLES = "example task workflows"
_RULES = "communication approaches"


def is_catalogue(sections: Sequence[Section]) -> bool:
    """Tell whether the headings are those of a catalogue."""
    titles = {x.title.lower() for x in sections}
    return _EXAMPLES in titles or {_FRAMEWORK, _RULES} <= titles


def parse(lines: Sequence[Line], sections: Sequence[Section]) -> Catalogue:
    """Read a catalogue; what is missing is empty."""
    title = next((x.title for x in sections if x.level == 1), "")
    match = _ROLE.match(title)
    return Catalogue(
        role=match[1] if match else "",
        stages=tuple(_framework(_below(lines, sections, _FRAMEWORK))),
        workflows=tuple(_examples(lines, sections)),
        rules=tuple(entries.bold(_below(lines, sections, _RULES))),
    )


def _below(
    lines: Sequence[Line], sections: Sequence[Section], title: str
) -> Sequence[Line]:
    found = next((x for x in sections if x.title.lower() == title), None)
    return outline.inside(lines, found) if found else ()


def _framework(lines: Sequence[Line]) -> Iterator[Stage]:
    """Yield the stages: a numbered bold line each, with bullets below it."""
    bullets = [x for x in lines if x.kind is LineKind.BULLET]
    heads = [x for x in bullets if x.marker[0].isdigit() and not x.level]
    for place, head in enumerate(heads):
        end = heads[place + 1].number if place + 1 < len(heads) else bullets[-1].number
        items = (x for x in bullets if head.number < x.number <= end and x not in heads)
        said = tuple(Entry(x.content, "", x.number) for x in items)
        yield Stage(head.content.strip("* :"), head.number, said)


def _examples(
    lines: Sequence[Line], sections: Sequence[Section]
) -> Iterator[StageWorkflow]:
    """Yield the workflows: a heading each, with the stages in a fence below it."""
    top = next((x for x in sections if x.title.lower() == _EXAMPLES), None)
    for section in sections:
        if top and top.line < section.line <= top.end:
            below = outline.inside(lines, section)
            stages = tuple(_stages(below))
            if stages:
                yield StageWorkflow(section.title, section.line, stages)


def _stages(lines: Sequence[Line]) -> Iterator[Stage]:
    """Yield the stages of one workflow: `1. STAGE NAME`, and `- item` below it."""
    title, at, items = "", 0, list[Entry]()
    for line in _unfenced(lines):
        numbered = _NUMBERED.match(line.text)
        if numbered and not line.level:
            if title:
                yield Stage(title, at, tuple(items))
            title, at, items = numbered[1].strip("* :"), line.number, []
        elif line.kind is LineKind.BULLET and title:
            items.append(Entry(line.content, "", line.number))
    if title:
        yield Stage(title, at, tuple(items))


def _unfenced(lines: Sequence[Line]) -> Iterator[Line]:
    """Yield the lines as if the fences around them were not there."""
    for line in lines:
        if line.kind is LineKind.CODE:
            yield from scan(line.text, first=line.number)
        elif line.kind is not LineKind.FENCE:
            yield line
