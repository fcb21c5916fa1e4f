"""A small world of records for the tests of the index: documents and their fate."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coordinator.index.database import Index
from coordinator.kernel.blobs import name_of
from coordinator.kernel.disk.locks import Held
from coordinator.kernel.journal import Draft, Journal, Record
from tests.support import ManualClock

IDENTITY = "agent-system/agent-identities/backend.md"
EVERYBODY = "agent-system/agent-identities.md"
CONTEXT = "agent-system/active-contexts/backend-status.md"
NOBODYS = "agent-system/active-contexts/someone.md"
PENDING = "pending-commits/backend-login.md"
REQUEST = "pending-commits/frontend-request.md"
LEARNING = "agent-system/learnings/backend-notes.md"
OWNERS = {
    IDENTITY: "identities",
    EVERYBODY: "identities",
    CONTEXT: "contexts",
    NOBODYS: "contexts",
    PENDING: "pending",
    REQUEST: "pending",
    LEARNING: "learnings",
}
AGENTS = {
    IDENTITY: "backend",
    CONTEXT: "backend",
    PENDING: "backend",
    REQUEST: "frontend",
    LEARNING: "backend",
}


@dataclass
class World:
    """A journal without blobs: texts are kept here, under their names."""

    folder: Path
    texts: dict[str, str] = field(default_factory=dict)
    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        held = Held(self.folder)
        self.journal = Journal(self.folder / "journal", held=held, now=self.clock)

    def accept(self, path: str, text: str, agent: str | None = None) -> Draft:
        """Return what takes a version in."""
        blob = name_of(text.encode())
        self.texts[blob] = text
        who = AGENTS.get(path, "") if agent is None else agent
        data: dict[str, Any] = {"owner": OWNERS.get(path, "learnings"), "agent": who}
        data |= {"blob": blob, "size": len(text)}
        if data["owner"] == "pending":
            data["id"] = path.rpartition("/")[2].removesuffix(".md")
        return Draft("document.accepted", who, path, data)

    def add(self, *drafts: Draft) -> list[Record]:
        """Append records, each a second after the one before."""
        found: list[Record] = []
        for draft in drafts:
            self.clock.advance(seconds=1)
            found += self.journal.append([draft])
        return found

    def index(self, name: str = "index") -> Index:
        """Open an index that knows nothing, or what it knew."""
        return Index(self.folder / f"{name}.sqlite", read_text=self.texts.__getitem__)

    def dump(self, name: str = "index") -> dict[str, list[tuple[Any, ...]]]:
        """Return all rows of all tables, numbers of documents aside."""
        return dump(self.folder / f"{name}.sqlite")

    def filled(self, *drafts: Draft) -> Index:
        """Return an index that has taken the records in."""
        self.add(*drafts)
        index = self.index()
        index.catch_up(self.journal)
        return index


def dump(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of every table of an index, sorted; search by its document."""
    questions = {
        "documents": "SELECT path, owner, agent, blob, size, seq, at, title"
        " FROM documents",
        "search": "SELECT d.path, s.title, s.body"
        " FROM search s LEFT JOIN documents d ON d.number = s.rowid",
    }
    names = (
        "meta",
        "records",
        "problems",
        "identities",
        "contexts",
        "pending",
        "states",
        "learnings",
        "decisions",
        "worktrees",
        "heads",
        "retired",
        "seen",
        "outcomes",
    )
    questions |= {x: f"SELECT * FROM {x}" for x in names}  # noqa: S608 - own words
    with closing(sqlite3.connect(path)) as connection:
        return {
            name: sorted(connection.execute(question), key=repr)
            for name, question in questions.items()
        }


def moved(item: str, path: str, new: str, *, head: str = "") -> Draft:
    """Return what moves a pending item to another state."""
    data = {"path": path, "from": "?", "to": new, "note": f"? → {new}"}
    if head:
        facts = {"repository": "shop", "branch": "backend/login", "target": "0" * 40}
        data |= {**facts, "head": head}
    return Draft("pending.moved", "(coordinator)", item, data)


def refused(path: str, code: str = "binary") -> Draft:
    """Return what says that a file cannot be read."""
    data = {"line": 1, "code": code, "message": f"It is {code}.", "hint": "Mend it."}
    return Draft("document.refused", "", path, data)


def removed(path: str) -> Draft:
    """Return what says that a file is gone."""
    return Draft("document.removed", AGENTS.get(path, ""), path)


def attributed(path: str, agent: str) -> Draft:
    """Return what gives a document to an agent."""
    return Draft("document.attributed", "(coordinator)", path, {"agent": agent})


def worktree(kind: str, agent: str, feature: str, branch: str = "") -> Draft:
    """Return what gives an agent a worktree, or takes it."""
    data = {"agent": agent, "feature": feature, "repository": "shop"}
    if kind == "added":
        path = f"shop-{agent}--{feature}"
        data |= {"path": path, "branch": branch, "commit": "1" * 40, "entry": path}
    return Draft(f"worktree.{kind}", "(coordinator)", f"shop-{agent}", data)


def in_batches(
    index: Index, records: Sequence[Record], sizes: Sequence[int], known: dict[str, str]
) -> None:
    """Take records in by batches of these sizes, one after the other, over and over."""
    start, turn = 0, 0
    while start < len(records):
        size = sizes[turn % len(sizes)]
        index.apply(records[start : start + size], known)
        start, turn = start + size, turn + 1
