"""Learnings and decisions as text: what they say, and new ones.

It never touches the disk, and never changes a line that somebody wrote.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice
from pathlib import PurePosixPath

from coordinator.kernel.problems import Problem
from coordinator.kernel.text import conflicts, labelled, markdown
from coordinator.kernel.text.frontmatter import FrontMatter
from coordinator.kernel.text.markdown import Line, LineKind
from learnings import entries, facts, ids, records, tables, yaml_lists
from learnings.facts import Facts
from learnings.model import Decision, Learning, Status

YAML_ENDINGS = (".yaml", ".yml")
MOST_DECISIONS = 2_000
_LOG_HEADING = "## Decision Log"
_LINE_END = re.compile(r"\r\n|\n|\r")
# A heading or a fence among the reasons would end the log.
_STRUCTURE = re.compile(r"^((?:[-*+] +)?)(?=#|`{3}|~{3})")
_ESCAPED = r"\1\\"
_TAGS = re.compile(r"[,;#\s]+")


def parse(text: str, path: str) -> tuple[Learning, tuple[Problem, ...]]:
    """Read a learning and the decisions in it, in whichever form they stand.

    A file is one record (MADR, Nygard), or holds logs and tables; a path that ends in
    `.yaml` is a list.
    """
    stem = PurePosixPath(path).name.split(".")[0]
    if path.lower().endswith(YAML_ENDINGS):
        learning, read, problems = _parse_yaml(text, path)
    else:
        learning, read, problems = _parse_markdown(text, path, stem)
    found = list(islice(read, MOST_DECISIONS + 1))
    decisions, more = _settle(found[:MOST_DECISIONS], path, stem)
    if len(found) > MOST_DECISIONS:
        more.append(_too_many(found[-1], path))
    problems += [*conflicts.find(text, path), *more]
    return replace(learning, decisions=tuple(decisions)), tuple(problems)


def _parse_yaml(
    text: str, path: str
) -> tuple[Learning, Iterator[Facts], list[Problem]]:
    learning = Learning(_title_of(path), path, date=facts.date_in(path))
    try:
        return learning, yaml_lists.read(text), []
    except yaml_lists.Unreadable as error:
        message = f"The file is not valid YAML: {error.reason}."
        hint = "Quote values that hold a colon, and indent with spaces."
        return (
            learning,
            iter(()),
            [Problem(path, error.line, "bad-yaml", message, hint)],
        )


def _parse_markdown(
    text: str, path: str, stem: str
) -> tuple[Learning, Iterator[Facts], list[Problem]]:
    document = labelled.read(text)
    front, lines = document.front, document.spoken
    record = records.read(front, lines, stem)
    logged = chain(entries.read(lines), tables.read(lines))
    found = iter([record]) if record else logged
    problems = list(document.problems(path))
    if records.looks_like_one(front, lines, stem):
        first = list(islice(found, 1))
        found = chain(first, found)
        problems += [] if first else [_no_decision(path)]
    return _learning(front, lines, path), found, problems


def _learning(front: FrontMatter, lines: list[Line], path: str) -> Learning:
    heading = markdown.title(lines)
    title = front.text("title") or (facts.plain(heading.content) if heading else "")
    line = heading.number if heading else 1
    head = _head(lines)
    date = front.text("date", "created", "updated") or head.get("date", "")
    tags = front.texts("tags", "tag", "labels", "keywords")
    tags = tags or tuple(x for x in _TAGS.split(head.get("tags", "")) if x)
    return Learning(
        title or _title_of(path),
        path,
        line,
        tags=tuple(x.lstrip("#")[:60] for x in tags[:50]),
        date=facts.date_in(date) or facts.date_in(PurePosixPath(path).name),
    )


def _head(lines: list[Line]) -> dict[str, str]:
    """Return the keys that stand above the first section."""
    found: dict[str, str] = {}
    for line in lines:
        if line.kind is LineKind.HEADING and line.level > 1:
            break
        if pair := facts.pair_in(line.content):
            found.setdefault(*pair)
    return found


def _title_of(path: str) -> str:
    stem = PurePosixPath(path).name.partition(".")[0]
    return stem.replace("-", " ").replace("_", " ").strip().capitalize()


def _settle(
    found: list[Facts], path: str, stem: str
) -> tuple[list[Decision], list[Problem]]:
    """Give ids, resolve names that are used within the file, and judge."""
    decisions: list[Decision] = []
    problems: list[Problem] = []
    named: dict[str, str] = {}
    used: Counter[str] = Counter()
    for entry in sorted(found, key=lambda x: x.line):
        if facts.is_placeholder(entry.title):
            problems.append(_placeholder(entry, path))
        elif not facts.is_empty(entry.title):
            decision = _decision(entry, path, stem)
            used[decision.id] += 1
            if used[decision.id] > 1:
                decision = replace(decision, id=f"{decision.id}-{used[decision.id]}")
            named.setdefault(entry.label.lower(), decision.id)
            decisions.append(decision)
            problems += _unknown_status(entry, path)
    return [_resolved(x, named) for x in decisions], problems


def _decision(entry: Facts, path: str, stem: str) -> Decision:
    title = f"{entry.label}: {entry.title}" if entry.label else entry.title
    status = facts.status_in(entry.said) or Status.ACCEPTED
    return Decision(
        id=entry.id or ids.title_id(stem, title),
        title=title,
        path=path,
        line=entry.line,
        status=Status.SUPERSEDED if entry.superseded_by else status,
        said=entry.said,
        date=entry.date,
        agent=entry.agent,
        text="\n".join(entry.texts).strip()[: facts.MOST_IN_TEXT],
        supersedes=tuple(dict.fromkeys(entry.supersedes)),
        superseded_by=tuple(dict.fromkeys(entry.superseded_by)),
    )


def _resolved(decision: Decision, named: dict[str, str]) -> Decision:
    return replace(
        decision,
        supersedes=tuple(named.get(x, x) for x in decision.supersedes),
        superseded_by=tuple(named.get(x, x) for x in decision.superseded_by),
    )


def _too_many(entry: Facts, path: str) -> Problem:
    message = f"The file holds more than {MOST_DECISIONS} decisions; no more are read."
    hint = "Split the log into several files."
    return Problem(path, entry.line, "too-many-decisions", message, hint)


def _no_decision(path: str) -> Problem:
    message = "It looks like the record of a decision, and no decision is read in it."
    hint = "Write what was decided below a heading `## Decision`."
    return Problem(path, 1, "no-decision", message, hint)


def _placeholder(entry: Facts, path: str) -> Problem:
    message = f"The decision is still the template's words: {entry.title[:80]!r}."
    hint = "Write what was decided, or remove the line."
    return Problem(path, entry.line, "placeholder", message, hint)


def _unknown_status(entry: Facts, path: str) -> list[Problem]:
    if not entry.said or facts.is_placeholder(entry.said):
        return []
    if facts.status_in(entry.said) or entry.superseded_by:
        return []
    message = f"The status {entry.said[:80]!r} of a decision is not understood."
    hint = f"Write one of: {', '.join(Status)}."
    return [Problem(path, entry.line, "unknown-status", message, hint)]


def render_decision(
    title: str, text: str = "", agent: str = "", date: str = "", supersedes: str = ""
) -> str:
    """Write one entry of a decision log, without a line end.

    `supersedes` holds ids with commas between them, `date` is an ISO day.
    """
    remarks = [date, f"by {agent}" if agent else ""]
    remarks += [f"supersedes {supersedes}" if supersedes else ""]
    remark = ", ".join(x for x in remarks if x)
    words = _one_line(title)
    tail = f" ({remark})" if remark else ""
    line = f"- {words}{tail}"
    if entries.headline(line[2:], 1).title != facts.plain(words):
        line = f"- **{words}**{tail}"
    said = (x.strip() for x in markdown.split_lines(text))
    reasons = [f"  {_STRUCTURE.sub(_ESCAPED, x)}" for x in said if x]
    return "\n".join([line, *reasons])


def append_decision(
    document: str,
    title: str,
    text: str = "",
    supersedes: str = "",
    *,
    agent: str = "",
    date: str = "",
) -> str:
    """Return the document with one more entry at the end of its decision log.

    A document without a log gets one at its end; every other byte stays.
    """
    entry = render_decision(title, text, agent, date, supersedes)
    first, lines = _lines(document)
    if log := _last_of_log(lines):
        new = _inserted(document, _below(document, log), entry, "")
        if _count(new) > _count(document):
            return new
    # No log, or one of keys, which takes no bullets.
    last = lines[-1].number if lines else first - 1
    return _inserted(document, _below(document, last), entry, _LOG_HEADING)


def render_learning(
    title: str, text: str, agent: str, date: str, tags: tuple[str, ...] = ()
) -> str:
    """Write a new learning; an empty value gets no line."""
    facts_ = {"Date": date, "Agent": agent, "Tags": ", ".join(tags)}
    head = [f"- **{key}**: {value}" for key, value in facts_.items() if value]
    body = text.strip("\r\n")
    parts = [f"# {_one_line(title)}", "\n".join(head), body]
    return "\n\n".join(x for x in parts if x) + "\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _count(document: str) -> int:
    return len(parse(document, "")[0].decisions)


def _inserted(document: str, at: int, entry: str, heading: str) -> str:
    """Put an entry, below a new heading where one is given, at this offset."""
    found = _LINE_END.search(document)
    end = found[0] if found else "\n"
    before, after = document[:at], document[at:]
    if not document.strip():
        before = f"# Decisions{end}"
    elif not before.endswith(("\n", "\r")):
        before += end
    above = markdown.split_lines(before)[-1:]
    gap = "\n" if heading or above[0].lstrip().startswith("#") else ""
    head = f"{heading}\n\n" if heading else ""
    below = "\n" if after[:1] not in {"", "\r", "\n"} else ""
    return before + f"{gap}{head}{entry}\n{below}".replace("\n", end) + after


def _lines(document: str) -> tuple[int, list[Line]]:
    """Return the number of the body's first line, and the body's lines.

    A fence that nobody closed hides what is below it.
    """
    found = labelled.read(document)
    return found.front.body_line, _before_open_fence(found.lines)


def _below(document: str, number: int) -> int:
    """Return the offset below a line; 0 lines: the start."""
    ends = [0, *(x.end() for x in _LINE_END.finditer(document))]
    return ends[number] if number < len(ends) else len(document)


def _before_open_fence(lines: list[Line]) -> list[Line]:
    opened: int | None = None
    for index, line in enumerate(lines):
        if line.kind is LineKind.FENCE:
            opened = index if opened is None else None
    return lines[:opened]


def _last_of_log(lines: list[Line]) -> int:
    """Return the number of the last line in the first log; 0 where there is none.

    A log right below the heading of another (`# Decisions`) is the one that is meant.
    """
    number = 0
    for line in lines:
        heading = line.kind is LineKind.HEADING
        begins = heading and entries.is_log(line.content)
        if heading and number and not begins:
            break
        if begins or (number and line.kind is not LineKind.BLANK):
            number = line.number
    return number
