"""Agents' worktrees: made, put on a feature's branch, looked at, moved forward.

It runs nothing that an agent's repository names, and deletes nothing.
"""

import os
import pwd
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from active_contexts.branches.branch_rules import name_for
from active_contexts.worktree_state import known_dirt, ref_files
from active_contexts.worktree_state.changes import changes, commit_and_dirt, hidden
from active_contexts.worktree_state.commands import (
    distance,
    reconnect,
    shortly,
    with_filters,
)
from active_contexts.worktree_state.entries import (
    WorktreeEntry,
    common_folder,
    entry_at,
    holder,
    operation,
    own_folder,
    save_role,
)
from active_contexts.worktree_state.model import (
    AssignedWorktree,
    BranchBlocked,
    BranchElsewhere,
    FolderGone,
    FolderTaken,
    NoCommits,
    NotOwned,
    TargetMissing,
    TrackedRepository,
    Worktree,
    WorktreeRoot,
    WorktreeState,
)
from active_contexts.worktrees import pool
from active_contexts.worktrees.submodules import set_up
from coordinator.kernel import git
from coordinator.kernel.git import GitFailed, Repository
from coordinator.kernel.text.names import display


def home(
    worktree_root: WorktreeRoot, tracked: TrackedRepository, agent: str, prefix: str
) -> AssignedWorktree:
    """Return the home worktree that an agent has, or would have, for a repository."""
    return AssignedWorktree(
        agent, prefix, "", worktree_root.workspace / f"{tracked.name}-{agent}"
    )


def second(at_home: AssignedWorktree, feature: str) -> AssignedWorktree:
    """Return the worktree beside an agent's home that a feature has, or would have."""
    path = at_home.path.with_name(f"{at_home.path.name}--{feature}")
    return replace(at_home, feature=feature, path=path)


def add_home(
    worktree_root: WorktreeRoot, tracked: TrackedRepository, wanted: AssignedWorktree
) -> AssignedWorktree:
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
        new, like = replace(wanted, branch=""), common_folder(tracked.path)
        entry = pool.take(worktree_root, tracked, new, tip, like)
    save_role(entry, common_folder(tracked.path), wanted.prefix)
    return _assigned(wanted, entry, tip)


def check_usable(tracked: TrackedRepository) -> None:
    """Refuse a repository in which no worktree can be made.

    Raises:
        CoordinatorError: As `add_home`.
    """
    pool.check_objects(tracked)
    _tips(tracked)


def target_tip(tracked: TrackedRepository) -> str:
    """Return the commit that new worktrees begin from.

    Raises:
        CoordinatorError: As `add_home`.
    """
    return _tips(tracked)[tracked.target_ref]


def begins_at(
    tracked: TrackedRepository, at_home: AssignedWorktree, feature: str
) -> str:
    """Return the commit that a feature's worktree would stand at: its branch's tip.

    Raises:
        BadFeature: The feature cannot name a branch.
        CoordinatorError: As `add_home`.
    """
    ref = f"refs/heads/{name_for(at_home.prefix, feature)}"
    found = _tips(tracked, ref)
    return found.get(ref, found[tracked.target_ref])


def start_feature(
    worktree_root: WorktreeRoot,
    tracked: TrackedRepository,
    at_home: AssignedWorktree,
    feature: str,
) -> AssignedWorktree:
    """Put a worktree of the agent's on the branch of a feature; repeatable.

    The branch is made off the target where it is new. The home worktree is used where
    it is clean and holds nothing unlanded, else a second one is added.

    Raises:
        BadFeature: The feature cannot name a branch.
        BranchElsewhere: Another worktree has the branch.
        BranchBlocked: Another branch's name is in its way.
        FolderTaken: Something else stands where the second one would.
        CoordinatorError: As `add_home`.
    """
    branch = name_for(at_home.prefix, feature)
    found = _tips(tracked, *_concerned(branch))
    tip = found.get(f"refs/heads/{branch}", "")
    commit = tip or found[tracked.target_ref]
    here = replace(at_home, branch=branch, commit=tip)
    beside = second(here, feature)
    for wanted in (here, beside):
        entry = _holding(worktree_root, tracked, wanted)
        if entry is not None:
            return _assigned(wanted, entry, commit)
    _check_free(tracked, branch, {} if tip else found)
    switched = _switch_home(tracked, here, commit)
    if switched is not None:
        if worktree_root.submodules:
            set_up(switched)
        return _assigned(here, switched, commit)
    like = own_folder(at_home.path) or common_folder(tracked.path)
    entry = pool.take(worktree_root, tracked, beside, commit, like)
    return _assigned(beside, entry, commit)


def describe(tracked: TrackedRepository, known: AssignedWorktree) -> Worktree:
    """Look at one worktree; a missing one keeps what was last known of it."""
    entry = entry_at(common_folder(tracked.path), known.path)
    if entry is None or not entry.is_present:
        return remembered(tracked, known, WorktreeState.MISSING)
    ahead, behind = distance(entry, tracked.target_ref)
    busy = operation(entry.folder)
    state = WorktreeState.BUSY if busy else WorktreeState.READY
    commit, dirty = commit_and_dirt(shortly(with_filters(entry)))
    now = replace(known, branch=entry.branch_in_use, commit=commit)
    return replace(
        remembered(tracked, now, state),
        dirty=dirty,
        ahead=ahead,
        behind=behind,
        operation=busy,
    )


