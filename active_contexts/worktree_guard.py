"""The one guard before anything is deleted, and the trash that deleting goes through.

It judges folders by what they are, not by how their path is written, and it never asks
whether a worktree is safe to lose: that is `worktree_safety`.
"""

import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from active_contexts.worktree_entries import (
    Entry,
    common_folder,
    entries,
)
from active_contexts.worktree_model import (
    POOL,
    TRASH,
    Grounds,
    NotARepository,
    NotOurs,
)


def guard(path: Path, *, workspace: Path, repositories: Sequence[Path]) -> None:
    """Let a folder be deleted only where it is the workspace's own.

    That is: inside its trash or pool, or an agent's worktree directly in it; never a
    main worktree, nor a folder with a repository's common git directory.

    Raises:
        NotOurs: It is something else.
    """
    if path.is_symlink() or not path.is_dir():
        raise NotOurs(path, "it is no folder")
    commons = [x for x in map(_common, repositories) if x is not None]
    if any(_holds(path, x) for x in (workspace, *commons)):
        raise NotOurs(path, "it holds the workspace or a repository's git directory")
    if any(_holds(path, x) for x in repositories):
        raise NotOurs(path, "it holds a repository of the workspace")
    kept = (workspace / TRASH, workspace / POOL)
    if any(_holds(x, path) and not _same(x, path) for x in kept):
        return
    if not _same(path.resolve().parent, workspace):
        raise NotOurs(path, "it is not directly in the workspace")
    if (path / ".git").is_dir() or not _is_agents_worktree(path, commons):
        raise NotOurs(path, "it is no agent's worktree")


def to_trash(grounds: Grounds, entry: Entry) -> None:
    """Rename a worktree, then git's entry for it, into the trash; repeatable.

    Raises:
        NotOurs: The guard does not let go of the folder.
    """
    place = _new_place(grounds, entry.path.name)
    if os.path.lexists(entry.path):
        guard(
            entry.path, workspace=grounds.workspace, repositories=grounds.repositories
        )
        entry.path.rename(place / "worktree")
    if entry.folder.is_dir():
        # The repository may be on another file system than the workspace.
        shutil.move(entry.folder, place / "entry")


def empty_trash(grounds: Grounds, *, before: datetime) -> int:
    """Delete what was thrown away before that moment; return how many worktrees.

    Raises:
        NotOurs: The guard does not let go of something in it.
    """
    if not grounds.trash.is_dir():
        return 0
    limit = before.timestamp()
    old = [x for x in grounds.trash.iterdir() if x.lstat().st_mtime < limit]
    for folder in old:
        guard(folder, workspace=grounds.workspace, repositories=grounds.repositories)
        _delete(folder)
    return len(old)


def _new_place(grounds: Grounds, name: str) -> Path:
    place = grounds.trash / f"{name}-{secrets.token_hex(4)}"
    place.mkdir(parents=True)
    return place


def _delete(folder: Path) -> None:
    # Package caches make folders read-only, and nothing can be removed from those.
    for inner, _, _ in os.walk(folder):
        mode = Path(inner).lstat().st_mode
        if not mode & stat.S_IWUSR:
            Path(inner).chmod(stat.S_IMODE(mode) | stat.S_IRWXU)
    shutil.rmtree(folder)


def _common(repository: Path) -> Path | None:
    try:
        return common_folder(repository)
    except NotARepository:
        return None


def _holds(folder: Path, inner: Path) -> bool:
    """Tell whether a folder is the other one, or above it, by identity."""
    there = inner.resolve()
    return any(_same(folder, x) for x in (there, *there.parents))


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _is_agents_worktree(path: Path, commons: Iterable[Path]) -> bool:
    known = (x for common in commons for x in entries(common))
    return any(x.role and _same(x.path, path) for x in known)
