"""The tables of the index, and their version.

A change here needs a new `VERSION`: an index of another version is built anew.
"""

from coordinator.workflows import store

VERSION = 7

_BEFORE, _AFTER = store.living_copy("*").split("*")
TABLES = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE records (
    seq INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL,
    actor TEXT NOT NULL, subject TEXT NOT NULL, blob TEXT NOT NULL, note TEXT NOT NULL,
    earlier INTEGER NOT NULL -- the last record like it: same subject, kind and actor
);
CREATE INDEX records_by_subject ON records (subject);
CREATE INDEX records_by_actor ON records (actor);
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
CREATE TABLE identities (
    name TEXT NOT NULL, path TEXT NOT NULL, line INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX identities_by_path ON identities (path);
CREATE TABLE contexts (
    path TEXT PRIMARY KEY, agent TEXT NOT NULL, at TEXT NOT NULL, state TEXT NOT NULL,
    said TEXT NOT NULL, task TEXT NOT NULL, branch TEXT NOT NULL,
    worktree TEXT NOT NULL, blockers TEXT NOT NULL, next TEXT NOT NULL,
    note TEXT NOT NULL, branch_line INTEGER NOT NULL
);
CREATE INDEX contexts_by_agent ON contexts (agent, at, path);
CREATE TABLE pending (
    path TEXT PRIMARY KEY, id TEXT NOT NULL, kind TEXT NOT NULL, agent TEXT NOT NULL,
    title TEXT NOT NULL, branch TEXT NOT NULL, recipients TEXT NOT NULL,
    task TEXT NOT NULL, draft INTEGER NOT NULL, at TEXT NOT NULL,
    branch_line INTEGER NOT NULL, to_line INTEGER NOT NULL
);
CREATE INDEX pending_by_id ON pending (id);
CREATE TABLE states (
    id TEXT PRIMARY KEY, path TEXT NOT NULL, state TEXT NOT NULL,
    repository TEXT NOT NULL, branch TEXT NOT NULL, head TEXT NOT NULL,
    target TEXT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX states_by_path ON states (path);
CREATE TABLE learnings (
    path TEXT PRIMARY KEY, agent TEXT NOT NULL, title TEXT NOT NULL,
    line INTEGER NOT NULL, at TEXT NOT NULL
);
CREATE TABLE decisions (
    path TEXT NOT NULL, line INTEGER NOT NULL, id TEXT NOT NULL, title TEXT NOT NULL,
    status TEXT NOT NULL, date TEXT NOT NULL, agent TEXT NOT NULL, text TEXT NOT NULL,
    supersedes TEXT NOT NULL, superseded_by TEXT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX decisions_by_path ON decisions (path);
CREATE TABLE worktrees (
    agent TEXT NOT NULL, feature TEXT NOT NULL, repository TEXT NOT NULL,
    path TEXT NOT NULL, branch TEXT NOT NULL, made_at TEXT NOT NULL,
    entry TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (repository, agent, feature)
);
CREATE TABLE heads (
    path TEXT PRIMARY KEY, branch TEXT NOT NULL, head TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE stamps (
    path TEXT PRIMARY KEY, inode INTEGER NOT NULL, size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE templates (
    name TEXT NOT NULL, version INTEGER NOT NULL, kind TEXT NOT NULL,
    title TEXT NOT NULL, path TEXT NOT NULL, blob TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (name, version)
) WITHOUT ROWID;
CREATE TABLE run_records (
    seq INTEGER PRIMARY KEY, run TEXT NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL,
    actor TEXT NOT NULL, data TEXT NOT NULL
);
CREATE INDEX run_records_by_run ON run_records (run, seq);
CREATE INDEX runs_that_ended ON run_records (run) WHERE kind = 'run.finished';
-- What is wrong with the copy of a run that ended is nobody's work any more.
CREATE VIEW open_problems AS SELECT * FROM problems WHERE source <> 'document'
    OR path NOT IN (
        SELECT '{_BEFORE}' || run || '{_AFTER}' FROM run_records
        WHERE kind = 'run.finished'
    );
CREATE TABLE messages (
    id TEXT PRIMARY KEY, seq INTEGER NOT NULL, at TEXT NOT NULL, sender TEXT NOT NULL,
    recipient TEXT NOT NULL, subject TEXT NOT NULL, blob TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE retired (agent TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE seen (agent TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE outcomes (key TEXT PRIMARY KEY, action TEXT NOT NULL, blob TEXT NOT NULL)
    WITHOUT ROWID;
"""
