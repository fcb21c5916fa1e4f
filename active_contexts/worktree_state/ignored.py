"""The files of a worktree that git ignores and that cannot be made again.

It lists and changes nothing; where they are kept is `trash`.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from active_contexts.worktree_state.commands import Inside
from coordinator.kernel.text import globs

_LIST = ("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z")


@dataclass(frozen=True, slots=True)
class Kept:
    """Files that are kept when their worktree goes: paths in it, and their bytes."""

    paths: tuple[str, ...] = ()
    bytes: int = 0

    def __add__(self, other: "Kept") -> "Kept":
        """Return both together."""
        return Kept(self.paths + other.paths, self.bytes + other.bytes)


def ignored(worktree: Inside, disposable: Sequence[str]) -> Kept:
    """Return what git ignores there, but for what can be made again.

    `disposable` are the patterns of that, see `is_disposable`.
    """
    found = (x for x, again in _all(worktree, disposable) if not again)
    return measure(worktree.entry.path, found)


def made_again(worktree: Inside, disposable: Sequence[str]) -> tuple[str, ...]:
    """Return the rest of what git ignores there; a folder stands for all in it."""
    return tuple(x for x, again in _all(worktree, disposable) if again)


def measure(folder: Path, paths: Iterable[str]) -> Kept:
    """Return the files with their size; one that is gone counts nothing."""
    names = tuple(sorted(set(paths)))
    return Kept(names, sum(_size(folder / x) for x in names))


def is_disposable(path: str, patterns: Sequence[str]) -> bool:
    """Tell whether a file or folder (with a `/` at its end) can be made again.

    A pattern is the name of a file or, with a `/` at its end, of a folder, and may
    hold `*`, `?` and `[…]`.
    """
    *folders, name = path.split("/")
    wanted = (*(f"{x}/" for x in folders), *([name] if name else []))
    return any(globs.matches(x, y) for x in wanted for y in patterns)


def _all(worktree: Inside, patterns: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Yield what is ignored, and whether it can be made again."""
    for path in filter(None, worktree.run(*_LIST).split("\0")):
        if path.endswith("/") and not is_disposable(path, patterns):
            yield from _below(worktree.entry.path, path, patterns)
        else:
            yield path, is_disposable(path, patterns)


def _below(
    top: Path, folder: str, patterns: Sequence[str]
) -> Iterator[tuple[str, bool]]:
    for place, folders, names in os.walk(top / folder):
        inner = os.path.relpath(place, top)
        links = {x for x in folders if Path(place, x).is_symlink()}
        again = {x for x in folders if is_disposable(f"{x}/", patterns)} - links
        folders[:] = [x for x in folders if x not in again]
        yield from ((f"{inner}/{x}/", True) for x in again)
        for name in (*names, *links):
            yield f"{inner}/{name}", is_disposable(name, patterns)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
