"""Status, health and problems: what is going on, in one answer each."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from coordinator.actions.agents import agent_status
from coordinator.actions.runs import escalations, gates
from coordinator.index import document_queries, queries
from coordinator.kernel.errors import NotFound, UsageProblem
from coordinator.results.problems import ShownProblem
from coordinator.results.workspaces import (
    ShownDaemon,
    ShownHealth,
    ShownStatus,
    StoppedDaemon,
)
from coordinator.workspace.registry import (
    Arguments,
    Nothing,
    Positional,
    Refresh,
    Who,
    action,
)
from coordinator.workspace.workspace import Call, Workspace


@action("status", who=Who.ANYONE, example="coordinator status", refresh=Refresh.QUICK)
def status(call: Call, arguments: Nothing) -> ShownStatus:
    """Show the daemon, the agents, and how much waits for a person."""
    del arguments
    workspace = call.workspace
    return {
        "workspace": str(workspace.layout.root),
        "daemon": _daemon(workspace),
        "agents": agent_status.agent_statuses(workspace),
        "pending": queries.count_waiting(workspace.index),
        "gates": len(gates.waiting(workspace)),
        "escalations": len(escalations.waiting(workspace)),
        "problems": document_queries.count_problems(workspace.index),
        "records": workspace.journal.last,
    }


def _daemon(workspace: Workspace) -> ShownDaemon:
    health = workspace.health() if workspace.health else None
    pid = health["pid"] if health else None
    return {"running": health is not None, "pid": pid, "url": None, "health": health}


@action("health", who=Who.ANYONE, example="coordinator health --json")
def health(call: Call, arguments: Nothing) -> ShownHealth:
    """Show the daemon's own state: scan age, queue, overflows, disk, watcher."""
    del arguments
    found = call.workspace.health() if call.workspace.health else None
    return {"running": True, **found} if found else {"running": False}


@action("down", who=Who.MAINTAINER, example="coordinator down")
def down(call: Call, arguments: Nothing) -> StoppedDaemon:
    """Stop the daemon; what it has in hand is finished first."""
    del arguments
    workspace = call.workspace
    running = workspace.health is not None
    workspace.stop_wanted = running
    return {"stopped": running, "pid": _daemon(workspace)["pid"]}


class CheckArguments(Arguments):
    """Which documents to check."""

    paths: Annotated[tuple[str, ...], Positional()] = Field(
        (), description="documents or folders; none: everything"
    )


@action("check", who=Who.ANYONE, example="coordinator check", refresh=Refresh.FULL)
def check(call: Call, arguments: CheckArguments) -> list[ShownProblem]:
    """List the problems of all documents, with path and line; exit code 1 if any."""
    found = document_queries.problems(call.workspace.index)
    if not arguments.paths:
        return found
    chosen: list[ShownProblem] = []
    for path in dict.fromkeys(_relative(call, x) for x in arguments.paths):
        below = [x for x in found if _is_below(x["path"], path)]
        if not below and not (call.workspace.layout.root / path).exists():
            raise NotFound(
                f"There is no document {path!r}.", hint="Run: coordinator check"
            )
        chosen += [x for x in below if x not in chosen]
    return chosen


def _relative(call: Call, path: str) -> str:
    full = Path(path)
    root = call.workspace.layout.root
    if not full.is_absolute():
        full = call.folder / full
        if not full.exists() and (root / path).exists():
            full = root / path
    try:
        return str(full.resolve().relative_to(root))
    except ValueError:
        raise UsageProblem(
            f"{path} lies outside of the workspace {root}.",
            hint="Name a document of the workspace.",
        ) from None


def _is_below(path: str, folder: str) -> bool:
    return folder in {".", path} or path.startswith(f"{folder}/")
