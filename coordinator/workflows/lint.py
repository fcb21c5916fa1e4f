"""Lint: what is wrong with a workflow document, by line and stable code.

It judges text that was read, and looks at nothing else: what exists in the world is
asked of the functions that it is given.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from coordinator.kernel.problems import Problem
from coordinator.kernel.text import conflicts, labelled, markdown
from coordinator.kernel.text.frontmatter import FrontMatter
from coordinator.kernel.text.labelled import Section
from coordinator.kernel.text.markdown import Line, LineKind
from coordinator.workflows.documents import read
from coordinator.workflows.lines import boxes, legends
from coordinator.workflows.model import Criteria, Criterion, Document, Family, Item
from coordinator.workflows.runs import order
from coordinator.workflows.runs.plan import Plan

_LINK = re.compile(r"\[[^\[\]]*\]\(<?([^()<>\s]+)>?(?:[ \t]+\"[^\"]*\")?\)")
_ABROAD = re.compile(r"[a-z][a-z0-9+.-]*:|#|/", re.IGNORECASE)
_AGENT = re.compile(r"@([A-Za-z][\w-]*)")
# Whole runs of backticks only (CommonMark 6.1): tried in part, a long one takes
# quadratic time.
_CODE_SPAN = re.compile(r"(?<!`)(`++)[^`]++\1(?!`)")
_NAMES_FILES = {
    Criteria.FILE_EXISTS,
    Criteria.FILE_CHANGED,
    Criteria.FILE_CONTAINS,
    Criteria.JSON_VALID,
}


def _anything(name: str) -> bool:
    del name
    return True


@dataclass(frozen=True, slots=True)
class World:
    """What a document may refer to; by default everything exists.

    `has_file` is asked for a link's target as written, without `mdc:` and `#…`;
    `has_agent` for a name without `@`; `has_document` for the id or the file name of
    the workflow before or after this one.
    """

    has_file: Callable[[str], bool] = _anything
    has_agent: Callable[[str], bool] = _anything
    has_document: Callable[[str], bool] = _anything


def check(
    text: str, path: str, world: World = World()
) -> tuple[Document, list[Problem]]:
    """Read a document and return it with all that is wrong, by line."""
    document, problems = read.parse(text, path)
    apart = labelled.read(text)
    front, lines = apart.front, apart.lines
    found = [
        *problems,
        *conflicts.find(text, path),
        *_unclosed(lines, path),
        *_duplicates(document.sections, path),
        *_boxes(document.checklist.items, path),
        *_marks(front, path),
        *_like_boxes(lines, path),
        *_placeholders(document, path),
        *_targets(document, path),
        *_circles(document, path),
        *_dangling(document, text, lines, path, world),
    ]
    return document, sorted(found, key=lambda x: (x.line, x.code))


def dangling(
    document: Document, text: str, path: str, world: World
) -> Iterator[Problem]:
    """Find what a document refers to and the world has not, in no stated order."""
    lines = labelled.read(text).lines
    yield from _dangling(document, text, lines, path, world)


def _dangling(
    document: Document, text: str, lines: Sequence[Line], path: str, world: World
) -> Iterator[Problem]:
    yield from _links(lines, path, world)
    yield from _agents(document, text, path, world)
    yield from _neighbours(document, text, path, world)


def _unclosed(lines: Sequence[Line], path: str) -> Iterator[Problem]:
    fences = [x.number for x in lines if x.kind is LineKind.FENCE]
    if len(fences) % 2:
        message = "A code fence is opened here and never closed."
        hint = "Close it: everything below it is read as code."
        yield Problem(path, fences[-1], "unclosed-fence", message, hint)


def _duplicates(sections: Sequence[Section], path: str) -> Iterator[Problem]:
    """Find headings that stand twice below the same one."""
    seen: dict[tuple[int, str], int] = {}
    way: list[tuple[int, int]] = []  # levels, with the line that first had the title
    for section in sections:
        while way and way[-1][0] >= section.level:
            way.pop()
        key = (way[-1][1] if way else 0, section.title.lower())
        first = seen.setdefault(key, section.line)
        way.append((section.level, first))
        if section.title and first != section.line:
            message = f"The section {section.title[:80]!r} stands in line {first} too."
            hint = "Rename one, or bring them together."
            yield Problem(path, section.line, "duplicate-section", message, hint)


def _boxes(items: Sequence[Item], path: str) -> Iterator[Problem]:
    for item in (x for x in items if x.is_bare):
        message = "The box has no list marker, so that renderers do not show it."
        yield Problem(path, item.line, "bare-box", message, "Write `- [ ]` before it.")
    for item in (x for x in items if not x.is_known):
        message = f"Nobody says what the sign in the box of {item.text[:80]!r} means."
        hint = "Write one of `[ ] [~] [x] [-]`, or explain it in a legend; it is open."
        yield Problem(path, item.line, "unknown-mark", message, hint)
    late_ones: dict[int, list[int]] = {}
    for place, before in order.violations(items):
        late_ones.setdefault(before, []).append(place)
    for before, places in late_ones.items():
        late, first = items[places[0]], items[before]
        more = f" (and {len(places) - 1} more)" if places[1:] else ""
        message = (
            f"{late.text[:80]!r}{more} is ticked, and {first.text[:80]!r} in line"
            f" {first.line}, which comes before it, is open."
        )
        hint = "Do them in order, or mark what is left out with `[-]`."
        yield Problem(path, late.line, "order-violation", message, hint)
    for place in order.conflicts(items):
        message = f"{items[place].text[:80]!r} is ticked, and not all below it is done."
        hint = "Leave it open: it is done once everything below it is."
        yield Problem(path, items[place].line, "parent-conflict", message, hint)


def _like_boxes(lines: Sequence[Line], path: str) -> Iterator[Problem]:
    for line in (x for x in lines if boxes.is_like(x)):
        message = f"{line.content[:80]!r} looks like a box, and is none."
        hint = "Write `- [ ] text`, with a blank behind the brackets; it is no item."
        yield Problem(path, line.number, "no-box", message, hint)


def _marks(front: FrontMatter, path: str) -> Iterator[Problem]:
    for sign in legends.unknown(front):
        message = f"The front matter does not tell what a box with {sign!r} means."
        hint = "Write `open`, `in progress`, `done` or `skipped` behind it."
        yield Problem(path, 1, "bad-value", message, hint)


def _placeholders(document: Document, path: str) -> Iterator[Problem]:
    if document.kind is not Family.CHECKLIST:
        return
    for found in (x for x in document.checklist.placeholders if x.is_required):
        message = f"The placeholder [{found.text}] waits to be filled."
        hint = f"Fill it, or start a run with --set {found.text!r}=…"
        yield Problem(path, found.line, "placeholder", message, hint)


def links(lines: Sequence[Line]) -> Iterator[tuple[int, str]]:
    """Yield the line and the target of each link into this or another file's folder."""
    for line in lines:
        if "](" not in line.text or line.kind in {LineKind.CODE, LineKind.FENCE}:
            continue
        for match in _LINK.finditer(_CODE_SPAN.sub("", line.text)):
            target = match[1].removeprefix("mdc:")
            if not _ABROAD.match(target):
                yield line.number, target.partition("#")[0]


