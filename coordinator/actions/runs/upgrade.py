"""Runs brought to a newer version of their template, by command.

What of either side stays is decided in `coordinator.workflows.decide.upgrades`.
"""

from typing import Annotated

from pydantic import Field

from coordinator.actions.runs import loading, perform
from coordinator.actions.templates import library
from coordinator.index import document_queries
from coordinator.results.runs import UpgradedRun
from coordinator.workflows.decide import ruling, upgrades
from coordinator.workflows.decide.ruling import Ruling
from coordinator.workflows.decide.upgrades import Met, NewVersion
from coordinator.workflows.runs.loaded_run import LoadedRun
from coordinator.workspace.registry import Arguments, Positional, Refresh, Who, action
from coordinator.workspace.workspace import Call, Workspace


class OneRun(Arguments):
    """Which run."""

    run: Annotated[str, Positional()] = Field(..., description="the run's id")


@action(
    "workflow upgrade",
    who=Who.MEMBER,
    example="coordinator workflow upgrade backend-workflow-1",
    refresh=Refresh.QUICK,
)
def upgrade(call: Call, arguments: OneRun) -> UpgradedRun:
    """Bring a run to the newest version of its template; its own changes stay."""
    before = loading.find_open(call, arguments.run).run.version
    asking, met = perform.asking(call), Met()

    def decide(loaded: LoadedRun) -> Ruling:
        nonlocal met
        new = _newest(call.workspace, loaded)
        is_merging = _is_merging(call.workspace, loaded)
        if refusal := upgrades.held_back(loaded, new, is_merging=is_merging):
            return ruling.refuse(refusal)
        found, met = upgrades.upgrade(loaded, new, call.caller.agent, asking)
        return found

    now = perform.perform(call, arguments.run, decide).loaded.run.version
    return {
        "id": arguments.run,
        "from": before,
        "to": now,
        "changed": now != before,
        "conflicts": len(met.not_taken),
        "not_taken": list(met.not_taken),
        "removed": list(met.removed),
    }


def _newest(workspace: Workspace, loaded: LoadedRun) -> NewVersion:
    """Return the newest version of a run's template."""
    row = library.find_template(workspace, loaded.run.template)
    text = workspace.read_text(row["blob"])
    return NewVersion(row["name"], row["version"], row["path"], text)


def _is_merging(workspace: Workspace, loaded: LoadedRun) -> bool:
    """Tell whether the living copy stands in the midst of another merge."""
    problems = document_queries.problems_of(workspace.index, loaded.path)
    return any(x["code"] == "conflict-marker" for x in problems)
