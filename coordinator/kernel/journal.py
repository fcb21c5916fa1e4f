"""The journal: an append-only file of records, the one place where state is written.

One record a line: sixteen hex digits, a mark, compact JSON. The digits are the BLAKE2b
(RFC 7693, 8 bytes) of the previous record's digits, the mark and this JSON, so records
can be neither changed nor dropped unseen. The mark is a space where a batch ends, a `+`
where it goes on; a batch is one write and one sync, kept whole or not at all. It knows
no meaning of any record.
"""

import json
import os
import re
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from coordinator.kernel import clock
from coordinator.kernel.disk import files, refusals
from coordinator.kernel.disk.locks import Held
from coordinator.kernel.errors import Conflict, External

SEGMENT_BYTES = 8 << 20
SYSTEM = "(coordinator)"  # the actor of what nobody asked for
_SUM = 16
_START = b"0" * _SUM
_ENDS, _GOES_ON = b" ", b"+"
_SECTOR = 512
_HOLE = re.compile(rb"\0+")
_MOST_MARKS = 1_000
_render = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Draft:
    """A record before it has a number: what happened, to what, by whom.

    `data` holds JSON values; text that people wrote belongs into a blob instead.
    """

    kind: str
    actor: str
    subject: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """One record: `seq` counts from 1 without a gap, `at` is the server's time."""

    seq: int
    at: str
    kind: str
    actor: str
    subject: str
    data: Mapping[str, Any]

    def render(self) -> str:
        """Return the record's JSON, as it stands in the journal."""
        return _render(
            {
                "seq": self.seq,
                "at": self.at,
                "kind": self.kind,
                "actor": self.actor,
                "subject": self.subject,
                "data": self.data,
            }
        )


class JournalDamagedError(External):
    """A record in the middle of the journal is not what was written."""

    def __init__(self, segment: Path, seq: int, offset: int) -> None:
        super().__init__(
            f"Record {seq} of the journal is damaged ({segment}, byte {offset}).",
            hint="Restore the file from a backup; nothing after it was dropped.",
        )
        self.seq = seq


class JournalShortError(External):
    """Something that was derived from the journal knows records that it lacks."""

    def __init__(self, witness: Path, found: int) -> None:
        super().__init__(
            f"The journal ends at record {found}, and {witness} knows later ones.",
            hint="Restore the journal from a backup, or, to go on without those"
            f" records, move {witness} away.",
        )


class JournalMovedError(Conflict):
    """Somebody appended since the caller looked."""

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(
            f"The journal stands at record {found}, not at {expected}.",
            hint="Read what was appended, then decide again.",
        )


