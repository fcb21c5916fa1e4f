"""Search and history: what was ever written, by words, agent, subject and time."""

from datetime import UTC, datetime
from typing import Annotated, TypeVar, cast

from pydantic import Field

from coordinator.index import document_queries, record_queries, segments
from coordinator.kernel import clock
from coordinator.kernel.errors import NotFound, UsageProblem
from coordinator.results.workspaces import DocumentVersion, FoundDocument, ShownRecord
from coordinator.workspace.registry import Arguments, Positional, Refresh, Who, action
from coordinator.workspace.workspace import MAINTAINER, Call

_MARKS_ALONE = (
    "Nothing is found by marks alone: name a word, letters or digits in any script."
)


_Row = TypeVar("_Row")


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
    most = arguments.limit + 1
    rows = document_queries.search(call.workspace.index, words, most)
    return _within(call, rows, arguments.limit, "best matches")


def _within(call: Call, rows: list[_Row], limit: int, what: str) -> list[_Row]:
    """Return the first rows, with a note where there are more."""
    if len(rows) > limit:
        call.notes.append(
            f"Only the {limit} {what} are shown; there are more: add --limit N."
        )
    return rows[:limit]


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
    wanted = {**_actor(arguments.agent), "subject = ?": arguments.subject}
    since = _moment(arguments.since) if arguments.since else ""
    index, most = call.workspace.index, arguments.limit + 1
    rows = record_queries.history(index, wanted, since, most)
    return _within(call, rows, arguments.limit, "newest records")[::-1]


def _actor(name: str) -> dict[str, str]:
    """Return what an actor's records have; `maintainer` alone means all of them."""
    if name == "maintainer":
        return {"actor GLOB ?": f"{MAINTAINER[:-1]}*"}
    return {"actor = ?": f"({name})" if name.startswith("maintainer ") else name}


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
    row = record_queries.accepted_at(call.workspace.index, seq)
    if row is None:
        raise NotFound(
            f"Record {seq} accepted no document.",
            hint="Run: coordinator history --subject PATH",
        )
    text = call.workspace.read_text(row["blob"])
    return cast("DocumentVersion", {**row, "text": text})
