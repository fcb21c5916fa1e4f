"""Worktrees and hooks, as actions show them; shapes only. Paths are absolute."""

from typing_extensions import TypedDict


class ShownWorktree(TypedDict):
    """A worktree with what git says of it.

    `dirty` is null where a filter would have to tell; `ahead` and `behind` count
    commits from the target; null: it is not known.
    """

    agent: str
    feature: str
    repository: str
    path: str
    branch: str
    commit: str
    dirty: bool | None
    ahead: int | None
    behind: int | None
    state: str


class RestoredWorktree(ShownWorktree):
    """One that came back, with the trash's files, or what stands `in_the_way`."""

    restored: list[str]
    in_the_way: list[str]


class KeptFiles(TypedDict):
    """Ignored files in the trash: how many, the first names, and until when."""

    files: int
    bytes: int
    names: list[str]
    until: str


class RemovedWorktree(TypedDict):
    """One that is gone; `saved` are the refs that hold what was in it."""

    agent: str
    feature: str
    path: str
    saved: list[str]
    kept: KeptFiles


class RepairedWorktree(TypedDict):
    """What was done to one; `problem` says why it could not be."""

    agent: str
    feature: str
    path: str
    done: str
    saved: list[str]
    problem: str


class ShownHooks(TypedDict):
    """How the hooks stand in a repository."""

    repository: str
    state: str
