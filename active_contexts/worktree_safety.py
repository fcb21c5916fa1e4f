"""What a worktree holds that is nowhere else, and its removal once that is nothing.

The branch of a worktree is never deleted. Saving is `worktree_saving`, and no folder
is let go without `worktree_guard`.
"""

from collections.abc import Iterator
from pathlib import Path

from active_contexts import worktree_pool
from active_contexts.worktree_entries import (
    Entry,
    common_folder,
    entry_at,
    nested_repositories,
    operation,
)
from active_contexts.worktree_git import Inside, changes, inside, tips
from active_contexts.worktree_guard import guard, to_trash
from active_contexts.worktree_model import (
    CannotSave,
    Finding,
    Grounds,
    NotSafe,
    Risk,
    Tracked,
)
from active_contexts.worktree_saving import private_index, save, save_rest, stashes


def findings(tracked: Tracked, entry: Entry) -> tuple[Finding, ...]:
    """Return everything that would be lost with a worktree, or with its entry.

    A lock counts as well: it says that a person wants the worktree kept.
    """
    git = inside(entry)
    found = [*_in_the_folder(git)] if entry.path.is_dir() else []
    found += [*_in_the_repository(tracked, git)]
    return tuple(Finding(risk, details) for risk, details in found if details)


def _in_the_folder(git: Inside) -> Iterator[tuple[Risk, tuple[str, ...]]]:
    with private_index(git) as shown:
        lines = changes(shown)
    untracked = tuple(x[3:] for x in lines if x.startswith("?? "))
    yield Risk.CHANGED, tuple(x[3:] for x in lines if not x.startswith("?? "))
    # Git names an untracked folder as such only where it is a repository of its own.
    yield Risk.UNTRACKED, tuple(x for x in untracked if not x.endswith("/"))
    yield Risk.NESTED, nested_repositories(git.entry.path)


def _in_the_repository(
    tracked: Tracked, git: Inside
) -> Iterator[tuple[Risk, tuple[str, ...]]]:
    yield Risk.UNLANDED, _unlanded(tracked, git)
    yield Risk.STASHED, tuple(x.name for x in stashes(git))
    busy = operation(git.entry.folder)
    yield Risk.BUSY, (str(busy),) if busy else ()
    lock = git.entry.lock
    yield Risk.LOCKED, () if lock is None else (lock or "without a reason",)


def _unlanded(tracked: Tracked, git: Inside) -> tuple[str, ...]:
    landed = [f"^{x}" for x in tips(tracked.path, tracked.target_ref).values()]
    if git.ask("rev-parse", "--verify", "-q", "HEAD").code:
        return ()  # no commit yet
    said = git.run("rev-list", "--abbrev-commit", "HEAD", *landed, "--")
    return tuple(said.split())


def remove(
    grounds: Grounds, tracked: Tracked, path: Path, under: str
) -> tuple[str, ...]:
    """Throw a worktree that holds nothing of its own into the trash; repeatable.

    Returns the refs made below `under` for what git's entry alone knew (`save_rest`).

    Raises:
        NotSafe: It holds something; its findings say what.
        NotOurs: It is no agent's worktree.
    """
    entry = _removable(grounds, tracked, path)
    if entry is None:
        return ()
    saved = _check_and_save(tracked, entry, under)
    to_trash(grounds, entry)
    return saved


def recycle(
    grounds: Grounds, tracked: Tracked, path: Path, under: str
) -> tuple[str, ...]:
    """Put a worktree that holds nothing of its own back into the pool; repeatable.

    Returns the refs made, as `remove`.

    Raises:
        NotSafe: It holds something; its findings say what.
        NotOurs: It is no agent's worktree.
    """
    entry = _removable(grounds, tracked, path)
    if entry is None or not entry.is_present:
        return ()
    saved = _check_and_save(tracked, entry, under)
    worktree_pool.recycle(grounds, tracked, entry)
    return saved


def save_and_remove(
    grounds: Grounds, tracked: Tracked, path: Path, under: str
) -> tuple[str, ...]:
    """Save everything below a ref, then throw the worktree into the trash.

    A lock does not keep it: whoever forces the removal has been told of it. `under`
    is such as `refs/coordinator/saved/<agent>/<worktree>/<stamp>`. Returns the refs
    made; none where there is nothing to remove (any more).

    Raises:
        CannotSave: It holds repositories of their own.
        NotOurs: It is no agent's worktree.
        GitFailed: Something could not be saved; nothing is removed.
    """
    entry = _removable(grounds, tracked, path)
    if entry is None:
        return ()
    for finding in findings(tracked, entry):
        if finding.risk is Risk.NESTED:
            raise CannotSave(path, finding)
    saved = save(entry, under)
    to_trash(grounds, entry)
    return saved


def _check_and_save(tracked: Tracked, entry: Entry, under: str) -> tuple[str, ...]:
    found = findings(tracked, entry)
    if found:
        raise NotSafe(entry.path, found)
    return save_rest(entry, under)


def _removable(grounds: Grounds, tracked: Tracked, path: Path) -> Entry | None:
    """Return the entry to remove, or None where there is nothing left of it."""
    entry = entry_at(common_folder(tracked.path), path)
    if path.exists() or path.is_symlink():
        guard(path, workspace=grounds.workspace, repositories=grounds.repositories)
    elif entry is not None and not entry.role:
        return None  # a person's worktree whose folder is gone
    return entry
