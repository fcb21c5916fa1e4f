"""The trash: removed worktrees until their time is over, and what comes back of them.

Each has a place of its own with `about.json`, `worktree/` and `entry/` (git's side of
it). Nothing gets here past `deletion_guard`, and nothing is judged safe here.
"""

import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from active_contexts.worktree_state.commands import (
    Inside,
    with_filters,
    without_filters,
)
from active_contexts.worktree_state.deletion_guard import guard
from active_contexts.worktree_state.entries import WorktreeEntry, common_folder, read
from active_contexts.worktree_state.ignored import made_again
from active_contexts.worktree_state.model import (
    AssignedWorktree,
    TrackedRepository,
    WorktreeRoot,
)
from coordinator.kernel.disk import deleting, files
from coordinator.kernel.errors import CoordinatorError, NotFound
from coordinator.kernel.text.names import display

_ABOUT = "about.json"
_MOST = 1 << 16


@dataclass(frozen=True, slots=True)
class About:
    """Whose worktree a place of the trash holds; `name` is its folder's.

    `branch` and `commit` are what was checked out; `entry` is the name that git had
    for it. `files` counts what is kept there because it is nowhere else.
    """

    repository: str
    agent: str
    feature: str
    name: str
    branch: str
    commit: str
    entry: str
    files: int = 0


@dataclass(frozen=True, slots=True)
class TrashPlace:
    """A place in the trash; `about` is None for what an earlier version left there."""

    folder: Path
    about: About | None

    @property
    def worktree(self) -> Path:
        """The files that are left of it."""
        return self.folder / "worktree"

    @property
    def since(self) -> float:
        """When it came here, in seconds since the epoch."""
        said = self.folder / _ABOUT
        return (said if said.exists() else self.folder).lstat().st_mtime


class NothingKept(NotFound):
    """The trash has nothing of a worktree (any more)."""

    def __init__(self, known: AssignedWorktree, there: Sequence["TrashPlace"]) -> None:
        names = sorted({_named(x.about) for x in there if x.about is not None})
        held = ", ".join(names[:10])
        super().__init__(
            f"The trash has nothing of {display(known.path.name)}.",
            hint=f"It has: {held}." if held else "It is empty.",
        )


def about(
    tracked: TrackedRepository,
    known: AssignedWorktree,
    entry: WorktreeEntry,
    count: int = 0,
) -> About:
    """Return what is to be remembered of a worktree that goes."""
    head = without_filters(entry).ask("rev-parse", "--verify", "-q", "HEAD")
    return About(
        repository=tracked.name,
        agent=known.agent,
        feature=known.feature,
        name=known.path.name,
        branch=entry.branch_in_use,
        commit=head.text.strip() or known.commit,
        entry=entry.folder.name,
        files=count,
    )


def _named(what: About) -> str:
    whose = f"{what.agent} {what.feature}".strip()
    return f"{whose} ({what.files} file{'s' if what.files != 1 else ''})"


def to_trash(
    worktree_root: WorktreeRoot, entry: WorktreeEntry, what: About | None = None
) -> None:
    """Rename a worktree, then git's entry for it, into the trash; repeatable.

    Raises:
        NotOurs: The guard does not let go of the folder.
    """
    place = open_place(worktree_root, entry.path.name, what)
    if os.path.lexists(entry.path):
        guard(worktree_root, entry.path)
        entry.path.rename(place.worktree)
    if entry.folder.is_dir():
        # The repository may be on another file system than the workspace.
        shutil.move(entry.folder, place.folder / "entry")


def open_place(
    worktree_root: WorktreeRoot, name: str, what: About | None
) -> TrashPlace:
    """Make a place in the trash."""
    folder = worktree_root.trash / f"{name}-{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    if what is not None:
        data = json.dumps(asdict(what)).encode()
        files.write(folder, _ABOUT, data, temporary=folder)
    return TrashPlace(folder, what)


def places(worktree_root: WorktreeRoot) -> list[TrashPlace]:
    """Return what is in the trash, the latest first."""
    if not worktree_root.trash.is_dir():
        return []
    found = [
        TrashPlace(x, _about(x)) for x in worktree_root.trash.iterdir() if x.is_dir()
    ]
    return sorted(found, key=lambda x: x.since, reverse=True)


def places_of(
    worktree_root: WorktreeRoot, tracked: TrackedRepository, known: AssignedWorktree
) -> list[TrashPlace]:
    """Return what the trash has of an agent's worktree, the latest first."""
    wanted = (tracked.name, known.agent, known.feature)
    found = ((x, x.about) for x in places(worktree_root))
    return [x for x, y in found if y and (y.repository, y.agent, y.feature) == wanted]


def place_of_entry(
    worktree_root: WorktreeRoot, entry: WorktreeEntry
) -> TrashPlace | None:
    """Return the place that was opened for a worktree on its way into the pool."""
    known = ((x, x.about) for x in places(worktree_root))
    own = (x for x, y in known if y is not None and y.entry == entry.folder.name)
    return next((x for x in own if not x.worktree.exists()), None)


def _about(folder: Path) -> About | None:
    try:
        return About(**json.loads(read(folder / _ABOUT, _MOST)))
    except (ValueError, TypeError):
        return None


def put_aside(place: TrashPlace, top: Path, paths: Iterable[str]) -> None:
    """Move files of a worktree into a place of the trash."""
    for path in paths:
        _move(top / path, place.worktree / path)


