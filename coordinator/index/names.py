"""Names in the index, read as it stands, whoever writes it meanwhile.

For completion, while a person waits: the lightest of imports, and no rows but names.
"""

from coordinator.kernel.system import addresses

_SECONDS = 0.2
_QUESTIONS = {
    "agent": "SELECT name FROM identities EXCEPT SELECT agent FROM retired",
    "any-run": "SELECT run FROM run_records WHERE kind = 'run.started'",
    "branch": "SELECT branch FROM heads UNION SELECT branch FROM states",
    "decision": "SELECT id FROM decisions",
    "escalation": "SELECT json_extract(data, '$.id') FROM run_records"
    " WHERE kind = 'run.escalated' EXCEPT SELECT json_extract(data, '$.id')"
    " FROM run_records WHERE kind = 'run.resolved'",
    "feature": "SELECT feature FROM worktrees WHERE agent = :given",
    "pending": "SELECT id FROM pending",
    "run": "SELECT run FROM run_records WHERE kind = 'run.started' EXCEPT"
    " SELECT run FROM run_records WHERE kind = 'run.finished'",
    "subject": "SELECT path FROM documents"
    " WHERE substr(path, 1, length(:begin)) = :begin UNION SELECT id FROM pending"
    " UNION SELECT run FROM run_records UNION SELECT name FROM identities",
    "template": "SELECT name FROM templates",
}


def asked(kind: str, root: str, given: str, begin: str) -> list[str]:
    """Return the names of a kind, in no order; `given` is the word before.

    Raises:
        sqlite3.Error: There is no index, or one of another version.
    """
    if kind not in _QUESTIONS:
        return []
    import sqlite3  # noqa: PLC0415 - only for names

    path = f"{root}/{addresses.OWN}/index.sqlite"
    for mark in "%?#":
        path = path.replace(mark, f"%{ord(mark):02x}")
    index = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=_SECONDS)
    try:
        rows = index.execute(
            _QUESTIONS[kind], {"begin": begin, "given": given}
        ).fetchall()
    finally:
        index.close()
    return [x[0] for x in rows]
