"""Decisions in a log: bullets, numbered lists and headings below "Decision Log".

It reads the lines of one document; records of one decision a file are not its business.
"""

import re
from collections.abc import Iterator

from coordinator.kernel.text.markdown import Line, LineKind
from learnings import facts
from learnings.facts import Facts

_LOG = re.compile(
    r"(?:[a-z' ]{0,40} )?(?:decisions(?: (?:log|record|register|history|made|taken"
    r"|processed|summary))?(?: and (?:[a-z]+ )?(?:learnings?|rationales?|notes|lessons"
    r"|lessons learned|reasons|trade offs))?|decision (?:log|register|history))"
)
_NOT_LOG = re.compile(
    r"(?:.* )?(?:open|pending|outstanding|related|upcoming|future|unresolved|needed"
    r"|no|other|awaiting|how) .*decision"
)
_ASIDE = re.compile(
    r"(?:.* )?(?:notes?|guidance|usage|how to .*|status (?:values|legend)|legend"
    r"|template|references|next steps|open questions|questions|metadata|links"
    r"|about|purpose|overview|action items|see also|glossary|rules|format|summary"
    r"|introduction|intro|background|context|conclusion|scope|changelog|principles)"
)
_NOT_IN_WORDS = re.compile(r"[\W_]+")
_NUMBERING = re.compile(r"\d{1,3}(?:\.\d{1,3})*[.)]?\s+")
_LIST_NUMBER = re.compile(r"\d{1,3}[.)]\s+")
_ENTRY_HEADING = re.compile(
    r"[^\w\[]{0,6}(?:\[?[A-Za-z]{1,10}-\d{1,5}\b|D\d{1,4}\b|(?:key )?decision\b"
    r"|\d{1,3}[.)]\s|\[?\d{4}-\d\d-\d\d\b[\])]?\W+\w)",
    re.IGNORECASE,
)
_SIGNS = re.compile(r"[^\w\s\[\](){}<>\"'`*_/.,@#$&+|~-]{1,4}\s+")
_LABEL = r"(?:(?:key )?decision\s*#?\d{0,4}|\[?(?P<id>[a-z]{1,10}-\d{1,5}|d\d{1,4})\]?)"
_WHOLE_LABEL = re.compile(_LABEL, re.IGNORECASE)
_LABELLED = re.compile(
    rf"(?:\d{{1,3}}[.)]\s+)?{_LABEL}(?:\s*[:.\u2013\u2014-]\s+|(?<=\])\s*)",
    re.IGNORECASE,
)
_BOLD = re.compile(r"(?:\*\*|__)(?=\S)(.{1,300}?)(?<=\S)(?:\*\*|__)")
_AFTER_BOLD = re.compile(r"\s*(\([^()]{0,300}\))?\s*(?:[:\u2013\u2014-]+(?:\s+|\Z)|\Z)")
_DASH = re.compile(r"\s(?:\u2014|\u2013|--)\s")
_ENDS_IN_STATUS = re.compile(
    r"\s[:\u2013\u2014-]\s+[*_(]*"
    r"(proposed|accepted|approved|rejected|declined|deprecated|superseded)[*_)]*\Z",
    re.IGNORECASE,
)
_SET_APART = ("**", "__", "*", "_")


def read(lines: list[Line]) -> Iterator[Facts]:
    """Yield the entries of every log in the document, in their order."""
    index = 0
    while index < len(lines):
        line = lines[index]
        index += 1
        if line.kind is LineKind.HEADING and is_log(line.content):
            end = _section_end(lines, index, line.level)
            yield from _section(lines[index:end])
        elif _introduces(line):
            end = _list_end(lines, index, line)
            yield from _list(lines[index:end])
        else:
            continue
        index = end


