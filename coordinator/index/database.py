"""The index: an SQLite database, derived from journal and blobs, for asking questions.

It may be deleted at any moment; opening brings it up to the journal's last record. It
decides nothing.
"""

import errno
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

from coordinator.index import fold, schema
from coordinator.index.schema import Projection
from coordinator.kernel.disk import refusals as kernel_refusals
from coordinator.kernel.disk.files import Stamp
from coordinator.kernel.disk.refusals import NotWritten
from coordinator.kernel.errors import External
from coordinator.kernel.journal import Journal, JournalShortError, Record
from coordinator.kernel.problems import Problem

_CHUNK = 20_000
# What SQLite's codes mean (https://www.sqlite.org/rescode.html).
_MEANT = {
    sqlite3.SQLITE_BUSY: errno.EBUSY,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_LOCKED: errno.EBUSY,
    sqlite3.SQLITE_NOLFS: errno.EFBIG,
    sqlite3.SQLITE_NOMEM: errno.ENOMEM,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_PROTOCOL: errno.EBUSY,
    sqlite3.SQLITE_READONLY: errno.EROFS,
}
_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    # A power cut may cost the last transactions, never the database; what is missing
    # is read again from the journal.
    "PRAGMA synchronous = NORMAL",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -32000",
)
_IN_MEMORY = ":memory:"
ReadText = Callable[[str], str]
ShownHead = tuple[str, str, str]  # a worktree's path, branch and commit


class IndexDamagedError(External):
    """The database is damaged; it was thrown away."""

    def __init__(self, path: Path, error: sqlite3.Error) -> None:
        super().__init__(
            f"The index {path} was damaged ({error}) and is thrown away.",
            hint="Try again: it is built anew from the journal.",
        )


class Index:
    """The open database; used by one thread at a time."""

    def __init__(self, path: Path, *, read_text: ReadText) -> None:
        """Open, making the database anew where it is missing, broken or older.

        `read_text` returns the text of a blob by its name.
        """
        self._path = path
        self._read_text = read_text
        self._connection, self._last = self._open()

    @property
    def last(self) -> int:
        """The number of the last record that is in here."""
        return self._last

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def rebuild(self, journal: Journal) -> None:
        """Throw everything away and read the journal from its start."""
        self._begin_anew()
        self.catch_up(journal)

    def _begin_anew(self) -> None:
        self._connection.close()
        _remove(self._path)
        self._connection, self._last = self._open()

    def catch_up(self, journal: Journal) -> int:
        """Take in what the journal has and the index lacks; return how many records.

        Raises:
            JournalShortError: The journal lost records.
            CoordinatorError: The journal or a blob is damaged or missing.
        """
        if self.last > journal.last:
            raise JournalShortError(self._path, journal.last)
        try:
            self._project_anew(journal)
            return self._read_on(journal)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            self._begin_anew()
            return self._read_on(journal)

    def _project_anew(self, journal: Journal) -> None:
        """Make the projections anew that are of another version, and no others."""
        old = _of_another_version(self._connection)
        if not old:
            return
        with self._connection:
            self._connection.execute("BEGIN")
            for one in old:
                _make(self._connection, one)
            only = frozenset(x.name for x in old)
            # Where nothing is in here yet, all of it is still to come.
            for batch in _batches(journal, self.last) if self.last else ():
                fold.apply(self._connection, batch, self._read_text, only)

    def _read_on(self, journal: Journal) -> int:
        return sum(map(self.apply, _batches(journal, after=self.last)))

    def apply(
        self, records: Sequence[Record], texts: dict[str, str] | None = None
    ) -> int:
        """Take in records that follow the last one, in one transaction.

        `texts` are texts by blob name that the caller has at hand. Returns how many.
        """
        if not records:
            return 0
        known = texts or {}

        def read(name: str) -> str:
            return known[name] if name in known else self._read_text(name)

        with self._connection:
            self._connection.execute("BEGIN")
            fold.apply(self._connection, records, read)
            self._connection.execute(
                "UPDATE meta SET value = ? WHERE key = 'last'", (str(records[-1].seq),)
            )
        self._last = records[-1].seq
        return len(records)

    def rows(self, question: str, values: Iterable[Any] = ()) -> list[dict[str, Any]]:
        """Return the answer as one dictionary per row, in the question's order.

        Raises:
            IndexDamagedError: The database is damaged; the next call starts anew.
        """
        try:
            with closing(self._connection.execute(question, tuple(values))) as cursor:
                names = [x[0] for x in cursor.description]
                return [dict(zip(names, row, strict=True)) for row in cursor]
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            self._begin_anew()
            raise IndexDamagedError(self._path, error) from None

    def row(self, question: str, values: Iterable[Any] = ()) -> dict[str, Any] | None:
        """Return the first row of the answer, or None."""
        return next(iter(self.rows(question, values)), None)

    def replace_git_state(
        self, heads: Sequence[ShownHead], problems: Sequence[Problem]
    ) -> None:
        """Put what a look at git found in the place of what the last one found."""
        rows = [(x.path, "look", x.line, x.code, x.message, x.hint) for x in problems]
        with self._connection:
            self._connection.execute("BEGIN")
            self._connection.execute("DELETE FROM problems WHERE source = 'look'")
            self._connection.execute("DELETE FROM heads")
            self._connection.executemany(
                "INSERT INTO problems VALUES (?, ?, ?, ?, ?, ?)", rows
            )
            self._connection.executemany(
                "INSERT OR REPLACE INTO heads VALUES (?, ?, ?)", heads
            )

    def stamps(self) -> dict[str, Stamp]:
        """Return the files' stamps as they were when their present versions were read.

        A stamp is kept after its version is recorded, so that one which got lost only
        means that the file is read again.
        """
        rows = self.rows("SELECT * FROM stamps")
        return {x.pop("path"): Stamp(**x) for x in rows}

    def keep_stamps(self, stamps: Mapping[str, Stamp | None]) -> None:
        """Keep the stamps of files that were read; None: of one that is gone."""
        kept = [(k, *v) for k, v in stamps.items() if v is not None]
        gone = [(k,) for k, v in stamps.items() if v is None]
        with self._connection:
            self._connection.execute("BEGIN")
            self._connection.executemany("DELETE FROM stamps WHERE path = ?", gone)
            self._connection.executemany(
                "INSERT OR REPLACE INTO stamps VALUES (?, ?, ?, ?, ?)", kept
            )

    def _open(self) -> tuple[sqlite3.Connection, int]:
        """Return the database and its last record; a new one where it is no good."""
        with suppress(sqlite3.DatabaseError):
            connection = _connect(self._path)
            last = _last_of_this_version(connection)
            if last is not None:
                return connection, last
            connection.close()
        _remove(self._path)
        return _made(_connect(self._path)), 0


