"""What made a worktree dirty when it was looked at, so that the next look is short.

It tells that a home is better left alone, and no more: what git ignores may be another
thing by now. What is shown, and whether nothing has changed, git is asked. It lives as
long as the process.
"""

import os
import stat
from pathlib import Path

from active_contexts.worktree_state.changes import Changes
from active_contexts.worktree_state.entries import WorktreeEntry

_Stamp = tuple[int, int, int, int]
_SEEN: dict[Path, tuple[str, _Stamp, _Stamp, str]] = {}  # by git directory


def index_stamp(entry: WorktreeEntry) -> _Stamp | None:
    """Return what changes with the index; to be taken before a look at the changes."""
    return _stamp(entry.folder / "index")


def remember(
    entry: WorktreeEntry, found: Changes, index: _Stamp | None, commit: str
) -> None:
    """Keep one path that had changed while index and commit were so, or that none had.

    An empty commit is one that nobody knows: nothing is kept.
    """
    _SEEN.pop(entry.folder, None)
    for path in (*found.untracked, *found.changed)[:1]:
        stamp = _stamp(entry.path / path)
        if stamp and index and commit:
            _SEEN[entry.folder] = (path, stamp, index, commit)


def is_still_there(entry: WorktreeEntry, commit: str) -> bool:
    """Tell whether what was dirty stands as it stood, with that index and commit."""
    known = _SEEN.get(entry.folder)
    if known is None:
        return False
    path, stamp, index, then = known
    is_same = then == commit and index_stamp(entry) == index
    return is_same and _stamp(entry.path / path) == stamp


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None  # what lies deeper in a folder leaves its stamp alone
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