def copy_aside(place: TrashPlace, top: Path, paths: Iterable[str]) -> None:
    """Copy files of a worktree into a place of the trash, for its owner alone."""
    for path in paths:
        target = place.worktree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(top / path, target, follow_symlinks=False)


def drop_if_empty(place: TrashPlace) -> None:
    """Delete a place that nothing was put into."""
    if not place.worktree.exists() and not (place.folder / "entry").exists():
        deleting.delete(place.folder)


@dataclass(frozen=True, slots=True)
class GivenBack:
    """The files that came back, and those in whose place something else stands."""

    files: tuple[str, ...] = ()
    in_the_way: tuple[str, ...] = ()


def make_room(place: TrashPlace, top: Path) -> None:
    """Delete from a worktree that was made just now what is to come back changed."""
    for path in _leftovers(place):
        parent, _, name = path.rpartition("/")
        with suppress(OSError), files.folder(top, parent) as handle:
            os.unlink(name, dir_fd=handle)


def give_back(place: TrashPlace, top: Path) -> GivenBack:
    """Move what is left in a place back into a worktree; nothing there is replaced.

    Files of a submodule come back only where it is set up again.
    """
    back: list[str] = []
    others: list[str] = []
    for path in list(_leftovers(place)):
        if not _is_set_up(place.worktree, top, path):
            others.append(path)
        elif _is_free(top, path):
            _move(place.worktree / path, top / path)
            back.append(path)
        elif not _is_same(place.worktree / path, top / path):
            others.append(path)
    if not others:
        deleting.delete(place.folder)
    return GivenBack(tuple(back), tuple(others))


def _leftovers(place: TrashPlace) -> Iterator[str]:
    for folder, folders, names in os.walk(place.worktree):
        inner = os.path.relpath(folder, place.worktree)
        links = [x for x in folders if Path(folder, x).is_symlink()]
        for name in (*names, *links):
            if name != ".git":
                yield name if inner == "." else f"{inner}/{name}"


def _is_set_up(here: Path, top: Path, path: str) -> bool:
    with_filters = [x for x in Path(path).parents[:-1] if (here / x / ".git").is_file()]
    return all((top / x / ".git").is_file() for x in with_filters)


def _is_free(top: Path, path: str) -> bool:
    """Tell whether a file can be put there without a link leading it elsewhere."""
    parents = [top / x for x in Path(path).parents]
    leads_on = all(x.is_dir() and not x.is_symlink() for x in parents if _there(x))
    return leads_on and not _there(top / path)


def _there(path: Path) -> bool:
    return os.path.lexists(path)


def _is_same(one: Path, other: Path) -> bool:
    try:
        if one.is_symlink() or other.is_symlink():
            return one.readlink() == other.readlink()
        return one.read_bytes() == other.read_bytes()
    except OSError:
        return False


def _move(source: Path, target: Path) -> None:
    if not _there(source):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.rename(target)
    except PermissionError:
        deleting.make_writable(source.parent)
        source.rename(target)


def thin(worktree_root: WorktreeRoot, tracked: TrackedRepository) -> None:
    """Delete from the trash what the repository has too, and what can be made again.

    Raises:
        GitFailed: Git does not tell what it has.
    """
    for place in places(worktree_root):
        about = place.about
        whole = (place.folder / "entry").is_dir()
        if whole and about is not None and about.repository == tracked.name:
            thin_place(place, common_folder(tracked.path), worktree_root.disposable)


def thin_place(place: TrashPlace, common: Path, disposable: Sequence[str]) -> None:
    """Delete from one place what its repository has too; repeatable.

    What can be made again goes only where git ignores it: a file in `build/` that it
    does not ignore may be nowhere else.

    Raises:
        GitFailed: Git does not tell what it has.
    """
    if not (place.folder / "entry").is_dir():
        return
    index = {"GIT_INDEX_FILE": str(place.folder / "entry" / "index")}
    git = with_filters(WorktreeEntry(common, place.worktree), index)
    for path in made_again(git, disposable):  # first, while its `.gitignore` is there
        _delete(place.worktree / path)
    for path in _as_in_git(git):
        parent, _, name = path.rpartition("/")
        with suppress(OSError), files.folder(place.worktree, parent) as handle:
            os.unlink(name, dir_fd=handle)  # a folder is a submodule's, and stays
    _delete(place.folder / "entry")


def _as_in_git(git: Inside) -> set[str]:
    """Return the tracked files that are surely what the index says."""
    rows = (x.partition(" ") for x in git.run("ls-files", "-v", "-z").split("\0"))
    shown = {path for tag, _, path in rows if tag == "H"}
    words = ("diff-files", "--name-only", "--ignore-submodules=dirty", "-z")
    return shown - set(git.run(*words).split("\0"))


def _delete(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
    else:
        deleting.make_writable(path)
        deleting.delete(path)


def empty(worktree_root: WorktreeRoot, *, before: datetime) -> int:
    """Delete what was thrown away before that moment; return how many worktrees.

    What cannot be deleted (something is mounted in it) stays, and stops nothing else.
    """
    gone = 0
    for place in places(worktree_root):
        if place.since >= before.timestamp():
            continue
        with suppress(CoordinatorError, OSError):
            guard(worktree_root, place.folder)
            _delete(place.folder)
            gone += 1
    return gone
