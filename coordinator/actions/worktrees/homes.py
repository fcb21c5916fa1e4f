"""The home worktrees of all agents, made where one is missing.

Which worktree an agent gets is decided in `worktrees`.
"""

import os
from contextlib import suppress
from itertools import count

from active_contexts.worktree_state.model import TrackedRepository
from active_contexts.worktrees import pool, promised
from coordinator.actions.worktrees.worktrees import (
    bringing,
    home_of,
    make_home,
    record_refused,
)
from coordinator.kernel.errors import CoordinatorError
from coordinator.kernel.system.start_errors import TimedOut
from coordinator.kernel.system.threads import abreast
from coordinator.results.workspaces import MadeHome
from coordinator.workspace import repositories
from coordinator.workspace.workspace import Call, Workspace

_PROCESSORS = os.cpu_count() or 1


def make_all(call: Call) -> list[MadeHome]:
    """Give every agent its home worktree; why one has none is a problem."""
    workspace, bring = call.workspace, bringing(call)
    made: list[MadeHome] = []
    for tracked in repositories.all_tracked(workspace):
        _prepare(workspace, tracked)
        hung = ""
        for agent in workspace.roster.names:
            if hung:  # once is enough
                made.append({"agent": agent, "path": "", "problem": hung})
                continue
            try:
                home = make_home(workspace, tracked, agent, bring)
            except CoordinatorError as error:
                record_refused(workspace, tracked, agent, error)
                reason = f"{error.message} {error.hint}"
                hung = reason if isinstance(error, TimedOut) else ""
                made.append({"agent": agent, "path": "", "problem": reason})
            else:
                made.append({"agent": agent, "path": str(home.path), "problem": ""})
    return made


def _prepare(workspace: Workspace, tracked: TrackedRepository) -> None:
    """Make the worktrees that are missing at once, for `make_home` to take.

    What fails here fails there again, and is told.
    """
    with suppress(CoordinatorError, OSError):
        if promised.is_partial(tracked):
            return  # nobody has asked yet whether what is lacking may be brought
        agents = filter(None, map(workspace.roster.find, workspace.roster.names))
        homes = [home_of(workspace, tracked, x) for x in agents]
        missing = sum(not os.path.lexists(x.path) for x in homes)
        ground = repositories.worktree_root(workspace)
        tip, lacking = pool.prepare(ground, tracked, missing) if missing else ("", 0)
        made = count(1)

        def make() -> None:
            pool.make(ground, tracked, tip)
            workspace.told(f"Worktrees of {tracked.name}: {next(made)} of {lacking}")

        if lacking:
            workspace.told(f"Worktrees of {tracked.name}: 0 of {lacking}")
        abreast([make] * lacking, most=_PROCESSORS)
