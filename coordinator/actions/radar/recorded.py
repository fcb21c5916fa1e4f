"""The conflicts between agents' work as they were recorded; it compares nothing."""

from coordinator.index import queries
from coordinator.workspace.workspace import Workspace
from pending_commits.radar.news import WorkConflict


def known_conflicts(workspace: Workspace, repository: str = "") -> list[WorkConflict]:
    """Return the conflicts as they were recorded last, of one repository or all."""
    rows = queries.conflicts(workspace.index)
    found = [
        WorkConflict(x["repository"], x["agents"], x["paths"], x["work"], x["head"])
        for x in rows
    ]
    return [x for x in found if repository in {"", x.repository}]
