"""How git is run for a worktree that an agent writes in.

No filter or hook is followed, its own folder and git directory are named outright, and
a lock that the agent's git holds is waited for once. What has changed in one is
`changes`.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from active_contexts.worktree_state import ref_files
from active_contexts.worktree_state.entries import (
    WorktreeEntry,
    common_folder,
    entries,
    is_same_place,
    own_folder,
    pointed_to,
    read,
)
from coordinator.kernel import git, git_settings
from coordinator.kernel.git import GitFailed, Repository
from coordinator.kernel.system import processes
from coordinator.kernel.system.processes import Completed

_LOCKED = re.compile(rb"\.lock'?: File exists|[Cc](?:annot|ould not) lock")
_PAUSE_SECONDS = 0.15
_KEPT = 1024  # distances between two commits
_MOST_SHALLOW = 1 << 24
# Links that do not name the whole path outlive a move. Only git 2.48 and later make
# them; those before know no such setting.
LINKING = ("-c", "worktree.useRelativePaths=true", "worktree")
# Attributes of the whole machine are the user's; a setting that refuses files with
# unusual line ends would keep them from being saved.
_AS_ITS_USER = {"GIT_ATTR_NOSYSTEM": "0"}
_TOLERANT = {"core.safecrlf": "false"}
_COUNTS = re.compile(r"(\d+)\t(\d+)")


@dataclass(frozen=True, slots=True)
class Inside:
    """Git in one worktree, whatever its `.git` file or `core.worktree` says now.

    `filters` are those of its user's git, by name (`git_settings`).
    """

    entry: WorktreeEntry
    repository: Repository
    extra: Mapping[str, str] = field(default_factory=dict)
    filters: frozenset[str] = frozenset()
    seconds: float = processes.DEFAULT_SECONDS

    def ask(self, *args: str, stdin: bytes = b"") -> Completed:
        """Run git and return how it ended; tried twice where something was locked."""
        made = {
            "GIT_DIR": str(self.repository.path),
            "GIT_WORK_TREE": str(self.entry.path),
            **_AS_ITS_USER,
            **self.extra,
        }
        return patiently(
            self.repository, *args, stdin=stdin, extra=made, seconds=self.seconds
        )

    def run(self, *args: str, stdin: bytes = b"") -> str:
        """Run git and return its standard output without the last line end.

        Raises:
            GitFailed: The exit code is not 0.
        """
        return _output(args, self.ask(*args, stdin=stdin))


def with_filters(
    entry: WorktreeEntry, extra: Mapping[str, str] | None = None
) -> Inside:
    """Return git for a worktree that sees its files as its user's git does.

    Its filters as they are now are switched off.
    """
    seen = git_settings.seen_by_its_user(_own(entry))
    settings = {**seen.repository.settings, **_TOLERANT}
    repository = replace(seen.repository, settings=settings)
    return Inside(entry, repository, extra or {}, seen.filters)


def without_filters(entry: WorktreeEntry) -> Inside:
    """Return git for a worktree, for commands that look at none of its files.

    It saves the look at the filters.
    """
    return Inside(entry, _own(entry))


def _own(entry: WorktreeEntry) -> Repository:
    # Run from the git directory: the worktree's folder may be gone. With one spelling
    # of it always: a setting may hold in git directories of a certain path alone
    # (`includeIf`), so filters are listed and git is run with the very same path.
    return Repository(entry.folder.resolve())


def patiently(
    repository: Repository,
    *args: str,
    stdin: bytes = b"",
    extra: Mapping[str, str] | None = None,
    seconds: float = processes.DEFAULT_SECONDS,
) -> Completed:
    """Run git; where it met a lock, somebody's own git is at work: once more."""
    done = repository.ask(*args, stdin=stdin, extra=extra, seconds=seconds)
    if done.code and _LOCKED.search(done.stderr):
        time.sleep(_PAUSE_SECONDS)
        done = repository.ask(*args, stdin=stdin, extra=extra, seconds=seconds)
    return done


def run_patiently(repository: Repository, *args: str) -> str:
    """Run git as `patiently` and return its standard output.

    Raises:
        GitFailed: The exit code is not 0.
    """
    return _output(args, patiently(repository, *args))


def _output(args: tuple[str, ...], done: Completed) -> str:
    if done.code:
        raise GitFailed(args, done)
    return done.text.removesuffix("\n")


def tips(repository: Path, *refs: str) -> dict[str, str]:
    """Return the object ids of those of the full refs that exist, in one look."""
    found = git.refs(Repository(repository), *refs)
    return {x: found[x] for x in refs if x in found}


def shortly(worktree: Inside) -> Inside:
    """Return the same for a look: what takes longer than that hangs."""
    return replace(worktree, seconds=git.LOOK_SECONDS)


def distance(entry: WorktreeEntry, target_ref: str) -> tuple[int, int]:
    """Return how many commits it has that the target has not, and the reverse.

    Zeros where either has no commit. Between the same two git counts once.

    Raises:
        GitFailed: Git said something else than two numbers.
    """
    common = common_folder(entry.folder)
    head, target = (
        ref_files.checked_out(common, entry),
        ref_files.tip(common, target_ref),
    )
    if not head or not target:
        return _count(_own(entry), "HEAD", target_ref) or (0, 0)
    if head == target:
        return 0, 0
    depth = read(common / "shallow", _MOST_SHALLOW)
    try:
        return _known_distance(common, head, target, depth)
    except LookupError:
        return 0, 0


@lru_cache(maxsize=_KEPT)
def _known_distance(
    common: Path, head: str, target: str, depth: bytes
) -> tuple[int, int]:
    """Return the distance; a LookupError, where git could not count, is not kept."""
    del depth  # where history is cut off, which changes the count
    found = _count(Repository(common), head, target)
    if found is None:
        raise LookupError(head)
    return found


def _count(repository: Repository, head: str, target: str) -> tuple[int, int] | None:
    words = ("rev-list", "--left-right", "--count", f"{head}...{target}", "--")
    done = patiently(repository, *words, seconds=git.LOOK_SECONDS)
    if done.code:
        return None
    counts = _COUNTS.match(done.text)
    if counts is None:
        raise GitFailed(words, done)
    return int(counts[1]), int(counts[2])


def reconnect(repository: Path, path: Path) -> WorktreeEntry | None:
    """Return the worktree in a folder, its entry led back to it where it was not.

    Both ends may have been moved. None where the folder is no worktree of the
    repository.
    """
    entry = _entry_of(common_folder(repository), path)
    if entry is None or (own_folder(path) and is_same_place(entry.path, path)):
        return entry
    if entry.is_present:
        return None  # a copy: the worktree itself is elsewhere
    run_patiently(Repository(repository), *LINKING, "repair", str(path))
    return WorktreeEntry(entry.folder, path)


def _entry_of(common: Path, path: Path) -> WorktreeEntry | None:
    found = own_folder(path)
    if found is not None:
        return next(
            (x for x in entries(common) if is_same_place(x.folder, found)), None
        )
    lost = pointed_to(path)
    if lost is None or lost.exists() or lost.parent.name != "worktrees":
        return None
    return next((x for x in entries(common) if x.folder.name == lost.name), None)