class Copy(Index):
    """A copy in memory of what the file has, for a disk that takes nothing.

    The file is read whoever writes it; what does not fit together is built anew.
    """

    def _begin_anew(self) -> None:
        self._connection.close()
        self._connection, self._last = _made(_connect(_IN_MEMORY)), 0

    def _open(self) -> tuple[sqlite3.Connection, int]:
        connection = _connect(_IN_MEMORY)
        with suppress(sqlite3.DatabaseError), closing(_frozen(self._path)) as file:
            file.backup(connection)
            last = _last_of_this_version(connection)
            if last is not None:
                return connection, last
        connection.close()
        return _made(_connect(_IN_MEMORY)), 0


def _frozen(path: Path) -> sqlite3.Connection:
    """Open a database without a lock, and without its log, which takes a writer."""
    return sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)


def _batches(
    journal: Journal, until: int = 0, *, after: int = 0
) -> Iterator[list[Record]]:
    """Yield the records after a number, up to another one (0: all), so many at once."""
    found = journal.read(after)
    wanted = takewhile(lambda x: not until or x.seq <= until, found)
    while batch := list(islice(wanted, _CHUNK)):
        yield batch


def _made(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.executescript(schema.META)
    connection.execute("INSERT INTO meta VALUES ('last', '0')")
    for one in schema.PROJECTIONS:
        _make(connection, one)
    connection.executescript(schema.VIEWS)
    connection.execute(f"PRAGMA user_version = {schema.LAYOUT}")
    return connection


def _make(connection: sqlite3.Connection, one: Projection) -> None:
    """Make a projection's tables anew, empty; within the caller's transaction."""
    for table in one.tables:
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    for statement in filter(str.strip, one.script.split(";\n")):
        connection.execute(statement)
    values = (one.name, one.version)
    connection.execute("INSERT OR REPLACE INTO projections VALUES (?, ?)", values)


def _of_another_version(connection: sqlite3.Connection) -> list[Projection]:
    known = dict(connection.execute("SELECT name, version FROM projections"))
    return [x for x in schema.PROJECTIONS if known.get(x.name) != x.version]


def _connect(path: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        for setting in _SETTINGS:
            connection.execute(setting)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _last_of_this_version(connection: sqlite3.Connection) -> int | None:
    try:
        if connection.execute("PRAGMA user_version").fetchone()[0] != schema.LAYOUT:
            return None
        connection.executescript(schema.VIEWS)
        row = connection.execute("SELECT value FROM meta").fetchone()
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return int(row[0]) if row else None


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # extended codes stand above
    return code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


@contextmanager
def refusals() -> Iterator[None]:
    """Give every way in which the disk refuses, the index's included, its sentence.

    Raises:
        SystemRefused: As the table in the kernel says.
    """
    try:
        with kernel_refusals.refusals():
            yield
    except sqlite3.OperationalError as error:
        number = _MEANT.get(error.sqlite_errorcode & 0xFF)
        if number is None:
            raise  # our own question is wrong
        said, hint = kernel_refusals.SENTENCES[number]
        raise NotWritten(f"The index: {said} ({error}).", hint=hint) from error


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
