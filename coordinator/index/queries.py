"""Questions to the index that more than one action asks.

Each returns plain dictionaries or values in a stated order; none changes anything.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, cast

import active_contexts.store
from agent_identities.model import Identity
from coordinator.index.database import Index
from coordinator.results.knowledge import ShownDecision
from pending_commits.item_states import FINISHED

Row = dict[str, Any]
# Before its first event an item stands where its kind begins.
_STATE = "coalesce(s.state, iif(p.kind = 'commit', 'draft', 'open'))"
_WITH_IDS = ("states", "pending")
_FINISHED = "(" + ", ".join(f"'{x.value}'" for x in sorted(FINISHED)) + ")"


def identities(index: Index) -> list[Identity]:
    """Return the identities that documents make, by name, those of the retired too.

    Of two files that name one agent the one of its own wins over the file for all.
    """
    rows = index.rows(
        "SELECT name, body FROM identities"
        " ORDER BY name, path NOT LIKE '%/agent-identities/%', path"
    )
    first: dict[str, Identity] = {}
    for row in rows:
        body = json.loads(row["body"])
        lists = {k: tuple(v) for k, v in body.items() if isinstance(v, list)}
        first.setdefault(row["name"], Identity(**{**body, **lists}))
    return list(first.values())


def contexts(index: Index) -> list[Row]:
    """Return all contexts, the newest of each agent last; a copy is none."""
    rows = index.rows("SELECT * FROM contexts ORDER BY agent, at, path")
    return _heard(rows)


def newest_context(index: Index, agent: str) -> Row | None:
    """Return the context that an agent wrote last, by the time of the file, or None."""
    question = "SELECT path FROM contexts WHERE agent = ? ORDER BY at DESC, path DESC"
    paths = [x["path"] for x in index.rows(question, (agent,))]
    known = frozenset(paths)
    heard = (x for x in paths if not active_contexts.store.original_of(x, known))
    row = index.row("SELECT * FROM contexts WHERE path = ?", (next(heard, ""),))
    return {**row, "blockers": json.loads(row["blockers"])} if row else None


def copies(index: Index) -> dict[str, str]:
    """Return the contexts that are copies of another one by their name, with that."""
    paths = [x["path"] for x in index.rows("SELECT path FROM contexts ORDER BY path")]
    return _copies(paths)


def _copies(paths: Sequence[str]) -> dict[str, str]:
    known = frozenset(paths)
    pairs = ((x, active_contexts.store.original_of(x, known)) for x in paths)
    return {path: original for path, original in pairs if original}


def _heard(rows: list[Row]) -> list[Row]:
    left_out = _copies([x["path"] for x in rows]) if len(rows) > 1 else {}
    heard = [x for x in rows if x["path"] not in left_out]
    return [{**x, "blockers": json.loads(x["blockers"])} for x in heard]


def retired(index: Index) -> set[str]:
    """Return the names of the agents that were taken off the roster."""
    return {row["agent"] for row in index.rows("SELECT agent FROM retired")}


_PENDING = (
    "SELECT p.id, p.kind, p.agent, p.title, p.path, p.recipients, p.task, p.draft,"
    " p.at, p.branch_line, p.to_line, coalesce(s.at, p.at) AS moved_at,"
    " p.repository AS wanted, p.branch AS named,"
    " coalesce(nullif(s.branch, ''), p.branch) AS branch,"
    f" {_STATE} AS state, coalesce(s.head, '') AS head,"
    " coalesce(s.target, '') AS target, coalesce(s.repository, '') AS repository"
    " FROM pending p LEFT JOIN states s ON s.id = p.id"
)


def pending(index: Index) -> list[Row]:
    """Return all pending items with their state, by id."""
    return _pending(index, "ORDER BY p.id", ())


def pending_of_kind(index: Index, kind: str) -> list[Row]:
    """Return the pending items of one kind, by id."""
    return _pending(index, "WHERE p.kind = ? ORDER BY p.id", (kind,))


def pending_at(index: Index, paths: list[str]) -> list[Row]:
    """Return the pending items whose documents lie at these paths, by id."""
    marks = ", ".join("?" for _ in paths)
    return _pending(index, f"WHERE p.path IN ({marks}) ORDER BY p.id", paths)


def pending_item(index: Index, wanted: str) -> Row | None:
    """Return the pending item of that id, or None."""
    return next(iter(_pending(index, "WHERE p.id = ?", (wanted,))), None)


def waiting(index: Index, most: int) -> list[Row]:
    """Return the first pending items that are not finished, by id."""
    condition = f"WHERE {_STATE} NOT IN {_FINISHED} ORDER BY p.id LIMIT ?"
    return _pending(index, condition, (most,))


def count_waiting(index: Index) -> int:
    """Return how many pending items are not finished."""
    question = "SELECT count(*) AS n FROM pending p LEFT JOIN states s ON s.id = p.id"
    row = index.row(f"{question} WHERE {_STATE} NOT IN {_FINISHED}")
    return int(row["n"]) if row else 0


def _pending(index: Index, condition: str, values: Iterable[Any]) -> list[Row]:
    rows = index.rows(f"{_PENDING} {condition}", values)
    for row in rows:
        row["recipients"] = json.loads(row["recipients"])
    return rows


def patchsets(index: Index, item: str) -> list[Row]:
    """Return the patchsets of a pending commit, the oldest first."""
    question = "SELECT * FROM patchsets WHERE item = ? ORDER BY number"
    return index.rows(question, (item,))


def bases(index: Index) -> dict[str, str]:
    """Return the merge bases of the newest patchsets that were looked into, by item."""
    question = "SELECT item, base, facts, max(number) FROM patchsets GROUP BY item"
    return {x["item"]: x["base"] for x in index.rows(question) if x["facts"]}


def words(index: Index, item: str) -> list[Row]:
    """Return what was said of a pending commit, the oldest first."""
    rows = index.rows("SELECT * FROM reviews WHERE item = ? ORDER BY seq", (item,))
    return [{**x, "labels": tuple(json.loads(x["labels"]))} for x in rows]


def reviewed(index: Index, since: str) -> list[str]:
    """Return the pending commits of which something was said since a time, by id."""
    tables = ("reviews", "comments", "patchsets")
    question = " UNION ".join(f"SELECT item FROM {x} WHERE at >= ?1" for x in tables)
    return [x["item"] for x in index.rows(f"{question} ORDER BY 1", (since,))]


def comments(index: Index, item: str) -> list[Row]:
    """Return the comments on a pending commit, the oldest first."""
    return index.rows("SELECT * FROM comments WHERE item = ? ORDER BY seq", (item,))


def conflicts(index: Index) -> list[Row]:
    """Return what does not merge, by repository and agents."""
    rows = index.rows("SELECT * FROM conflicts ORDER BY repository, agents, work")
    for row in rows:
        row["agents"] = tuple(json.loads(row["agents"]))
        row["paths"] = tuple(json.loads(row["paths"]))
    return rows


def decisions(index: Index) -> list[ShownDecision]:
    """Return all decisions, the oldest first, then by file and line."""
    rows = index.rows(
        "SELECT * FROM decisions ORDER BY coalesce(nullif(date, ''), at), path, line"
    )
    for row in rows:
        row["supersedes"] = json.loads(row["supersedes"])
        row["superseded_by"] = json.loads(row["superseded_by"])
    return cast("list[ShownDecision]", rows)


def namesakes(index: Index) -> list[Row]:
    """Return the decisions that share their id with another, by id, path and line."""
    return index.rows(
        "SELECT id, path, line, title FROM decisions WHERE id IN"
        " (SELECT id FROM decisions GROUP BY id HAVING count(*) > 1)"
        " ORDER BY id, path, line"
    )


def dangling_decisions(index: Index) -> list[Row]:
    """Return each `name` that a decision refers to and no decision has as its id."""
    questions = (
        "SELECT d.path AS path, d.line AS line, d.id AS id, named.value AS name"
        f" FROM decisions d, json_each(d.{column}) named"
        f" WHERE d.{column} <> '[]'"
        " AND named.value NOT IN (SELECT id FROM decisions)"
        for column in ("supersedes", "superseded_by")
    )
    return index.rows(f"{' UNION '.join(questions)} ORDER BY 1, 2, 4")


def worktrees(index: Index) -> list[Row]:
    """Return the worktrees that the coordinator made, with what git showed last."""
    return index.rows(
        "SELECT w.agent, w.feature, w.repository, w.path, w.branch AS made_on,"
        " coalesce(h.branch, '') AS branch, coalesce(h.head, '') AS head"
        " FROM worktrees w LEFT JOIN heads h ON h.path = w.path"
        " ORDER BY w.repository, w.agent, w.feature"
    )


def pending_ids(index: Index, paths: list[str]) -> dict[str, str]:
    """Return the ids of the pending items at these paths, of removed ones too."""
    marks = ", ".join("?" for _ in paths)
    tables = (f"SELECT id, path FROM {x} WHERE path IN ({marks})" for x in _WITH_IDS)
    rows = index.rows(" UNION ".join(tables), paths * 2)
    return {row["path"]: row["id"] for row in rows}


def has_pending(index: Index, wanted: str) -> bool:
    """Tell whether an item has, or had, this id."""
    questions = (f"SELECT 1 FROM {x} WHERE id = ?" for x in _WITH_IDS)
    return index.row(" UNION ".join(questions), (wanted, wanted)) is not None


def templates(index: Index) -> list[Row]:
    """Return all versions of all templates, by name, the newest version first."""
    return index.rows("SELECT * FROM templates ORDER BY name, version DESC")


def template(index: Index, name: str, version: int = 0) -> Row | None:
    """Return a version of a template, without one the newest, or None."""
    return index.row(
        "SELECT * FROM templates WHERE name = ?1 AND (version = ?2 OR ?2 = 0)"
        " ORDER BY version DESC",
        (name, version),
    )


def messages(index: Index, recipient: str, after: int = 0) -> list[Row]:
    """Return what was sent to somebody after this record, the oldest first."""
    question = "SELECT * FROM messages WHERE recipient = ? AND seq > ? ORDER BY seq"
    return index.rows(question, (recipient, after))


def assigned(index: Index, repository: str) -> list[Row]:
    """Return the worktrees of a repository as they are recorded, by agent."""
    return index.rows(
        "SELECT * FROM worktrees WHERE repository = ? ORDER BY agent, feature",
        (repository,),
    )


def worktree_at(index: Index, path: str) -> Row | None:
    """Return agent and repository of the worktree in this folder, or None."""
    question = "SELECT agent, repository FROM worktrees WHERE path = ?"
    return index.row(question, (path,))


def moved_head(index: Index, repository: str, branch: str, head: str) -> str:
    """Return where a worktree shows a branch, if that is elsewhere; else nothing."""
    question = (
        "SELECT h.head FROM heads h JOIN worktrees w ON w.path = h.path"
        " WHERE w.repository = ? AND h.branch = ? AND h.head <> ?"
    )
    row = index.row(question, (repository, branch, head))
    return str(row["head"]) if row else ""
