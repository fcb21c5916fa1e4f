"""A removed worktree brought back, with the files that the trash kept of it.

Whether that is to be done is decided elsewhere; nothing that stands is replaced.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from active_contexts import worktree_pool, worktree_trash
from active_contexts.worktree_entries import common_folder, holder
from active_contexts.worktree_git import tips
from active_contexts.worktree_model import Assigned, Grounds, TargetMissing, Tracked
from active_contexts.worktree_trash import GivenBack, Place
from coordinator.kernel import git
from coordinator.kernel.git import GitFailed, Repository


@dataclass(frozen=True, slots=True)
class Returned:
    """The worktree as it is now, and what became of the files that were kept."""

    now: Assigned
    back: GivenBack


def bring_back(
    grounds: Grounds, tracked: Tracked, known: Assigned, place: Place
) -> Returned:
    """Put what a place of the trash kept back where it was; repeatable.

    A worktree that is gone is made again first: on its branch where that is there and
    free, else detached at the commit that was checked out.

    Raises:
        TargetMissing: There is nothing to make it from.
        GitFailed: Git could not.
    """
    common = common_folder(tracked.path)
    _thin(grounds, place, common)
    now = known if known.path.is_dir() else _make(grounds, tracked, known, place)
    return Returned(now, worktree_trash.give_back(place, known.path))


def _thin(grounds: Grounds, place: Place, common: Path) -> None:
    try:
        worktree_trash.thin_place(place, common, grounds.disposable)
    except GitFailed:
        return  # all files are still there: those that are the same are passed over


def _make(
    grounds: Grounds, tracked: Tracked, known: Assigned, place: Place
) -> Assigned:
    branch, commit = _stand(tracked, place)
    wanted = replace(known, branch=branch, commit=commit)
    common = common_folder(tracked.path)
    entry = worktree_pool.take(grounds, tracked, wanted, commit, common)
    worktree_trash.make_room(place, known.path)
    return replace(wanted, entry=entry.folder.name)


def _stand(tracked: Tracked, place: Place) -> tuple[str, str]:
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
