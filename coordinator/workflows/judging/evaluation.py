"""What all judges of one submission share: its material, its files, its time.

It judges nothing, and no path leads it out of the worktree.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from coordinator.kernel.disk.files import MAX_BYTES
from coordinator.kernel.text import globs
from coordinator.workflows.judging.evidence import Evidence
from coordinator.workflows.judging.patterns import Budget
from coordinator.workflows.judging.verdicts import Ask, Response, Sources, Tree
from coordinator.workflows.judging.worktree_paths import canonical
from coordinator.workflows.model import Criteria, Criterion

MOST_FILES = 200
MOST_LISTED = 100_000
MOST_REQUESTS = 20
_MOST_BYTES = 64 * MAX_BYTES
_NAMING = {Criteria.FILE_EXISTS, Criteria.FILE_CHANGED, Criteria.JSON_VALID}


@dataclass(frozen=True, slots=True)
class Read:
    """A file's bytes, or the reason why there are none."""

    data: bytes = b""
    reason: str = ""


class FileCache:
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
        if isinstance(data, str):
            return Read(reason=data)
        self._left -= len(data)
        return Read(data)

    def expand(self, path: str) -> tuple[str, ...]:
        """Return the files that a path means: those of a folder or glob, or itself."""
        if globs.is_glob(path) and not self.tree.exists(path):
            found = (x for x in self._listed() if globs.matches(x, path))
        elif self.tree.is_folder(path):
            found = (x for x in self._listed() if x.startswith(f"{path}/"))
        else:
            return (path,)
        return tuple(islice(found, MOST_FILES)) or (path,)

    def _listed(self) -> tuple[str, ...]:
        if self._names is None:
            self._names = tuple(islice(self.tree.listing(), MOST_LISTED))
        return self._names


class RequestLimit:
    """A way to ask that stops asking after 20 requests."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._left = MOST_REQUESTS

    def __call__(self, method: str, url: str) -> Response:
        """Ask, or say that enough was asked."""
        self._left -= 1
        if self._left < 0:
            return Response(failure="one step has too many requests")
        return self._ask(method, url)


@dataclass(frozen=True, slots=True)
class EvaluationContext:
    """One submission before its judges; `criteria` are all those of the step."""

    criteria: Sequence[Criterion]
    evidence: Evidence
    sources: Sources
    ask: Ask
    cache: FileCache
    budget: Budget = field(default_factory=Budget)


def targets(criterion: Criterion, context: EvaluationContext) -> tuple[str, ...]:
    """Return the files in which a criterion's pattern is looked for; empty: none.

    Those that the criterion names; else those that the step's other criteria name,
    then those of the submitted diff (a step that edits `a` often asks for `b` as well,
    by name); where there is neither, the linked ones. Paths that lead outside are left
    out, but where the criterion names only such, they are returned as written.
    """
    if criterion.files:
        files = [y for x in criterion.files for y in meant(x, context)]
        inside = _expanded(files, context.cache)
        return inside or criterion.files
    names = [x for other in context.criteria for x in _names(other)]
    named = [y for x in names for y in meant(x, context)]
    linked = _linked(context)
    # A folder of the step's that holds thousands must leave room for the diff.
    room = MOST_FILES // 2
    first = _expanded(named, context.cache)[:room]
    rest = _expanded(context.sources.changed, context.cache)
    work = tuple(dict.fromkeys((*first, *rest)))[:MOST_FILES]
    return work or _expanded(linked, context.cache)


def _linked(context: EvaluationContext) -> list[str]:
    return [x.partition("#")[0] for x in context.sources.linked if "://" not in x]


def meant(path: str, context: EvaluationContext) -> tuple[str, ...]:
    """Return the path; for one of nothing where else it may be meant to lie.

    That is in a folder of the subtask's own, or as a linked document of that name.
    """
    tree = context.cache.tree
    if "*" in path or not canonical(path) or tree.exists(canonical(path)):
        return (path,)
    below = (f"{x}/{path}" for x in folders(context))
    if found := next((x for x in below if tree.exists(canonical(x))), ""):
        return (found,)
    named = (x for x in _linked(context) if x.rpartition("/")[2] == path)
    return tuple(named) or (path,)


def folders(context: EvaluationContext) -> tuple[str, ...]:
    """Return the subtask's own folders: where its doer stands, those of its links."""
    linked = (canonical(x.rpartition("/")[0]) for x in _linked(context))
    found = (*map(canonical, context.sources.folders), *linked)
    return tuple(dict.fromkeys(x for x in found if x))


def _names(criterion: Criterion) -> tuple[str, ...]:
    if criterion.kind not in _NAMING:
        return ()
    return criterion.values or criterion.parts or criterion.files


def _expanded(paths: Sequence[str], cache: FileCache) -> tuple[str, ...]:
    inside = (canonical(x) for x in paths)
    expanded = (y for x in inside if x for y in cache.expand(x))
    found = dict.fromkeys(islice(expanded, MOST_FILES * 2))
    return tuple(found)[:MOST_FILES]
