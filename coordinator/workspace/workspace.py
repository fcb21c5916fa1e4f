"""The open workspace: the one writer's hands on journal, blobs and index.

Only a holder of the workspace's lock makes one. It decides nothing.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from active_contexts.branches.drift import Look
from active_contexts.worktrees.locks import Lock
from agent_identities.attribution import Roster
from agent_identities.model import Identity
from coordinator.index import history
from coordinator.index.database import Copy, Index
from coordinator.kernel import clock, git
from coordinator.kernel.blobs import Blobs
from coordinator.kernel.disk.files import Stamp
from coordinator.kernel.disk.locks import Held
from coordinator.kernel.errors import CoordinatorError
from coordinator.kernel.git import Repository
from coordinator.kernel.journal import SYSTEM, Draft, Journal, Record
from coordinator.kernel.problems import Problem
from coordinator.kernel.system.threads import Lane
from coordinator.results.workspaces import DaemonHealth
from coordinator.workspace import file_kinds, roster
from coordinator.workspace import settings as settings_module
from coordinator.workspace.layout import Layout
from pending_commits import incoming

MAINTAINER = "(maintainer)"
_NAMED = "(maintainer "
Listener = Callable[[Sequence[Record]], None]


def maintainer(name: str) -> str:
    """Return how a maintainer of that name stands in records; no agent is called so."""
    return f"{_NAMED}{name})" if name else MAINTAINER


def is_maintainer(actor: str) -> bool:
    """Tell whether an actor in a record is a maintainer."""
    return actor == MAINTAINER or actor.startswith(_NAMED)


@dataclass(slots=True)
class GitState:
    """What the last look at git found, by repository, and the mark it goes with.

    `numbers` tell which look it was; what is in `hung` did not end in its time. Looks
    at one repository and fetches from it have a lane each. Of pending items, by path:
    at which record a text was `revised` that is not submitted yet, what was `tried`
    last, and what came of it where that failed. `proposals` counts the texts that were
    heard of, `calm` is the state in which nothing was to be fetched. `policy` are the
    settings and the roster that reviews were judged by last.
    """

    marks: dict[str, str] = field(default_factory=dict)
    looks: dict[str, Look] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    troubles: dict[str, Problem] = field(default_factory=dict)
    hung: set[str] = field(default_factory=set)
    locks: dict[Path, Lock] = field(default_factory=dict)
    lanes: dict[str, Lane[Any]] = field(default_factory=dict)
    fetching: dict[str, Lane[Any]] = field(default_factory=dict)
    revised: dict[str, int] = field(default_factory=dict)
    tried: dict[str, tuple[str, ...]] = field(default_factory=dict)
    failures: dict[str, Problem] = field(default_factory=dict)
    retries: int = 0
    proposals: int = 0
    calm: object = None
    settings: Stamp | None = None
    policy: tuple[object, object] = (None, None)
    record: int = -1

    def forget(self) -> None:
        """Have everything looked at and tried again."""
        for known in (self.marks, self.looks, self.troubles, self.tried):
            known.clear()
        self.hung.clear()
        self.calm = None
        self.lanes, self.fetching = {}, {}
        self.record = -1


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: an agent by name, a maintainer, or nobody known (may only read).

    `name` is what a maintainer is called; one whose token came before names has none.
    """

    agent: str = ""
    is_maintainer: bool = False
    name: str = ""

    @property
    def actor(self) -> str:
        """The name that stands in records."""
        return self.agent or (maintainer(self.name) if self.is_maintainer else "")


