"""Bringing agents' worktrees back: pruned, moved, deleted, or locked by a dead git.

It never touches what an agent checked out or wrote, and reports the rest.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from active_contexts import worktree_pool
from active_contexts.worktree_entries import (
    Entry,
    common_folder,
    entry_at,
    holder,
    pointed_to,
    private_folder,
    save_role,
    scan,
)
from active_contexts.worktree_git import inside, reconnect, run_patiently, tips
from active_contexts.worktree_guard import to_trash
from active_contexts.worktree_model import Assigned, Grounds, Head, Tracked
from coordinator.kernel import files, git
from coordinator.kernel.git import Repository


class Mend(StrEnum):
    """What was done for a worktree."""

    NOTHING = "nothing"
    MOVED = "moved"
    REGISTERED = "registered"
    ADDED = "added"
    FOREIGN = "foreign"
    NO_TARGET = "no-target"


@dataclass(frozen=True, slots=True)
class Mended:
    """What was done, and where the worktree is now.

    With `FOREIGN` something else stands in its place, with `NO_TARGET` there is
    nothing to add it from: both are left to a person.
    """

    what: Mend
    now: Assigned


def repair(
    grounds: Grounds, tracked: Tracked, known: Sequence[Assigned]
) -> tuple[Mended, ...]:
    """Bring every known worktree of a repository back; repeatable.

    Raises:
        NotARepository: The repository is gone.
        GitFailed: Git could not.
    """
    if any(_is_adrift(x.path) for x in known):
        Repository(tracked.path).ask("worktree", "repair")
    worktree_pool.tidy(grounds, tracked)  # what a crash left here may hold a branch
    paths = {x.path for x in known}
    found = {k: v for k, v in scan(grounds.workspace).items() if v not in paths}
    return tuple(_mend(grounds, tracked, x, found) for x in known)


def _is_adrift(path: Path) -> bool:
    """Tell whether a folder lost its `.git`, or its repository was moved away."""
    found = pointed_to(path)
    gone = found is not None and not found.exists()
    return gone or (path.is_dir() and not os.path.lexists(path / ".git"))


def _mend(
    grounds: Grounds, tracked: Tracked, one: Assigned, found: Mapping[Path, Path]
) -> Mended:
    common = common_folder(tracked.path)
    entry = entry_at(common, one.path)
    if os.path.lexists(one.path):
        return _mend_present(grounds, tracked, one, entry)
    lost = entry.folder if entry else common / "worktrees" / one.entry
    if lost in found:
        there = replace(one, path=grounds.workspace / found[lost].name)
        return Mended(Mend.MOVED, _mend_present(grounds, tracked, there, None).now)
    return _add_again(grounds, tracked, one, entry)


def _mend_present(
    grounds: Grounds, tracked: Tracked, one: Assigned, entry: Entry | None
) -> Mended:
    """Lead folder and entry to each other; one that is not ours is left alone."""
    common = common_folder(tracked.path)
    what = Mend.NOTHING
    if entry is None or not entry.is_present:
        what = Mend.REGISTERED
        entry = reconnect(tracked.path, one.path) or _reregister(grounds, tracked, one)
    if entry is None:
        return Mended(Mend.FOREIGN, one)
    save_role(entry, common, one.prefix)
    return Mended(what, _now(one, entry))


def _reregister(grounds: Grounds, tracked: Tracked, one: Assigned) -> Entry | None:
    """Give a folder whose entry was pruned a new one."""
    common = common_folder(tracked.path)
    lost = pointed_to(one.path)
    stand = _stand(tracked, one)
    if lost is None or lost.parent != common / "worktrees" or stand is None:
        return None
    return _rebuild(grounds, tracked, one.path, stand, one.prefix)


def _rebuild(
    grounds: Grounds, tracked: Tracked, path: Path, stand: Head, prefix: str
) -> Entry:
    # Git itself makes the entry, for an empty folder that is thrown away again; then
    # the index is filled without touching a file of the agent's.
    made = worktree_pool.free_place(grounds, tracked)
    made.parent.mkdir(parents=True, exist_ok=True)
    main = Repository(tracked.path)
    words = ("worktree", "add", "-q", "--detach", "--no-checkout")
    run_patiently(main, *words, str(made), stand.commit)
    folder = pointed_to(made)
    if folder is None:
        raise worktree_pool.NotMade(made)
    common = common_folder(tracked.path)
    save_role(Entry(folder, made), common, prefix)
    if stand.branch:
        worktree_pool.put_on(Entry(folder, made), stand.branch)
    inside(Entry(folder, path)).run("read-tree", "HEAD")
    (made / ".git").unlink()
    made.rmdir()
    _point(path, folder, common)
    run_patiently(main, "worktree", "repair", str(path))
    return Entry(folder, path)


def _point(path: Path, folder: Path, common: Path) -> None:
    line = f"gitdir: {folder}\n".encode()
    near = path.stat().st_dev == common.stat().st_dev
    files.write(path, ".git", line, temporary=private_folder(common) if near else path)


def _add_again(
    grounds: Grounds, tracked: Tracked, one: Assigned, entry: Entry | None
) -> Mended:
    if entry is not None:
        head = Head(entry.branch_in_use, entry.head.commit or one.commit)
        one = replace(one, branch=head.branch, commit=head.commit)
    stand = _stand(tracked, one)
    if stand is None:
        return Mended(Mend.NO_TARGET, one)
    if entry is not None:
        to_trash(grounds, entry)
    wanted = replace(one, branch=stand.branch, commit=stand.commit)
    made = worktree_pool.take(grounds, tracked, wanted, stand.commit)
    return Mended(Mend.ADDED, _now(one, made))


def _stand(tracked: Tracked, one: Assigned) -> Head | None:
    """Return where a worktree can stand again, or None without a commit to stand on.

    On its branch where that exists and is free, with its commit; else detached at its
    last known commit, or at the target's tip.
    """
    ref = f"refs/heads/{one.branch}"
    found = tips(tracked.path, ref, tracked.target_ref)
    if one.branch and ref in found:
        taken = holder(tracked.path, one.branch) not in {None, one.path.resolve()}
        return Head("" if taken else one.branch, found[ref])
    last = git.resolve(Repository(tracked.path), one.commit) if one.commit else None
    commit = last or found.get(tracked.target_ref)
    return Head("", commit) if commit else None


def _now(one: Assigned, entry: Entry) -> Assigned:
    head = entry.head
    return replace(
        one,
        branch=head.branch,
        commit=head.commit or one.commit,
        entry=entry.folder.name,
    )
