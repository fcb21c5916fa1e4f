"""The history: a bare git repository in which every record is one commit.

It is derived from journal and blobs alone, so a rebuild gives the same commit ids. It
is written by `git fast-import` (git-fast-import(1)), never checked out, and decides
nothing.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path

from coordinator.kernel import git
from coordinator.kernel.errors import CoordinatorError, External
from coordinator.kernel.git import Repository
from coordinator.kernel.journal import Journal, JournalShortError, Record
from coordinator.kernel.system.processes import Child

REF = "refs/heads/main"
_BATCH = 5_000
_MOST_PACKS = 40
_NOBODY = "coordinator"
_NOT_IN_AUTHOR = re.compile(r"[()<>\0\n]")
ReadBlob = Callable[[str], bytes]


class HistoryStoppedError(External):
    """The history cannot go on; it says at which record and why."""

    def __init__(self, seq: int, reason: str, folder: Path) -> None:
        super().__init__(
            f"The history stops before record {seq}: {reason}",
            hint="Restore what is missing, or rebuild it where no daemon runs:"
            f" coordinator doctor --fix, or move {folder} away.",
        )


class HistoryDamaged(HistoryStoppedError):
    """Git cannot go on with the repository; it can be made anew from the journal."""


def check_begin(folder: Path, journal: Journal) -> None:
    """Refuse an empty journal where the history has seen one with records.

    Raises:
        JournalShortError: The journal is gone.
    """
    if journal.last == 0 and (folder / REF).is_file():
        raise JournalShortError(folder, 0)


class History:
    """The writer of the history; used by one thread at a time."""

    def __init__(self, folder: Path, read_blob: ReadBlob) -> None:
        self._folder = folder
        self._repository = Repository(folder)
        self._read_blob = read_blob
        self._child: Child | None = None
        self._last = 0
        self._head = ""
        self._batches = 0

    def catch_up(self, journal: Journal) -> int:
        """Commit what the journal has and the history lacks; return how many records.

        Raises:
            HistoryStoppedError: A blob is missing, or the history is of another
                journal.
        """
        if self._child is None or not (self._folder / "HEAD").is_file():
            self.close()
            self._open(journal)
        if self._last == journal.last:
            return 0
        before = self._last
        records = journal.read(before)
        try:
            while batch := list(islice(records, _BATCH)):
                self._import(batch)
        except (OSError, CoordinatorError):
            self.close()
            raise
        taken = self._last - before
        if self._batches > _MOST_PACKS:
            self.close()  # each batch is a pack; the next call goes on
        return taken

    def close(self) -> None:
        """End the co-process; merge packs where there are many."""
        if self._child is None:
            return
        self._child.finish()
        self._child, self._batches = None, 0
        if len(list(self._folder.glob("objects/pack/*.pack"))) > _MOST_PACKS:
            with suppress(git.GitFailed):
                self._repository.run("repack", "-d", "-q", "--geometric=2")

    def _open(self, journal: Journal) -> None:
        if not (self._folder / "HEAD").is_file():
            self._folder.mkdir(exist_ok=True)
            self._repository.run("init", "-q", "--bare", "-b", "main")
        git.remove_locks(self._folder)
        self._head, self._last = "", 0
        head = git.resolve(self._repository, REF)
        if head is not None:
            self._resume(head, journal)
        else:
            # After power loss the ref may be an empty file, which git never replaces.
            (self._folder / REF).unlink(missing_ok=True)

    def _resume(self, head: str, journal: Journal) -> None:
        message = self._repository.run("log", "-1", "--format=%B", head).strip()
        number = message.rpartition("Record: ")[2]
        last = int(number) if number.isdigit() else 0
        record = next(journal.read(last - 1), None) if last else None
        # Names that are no UTF-8 stand changed in a commit's message.
        if record is None or message.encode("utf-8", "surrogateescape") != _message(
            record
        ).encode("utf-8", "replace"):
            reason = "the last commit is not of this journal."
            raise HistoryStoppedError(last + 1, reason, self._folder)
        self._head, self._last = head, last

    def _import(self, records: list[Record]) -> None:
        child = self._child or self._repository.child(
            "-c",
            "fastimport.unpackLimit=1",
            "fast-import",
            "--quiet",
            "--date-format=raw",
        )
        self._child = child
        try:
            for record in records:
                child.stdin.write(b"".join(self._commit(record)))
                self._head, self._last = f":{record.seq}", record.seq
            child.stdin.write(b"checkpoint\nget-mark :%d\n" % self._last)
            child.stdin.flush()
            answer = child.stdout.readline()
        except BrokenPipeError:
            answer = b""
        if not answer:
            reason = "git fast-import ended."
            raise HistoryDamaged(records[0].seq, reason, self._folder)
        # It says nothing where it could not move the ref, for a damaged pack or disk.
        ref = self._folder / REF
        if not ref.is_file() or ref.read_bytes() != answer:
            reason = "its repository is damaged."
            raise HistoryDamaged(records[0].seq, reason, self._folder)
        self._batches += 1

    def _commit(self, record: Record) -> Iterator[bytes]:
        when = int(datetime.fromisoformat(record.at).timestamp())
        author = _author(record.actor)
        message = _message(record).encode("utf-8", "replace")
        yield f"commit {REF}\nmark :{record.seq}\n".encode()
        yield f"author {author} {when} +0000\n".encode()
        yield f"committer {_author(_NOBODY)} {when} +0000\n".encode()
        yield b"data %d\n%b\n" % (len(message), message)
        if self._head:
            yield f"from {self._head}\n".encode()
        yield from self._change(record)
        yield b"\n"

    def _change(self, record: Record) -> Iterator[bytes]:
        if record.kind == "document.accepted":
            data = self._blob(record)
            yield b"M 100644 inline %b\n" % _place(record.subject)
            yield b"data %d\n%b\n" % (len(data), data)
        elif record.kind == "document.removed":
            yield b"D %b\n" % _place(record.subject)

    def _blob(self, record: Record) -> bytes:
        try:
            return self._read_blob(record.data["blob"])
        except CoordinatorError as error:
            raise HistoryStoppedError(
                record.seq, error.message, self._folder
            ) from error


def _message(record: Record) -> str:
    head = f"{record.kind} {record.subject}".strip()
    return f"{head}\n\n{record.render()}\n\nRecord: {record.seq}"


def _author(actor: str) -> str:
    name = _NOT_IN_AUTHOR.sub("", actor) or "unknown"
    return f"{name} <{name}@coordinator.invalid>"


def place_of(path: str) -> str:
    """Return where a document lies in the history: `folder/3f/name`.

    Folders are split by a hash of the name, so that a commit costs the same with ten
    files as with ten thousand.
    """
    folder, _, name = path.rpartition("/")
    shard = sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:2]
    return f"{folder}/{shard}/{name}" if folder else f"{shard}/{name}"


def _place(path: str) -> bytes:
    text = place_of(path).encode("utf-8", "surrogateescape")
    escaped = text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return b'"%b"' % escaped.replace(b"\n", b"\\n")
