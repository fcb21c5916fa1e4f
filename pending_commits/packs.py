"""Files that hold git's objects, and whether they are as they were written.

It only reads, and starts no process. Layout: gitformat-pack(5).
"""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

_SUM = 20  # bytes of a SHA-1
_CHUNK = 1 << 20


def is_whole(index: Path) -> bool:
    """Tell whether a pack and its index are as they were written.

    Each ends with the sum of all its bytes, and an index names the sum of its pack.

    Raises:
        OSError: One of them cannot be read.
    """
    pack = _sum_of(index.with_suffix(".pack"))
    return bool(pack and _sum_of(index)) and _tail(index)[:_SUM] == pack


def _sum_of(path: Path) -> bytes:
    """Return the sum that a file ends with, empty where it is not the file's."""
    left = path.stat().st_size - _SUM
    known = hashlib.sha1(usedforsecurity=False)
    with path.open("rb") as file:
        while data := file.read(max(min(left, _CHUNK), 0)):
            known.update(data)
            left -= len(data)
        said = file.read(_SUM)
    return said if said == known.digest() else b""


def _tail(index: Path) -> bytes:
    with index.open("rb") as file:
        file.seek(-2 * _SUM, 2)
        return file.read()


def damaged(objects: Path) -> Iterator[str]:
    """Yield the packs and the ids of loose objects that are not as they were."""
    for index in sorted((objects / "pack").glob("*.idx")):
        if not _is_well(is_whole, index):
            yield index.stem
    for path in sorted(objects.glob("[0-9a-f][0-9a-f]/[0-9a-f]*")):
        if not _is_well(_is_whole_object, path):
            yield path.parent.name + path.name


def _is_well(look: Callable[[Path], bool], path: Path) -> bool:
    try:
        return look(path)
    except (OSError, zlib.error):
        return False


def _is_whole_object(path: Path) -> bool:
    data = zlib.decompress(path.read_bytes())
    found = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    return found == path.parent.name + path.name
