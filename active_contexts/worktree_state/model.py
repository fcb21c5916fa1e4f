"""Worktrees as values: who has which, in what state, and what can be wrong.

It touches neither git nor the disk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from coordinator.kernel.errors import Conflict, NotFound, Refused
from coordinator.kernel.text.names import display

POOL = ".coordinator/pool"
TRASH = ".coordinator/trash"
# Names of what can be made again, where git ignores it: see `ignored`.
DISPOSABLE = (
    "node_modules/",
    "bower_components/",
    ".venv/",
    "venv/",
    "__pycache__/",
    "*.pyc",
    ".mypy_cache/",
    ".pytest_cache/",
    ".ruff_cache/",
    ".tox/",
    ".nox/",
    "*.egg-info/",
    "target/",
    "build/",
    "dist/",
    "out/",
    ".next/",
    ".nuxt/",
    ".turbo/",
    ".parcel-cache/",
    ".gradle/",
    ".cache/",
    "*.o",
    "*.class",
    ".DS_Store",
)


@dataclass(frozen=True, slots=True)
class WorktreeRoot:
    """The folder in which worktrees are made and removed, and its repositories.

    `disposable` are the patterns of ignored files that can be made again;
    `submodules` tells whether new worktrees get those that the repository has.
    """

    workspace: Path
    repositories: tuple[Path, ...]
    disposable: tuple[str, ...] = DISPOSABLE
    submodules: bool = True

    @property
    def pool(self) -> Path:
        """Where worktrees wait for an agent."""
        return self.workspace / POOL

    @property
    def trash(self) -> Path:
        """Where removed worktrees wait for their end."""
        return self.workspace / TRASH


@dataclass(frozen=True, slots=True)
class TrackedRepository:
    """A repository of the workspace; `target` is the branch that work lands on."""

    name: str
    path: Path
    target: str

    @property
    def target_ref(self) -> str:
        """The target branch's full name."""
        return f"refs/heads/{self.target}"


@dataclass(frozen=True, slots=True)
class AssignedWorktree:
    """A worktree that an agent was given.

    `feature` is empty for the home worktree, `branch` while it is detached. `commit`
    and `entry` (the name that git gave it) help to repair it and may be empty.
    """

    agent: str
    prefix: str
    feature: str
    path: Path
    branch: str = ""
    commit: str = ""
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """What is checked out: a branch, or a commit; the other one is empty."""

    branch: str
    commit: str


class Operation(StrEnum):
    """What git can be in the middle of."""

    REBASE = "rebase"
    MERGE = "merge"
    CHERRY_PICK = "cherry-pick"
    REVERT = "revert"
    BISECT = "bisect"


class WorktreeState(StrEnum):
    """Whether a worktree can be worked in."""

    READY = "ready"
    BUSY = "busy"
    MISSING = "missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Worktree:
    """What is to be seen of an agent's worktree.

    `dirty` is None where only a filter could tell. `ahead` and `behind` count commits
    against the target branch. All three are None of one that cannot be looked at.
    `operation` says what a busy one is in the middle of.
    """

    agent: str
    feature: str
    repository: str
    path: Path
    branch: str
    commit: str
    dirty: bool | None
    ahead: int | None
    behind: int | None
    state: WorktreeState
    operation: Operation | None = None


class Risk(StrEnum):
    """Why a worktree holds something that is nowhere else."""

    CHANGED = "uncommitted changes"
    UNTRACKED = "untracked files"
    UNLANDED = "commits that are not on the target branch"
    STASHED = "stash entries"
    BUSY = "an unfinished operation"
    NESTED = "repositories inside the worktree"
    SUBMODULE = "work that only a submodule has"
    UNREADABLE = "folders that cannot be read"
    MOUNTED = "what is mounted from elsewhere"
    LOCKED = "a lock (git worktree unlock takes it away)"


@dataclass(frozen=True, slots=True)
class WorktreeFinding:
    """Something that would be lost with a worktree, or that keeps it."""

    risk: Risk
    details: tuple[str, ...]

    @property
    def text(self) -> str:
        """The finding for a person, with the first few details."""
        shown = ", ".join(display(x) for x in self.details[:5])
        more = len(self.details) - 5
        return f"{self.risk}: {shown}" + (f" and {more} more" if more > 0 else "")


