"""Worktrees that are ready before an agent asks: made, kept in the pool, handed out.

An agent sees a worktree only once it is complete. What in the pool is unfinished (a
crash, see `tidy`) is made ready or thrown into the trash, never handed out.
"""

import os
import re
import secrets
from pathlib import Path

from active_contexts.worktree_state.changes import changes, hidden
from active_contexts.worktree_state.commands import (
    LINKING,
    reconnect,
    run_patiently,
    tips,
    with_filters,
    without_filters,
)
from active_contexts.worktree_state.contents import contents
from active_contexts.worktree_state.entries import (
    ROLE,
    WorktreeEntry,
    common_folder,
    entries,
    entry_at,
    has_ref_files,
    head_of,
    is_same_place,
    object_format,
    own_folder,
    save_role,
    scan,
)
from active_contexts.worktree_state.ignored import ignored
from active_contexts.worktree_state.model import (
    AssignedWorktree,
    FolderTaken,
    TrackedRepository,
    UnknownObjects,
    UnusablePath,
    WorktreeRoot,
)
from active_contexts.worktree_state.repository_files import Writer
from active_contexts.worktrees.sparse import inherit
from active_contexts.worktrees.submodules import set_up
from active_contexts.worktrees.trash import (
    About,
    TrashPlace,
    drop_if_empty,
    open_place,
    place_of_entry,
    put_aside,
    to_trash,
)
from coordinator.kernel import git
from coordinator.kernel.errors import External
from coordinator.kernel.git import ZERO, Repository

# What git itself leaves in a worktree's git directory. More than that (a sparse
# checkout, an own configuration, refs) would show to the next agent.
_PLAIN = {
    "AUTO_MERGE",
    "COMMIT_EDITMSG",
    "FETCH_HEAD",
    "HEAD",
    "ORIG_HEAD",
    "commondir",
    "gitdir",
    "index",
    "logs",
    "refs",
    ROLE,
}


class NotMade(External):
    """Git made no worktree, and did not say why."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"git worktree add made nothing in {path}.", hint="Run: coordinator doctor"
        )


def ready(
    worktree_root: WorktreeRoot, tracked: TrackedRepository
) -> tuple[WorktreeEntry, ...]:
    """Return the pool's worktrees of a repository that can be handed out."""
    return tuple(x for x in _members(worktree_root, tracked) if _is_ready(x))


def fill(worktree_root: WorktreeRoot, tracked: TrackedRepository, size: int) -> int:
    """Make the pool hold `size` worktrees at the target's tip; return how many it made.

    Does nothing while the target is missing.
    """
    tip, missing = prepare(worktree_root, tracked, size)
    for _ in range(missing):
        make(worktree_root, tracked, tip)
    return missing


def prepare(
    worktree_root: WorktreeRoot, tracked: TrackedRepository, size: int
) -> tuple[str, int]:
    """Tidy the pool, and return the target's tip with how many worktrees it lacks.

    Those that stand behind are moved on. What is in the midst of `make` would be
    thrown away: nobody makes one meanwhile.
    """
    tidy(worktree_root, tracked)
    tip = tips(tracked.path, tracked.target_ref).get(tracked.target_ref)
    if tip is None:
        return "", 0
    there = ready(worktree_root, tracked)
    for entry in there:
        _move_on(entry, tip)
    return tip, max(0, size - len(there))


def make(
    worktree_root: WorktreeRoot, tracked: TrackedRepository, commit: str
) -> WorktreeEntry:
    """Add a worktree to the pool, detached at a commit.

    Raises:
        UnusablePath: The workspace's or the repository's holds the end of a line.
        UnknownObjects: The repository has others than SHA-1.
        GitFailed: Git could not.
    """
    _check_suited(worktree_root, tracked)
    path = new_place(worktree_root, tracked)
    entry = add_empty(tracked, path, commit)
    with_filters(entry).run("reset", "-q", "--hard")
    return entry


