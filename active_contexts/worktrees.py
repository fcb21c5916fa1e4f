"""Agents' worktrees: made, put on a feature's branch, looked at, moved forward.

It runs nothing that an agent's repository names, and deletes nothing.
"""

import os
from dataclasses import replace

from active_contexts import worktree_pool
from active_contexts.branches import name_for
from active_contexts.worktree_entries import (
    Entry,
    common_folder,
    entry_at,
    holder,
    operation,
    save_role,
)
from active_contexts.worktree_git import (
    changes,
    commit_and_dirt,
    distance,
    hidden,
    inside,
    reconnect,
    shortly,
    tips,
)
from active_contexts.worktree_model import (
    Assigned,
    BranchElsewhere,
    FolderGone,
    FolderTaken,
    Grounds,
    NoCommits,
    NotOwned,
    TargetMissing,
    Tracked,
    Worktree,
    WorktreeState,
)
from coordinator.kernel import git
from coordinator.kernel.git import Repository


def home(grounds: Grounds, tracked: Tracked, agent: str, prefix: str) -> Assigned:
    """Return the home worktree that an agent has, or would have, for a repository."""
    return Assigned(agent, prefix, "", grounds.workspace / f"{tracked.name}-{agent}")


def add_home(grounds: Grounds, tracked: Tracked, wanted: Assigned) -> Assigned:
    """Make an agent's home worktree, detached at the target's tip; repeatable.

    One that is there already stays as it is.

    Raises:
        FolderTaken: Something else stands in its place.
        NotARepository: There is none at the repository's path.
        UnusablePath: The workspace's or the repository's holds the end of a line.
        UnknownObjects: The repository has others than SHA-1.
        NotOwned: Git refuses it to this user.
        NoCommits: There is nothing to begin from.
        TargetMissing: Another branch may be, the target is not.
    """
    entry, tip = _in_place(tracked, wanted), wanted.commit
    if entry is None:
        tip = _tips(tracked)[tracked.target_ref]
        entry = worktree_pool.take(grounds, tracked, replace(wanted, branch=""), tip)
    save_role(entry, common_folder(tracked.path), wanted.prefix)
    return _assigned(wanted, entry, tip)


def start_feature(
    grounds: Grounds, tracked: Tracked, at_home: Assigned, feature: str
) -> Assigned:
    """Put a worktree of the agent's on the branch of a feature; repeatable.

    The branch is made off the target where it is new. The home worktree is used where
    it is clean and holds nothing unlanded, else a second one is added.

    Raises:
        BadFeature: The feature cannot name a branch.
        BranchElsewhere: Another worktree has the branch.
        FolderTaken: Something else stands where the second one would.
        CoordinatorError: As `add_home`.
    """
    branch = name_for(at_home.prefix, feature)
    path = at_home.path.with_name(f"{at_home.path.name}--{feature}")
    found = _tips(tracked, f"refs/heads/{branch}")
    tip = found.get(f"refs/heads/{branch}", "")
    commit = tip or found[tracked.target_ref]
    here = replace(at_home, branch=branch, commit=tip)
    second = replace(here, feature=feature, path=path)
    for wanted in (here, second):
        entry = _holding(grounds, tracked, wanted)
        if entry is not None:
            return _assigned(wanted, entry, commit)
    _check_free(tracked, branch)
    switched = _switch_home(tracked, here, commit)
    if switched is not None:
        return _assigned(here, switched, commit)
    entry = worktree_pool.take(grounds, tracked, second, commit)
    return _assigned(second, entry, commit)


def describe(tracked: Tracked, known: Assigned) -> Worktree:
    """Look at one worktree; a missing one keeps what was last known of it."""
    entry = entry_at(common_folder(tracked.path), known.path)
    if entry is None or not entry.is_present:
        return remembered(tracked, known, WorktreeState.MISSING)
    ahead, behind = distance(entry, tracked.target_ref)
    busy = operation(entry.folder)
    state = WorktreeState.BUSY if busy else WorktreeState.READY
    commit, dirty = commit_and_dirt(shortly(inside(entry)))
    now = replace(known, branch=entry.branch_in_use, commit=commit)
    return replace(
        remembered(tracked, now, state),
        dirty=dirty,
        ahead=ahead,
        behind=behind,
        operation=busy,
    )


