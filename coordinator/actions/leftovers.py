"""Leftovers: locks that a killed git left in agents' worktrees.

A lock is reported when it is old; it is removed only when it is surely nobody's: no
git process lives there, and two looks saw it unchanged.
"""

from active_contexts import worktree_locks
from active_contexts.worktree_entries import common_folder, entry_at
from active_contexts.worktree_locks import Lock, LockVerdict
from active_contexts.worktree_model import Assigned, Tracked
from coordinator.actions.workspace import SYSTEM, Workspace
from coordinator.kernel import clock
from coordinator.kernel.journal import Draft
from coordinator.kernel.problems import Problem


def look_at_lock(
    workspace: Workspace, tracked: Tracked, known: Assigned
) -> Problem | None:
    """Judge the lock of one worktree, if it has one; remove it where it is stale."""
    entry = entry_at(common_folder(tracked.path), known.path)
    seen = worktree_locks.find_lock(entry) if entry else None
    before = workspace.seen.locks.pop(known.path, None)
    if entry is None or seen is None:
        return None
    workspace.seen.locks[known.path] = seen
    match _judge(before, seen, known):
        case LockVerdict.IN_USE:
            return None
        case LockVerdict.STALE if worktree_locks.remove_lock(seen):
            data = {"note": "no git process, unchanged for more than a minute"}
            workspace.record(Draft("lock.removed", SYSTEM, known.path.name, data))
            return None
    message = f"A git that was killed left {seen.path.name} behind."
    hint = f"If no git runs there: rm {seen.path}"
    return Problem(known.path.name, 0, "stale-lock", message, hint)


def _judge(before: Lock | None, seen: Lock, known: Assigned) -> LockVerdict:
    now = clock.now().timestamp()
    if now - seen.modified <= worktree_locks.STALE_SECONDS:
        return LockVerdict.IN_USE
    lives = worktree_locks.git_lives_in([known.path, seen.path.parent])
    return worktree_locks.judge(before, seen, lives=lives, now=now)