class DiskRefusedError(External):
    """The journal could not be written; nothing was recorded."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(
            f"The journal cannot be written at {path}: {refusals.reason(error)}.",
            hint=f"Nothing was recorded. {refusals.hint(error)}",
        )


@dataclass(frozen=True, slots=True)
class _Tail:
    """A place between two records of a segment: byte, last number, last sum."""

    size: int
    seq: int
    digest: bytes


class Journal:
    """The open journal; one writer, under the workspace's lock; without it, to read.

    `cut` is the number of torn bytes that opening took off the end: they belong to a
    write that was never acknowledged. They are kept beside the segment.
    """

    def __init__(
        self,
        folder: Path,
        *,
        held: Held | None,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """Open, making the folder where missing; check the last segment.

        Without the lock nothing is made or cut, and nothing can be appended.

        Raises:
            JournalDamagedError: The last segment has a damaged record.
        """
        self._folder = folder
        self._held = held
        self._now = now
        self.cut = 0
        if held:
            folder.mkdir(parents=True, exist_ok=True)
        self._segment, self._tail = self._open_last()
        # Where reading may start, so that a look at the end costs no whole segment.
        self._marks = deque([(self._segment, self._tail)], maxlen=_MOST_MARKS)
        self._descriptor = -1
        if held:
            self._descriptor = files.open_append(self._segment)
            os.fchmod(self._descriptor, 0o600)

    @property
    def last(self) -> int:
        """The number of the last record, 0 in an empty journal."""
        return self._tail.seq

    def close(self) -> None:
        """Close the file; the journal is not used after."""
        if self._held:
            os.close(self._descriptor)

    def append(
        self, drafts: Sequence[Draft], *, expected: int | None = None
    ) -> list[Record]:
        """Append the drafts as one write and one sync; all of them or none.

        Raises:
            JournalMovedError: The last record is not number `expected`.
            DiskRefusedError: The disk is full, read-only or broken.
        """
        if expected is not None and expected != self.last:
            raise JournalMovedError(expected, self.last)
        if not drafts:
            return []
        if self._tail.size >= SEGMENT_BYTES:
            self._roll()
        at = clock.render(self._now())
        records = [
            Record(seq, at, x.kind, x.actor, x.subject, x.data)
            for seq, x in enumerate(drafts, self.last + 1)
        ]
        lines, digest = _chain(records, self._tail.digest)
        self._write(lines)
        size = self._tail.size + len(lines)
        self._move(self._segment, _Tail(size, records[-1].seq, digest))
        return records

    def read(self, since: int = 0) -> Iterator[Record]:
        """Yield the acknowledged records after number `since`, checking each.

        Raises:
            JournalDamagedError: A record is damaged or missing; those before it were
                yielded.
        """
        # Another thread may be writing: what is not synced does not count.
        until = self.last
        if since >= until:
            return
        segments = self._segments()
        segment, tail = self._near(max(since, 0), segments)
        for following in (*(x for x in segments if x.name > segment.name), None):
            tail = yield from _read_lines(segment, tail, since, until)
            if tail.seq == until:
                return
            if following is None or tail.seq + 1 != _first_of(following):
                break
            segment, tail = following, _Tail(0, tail.seq, tail.digest)
        raise JournalDamagedError(segment, tail.seq + 1, tail.size)

    def _near(self, since: int, segments: Sequence[Path]) -> tuple[Path, _Tail]:
        """Return a place at or before record `since` where reading may start."""
        marks = [x for x in list(self._marks) if x[1].seq <= since]
        if marks:
            return marks[-1]
        earlier = [x for x in segments if _first_of(x) <= since + 1]
        if not earlier:
            raise JournalDamagedError(self._folder / _name_of(1), 1, 0)
        return earlier[-1], self._start_of(earlier[-1])

    def _segments(self) -> list[Path]:
        return sorted(self._folder.glob(f"{'[0-9]' * 15}.jsonl"))

    def _start_of(self, segment: Path) -> _Tail:
        """Return the place before a segment's first record, the one before checked."""
        seq = _first_of(segment) - 1
        if not seq:
            return _Tail(0, 0, _START)
        earlier = [x for x in self._segments() if x.name < segment.name]
        if not earlier:
            raise JournalDamagedError(self._folder / _name_of(1), 1, 0)
        *before, last = _last_lines(earlier[-1]) or [b""]
        digest = before[0][:_SUM] if before else self._start_of(earlier[-1]).digest
        body = b'%b{"seq":%d,' % (_ENDS, seq)
        if not (_fits(last, digest) and last.startswith(body, _SUM)):
            offset = max(0, earlier[-1].stat().st_size - len(last) - 1)
            raise JournalDamagedError(earlier[-1], seq, offset)
        return _Tail(0, seq, last[:_SUM])

    def _open_last(self) -> tuple[Path, _Tail]:
        segments = self._segments()
        if not segments:
            return self._folder / _name_of(1), _Tail(0, 0, _START)
        segment = segments[-1]
        files.check_regular(segments)
        data = segment.read_bytes()
        tail = _check(segment, data, self._start_of(segment))
        if tail.size < len(data):
            self.cut = len(data) - tail.size
            if self._held:
                self._cut(segment, data, tail.size)
        return segment, tail

    def _cut(self, segment: Path, data: bytes, size: int) -> None:
        kept, folder = f"torn-{segment.stem}-{size}", self._folder
        files.write(folder, kept, data[size:], temporary=folder, mode=0o600)
        with segment.open("r+b") as file:
            file.truncate(size)
            os.fsync(file.fileno())

    def _write(self, lines: bytes) -> None:
        try:
            # What was not synced was not acknowledged; a half line must not stay.
            files.take_back(self._descriptor, self._tail.size)
            files.write_all(self._descriptor, lines)
            files.sync_data(self._descriptor)
        except OSError as error:
            with suppress(OSError):
                files.take_back(self._descriptor, self._tail.size)
            raise DiskRefusedError(self._segment, error) from error

    def _roll(self) -> None:
        segment = self._folder / _name_of(self.last + 1)
        try:
            descriptor = files.open_append(segment)
        except OSError as error:
            raise DiskRefusedError(segment, error) from error
        os.close(self._descriptor)
        self._descriptor = descriptor
        self._move(segment, _Tail(0, self._tail.seq, self._tail.digest))

    def _move(self, segment: Path, tail: _Tail) -> None:
        self._segment, self._tail = segment, tail
        self._marks.append((segment, tail))


