"""Living copies made of documents without boxes, and placeholders filled.

A catalogue's stages and an agent's steps become a checklist; a catalogue can also
become a skeleton of steps. Pure text; nothing is written.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from coordinator.kernel.text import labelled, line_edits
from coordinator.kernel.text.markdown import LineKind
from coordinator.kernel.text.names import slug
from coordinator.workflows.model import (
    AgentWorkflow,
    Catalogue,
    Document,
    Family,
    NamedEntry,
    Procedure,
    Stage,
)

_DESIGN = re.compile(r"\bdesign\b|\barchitecture\b|\bplanning\b", re.IGNORECASE)
_BLANKS = re.compile(r"\s+")
AS_THEY_ARE = frozenset({Family.CHECKLIST, Family.STEPS})


def living_text(document: Document, source: str, part: str, form: Family) -> str | None:
    """Return what a run of a document begins with; None: there is no such part.

    `form` is CHECKLIST or STEPS; documents of these families are begun with as they
    are. For `part` see `checklist`.
    """
    if document.kind in AS_THEY_ARE and not part:
        return source
    make = skeleton if form is Family.STEPS else checklist
    return make(document, part)


def fill(text: str, values: Mapping[str, str]) -> tuple[str, list[str]]:
    """Fill placeholders by the text inside their brackets; return what was not there.

    Case and blanks do not count; text in fences stays, and every other byte too. What
    may stand in a box is no name.
    """
    folded = ((_folded(name), value) for name, value in values.items())
    wanted = {name: value for name, value in folded if len(name) > 1}
    if not wanted:
        return text, list(values)
    used: set[str] = set()

    def replace(match: re.Match[str]) -> str:
        key = _folded(match[1])
        if key not in wanted:
            return match[0]
        used.add(key)
        return _one_line(wanted[key])

    keys = "|".join(_pattern(name) for name in wanted)
    pattern = re.compile(rf"\[[ \t]*({keys})[ \t]*\](?![(\[:])", re.IGNORECASE)
    filled: dict[int, str] = {}
    for line in labelled.read(text).lines:
        if line.kind in {LineKind.CODE, LineKind.FENCE} or "[" not in line.text:
            continue
        filled[line.number] = pattern.sub(replace, line.text)
    bom = text[: text.startswith("\ufeff")]
    text = bom + line_edits.replace_lines(text.removeprefix(bom), filled)
    return text, [name for name in values if _folded(name) not in used]


def _folded(text: str) -> str:
    return _BLANKS.sub(" ", text.strip().strip("[]").strip()).lower()


def _pattern(name: str) -> str:
    return r"[ \t]+".join(map(re.escape, name.split(" ")))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def checklist(document: Document, part: str = "") -> str | None:
    """Return a document of another family as a checklist; None: there is no such part.

    `part` names an example workflow of a catalogue by its slug; without one it is the
    framework itself, or all that the document holds.
    """
    if document.workflow.procedures:
        return _text(_of_agent(document.title, document.workflow))
    found = stages(document.catalogue, part)
    if found is None:
        return None
    title, steps = found
    return _text(_of_stages(title or document.title, steps, document.catalogue))


def stages(catalogue: Catalogue, part: str) -> tuple[str, Sequence[Stage]] | None:
    """Return title and stages of a part of a catalogue, or None."""
    if not part:
        return "", catalogue.stages
    for workflow in catalogue.workflows:
        if slug(workflow.title) == part:
            return workflow.title, workflow.stages
    return None


def _text(lines: Iterator[str]) -> str:
    return "\n".join(lines) + "\n"


def _of_stages(
    title: str, found: Sequence[Stage], catalogue: Catalogue
) -> Iterator[str]:
    """Yield a checklist: a phase a stage, a pause after the design, a sign-off."""
    yield f"# {title}"
    designs = [x for x, stage in enumerate(found) if _DESIGN.search(stage.title)]
    for place, stage in enumerate(found):
        yield from ("", f"## {stage.title}", "")
        yield from (f"- [ ] {x.name}" for x in stage.items)
        if place in designs[:1]:
            yield "- [ ] PAUSE: check in with the user on the design"
        yield from ("", "**Notes:** [Notes]")
    yield from ("", "## Completion", "", "- [ ] User sign-off")
    if catalogue.rules:
        yield from ("", "## Communication", "")
        yield "The final report has a heading for each of these:"
        yield from (
            "",
            *(f"- {x.name}: {x.text}".rstrip(": ") for x in catalogue.rules),
        )


def _of_agent(title: str, work: AgentWorkflow) -> Iterator[str]:
    """Yield a checklist: a phase a step, its actions and what is to come of it."""
    yield f"# {title}"
    for procedure in work.procedures:
        yield from _of_procedure(procedure)
    if work.success:
        yield from ("", "## Success Criteria", "")
        yield from (f"- [ ] {x.text}" for x in work.success)


def _of_procedure(procedure: Procedure) -> Iterator[str]:
    yield from ("", f"## {procedure.title}", "")
    if procedure.objective:
        yield from (procedure.objective, "")
    for action in procedure.actions:
        yield f"- [ ] {action.name}"
        if action.text:
            yield from (*action.text.split("\n"), "")
    yield from _expected(procedure.expected)
    yield from ("", "**Notes:** [Notes]")


def _expected(found: Sequence[NamedEntry]) -> Iterator[str]:
    if found:
        yield from ("", "#### Expected Output")
        yield from (f"- [ ] {x.name}" for x in found)


def skeleton(document: Document, part: str = "") -> str | None:
    """Return a catalogue's stages as a document of steps without criteria, or None.

    A stage is a task with one subtask, a bullet a step; each task waits for the one
    before it.
    """
    found = stages(document.catalogue, part)
    if found is None or not found[1]:
        return None
    title = found[0] or document.title
    return _text(_steps_of(title, found[1]))


def _steps_of(title: str, found: Sequence[Stage]) -> Iterator[str]:
    yield from (f"# {title}", "", "## Workflow Metadata", "- **Version**: 1", "")
    yield from ("## Task Breakdown", "", f"# Phase-01 (Strategic Level) - {title}")
    for number, stage in enumerate(found, 1):
        task = f"P01-T{number:02d}"
        before = f"Task P01-T{number - 1:02d} must be `SUCCEEDED`"
        yield from ("", f"## Task-{number:02d} (Tactical Level) - {stage.title}")
        yield from (f"- ID: {task}", f"- Description: {stage.title}")
        yield f"- Prerequisites: {before if number > 1 else 'None'}"
        yield from ("", f"### Subtask-01 (Operational Level) - {stage.title}")
        yield from (f"- ID: {task}-S01", "- Prerequisites: None", "- Steps:")
        for place, item in enumerate(stage.items, 1):
            yield f"    - Step ID: {task}-S01-{place:02d}"
            yield f"      - Command: `{item.name.replace('`', '')}`"
            yield f"      - Description: {item.name}"


def uncovered(catalogue: Catalogue, phases: Sequence[str]) -> list[str]:
    """Return the framework's stages that share no telling word with any phase."""
    words = [_telling(x) for x in phases]
    missing = (
        x.title
        for x in catalogue.stages
        if not any(_share_a_word(_telling(x.title), other) for other in words)
    )
    return list(missing)


def _telling(title: str) -> set[str]:
    found = re.findall(r"[a-z]{4,}", title.lower())
    return {x[:6] for x in found} - {"core", "phase", "stage"}


def _share_a_word(one: set[str], other: set[str]) -> bool:
    """Tell so where one word begins like the other: `test` and `testing` are one."""
    return any(a.startswith(b) or b.startswith(a) for a in one for b in other)