def _links(lines: Sequence[Line], path: str, world: World) -> Iterator[Problem]:
    for number, target in links(lines):
        if not world.has_file(target):
            message = f"The link leads to {target[:200]!r}, and there is no such file."
            hint = "Correct the link, or write the file."
            yield Problem(path, number, "dangling-link", message, hint)


def _agents(
    document: Document, text: str, path: str, world: World
) -> Iterator[Problem]:
    subtasks = (y for x in document.book.tasks for y in x.subtasks)
    named = {*document.agents, *(x.on_failure.agent for x in subtasks)} - {""}
    unknown = {x for x in named if not world.has_agent(x)}
    if not unknown:
        return
    for number, line in enumerate(markdown.split_lines(text), 1):
        for name in _AGENT.findall(line) if "@" in line else ():
            if name in unknown:
                unknown.remove(name)
                yield _unknown_agent(path, number, name)
    for name in sorted(unknown):
        yield _unknown_agent(path, 1, name)


def _unknown_agent(path: str, line: int, name: str) -> Problem:
    message = f"No agent on the roster is named {name!r}; a maintainer stands in."
    hint = "Run: coordinator agent list"
    return Problem(path, line, "unknown-agent", message, hint)


def _neighbours(
    document: Document, text: str, path: str, world: World
) -> Iterator[Problem]:
    for code, keys in (
        ("dangling-previous", ("previous_task", "previous_step")),
        ("dangling-next", ("next_task", "next_step")),
    ):
        said = document.said(*keys)
        if _names_document(said) and not world.has_document(said):
            message = f"It names {said[:100]!r}, which is not among these documents."
            hint = "Import them together, or correct the name."
            yield Problem(path, _line_with(text, said), code, message, hint)


def _names_document(said: str) -> bool:
    return bool(said) and said.lower() not in {"none", "null", "n/a", "-"}


def _line_with(text: str, said: str) -> int:
    lines = enumerate(markdown.split_lines(text), 1)
    return next((number for number, line in lines if said in line), 1)


def _circles(document: Document, path: str) -> Iterator[Problem]:
    """Find prerequisites that wait for what itself waits for them."""
    for owner, wanted in Plan(document.book).circles() if document.book.tasks else ():
        message = f"{owner.id} waits for {wanted.id}, which waits for it."
        hint = "Correct the id; a run waits for a maintainer's word here."
        yield Problem(path, wanted.line, "circular-prerequisite", message, hint)


def _targets(document: Document, path: str) -> Iterator[Problem]:
    """Find criteria about a file's content that name none, with none to derive."""
    for task in document.book.tasks:
        for subtask in (x for x in task.subtasks if not x.links):
            yield from _targets_of(subtask.criteria, path)
            for step in subtask.steps:
                yield from _targets_of(step.criteria, path)


def _targets_of(criteria: Sequence[Criterion], path: str) -> Iterator[Problem]:
    if any(map(_names_a_file, criteria)):
        return
    for criterion in criteria:
        if criterion.kind is Criteria.FILE_MATCHES and not criterion.files:
            message = f"The criterion {criterion.text[:80]!r} names no file to look in."
            hint = "Name one (`pattern` in `file`); else only submitted changes count."
            yield Problem(path, criterion.line, "unresolved-target", message, hint)


def _names_a_file(criterion: Criterion) -> bool:
    named = criterion.files or criterion.values or criterion.parts
    return criterion.kind in _NAMES_FILES and bool(named)
