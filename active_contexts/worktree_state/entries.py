"""What git's own files say about worktrees, read without starting a process.

It changes nothing but the role file, which says whose worktree it is, and it decides
nothing. Layout: gitrepository-layout(5), git-worktree(1).
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from active_contexts.worktree_state.model import Head, NotARepository, Operation
from active_contexts.worktree_state.repository_files import Writer

ROLE = "coordinator-agent"
_LIMIT = 1 << 16
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_BARE = re.compile(rb"^\s*bare\s*=\s*true\s*$", re.MULTILINE | re.IGNORECASE)
_OBJECT_FORMAT = re.compile(rb"(?im)^\s*objectformat\s*=\s*\"?(\w+)")
_REF_FORMAT = re.compile(rb"(?im)^\s*refstorage\s*=\s*\"?(?!files\b)\w")
_OPERATIONS = {
    "rebase-merge": Operation.REBASE,
    "rebase-apply": Operation.REBASE,
    "MERGE_HEAD": Operation.MERGE,
    "CHERRY_PICK_HEAD": Operation.CHERRY_PICK,
    "REVERT_HEAD": Operation.REVERT,
    "BISECT_START": Operation.BISECT,
}
_BRANCHES_IN_USE = ("rebase-merge/head-name", "rebase-apply/head-name", "BISECT_START")


@dataclass(frozen=True, slots=True)
class WorktreeEntry:
    """A linked worktree as its repository knows it.

    `folder` is its own git directory below `worktrees/`, `path` the worktree's folder
    as written there, which may be gone or moved.
    """

    folder: Path
    path: Path

    @property
    def is_present(self) -> bool:
        """Tell whether the worktree's folder is there and leads back to this entry."""
        found = own_folder(self.path)
        return found is not None and is_same_place(found, self.folder)

    @property
    def head(self) -> Head:
        """What is checked out."""
        return read_head(self.folder)

    @property
    def role(self) -> str:
        """The prefix of the agent whose worktree it is, or an empty string."""
        return first_line(self.folder / ROLE)

    @property
    def lock(self) -> str | None:
        """Why a person locked it (`git worktree lock`), perhaps empty; None: nobody."""
        path = self.folder / "locked"
        return first_line(path) if path.exists() else None

    @property
    def branch_in_use(self) -> str:
        """The branch that nobody else may check out now, or an empty string.

        A rebase or a bisection detaches the head and will come back to its branch.
        """
        heads = (first_line(self.folder / x) for x in _BRANCHES_IN_USE)
        waiting = next((x for x in heads if x), "")
        return self.head.branch or waiting.removeprefix("refs/heads/")


def read(path: Path | str, limit: int = _LIMIT) -> bytes:
    """Return the beginning of a file (`limit` in bytes), empty where there is none."""
    try:
        descriptor = os.open(path, _READ)
    except (OSError, ValueError):  # a name that holds NUL is none
        return b""
    try:
        size = os.fstat(descriptor).st_size  # no room is made for more than there is
        return os.read(descriptor, min(limit, max(size, _LIMIT)))
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def first_line(path: Path | str) -> str:
    """Return a file's first line, empty where there is none."""
    line = read(path).partition(b"\n")[0]
    return line.decode("utf-8", "surrogateescape").rstrip("\r")


def common_folder(repository: Path) -> Path:
    """Return the git directory that all worktrees of a repository share.

    Raises:
        NotARepository: There is none at that path.
    """
    own = own_folder(repository)
    if own is None and _is_git_folder(repository):
        own = repository
    if own is None:
        raise NotARepository(repository)
    shared = first_line(own / "commondir")
    return (own / shared).resolve() if shared else own.resolve()


def own_folder(worktree: Path) -> Path | None:
    """Return the git directory that a worktree's `.git` leads to, if it is there."""
    found = pointed_to(worktree) or worktree / ".git"
    return found if _is_git_folder(found) else None


def pointed_to(worktree: Path) -> Path | None:
    """Return where a worktree's `.git` file points, whether or not that exists."""
    line = first_line(worktree / ".git")
    if not line.startswith("gitdir: "):
        return None
    return Path(_normal(str(worktree), line.removeprefix("gitdir: ")))


def _is_git_folder(path: Path) -> bool:
    linked = (path / "commondir").is_file()
    return (path / "HEAD").is_file() and (linked or (path / "objects").is_dir())


def entries(common: Path) -> tuple[WorktreeEntry, ...]:
    """Return the linked worktrees of a repository, by the name of their entry."""
    return tuple(
        WorktreeEntry(common / "worktrees" / name, Path(path))
        for name, path in _places(common)
    )


