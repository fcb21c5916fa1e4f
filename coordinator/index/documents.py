"""Documents in the index: each accepted text goes through its owner's parser once.

One table tells which owner reads which document. It writes rows and nothing else. A
parser is loaded for its first document: most commands that run alone read none.
"""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from agent_identities.model import MAINTAINERS
from coordinator.index import segments
from coordinator.kernel.journal import Record
from coordinator.kernel.problems import Problem
from coordinator.kernel.text.markdown import BOM
from learnings.model import Decision

Row = tuple[Any, ...]


@dataclass(slots=True)
class _Read:
    """What a parser made of one document: a title and rows by table."""

    title: str
    rows: dict[str, list[Row]] = field(default_factory=dict)
    problems: Sequence[Problem] = ()


def _identities(record: Record, text: str) -> _Read:
    import agent_identities.format  # noqa: PLC0415 - as said above

    path = record.subject
    found, problems = agent_identities.format.parse(text, path)
    rows = [(x.name, path, x.line, _json(asdict(x))) for x in found]
    title = ", ".join(x.title for x in found)
    return _Read(title, {"identities": rows}, problems)


def _context(record: Record, text: str) -> _Read:
    import active_contexts.format  # noqa: PLC0415 - as said above

    path, agent = record.subject, record.data["agent"]
    found, problems = active_contexts.format.parse(text, path)
    row = (
        path,
        agent,
        record.data.get("written", record.at),
        found.state.value,
        found.said,
        found.task,
        found.branch,
        found.worktree,
        _json(found.blockers),
        found.next,
        found.note,
        found.branch_line,
    )
    return _Read(found.task or found.said, {"contexts": [row]}, problems)


def _pending(record: Record, text: str) -> _Read:
    import pending_commits.format  # noqa: PLC0415 - as said above

    path, data = record.subject, record.data
    found, problems = pending_commits.format.parse(text, path)
    row = (
        path,
        data["id"],
        found.kind.value,
        data["agent"],
        found.title,
        found.branch,
        _json(found.to),
        found.task,
        int(found.draft),
        record.at,
        found.branch_line,
        found.to_line,
        found.repository,
    )
    return _Read(found.title, {"pending": [row]}, problems)


def _learning(record: Record, text: str) -> _Read:
    import learnings.format  # noqa: PLC0415 - as said above

    path, agent = record.subject, record.data["agent"]
    found, problems = learnings.format.parse(text, path)
    row = (path, agent, found.title, found.line, record.at)
    decisions = _decision_rows(found.decisions, record, agent)
    return _Read(found.title, {"learnings": [row], "decisions": decisions}, problems)


def _decision_rows(found: Sequence[Decision], record: Record, agent: str) -> list[Row]:
    return [
        (
            record.subject,
            x.line,
            x.id,
            x.title,
            x.status.value,
            x.date,
            agent or x.agent,
            x.text,
            _json(x.supersedes),
            _json(x.superseded_by),
            record.at,
        )
        for x in found
    ]


def _template(record: Record, text: str) -> _Read:
    from coordinator.workflows import lint  # noqa: PLC0415 - as said above

    document, problems = lint.check(text, record.subject)
    # A template's placeholders are what it is for.
    return _Read(
        document.title, problems=[x for x in problems if x.code != "placeholder"]
    )


def _living_copy(record: Record, text: str) -> _Read:
    import learnings.format  # noqa: PLC0415 - as said above
    from coordinator.workflows import lint  # noqa: PLC0415 - as said above

    path, agent = record.subject, record.data["agent"]
    document, problems = lint.check(text, path)
    parsed, _ = learnings.format.parse(text, path)
    rows = _decision_rows(parsed.decisions, record, agent)
    return _Read(document.title, {"decisions": rows}, problems)


_READERS: dict[str, Callable[[Record, str], _Read]] = {
    "identities": _identities,
    "contexts": _context,
    "pending": _pending,
    "learnings": _learning,
    "workflows": _template,
    "runs": _living_copy,
}


def load_parsers() -> None:
    """Load all parsers now, for whoever may outlive the program's files."""
    from coordinator.workflows import lint  # noqa: F401, PLC0415 - as said above


_TABLES = ("identities", "contexts", "pending", "learnings", "decisions")
_WITH_AGENT = ("documents", "contexts", "pending", "learnings", "decisions")
_FROM = {  # what is read from each owner's documents
    "identities": {"identities"},
    "contexts": {"contexts"},
    "pending": {"pending"},
    "learnings": {"learnings", "decisions"},
    "workflows": set[str](),
    "runs": {"decisions"},
}
_INSERT = {
    "identities": "INSERT INTO identities VALUES (?, ?, ?, ?)",
    "contexts": "INSERT INTO contexts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "pending": "INSERT INTO pending VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "learnings": "INSERT INTO learnings VALUES (?, ?, ?, ?, ?)",
    "decisions": "INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
}


