"""The journal: an append-only file of records, the one place where state is written.

One record a line: sixteen hex digits, a space, compact JSON. The digits are the
BLAKE2b (RFC 7693, 8 bytes) of the previous record's digits and this JSON, so records
can be neither changed nor dropped unseen. A batch is one write and one sync. It knows
no meaning of any record.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from coordinator.kernel import clock, files
from coordinator.kernel.errors import Conflict, External
from coordinator.kernel.locks import Held

SEGMENT_BYTES = 8 << 20
_SUM = 16
_START = b"0" * _SUM
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
        reason = error.strerror or type(error).__name__
        super().__init__(
            f"The journal cannot be written at {path}: {reason}.",
            hint="Free some space or mount it writable; nothing was recorded.",
        )


@dataclass(frozen=True, slots=True)
class _Tail:
    """Where a segment's valid part ends: byte, last number, last sum."""

    size: int
    seq: int
    digest: bytes


class Journal:
    """The open journal; one writer, under the workspace's lock.

    `cut` is the number of torn bytes that opening took off the end: they belong to a
    write that was never acknowledged. They are kept beside the segment.
    """

    def __init__(
        self, folder: Path, *, held: Held, now: Callable[[], datetime] = clock.now
    ) -> None:
        """Open, making the folder where missing; check the last segment.

        Raises:
            JournalDamagedError: The last segment has a damaged record.
        """
        self._folder = folder
        self._held = held
        self._now = now
        self.cut = 0
        folder.mkdir(parents=True, exist_ok=True)
        self._segment, self._tail = self._open_last()
        self._descriptor = os.open(
            self._segment, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        os.fchmod(self._descriptor, 0o600)

    @property
    def last(self) -> int:
        """The number of the last record, 0 in an empty journal."""
        return self._tail.seq

    def close(self) -> None:
        """Close the file; the journal is not used after."""
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
        self._tail = _Tail(size, records[-1].seq, digest)
        return records

    def read(self, since: int = 0) -> Iterator[Record]:
        """Yield the acknowledged records after number `since`, checking each.

        Raises:
            JournalDamagedError: A record is damaged or missing; those before it were
                yielded.
        """
        until = self.last
        segments = self._segments()
        starts = [_first_of(x) for x in segments]
        for place, segment in enumerate(segments):
            following = starts[place + 1] if place + 1 < len(starts) else None
            if following is not None and following <= since + 1:
                continue
            for record in self._read_segment(segment, following):
                # Another thread may be writing: what is not synced does not count.
                if since < record.seq <= until:
                    yield record

    def _read_segment(self, segment: Path, following: int | None) -> Iterator[Record]:
        seq = _first_of(segment)
        digest = self._sum_before(segment)
        offset = 0
        for line in segment.read_bytes().split(b"\n")[:-1]:
            body = line[_SUM + 1 :]
            digest = _digest(digest, body)
            if line[:_SUM] != digest:
                raise JournalDamagedError(segment, seq, offset)
            yield Record(**json.loads(body))
            seq += 1
            offset += len(line) + 1
        if following is not None and seq != following:
            raise JournalDamagedError(segment, seq, offset)

    def _segments(self) -> list[Path]:
        return sorted(self._folder.glob("[0-9]*.jsonl"))

    def _sum_before(self, segment: Path) -> bytes:
        earlier = [x for x in self._segments() if x.name < segment.name]
        if not earlier:
            if _first_of(segment) > 1:
                raise JournalDamagedError(segment, 1, 0)
            return _START
        with earlier[-1].open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - (1 << 20)))
            lines = file.read().split(b"\n")
        return lines[-2][:_SUM] if len(lines) > 1 else _START

    def _open_last(self) -> tuple[Path, _Tail]:
        segments = self._segments()
        if not segments:
            return self._folder / _name_of(1), _Tail(0, 0, _START)
        segment = segments[-1]
        data = segment.read_bytes()
        tail = _check(segment, data, self._sum_before(segment))
        if tail.size < len(data):
            self.cut = len(data) - tail.size
            self._cut(segment, data, tail.size)
        return segment, tail

    def _cut(self, segment: Path, data: bytes, size: int) -> None:
        kept = segment.with_name(f"torn-{segment.stem}-{size}")
        kept.write_bytes(data[size:])
        with segment.open("r+b") as file:
            file.truncate(size)
            os.fsync(file.fileno())

    def _write(self, lines: bytes) -> None:
        try:
            self._take_back()
            files.write_all(self._descriptor, lines)
            files.sync_data(self._descriptor)
        except OSError as error:
            with suppress(OSError):
                self._take_back()
            raise DiskRefusedError(self._segment, error) from error

    def _take_back(self) -> None:
        # What was not synced was not acknowledged; a half line must not stay.
        if os.fstat(self._descriptor).st_size != self._tail.size:
            os.ftruncate(self._descriptor, self._tail.size)

    def _roll(self) -> None:
        segment = self._folder / _name_of(self.last + 1)
        try:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            descriptor = os.open(segment, flags, 0o600)
            files.sync_folder(self._folder)
        except OSError as error:
            raise DiskRefusedError(segment, error) from error
        os.close(self._descriptor)
        self._descriptor = descriptor
        self._segment = segment
        self._tail = _Tail(0, self._tail.seq, self._tail.digest)


def _chain(records: Sequence[Record], digest: bytes) -> tuple[bytes, bytes]:
    lines: list[bytes] = []
    for record in records:
        body = record.render().encode("utf-8", "surrogatepass")
        digest = _digest(digest, body)
        lines += (digest, b" ", body, b"\n")
    return b"".join(lines), digest


def _digest(previous: bytes, body: bytes) -> bytes:
    return blake2b(previous + body, digest_size=8).hexdigest().encode()


def _check(segment: Path, data: bytes, digest: bytes) -> _Tail:
    """Find the end of the valid part; damage before the torn tail raises."""
    seq = _first_of(segment) - 1
    offset = 0
    for line in data.split(b"\n")[:-1]:
        found = _digest(digest, line[_SUM + 1 :])
        if line[:_SUM] != found:
            if _is_torn(data, offset):
                break
            raise JournalDamagedError(segment, seq + 1, offset)
        digest = found
        seq += 1
        offset += len(line) + 1
    return _Tail(offset, seq, digest)


def _is_torn(data: bytes, offset: int) -> bool:
    # Blocks that never reached the disk read as NUL, which no record contains: only
    # such a hole makes a line with an end part of the torn tail.
    return b"\0" in data[offset:]


def _name_of(first: int) -> str:
    return f"{first:015d}.jsonl"


def _first_of(segment: Path) -> int:
    return int(segment.stem)