class NotARepository(NotFound):
    """There is no git repository at a path."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"There is no git repository at {display(str(path))}.",
            hint="Give the folder that holds .git, or a bare repository.",
        )


class UnusablePath(Refused):
    """A path cannot stand in the files in which git keeps paths line by line."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The path {display(str(path))} holds the end of a line.",
            hint="Git cannot keep worktrees there: rename the folder.",
        )


class UnknownObjects(Refused):
    """A repository's objects have ids of another kind than SHA-1."""

    def __init__(self, path: Path, kind: str) -> None:
        super().__init__(
            f"The repository {display(str(path))} has {display(kind)} objects, "
            "and only sha1 is supported.",
            hint="Make one with: git init --object-format=sha1",
        )


class NotOwned(Refused):
    """Git refuses the repository since it belongs to somebody else than `user`."""

    def __init__(self, path: Path, user: str) -> None:
        where = display(str(path))
        super().__init__(
            f"The repository {where} belongs to another user, so the git of {user}"
            " refuses it.",
            hint=f"Run as {user}: git config --global --add safe.directory {where}",
        )


class NoCommits(Refused):
    """A repository has no commit to begin from."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The repository {display(str(path))} has no commits.",
            hint="Make the first one: git commit --allow-empty -m 'Begin'",
        )


class TargetMissing(NotFound):
    """The branch that work lands on does not exist."""

    def __init__(self, tracked: TrackedRepository) -> None:
        super().__init__(
            f"{tracked.name} has no branch {display(tracked.target)} to begin from.",
            hint=f"Make it (git branch {tracked.target}), or name another: "
            "target in coordinator.toml.",
        )


class FolderTaken(Conflict):
    """Something else stands where a worktree should be made."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(
            f"{display(str(path))} is taken: {what}.",
            hint="Move it away, then try again.",
        )


class FolderGone(Conflict):
    """Git knows a worktree in a folder that somebody deleted."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The worktree {display(str(path))} is gone.",
            hint="Run: coordinator worktree repair",
        )


class BranchBlocked(Conflict):
    """Another branch's name is in the way of a new one."""

    def __init__(self, branch: str, other: str, rename: str) -> None:
        super().__init__(
            f"The branch {display(branch)} cannot be made: a branch named"
            f" {display(other)} is in its way, for git cannot have both.",
            hint=f"Rename that one: {rename}",
        )


class BranchElsewhere(Conflict):
    """A branch is checked out in another worktree."""

    def __init__(self, branch: str, path: Path) -> None:
        where = display(str(path))
        gone = "" if path.exists() else " (a folder that is gone)"
        free = "coordinator worktree repair" if gone else f"git -C {where} switch …"
        super().__init__(
            f"The branch {display(branch)} is checked out in {where}{gone}.",
            hint=f"Free it first: {free}",
        )


# What cannot be saved in a repository, and what is to be done about it.
UNSAVABLE = {
    Risk.NESTED: "Move them out of the worktree, or delete them, then try again.",
    Risk.UNREADABLE: "Make them readable (chmod -R u+rwX …), then try again.",
    Risk.MOUNTED: "Unmount it (umount …), then try again.",
}


class NotSafe(Refused):
    """A worktree holds something that is nowhere else."""

    def __init__(self, path: Path, findings: Sequence[WorktreeFinding]) -> None:
        listed = "; ".join(x.text for x in findings)
        hints = [UNSAVABLE[x.risk] for x in findings if x.risk in UNSAVABLE]
        force = "Commit and land it, or add --force, which saves it all first."
        super().__init__(
            f"{display(path.name)} is not removed, since it holds {listed}.",
            hint=hints[0] if hints else force,
        )
        self.findings = tuple(findings)


class CannotSave(Refused):
    """A worktree holds something that cannot be saved in its repository."""

    def __init__(self, path: Path, finding: WorktreeFinding) -> None:
        super().__init__(
            f"{display(path.name)} cannot be saved, since it holds {finding.text}.",
            hint=UNSAVABLE[finding.risk],
        )


class NotOurs(Refused):
    """The deletion guard does not let go of a folder."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{display(str(path))} is not deleted: {why}.",
            hint="Only the workspace's own worktrees are; delete others by hand.",
        )