def _places(common: Path) -> Iterator[tuple[str, str]]:
    """Yield the name of each entry, and where it says that its worktree is.

    It is asked for often; strings take a fifth of the time of paths.
    """
    above = f"{common}/worktrees"
    try:
        names = sorted(os.listdir(above))  # noqa: PTH208 - as said
    except FileNotFoundError:
        return
    for name in names:
        if line := first_line(f"{above}/{name}/gitdir"):
            yield name, os.path.dirname(_normal(f"{above}/{name}", line))  # noqa: PTH120 - as said


def _normal(folder: str, path: str) -> str:
    # Since git 2.48 the path may be written relative to what it stands in.
    return os.path.normpath(os.path.join(folder, path))  # noqa: PTH118 - as above


def entry_at(common: Path, path: Path) -> WorktreeEntry | None:
    """Return the entry of the worktree in that folder, which may be gone."""
    places = list(_places(common))
    same = (x for x in places if x[1] == str(path))
    found = next(same, None) or next(
        (x for x in places if is_same_place(Path(x[1]), path)), None
    )
    return (
        WorktreeEntry(common / "worktrees" / found[0], Path(found[1]))
        if found
        else None
    )


def around(folder: Path) -> Path | None:
    """Return the top of the worktree that a folder lies in, as git would find it."""
    places = (folder, *folder.parents)
    return next((x for x in places if own_folder(x) is not None), None)


def repository_around(folder: Path) -> Path | None:
    """Return the repository or worktree that a folder lies in, or is itself."""
    places = (folder, *folder.parents)
    return next((x for x in places if own_folder(x) or _is_git_folder(x)), None)


def holder(repository: Path, branch: str) -> Path | None:
    """Return the folder of the worktree that has a branch in use, if one has."""
    common = common_folder(repository)
    main = main_folder(repository)
    if main is not None and WorktreeEntry(common, main).branch_in_use == branch:
        return main
    using = (x.path for x in entries(common) if x.branch_in_use == branch)
    return next(using, None)


def main_folder(repository: Path) -> Path | None:
    """Return the main worktree's folder, or None for a bare repository."""
    common = common_folder(repository)
    if _BARE.search(read(common / "config")):
        return None
    return common.parent if common.name == ".git" else repository


def scan(workspace: Path) -> dict[Path, Path]:
    """Return the folders directly in the workspace whose `.git` file leads somewhere.

    The keys are the git directories that they lead to, there or not.
    """
    folders = sorted(x for x in workspace.iterdir() if not x.is_symlink())
    pairs = ((pointed_to(x), x) for x in reversed(folders))
    return {found: x for found, x in pairs if found is not None}


def object_format(common: Path) -> str:
    """Return the kind of a repository's object ids: `sha1` or `sha256`."""
    found = _OBJECT_FORMAT.search(read(common / "config"))
    return found[1].decode().lower() if found else "sha1"


def has_ref_files(common: Path) -> bool:
    """Tell whether a repository's refs are files, as they were before reftable."""
    return _REF_FORMAT.search(read(common / "config")) is None


def head_of(worktree: Path) -> Head | None:
    """Return what is checked out in a folder, or None where it is no worktree."""
    folder = own_folder(worktree)
    return None if folder is None else read_head(folder)


def read_head(folder: Path) -> Head:
    """Return what the HEAD of a git directory says (empty with the reftable format)."""
    line = first_line(folder / "HEAD")
    if not line.startswith("ref:"):
        return Head("", line)
    branch = line.removeprefix("ref:").strip().removeprefix("refs/heads/")
    return Head("" if branch.startswith(".") else branch, "")


def operation(folder: Path) -> Operation | None:
    """Return what a git directory's worktree is in the middle of, if anything."""
    found = (what for name, what in _OPERATIONS.items() if (folder / name).exists())
    return next(found, None)


def save_role(entry: WorktreeEntry, common: Path, prefix: str) -> None:
    """Write down whose worktree it is; the hooks read it."""
    if entry.role != prefix:
        Writer(common).write(entry.folder / ROLE, f"{prefix}\n".encode())


def private_folder(common: Path) -> Path:
    """Return the coordinator's own folder in a common git directory, made if new."""
    return Writer(common).private


Identity = tuple[int, int] | str


def identity(path: Path) -> Identity:
    """Return what tells a folder from all others, however its path is written."""
    try:
        found = path.stat()
    except OSError:
        return os.path.realpath(path)
    return found.st_dev, found.st_ino


def is_same_place(one: Path, other: Path) -> bool:
    """Tell whether two paths lead to one folder, which may be gone."""
    return identity(one) == identity(other)
