"""The tables of the index: projections of the journal, each with a version of its own.

A projection is what one fold of the records makes. Where its tables change, its
version rises: it alone is made anew from the journal, the rest stays. `LAYOUT` is for
what all of them share; an index of another one is built anew as a whole.
"""

import re
from dataclasses import dataclass

from coordinator.workflows import store

LAYOUT = 8
META = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE projections (
    name TEXT PRIMARY KEY, version INTEGER NOT NULL
) WITHOUT ROWID;
"""
_TABLE = re.compile(r"^CREATE (?:VIRTUAL )?TABLE (\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Projection:
    """Tables that are derived together, and the version of what they hold."""

    name: str
    version: int
    script: str

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of its tables."""
        return tuple(_TABLE.findall(self.script))


PROJECTIONS = (
    Projection(
        "records",
        1,
        """
CREATE TABLE records (
    seq INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL,
    actor TEXT NOT NULL, subject TEXT NOT NULL, blob TEXT NOT NULL, note TEXT NOT NULL,
    earlier INTEGER NOT NULL -- the last record like it: same subject, kind and actor
);
CREATE INDEX records_by_subject ON records (subject);
CREATE INDEX records_by_actor ON records (actor);
""",
    ),
    Projection(
        "documents",
        1,
        """
CREATE TABLE documents (
    number INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, owner TEXT NOT NULL,
    agent TEXT NOT NULL, blob TEXT NOT NULL, size INTEGER NOT NULL,
    seq INTEGER NOT NULL, at TEXT NOT NULL, title TEXT NOT NULL
);
CREATE VIRTUAL TABLE search USING fts5 (title, body, tokenize = 'unicode61');
CREATE TABLE problems (
    path TEXT NOT NULL, source TEXT NOT NULL, line INTEGER NOT NULL,
    code TEXT NOT NULL, message TEXT NOT NULL, hint TEXT NOT NULL
);
CREATE INDEX problems_by_path ON problems (path, source);
""",
    ),
    Projection(
        "identities",
        1,
        """
CREATE TABLE identities (
    name TEXT NOT NULL, path TEXT NOT NULL, line INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX identities_by_path ON identities (path);
""",
    ),
    Projection(
        "contexts",
        1,
        """
CREATE TABLE contexts (
    path TEXT PRIMARY KEY, agent TEXT NOT NULL, at TEXT NOT NULL, state TEXT NOT NULL,
    said TEXT NOT NULL, task TEXT NOT NULL, branch TEXT NOT NULL,
    worktree TEXT NOT NULL, blockers TEXT NOT NULL, next TEXT NOT NULL,
    note TEXT NOT NULL, branch_line INTEGER NOT NULL
);
CREATE INDEX contexts_by_agent ON contexts (agent, at, path);
""",
    ),
    Projection(
        "pending",
        2,
        """
CREATE TABLE pending (
    path TEXT PRIMARY KEY, id TEXT NOT NULL, kind TEXT NOT NULL, agent TEXT NOT NULL,
    title TEXT NOT NULL, branch TEXT NOT NULL, recipients TEXT NOT NULL,
    task TEXT NOT NULL, draft INTEGER NOT NULL, at TEXT NOT NULL,
    branch_line INTEGER NOT NULL, to_line INTEGER NOT NULL, repository TEXT NOT NULL
);
CREATE INDEX pending_by_id ON pending (id);
""",
    ),
    Projection(
        "states",
        1,
        """
CREATE TABLE states (
    id TEXT PRIMARY KEY, path TEXT NOT NULL, state TEXT NOT NULL,
    repository TEXT NOT NULL, branch TEXT NOT NULL, head TEXT NOT NULL,
    target TEXT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX states_by_path ON states (path);
""",
    ),
    Projection(
        "patchsets",
        1,
        """
CREATE TABLE patchsets (
    item TEXT NOT NULL, number INTEGER NOT NULL, seq INTEGER NOT NULL,
    head TEXT NOT NULL, target TEXT NOT NULL, actor TEXT NOT NULL,
    at TEXT NOT NULL, base TEXT NOT NULL,
    facts TEXT NOT NULL, -- a blob; empty: not examined
    PRIMARY KEY (item, number)
) WITHOUT ROWID;
""",
    ),
    Projection(
        "reviews",
        1,
        """
CREATE TABLE reviews (
    seq INTEGER PRIMARY KEY, item TEXT NOT NULL, patchset INTEGER NOT NULL,
    kind TEXT NOT NULL, actor TEXT NOT NULL, at TEXT NOT NULL, labels TEXT NOT NULL,
    text TEXT NOT NULL, stands INTEGER NOT NULL
);
CREATE INDEX reviews_by_item ON reviews (item);
CREATE TABLE comments (
    seq INTEGER PRIMARY KEY, item TEXT NOT NULL, patchset INTEGER NOT NULL,
    head TEXT NOT NULL, actor TEXT NOT NULL, at TEXT NOT NULL, file TEXT NOT NULL,
    line INTEGER NOT NULL, quoted TEXT NOT NULL, text TEXT NOT NULL,
    is_draft INTEGER NOT NULL
);
CREATE INDEX comments_by_item ON comments (item);
""",
    ),
    Projection(
        "conflicts",
        1,
        """
CREATE TABLE conflicts (
    id TEXT PRIMARY KEY, repository TEXT NOT NULL, agents TEXT NOT NULL,
    work TEXT NOT NULL, head TEXT NOT NULL, paths TEXT NOT NULL, at TEXT NOT NULL
) WITHOUT ROWID;
""",
    ),
    Projection(
        "learnings",
        1,
        """
CREATE TABLE learnings (
    path TEXT PRIMARY KEY, agent TEXT NOT NULL, title TEXT NOT NULL,
    line INTEGER NOT NULL, at TEXT NOT NULL
);
""",
    ),
    Projection(
        "decisions",
        1,
        """
CREATE TABLE decisions (
    path TEXT NOT NULL, line INTEGER NOT NULL, id TEXT NOT NULL, title TEXT NOT NULL,
    status TEXT NOT NULL, date TEXT NOT NULL, agent TEXT NOT NULL, text TEXT NOT NULL,
    supersedes TEXT NOT NULL, superseded_by TEXT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX decisions_by_path ON decisions (path);
""",
    ),
    Projection(
        "worktrees",
        1,
        """
CREATE TABLE worktrees (
    agent TEXT NOT NULL, feature TEXT NOT NULL, repository TEXT NOT NULL,
    path TEXT NOT NULL, branch TEXT NOT NULL, made_at TEXT NOT NULL,
    entry TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (repository, agent, feature)
);
""",
    ),
    Projection(
        "heads",
        1,
        """
CREATE TABLE heads (
    path TEXT PRIMARY KEY, branch TEXT NOT NULL, head TEXT NOT NULL
) WITHOUT ROWID;
""",
    ),
    Projection(
        "stamps",
        1,
        """
CREATE TABLE stamps (
    path TEXT PRIMARY KEY, inode INTEGER NOT NULL, size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL
) WITHOUT ROWID;
""",
    ),
    Projection(
        "templates",
        1,
        """
CREATE TABLE templates (
    name TEXT NOT NULL, version INTEGER NOT NULL, kind TEXT NOT NULL,
    title TEXT NOT NULL, path TEXT NOT NULL, blob TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (name, version)
) WITHOUT ROWID;
""",
    ),
    Projection(
        "runs",
        1,
        """
CREATE TABLE run_records (
    seq INTEGER PRIMARY KEY, run TEXT NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL,
    actor TEXT NOT NULL, data TEXT NOT NULL
);
CREATE INDEX run_records_by_run ON run_records (run, seq);
CREATE INDEX runs_that_ended ON run_records (run) WHERE kind = 'run.finished';
""",
    ),
    Projection(
        "messages",
        2,
        """
CREATE TABLE messages (
    id TEXT PRIMARY KEY, seq INTEGER NOT NULL, at TEXT NOT NULL, sender TEXT NOT NULL,
    recipient TEXT NOT NULL, subject TEXT NOT NULL, blob TEXT NOT NULL,
    kind TEXT NOT NULL, data TEXT NOT NULL -- a blob; empty: there is none
) WITHOUT ROWID;
CREATE INDEX messages_by_recipient ON messages (recipient, seq);
""",
    ),
    Projection(
        "retired",
        1,
        """
CREATE TABLE retired (agent TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID;
""",
    ),
    Projection(
        "seen",
        1,
        """
CREATE TABLE seen (agent TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID;
""",
    ),
    Projection(
        "outcomes",
        1,
        """
CREATE TABLE outcomes (key TEXT PRIMARY KEY, action TEXT NOT NULL, blob TEXT NOT NULL)
    WITHOUT ROWID;
""",
    ),
)

_BEFORE, _AFTER = store.living_copy("*").split("*")
# Views are no projections: they are made anew at each opening.
VIEWS = f"""
DROP VIEW IF EXISTS open_problems;
-- What is wrong with the copy of a run that ended is nobody's work any more.
CREATE VIEW open_problems AS SELECT * FROM problems WHERE source <> 'document'
    OR path NOT IN (
        SELECT '{_BEFORE}' || run || '{_AFTER}' FROM run_records
        WHERE kind = 'run.finished'
    );
"""
