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

from coordinator.kernel.disk import files
from coordinator.kernel.disk.locks import Held
from coordinator.kernel.errors import External, NotFound

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
    """The open store; one writer, under the workspace's lock; without it, to read."""

    def __init__(self, folder: Path, *, held: Held | None) -> None:
        self._folder = folder
        self._held = held
        self._places: dict[str, tuple[Path, int, int]] | None = None
        self._damaged: dict[str, Path] = {}
        self._readers: dict[Path, int] = {}
        self._guard = Lock()  # the history reads in a thread of its own
        if held:
            folder.mkdir(parents=True, exist_ok=True)
        packs = self._packs()
        files.check_regular(packs)
        number = _next_number(packs[-1]) if packs else 1
        self._pack = folder / _name(number)
        self._descriptor, self._size = -1, 0
        if held:
            self._descriptor = files.open_append(self._pack)
            self._size = os.fstat(self._descriptor).st_size

    def close(self) -> None:
        """Close the files; the store is not used after."""
        if self._held:
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
            if place is None and name in self._damaged:
                raise BlobDamagedError(name, self._damaged[name])
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
            for name, offset, size, sound in _entries(pack.read_bytes()):
                if sound:
                    places[name] = (pack, offset, size)
                else:
                    self._damaged[name] = pack
        return places


def _name(number: int) -> str:
    return f"{number:08d}.pack"


def _entries(data: bytes) -> Iterator[tuple[str, int, int, bool]]:
    """Yield name, offset and size of each entry, and whether its bytes are sound.

    A damaged entry is searched through, since its size may be what was damaged.
    """
    start = tried = 0
    while tried <= _MOST_TRIED and (head := _HEAD.search(data, start)):
        name, offset, size = head[1].decode(), head.end(), int(head[2])
        sound = name_of(data[offset : offset + size]) == name
        yield name, offset, size, sound
        start = offset + size + 1 if sound else offset
        tried += 0 if sound else size


def _is_whole(data: bytes) -> bool:
    start = 0
    while head := _HEAD.match(data, start):
        start = head.end() + int(head[2]) + 1
        if data[start - 1 : start] != b"\n":
            return False
    return start == len(data)


def _next_number(pack: Path) -> int:
    """Go on in this pack where it ends with a whole entry, else in a fresh one.

    A torn end is left as it is: no record names it, and a damaged entry in the middle
    must not cost those behind it.
    """
    return int(pack.stem) + (not _is_whole(pack.read_bytes()))