class Workspace:
    """Journal, blobs and index of one workspace, opened together.

    `health` is set by the daemon while it runs: its own state, for `status`. How far
    something is that takes long is `told`, in words, to whoever waits for it.
    """

    def __init__(
        self,
        layout: Layout,
        *,
        held: Held | None,
        refused: CoordinatorError | None = None,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """Open everything and bring the index up to the journal.

        `refused` is why it cannot be opened with the lock: then all is read as it
        stands, and nothing is written.

        Raises:
            CoordinatorError: Settings, journal or blobs cannot be used.
        """
        self.layout = layout
        self.held = held
        self.refused = refused
        self.now = now
        self.settings = settings_module.load(layout.settings)
        self.health: Callable[[], DaemonHealth] | None = None
        self.told: Callable[[str], object] = lambda _: None
        self.stop_wanted = False
        self.git_state = GitState()
        self.judging: set[tuple[str, str]] = set()  # steps whose leases stand still
        self.unwritten: set[str] = set()  # living copies behind their records
        # A cache of `coordinator.actions.runs.loading`: the last record, and all runs.
        self.runs: tuple[int, dict[str, Any]] = (0, {})
        # Another, of `actions.templates.references`: templates by path and blob.
        self.templates: dict[tuple[str, str], Any] = {}
        self.listeners: list[Listener] = []
        # What looks of `actions.radar` leave to the next, by repository; and which
        # head of each work they saw last.
        self.radar: dict[str, Any] = {}
        self.compared: dict[str, dict[str, str]] = {}
        # What whoever reads should know as well, by what it is about.
        self.notes: dict[str, str] = {}
        self._roster: Roster | None = None
        if held:
            _prepare(layout)
            said = file_kinds.set_aside(layout, held=held)
            self.notes |= {x: x for x in said}
        self.journal = Journal(layout.journal, held=held, now=now)
        history.check_begin(layout.history, self.journal)
        self.blobs = Blobs(layout.blobs, held=held)
        index = Index if held else Copy
        self.index = index(layout.index, read_text=self.read_text)
        self.index.catch_up(self.journal)
        if self.journal.cut and held:
            cut = {"note": f"{self.journal.cut} torn bytes", "bytes": self.journal.cut}
            self.record(Draft("journal.cut", SYSTEM, "journal", cut))

    def close(self) -> None:
        """Close everything."""
        self.index.close()
        self.blobs.close()
        self.journal.close()

    def record(
        self,
        *drafts: Draft,
        texts: dict[str, str] | None = None,
        expected: int | None = None,
    ) -> list[Record]:
        """Append records, synced, and take them into the index.

        `texts` are the texts of blobs that the records name, where at hand.

        Raises:
            JournalMovedError: The last record is not number `expected`.
            DiskRefusedError: Nothing was recorded.
            CoordinatorError: The workspace is open for reading only.
        """
        if self.refused:
            raise self.refused
        self.ensure_index()
        records = self.journal.append(drafts, expected=expected)
        with suppress(sqlite3.Error):  # a cache: caught up before its next use
            self.index.apply(records, texts)
        self._roster = None if _touches_roster(records) else self._roster
        for listener in tuple(self.listeners):  # others come and go on their threads
            listener(records)
        return records

    def note(self, about: str, said: str) -> None:
        """Tell it to whoever reads from now on; nothing: all is well again."""
        self.notes.pop(about, None)
        if said:
            self.notes[about] = said

    def ensure_index(self) -> None:
        """Bring the index up to the journal, where a full disk kept it behind."""
        if self.index.last != self.journal.last:
            self.index.catch_up(self.journal)

    def read_text(self, blob: str) -> str:
        """Return an accepted document's text.

        Raises:
            BlobMissingError: The bytes are not there.
        """
        return self.blobs.get(blob).decode("utf-8")

    @property
    def roster(self) -> Roster:
        """The agents that are not retired."""
        if self._roster is None:
            self._roster = Roster(roster.members(self.index))
        return self._roster

    def identities(self) -> list[Identity]:
        """Return the agents' identities, by name."""
        return roster.members(self.index)

    def repositories(self) -> dict[str, Repository]:
        """Return the repositories by name, as the settings have them."""
        return {
            name: Repository((self.layout.root / path).resolve())
            for name, path in self.settings.paths.items()
        }


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an action: on which workspace, by whom, from which folder.

    `begun` is the record of an earlier attempt with the same key that was cut off, 0
    where there was none: what it wrote must not be written twice. `notes` are what
    the caller should know of the answer, such as that it is not whole.
    """

    workspace: Workspace
    caller: Caller
    folder: Path
    begun: int = 0
    notes: list[str] = field(default_factory=list)


def _touches_roster(records: Sequence[Record]) -> bool:
    return any(
        x.kind == "agent.retired" or x.subject.startswith("agent-system/agent-identit")
        for x in records
    )


def _prepare(layout: Layout) -> None:
    """Make folders that are missing, and remove what a killed program left."""
    for folder in (layout.temporary, layout.trash, layout.tokens, layout.logs):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _empty(layout.temporary)
    git.remove_locks(layout.store)
    incoming.tidy(layout.store)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        with suppress(OSError):
            path.unlink()
