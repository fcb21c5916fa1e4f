"""Contexts by command: what agents are doing now."""

from typing import Literal

from pydantic import Field

import active_contexts.format
import active_contexts.store
from coordinator.actions.agents import agent_status
from coordinator.actions.documents import accepting
from coordinator.index import queries
from coordinator.kernel import clock
from coordinator.kernel.disk import files
from coordinator.kernel.disk.files import Content
from coordinator.kernel.errors import External, UsageProblem
from coordinator.results.agents import AgentStatus
from coordinator.workspace import callers
from coordinator.workspace.registry import Arguments, Nothing, Refresh, Who, action
from coordinator.workspace.workspace import Call, Workspace

StateWord = Literal["working", "waiting", "blocked", "done", "idle"]


@action(
    "context list",
    who=Who.ANYONE,
    example="coordinator context list",
    refresh=Refresh.QUICK,
)
def list_contexts(call: Call, arguments: Nothing) -> list[AgentStatus]:
    """List what each agent is doing now."""
    del arguments
    return agent_status.agent_statuses(call.workspace)


class SetArguments(Arguments):
    """What to say; what is not given stays as it stands in the file."""

    state: StateWord | None = Field(None, description="the state")
    task: str | None = Field(None, max_length=500, description="the task at hand")
    note: str | None = Field(None, max_length=2_000, description="a note to the others")


@action(
    "context set",
    who=Who.MEMBER,
    example='coordinator context set --state working --task "Add login"',
)
def set_context(call: Call, arguments: SetArguments) -> AgentStatus:
    """Say what you are doing now, in your own context file."""
    agent = callers.acting_agent(call)
    if arguments.state is None and arguments.task is None and arguments.note is None:
        raise UsageProblem(
            "Nothing was given to set.", hint="Give --state, --task or --note."
        )
    workspace = call.workspace
    path = _own_file(workspace, agent)
    present = files.read(workspace.layout.root, path)
    match present:
        case Content(text=text):
            new = active_contexts.format.apply(
                text,
                state=arguments.state,
                task=arguments.task,
                note=arguments.note,
            )
        case None:
            new = active_contexts.format.render(
                arguments.state or "working",
                arguments.task or "",
                arguments.note or "",
                clock.render(workspace.now()),
            )
        case _:
            raise External(
                f"{path} cannot be edited as it is.", hint="Run: coordinator check"
            )
    accepting.write_document(workspace, path, new)
    return next(x for x in agent_status.agent_statuses(workspace) if x["name"] == agent)


def _own_file(workspace: Workspace, agent: str) -> str:
    """Return the agent's newest context file, or where a first one belongs."""
    row = queries.newest_context(workspace.index, agent)
    return row["path"] if row else active_contexts.store.path_of(agent)
