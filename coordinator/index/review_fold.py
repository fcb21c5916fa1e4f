"""What records of a review do to the index: patchsets, words, comments, conflicts.

Each handler gets one record; which words replace which is `decide`'s rule, kept here as
a mark.
"""

import json
import sqlite3

from coordinator.kernel.journal import Record
from pending_commits.item_states import ItemState
from pending_commits.review.model import WordKind


def moved(connection: sqlite3.Connection, record: Record) -> None:
    """Count another patchset where a move names another head than the last one."""
    data, item = record.data, record.subject
    if "head" not in data:
        return
    question = "SELECT number, head FROM patchsets WHERE item = ? ORDER BY number DESC"
    number, head = connection.execute(question, (item,)).fetchone() or (0, "")
    if head != data["head"]:
        values = (item, number + 1, record.seq, data["head"], data["target"])
        connection.execute(
            "INSERT INTO patchsets VALUES (?, ?, ?, ?, ?, ?, ?, '', '')",
            (*values, record.actor, record.at),
        )


def examined(connection: sqlite3.Connection, record: Record) -> None:
    """Keep what a patchset changes; with another base it is another patchset.

    For then it brings what nobody saw: the target went back behind its commits.
    """
    data, item = record.data, record.subject
    question = "SELECT * FROM patchsets WHERE item = ? ORDER BY number DESC"
    newest = connection.execute(question, (item,)).fetchone()
    if newest is None:
        return
    _, number, _, head, target, actor, _, base, facts = newest
    values = (data["base"], data["facts"])
    if head == data["head"] and facts and base != data["base"]:
        made = (item, number + 1, record.seq, head, target, actor, record.at)
        connection.execute(
            "INSERT INTO patchsets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*made, *values)
        )
        return
    connection.execute(
        "UPDATE patchsets SET base = ?, facts = ? WHERE item = ? AND head = ?",
        (*values, item, data["head"]),
    )


def withdrawn(connection: sqlite3.Connection, record: Record) -> None:
    """Let approvals of what was withdrawn rest; wishes for changes still stand."""
    if record.data["to"] != ItemState.WITHDRAWN:
        return
    connection.execute(
        "UPDATE reviews SET stands = 0 WHERE item = ? AND kind IN (?, ?)",
        (record.subject, WordKind.APPROVED, WordKind.AGREED),
    )


def said(connection: sqlite3.Connection, record: Record) -> None:
    """Keep a word; it replaces what its speaker said of the patchset before."""
    data, item = record.data, record.subject
    number, is_word = data["patchset"], record.kind != WordKind.SHOWN
    if is_word:
        connection.execute(
            "UPDATE reviews SET stands = 0 WHERE item = ? AND patchset = ?"
            " AND actor = ? AND kind <> ?",
            (item, number, record.actor, WordKind.SHOWN),
        )
    stands = is_word and record.kind != WordKind.REVOKED
    labels = json.dumps(data.get("labels", []))
    values = (record.seq, item, number, record.kind, record.actor, record.at, labels)
    connection.execute(
        "INSERT OR IGNORE INTO reviews VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*values, data.get("text", ""), int(stands)),
    )
    published(connection, record)


def commented(connection: sqlite3.Connection, record: Record) -> None:
    """Keep a comment."""
    data = record.data
    values = (record.seq, record.subject, data["patchset"], data["head"], record.actor)
    place = (data["file"], data["line"], data["quoted"], data["text"])
    connection.execute(
        "INSERT OR IGNORE INTO comments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*values, record.at, *place, int(data["draft"])),
    )


def published(connection: sqlite3.Connection, record: Record) -> None:
    """Mark the drafts that were sent."""
    connection.executemany(
        "UPDATE comments SET is_draft = 0 WHERE seq = ?",
        [(x,) for x in record.data.get("comments", [])],
    )


def conflict_found(connection: sqlite3.Connection, record: Record) -> None:
    """Keep a conflict as it is now."""
    data = record.data
    agents, paths = json.dumps(data["agents"]), json.dumps(data["paths"])
    values = (record.subject, data["repository"], agents, data["work"], data["commit"])
    connection.execute(
        "INSERT OR REPLACE INTO conflicts VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*values, paths, record.at),
    )


def conflict_ended(connection: sqlite3.Connection, record: Record) -> None:
    """Forget a conflict that is over."""
    connection.execute("DELETE FROM conflicts WHERE id = ?", (record.subject,))
