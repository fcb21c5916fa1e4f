"""Contexts by command: what agents are doing now."""

from typing import Literal

from pydantic import Field

import active_contexts.format
import active_contexts.store
from coordinator.actions import documents, standing
from coordinator.actions.documents import Found
from coordinator.actions.registry import Arguments, Fresh, Nothing, Who, action
from coordinator.actions.workspace import Call, Workspace
from coordinator.index import queries
from coordinator.kernel import clock, files, refusals
from coordinator.kernel.errors import External, Refused, UsageProblem
from coordinator.kernel.files import Content

StateWord = Literal["working", "waiting", "blocked", "done", "idle"]


@action(
    "context list",
    who=Who.ANYONE,
    example="coordinator context list",
    fresh=Fresh.CHEAPLY,
)
def list_contexts(call: Call, arguments: Nothing) -> list[standing.Standing]:
    """List what each agent is doing now."""
    del arguments
    return standing.standings(call.workspace)


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
def set_context(call: Call, arguments: SetArguments) -> standing.Standing:
    """Say what you are doing now, in your own context file."""
    agent = acting_agent(call)
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
    write_document(workspace, path, new)
    return next(x for x in standing.standings(workspace) if x.name == agent)


def acting_agent(call: Call) -> str:
    """Return the agent who calls.

    Raises:
        Refused: A maintainer calls, and the action needs an agent.
    """
    if not call.caller.agent:
        raise Refused(
            "This is for agents, and you are the maintainer here.",
            hint="Run it in an agent's worktree, or with --as AGENT.",
        )
    return call.caller.agent


def write_document(
    workspace: Workspace, path: str, text: str, *, writer: str = ""
) -> None:
    """Write a document and take it in at once.

    Raises:
        External: The file cannot be written, or was changed while we wrote.
    """
    root = workspace.layout.root
    try:
        files.write(root, path, text.encode(), temporary=workspace.layout.temporary)
    except OSError as error:
        said, hint = refusals.explain(error)
        said = said.removeprefix(f"{root / path}: ")
        if isinstance(error, FileNotFoundError):
            hint = "Run: coordinator doctor --fix"
        raise External(f"{path} cannot be written: {said}.", hint=hint) from error
    take_in(workspace, path, writer=writer)


def take_in(workspace: Workspace, path: str, *, writer: str = "") -> None:
    """Take in one document that was just written."""
    result = files.read(workspace.layout.root, path)
    if isinstance(result, Content):
        documents.accept(workspace, [Found(path, result)], writer=writer)


def _own_file(workspace: Workspace, agent: str) -> str:
    """Return the agent's newest context file, or where a first one belongs."""
    row = queries.newest_context(workspace.index, agent)
    return row["path"] if row else active_contexts.store.path_of(agent)
