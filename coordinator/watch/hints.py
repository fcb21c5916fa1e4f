"""Hints: the operating system's word that something changed, through watchdog.

A hint is never a source of truth: the set is bounded, and what does not fit is left to
the next scan. Nothing is read or decided here.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver

MOST = 20_000
_EVENTS: list[type[FileSystemEvent]] = [
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]


@dataclass(frozen=True, slots=True)
class Drained:
    """Hints since the last look: closed or renamed, still open, or too many to keep."""

    settled: list[str]
    touched: list[str]
    overflowed: bool


class Hints(FileSystemEventHandler):
    """Collects hints below the root; `wake` is called from a thread of its own."""

    def __init__(
        self, root: Path, folders: tuple[str, ...], wake: Callable[[], None]
    ) -> None:
        self._root = root
        self._prefix = f"{root}/"
        self._folders = folders
        self._wake = wake
        self._lock = Lock()
        self._settled: dict[str, None] = {}
        self._touched: dict[str, None] = {}
        self._overflowed = False
        self._observer: BaseObserver | None = None
        self._inodes: dict[str, tuple[int, int]] = {}
        self.overflows = 0

    @property
    def is_running(self) -> bool:
        """Tell whether the system gives hints; if not, only looking helps."""
        return self._observer is not None and self._observer.is_alive()

    def start(self) -> str:
        """Begin; return an empty string, or why the system gives no hints."""
        try:
            observer = _observer()
        except OSError as error:  # newer watchdogs ask the system here already
            return str(error)
        try:
            observer.start()
            for folder in self._folders:
                with suppress(FileNotFoundError, NotADirectoryError):
                    self._inodes[folder] = self._inode(folder)
                    observer.schedule(
                        self,
                        str(self._root / folder),
                        recursive=True,
                        event_filter=_EVENTS,
                    )
        except (OSError, RuntimeError) as error:
            _stop(observer)
            return str(error)
        self._observer = observer
        return ""

    def stop(self) -> None:
        """End the watching thread."""
        if self._observer is not None:
            _stop(self._observer)
            self._observer = None

    def is_current(self) -> bool:
        """Tell whether the watched folders are still those on the disk."""
        return (
            self._observer is not None
            and self._observer.is_alive()
            # A removed folder ends its emitter; the next may have the same inode.
            and all(emitter.is_alive() for emitter in self._observer.emitters)
            and all(
                self._find_inode(folder) == self._inodes.get(folder)
                for folder in self._folders
            )
        )

    def restart(self) -> str:
        """Watch the folders that are there now; returns as `start`."""
        self.stop()
        self._inodes.clear()
        return self.start()

    def drain(self) -> Drained:
        """Hand over all hints and begin anew."""
        with self._lock:
            drained = Drained(
                list(self._settled), list(self._touched), self._overflowed
            )
            self._settled, self._touched = {}, {}
            self._overflowed = False
        return drained

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Note the path; one exception in here would end watchdog's thread."""
        try:
            self._note(event)
        except Exception:  # noqa: BLE001 - the outer boundary of a foreign loop
            self._overflow()

    def _note(self, event: FileSystemEvent) -> None:
        if event.is_directory:
            self._overflow()
            return
        moved = isinstance(event, FileMovedEvent)
        settled = moved or isinstance(event, (FileClosedEvent, FileDeletedEvent))
        paths = [os.fsdecode(event.src_path)]
        if moved:
            paths.append(os.fsdecode(event.dest_path))
        with self._lock:
            was_empty = not (self._settled or self._touched or self._overflowed)
            for path in paths:
                self._add(path, self._settled if settled else self._touched)
        if was_empty:
            self._wake()

    def _add(self, path: str, hints: dict[str, None]) -> None:
        if not path.startswith(self._prefix):
            return
        relative = path[len(self._prefix) :]
        if len(hints) < MOST or relative in hints:
            hints[relative] = None
        elif not self._overflowed:
            self._overflowed = True
            self.overflows += 1

    def _overflow(self) -> None:
        with self._lock:
            self._overflowed = True
        self._wake()

    def _inode(self, folder: str) -> tuple[int, int]:
        status = (self._root / folder).lstat()
        return status.st_dev, status.st_ino

    def _find_inode(self, folder: str) -> tuple[int, int] | None:
        try:
            return self._inode(folder)
        except OSError:
            return None


def _observer() -> "BaseObserver":
    if sys.platform != "linux":
        return Observer()
    # Only the full events tell a rename-in (complete) from a creation (may grow).
    from watchdog.observers.inotify import InotifyObserver  # noqa: PLC0415 - Linux only

    return InotifyObserver(generate_full_events=True)


def _stop(observer: "BaseObserver") -> None:
    observer.stop()
    with suppress(RuntimeError):
        observer.join(5)
