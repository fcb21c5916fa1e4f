"""What a worktree holds at present as a tree, for looking only.

Nothing is changed in the worktree and its repository: no object, index, ref or lock is
written there, and nothing that they name is run. Git may renew the time of an object
that is there already, as any `git add` does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from active_contexts.worktree_state.changes import changes, hidden
from active_contexts.worktree_state.commands import Inside, with_filters
from active_contexts.worktree_state.entries import WorktreeEntry, common_folder
from active_contexts.worktrees.private_index import index_in, whole_tree
from coordinator.kernel.text import alternates

LARGEST = 1 << 25  # bytes of an untracked file that is taken along
# Else git would keep the part of an index that is shared in the repository.
_WHOLE_INDEX = {"core.splitIndex": "false"}


def snapshot(entry: WorktreeEntry, objects: Path) -> str:
    """Return the tree of a worktree's tracked and untracked files as they lie there.

    New objects go into `objects`, a folder such as git keeps them in; a copy of the
    index lies beside it meanwhile. Ignored files are not in it, nor repositories within
    the worktree, nor untracked files that are larger than LARGEST. A file that a filter
    stands before is as it was staged; what is unmerged is as it lies there, with the
    marks of the conflict. One without changes is the tree that it has checked out, and
    costs a look.

    Raises:
        GitFailed: Nothing is checked out, a file cannot be read, or went meanwhile.
    """
    git = _apart(entry, objects.absolute())
    found = changes(git)
    if not (found.changed or found.untracked or hidden(git)):
        return git.run("rev-parse", "--verify", "--quiet", "HEAD^{tree}")
    without = tuple(_unfit(entry.path, [*found.untracked, *found.changed]))
    with index_in(objects.parent, git) as copy:
        return whole_tree(copy, without)


def _apart(entry: WorktreeEntry, objects: Path) -> Inside:
    """Return git for a worktree that writes objects into another folder."""
    git = with_filters(entry)
    present = common_folder(entry.folder) / "objects"
    extra = {"GIT_OBJECT_DIRECTORY": str(objects), **alternates.variable([present])}
    settings = {**git.repository.settings, **_WHOLE_INDEX}
    return replace(
        git, repository=replace(git.repository, settings=settings), extra=extra
    )


def _unfit(folder: Path, untracked: Iterable[str]) -> Iterator[str]:
    """Yield the untracked paths that are left out."""
    for path in untracked:
        # Git names a folder as such only where it is a repository of its own.
        if path.endswith("/") or _size(folder / path) > LARGEST:
            yield path


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0  # it went: git will tell
