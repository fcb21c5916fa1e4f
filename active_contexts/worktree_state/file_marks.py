"""A mark that changes with the files of a folder: a look that starts no process.

It stats files and reads none; what can be made again, and git's own, is passed over.
"""

import os
from collections.abc import Collection, Iterator
from pathlib import Path

_GIT = ".git"


def mark(folder: Path, passed_over: Collection[str]) -> int:
    """Return a number that is the same as long as no file below is another.

    Names, sizes and times count. `passed_over` are names of folders that are not looked
    into. It takes some microseconds a file, and is another number in another process.
    """
    found = 0
    for path in _files(folder, {*passed_over, _GIT}):
        try:
            seen = os.lstat(path)
        except OSError:
            continue  # it went meanwhile: the next look tells
        found ^= hash((path, seen.st_size, seen.st_mtime_ns, seen.st_mode))
    return found


def _files(top: Path, passed_over: Collection[str]) -> Iterator[str]:
    for place, folders, names in os.walk(top):
        folders[:] = [x for x in folders if x not in passed_over]
        links = [x for x in folders if os.path.islink(f"{place}/{x}")]  # noqa: PTH114 - many
        yield from (f"{place}/{x}" for x in (*names, *links))
