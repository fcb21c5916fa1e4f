"""Where each agent stands: its newest context beside what git and the clock say.

Used by status, board and reports; it reads the index and changes nothing.
"""

from datetime import datetime, timedelta

from active_contexts.model import ContextState
from coordinator.index import queries, record_queries
from coordinator.kernel import clock
from coordinator.results.agents import AgentStatus
from coordinator.workspace.workspace import Workspace


def agent_statuses(workspace: Workspace) -> list[AgentStatus]:
    """Return the standing of every agent on the roster, by name."""
    names = workspace.roster.names
    contexts = {x: queries.newest_context(workspace.index, x) for x in names}
    seen = record_queries.seen(workspace.index)
    trees = _worktrees(workspace)
    return [
        _standing(workspace, name, contexts[name], seen.get(name, ""), trees)
        for name in names
    ]


def _standing(
    workspace: Workspace,
    name: str,
    context: queries.Row | None,
    last_seen: str,
    trees: dict[str, queries.Row],
) -> AgentStatus:
    row = context or {}
    tree = trees.get(name, {})
    return AgentStatus(
        name=name,
        state=row.get("state", ContextState.UNKNOWN.value),
        said=row.get("said", ""),
        task=row.get("task", ""),
        branch=tree.get("branch", ""),
        worktree=str(workspace.layout.root / tree["path"]) if tree else "",
        blockers=list(row.get("blockers", ())),
        next=row.get("next", ""),
        last_seen=last_seen,
        stale=stale(workspace, last_seen),
        path=row.get("path", ""),
    )


def stale(workspace: Workspace, last_seen: str) -> bool:
    """Tell whether an agent last seen then counts as stale; never seen: it does not."""
    if not last_seen:
        return False
    after = timedelta(minutes=workspace.settings.contexts.stale_after_minutes)
    return is_stale(clock.parse(last_seen), workspace.now(), after)


def is_stale(last_seen: datetime, now: datetime, after: timedelta) -> bool:
    """Tell whether nothing was heard for longer than `after`."""
    return now - last_seen > after


def _worktrees(workspace: Workspace) -> dict[str, queries.Row]:
    """Return for each agent the worktree that it is on a branch in, else its home."""
    chosen: dict[str, queries.Row] = {}
    for row in queries.worktrees(workspace.index):
        held = chosen.get(row["agent"])
        if held is None or (row["branch"] and not held["branch"]):
            chosen[row["agent"]] = row
    return chosen