def describe_new(tracked: TrackedRepository, made: AssignedWorktree) -> Worktree:
    """Look at a worktree that was made just now: nothing in it has changed yet."""
    entry = entry_at(common_folder(tracked.path), made.path)
    if entry is None:
        return describe(tracked, made)
    ahead, behind = distance(entry, tracked.target_ref)
    seen = remembered(tracked, made, WorktreeState.READY)
    return replace(seen, dirty=False, ahead=ahead, behind=behind)


def remembered(
    tracked: TrackedRepository, known: AssignedWorktree, state: WorktreeState
) -> Worktree:
    """Return a worktree as it was last known, in that state."""
    return Worktree(
        agent=known.agent,
        feature=known.feature,
        repository=tracked.name,
        path=known.path,
        branch=known.branch,
        commit=known.commit,
        dirty=None,
        ahead=None,
        behind=None,
        state=state,
    )


def _tips(tracked: TrackedRepository, *refs: str) -> dict[str, str]:
    """Return the tips of the target, of other refs and of what lies below those.

    Raises:
        CoordinatorError: As `add_home`.
    """
    common = common_folder(tracked.path)
    repository = Repository(tracked.path)
    another = common.stat().st_uid != os.geteuid()
    if another and git.is_refused_to_its_user(repository):
        raise NotOwned(tracked.path, _user())
    found = git.refs(repository, tracked.target_ref, *refs)
    if tracked.target_ref not in found:
        if not git.refs(repository, "refs/heads"):
            raise NoCommits(tracked.path)
        raise TargetMissing(tracked)
    return found


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user {os.geteuid()}"


def _in_place(
    tracked: TrackedRepository, wanted: AssignedWorktree
) -> WorktreeEntry | None:
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


def _holding(
    worktree_root: WorktreeRoot, tracked: TrackedRepository, wanted: AssignedWorktree
) -> WorktreeEntry | None:
    """Return the agent's worktree that is on the branch already, handed out or not."""
    entry = _in_place(tracked, wanted)
    if entry is not None:
        return entry if entry.branch_in_use == wanted.branch else None
    unfinished = pool.interrupted(worktree_root, tracked, wanted)
    if unfinished is None or not wanted.feature:
        return None
    return pool.move(tracked, unfinished, wanted.path)


def _concerned(branch: str) -> Iterator[str]:
    """Yield the refs that a branch's making depends on: its own, those in its way."""
    parts = branch.split("/")
    yield from ("refs/heads/" + "/".join(parts[:x]) for x in range(1, len(parts) + 1))


def _check_free(
    tracked: TrackedRepository, branch: str, found: Mapping[str, str]
) -> None:
    """Refuse a branch that is in use, or has one that was found in its way."""
    elsewhere = holder(tracked.path, branch)
    if elsewhere is not None:
        raise BranchElsewhere(branch, elsewhere)
    other = _in_the_way(branch, found)
    if other:
        prefix, _, feature = other.partition("/")
        new = f"{prefix}/{feature.replace('/', '-') or prefix}"
        where = display(str(tracked.path))
        rename = f"git -C {where} branch -m {display(other)} {display(new)}"
        raise BranchBlocked(branch, other, rename)


def _in_the_way(branch: str, found: Iterable[str]) -> str:
    """Return a branch that is a folder of the new one's name, or lies below it."""
    names = [x.removeprefix("refs/heads/") for x in found]
    below = f"{branch}/"
    return next(
        (x for x in names if branch.startswith(f"{x}/") or x.startswith(below)), ""
    )


def _switch_home(
    tracked: TrackedRepository, here: AssignedWorktree, commit: str
) -> WorktreeEntry | None:
    """Switch the home worktree to the branch, or return None where it is in use."""
    entry = entry_at(common_folder(tracked.path), here.path)
    if entry is None or not entry.is_present or not _is_idle(tracked, entry):
        return None
    new = () if here.commit else ("--no-track", "-c")
    start = () if here.commit else (commit,)
    words = ("switch", "-q", *new, here.branch, *start)
    worktree = with_filters(entry)
    done = worktree.ask(*words)
    if done.code and changes(worktree).doubtful:
        return None  # what only a filter could tell of is in the way
    if done.code:
        raise GitFailed(words, done)
    return entry


def _is_idle(tracked: TrackedRepository, entry: WorktreeEntry) -> bool:
    commit = ref_files.checked_out(common_folder(tracked.path), entry)
    is_busy = operation(entry.folder) is not None
    if is_busy or known_dirt.is_still_there(entry, commit):
        return False
    if distance(entry, tracked.target_ref)[0]:
        return False
    index, looking = known_dirt.index_stamp(entry), with_filters(entry)
    now = changes(looking)
    known_dirt.remember(entry, now, index, commit)
    return not now.is_dirty and not hidden(looking)


def _assigned(
    wanted: AssignedWorktree, entry: WorktreeEntry, commit: str
) -> AssignedWorktree:
    head = entry.head
    return replace(
        wanted,
        branch=head.branch,
        commit=head.commit or commit,
        entry=entry.folder.name,
    )
