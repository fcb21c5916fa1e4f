"""What all judges of one submission share: its material, its files, its time.

It judges nothing, and no path leads it out of the worktree.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import islice

from coordinator.kernel.files import MAX_BYTES
from coordinator.workflows.evidence import Evidence
from coordinator.workflows.model import Criteria, Criterion
from coordinator.workflows.patterns import Budget
from coordinator.workflows.verdicts import Ask, Sources, Tree

MOST_FILES = 200
MOST_LISTED = 100_000
_MOST_BYTES = 64 * MAX_BYTES
_NAMING = {Criteria.FILE_EXISTS, Criteria.FILE_CHANGED, Criteria.JSON_VALID}


@dataclass(frozen=True, slots=True)
class Read:
    """A file's bytes, or the reason why there are none."""

    data: bytes = b""
    reason: str = ""


class Shelf:
    """The files of a tree, each read once and within bounds."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._read: dict[str, Read] = {}
        self._left = _MOST_BYTES
        self._names: tuple[str, ...] | None = None

    def read(self, path: str) -> Read:
        """Return a file's bytes, or why they cannot be had."""
        if path not in self._read:
            self._read[path] = self._look(path)
        return self._read[path]

    def _look(self, path: str) -> Read:
        if self._left <= 0:
            return Read(reason="was not read: too much was read already")
        data = self.tree.read(path)
        if data is not None and len(data) <= MAX_BYTES:
            self._left -= len(data)
            return Read(data)
        if data is None and not self.tree.exists(path):
            return Read(reason="is not there")
        return Read(reason=f"cannot be read (it has more than {MAX_BYTES} bytes?)")

    def expand(self, path: str) -> tuple[str, ...]:
        """Return the files that a path means: those of a folder or glob, or itself."""
        if "*" in path and not self.tree.exists(path):
            found = (x for x in self._listed() if fnmatchcase(x, path))
        elif self.tree.is_folder(path):
            found = (x for x in self._listed() if x.startswith(f"{path}/"))
        else:
            return (path,)
        return tuple(islice(found, MOST_FILES)) or (path,)

    def _listed(self) -> tuple[str, ...]:
        if self._names is None:
            self._names = tuple(islice(self.tree.listing(), MOST_LISTED))
        return self._names


@dataclass(frozen=True, slots=True)
class Hearing:
    """One submission before its judges; `criteria` are all those of the step."""

    criteria: Sequence[Criterion]
    evidence: Evidence
    sources: Sources
    ask: Ask
    shelf: Shelf
    budget: Budget = field(default_factory=Budget)


def canonical(path: str) -> str:
    """Return a path in the one form that trees know; empty: it leads outside."""
    if path.startswith("/") or "\\" in path or "\0" in path or path[1:2] == ":":
        return ""
    parts = [x for x in path.split("/") if x not in {"", "."}]
    return "" if ".." in parts else "/".join(parts)


def targets(criterion: Criterion, hearing: Hearing) -> tuple[str, ...]:
    """Return the files in which a criterion's pattern is looked for; empty: none.

    The first of these that says anything decides: the criterion, those of the step
    that name files, the submitted diff, the links. Paths that lead outside are left
    out, but where the criterion names only such, they are returned as written.
    """
    if criterion.files:
        inside = _expanded(criterion.files, hearing.shelf)
        return inside or criterion.files
    named = [x for other in hearing.criteria for x in _names(other)]
    linked = [x.partition("#")[0] for x in hearing.sources.linked if "://" not in x]
    origins = (named, hearing.sources.changed, linked)
    found = (_expanded(x, hearing.shelf) for x in origins)
    return next((x for x in found if x), ())


def _names(criterion: Criterion) -> tuple[str, ...]:
    if criterion.kind not in _NAMING:
        return ()
    return criterion.values or criterion.files


def _expanded(paths: Sequence[str], shelf: Shelf) -> tuple[str, ...]:
    return tuple(islice(_each(paths, shelf), MOST_FILES))


def _each(paths: Sequence[str], shelf: Shelf) -> Iterator[str]:
    inside = (canonical(x) for x in paths)
    expanded = (y for x in inside if x for y in shelf.expand(x))
    yield from dict.fromkeys(islice(expanded, MOST_FILES * 2))