def add_empty(tracked: TrackedRepository, path: Path, commit: str) -> WorktreeEntry:
    """Add a worktree that stands at a commit, with neither files nor an index.

    `git worktree add` would write the files with the filters that are configured for
    the new git directory alone, which nobody can list before it is there.

    Raises:
        GitFailed: Git could not.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    words = (*LINKING, "add", "-q", "--detach", "--no-checkout")
    run_patiently(Repository(tracked.path), *words, str(path), commit)
    return _entry(tracked, path)


def take(
    worktree_root: WorktreeRoot,
    tracked: TrackedRepository,
    wanted: AssignedWorktree,
    commit: str,
    like: Path,
) -> WorktreeEntry:
    """Hand a worktree out: at `wanted.path`, on `wanted.branch` where one is named.

    `commit` is where it stands. A branch with a commit in `wanted` is there, with that
    tip; one without is made. It is as sparse as the worktree of the git directory
    `like`, and has the submodules that the repository has.

    Raises:
        FolderTaken: Something stands there.
        GitFailed: Git could not.
    """
    if os.path.lexists(wanted.path):
        other = head_of(wanted.path)
        what = f"a worktree on {other.branch or 'no branch'}" if other else "not ours"
        raise FolderTaken(wanted.path, what)
    there = ready(worktree_root, tracked)
    entry = there[0] if there else make(worktree_root, tracked, commit)
    _move_on(entry, commit)
    inherit(entry, like)
    save_role(entry, common_folder(tracked.path), wanted.prefix)
    if wanted.branch and not wanted.commit:
        repository = Repository(tracked.path)
        git.update_ref(repository, f"refs/heads/{wanted.branch}", commit, ZERO)
    if wanted.branch:
        put_on(entry, wanted.branch)
    given = move(tracked, entry, wanted.path)
    if worktree_root.submodules:
        set_up(given)
    return given


def put_on(entry: WorktreeEntry, branch: str) -> None:
    """Put a worktree that stands detached at a branch's tip on that branch."""
    # Unlike git checkout, this refreshes no index: a filter may run on that.
    ref = f"refs/heads/{branch}"
    common = common_folder(entry.folder)
    if has_ref_files(common):  # gitrepository-layout(5); saves the start of a git
        Writer(common).write(entry.folder / "HEAD", f"ref: {ref}\n".encode())
    else:
        without_filters(entry).run("symbolic-ref", "HEAD", ref)


