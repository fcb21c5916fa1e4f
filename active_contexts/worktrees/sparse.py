"""Sparse checkouts: a new worktree has that of the worktree that it is made after.

It writes only what git itself keeps for a worktree alone. See git-sparse-checkout(1).
"""

from dataclasses import dataclass
from pathlib import Path

from active_contexts.worktree_state.commands import Inside, with_filters
from active_contexts.worktree_state.entries import WorktreeEntry, common_folder, read
from active_contexts.worktree_state.repository_files import Writer

_KEYS = r"^(core\.sparsecheckout|core\.sparsecheckoutcone|index\.sparse)$"
_MOST = 1 << 20


@dataclass(frozen=True, slots=True)
class _Sparse:
    patterns: bytes
    settings: dict[str, str]

    @property
    def is_on(self) -> bool:
        return self.settings.get("core.sparsecheckout", "") == "true"


def inherit(entry: WorktreeEntry, like: Path) -> None:
    """Give a worktree without changes the sparse checkout of another git directory.

    Raises:
        GitFailed: Git could not.
    """
    if not any(_file(x).exists() for x in (entry.folder, like)):
        return
    worktree = with_filters(entry)
    own, wanted = (
        _sparse(worktree),
        _sparse(with_filters(WorktreeEntry(like, entry.path))),
    )
    if (not own.is_on and not wanted.is_on) or own == wanted:
        return
    if not wanted.is_on:
        worktree.run("sparse-checkout", "disable")
        return
    _write(worktree, wanted, own)
    worktree.run("sparse-checkout", "reapply")


def _write(worktree: Inside, wanted: _Sparse, own: _Sparse) -> None:
    folder = worktree.entry.folder
    writer = Writer(common_folder(folder))
    writer.make_folder(folder / "info")
    writer.write(_file(folder), wanted.patterns)
    for key, value in wanted.settings.items():
        if own.settings.get(key) != value:
            worktree.run("config", "--worktree", key, value)


def _sparse(worktree: Inside) -> _Sparse:
    done = worktree.ask("config", "-z", "--get-regexp", _KEYS)
    pairs = (x.partition("\n") for x in done.text.split("\0") if x)
    settings = {key: value for key, _, value in pairs}
    return _Sparse(read(_file(worktree.entry.folder), _MOST), settings)


def _file(folder: Path) -> Path:
    return folder / "info" / "sparse-checkout"