def is_log(title: str) -> bool:
    """Tell whether a title announces decisions: "Key decisions and learnings"."""
    title = _NUMBERING.sub("", title[:120].replace("&", " and "), count=1)
    words = _NOT_IN_WORDS.sub(" ", title).strip().lower()
    return _LOG.fullmatch(words) is not None and not _NOT_LOG.match(words)


def _introduces(line: Line) -> bool:
    """Tell whether a line stands above its list: `**Decisions**`, `- Decisions:`."""
    if line.kind not in {LineKind.TEXT, LineKind.BULLET} or "ecision" not in line.text:
        return False
    text = line.content
    announced = text.rstrip("*_ ").endswith(":")
    apart = text.startswith(_SET_APART) and text.endswith(_SET_APART)
    return (announced or apart) and is_log(text)


def _section_end(lines: list[Line], start: int, level: int) -> int:
    for index in range(start, len(lines)):
        line = lines[index]
        if line.kind is LineKind.HEADING and line.level <= level:
            return index
    return len(lines)


def _list_end(lines: list[Line], start: int, above: Line) -> int:
    """A list ends at a heading, at its parent's next bullet, at text after a gap."""
    floor = above.level if above.kind is LineKind.BULLET else -1
    gap = False
    for index in range(start, len(lines)):
        line = lines[index]
        match line.kind:
            case LineKind.HEADING:
                return index
            case LineKind.BULLET if line.level <= floor:
                return index
            case LineKind.TEXT if gap and not line.text[0].isspace():
                return index
        gap = line.kind is LineKind.BLANK
    return len(lines)


def _section(lines: list[Line]) -> Iterator[Facts]:
    """Yield what stands below a heading: its own list, then each heading below."""
    levels = [x.level for x in lines if x.kind is LineKind.HEADING]
    if not levels:
        yield from _list(lines)
        return
    top = min(levels)
    marks = [
        i for i, x in enumerate(lines) if x.kind is LineKind.HEADING and x.level == top
    ]
    yield from _section(lines[: marks[0]])
    for start, end in zip(marks, [*marks[1:], len(lines)], strict=True):
        yield from _subsection(lines[start], lines[start + 1 : end])


def _subsection(heading: Line, lines: list[Line]) -> Iterator[Facts]:
    words = _NOT_IN_WORDS.sub(" ", heading.content[:120]).strip().lower()
    if _ASIDE.fullmatch(words):
        return
    log = is_log(heading.content)
    if not log and (_ENTRY_HEADING.match(heading.content) or _is_group(lines)):
        title = _LIST_NUMBER.sub("", heading.content, count=1)
        entry = headline(title, heading.number)
        absorb(entry, lines)
        yield entry
        return
    date = facts.date_in(heading.content)
    for entry in _section(lines):
        entry.date = entry.date or date
        yield entry


def _is_group(lines: list[Line]) -> bool:
    """Tell whether prose, or keys such as Rationale, make the lines one decision."""
    bullets = any(x.kind is LineKind.BULLET for x in lines)
    spoken = [x for x in lines if x.kind in _SPOKEN and not x.text[0].isspace()]
    keys = [pair[0] for x in spoken if (pair := facts.pair_in(x.content))]
    if not bullets:
        return bool(spoken) and all(x.kind is not LineKind.HEADING for x in lines)
    keyed = sum(key in _GROUPING for key in keys)
    return "status" in keys or 0 < len(spoken) <= 2 * keyed


_SPOKEN = frozenset({LineKind.TEXT, LineKind.BULLET})
_GROUPING = frozenset({"status", "date", "text", "agent"})
_REMARKS = frozenset(
    {"status", "date", "agent", "label", "tags", "supersedes", "superseded_by"}
)


