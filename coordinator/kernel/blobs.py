r"""Blobs: accepted bytes by their SHA-256, in append-only packs.

A pack is a row of entries `<sha256> <size>\n<bytes>\n`; many entries share one sync.
It knows no names: the journal's records do.
"""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from threading import Lock

from coordinator.kernel import files
from coordinator.kernel.errors import External, NotFound
from coordinator.kernel.locks import Held

PACK_BYTES = 4 << 20
_HEAD = re.compile(rb"([0-9a-f]{64}) ([0-9]{1,12})\n")
_MOST_TRIED = 1 << 26  # bytes hashed in vain while looking behind a damage


class BlobMissingError(NotFound):
    """The bytes that a record names are not there."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(
            f"The blob {name} is missing from {folder}.",
            hint="Restore the folder from a backup.",
        )


class BlobDamagedError(External):
    """Stored bytes are not what their name says."""

    def __init__(self, name: str, pack: Path) -> None:
        super().__init__(
            f"The blob {name} in {pack} is damaged.",
            hint="Restore the file from a backup.",
        )


def name_of(data: bytes) -> str:
    """Return the name that these bytes have: 64 hex digits."""
    return sha256(data).hexdigest()


class Blobs:
    """The open store; one writer, under the workspace's lock."""

    def __init__(self, folder: Path, *, held: Held) -> None:
        self._folder = folder
        self._held = held
        self._places: dict[str, tuple[Path, int, int]] | None = None
        self._readers: dict[Path, int] = {}
        self._guard = Lock()  # the history reads in a thread of its own
        folder.mkdir(parents=True, exist_ok=True)
        packs = self._packs()
        number = _next_number(packs[-1]) if packs else 1
        self._pack = folder / _name(number)
        self._descriptor = files.open_append(self._pack)
        self._size = os.fstat(self._descriptor).st_size

    def close(self) -> None:
        """Close the files; the store is not used after."""
        os.close(self._descriptor)
        for descriptor in self._readers.values():
            os.close(descriptor)
        self._readers.clear()

    def put(self, contents: Iterable[bytes]) -> list[str]:
        """Store and sync all contents; return their names in the same order.

        Raises:
            OSError: The disk refuses; nothing is stored.
        """
        entries = [(name_of(data), data) for data in contents]
        with self._guard:
            new = {name: data for name, data in entries if not self._knows(name)}
            if new:
                self._append(new)
        return [name for name, _ in entries]

    def get(self, name: str) -> bytes:
        """Return the bytes of that name.

        Raises:
            BlobMissingError: There are none.
            BlobDamagedError: They are not what the name says.
        """
        with self._guard:
            if self._places is None:
                self._places = self._load()
            place = self._places.get(name)
            if place is None:
                raise BlobMissingError(name, self._folder)
            pack, offset, size = place
            reader = self._reader(pack)
        data = os.pread(reader, size, offset)
        if name_of(data) != name:
            raise BlobDamagedError(name, pack)
        return data

    def _reader(self, pack: Path) -> int:
        if pack not in self._readers:
            self._readers[pack] = os.open(pack, os.O_RDONLY | os.O_CLOEXEC)
        return self._readers[pack]

    def _knows(self, name: str) -> bool:
        # Before the first `get` nothing is known, and storing twice is harmless.
        return self._places is not None and name in self._places

    def _append(self, new: dict[str, bytes]) -> None:
        if self._size >= PACK_BYTES:
            self._roll()
        parts: list[bytes] = []
        places: dict[str, tuple[Path, int, int]] = {}
        end = self._size
        for name, data in new.items():
            head = f"{name} {len(data)}\n".encode()
            places[name] = (self._pack, end + len(head), len(data))
            parts += (head, data, b"\n")
            end += len(head) + len(data) + 1
        self._write(b"".join(parts))
        self._size = end
        if self._places is not None:
            self._places |= places

    def _write(self, data: bytes) -> None:
        try:
            files.take_back(self._descriptor, self._size)
            files.write_all(self._descriptor, data)
            files.sync_data(self._descriptor)
        except OSError:
            with suppress(OSError):
                files.take_back(self._descriptor, self._size)
            raise

    def _roll(self) -> None:
        pack = self._folder / _name(int(self._pack.stem) + 1)
        descriptor = files.open_append(pack)
        os.close(self._descriptor)
        self._pack, self._size, self._descriptor = pack, 0, descriptor

    def _packs(self) -> list[Path]:
        return sorted(self._folder.glob(f"{'[0-9]' * 8}.pack"))

    def _load(self) -> dict[str, tuple[Path, int, int]]:
        places: dict[str, tuple[Path, int, int]] = {}
        for pack in self._packs():
            for name, offset, size in _entries(pack.read_bytes()):
                places[name] = (pack, offset, size)
        return places


def _name(number: int) -> str:
    return f"{number:08d}.pack"


def _entries(data: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield name, offset and size of each whole entry, those behind a damage as well."""
    start = 0
    while start < len(data):
        entry = _entry_at(data, start) or _next_entry(data, start + 1)
        if entry is None:
            return
        yield entry
        _, offset, size = entry
        start = offset + size + 1


def _end(head: re.Match[bytes]) -> int:
    return head.end() + int(head[2])


def _entry_at(data: bytes, start: int) -> tuple[str, int, int] | None:
    head = _HEAD.match(data, start)
    if head is None or data[_end(head) : _end(head) + 1] != b"\n":
        return None
    return head[1].decode(), head.end(), int(head[2])


def _next_entry(data: bytes, start: int) -> tuple[str, int, int] | None:
    """Find the next entry whose bytes are what its name says."""
    tried = 0
    for head in _HEAD.finditer(data, start):
        entry = _entry_at(data, head.start())
        if entry is None:
            continue
        name, offset, size = entry
        if name_of(data[offset : offset + size]) == name:
            return entry
        tried += size
        if tried > _MOST_TRIED:
            break
    return None


def _next_number(pack: Path) -> int:
    """Go on in this pack where it is whole, else in a fresh one.

    A torn end is left as it is: no record names it, and a damaged entry in the middle
    must not cost those behind it.
    """
    data = pack.read_bytes()
    end = 0
    while entry := _entry_at(data, end):
        end = entry[1] + entry[2] + 1
    return int(pack.stem) + (end != len(data))