def _chain(records: Sequence[Record], digest: bytes) -> tuple[bytes, bytes]:
    lines: list[bytes] = []
    last = records[-1].seq
    for record in records:
        mark = _ENDS if record.seq == last else _GOES_ON
        body = mark + record.render().encode("utf-8", "surrogatepass")
        digest = _digest(digest, body)
        lines += (digest, body, b"\n")
    return b"".join(lines), digest


def _digest(previous: bytes, body: bytes) -> bytes:
    return blake2b(previous + body, digest_size=8).hexdigest().encode()


def _fits(line: bytes, previous: bytes) -> bool:
    return line[:_SUM] == _digest(previous, line[_SUM:])


def _read_lines(
    segment: Path, start: _Tail, since: int, until: int
) -> Generator[Record, None, _Tail]:
    """Yield the records in `since < seq <= until`; return the place behind them."""
    seq, offset, digest = start.seq, start.size, start.digest
    for line in _lines_from(segment, start):
        if seq == until:
            break
        if not _fits(line, digest):
            raise JournalDamagedError(segment, seq + 1, offset)
        seq += 1
        digest = line[:_SUM]
        offset += len(line) + 1
        if seq > since:
            yield Record(**json.loads(line[_SUM + 1 :]))
    return _Tail(offset, seq, digest)


def _lines_from(segment: Path, start: _Tail) -> list[bytes]:
    try:
        with segment.open("rb") as file:
            file.seek(start.size)
            return file.read().split(b"\n")[:-1]
    except FileNotFoundError:
        raise JournalDamagedError(segment, start.seq + 1, start.size) from None


def _last_lines(segment: Path) -> list[bytes]:
    """Return the last two lines, or the only one; none where the end is missing."""
    with segment.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        for window in (1 << 16, size):
            file.seek(max(0, size - window))
            *lines, rest = file.read().split(b"\n")
            # The first line of a window may lack its head.
            if rest or len(lines) > 2:  # noqa: PLR2004
                break
    return [] if rest else lines[-2:]


def _check(segment: Path, data: bytes, start: _Tail) -> _Tail:
    """Find the end of the last whole batch; damage before a torn tail raises."""
    tail = start
    seq, offset, digest = start.seq, 0, start.digest
    *lines, rest = data.split(b"\n")
    for line in lines:
        if not _fits(line, digest):
            if _is_torn(data, offset, len(line)):
                return tail
            raise JournalDamagedError(segment, seq + 1, offset)
        seq += 1
        digest = line[:_SUM]
        offset += len(line) + 1
        if line.startswith(_ENDS, _SUM):
            tail = _Tail(offset, seq, digest)
    # A torn line is shorter than it was: this one was whole, and its end was changed.
    if rest[-1:] not in {b"", b"\0"} and _fits(rest[:-1], digest):
        raise JournalDamagedError(segment, seq + 1, offset)
    return tail


def _is_torn(data: bytes, offset: int, length: int) -> bool:
    """Tell whether a line misses blocks that never reached the disk.

    They read as NUL, which no record contains: from the begin of the write or of a
    block to the end of a block or of the file. Batches that end behind such a hole
    were acknowledged, so that it is none.
    """
    hole = _HOLE.search(data, offset, offset + length)
    if hole is None:
        return False
    start, end = hole.span()
    begins = start == offset or start % _SECTOR == 0
    stops = end == len(data) or end % _SECTOR == 0
    behind = data[end:].split(b"\n")[1:-2]
    return begins and stops and all(x.startswith(_GOES_ON, _SUM) for x in behind)


def _name_of(first: int) -> str:
    return f"{first:015d}.jsonl"


def _first_of(segment: Path) -> int:
    return int(segment.stem)
