"""Locks that a killed git left in an agent's worktree: seen, judged, taken away.

Only a lock that is surely nobody's is removed; the daemon keeps what it saw and asks
again at its next look.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from active_contexts.worktree_state.entries import WorktreeEntry
from coordinator.kernel.disk.files import Stamp

STALE_SECONDS = 60.0
_PROCESSES = Path("/proc")


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file as it was seen; `modified` in seconds since the epoch."""

    path: Path
    stamp: Stamp
    modified: float


class LockVerdict(StrEnum):
    """What may be done about a lock."""

    IN_USE = "in-use"
    SUSPECT = "suspect"
    STALE = "stale"


def find_lock(entry: WorktreeEntry) -> Lock | None:
    """Return the lock on a worktree's index, if there is one."""
    path = entry.folder / "index.lock"
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return Lock(path, Stamp.of(found), found.st_mtime)


def judge(
    before: Lock | None, seen: Lock, *, lives: bool | None, now: float
) -> LockVerdict:
    """Say whether a lock is stale: old, unchanged across two looks, and nobody's.

    `lives` tells whether a git process works there (None: it cannot be known), `now`
    is in seconds since the epoch.
    """
    if lives or now - seen.modified <= STALE_SECONDS:
        return LockVerdict.IN_USE
    if lives is None or before != seen:
        return LockVerdict.SUSPECT
    return LockVerdict.STALE


def remove_lock(seen: Lock) -> bool:
    """Remove a lock that was judged stale, if it is still the same file."""
    try:
        same = Stamp.of(seen.path.lstat()) == seen.stamp
    except FileNotFoundError:
        return False
    if same:
        seen.path.unlink()
    return same


def git_lives_in(folders: Sequence[Path]) -> bool | None:
    """Tell whether a git process works in one of the folders, or has a file open there.

    None where the system does not say (no /proc, as on macOS).
    """
    if not (_PROCESSES / "self").exists():
        return None
    places = tuple(os.path.realpath(x) for x in folders)
    return any(_is_git(x) and _touches(x, places) for x in _PROCESSES.glob("[0-9]*"))


def _is_git(process: Path) -> bool:
    try:
        return (process / "comm").read_text(errors="replace").startswith("git")
    except OSError:
        return False


def _touches(process: Path, places: Sequence[str]) -> bool:
    try:
        opened = [str(x.readlink()) for x in (process / "fd").iterdir()]
        used = [str((process / "cwd").readlink()), *opened]
    except FileNotFoundError:
        return False  # it has ended
    except OSError:
        return True  # another user's: it may well be here
    return any(x == y or x.startswith(f"{y}/") for x in used for y in places)