def _list(lines: list[Line]) -> Iterator[Facts]:
    """Yield one entry a bullet; nested bullets and further lines are its reasons."""
    entries: list[tuple[Line, list[Line]]] = []
    top = min((x.level for x in lines if x.kind is LineKind.BULLET), default=0)
    gap = True
    for line in lines:
        if line.kind is LineKind.BULLET and line.level == top:
            entries.append((line, []))
        elif entries and line.kind in _SPOKEN and _belongs(line, gap=gap):
            entries[-1][1].append(line)
        gap = line.kind is LineKind.BLANK
    if _is_keyed([line for line, _ in entries]):
        yield from _keyed(entries)
        return
    for line, rest in entries:
        pair = facts.pair_in(line.content)
        if pair and pair[0] in _REMARKS:
            continue
        entry = headline(line.content, line.number)
        absorb(entry, rest)
        yield entry


def _belongs(line: Line, *, gap: bool) -> bool:
    """Tell whether a line goes on with the bullet above: no gap, or indented."""
    return not gap or line.text[0].isspace()


def _is_keyed(bullets: list[Line]) -> bool:
    """Tell whether the bullets are the keys of one decision, not decisions."""
    pairs = (facts.pair_in(x.content) for x in bullets)
    keys = {x[0] for x in pairs if x}
    return "title" in keys and bool(keys & _GROUPING)


def _keyed(entries: list[tuple[Line, list[Line]]]) -> Iterator[Facts]:
    """Yield a decision for each round of keys: Date, Decision, Status; Date …."""
    entry = Facts("", entries[0][0].number)
    seen: set[str] = set()
    for line, rest in entries:
        key, _ = facts.pair_in(line.content) or ("", "")
        if key in seen and key in {"title", "date", "label"} and entry.title:
            yield entry
            entry, seen = Facts("", line.number), set()
        seen.add(key)
        absorb(entry, [line, *rest])
    yield entry


def absorb(entry: Facts, lines: list[Line]) -> None:
    """Take the lines below an entry: keys as facts, everything else as its text."""
    key = ""
    for line in lines:
        if line.kind is LineKind.HEADING:
            key = facts.key_of(line.content)
        elif line.kind in _SPOKEN and line.content:
            _take(entry, *(facts.pair_in(line.content) or (key, line.content)), line)


def _take(entry: Facts, key: str, value: str, line: Line) -> None:
    if not entry.add(key, value):
        entry.texts.append(line.content)
        entry.find_links(line.content)


def headline(content: str, line: int) -> Facts:
    """Read an entry's first line: day, label, title, remarks in brackets, reason."""
    entry = Facts("", line)
    content = content[: facts.MOST_IN_TEXT + facts.MOST_IN_TITLE]
    content = _SIGNS.sub("", content, count=1) if _SIGNS.match(content) else content
    entry.date, content = facts.split_date(content)
    entry.find_links(content)
    title, reason = _split(content)
    if label := _WHOLE_LABEL.fullmatch(title):
        title, reason = _split(reason)
    elif label := _LABELLED.match(title):
        title = title[label.end() :]
    if label and label["id"]:
        entry.label = label["id"]
    title = _take_status(entry, facts.take_parenthesis(entry, title))
    entry.title = facts.plain(title)
    if reason:
        entry.texts.append(reason)
    return entry


def _split(content: str) -> tuple[str, str]:
    """Split at the end of a bold beginning, or at a long dash."""
    bold = _BOLD.match(content)
    after = _AFTER_BOLD.match(content, bold.end()) if bold else None
    if bold and after:
        remark = f" {after[1]}" if after[1] else ""
        return f"{bold[1].rstrip(': ')}{remark}", content[after.end() :].strip()
    if bold and bold[1].endswith(":"):
        return bold[1].rstrip(": "), content[bold.end() :].strip()
    dash = _DASH.search(content)
    if dash:
        return content[: dash.start()].strip(), content[dash.end() :].strip()
    return content.strip(), ""


def _take_status(entry: Facts, title: str) -> str:
    match = _ENDS_IN_STATUS.search(title[-60:])
    if match:
        entry.said = match[1]
        return title[: len(title) - len(match[0])]
    return title
