"""The one guard before anything is deleted or thrown into the trash.

It judges folders by what they are, not by how their path is written, and it never asks
whether a worktree is safe to lose: that is `removal`.
"""

from collections.abc import Iterable
from pathlib import Path

from active_contexts.worktree_state.entries import common_folder, entries, is_same_place
from active_contexts.worktree_state.model import (
    NotARepository,
    NotOurs,
    WorktreeRoot,
)


def guard(worktree_root: WorktreeRoot, path: Path) -> None:
    """Let a folder be deleted only where it is the workspace's own.

    That is: inside its trash or pool, or an agent's worktree directly in it; never a
    main worktree, nor a folder with a repository's common git directory.

    Raises:
        NotOurs: It is something else.
    """
    if path.is_symlink() or not path.is_dir():
        raise NotOurs(path, "it is no folder")
    workspace, repositories = worktree_root.workspace, worktree_root.repositories
    commons = [x for x in map(_common, repositories) if x is not None]
    if any(_holds(path, x) for x in (workspace, *commons)):
        raise NotOurs(path, "it holds the workspace or a repository's git directory")
    if any(_holds(path, x) for x in repositories):
        raise NotOurs(path, "it holds a repository of the workspace")
    kept = (worktree_root.trash, worktree_root.pool)
    if any(_holds(x, path) and not is_same_place(x, path) for x in kept):
        return
    if not is_same_place(path.resolve().parent, workspace):
        raise NotOurs(path, "it is not directly in the workspace")
    if (path / ".git").is_dir() or not _is_agents_worktree(path, commons):
        raise NotOurs(path, "it is no agent's worktree")


def _common(repository: Path) -> Path | None:
    try:
        return common_folder(repository)
    except NotARepository:
        return None


def _holds(folder: Path, inner: Path) -> bool:
    """Tell whether a folder is the other one, or above it, by identity."""
    there = inner.resolve()
    return any(is_same_place(folder, x) for x in (there, *there.parents))


def _is_agents_worktree(path: Path, commons: Iterable[Path]) -> bool:
    known = (x for common in commons for x in entries(common))
    return any(x.role and is_same_place(x.path, path) for x in known)
