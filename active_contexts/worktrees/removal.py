"""What a worktree holds that is nowhere else, and its removal once that is nothing.

The branch of a worktree is never deleted. Saving is `saving`, and no folder
is let go without `deletion_guard`.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from active_contexts.worktree_state.changes import changes
from active_contexts.worktree_state.commands import Inside, tips, with_filters
from active_contexts.worktree_state.contents import Contents, contents
from active_contexts.worktree_state.deletion_guard import guard
from active_contexts.worktree_state.entries import (
    WorktreeEntry,
    common_folder,
    entry_at,
    operation,
)
from active_contexts.worktree_state.ignored import Kept, ignored, measure
from active_contexts.worktree_state.model import (
    UNSAVABLE,
    AssignedWorktree,
    CannotSave,
    NotSafe,
    Risk,
    TrackedRepository,
    WorktreeFinding,
    WorktreeRoot,
)
from active_contexts.worktrees import pool, submodules
from active_contexts.worktrees.private_index import private_index
from active_contexts.worktrees.saving import (
    filtered_files,
    save,
    save_rest,
    stashes,
)
from active_contexts.worktrees.trash import About, about, to_trash


@dataclass(frozen=True, slots=True)
class Removed:
    """What a worktree held: where it was saved, and the files that the trash keeps."""

    saved: tuple[str, ...] = ()
    kept: Kept = field(default_factory=Kept)


def findings(
    tracked: TrackedRepository, entry: WorktreeEntry
) -> tuple[WorktreeFinding, ...]:
    """Return everything that would be lost with a worktree, or with its entry.

    A lock counts as well: it says that a person wants the worktree kept. A change that
    only a filter could tell of does not: such files are kept in the trash.
    """
    git, there = with_filters(entry), contents(entry)
    found = [*_in_the_folder(git, there)] if entry.path.is_dir() else []
    found += [(Risk.SUBMODULE, submodules.findings(entry, there))]
    found += [*_in_the_repository(tracked, git)]
    return tuple(WorktreeFinding(risk, details) for risk, details in found if details)


def _in_the_folder(
    git: Inside, there: Contents
) -> Iterator[tuple[Risk, tuple[str, ...]]]:
    with private_index(git) as shown:
        found = changes(shown)
    yield Risk.CHANGED, found.changed
    # Git names an untracked folder as such only where it is a repository of its own.
    yield Risk.UNTRACKED, tuple(x for x in found.untracked if not x.endswith("/"))
    yield Risk.NESTED, tuple(there.repositories)
    yield Risk.UNREADABLE, tuple(there.unreadable)
    yield Risk.MOUNTED, tuple(there.mounts)


def _in_the_repository(
    tracked: TrackedRepository, git: Inside
) -> Iterator[tuple[Risk, tuple[str, ...]]]:
    yield Risk.UNLANDED, _unlanded(tracked, git)
    yield Risk.STASHED, tuple(x.name for x in stashes(git))
    busy = operation(git.entry.folder)
    yield Risk.BUSY, (str(busy),) if busy else ()
    lock = git.entry.lock
    yield Risk.LOCKED, () if lock is None else (lock or "without a reason",)


def _unlanded(tracked: TrackedRepository, git: Inside) -> tuple[str, ...]:
    landed = [f"^{x}" for x in tips(tracked.path, tracked.target_ref).values()]
    if git.ask("rev-parse", "--verify", "-q", "HEAD").code:
        return ()  # no commit yet
    said = git.run("rev-list", "--abbrev-commit", "HEAD", *landed, "--")
    return tuple(said.split())


def remove(
    worktree_root: WorktreeRoot,
    tracked: TrackedRepository,
    known: AssignedWorktree,
    under: str,
) -> Removed:
    """Throw a worktree that holds nothing of its own into the trash; repeatable.

    Refs are made below `under` for what git's entry alone knew (`save_rest`).

    Raises:
        NotSafe: It holds something; its findings say what.
        NotOurs: It is no agent's worktree.
    """
    entry = _removable(worktree_root, tracked, known.path)
    if entry is None:
        return Removed()
    _check(tracked, entry)
    removed = Removed(save_rest(entry, under), _kept(worktree_root, entry))
    to_trash(worktree_root, entry, _about(tracked, known, entry, removed))
    return removed


def recycle(
    worktree_root: WorktreeRoot,
    tracked: TrackedRepository,
    known: AssignedWorktree,
    under: str,
) -> Removed:
    """Put a worktree that holds nothing of its own back into the pool; repeatable.

    Returns what `remove` does, and raises the same.
    """
    entry = _removable(worktree_root, tracked, known.path)
    if entry is None or not entry.is_present:
        return Removed()
    _check(tracked, entry)
    removed = Removed(save_rest(entry, under), _kept(worktree_root, entry))
    what = _about(tracked, known, entry, removed)
    pool.recycle(worktree_root, tracked, entry, what)
    return removed


def save_and_remove(
    worktree_root: WorktreeRoot,
    tracked: TrackedRepository,
    known: AssignedWorktree,
    under: str,
) -> Removed:
    """Save everything below a ref, then throw the worktree into the trash.

    A lock does not keep it: whoever forces the removal has been told of it. `under`
    is such as `refs/coordinator/saved/<agent>/<worktree>/<stamp>`. Nothing is done
    where there is nothing to remove (any more).

    Raises:
        CannotSave: It holds what no repository can keep.
        NotOurs: It is no agent's worktree.
        GitFailed, NotBrought: Something could not be saved; nothing is removed.
    """
    entry = _removable(worktree_root, tracked, known.path)
    if entry is None:
        return Removed()
    for finding in findings(tracked, entry):
        if finding.risk in UNSAVABLE:
            raise CannotSave(known.path, finding)
    removed = Removed(save_all(entry, under), _kept(worktree_root, entry))
    to_trash(worktree_root, entry, _about(tracked, known, entry, removed))
    return removed


def save_all(entry: WorktreeEntry, under: str) -> tuple[str, ...]:
    """Save a worktree with its submodules; return the refs made.

    Raises:
        GitFailed, NotBrought: Something could not be saved.
    """
    within = submodules.save(entry, contents(entry), under)
    return save(entry, under) + within


def _check(tracked: TrackedRepository, entry: WorktreeEntry) -> None:
    found = findings(tracked, entry)
    if found:
        raise NotSafe(entry.path, found)


def _kept(worktree_root: WorktreeRoot, entry: WorktreeEntry) -> Kept:
    """Return the files that are nowhere else and no ref may hold."""
    if not entry.path.is_dir():
        return Kept()
    top, kept = entry.path.resolve(), Kept()
    for folder, path in {entry.folder: top, **contents(entry).submodules}.items():
        one = WorktreeEntry(folder, path)
        found = measure(path, filtered_files(one))
        found += ignored(with_filters(one), worktree_root.disposable)
        names = (os.path.relpath(path / x, top) for x in found.paths)
        kept += Kept(tuple(names), found.bytes)
    return kept


def _about(
    tracked: TrackedRepository,
    known: AssignedWorktree,
    entry: WorktreeEntry,
    removed: Removed,
) -> About:
    return about(tracked, known, entry, len(removed.kept.paths))


def _removable(
    worktree_root: WorktreeRoot, tracked: TrackedRepository, path: Path
) -> WorktreeEntry | None:
    """Return the entry to remove, or None where there is nothing left of it."""
    entry = entry_at(common_folder(tracked.path), path)
    if path.exists() or path.is_symlink():
        guard(worktree_root, path)
    elif entry is not None and not entry.role:
        return None  # a person's worktree whose folder is gone
    return entry
