"""Records: files that hold one decision each.

Formats: Nygard's ADR as adr-tools writes it (https://github.com/npryce/adr-tools), and
MADR 2 to 4 (https://adr.github.io/madr/), also with the headings of other languages.
Logs of many decisions are not its business.
"""

import re

from coordinator.kernel.text import labelled, markdown
from coordinator.kernel.text.frontmatter import FrontMatter
from coordinator.kernel.text.markdown import Line, LineKind
from learnings import facts, ids, languages
from learnings.facts import Facts

_NOT_IN_WORDS = re.compile(r"[\W_\d]+")
_SPOKEN = frozenset({LineKind.TEXT, LineKind.BULLET})
_OUTCOME = frozenset({"decision outcome", "decision", "decisions", *languages.OUTCOME})
_BACKGROUND = frozenset(
    {
        "context and problem statement",
        "context",
        "rationale",
        "background",
        "problem",
        *languages.BACKGROUND,
    }
)
_ABOUT = frozenset({"status", "metadata", "state", *languages.STATUS})
_IN_HEADS = frozenset({"status", "date", "agent", "supersedes", "superseded_by"})
_PAIR = 2  # cells: a key and its value
_LAST_BRACKETS = re.compile(r"[(\[]([^()\[\]]{1,40})[)\]]\s*\Z")
_DAY = re.compile(r"\W*\d{4}-\d\d-\d\d")
_LOOKS = re.compile(r"(?:m?adr|decision|dr)[-_ ]?\d", re.IGNORECASE)
_ASIDE = re.compile(r"\s*[(\uff08][^()\uff08\uff09]*[)\uff09]\W*\Z")
_NUMBERED = re.compile(r"\W*\d{1,4}[-_.: ]")
_QUOTED = re.compile(r"(?:>[ \t]?)+")


def read(front: FrontMatter, lines: list[Line], stem: str) -> Facts | None:
    """Return the decision that the whole document is, or None where it is none."""
    first = next((x for x in lines if x.kind is LineKind.HEADING), None)
    words = facts.plain(first.content) if first else front.text("title")
    title = ids.without_number(facts.plain(_title(front, lines)))
    title = title or ids.named_after(stem)
    made = ids.record_id(stem, words)
    entry = Facts(title, first.number if first else 1, id=made)
    _take_front(entry, front)
    _take_head(entry, lines)
    if not _is_record({_words(x) for x in lines if x.kind is LineKind.HEADING}, entry):
        return None
    # The id stays what it was when the first heading, of whatever level, was the title.
    named_before = ids.without_any_number(words)
    if not made and named_before != title:
        entry.id = ids.title_id(stem, named_before)
    entry.texts = _texts(lines, _OUTCOME) + _texts(lines, _BACKGROUND)
    if not entry.texts:
        entry.texts = _first_paragraph(lines)
    return entry


def looks_like_one(front: FrontMatter, lines: list[Line], stem: str) -> bool:
    """Tell whether somebody meant a record here, by its name or its sections."""
    headings = {_words(x) for x in lines if x.kind is LineKind.HEADING}
    about, background = bool(_ABOUT & headings), bool(_BACKGROUND & headings)
    names = (stem, _title(front, lines))
    is_numbered = any(_NUMBERED.match(x) and not _DAY.match(x) for x in names)
    parts = background or bool(_OUTCOME & headings)
    return (
        (about and background)
        or (is_numbered and (parts or about))
        or any(_LOOKS.match(x) for x in names)
    )


def _title(front: FrontMatter, lines: list[Line]) -> str:
    named = markdown.title(lines)
    return front.text("title") or (named.content if named else "")


def _words(heading: Line) -> str:
    bare = _ASIDE.sub("", heading.content[:80])
    return _NOT_IN_WORDS.sub(" ", bare).strip().lower()


def _is_record(headings: set[str], entry: Facts) -> bool:
    outcome = "decision outcome" in headings
    decides = bool(_OUTCOME & headings)
    sections = decides and bool((_ABOUT | _BACKGROUND) & headings)
    numbered = bool(entry.id) and (bool(entry.said) or decides)
    return outcome or sections or numbered


def _take_front(entry: Facts, front: FrontMatter) -> None:
    for name, value in front.values.items():
        key = facts.key_of(name)
        texts = [value] if isinstance(value, str) else value
        if key in {"title", "label", ""} or not isinstance(texts, list):
            continue
        entry.add(key, ", ".join(x for x in texts if isinstance(x, str)))


def _take_head(entry: Facts, lines: list[Line]) -> None:
    """Take the keys above the first section, those of tables there, and short sections.

    Such a section is named after a key (Status, Date); adr-tools writes `Superseded by`
    and `Supersedes` as further lines of Status.
    """
    section, first = "", True
    above: list[str] = []
    front, entry.said = entry.said, ""
    said = ""
    for line in lines:
        if line.kind is LineKind.HEADING:
            if not first:
                _take_pairs(entry, line.content)  # "## Status: rejected"
            section, first = "" if first else _words(line), False
            continue
        if line.kind is LineKind.BLANK:
            above = []  # a table ends here
        if line.kind not in _SPOKEN or (section and not _is_told_in(section)):
            continue
        content = _QUOTED.sub("", line.content, count=1)
        if content.startswith("|"):
            above = _take_row(entry, above, content)
        elif section in _ABOUT and not facts.pair_in(content):
            said = said or facts.plain(facts.chosen(content))
            entry.date = entry.date or facts.date_in(content)
            entry.find_links(content)
        else:
            _take_line(entry, section, line, content)
    entry.said = front or said or entry.said or _in_brackets(entry.title)


def _take_line(entry: Facts, section: str, line: Line, content: str) -> None:
    """Take pairs, or in a section that is named after a key its value."""
    if _take_pairs(entry, content) or not section:
        return
    if not getattr(entry, key := facts.key_of(section)):
        # "4. Feb 2026" looks like an item of a list.
        entry.add(key, line.text if key == "date" else content)


def _take_pairs(entry: Facts, content: str) -> bool:
    pairs = facts.pairs_in(content)
    for key, value in pairs:
        if key in _IN_HEADS:
            entry.add(key, value)
    return bool(pairs)


def _is_told_in(section: str) -> bool:
    return section in _ABOUT or facts.key_of(section) in {"date", "agent"}


def _take_row(entry: Facts, above: list[str], row: str) -> list[str]:
    """Take what a row says beside its key, or below the header; return the header."""
    if labelled.is_delimiter(row):
        return above
    cells = [facts.plain(x) for x in labelled.cells(row)]
    keys = [facts.key_of(x) for x in cells]
    pairs = list(zip(above, cells, strict=False))
    if len(cells) == _PAIR and keys[0] and not (keys[1] or any(above)):
        pairs = [(keys[0], cells[1])]
        keys = [""]
    for key, value in pairs:
        if key in _IN_HEADS and not facts.is_empty(value):
            entry.add(key, value)
    return above or keys


def _in_brackets(title: str) -> str:
    """Return the words of `Use rye (rejected)` that say a status and no more."""
    found = _LAST_BRACKETS.search(title[-facts.MOST_IN_TITLE :])
    return found[1] if found and facts.is_status(found[1]) else ""


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