def describe_new(tracked: Tracked, made: Assigned) -> Worktree:
    """Look at a worktree that was made just now: nothing in it has changed yet."""
    entry = entry_at(common_folder(tracked.path), made.path)
    if entry is None:
        return describe(tracked, made)
    ahead, behind = distance(entry, tracked.target_ref)
    seen = remembered(tracked, made, WorktreeState.READY)
    return replace(seen, ahead=ahead, behind=behind)


def remembered(tracked: Tracked, known: Assigned, state: WorktreeState) -> Worktree:
    """Return a worktree as it was last known, in that state."""
    return Worktree(
        agent=known.agent,
        feature=known.feature,
        repository=tracked.name,
        path=known.path,
        branch=known.branch,
        commit=known.commit,
        dirty=False,
        ahead=0,
        behind=0,
        state=state,
    )


def _tips(tracked: Tracked, *refs: str) -> dict[str, str]:
    """Return the tips of the target and of other refs, or say why there is no target.

    Raises:
        CoordinatorError: As `add_home`.
    """
    common = common_folder(tracked.path)
    repository = Repository(tracked.path)
    another = common.stat().st_uid != os.geteuid()
    if another and git.is_refused_to_its_user(repository):
        raise NotOwned(tracked.path)
    found = tips(tracked.path, tracked.target_ref, *refs)
    if tracked.target_ref not in found:
        if not git.refs(repository, "refs/heads"):
            raise NoCommits(tracked.path)
        raise TargetMissing(tracked)
    return found


def _in_place(tracked: Tracked, wanted: Assigned) -> Entry | None:
    """Return the agent's worktree in that folder, or None where nothing stands there.

    Raises:
        FolderTaken: Something else does.
        FolderGone: It stood there, and git still knows it.
    """
    if not os.path.lexists(wanted.path):
        if entry_at(common_folder(tracked.path), wanted.path):
            raise FolderGone(wanted.path)
        return None
    entry = reconnect(tracked.path, wanted.path)
    if entry is None:
        raise FolderTaken(wanted.path, f"it is no worktree of {tracked.name}")
    if entry.role not in {wanted.prefix, ""}:
        raise FolderTaken(wanted.path, f"it is the worktree of {entry.role}")
    return entry


def _holding(grounds: Grounds, tracked: Tracked, wanted: Assigned) -> Entry | None:
    """Return the agent's worktree that is on the branch already, handed out or not."""
    entry = _in_place(tracked, wanted)
    if entry is not None:
        return entry if entry.branch_in_use == wanted.branch else None
    unfinished = worktree_pool.interrupted(grounds, tracked, wanted)
    if unfinished is None or not wanted.feature:
        return None
    return worktree_pool.move(tracked, unfinished, wanted.path)


def _check_free(tracked: Tracked, branch: str) -> None:
    elsewhere = holder(tracked.path, branch)
    if elsewhere is not None:
        raise BranchElsewhere(branch, elsewhere)


def _switch_home(tracked: Tracked, here: Assigned, commit: str) -> Entry | None:
    """Switch the home worktree to the branch, or return None where it is in use."""
    entry = entry_at(common_folder(tracked.path), here.path)
    if entry is None or not entry.is_present or not _is_idle(tracked, entry):
        return None
    new = () if here.commit else ("--no-track", "-c")
    start = () if here.commit else (commit,)
    inside(entry).run("switch", "-q", *new, here.branch, *start)
    return entry


def _is_idle(tracked: Tracked, entry: Entry) -> bool:
    if operation(entry.folder) is not None:
        return False
    ahead, _ = distance(entry, tracked.target_ref)
    looking = inside(entry) if not ahead else None
    return looking is not None and not changes(looking) and not hidden(looking)


def _assigned(wanted: Assigned, entry: Entry, commit: str) -> Assigned:
    head = entry.head
    return replace(
        wanted,
        branch=head.branch,
        commit=head.commit or commit,
        entry=entry.folder.name,
    )
