"""The intake: from hints and scans to accepted documents, fair to every author.

It decides when a file may be taken and in which order; what it means is decided below.
Used by one thread at a time.
"""

import heapq
import sqlite3
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from coordinator.actions.documents import accepting
from coordinator.actions.documents.accepting import FoundFile
from coordinator.actions.pending import submissions
from coordinator.actions.runs import living_copies, loading
from coordinator.index import document_queries
from coordinator.kernel import clock
from coordinator.kernel.disk import files
from coordinator.kernel.disk.files import Content, Stamp, Unsettled
from coordinator.kernel.errors import CoordinatorError
from coordinator.kernel.problems import Problem
from coordinator.watch.scan import Snapshot, is_in_missing_folder
from coordinator.workflows.store import is_living_copy
from coordinator.workspace.workspace import Workspace

BATCH = 256
BATCH_BYTES = 2 << 20
_RACY_SECONDS = 0.05  # a file this young may change again under the same stamp

_RACY = Stamp(0, 0, 0, 0)  # equals no file's: it is read again at the next look
_MOST_AT_ONCE = 8


@dataclass(slots=True)
class _Batch:
    """What one round of reading gave, by what is to be done with it."""

    found: list[FoundFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    size: int = 0


class Intake:
    """Paths that wait to be read, by author, and the stamps of what was read."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._stamps = workspace.index.stamps()
        self._candidates: dict[str, Stamp] = {}
        self._listed = _listed_before(workspace)
        self._has_compared = False
        # A plain dict looks past all that was taken off its head before.
        self._queues: dict[str, OrderedDict[str, None]] = {}
        self._resting: list[tuple[float, str]] = []
        self._rests_until: dict[str, float] = {}

    @property
    def _quiet(self) -> float:
        return self._workspace.settings.watch.quiet_milliseconds / 1000

    @property
    def queued(self) -> int:
        """How many paths wait to be read now."""
        return sum(map(len, self._queues.values()))

    def next_due(self) -> float | None:
        """Return in how many seconds a resting file may be taken; 0: one is due."""
        if self.queued:
            return 0.0
        if not self._resting:
            return None
        return max(0.0, self._resting[0][0] - clock.monotonic())

    def hint_settled(self, paths: Iterable[str]) -> None:
        """Queue files that were closed or renamed in, whatever their stamp says."""
        for path in paths:
            if _is_readable(path):
                self._enqueue(path)

    def hint_touched(self, paths: Iterable[str]) -> None:
        """Queue files that changed and may still be written, after the quiet time."""
        for path in paths:
            if _is_readable(path):
                self._rest(path)

    def compare(self, snapshot: Snapshot) -> None:
        """Queue what a scan shows to be new, changed or gone."""
        now = clock.now().timestamp()
        root = self._workspace.layout.root
        for path in self._differing(snapshot):
            age = now - snapshot.stamps[path].ctime_ns / 1e9
            if 0 <= age < self._quiet and not files.is_closed(root, path):
                self._rest(path)
            else:
                self._enqueue(path)
        self._compare_names(snapshot)

    def compare_now(self, snapshot: Snapshot) -> None:
        """As `compare`, without waiting for files to rest: somebody asks now."""
        for path in self._differing(snapshot):
            self._enqueue(path)
        self._compare_names(snapshot)

    def _differing(self, snapshot: Snapshot) -> Iterator[str]:
        for path, stamp in snapshot.stamps.items():
            if self._stamps.get(path) != stamp:
                self._candidates[path] = stamp
                yield path

    def _compare_names(self, snapshot: Snapshot) -> None:
        unknown = tuple(f"{folder}/" for folder in snapshot.missing)
        # A living copy may be gone before it was read for the first time.
        living = {x.path for x in loading.every(self._workspace)}
        known = self._stamps.keys() | self._known_before() | living
        # What stood in a missing folder is looked for until the folder is back.
        self._has_compared = self._has_compared or not snapshot.missing
        for path in (known - snapshot.stamps.keys()) | self._workspace.unwritten:
            if not path.startswith(unknown):
                self._enqueue(path)
        listed = {x.path for x in snapshot.problems}
        accepting.remove(self._workspace, sorted(self._listed - listed))
        accepting.refuse(self._workspace, snapshot.problems)
        self._listed = listed

    def _known_before(self) -> set[str]:
        """Return the documents of an earlier life, until they were compared once."""
        if self._has_compared:
            return set()
        known = document_queries.known_paths(self._workspace.index)
        found = {x for x in known if accepting.owner_of(x)}
        return found - self._listed  # those have no file of that very name

    def step(self) -> list[str]:
        """Read and take in one batch; return the documents that changed.

        Raises:
            CoordinatorError: The disk refuses; everything stays queued.
            OSError: As above.
        """
        self._wake_rested()
        paths = list(self._pick())
        batch = self._read(paths)
        try:
            changed = self._take(batch)
        except (CoordinatorError, OSError):
            for path in paths:
                self._enqueue(path)
            raise
        for path in batch.unsettled:
            self._rest(path)
        submissions.note_versions(self._workspace, changed)
        return changed

    def drain_some(self) -> list[str]:
        """Take in a few batches, so that whoever asks does not wait out a burst."""
        changed: list[str] = []
        for _ in range(_MOST_AT_ONCE):
            if self.queued:
                changed += self.step()
        return changed

    def drain(self, told: Callable[[int], object] = lambda _: None) -> list[str]:
        """Take in batches until nothing is queued; return all that changed.

        After each batch how many are left is `told`.
        """
        changed: list[str] = []
        while self.queued:
            changed += self.step()
            told(self.queued)
        return changed

    def _pick(self) -> Iterator[str]:
        """Take paths off the queues, one author after the other."""
        authors = deque(self._queues)
        for _ in range(BATCH):
            if not authors:
                return
            author = authors.popleft()
            queue = self._queues[author]
            path, _ = queue.popitem(last=False)
            if queue:
                authors.append(author)
            else:
                del self._queues[author]
            yield path

    def _read(self, paths: list[str]) -> _Batch:
        batch = _Batch()
        for path in paths:
            if batch.size > BATCH_BYTES:
                self._enqueue(path)
                continue
            result = files.read(self._workspace.layout.root, path, quiet=self._quiet)
            self._sort(path, result, batch)
        return batch

    def _sort(
        self,
        path: str,
        result: Content | Problem | Unsettled | None,
        batch: _Batch,
    ) -> None:
        match result:
            case Content():
                batch.found.append(FoundFile(path, result))
                batch.size += len(result.data)
            case Problem():
                batch.problems.append(result)
            case Unsettled():
                batch.unsettled.append(path)
            case None:
                if not is_in_missing_folder(self._workspace.layout.root, path):
                    batch.gone.append(path)

    def _take(self, batch: _Batch) -> list[str]:
        changed: list[str] = []
        if batch.found:
            living = [x for x in batch.found if is_living_copy(x.path)]
            others = [x for x in batch.found if not is_living_copy(x.path)]
            changed = accepting.accept(self._workspace, others)
            changed += living_copies.accept(self._workspace, living)
        if batch.problems:
            accepting.refuse(self._workspace, batch.problems)
        if batch.gone:
            gone = living_copies.restore(self._workspace, batch.gone)
            changed += accepting.remove(self._workspace, gone)
        self._remember(batch)
        return changed

    def _remember(self, batch: _Batch) -> None:
        now = clock.now().timestamp()
        kept: dict[str, Stamp | None] = dict.fromkeys(batch.gone)
        for document in batch.found:
            stamp = _unless_racy(document.content.stamp, now)
            self._stamps[document.path] = stamp
            self._candidates.pop(document.path, None)
            # A living copy may be behind its record when the program ends: it is
            # read at every start.
            if stamp is not _RACY and not is_living_copy(document.path):
                kept[document.path] = stamp
        for problem in batch.problems:
            stamp = self._candidates.pop(problem.path, _RACY)
            self._stamps[problem.path] = _unless_racy(stamp, now)
        for path in batch.gone:
            self._stamps.pop(path, None)
            self._candidates.pop(path, None)
        if kept:
            with suppress(sqlite3.Error):  # without it the file is read again
                self._workspace.index.keep_stamps(kept)

    def _enqueue(self, path: str) -> None:
        name = path.rpartition("/")[2]
        author = self._workspace.roster.attribute(name) or ""
        self._queues.setdefault(author, OrderedDict())[path] = None

    def _rest(self, path: str) -> None:
        due = clock.monotonic() + self._quiet
        self._rests_until[path] = due
        heapq.heappush(self._resting, (due, path))

    def _wake_rested(self) -> None:
        now = clock.monotonic()
        while self._resting and self._resting[0][0] <= now:
            due, path = heapq.heappop(self._resting)
            # A file that was touched again since then rests anew.
            if self._rests_until.get(path) == due:
                del self._rests_until[path]
                self._enqueue(path)


def _unless_racy(stamp: Stamp, now: float) -> Stamp:
    """Return the stamp if it tells every later state of the file from this one."""
    return stamp if now - stamp.ctime_ns / 1e9 > _RACY_SECONDS else _RACY


def _is_readable(path: str) -> bool:
    """Tell whether it is a document; a scan complains of a name that none can show."""
    return bool(accepting.owner_of(path)) and path.isprintable()


def _listed_before(workspace: Workspace) -> set[str]:
    """Return what an earlier scan complained of by name alone, without reading."""
    return document_queries.refused_by_name(workspace.index)
