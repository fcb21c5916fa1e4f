"""The desk: performs one call at a time on the open workspace.

Daemon and in-process commands do the same thing here. It knows no socket and no
command line.
"""

import errno
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, assert_never

from pydantic_core import to_jsonable_python

import coordinator.actions.verbs  # noqa: F401 - registers every action
from coordinator.actions import callers, documents, references, registry, sights
from coordinator.actions.callers import Credentials
from coordinator.actions.registry import Action, Fresh, Later
from coordinator.actions.workspace import Call, Caller, Workspace
from coordinator.index.database import is_refusal
from coordinator.kernel.errors import Conflict, External, NotFound, UsageProblem
from coordinator.kernel.journal import DiskRefusedError, Draft
from coordinator.watch.intake import Intake
from coordinator.watch.scan import Snapshot, scan

_DISK_ERRORS = {errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG, errno.EIO}
HEALTH = "health"  # asked of a stuck daemon: it needs neither disk nor turn
_LONGEST_KEY = 200
_CHEAP_SCAN_SECONDS = 0.03


class NotWritten(External):
    """The disk refuses to take something."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The disk refuses: {reason}.",
            hint="Free some space or mount it writable, then try again.",
        )


@dataclass(frozen=True, slots=True)
class Request:
    """A call as it comes in: an action's name, its arguments, and who shows what."""

    action: str
    arguments: dict[str, Any] = field(default_factory=dict)
    folder: str = "/"
    agent: str = ""
    token: str = ""
    key: str = ""


class Desk:
    """Workspace and intake, ready for calls; used by one thread at a time.

    `take_hints` is set by the daemon while it watches: it hands hints to the intake.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.intake = Intake(workspace)
        self.take_hints: Callable[[], None] | None = None
        self.scan_seconds = 0.0

    def perform(self, request: Request) -> Any:  # noqa: ANN401 - a JSON value
        """Do what is asked and return the result as a JSON value.

        The same key again returns the first outcome and does nothing.

        Raises:
            CoordinatorError: It cannot be done, with the reason.
        """
        step = self.begin(request)
        while isinstance(step, Later):
            step = step.finish(step.work())
        return step

    def begin(self, request: Request) -> Any:  # noqa: ANN401 - a JSON value, or Later
        """Do the first turn of what is asked; its work beside is the caller's to do.

        Raises:
            CoordinatorError: It cannot be done, with the reason.
        """
        action = _find(request.action)
        arguments = registry.validate(action, request.arguments)
        if action.name == HEALTH:
            return action.run(Call(self.workspace, Caller(), Path("/")), arguments)
        if len(request.key) > _LONGEST_KEY or not request.key.isprintable():
            raise UsageProblem(
                "The key cannot be used.",
                hint=f"Use up to {_LONGEST_KEY} letters, digits and marks.",
            )
        shown = Credentials(Path(request.folder), request.agent, request.token)
        caller = callers.resolve(self.workspace, shown)
        callers.check(action, caller, shown)
        # A key is its caller's own: two agents may well choose the same one.
        key = f"{caller.actor}:{request.key}" if request.key else ""
        if key and action.changes:
            earlier = self._find_outcome(key, action)
            if earlier is not None:
                return json.loads(earlier)
        call = Call(self.workspace, caller, shown.folder)
        if not action.changes:
            self._begin_reading(action, caller)
            return to_jsonable_python(action.run(call, arguments))
        with refusals():
            self._begin(action, caller)
            if key:
                call = replace(call, begun=self._note_begin(key, action))
            return self._settle(action, key, action.run(call, arguments))

    def _settle(self, action: Action, key: str, result: Any) -> Any:  # noqa: ANN401 - JSON
        """Keep what came out under its key, now or after the work beside."""
        if isinstance(result, Later):
            finish = result.finish

            def finish_and_settle(outcome: object) -> Any:  # noqa: ANN401 - JSON
                with refusals():
                    return self._settle(action, key, finish(outcome))

            return Later(result.work, finish_and_settle)
        value = to_jsonable_python(result)
        if key:
            self._keep_outcome(key, action, value)
        return value

    def _begin_reading(self, action: Action, caller: Caller) -> None:
        """Begin as ever; while the disk refuses, what is known can still be read."""
        said = ""
        try:
            with refusals():
                self._begin(action, caller)
        except (DiskRefusedError, NotWritten) as error:
            said = f"Nothing was taken in: {error.message}"
        self.workspace.note("disk", said)

    def _begin(self, action: Action, caller: Caller) -> None:
        self._freshen(action.fresh)
        if caller.agent:
            documents.note_alive(self.workspace, caller.agent)

    def freshen(self) -> list[str]:
        """Take in everything that stands on the disk now; return what changed."""
        self.workspace.ensure_index()
        self.intake.compare_now(self._scan())
        changed = self.intake.drain()
        if references.have_changed(self.workspace):
            self.workspace.seen.record = -1  # what was derived is old
        sights.look(self.workspace)
        return changed

    def _freshen(self, fresh: Fresh) -> None:
        match fresh:
            case Fresh.NO:
                # Whoever records needs the index; `down` must work on a full disk.
                with suppress(NotWritten), refusals():
                    self.workspace.ensure_index()
            case Fresh.CHEAPLY:
                self.freshen_cheaply()
            case Fresh.WHOLLY:
                self.freshen()
            case _:
                assert_never(fresh)

    def freshen_cheaply(self) -> None:
        """Take in what is at hand; scan too where there are no hints or it is cheap."""
        self.workspace.ensure_index()
        if self.take_hints is not None:
            self.take_hints()
        if self.take_hints is None or self.scan_seconds < _CHEAP_SCAN_SECONDS:
            self.intake.compare_now(self._scan())
        self.intake.drain_some()
        sights.look(self.workspace)

    def _scan(self) -> Snapshot:
        snapshot = scan(self.workspace.layout.root)
        self.scan_seconds = snapshot.seconds
        return snapshot

    def _find_outcome(self, key: str, action: Action) -> str | None:
        question = "SELECT action, blob FROM outcomes WHERE key = ?"
        row = self.workspace.index.row(question, (key,))
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
        row = self.workspace.index.row(
            "SELECT min(seq) AS seq FROM records"
            " WHERE subject = ? AND kind = 'outcome.begun' AND note = ?",
            (key, action.name),
        )
        if row and row["seq"]:
            self.freshen()
            return int(row["seq"])
        draft = Draft("outcome.begun", "(coordinator)", key, {"note": action.name})
        self.workspace.record(draft)
        return 0

    def _keep_outcome(self, key: str, action: Action, result: object) -> None:
        text = json.dumps(result, ensure_ascii=False)
        [blob] = self.workspace.blobs.put([text.encode()])
        data = {"action": action.name, "outcome": blob}
        self.workspace.record(Draft("outcome.kept", "(coordinator)", key, data))


@contextmanager
def refusals() -> Iterator[None]:
    """Give every way in which the disk refuses one name.

    Raises:
        NotWritten: The disk is full, read-only or broken.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        if not is_refusal(error):
            raise
        raise NotWritten(f"{error} (the index)") from error
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            raise
        raise NotWritten(error.strerror or str(error)) from error


def _find(name: str) -> Action:
    found = registry.find(name)
    if found is None:
        raise NotFound(
            f"There is no action named {name!r}.", hint="Run: coordinator --help"
        )
    return found