def move(tracked: TrackedRepository, entry: WorktreeEntry, path: Path) -> WorktreeEntry:
    """Move a worktree to another folder.

    Raises:
        GitFailed: Git could not.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    repository = Repository(tracked.path)
    run_patiently(repository, *LINKING, "move", str(entry.path), str(path))
    return WorktreeEntry(entry.folder, path)


def recycle(
    worktree_root: WorktreeRoot,
    tracked: TrackedRepository,
    entry: WorktreeEntry,
    what: About,
) -> None:
    """Put a worktree that holds nothing of its own back into the pool, or the trash.

    The caller has made sure that it holds nothing (`removal.recycle`). What
    git ignores there goes to the trash, where `what` tells whose it was.
    """
    if not _is_plain(entry):
        to_trash(worktree_root, entry, what)
        return
    open_place(worktree_root, what.name, what)
    _make_ready(worktree_root, move(tracked, entry, new_place(worktree_root, tracked)))


def tidy(worktree_root: WorktreeRoot, tracked: TrackedRepository) -> None:
    """Finish or throw away what a crash left in the pool."""
    for folder in _folders(worktree_root, tracked):
        if own_folder(folder) is None:
            reconnect(tracked.path, folder)  # it was moved, and the repository too
    elsewhere = scan(worktree_root.workspace)
    # A relative link leads nowhere while its folder was moved and its entry was not.
    astray = {x.name for x in elsewhere if not x.exists()}
    for entry in _members(worktree_root, tracked):
        if entry.folder in elsewhere or entry.folder.name in astray:
            continue  # handed out; `reconnect` finishes it
        if not _is_complete(entry):
            to_trash(worktree_root, entry)
        elif not _is_ready(entry):
            _make_ready(worktree_root, entry)
    known = {x.path.name for x in _members(worktree_root, tracked)}
    for folder in _folders(worktree_root, tracked):
        if folder.name not in known:
            to_trash(worktree_root, WorktreeEntry(folder / ".git", folder))


def interrupted(
    worktree_root: WorktreeRoot, tracked: TrackedRepository, wanted: AssignedWorktree
) -> WorktreeEntry | None:
    """Return the worktree that a crash kept from being handed out, if there is one."""
    members = _members(worktree_root, tracked) if wanted.branch else ()
    own = (x for x in members if x.role == wanted.prefix)
    return next((x for x in own if x.head.branch == wanted.branch), None)


def new_place(worktree_root: WorktreeRoot, tracked: TrackedRepository) -> Path:
    """Return a folder of the pool whose name was never used, nor will be again.

    Git names its entry after the folder. A worktree that was pruned, or moved out of
    sight, still points to the entry of its name: one that bore the name again would
    be shared by the two.
    """
    return worktree_root.pool.resolve() / f"{tracked.name}-{secrets.token_hex(4)}"


def _check_suited(worktree_root: WorktreeRoot, tracked: TrackedRepository) -> None:
    for path in (worktree_root.workspace, tracked.path, common_folder(tracked.path)):
        if {"\n", "\r"} & set(str(path)):
            raise UnusablePath(path)
    check_objects(tracked)


def check_objects(tracked: TrackedRepository) -> None:
    """Refuse a repository whose objects have ids of another kind than SHA-1.

    Raises:
        UnknownObjects: They have.
    """
    kind = object_format(common_folder(tracked.path))
    if kind != "sha1":
        raise UnknownObjects(tracked.path, kind)


def _make_ready(worktree_root: WorktreeRoot, entry: WorktreeEntry) -> None:
    # Looked at again now that no agent finds it by its path any more.
    place = place_of_entry(worktree_root, entry) or open_place(
        worktree_root, entry.path.name, None
    )
    if _is_clean(entry) and _is_plain(entry) and _empty(worktree_root, entry, place):
        (entry.folder / ROLE).unlink(missing_ok=True)
    else:
        to_trash(worktree_root, entry, place.about)
    drop_if_empty(place)


def _empty(
    worktree_root: WorktreeRoot, entry: WorktreeEntry, place: TrashPlace
) -> bool:
    """Take all that git does not know out of a worktree, and its branch from it.

    False where something cannot be moved or deleted.
    """
    worktree = with_filters(entry)
    try:
        put_aside(place, entry.path, ignored(worktree, worktree_root.disposable).paths)
    except OSError:
        return False
    commit = worktree.run("rev-parse", "--verify", "HEAD")
    worktree.run("update-ref", "--no-deref", "HEAD", commit)
    return worktree.ask("clean", "-ffdxq").code == 0


def _is_clean(entry: WorktreeEntry) -> bool:
    worktree, found = with_filters(entry), contents(entry)
    others = found.repositories or found.unreadable or found.mounts
    is_same = changes(worktree).is_dirty is False
    return is_same and not others and not hidden(worktree)


def _move_on(entry: WorktreeEntry, commit: str) -> None:
    if entry.head.commit != commit:
        with_filters(entry).run("checkout", "-q", "--detach", commit)


def _is_complete(entry: WorktreeEntry) -> bool:
    # One that is still being made has no index; one that git itself makes is locked.
    locked = (entry.folder / "locked").exists()
    return entry.is_present and not locked and (entry.folder / "index").exists()


def _is_ready(entry: WorktreeEntry) -> bool:
    return _is_complete(entry) and not entry.role and not entry.head.branch


def _is_plain(entry: WorktreeEntry) -> bool:
    names = {x.name for x in entry.folder.iterdir()}
    refs = entry.folder / "refs"
    return names <= _PLAIN and not any(x.is_file() for x in refs.rglob("*"))


def _members(
    worktree_root: WorktreeRoot, tracked: TrackedRepository
) -> tuple[WorktreeEntry, ...]:
    everything = entries(common_folder(tracked.path))
    return tuple(
        x for x in everything if is_same_place(x.path.parent, worktree_root.pool)
    )


def _folders(worktree_root: WorktreeRoot, tracked: TrackedRepository) -> list[Path]:
    name = re.compile(re.escape(tracked.name) + "-[0-9a-f]+")
    if not worktree_root.pool.is_dir():
        return []
    return sorted(x for x in worktree_root.pool.iterdir() if name.fullmatch(x.name))


def _entry(tracked: TrackedRepository, path: Path) -> WorktreeEntry:
    found = entry_at(common_folder(tracked.path), path)
    if found is None:
        raise NotMade(path)
    return found
