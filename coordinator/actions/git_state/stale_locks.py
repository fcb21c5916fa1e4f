"""Locks that a killed git left in agents' worktrees.

A lock is reported when it is old; it is removed only when it is surely nobody's: no
git process lives there, and two looks saw it unchanged.
"""

from active_contexts.worktree_state.entries import WorktreeEntry
from active_contexts.worktree_state.model import AssignedWorktree
from active_contexts.worktrees import locks
from active_contexts.worktrees.locks import Lock, LockVerdict
from coordinator.kernel import clock
from coordinator.kernel.journal import SYSTEM, Draft
from coordinator.kernel.problems import Problem
from coordinator.workspace.workspace import Workspace


def look_at_lock(
    workspace: Workspace, entry: WorktreeEntry | None, known: AssignedWorktree
) -> Problem | None:
    """Judge the lock of one worktree, if it has one; remove it where it is stale."""
    seen = locks.find_lock(entry) if entry else None
    before = workspace.git_state.locks.pop(known.path, None)
    if entry is None or seen is None:
        return None
    workspace.git_state.locks[known.path] = seen
    match _judge(before, seen, known):
        case LockVerdict.IN_USE:
            return None
        case LockVerdict.STALE if locks.remove_lock(seen):
            data = {"note": "no git process, unchanged for more than a minute"}
            workspace.record(Draft("lock.removed", SYSTEM, known.path.name, data))
            return None
    message = f"A git that was killed left {seen.path.name} behind."
    hint = f"If no git runs there: rm {seen.path}"
    return Problem(known.path.name, 0, "stale-lock", message, hint)


def _judge(before: Lock | None, seen: Lock, known: AssignedWorktree) -> LockVerdict:
    now = clock.now().timestamp()
    if now - seen.modified <= locks.STALE_SECONDS:
        return LockVerdict.IN_USE
    lives = locks.git_lives_in([known.path, seen.path.parent])
    return locks.judge(before, seen, lives=lives, now=now)
