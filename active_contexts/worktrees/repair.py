"""Bringing agents' worktrees back: pruned, moved, deleted, or locked by a dead git.

It never touches what an agent checked out or wrote, and reports the rest.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from active_contexts.worktree_state.changes import changes
from active_contexts.worktree_state.commands import (
    LINKING,
    reconnect,
    run_patiently,
    tips,
    with_filters,
)
from active_contexts.worktree_state.contents import Contents
from active_contexts.worktree_state.entries import (
    WorktreeEntry,
    common_folder,
    entries,
    entry_at,
    holder,
    is_same_place,
    pointed_to,
    private_folder,
    save_role,
    scan,
)
from active_contexts.worktree_state.model import (
    AssignedWorktree,
    Head,
    TrackedRepository,
    WorktreeRoot,
)
from active_contexts.worktree_state.repository_files import FILE
from active_contexts.worktrees import pool, submodules
from active_contexts.worktrees.saving import place, save_rest
from active_contexts.worktrees.trash import about, to_trash
from coordinator.kernel import git
from coordinator.kernel.disk import files
from coordinator.kernel.errors import CoordinatorError
from coordinator.kernel.git import Repository


class RepairKind(StrEnum):
    """What was done for a worktree."""

    NOTHING = "nothing"
    MOVED = "moved"
    REGISTERED = "registered"
    ADDED = "added"
    FOREIGN = "foreign"
    NO_TARGET = "no-target"
    LOCKED = "locked"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RepairOutcome:
    """What was done, and where the worktree is now.

    With `FOREIGN` something else stands in its place, with `NO_TARGET` there is
    nothing to add it from, with `LOCKED` a person wants what is gone now (a disk that
    comes back, say) kept: all three are left to a person. `FAILED` comes with the
    `problem`. `saved` are the refs made for what only a worktree knew that is added
    again.
    """

    what: RepairKind
    now: AssignedWorktree
    saved: tuple[str, ...] = ()
    problem: str = ""


def failed(one: AssignedWorktree, error: CoordinatorError) -> RepairOutcome:
    """Return that nothing was done for a worktree, and why."""
    return RepairOutcome(
        RepairKind.FAILED, one, problem=f"{error.message} {error.hint}"
    )


def repair(
    worktree_root: WorktreeRoot,
    tracked: TrackedRepository,
    known: Sequence[AssignedWorktree],
    stamp: str,
) -> tuple[RepairOutcome, ...]:
    """Bring every known worktree of a repository back; repeatable.

    What would be lost is saved in places of that stamp (`saving.place`).

    Raises:
        NotARepository: The repository is gone.
        GitFailed: Git could not.
    """
    _reach(common_folder(tracked.path))
    pool.tidy(worktree_root, tracked)  # what a crash left here may hold a branch
    paths = {x.path for x in known}
    found = {k: v for k, v in scan(worktree_root.workspace).items() if v not in paths}
    return tuple(_try(worktree_root, tracked, x, found, stamp) for x in known)


def _try(
    worktree_root: WorktreeRoot,
    tracked: TrackedRepository,
    one: AssignedWorktree,
    found: Mapping[Path, Path],
    stamp: str,
) -> RepairOutcome:
    try:
        return _mend(worktree_root, tracked, one, found, stamp)
    except CoordinatorError as error:
        return failed(one, error)


def _reach(common: Path) -> None:
    """Write the `.git` of worktrees that lost it, or whose repository was moved away.

    `git worktree repair` would write it into whatever stands in a worktree's place.
    """
    for entry in entries(common):
        found = pointed_to(entry.path)
        if found is not None:
            adrift = not found.exists() and found.name == entry.folder.name
        elif os.path.lexists(entry.path / ".git"):
            adrift = False
        else:
            adrift = entry.path.is_dir() and _has_its_files(entry)
        if adrift:
            _point(entry, common)


def _has_its_files(entry: WorktreeEntry) -> bool:
    """Tell whether a folder has any file just as the worktree's index knows it."""
    worktree = with_filters(entry)
    found = changes(worktree)
    known = set(worktree.run("ls-files", "-z").split("\0")) - {""}
    return not known <= {*found.changed, *found.doubtful}


def _mend(
    worktree_root: WorktreeRoot,
    tracked: TrackedRepository,
    one: AssignedWorktree,
    found: Mapping[Path, Path],
    stamp: str,
) -> RepairOutcome:
    common = common_folder(tracked.path)
    entry = entry_at(common, one.path)
    if os.path.lexists(one.path):
        return _mend_present(worktree_root, tracked, one, entry)
    lost = entry.folder if entry else common / "worktrees" / one.entry
    if lost in found:
        there = replace(one, path=worktree_root.workspace / found[lost].name)
        return RepairOutcome(
            RepairKind.MOVED, _mend_present(worktree_root, tracked, there, None).now
        )
    if entry is not None and entry.lock is not None:
        return RepairOutcome(RepairKind.LOCKED, one)
    return _add_again(worktree_root, tracked, one, entry, stamp)


