"""Search and history: what was ever written, by words, agent, subject and time."""

from datetime import UTC, datetime
from typing import Annotated, Any, cast

from pydantic import Field

from coordinator.index import segments
from coordinator.kernel import clock
from coordinator.kernel.errors import NotFound, UsageProblem
from coordinator.results.workspaces import DocumentVersion, FoundDocument, ShownRecord
from coordinator.workspace.registry import Arguments, Positional, Refresh, Who, action
from coordinator.workspace.workspace import Call

_WORDS, _CHARACTERS = 12, 40  # in an excerpt
_MARKS_ALONE = (
    "Nothing is found by marks alone: name a word, letters or digits in any script."
)


class SearchArguments(Arguments):
    """What to look for."""

    words: Annotated[tuple[str, ...], Positional()] = Field(
        ...,
        min_length=1,
        description="words that must all occur; a trailing * is open, other marks and"
        " emoji only separate",
    )
    limit: int = Field(50, ge=1, le=1_000, description="the most results")


@action(
    "search",
    who=Who.ANYONE,
    example="coordinator search login token",
    refresh=Refresh.QUICK,
)
def search(call: Call, arguments: SearchArguments) -> list[FoundDocument]:
    """Search all documents as they stand now, the best match first."""
    # SQLite takes a NUL for the end of the question.
    words = " ".join(arguments.words).replace("\0", " ").split()
    if not words:
        raise UsageProblem("No word was given.", hint="Name the words to search for.")
    if not any(map(segments.is_word, words)):
        call.notes.append(_MARKS_ALONE)
        return []
    rows = call.workspace.index.rows(
        "SELECT d.path, d.owner AS kind, d.agent, d.title, d.at,"
        " snippet(search, 1, '', '', ' … ', ?) AS excerpt"
        " FROM search JOIN documents d ON d.number = search.rowid"
        " WHERE search MATCH ? ORDER BY rank, d.path LIMIT ?",
        (_longest(words), " ".join(map(_quoted, words)), arguments.limit + 1),
    )
    for row in rows:
        row["excerpt"] = segments.join(row["excerpt"])
    found = _within(call, rows, arguments.limit, "best matches")
    return cast("list[FoundDocument]", found)


def _longest(words: list[str]) -> int:
    """Return how many words an excerpt has; where each is a character, more."""
    return _CHARACTERS if any(segments.cut(x) != x for x in words) else _WORDS


def _within(
    call: Call, rows: list[dict[str, Any]], limit: int, what: str
) -> list[dict[str, Any]]:
    """Return the first rows, with a note where there are more."""
    if len(rows) > limit:
        call.notes.append(
            f"Only the {limit} {what} are shown; there are more: add --limit N."
        )
    return rows[:limit]


def _quoted(word: str) -> str:
    """Return an FTS5 string: nothing that is typed counts as an operator."""
    stem, star, _ = word.partition("*") if word.endswith("*") else (word, "", "")
    return '"' + segments.cut(stem).replace('"', '""') + '"' + star


class HistoryArguments(Arguments):
    """Which part of the history."""

    agent: str = Field("", description="only what this agent did")
    subject: str = Field("", description="only this document, item, agent or worktree")
    since: str = Field(
        "", description="only what came after this day or time, in UTC (2026-01-31)"
    )
    limit: int = Field(100, ge=1, le=100_000, description="the newest so many")
    show: int | None = Field(
        None, ge=1, description="print the document of this record instead"
    )


@action(
    "history",
    who=Who.ANYONE,
    example="coordinator history --agent backend --limit 20",
    refresh=Refresh.QUICK,
)
def history(
    call: Call, arguments: HistoryArguments
) -> list[ShownRecord] | DocumentVersion:
    """Show who did what when; --show N prints the version that record N accepted."""
    if arguments.show is not None:
        return _version(call, arguments.show)
    conditions = ["1"]
    values: list[Any] = []
    for name, value in (("actor", arguments.agent), ("subject", arguments.subject)):
        if value:
            conditions.append(f"{name} = ?")
            values.append(f"({value})" if value == "maintainer" else value)
    if arguments.since:
        conditions.append("at >= ?")
        values.append(_moment(arguments.since))
    rows = call.workspace.index.rows(
        "SELECT seq, at, kind, actor, subject, blob, note FROM records"
        f" WHERE {' AND '.join(conditions)} ORDER BY seq DESC LIMIT ?",
        (*values, arguments.limit + 1),
    )
    found = _within(call, rows, arguments.limit, "newest records")
    return cast("list[ShownRecord]", found[::-1])


def _moment(text: str) -> str:
    """Return a time as records have it; without a zone it is UTC, as they are shown."""
    try:
        moment = datetime.fromisoformat(text.strip().removesuffix(" UTC"))
        return clock.render(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise UsageProblem(
            f"{text!r} is no time.", hint="Write 2026-01-31 or 2026-01-31T09:30."
        ) from None


def _version(call: Call, seq: int) -> DocumentVersion:
    question = (
        "SELECT seq, at, actor, subject, blob FROM records"
        " WHERE seq = ? AND kind = 'document.accepted'"
    )
    row = call.workspace.index.row(question, (seq,))
    if row is None:
        raise NotFound(
            f"Record {seq} accepted no document.",
            hint="Run: coordinator history --subject PATH",
        )
    text = call.workspace.read_text(row["blob"])
    return cast("DocumentVersion", {**row, "text": text})
