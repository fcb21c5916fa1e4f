"""Questions about the records themselves: who did what when, and what came of it.

Each returns plain dictionaries or values in a stated order; none changes anything.
"""

from collections.abc import Mapping
from typing import cast

from coordinator.index.database import Index
from coordinator.index.queries import Row
from coordinator.results.reports import DoneByActor
from coordinator.results.workspaces import ShownRecord


def was_set_up(index: Index) -> bool:
    """Tell whether the workspace's making is on record."""
    question = "SELECT 1 FROM records WHERE kind = 'workspace.created'"
    return index.row(question) is not None


def history(
    index: Index, wanted: Mapping[str, str], since: str, most: int
) -> list[ShownRecord]:
    """Return the newest records, the newest first.

    `wanted` are values by their conditions, `since` a time; empty ones do not count.
    """
    named = {k: v for k, v in wanted.items() if v}
    conditions = {**named, **({"at >= ?": since} if since else {})}
    where = " AND ".join(["1", *conditions])
    rows = index.rows(
        "SELECT seq, at, kind, actor, subject, blob, note FROM records"
        f" WHERE {where} ORDER BY seq DESC LIMIT ?",
        (*conditions.values(), most),
    )
    return cast("list[ShownRecord]", rows)


def accepted_at(index: Index, seq: int) -> Row | None:
    """Return the record of that number, if it accepted a document."""
    return index.row(
        "SELECT seq, at, actor, subject, blob FROM records"
        " WHERE seq = ? AND kind = 'document.accepted'",
        (seq,),
    )


def versions(index: Index, path: str, most: int = -1) -> list[Row]:
    """Return the last accepted versions of a document, the newest first; -1: all."""
    return index.rows(
        "SELECT seq, at, blob FROM records WHERE subject = ?"
        " AND kind = 'document.accepted' ORDER BY seq DESC LIMIT ?",
        (path, most),
    )


def blobs(index: Index) -> list[str]:
    """Return the names of all stored texts that records accepted."""
    rows = index.rows("SELECT DISTINCT blob FROM records WHERE blob <> ''")
    return [x["blob"] for x in rows]


def done_since(index: Index, start: str) -> list[DoneByActor]:
    """Count what each actor did; a subject counts at its first record."""
    question = "SELECT coalesce(min(seq), 0) AS seq FROM records WHERE at >= ?"
    first = index.row(question, (start,)) or {"seq": 0}
    rows = index.rows(
        "SELECT actor, kind, count(*) AS times, sum(earlier < ?2) AS subjects,"
        " max(at) AS last FROM records WHERE at >= ?1 AND actor <> '(coordinator)'"
        " AND kind NOT IN ('agent.seen', 'outcome.kept') GROUP BY actor, kind"
        " ORDER BY actor, kind",
        (start, first["seq"]),
    )
    return cast("list[DoneByActor]", rows)


def has_done(index: Index, subject: str, kind: str, actor: str, after: int) -> bool:
    """Tell whether somebody did such a thing to a subject after a record; 0: no."""
    question = (
        "SELECT 1 FROM records WHERE subject = ?1 AND kind = ?2 AND actor = ?3"
        " AND seq > ?4 AND ?4 > 0"
    )
    return index.row(question, (subject, kind, actor, after)) is not None


def outcome(index: Index, key: str) -> Row | None:
    """Return which action was done under a key, and the text of what came of it."""
    return index.row("SELECT action, blob FROM outcomes WHERE key = ?", (key,))


def begun(index: Index, key: str, action: str) -> int:
    """Return the first record of an action begun under a key, 0: there is none."""
    row = index.row(
        "SELECT min(seq) AS seq FROM records"
        " WHERE subject = ? AND kind = 'outcome.begun' AND note = ?",
        (key, action),
    )
    return int(row["seq"] or 0) if row else 0


def run_records(index: Index, after: int) -> list[Row]:
    """Return the records of all runs after this one, the oldest first."""
    question = "SELECT * FROM run_records WHERE seq > ? ORDER BY seq"
    return index.rows(question, (after,))


def records_of_run(index: Index, run: str, after: int = 0) -> list[Row]:
    """Return the records of a run after this one, the oldest first."""
    question = "SELECT * FROM run_records WHERE run = ? AND seq > ? ORDER BY seq"
    return index.rows(question, (run, after))


def last_seen(index: Index, agent: str) -> str:
    """Return when an agent was last seen, by the server's clock; never: empty."""
    row = index.row("SELECT at FROM seen WHERE agent = ?", (agent,))
    return str(row["at"]) if row else ""


def seen(index: Index) -> dict[str, str]:
    """Return when each agent was last seen, by the server's clock."""
    return {row["agent"]: row["at"] for row in index.rows("SELECT * FROM seen")}
