"""How git is run for a worktree that an agent writes in.

No filter, hook or setting of the agent's is followed, its own folder and git directory
are named outright, and a lock that the agent's git holds is waited for once.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from active_contexts.worktree_entries import (
    Entry,
    common_folder,
    entries,
    own_folder,
)
from coordinator.kernel import git, processes
from coordinator.kernel.git import GitFailed, Repository
from coordinator.kernel.processes import Completed

_LOCKED = re.compile(rb"\.lock'?: File exists|[Cc](?:annot|ould not) lock")
_PAUSE_SECONDS = 0.15
_STATUS = ("status", "-z", "--no-renames", "--ignore-submodules=dirty")
_OID = "# branch.oid "
_COUNTS = re.compile(r"(\d+)\t(\d+)")


@dataclass(frozen=True, slots=True)
class Inside:
    """Git in one worktree, whatever its `.git` file or `core.worktree` says now."""

    entry: Entry
    repository: Repository
    extra: Mapping[str, str] = field(default_factory=dict)
    seconds: float = processes.DEFAULT_SECONDS

    def ask(self, *args: str, stdin: bytes = b"") -> Completed:
        """Run git and return how it ended; tried twice where something was locked."""
        made = {
            "GIT_DIR": str(self.repository.path),
            "GIT_WORK_TREE": str(self.entry.path),
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


def inside(entry: Entry, extra: Mapping[str, str] | None = None) -> Inside:
    """Return git for a worktree, with its filters as they are now switched off."""
    return Inside(entry, git.without_filters(_own(entry)), extra or {})


def apart(entry: Entry) -> Inside:
    """Return git for a worktree, for commands that look at none of its files.

    It saves the look at the filters.
    """
    return Inside(entry, _own(entry))


def _own(entry: Entry) -> Repository:
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


def changes(worktree: Inside) -> tuple[str, ...]:
    """Return `git status` lines (porcelain v1), untracked files one by one.

    What a submodule holds is not looked at: git would run that repository's settings.
    """
    said = worktree.run(*_STATUS, "--porcelain", "--untracked-files=all")
    return tuple(x for x in said.split("\0") if x)


def commit_and_dirt(worktree: Inside) -> tuple[str, bool]:
    """Return what is checked out (empty: nothing yet), and whether anything changed."""
    said = worktree.run(
        *_STATUS, "--porcelain=v2", "--branch", "--untracked-files=normal"
    )
    lines = [x for x in said.split("\0") if x]
    oids = (x.removeprefix(_OID) for x in lines if x.startswith(_OID))
    commit = next(oids, "")
    dirty = any(not x.startswith("# ") for x in lines)
    return "" if commit == "(initial)" else commit, dirty


def hidden(worktree: Inside) -> dict[str, str]:
    """Return the paths whose changes `git status` does not show, and their tag.

    A lower-case tag means assume-unchanged; `S` skip-worktree, which is told of only
    where the file is there all the same. See git-ls-files(1).
    """
    found: dict[str, str] = {}
    for line in worktree.run("ls-files", "-v", "-z").split("\0"):
        tag, _, path = line.partition(" ")
        if tag.islower() or (tag == "S" and (worktree.entry.path / path).exists()):
            found[path] = tag
    return found


def shortly(worktree: Inside) -> Inside:
    """Return the same for a look: what takes longer than that hangs."""
    return replace(worktree, seconds=git.LOOK_SECONDS)


def distance(entry: Entry, target_ref: str) -> tuple[int, int]:
    """Return how many commits it has that the target has not, and the reverse.

    Zeros where either has no commit.

    Raises:
        GitFailed: Git said something else than two numbers.
    """
    words = ("rev-list", "--left-right", "--count", f"HEAD...{target_ref}", "--")
    done = shortly(apart(entry)).ask(*words)
    if done.code:
        return 0, 0
    counts = _COUNTS.match(done.text)
    if counts is None:
        raise GitFailed(words, done)
    return int(counts[1]), int(counts[2])


def reconnect(repository: Path, path: Path) -> Entry | None:
    """Return the worktree in a folder, its entry led back to it where it was not.

    None where the folder is no worktree of the repository.
    """
    common = common_folder(repository)
    found = own_folder(path)
    entry = next((x for x in entries(common) if x.folder == found), None)
    if entry is None or entry.path.resolve() == path.resolve():
        return entry
    if entry.is_present:
        return None  # a copy: the worktree itself is elsewhere
    run_patiently(Repository(repository), "worktree", "repair", str(path))
    return Entry(entry.folder, path)
