"""Runs shown in other tools' shapes, computed from their records.

It changes nothing; the shapes are `coordinator.workflows.runs.state_files`'.
"""

from typing import Any, Literal

from pydantic import Field

from coordinator.actions.runs import loading
from coordinator.actions.runs.upgrade import OneRun
from coordinator.kernel.errors import UsageProblem
from coordinator.workflows.runs import state_files
from coordinator.workflows.runs.state_files import Shown
from coordinator.workspace.registry import Refresh, Who, action
from coordinator.workspace.workspace import Call

ForeignShape = dict[str, Any]  # as other programs have it: see `state_files`


class Export(OneRun):
    """Which run, in which shape."""

    format: Literal["step-json", "dna-json"] = Field(..., description="the shape")


@action(
    "workflow export",
    who=Who.ANYONE,
    example="coordinator workflow export backend-steps-1 --format step-json",
    refresh=Refresh.QUICK,
)
def export(call: Call, arguments: Export) -> ForeignShape:
    """Show a run of steps as Step.json or DNA.json, computed from its records."""
    loaded = loading.find(call.workspace, arguments.run)
    if not loaded.is_steps:
        raise UsageProblem(
            f"{arguments.run} is no run of steps.",
            hint=f"Run: coordinator workflow show {arguments.run} --json",
        )
    shown = Shown(loaded.run, loaded.document, loaded.plan)
    if arguments.format == "step-json":
        return state_files.step_json(shown)
    return state_files.dna_json(shown)
