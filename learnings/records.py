"""Records: files that hold one decision each.

Formats: Nygard's ADR as adr-tools writes it (https://github.com/npryce/adr-tools), and
MADR 2 to 4 (https://adr.github.io/madr/). Logs of many decisions are not its business.
"""

import re

from coordinator.kernel.frontmatter import FrontMatter
from coordinator.kernel.markdown import Line, LineKind
from learnings import facts, ids
from learnings.facts import Facts

_NOT_IN_WORDS = re.compile(r"[\W_\d]+")
_SPOKEN = frozenset({LineKind.TEXT, LineKind.BULLET})
_OUTCOME = frozenset({"decision outcome", "decision", "decisions"})
_BACKGROUND = frozenset(
    {"context and problem statement", "context", "rationale", "background", "problem"}
)
_ABOUT = frozenset({"status", "metadata", "state"})


def read(front: FrontMatter, lines: list[Line], stem: str) -> Facts | None:
    """Return the decision that the whole document is, or None where it is none."""
    title = next((x for x in lines if x.kind is LineKind.HEADING), None)
    words = facts.plain(title.content) if title else front.text("title")
    made = ids.record_id(stem, words)
    entry = Facts(ids.without_number(words), title.number if title else 1, id=made)
    _take_front(entry, front)
    _take_head(entry, lines)
    if not _is_record({_words(x) for x in lines if x.kind is LineKind.HEADING}, entry):
        return None
    entry.texts = _texts(lines, _OUTCOME) + _texts(lines, _BACKGROUND)
    if not entry.texts:
        entry.texts = _first_paragraph(lines)
    return entry


def _words(heading: Line) -> str:
    return _NOT_IN_WORDS.sub(" ", heading.content[:80]).strip().lower()


def _is_record(headings: set[str], entry: Facts) -> bool:
    outcome = "decision outcome" in headings
    nygard = "decision" in headings and bool({"status", "context"} & headings)
    numbered = bool(entry.id) and (bool(entry.said) or "decision" in headings)
    return outcome or nygard or numbered


def _take_front(entry: Facts, front: FrontMatter) -> None:
    for name, value in front.values.items():
        key = facts.key_of(name)
        texts = [value] if isinstance(value, str) else value
        if key in {"title", "label", ""} or not isinstance(texts, list):
            continue
        entry.add(key, ", ".join(x for x in texts if isinstance(x, str)))


def _take_head(entry: Facts, lines: list[Line]) -> None:
    """Take the keys above the first section, and the section Status.

    adr-tools writes `Superseded by` and `Supersedes` as further lines of that section.
    """
    section, first = "", True
    said = ""
    for line in lines:
        if line.kind is LineKind.HEADING:
            section, first = "" if first else _words(line), False
        elif line.kind in _SPOKEN and (not section or section in _ABOUT):
            pair = facts.pair_in(line.content)
            if pair and pair[0] not in {"title", "label"}:
                entry.add(*pair)
            elif section:
                said = said or facts.plain(line.content)
                entry.find_links(line.content)
    entry.said = said or entry.said


def _texts(lines: list[Line], wanted: frozenset[str]) -> list[str]:
    found: list[str] = []
    level = 0
    size = 0
    for line in lines:
        if line.kind is LineKind.HEADING:
            inside = level and line.level > level
            level = level if inside else line.level * (_words(line) in wanted)
        elif level and line.kind in _SPOKEN and size < facts.MOST_IN_TEXT:
            found.append(line.content)
            size += len(line.content)
    return found


def _first_paragraph(lines: list[Line]) -> list[str]:
    found: list[str] = []
    for line in lines:
        prose = line.kind is LineKind.TEXT and not facts.is_empty(line.content)
        if prose and not facts.pair_in(line.content):
            found.append(line.content)
        elif found:
            break
    return found
