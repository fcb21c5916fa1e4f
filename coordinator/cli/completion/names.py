"""Names that a workspace knows, for completion: as its index has them, at once.

The index is read as it stands, whoever writes it meanwhile. A name that a shell would
not take for one plain word is left out, so that nobody types what an agent made up.
"""

import os
from collections.abc import Iterable, Sequence

from coordinator.kernel.system import addresses

_MOST = 500
_SECONDS = 0.2
_MARKS = frozenset("._/@+-")
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


def known(kind: str, root: str, given: Sequence[str], begin: str) -> list[str]:
    """Return the names of a kind that begin so, sorted; `given` are the words before.

    Empty where there is no workspace, no index, or one of another version.
    """
    first = given[0] if given else ""
    found: set[str] = set()
    try:
        if kind in _QUESTIONS:
            found |= set(_asked(_QUESTIONS[kind], root, first, begin))
        if kind in _READ:
            found |= set(_READ[kind](root, first))
    except Exception:  # noqa: BLE001 - a shell wants words, and no reasons
        return []
    fitting = (x for x in sorted(found) if x.startswith(begin) and _is_plain(x))
    return list(fitting)[:_MOST]


def _asked(question: str, root: str, given: str, begin: str) -> list[str]:
    import sqlite3  # noqa: PLC0415 - only for names

    path = f"{root}/{addresses.OWN}/index.sqlite"
    for mark in "%?#":
        path = path.replace(mark, f"%{ord(mark):02x}")
    index = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=_SECONDS)
    try:
        rows = index.execute(question, {"begin": begin, "given": given}).fetchall()
    finally:
        index.close()
    return [x[0] for x in rows]


def _places(root: str, run: str) -> Iterable[str]:
    """Return the items or steps of a run, as its view has them."""
    import json  # noqa: PLC0415 - as above

    if "/" in run or run.startswith("."):
        return ()
    path = f"{root}/agent-system/active-contexts/runs/{run}/record.json"
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - thin
        record = json.load(file)
    return [x["id"] for name in ("items", "steps") for x in record[name]]


def _repositories(root: str, given: str) -> dict[str, str]:
    del given
    import tomllib  # noqa: PLC0415 - as above

    with open(f"{root}/{addresses.SETTINGS}", encoding="utf-8-sig") as file:  # noqa: PTH123 - thin
        found: dict[str, str] = tomllib.loads(file.read()).get("repositories", {})
    return found


def _branches(root: str, given: str) -> Iterable[str]:
    from pathlib import Path  # noqa: PLC0415 - as above

    from coordinator.kernel import git  # noqa: PLC0415 - as above

    for path in _repositories(root, given).values():
        repository = git.Repository(Path(root) / os.path.expanduser(path))  # noqa: PTH111 - as above
        for ref in git.refs(repository, "refs/heads"):
            yield ref.removeprefix("refs/heads/")


_READ = {"branch": _branches, "place": _places, "repository": _repositories}


def _is_plain(name: str) -> bool:
    """Tell whether a shell takes the name for a word, whatever it is."""
    plain = all(x.isalnum() or x in _MARKS for x in name)
    return plain and name[:1] not in {"", "-"}