def replace(
    connection: sqlite3.Connection,
    records: Sequence[Record],
    read: Callable[[str], str],
    only: Collection[str],
) -> None:
    """Put the accepted versions in the place of what the index has of them.

    `only` names the projections that take part.
    """
    records = [x for x in records if _concerns(x, only)]
    if not records:
        return
    remove(connection, [x.subject for x in records], only)
    first = connection.execute("SELECT max(number) FROM documents").fetchone()[0] or 0
    rows: dict[str, list[Row]] = {name: [] for name in _TABLES}
    documents: list[Row] = []
    found: list[Row] = []
    problems: list[Row] = []
    for number, record in enumerate(records, first + 1):
        text = read(record.data["blob"])
        parsed = _parse(record, text)
        documents.append(_document(number, record, parsed.title))
        body = segments.cut(text.removeprefix(BOM))
        found.append((number, segments.cut(parsed.title), body))
        problems += _problem_rows(record, parsed.problems)
        for table, new in parsed.rows.items():
            rows[table] += new
    for table, new in rows.items():
        if table in only:
            connection.executemany(_INSERT[table], new)
    if "documents" not in only:
        return
    connection.executemany(
        "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", documents
    )
    connection.executemany(
        "INSERT INTO search (rowid, title, body) VALUES (?, ?, ?)", found
    )
    connection.executemany("INSERT INTO problems VALUES (?, ?, ?, ?, ?, ?)", problems)


def _concerns(record: Record, only: Collection[str]) -> bool:
    read = _FROM.get(record.data["owner"], set())
    return "documents" in only or not read.isdisjoint(only)


def _parse(record: Record, text: str) -> _Read:
    """Read one document; a parser that fails costs this document's rows alone."""
    try:
        return _READERS[record.data["owner"]](record, text)
    except Exception as error:  # noqa: BLE001 - the outer boundary of the loop
        path = record.subject
        message = f"This version cannot read the document ({type(error).__name__})."
        hint = "It is kept as it is; please report it with the file."
        return _Read("", problems=[Problem(path, 0, "not-understood", message, hint)])


def _document(number: int, record: Record, title: str) -> Row:
    data = record.data
    return (
        number,
        record.subject,
        data["owner"],
        data["agent"],
        data["blob"],
        data["size"],
        record.seq,
        record.at,
        title,
    )


def _problem_rows(record: Record, problems: Sequence[Problem]) -> Iterator[Row]:
    path = record.subject
    for x in problems:
        yield path, "document", x.line, x.code, x.message, x.hint
    is_open = record.data["owner"] in {"contexts", "pending"}
    if is_open and not record.data["agent"] and not _is_a_persons(path):
        message = "No agent's name begins the name of this file."
        hint = "Rename it to begin with an agent's name: coordinator agent list"
        yield path, "document", 0, "unknown-agent", message, hint


def _is_a_persons(path: str) -> bool:
    """Tell whether a file is called after a maintainer, as those by command are."""
    first, _, _ = path.rpartition("/")[2].partition("-")
    return first in MAINTAINERS


def remove(
    connection: sqlite3.Connection, paths: Sequence[str], only: Collection[str]
) -> None:
    """Take the documents out, and all that was read from them."""
    marks = [(path,) for path in paths]
    for table in (x for x in _TABLES if x in only):
        connection.executemany(f"DELETE FROM {table} WHERE path = ?", marks)
    if "documents" not in only:
        return
    numbers = [
        row
        for mark in marks
        for row in connection.execute(
            "SELECT number FROM documents WHERE path = ?", mark
        )
    ]
    connection.executemany("DELETE FROM problems WHERE path = ?", marks)
    if not numbers:
        return
    connection.executemany("DELETE FROM search WHERE rowid = ?", numbers)
    connection.executemany("DELETE FROM documents WHERE number = ?", numbers)


def forget_refusal(connection: sqlite3.Connection, path: str) -> None:
    """Take out what was said when the file could not be read."""
    connection.execute(
        "DELETE FROM problems WHERE path = ? AND source = 'refused'", (path,)
    )


def attribute(
    connection: sqlite3.Connection, path: str, agent: str, only: Collection[str]
) -> None:
    """Give a document to another agent, its text unchanged."""
    for table in (x for x in _WITH_AGENT if x in only):
        question = f"UPDATE {table} SET agent = ? WHERE path = ?"
        connection.execute(question, (agent, path))
    if "documents" in only:
        question = "DELETE FROM problems WHERE path = ? AND code = 'unknown-agent'"
        connection.execute(question, (path,))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
