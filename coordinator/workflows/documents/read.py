"""Any workflow document: which family it is of, and what it says.

It only reads: no text makes it fail, and nothing is ever put right in here.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import PurePosixPath

from coordinator.kernel.problems import Problem
from coordinator.kernel.text import labelled, markdown
from coordinator.kernel.text.labelled import Labelled
from coordinator.kernel.text.markdown import Line, LineKind
from coordinator.workflows.documents import (
    agent_workflow,
    catalogue,
    checklist,
    step_document,
)
from coordinator.workflows.lines import legends
from coordinator.workflows.marks import LATEST, Reading
from coordinator.workflows.model import Checklist, Document, Family

_KEPT = 8
_PAIR = re.compile(
    r"(?:[-*+] )?\**(Project Phase|Current Task|Name|Description)(?:\**:|:\**)\**"
    r"[ \t]*(.*)\Z"
)


@lru_cache(maxsize=_KEPT)
def parse(
    text: str, path: str, reading: Reading = LATEST
) -> tuple[Document, tuple[Problem, ...]]:
    """Read a document of any family; one of none is an empty checklist, a problem.

    The same again is read once.
    """
    apart = labelled.read(text)
    if step_document.is_steps(apart.lines, apart.front):
        document, problems = step_document.parse(text, path)
    else:
        document = _prose(apart, path)
        problems = apart.problems(path)
    found = boxes(text, reading)
    document = replace(document, sections=apart.sections, checklist=found)
    return document, (*problems, *_unreadable(document, path))


@lru_cache(maxsize=_KEPT)
def boxes(text: str, reading: Reading = LATEST) -> Checklist:
    """Read a document's boxes alone; the same again is read once."""
    apart = labelled.read(text)
    signs = legends.read(apart.front, apart.lines, reading)
    return checklist.parse(apart.lines, apart.sections, signs)


def _prose(apart: Labelled, path: str) -> Document:
    front, lines, sections = apart.front, apart.lines, apart.sections
    named = markdown.title(apart.spoken)
    told = (front.text("title"), named.content if named else "", front.text("name"))
    title = next(filter(None, told), PurePosixPath(path).stem)
    if catalogue.is_catalogue(sections):
        found = catalogue.parse(lines, sections)
        return Document(Family.CATALOGUE, title, catalogue=found)
    if agent_workflow.is_agent_workflow(sections):
        work = agent_workflow.parse(lines, sections)
        return Document(
            Family.AGENT, title, fields=work.identity, agents=(), workflow=work
        )
    agents = tuple(x.lstrip("@") for x in front.texts("agent", "agents"))
    return Document(Family.CHECKLIST, title, fields=_fields(lines), agents=agents)


def _fields(lines: Sequence[Line]) -> tuple[tuple[str, str], ...]:
    """Return what the head of a checklist says of its project, task and feature."""
    found: dict[str, str] = {}
    for key, value in _pairs(lines):
        found.setdefault(key.lower().replace(" ", "_"), value)
    return tuple(found.items())


def _pairs(lines: Sequence[Line]) -> Iterator[tuple[str, str]]:
    for line in lines:
        if line.kind in {LineKind.TEXT, LineKind.BULLET} and (
            match := _PAIR.match(line.content)
        ):
            yield match[1], match[2].strip()


def _unreadable(document: Document, path: str) -> Iterator[Problem]:
    """Say so where the document holds nothing that could be worked through."""
    has_work = (
        document.checklist.items
        or document.book.tasks
        or document.catalogue.stages
        or document.catalogue.workflows
        or document.workflow.procedures
    )
    if not has_work:
        message = "There are no boxes, steps or stages in it: it is no workflow."
        hint = "Write items as `- [ ] what to do`."
        yield Problem(path, 1, "no-items", message, hint)
