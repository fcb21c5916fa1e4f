"""Actions without a daemon: the dispatcher opened here, under the workspace's lock.

Something long does not keep others out: they are served meanwhile.
"""

import os
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from coordinator.actions.admin import init
from coordinator.actions.git_state import look
from coordinator.actions.reports import views
from coordinator.cli import staying
from coordinator.cli.progress import Progress
from coordinator.daemon import temporary_server
from coordinator.daemon.dispatcher import Answer, Dispatcher, Request
from coordinator.index.database import refusals
from coordinator.index.history import History
from coordinator.kernel.disk import locks
from coordinator.kernel.disk.refusals import SystemRefused
from coordinator.kernel.errors import CoordinatorError
from coordinator.kernel.journal import DiskRefusedError
from coordinator.workspace import callers, registry
from coordinator.workspace.layout import Layout
from coordinator.workspace.workspace import Workspace

if TYPE_CHECKING:
    from coordinator.daemon.server import Face

_LOCK_SECONDS = 0.25


class InProcess:
    """A dispatcher opened at its first use, and closed with its views current."""

    def __init__(self, root: Path, asked: dict[str, Any]) -> None:
        self._layout = Layout(root)
        self._asked = asked
        self._stack = ExitStack()
        self._dispatcher: Dispatcher | None = None
        self._first = 0
        self._is_agents = False
        self._progress = Progress()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self._dispatcher is not None:
                self._bring_up_to_date(self._dispatcher.workspace)
            self._is_agents = bool(self._caller()) and error is None
        finally:
            self._stack.close()
        if self._is_agents and staying.is_wanted(os.environ):
            with suppress(OSError):  # what was asked for is done
                staying.leave_one(self._layout)

    def _caller(self) -> str:
        """Return the agent for whom a daemon may stay, or nothing."""
        if self._dispatcher is None or self._dispatcher.workspace.refused:
            return ""
        workspace, asked = self._dispatcher.workspace, self._asked
        if not workspace.settings.daemon.stay_minutes:
            return ""
        folder = Path(asked["folder"])
        shown = callers.Credentials(folder, asked["agent"], asked["token"])
        with suppress(CoordinatorError):
            return callers.resolve(workspace, shown).agent
        return ""

    @property
    def notes(self) -> list[str]:
        """What whoever asked should know besides the answer."""
        return [*self._dispatcher.workspace.notes.values()] if self._dispatcher else []

    def perform(self, action: str, arguments: dict[str, Any], key: str) -> Answer:
        """Do what is asked, as the daemon would.

        Raises:
            LockTaken: Another process has the workspace now.
            CoordinatorError: It cannot be done.
        """
        asked = self._asked
        request = Request(
            action, arguments, asked["folder"], asked["agent"], asked["token"], key
        )
        dispatcher = self._open(action)
        with self._progress:
            step = dispatcher.begin(request)
        if not isinstance(step, Answer):
            return temporary_server.finish(
                dispatcher, step, self._layout.socket, _load_face
            )
        return step

    def _open(self, action: str) -> Dispatcher:
        if self._dispatcher is None:
            with refusals():
                init.check_version(self._layout)
            workspace = self._workspace(action)
            self._stack.callback(workspace.close)
            self._first = workspace.journal.last
            self._dispatcher = Dispatcher(workspace)
            workspace.told = self._progress.tell
        return self._dispatcher

    def _workspace(self, action: str) -> Workspace:
        """Open to write; for who only reads, to read where the disk takes nothing."""
        lock = locks.hold(self._layout.lock, seconds=_LOCK_SECONDS)
        try:
            with refusals():
                held = self._stack.enter_context(lock)
                return Workspace(self._layout, held=held)
        except (DiskRefusedError, SystemRefused) as error:
            found = registry.find(action)
            if found is None or found.changes:
                raise
            with suppress(OSError, CoordinatorError):
                return Workspace(self._layout, held=None, refused=error)
            raise

    def _bring_up_to_date(self, workspace: Workspace) -> None:
        """Derive again what the records changed; what fails is made up for later."""
        if workspace.journal.last == self._first:
            return
        try:
            with refusals():
                look.look(workspace)
                views.refresh(workspace)
                views.refresh_finals(workspace)
        except CoordinatorError as error:
            workspace.note("views", f"Views were not written: {error.message}")
        history = History(self._layout.history, workspace.blobs.get)
        try:
            with refusals():
                history.catch_up(workspace.journal)
        except CoordinatorError as error:
            workspace.note("history", f"The history waits: {error.message}")
        finally:
            history.close()


def _load_face() -> "Face":
    from coordinator.cli import face  # noqa: PLC0415 - few commands are that long

    return face.begin
