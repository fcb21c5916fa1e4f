"""The scan: what files there are, by their stamps; the truth that hints only hasten.

It reads no file and follows no link; a scan costs some 7 us a file.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import agent_identities.store
from coordinator.actions.documents import accepting
from coordinator.kernel import clock
from coordinator.kernel.disk import files
from coordinator.kernel.disk.files import Stamp
from coordinator.kernel.disk.refusals import FOLDER, HERE, LINK, blocked, reason
from coordinator.kernel.problems import Problem
from coordinator.kernel.text.names import display

_MAKE = "Make it again: coordinator doctor --fix"
_NEEDED = [x for x in accepting.FOLDERS if x != agent_identities.store.FOLDER]
_DEEPEST = 2  # folders below a watched one that are looked into


@dataclass(slots=True)
class Snapshot:
    """One look at the disk.

    `missing` are watched folders that are not there: what stood in them counts as
    unknown, not as removed. `seconds` is how long the look took.
    """

    stamps: dict[str, Stamp] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    seconds: float = 0.0


def scan(root: Path) -> Snapshot:
    """Look at every document below the workspace's watched folders."""
    start = clock.monotonic()
    snapshot = Snapshot()
    for folder in accepting.FOLDERS:
        try:
            with files.folder(root, folder) as handle:
                _look_into(handle, root, folder, snapshot)
        except OSError as error:
            _note_missing(root, folder, error, snapshot)
    _add_single(root, agent_identities.store.FILE, snapshot)
    for folder in accepting.VIEWS:
        _note_views(root, folder, snapshot)
    snapshot.seconds = clock.monotonic() - start
    return snapshot


def _look_into(
    handle: int, root: Path, folder: str, snapshot: Snapshot, depth: int = 0
) -> None:
    with os.scandir(handle) as entries:
        inner = list(_sort(root, folder, entries, snapshot))
    for path in inner if depth < _DEEPEST else ():
        try:
            with files.folder_in(handle, path.rpartition("/")[2]) as below:
                _look_into(below, root, path, snapshot, depth + 1)
        except OSError:
            continue  # gone or replaced while we looked: the next look tells


def _sort(
    root: Path,
    folder: str,
    entries: Iterator["os.DirEntry[str]"],
    snapshot: Snapshot,
) -> Iterator[str]:
    """Put documents into the snapshot; yield the folders."""
    for entry in entries:
        path = f"{folder}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            if not entry.name.startswith("."):
                yield path
            continue
        if entry.is_symlink() and entry.is_dir() and not entry.name.startswith("."):
            snapshot.missing.append(path)
            snapshot.problems.append(_linked(root, path))
            continue
        if not accepting.owner_of(path):
            continue
        if not path.isprintable():
            snapshot.problems.append(_bad_name(path))
            continue
        try:
            snapshot.stamps[path] = Stamp.of(entry.stat(follow_symlinks=False))
        except OSError:
            continue  # gone meanwhile


def _add_single(root: Path, path: str, snapshot: Snapshot) -> None:
    folder, _, name = path.rpartition("/")
    try:
        with files.folder(root, folder) as handle:
            status = os.stat(name, dir_fd=handle, follow_symlinks=False)
    except OSError:
        return  # a folder that is none was noted with those that are watched
    snapshot.stamps[path] = Stamp.of(status)


def is_in_missing_folder(root: Path, path: str) -> bool:
    """Tell whether the document's folder is one that a scan would call missing."""
    place, found = blocked(root, path.rpartition("/")[0])
    if found:
        return found != FOLDER
    return any(f"{x}/".startswith(f"{place}/") for x in _NEEDED)


def _note_missing(root: Path, folder: str, error: OSError, snapshot: Snapshot) -> None:
    place, found = blocked(root, folder)
    if not found and place == agent_identities.store.FOLDER:
        return  # one file for all agents may stand in its place
    snapshot.missing.append(place)
    if found == LINK:
        problem = _linked(root, place)
    elif found in {"", FOLDER}:
        message = f"The folder cannot be watched: {reason(error)}."
        problem = Problem(folder, 0, "folder-missing", message, _MAKE)
    else:
        problem = _no_folder(place, found)
    if problem not in snapshot.problems:
        snapshot.problems.append(problem)


def _note_views(root: Path, folder: str, snapshot: Snapshot) -> None:
    """Note what keeps views from being written; a missing folder is made with them."""
    place, found = blocked(root, folder)
    if found == LINK:
        snapshot.problems.append(_linked(root, place))
    elif found not in {"", FOLDER}:
        snapshot.problems.append(_no_folder(place, found))


def _no_folder(path: str, found: str) -> Problem:
    message = f"{found.capitalize()} is there, and a folder is expected."
    hint = f"Move it away. {_MAKE}"
    return Problem(path, 0, "folder-missing", message, hint)


def _linked(root: Path, path: str) -> Problem:
    try:
        target = display(str((root / path).readlink()))
    except OSError:
        target = "somewhere"  # another stands there by now
    message = f"The folder is a link to {target}, and links are not followed."
    return Problem(path, 0, "folder-linked", message, HERE)


def _bad_name(path: str) -> Problem:
    message = "The name holds characters that cannot be shown, so it is not read."
    return Problem(display(path), 0, "bad-name", message, "Rename the file.")
