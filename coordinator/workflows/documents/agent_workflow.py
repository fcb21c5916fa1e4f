"""Agent workflows: an identity, numbered steps with actions and expected outputs.

It reads them and runs nothing: commands in fences are text.
"""

import re
from collections.abc import Iterator, Sequence

from coordinator.kernel.text import labelled
from coordinator.kernel.text.labelled import Section
from coordinator.kernel.text.markdown import Line, LineKind
from coordinator.workflows.criteria import criteria
from coordinator.workflows.lines import boxes, entries
from coordinator.workflows.model import AgentWorkflow, Criterion, NamedEntry, Procedure

_STEP = re.compile(r"Step \d+\b", re.IGNORECASE)
_KEY = re.compile(r"\*\*([A-Za-z][^*:]{0,40}):?\*\*:?[ \t]*(.*)\Z")
_IDENTITY = re.compile(r"agent identity\b|workflow steps\Z")
_ACTION = re.compile(r"\d+[.)]\Z")
_PARTNER = re.compile(r"with (?:the )?", re.IGNORECASE)


def is_agent_workflow(sections: Sequence[Section]) -> bool:
    """Tell whether the headings are those of an agent's way of working."""
    titles = {x.title.lower() for x in sections}
    steps = sum(bool(_STEP.match(x.title)) for x in sections)
    return steps > 1 and any(_IDENTITY.match(x) for x in titles)


def parse(lines: Sequence[Line], sections: Sequence[Section]) -> AgentWorkflow:
    """Read an agent's workflow; what is missing is empty."""
    named = {x.title.lower(): x for x in reversed(sections)}

    def below(title: str) -> Sequence[Line]:
        section = named.get(title)
        return labelled.inside(lines, section) if section else ()

    steps = [x for x in sections if _STEP.match(x.title)]
    fences = sum(1 for _ in _fences(lines))
    return AgentWorkflow(
        identity=tuple(_pairs(below("agent identity"))),
        procedures=tuple(_procedure(x, labelled.inside(lines, x)) for x in steps),
        partners=tuple(_partners(below("integration points"))),
        success=tuple(_success(below("success criteria"))),
        fences=fences,
    )


def _fences(lines: Sequence[Line]) -> Iterator[Line]:
    """Yield the opening line of each fence."""
    is_open = False
    for line in lines:
        if line.kind is LineKind.FENCE:
            is_open = not is_open
            if is_open:
                yield line


def _pairs(lines: Sequence[Line]) -> Iterator[tuple[str, str]]:
    for line in lines:
        match = _KEY.match(line.content)
        if match and line.kind in {LineKind.TEXT, LineKind.BULLET}:
            yield match[1].strip().lower().replace(" ", "_"), match[2]


def _procedure(section: Section, lines: Sequence[Line]) -> Procedure:
    """Read one step: its bold keys divide it into objective, actions and outputs."""
    objective, part = "", ""
    actions: list[tuple[Line, list[str]]] = []
    expected: list[NamedEntry] = []
    for line in lines:
        if part == "actions" and _begins_action(line):
            actions.append((line, []))
        elif line.kind is LineKind.HEADING:
            part = line.content.strip(" :").lower()
        elif (key := _KEY.match(line.content)) and not line.text.startswith(" "):
            part = key[1].strip().lower()
            objective = key[2] if part == "objective" else objective
        elif part == "actions" and actions:
            actions[-1][1].append(line.text)
        elif part.startswith(("expected", "output")) and _is_entry(line):
            expected.append(NamedEntry(line.content.rstrip(":"), "", line.number))
    said = tuple(_action(x, below) for x, below in actions)
    return Procedure(section.title, section.line, objective, said, tuple(expected))


def _begins_action(line: Line) -> bool:
    return _is_entry(line) and bool(_ACTION.match(line.marker))


def _is_entry(line: Line) -> bool:
    return line.kind is LineKind.BULLET and not line.level


def _action(line: Line, below: Sequence[str]) -> NamedEntry:
    """Return an action by its words, with the lines below it as they are."""
    name = line.content.replace("**", "").rstrip(": ")
    return NamedEntry(name, "\n".join(below).strip("\n"), line.number)


def _partners(lines: Sequence[Line]) -> Iterator[NamedEntry]:
    for entry in entries.bold(lines):
        yield NamedEntry(_PARTNER.sub("", entry.name, count=1), entry.text, entry.line)


def _success(lines: Sequence[Line]) -> Iterator[Criterion]:
    for line in lines:
        if (box := boxes.find(line)) and box.meaning:
            yield criteria.parse(box.text, line.number)
