"""A copy of a worktree's index, and the tree of all that its folder holds, made in it.

The worktree and its own index stay as they are. No filter is run: what one stands
before is left out.
"""

import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

from active_contexts.worktree_state.changes import Changes, changes, filtered, hidden
from active_contexts.worktree_state.commands import Inside
from active_contexts.worktree_state.entries import (
    common_folder,
    own_folder,
    private_folder,
)
from coordinator.kernel.git import Repository, resolve

_LINK = "160000 "  # the mode of a submodule in an index


def private_index(git: Inside) -> AbstractContextManager[Inside]:
    """Give git with a copy of the worktree's index in which no change is hidden."""
    return index_in(private_folder(common_folder(git.entry.folder)), git)


@contextmanager
def index_in(folder: Path, git: Inside) -> Iterator[Inside]:
    """Give the same, the copy being in a folder that is there."""
    path = folder / f"index-{secrets.token_hex(8)}"
    copy = replace(git, extra={**git.extra, "GIT_INDEX_FILE": str(path)})
    try:
        _copy(git.entry.folder / "index", path)
        if git.entry.path.is_dir():
            _show(copy)
        yield copy
    finally:
        path.unlink(missing_ok=True)


def _copy(index: Path, path: Path) -> None:
    # With its time: git tells by it which files may have changed since unnoticed.
    if index.exists():
        shutil.copy2(index, path)


def _show(copy: Inside) -> None:
    names = [x.encode("utf-8", "surrogateescape") for x in hidden(copy)]
    listed = b"\0".join(names)
    if listed:
        copy.run("update-index", "--no-assume-unchanged", "-z", "--stdin", stdin=listed)
        copy.run("update-index", "--no-skip-worktree", "-z", "--stdin", stdin=listed)


def whole_tree(copy: Inside, without: Collection[str] = ()) -> str:
    """Return the tree of a private index with all that the folder holds.

    `without` are more paths that stay in it as they are.

    Raises:
        GitFailed: A file cannot be read, or what a filter stands before is unmerged.
    """
    found = changes(copy) if copy.filters else Changes()
    paths = [*found.changed, *found.untracked, *found.doubtful]
    links = _links(copy)
    left_out = sorted({*filtered(copy, paths), *links, *without})
    wanted = [":(top)", *(f":(top,exclude,literal){x}" for x in left_out)]
    stdin = "\0".join(wanted).encode("utf-8", "surrogateescape")
    from_stdin = ("--pathspec-from-file=-", "--pathspec-file-nul")
    copy.run("add", "-A", "--sparse", *from_stdin, stdin=stdin)
    for path, commit in links.items():
        copy.run("update-index", "--cacheinfo", f"160000,{commit},{path}")
    return copy.run("write-tree")


def _links(copy: Inside) -> dict[str, str]:
    """Return the submodules and the commit that each stands at.

    `git add` would look into them, and run what their settings name.
    """
    rows = (x.partition("\t") for x in copy.run("ls-files", "-s", "-z").split("\0"))
    links = ((path, facts.split(" ")[1]) for facts, _, path in rows if _LINK in facts)
    return {path: _stands_at(copy.entry.path / path) or oid for path, oid in links}


def _stands_at(place: Path) -> str | None:
    there = own_folder(place) is not None
    return resolve(Repository(place), "HEAD") if there else None