def _mend_present(
    worktree_root: WorktreeRoot,
    tracked: TrackedRepository,
    one: AssignedWorktree,
    entry: WorktreeEntry | None,
) -> RepairOutcome:
    """Lead folder and entry to each other; one that is not ours is left alone."""
    common = common_folder(tracked.path)
    what = RepairKind.NOTHING
    if entry is None or not entry.is_present:
        what = RepairKind.REGISTERED
        entry = reconnect(tracked.path, one.path) or _reregister(
            worktree_root, tracked, one
        )
    if entry is None:
        return RepairOutcome(RepairKind.FOREIGN, one)
    save_role(entry, common, one.prefix)
    return RepairOutcome(what, _now(one, entry))


def _reregister(
    worktree_root: WorktreeRoot, tracked: TrackedRepository, one: AssignedWorktree
) -> WorktreeEntry | None:
    """Give a folder whose entry was pruned a new one."""
    common = common_folder(tracked.path)
    lost = pointed_to(one.path)
    stand = _stand(tracked, one)
    if lost is None or lost.parent != common / "worktrees" or stand is None:
        return None
    return _rebuild(worktree_root, tracked, one.path, stand, one.prefix)


def _rebuild(
    worktree_root: WorktreeRoot,
    tracked: TrackedRepository,
    path: Path,
    stand: Head,
    prefix: str,
) -> WorktreeEntry:
    # Git itself makes the entry, for an empty folder that is thrown away again; then
    # the index is filled without touching a file of the agent's.
    empty = pool.new_place(worktree_root, tracked)
    made = pool.add_empty(tracked, empty, stand.commit)
    common = common_folder(tracked.path)
    save_role(made, common, prefix)
    if stand.branch:
        pool.put_on(made, stand.branch)
    now = WorktreeEntry(made.folder, path)
    with_filters(now).run("read-tree", "HEAD")
    (empty / ".git").unlink()
    empty.rmdir()
    _point(now, common)
    run_patiently(Repository(tracked.path), *LINKING, "repair", str(path))
    return now


def _point(entry: WorktreeEntry, common: Path) -> None:
    line = f"gitdir: {entry.folder}\n".encode()
    path = entry.path
    near = path.stat().st_dev == common.stat().st_dev
    temporary = private_folder(common) if near else path
    files.write(path, ".git", line, temporary=temporary, mode=FILE)


def _add_again(
    worktree_root: WorktreeRoot,
    tracked: TrackedRepository,
    one: AssignedWorktree,
    entry: WorktreeEntry | None,
    stamp: str,
) -> RepairOutcome:
    if entry is not None:
        head = Head(entry.branch_in_use, entry.head.commit or one.commit)
        one = replace(one, branch=head.branch, commit=head.commit)
    stand = _stand(tracked, one)
    if stand is None:
        return RepairOutcome(RepairKind.NO_TARGET, one)
    saved: tuple[str, ...] = ()
    if entry is not None:
        under = place(one, stamp)
        saved = submodules.save(entry, Contents(), under)
        saved = save_rest(entry, under) + saved
        to_trash(worktree_root, entry, about(tracked, one, entry))
    wanted = replace(one, branch=stand.branch, commit=stand.commit)
    like = common_folder(tracked.path)
    made = pool.take(worktree_root, tracked, wanted, stand.commit, like)
    return RepairOutcome(RepairKind.ADDED, _now(one, made), saved)


def _stand(tracked: TrackedRepository, one: AssignedWorktree) -> Head | None:
    """Return where a worktree can stand again, or None without a commit to stand on.

    On its branch where that exists and is free, with its commit; else detached at its
    last known commit, or at the target's tip.
    """
    ref = f"refs/heads/{one.branch}"
    found = tips(tracked.path, ref, tracked.target_ref)
    if one.branch and ref in found:
        other = holder(tracked.path, one.branch)
        taken = other is not None and not is_same_place(other, one.path)
        return Head("" if taken else one.branch, found[ref])
    last = git.resolve(Repository(tracked.path), one.commit) if one.commit else None
    commit = last or found.get(tracked.target_ref)
    return Head("", commit) if commit else None


def _now(one: AssignedWorktree, entry: WorktreeEntry) -> AssignedWorktree:
    head = entry.head
    return replace(
        one,
        branch=head.branch,
        commit=head.commit or one.commit,
        entry=entry.folder.name,
    )
