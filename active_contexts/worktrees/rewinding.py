"""A worktree taken back to an earlier commit of its own, all that it held saved first.

Whether that is to be done is decided elsewhere.
"""

from active_contexts.worktree_state.commands import with_filters
from active_contexts.worktree_state.entries import common_folder, entry_at
from active_contexts.worktree_state.model import (
    AssignedWorktree,
    TrackedRepository,
    WorktreeRoot,
)
from active_contexts.worktrees.saving import filtered_files, place, save
from active_contexts.worktrees.trash import about, copy_aside, open_place
from coordinator.kernel.errors import Refused


class NotRestorable(Refused):
    """The worktree cannot be taken back to that commit."""

    def __init__(self, path: str, commit: str, reason: str) -> None:
        super().__init__(
            f"{path} cannot be taken back to {commit[:12]}: {reason}.",
            hint="Look at it: coordinator worktree list",
        )


def restore(
    worktree_root: WorktreeRoot,
    tracked: TrackedRepository,
    known: AssignedWorktree,
    commit: str,
    stamp: str,
) -> tuple[str, ...]:
    """Save the worktree, then make its branch and files those of `commit`.

    Returns the refs that hold what was there; what no ref may hold is copied into the
    trash. Only a commit that what is checked out now has grown from is gone back to;
    ignored files stay.

    Raises:
        NotRestorable: There is no such worktree, or the commit is none of its own.
        GitFailed: Git refuses; what was there is where it was, or saved.
    """
    entry = entry_at(common_folder(tracked.path), known.path)
    if entry is None or not known.path.is_dir():
        raise NotRestorable(known.path.name, commit, "git knows no such worktree")
    git = with_filters(entry)
    if git.ask("merge-base", "--is-ancestor", commit, "HEAD").code:
        raise NotRestorable(known.path.name, commit, "its HEAD is no child of it")
    saved = save(entry, place(known, stamp))
    sealed = filtered_files(entry)
    if sealed:
        what = about(tracked, known, entry, len(sealed))
        aside = open_place(worktree_root, known.path.name, what)
        copy_aside(aside, entry.path, sealed)
    git.run("reset", "--hard", "--quiet", commit)
    git.run("clean", "-fdq")
    return saved
