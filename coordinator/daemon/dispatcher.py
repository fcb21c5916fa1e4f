"""The dispatcher: performs one call at a time on the open workspace.

Daemon and in-process commands do the same thing here. It knows no socket and no
command line.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, assert_never

from pydantic_core import to_jsonable_python

import coordinator.actions.verbs  # noqa: F401 - knows where every action is
from coordinator.actions.documents import accepting
from coordinator.actions.pending import submissions
from coordinator.actions.templates import references
from coordinator.daemon import waiting
from coordinator.daemon.awaited_looks import AwaitedLooks
from coordinator.index import record_queries
from coordinator.index.database import refusals
from coordinator.kernel.disk.refusals import SystemRefused
from coordinator.kernel.errors import (
    Conflict,
    NotFound,
    UsageProblem,
)
from coordinator.kernel.journal import SYSTEM, DiskRefusedError, Draft
from coordinator.watch.intake import Intake
from coordinator.watch.scan import Snapshot, scan
from coordinator.workspace import callers, registry, repositories
from coordinator.workspace.callers import Credentials
from coordinator.workspace.registry import Action, Arguments, Deferred, Refresh, Wait
from coordinator.workspace.workspace import Call, Caller, Workspace

HEALTH = "health"  # asked of a stuck daemon: it needs neither disk nor turn
_LONGEST_KEY = 200
_CHEAP_SCAN_SECONDS = 0.03


@dataclass(frozen=True, slots=True)
class Request:
    """A call as it comes in: an action's name, its arguments, and who shows what."""

    action: str
    arguments: dict[str, Any] = field(default_factory=dict)
    folder: str = "/"
    agent: str = ""
    token: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call: a JSON value, and what the caller should know of it."""

    value: Any
    notes: list[str]


Step = Answer | Deferred[Any] | Wait[Any]


class Dispatcher:
    """Workspace and intake, ready for calls; used by one thread at a time.

    `take_hints` is set by the daemon while it watches: it hands hints to the intake.
    `is_behind` tells whether the disk holds more than it was told of. `patience` is
    how many seconds a call waits for git where it need not; None: as long as it takes.
    Without a daemon a call takes everything in, and tells how many files are left.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.intake = Intake(workspace)
        self.take_hints: Callable[[], None] | None = None
        self.is_behind: Callable[[], bool] = lambda: False
        self.patience: float | None = None
        self.scan_seconds = 0.0

    def perform(self, request: Request) -> Answer:
        """Do what is asked.

        The same key again returns the first outcome and does nothing.

        Raises:
            CoordinatorError: It cannot be done, with the reason.
        """
        step = self.begin(request)
        while not isinstance(step, Answer):
            if isinstance(step, Wait):
                step = waiting.as_deferred(self.workspace, step)
            step = step.finish(step.work())
        return step

    @refusals()
    def begin(self, request: Request) -> Step:
        """Do the first turn of what is asked; its work beside is the caller's to do.

        Raises:
            CoordinatorError: It cannot be done, with the reason.
        """
        action = _find(request.action)
        arguments = registry.validate(action, request.arguments)
        if action.name == HEALTH:
            call = Call(self.workspace, Caller(), Path("/"))
            return Answer(action.run(call, arguments), call.notes)
        if len(request.key) > _LONGEST_KEY or not request.key.isprintable():
            raise UsageProblem(
                "The key cannot be used.",
                hint=f"Use up to {_LONGEST_KEY} letters, digits and marks.",
            )
        shown = Credentials(Path(request.folder), request.agent, request.token)
        caller = callers.resolve(self.workspace, shown)
        callers.check(action, caller, shown)
        if action.changes and self.workspace.refused:
            raise self.workspace.refused
        call = Call(self.workspace, caller, shown.folder)
        # A key is its caller's own: two agents may well choose the same one.
        key = f"{caller.actor}:{request.key}" if request.key and action.changes else ""
        earlier = self._find_outcome(key, action) if key else None
        if earlier is not None:
            return self._answer(json.loads(earlier), call)
        self.workspace.note("disk", "")
        with self._guard(action):
            self._begin(action, caller)
        if not action.changes and action.refresh is not Refresh.NO:
            call.notes.extend(self._missing())
        act = partial(self._act, action, arguments, call, key)
        return self._see(action, arguments, call, act)

    def _see(
        self,
        action: Action,
        arguments: Arguments,
        call: Call,
        then: Callable[[], Step],
    ) -> Step:
        """Go on once it is seen what git shows, as far as the action needs that."""
        needs: str | None = ""
        match action.refresh:
            case Refresh.NO:
                return then()
            case Refresh.WITH_GIT:
                named = getattr(arguments, "repository", "")
                needs = (
                    named or repositories.around(self.workspace, call.folder) or None
                )
            case Refresh.FULL:
                needs = None
        guard = partial(self._guard, action)
        found: Step = AwaitedLooks(call, needs, self.patience, guard, then).go_on()
        return found

    @contextmanager
    def _guard(self, action: Action) -> Iterator[None]:
        """Let reading go on while the disk refuses: what is known can still be read."""
        try:
            with refusals():
                yield
        except (DiskRefusedError, SystemRefused) as error:
            if action.changes:
                raise
            self.workspace.note("disk", f"Nothing was taken in: {error.message}")

    def _act(self, action: Action, arguments: Arguments, call: Call, key: str) -> Step:
        with refusals():
            if key:
                earlier = self._find_outcome(key, action)
                if earlier is not None:  # of the same call, while this one waited
                    return Answer(json.loads(earlier), call.notes)
                call = replace(call, begun=self._note_begin(key, action))
            return self._settle(action, call, key, action.run(call, arguments))

    def _settle(self, action: Action, call: Call, key: str, result: object) -> Step:
        """Keep what came out under its key, now or after the work beside."""
        if isinstance(result, Wait):
            return self._settle_later(action, call, key, result)
        if isinstance(result, Deferred):
            finish = result.finish

            @refusals()
            def finish_and_settle(outcome: object) -> Step:
                return self._settle(action, call, key, finish(outcome))

            work = refusals()(result.work)
            return replace(result, work=work, finish=finish_and_settle)
        value = to_jsonable_python(result)
        if key:
            self._keep_outcome(key, action, value)
        return self._answer(value, call)

    def _settle_later(
        self, action: Action, call: Call, key: str, wait: Wait[Any]
    ) -> Wait[Any]:
        settle = partial(self._settle, action, call, key)

        @refusals()
        def look() -> Step | None:
            self.workspace.ensure_index()
            found = wait.look()
            return None if found is None else settle(found)

        @refusals()
        def end() -> Step:
            return settle(wait.end())

        return replace(wait, look=look, end=end)

    def _answer(self, value: Any, call: Call) -> Answer:  # noqa: ANN401 - a JSON value
        return Answer(value, [*call.notes, *self.workspace.notes.values()])

    def _begin(self, action: Action, caller: Caller) -> None:
        if self.workspace.refused:
            raise self.workspace.refused
        self._refresh(action.refresh)
        if caller.agent:
            accepting.note_alive(self.workspace, caller.agent)

    def refresh(self) -> list[str]:
        """Take in everything that stands on the disk now; return what changed."""
        self.workspace.ensure_index()
        self.intake.compare_now(self._scan())
        changed = self.intake.drain(self._tell)
        submissions.retry(self.workspace)
        if references.have_changed(self.workspace):
            self.workspace.git_state.record = -1  # what was derived is old
        return changed

    def _refresh(self, wanted: Refresh) -> None:
        match wanted:
            case Refresh.NO:
                # Whoever records needs the index; `down` must work on a full disk.
                with suppress(SystemRefused), refusals():
                    self.workspace.ensure_index()
            case Refresh.QUICK | Refresh.WITH_GIT:
                self.refresh_quickly()
            case Refresh.FULL:
                self.refresh()
            case _:
                assert_never(wanted)

    def refresh_quickly(self) -> None:
        """Take in what is at hand, and scan too where that is cheap.

        Without a daemon nobody else would take in the rest: it is everything then.
        """
        self.workspace.ensure_index()
        if self.take_hints is not None:
            self.take_hints()
        if self.take_hints is None or self.scan_seconds < _CHEAP_SCAN_SECONDS:
            self.intake.compare_now(self._scan())
        if self.take_hints is None:
            self.intake.drain(self._tell)
        else:
            self.intake.drain_some()

    def _tell(self, left: int) -> None:
        self.workspace.told(f"Files to take in: {left}")

    def _missing(self) -> Iterator[str]:
        """Yield what is to be said where an answer cannot be whole."""
        count = self.intake.queued
        if count or self.is_behind():
            many = f"{count} files" if count else "Some files"
            yield (
                f"{many} are not taken in yet, so this may lack what they say."
                " To take in everything: coordinator check"
            )

    def _scan(self) -> Snapshot:
        snapshot = scan(self.workspace.layout.root)
        self.scan_seconds = snapshot.seconds
        return snapshot

    def _find_outcome(self, key: str, action: Action) -> str | None:
        row = record_queries.outcome(self.workspace.index, key)
        if row is None:
            return None
        if row["action"] != action.name:
            given = key.partition(":")[2]
            raise Conflict(
                f"The key {given!r} was used for {row['action']!r} already.",
                hint="Use another key for another action.",
            )
        return self.workspace.read_text(row["blob"])

    def _note_begin(self, key: str, action: Action) -> int:
        """Record that work under a key begins; return the record of an earlier begin.

        After one, everything is taken in that the earlier attempt may have written.
        """
        if begun := record_queries.begun(self.workspace.index, key, action.name):
            self.refresh()
            return begun
        draft = Draft("outcome.begun", SYSTEM, key, {"note": action.name})
        self.workspace.record(draft)
        return 0

    def _keep_outcome(self, key: str, action: Action, result: object) -> None:
        text = json.dumps(result, ensure_ascii=False)
        [blob] = self.workspace.blobs.put([text.encode()])
        data = {"action": action.name, "outcome": blob}
        self.workspace.record(Draft("outcome.kept", SYSTEM, key, data))


def _find(name: str) -> Action:
    found = registry.find(name)
    if found is None:
        raise NotFound(
            f"There is no action named {name!r}.", hint="Run: coordinator --help"
        )
    return found
