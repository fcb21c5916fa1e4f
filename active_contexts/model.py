"""What an agent is doing now, as values.

It reads no text and asks for no time; who the agent is comes from the file's name.
"""

from dataclasses import dataclass
from enum import StrEnum


class ContextState(StrEnum):
    """What an agent is doing, in the one vocabulary that is shown and counted."""

    WORKING = "working"
    WAITING = "waiting"
    BLOCKED = "blocked"
    DONE = "done"
    IDLE = "idle"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Context:
    """What one file says; an empty text is what it does not say.

    `said` is the state in the author's own words. `branch` (in `branch_line`),
    `worktree` and `agent` are claims: git and the file's name decide.
    """

    path: str
    state: ContextState = ContextState.UNKNOWN
    said: str = ""
    task: str = ""
    branch: str = ""
    branch_line: int = 0
    worktree: str = ""
    blockers: tuple[str, ...] = ()
    next: str = ""
    note: str = ""
    agent: str = ""
