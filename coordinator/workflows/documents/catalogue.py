"""Catalogues: a framework of stages, example workflows, and rules for communication.

It reads them; a run of one begins with a living copy that `first_text` makes.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from coordinator.kernel.text import labelled
from coordinator.kernel.text.labelled import Section
from coordinator.kernel.text.markdown import Line, LineKind, scan
from coordinator.workflows.lines import entries
from coordinator.workflows.model import Catalogue, NamedEntry, Stage, StageWorkflow

_AFTER_ROLE = re.compile(r":|\s[-\u2013\u2014]\s")
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
    role = _AFTER_ROLE.split(title, maxsplit=1)[0].strip()
    return Catalogue(
        role=role.removesuffix(" Mode"),
        stages=tuple(_stages(_below(lines, sections, _FRAMEWORK))),
        workflows=tuple(_examples(lines, sections)),
        rules=tuple(entries.bold(_below(lines, sections, _RULES))),
    )


def _below(
    lines: Sequence[Line], sections: Sequence[Section], title: str
) -> Sequence[Line]:
    found = next((x for x in sections if x.title.lower() == title), None)
    return labelled.inside(lines, found) if found else ()


def _examples(
    lines: Sequence[Line], sections: Sequence[Section]
) -> Iterator[StageWorkflow]:
    """Yield the workflows: a heading each, with the stages in a fence below it."""
    top = next((x for x in sections if x.title.lower() == _EXAMPLES), None)
    for section in sections:
        if top and top.line < section.line <= top.end:
            below = labelled.inside(lines, section)
            own = takewhile(lambda x: x.kind is not LineKind.HEADING, below)
            stages = tuple(_stages(_unfenced(own)))
            if stages:
                yield StageWorkflow(section.title, section.line, stages)


def _stages(lines: Iterable[Line]) -> Iterator[Stage]:
    """Yield the stages: `1. STAGE NAME` each, and `- item` below it."""
    title, at, items = "", 0, list[NamedEntry]()
    for line in lines:
        if line.kind is not LineKind.BULLET:
            continue
        if line.marker[0].isdigit() and not line.level:
            if title:
                yield Stage(title, at, tuple(items))
            title, at, items = line.content.strip("* :"), line.number, []
        elif title:
            items.append(NamedEntry(line.content, "", line.number))
    if title:
        yield Stage(title, at, tuple(items))


def _unfenced(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines as if the fences around them were not there."""
    for line in lines:
        if line.kind is LineKind.CODE:
            yield from scan(line.text, first=line.number)
        elif line.kind is not LineKind.FENCE:
            yield line
