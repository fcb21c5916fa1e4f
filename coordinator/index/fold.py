"""What each kind of record does to the index: the fold from journal to tables.

Only the last accepted version of a document in a batch is parsed. It reads nothing but
the records and the texts that they name.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from coordinator.index import documents, review_fold
from coordinator.index.schema import PROJECTIONS
from coordinator.kernel.journal import Record
from coordinator.workflows.runs.run import RECORD_KINDS
from pending_commits.review.model import WordKind

ReadText = Callable[[str], str]
Only = frozenset[str]
ALL = frozenset(x.name for x in PROJECTIONS)
NOT_MADE = "worktree-not-made"  # the problem of an agent without a home worktree
_Handler = Callable[[sqlite3.Connection, Record], None]
_OfDocuments = Callable[[sqlite3.Connection, Record, Only], None]
_RECORD = (
    "INSERT INTO records VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, coalesce((SELECT seq"
    # Left alone, SQLite goes by the actor, who may have a hundred thousand records.
    " FROM records INDEXED BY records_by_subject WHERE subject = ?5 AND kind = ?3"
    " AND actor = ?4 ORDER BY seq DESC LIMIT 1), 0))"
)


def apply(
    connection: sqlite3.Connection,
    records: Sequence[Record],
    read: ReadText,
    only: Only = ALL,
) -> None:
    """Take in the records, in order, within the caller's transaction.

    `only` names the projections that take part.
    """
    if "records" in only:
        connection.executemany(_RECORD, [_entry(record) for record in records])
    if "seen" in only:
        known = (x for x in records if x.actor and not x.actor.startswith("("))
        seen = {x.actor: x.at for x in known}
        question = "INSERT OR REPLACE INTO seen VALUES (?, ?)"
        connection.executemany(question, seen.items())
    accepted: dict[str, Record] = {}
    for record in records:
        if record.kind == "document.accepted":
            accepted.pop(record.subject, None)
            accepted[record.subject] = record
        elif handler := _OF_DOCUMENTS.get(record.kind):
            waiting = accepted.pop(record.subject, None)
            documents.replace(connection, [waiting] if waiting else [], read, only)
            handler(connection, record, only)
        for projection, handle in _HANDLERS.get(record.kind, ()):
            if projection in only:
                handle(connection, record)
    documents.replace(connection, list(accepted.values()), read, only)


def _entry(record: Record) -> tuple[int, str, str, str, str, str, str]:
    data = record.data
    return (
        record.seq,
        record.at,
        record.kind,
        record.actor,
        record.subject,
        data.get("blob", ""),
        data.get("note", ""),
    )


def _document_removed(
    connection: sqlite3.Connection, record: Record, only: Only
) -> None:
    documents.remove(connection, [record.subject], only)


def _document_refused(
    connection: sqlite3.Connection, record: Record, only: Only
) -> None:
    if "documents" not in only:
        return
    data = record.data
    values = (
        record.subject,
        data["line"],
        data["code"],
        data["message"],
        data["hint"],
    )
    documents.forget_refusal(connection, record.subject)
    connection.execute("INSERT INTO problems VALUES (?, 'refused', ?, ?, ?, ?)", values)


def _document_attributed(
    connection: sqlite3.Connection, record: Record, only: Only
) -> None:
    documents.attribute(connection, record.subject, record.data["agent"], only)


def _pending_moved(connection: sqlite3.Connection, record: Record) -> None:
    data = record.data
    values = (data["path"], data["to"], record.at, record.subject)
    connection.execute(
        "INSERT OR IGNORE INTO states VALUES (?, ?, '', '', '', '', '', ?)",
        (record.subject, data["path"], record.at),
    )
    connection.execute(
        "UPDATE states SET path = ?, state = ?, at = ? WHERE id = ?", values
    )
    if "head" in data:
        connection.execute(
            "UPDATE states SET repository = ?, branch = ?, head = ?, target = ?"
            " WHERE id = ?",
            (
                data["repository"],
                data["branch"],
                data["head"],
                data["target"],
                record.subject,
            ),
        )


def _worktree_refused(connection: sqlite3.Connection, record: Record) -> None:
    documents.forget_refusal(connection, record.subject)
    values = (record.subject, NOT_MADE, record.data["message"], record.data["hint"])
    connection.execute("INSERT INTO problems VALUES (?, 'refused', 0, ?, ?, ?)", values)


def _worktree_added(connection: sqlite3.Connection, record: Record) -> None:
    data = record.data
    connection.execute(
        "INSERT OR REPLACE INTO worktrees VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            data["agent"],
            data["feature"],
            data["repository"],
            data["path"],
            data["branch"],
            data["commit"],
            data["entry"],
            record.at,
        ),
    )


def _worktree_removed(connection: sqlite3.Connection, record: Record) -> None:
    data = record.data
    connection.execute(
        "DELETE FROM worktrees WHERE repository = ? AND agent = ? AND feature = ?",
        (data["repository"], data["agent"], data["feature"]),
    )


def _agent_retired(connection: sqlite3.Connection, record: Record) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO retired VALUES (?, ?)", (record.subject, record.at)
    )


def _outcome(connection: sqlite3.Connection, record: Record) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO outcomes VALUES (?, ?, ?)",
        (record.subject, record.data["action"], record.data["outcome"]),
    )


def _template_imported(connection: sqlite3.Connection, record: Record) -> None:
    data = record.data
    values = (data["version"], data["kind"], data["title"], data["path"], data["text"])
    connection.execute(
        "INSERT OR IGNORE INTO templates VALUES (?, ?, ?, ?, ?, ?, ?)",
        (record.subject, *values, record.at),
    )


def _run_went_on(connection: sqlite3.Connection, record: Record) -> None:
    data = json.dumps(record.data, ensure_ascii=False)
    connection.execute(
        "INSERT INTO run_records VALUES (?, ?, ?, ?, ?, ?)",
        (record.seq, record.subject, record.at, record.kind, record.actor, data),
    )


def _message_sent(connection: sqlite3.Connection, record: Record) -> None:
    data = record.data
    values = (record.subject, record.seq, record.at, record.actor, data["to"])
    connection.execute(
        "INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*values, data["subject"], data["body"], *_of_kind(data)),
    )


def _of_kind(data: Mapping[str, Any]) -> tuple[str, str]:
    return data.get("kind", "message"), data.get("data", "")


def _worktree_made(connection: sqlite3.Connection, record: Record, only: Only) -> None:
    """Take the worktree in, and out what was said while there was none."""
    if "documents" in only:
        documents.forget_refusal(connection, record.subject)
    if "worktrees" in only:
        _worktree_added(connection, record)


# What each kind does, and to which projection; of some, to several.
_OF_DOCUMENTS: dict[str, _OfDocuments] = {
    "document.removed": _document_removed,
    "document.refused": _document_refused,
    "document.attributed": _document_attributed,
    "worktree.added": _worktree_made,
}
_HANDLERS: dict[str, tuple[tuple[str, _Handler], ...]] = {
    "pending.moved": (
        ("states", _pending_moved),
        ("patchsets", review_fold.moved),
        ("reviews", review_fold.withdrawn),
    ),
    "pending.examined": (("patchsets", review_fold.examined),),
    **dict.fromkeys(map(str, WordKind), (("reviews", review_fold.said),)),
    "review.commented": (("reviews", review_fold.commented),),
    "review.published": (("reviews", review_fold.published),),
    "conflict.found": (("conflicts", review_fold.conflict_found),),
    "conflict.ended": (("conflicts", review_fold.conflict_ended),),
    "worktree.refused": (("documents", _worktree_refused),),
    "worktree.removed": (("worktrees", _worktree_removed),),
    "agent.retired": (("retired", _agent_retired),),
    "outcome.kept": (("outcomes", _outcome),),
    "template.imported": (("templates", _template_imported),),
    "message.sent": (("messages", _message_sent),),
    **dict.fromkeys(RECORD_KINDS, (("runs", _run_went_on),)),
}
