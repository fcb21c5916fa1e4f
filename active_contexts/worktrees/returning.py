"""A removed worktree brought back, with the files that the trash kept of it.

Whether that is to be done is decided elsewhere; nothing that stands is replaced.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from active_contexts.worktree_state.commands import tips
from active_contexts.worktree_state.entries import common_folder, holder
from active_contexts.worktree_state.model import (
    AssignedWorktree,
    TargetMissing,
    TrackedRepository,
    WorktreeRoot,
)
from active_contexts.worktrees import pool, trash
from active_contexts.worktrees.trash import GivenBack, TrashPlace
from coordinator.kernel import git
from coordinator.kernel.git import GitFailed, Repository


@dataclass(frozen=True, slots=True)
class Returned:
    """The worktree as it is now, and what became of the files that were kept."""

    now: AssignedWorktree
    back: GivenBack


def bring_back(
    worktree_root: WorktreeRoot,
    tracked: TrackedRepository,
    known: AssignedWorktree,
    place: TrashPlace,
) -> Returned:
    """Put what a place of the trash kept back where it was; repeatable.

    A worktree that is gone is made again first: on its branch where that is there and
    free, else detached at the commit that was checked out.

    Raises:
        TargetMissing: There is nothing to make it from.
        GitFailed: Git could not.
    """
    common = common_folder(tracked.path)
    _thin(worktree_root, place, common)
    now = known if known.path.is_dir() else _make(worktree_root, tracked, known, place)
    return Returned(now, trash.give_back(place, known.path))


def _thin(worktree_root: WorktreeRoot, place: TrashPlace, common: Path) -> None:
    try:
        trash.thin_place(place, common, worktree_root.disposable)
    except GitFailed:
        return  # all files are still there: those that are the same are passed over


def _make(
    worktree_root: WorktreeRoot,
    tracked: TrackedRepository,
    known: AssignedWorktree,
    place: TrashPlace,
) -> AssignedWorktree:
    branch, commit = _stand(tracked, place)
    wanted = replace(known, branch=branch, commit=commit)
    common = common_folder(tracked.path)
    entry = pool.take(worktree_root, tracked, wanted, commit, common)
    trash.make_room(place, known.path)
    return replace(wanted, entry=entry.folder.name)


def _stand(tracked: TrackedRepository, place: TrashPlace) -> tuple[str, str]:
    """Return the branch, perhaps empty, and the commit to stand on."""
    branch = place.about.branch if place.about else ""
    commit = place.about.commit if place.about else ""
    found = tips(tracked.path, f"refs/heads/{branch}", tracked.target_ref)
    if branch and f"refs/heads/{branch}" in found:
        is_free = holder(tracked.path, branch) is None
        return (branch if is_free else ""), found[f"refs/heads/{branch}"]
    known = git.resolve(Repository(tracked.path), commit) if commit else None
    commit = known or found.get(tracked.target_ref, "")
    if not commit:
        raise TargetMissing(tracked)
    return "", commit
