"""The files of a worktree, at a commit and on disk, and what two commits differ in.

It writes nothing, and no link, filter or diff program of an agent's is followed.
"""

import os
import stat
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from coordinator.kernel.disk import files
from coordinator.kernel.disk.files import MAX_BYTES, Content
from coordinator.kernel.git import Repository
from coordinator.kernel.problems import Problem
from coordinator.workflows.judging.verdicts import MISSING
from coordinator.workflows.judging.worktree_paths import canonical

MOST_LISTED = 100_000
_REGULAR = ("100644", "100755")
_LINK = "120000"


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: str
    kind: str
    oid: str
    size: int


@dataclass(frozen=True, slots=True)
class CommitTree:
    """The files at a commit; `commit` is a full object id.

    Links and submodules are there, but are not read.
    """

    repository: Repository
    commit: str

    def read(self, path: str) -> bytes | str:
        """Return a file's bytes of at most 1 MiB, or why they cannot be had.

        Raises:
            GitFailed: The commit is not there.
        """
        entry = self._entry(path)
        if entry is None:
            return MISSING
        if entry.mode not in _REGULAR:
            what = "Links are not followed" if entry.mode == _LINK else "It is no file"
            return _unread(what)
        if entry.size > MAX_BYTES:
            return _unread(f"It has {entry.size} bytes, and {MAX_BYTES} are the limit")
        done = self.repository.ask("cat-file", "blob", entry.oid)
        return done.stdout if done.code == 0 else _unread("git does not have it")

    def exists(self, path: str) -> bool:
        """Tell whether a regular file or a folder is there."""
        entry = self._entry(path)
        return entry is not None and (entry.mode in _REGULAR or entry.kind == "tree")

    def is_folder(self, path: str) -> bool:
        """Tell whether a folder is there; git keeps no empty ones."""
        entry = self._entry(path)
        return entry is not None and entry.kind == "tree"

    def listing(self) -> Iterator[str]:
        """Return the paths of all files, sorted."""
        said = self._list("-r", "--name-only")
        yield from (x for x in said.split("\0") if x)

    def _entry(self, path: str) -> _Entry | None:
        if not path or canonical(path) != path:
            return None
        said = self._list("-l", paths=(path,)).removesuffix("\0")
        head, _, name = said.partition("\t")
        if name != path:
            return None
        mode, kind, oid, size = head.split()
        return _Entry(mode, kind, oid, int(size) if size.isdigit() else 0)

    def _list(self, *flags: str, paths: tuple[str, ...] = ()) -> str:
        shape = ("ls-tree", "-z", "--full-tree", *flags, "--end-of-options")
        literally = {"GIT_LITERAL_PATHSPECS": "1"}
        return self.repository.run(*shape, self.commit, *paths, extra=literally)


@dataclass(frozen=True, slots=True)
class DiskTree:
    """The files below a folder as they are now; no link is followed."""

    root: Path

    def read(self, path: str) -> bytes | str:
        """Return the bytes of a text file of at most 1 MiB, or why there are none."""
        found = files.read(self.root, path)
        if isinstance(found, Content):
            return found.data
        if isinstance(found, Problem):
            return _unread(found.message.rstrip("."))
        return MISSING if found is None else _unread("It is being written")

    def exists(self, path: str) -> bool:
        """Tell whether a regular file or a folder is there."""
        mode = self._mode(path)
        return stat.S_ISREG(mode) or stat.S_ISDIR(mode)

    def is_folder(self, path: str) -> bool:
        """Tell whether a folder is there."""
        return stat.S_ISDIR(self._mode(path))

    def listing(self) -> Iterator[str]:
        """Return the paths of regular files, the shallow ones first, `.git` left out.

        Those below a folder are sorted; there are at most 100,000.
        """
        return islice(self._walk(), MOST_LISTED)

    def _walk(self) -> Iterator[str]:
        waiting = deque([""])
        while waiting:
            folder = waiting.popleft()
            for entry in self._entries(folder):
                path = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(path)
                elif entry.is_file(follow_symlinks=False):
                    yield path

    def _entries(self, folder: str) -> list["os.DirEntry[str]"]:
        try:
            with files.folder(self.root, folder) as handle, os.scandir(handle) as found:
                # Asked while the folder is open: an entry of a descriptor needs it.
                entries = [x for x in found if x.name != ".git" and _is_plain(x)]
        except OSError:
            return []
        return sorted(entries, key=lambda x: x.name)

    def _mode(self, path: str) -> int:
        parent, _, name = path.rpartition("/")
        try:
            with files.folder(self.root, parent) as handle:
                return os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode
        except (OSError, ValueError):
            return 0


def _unread(reason: str) -> str:
    return f"cannot be read ({reason})"


def _is_plain(entry: "os.DirEntry[str]") -> bool:
    return entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False)


def changed(repository: Repository, base: str, head: str) -> tuple[str, ...]:
    """Return the paths that differ between two commits, sorted; deleted ones too.

    Both are full object ids; a renamed file counts with both its names.

    Raises:
        GitFailed: One of them is not there.
    """
    shape = ("diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff")
    said = repository.run(*shape, "--end-of-options", base, head)
    return tuple(x for x in said.split("\0") if x)
