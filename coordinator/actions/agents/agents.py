"""Agents by command: who is on the roster, imported, retired."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, cast

from pydantic import Field

import agent_identities.store
from agent_identities import importing
from agent_identities.model import Identity
from coordinator.actions.agents import agent_status
from coordinator.actions.documents import named_files
from coordinator.actions.documents.accepting import take_in
from coordinator.kernel.disk import files
from coordinator.kernel.disk.files import Content
from coordinator.kernel.errors import Conflict, NotFound
from coordinator.kernel.journal import Draft
from coordinator.kernel.problems import Problem
from coordinator.results.agents import (
    AgentStatus,
    ImportedAgents,
    ListedAgent,
    RetiredAgent,
    ShownAgent,
)
from coordinator.results.problems import problems_of
from coordinator.workspace import tokens
from coordinator.workspace.registry import (
    Arguments,
    Nothing,
    Positional,
    Refresh,
    Who,
    action,
)
from coordinator.workspace.workspace import MAINTAINER, Call, Workspace

_SUFFIXES = {".md", ".json", ".yaml", ".yml"}
_AGENT_FOLDERS = {"agents", "agent-identities", "identities"}


class OneAgent(Arguments):
    """Which agent."""

    agent: Annotated[str, Positional()] = Field(..., description="the agent's name")


@action(
    "agent list",
    who=Who.ANYONE,
    example="coordinator agent list",
    refresh=Refresh.QUICK,
)
def list_agents(call: Call, arguments: Nothing) -> list[ListedAgent]:
    """List the agents with their role, branch prefix and state."""
    del arguments
    workspace = call.workspace
    states = {x["name"]: x for x in agent_status.agent_statuses(workspace)}
    return [_short(x, states[x.name]) for x in workspace.identities()]


def _short(identity: Identity, stands: AgentStatus) -> ListedAgent:
    return {
        "name": identity.name,
        "title": identity.title,
        "role": identity.role,
        "prefix": identity.prefix,
        "paths": identity.paths,
        "state": stands["state"],
        "stale": stands["stale"],
        "last_seen": stands["last_seen"],
        "path": identity.path,
    }


@action(
    "agent show",
    who=Who.ANYONE,
    example="coordinator agent show backend",
    refresh=Refresh.QUICK,
)
def show_agent(call: Call, arguments: OneAgent) -> ShownAgent:
    """Show an agent's identity and where it stands."""
    workspace = call.workspace
    identity = find_identity(workspace, arguments.agent)
    stands = {x["name"]: x for x in agent_status.agent_statuses(workspace)}[
        identity.name
    ]
    return cast("ShownAgent", {**asdict(identity), "standing": stands})


def find_identity(workspace: Workspace, name: str) -> Identity:
    """Return the identity of an agent on the roster.

    Raises:
        NotFound: There is none of that name.
    """
    found = workspace.roster.find(name)
    if found is None:
        raise NotFound(
            f"There is no agent named {name!r}.", hint="Run: coordinator agent list"
        )
    return found


class ImportArguments(Arguments):
    """Where agent files lie."""

    path: Annotated[str, Positional()] = Field(
        ..., description="an agent file, or a folder of them"
    )


@action(
    "agent import",
    who=Who.MAINTAINER,
    example="coordinator agent import .claude/agents",
)
def import_agents(call: Call, arguments: ImportArguments) -> ImportedAgents:
    """Import identities from Claude Code, Copilot, Roo and YAML agent files."""
    source = call.folder / arguments.path
    added: list[str] = []
    skipped: list[str] = []
    problems: list[Problem] = []
    for path in named_files.find(source, _SUFFIXES, "an agent file"):
        found, said = _read(path)
        guessed = any(x.code == "guessed-identity" for x in said)
        if guessed and path != source and path.parent.name not in _AGENT_FOLDERS:
            # Any prose can be read as an identity: a person must name the file.
            skipped += [x.name for x in found]
            continue
        problems += said
        for identity in found:
            known = call.workspace.roster.find(identity.name)
            if known is None and _save(call.workspace, identity):
                added.append(identity.name)
            else:
                skipped.append(identity.name)
    return {
        "id": "import",
        "added": added,
        "skipped": skipped,
        "problems": problems_of(problems),
    }


def _read(path: Path) -> tuple[tuple[Identity, ...], tuple[Problem, ...]]:
    content = files.read(path.parent, path.name)
    match content:
        case Content(text=text):
            return importing.read(text, path.name)
        case Problem():
            return (), (content,)
        case _:
            return (), ()


def _save(workspace: Workspace, identity: Identity) -> bool:
    """Write an identity's document; False where one stands there already."""
    try:
        path = agent_identities.store.save_new(
            workspace.layout.root, identity, temporary=workspace.layout.temporary
        )
    except Conflict:
        return False
    take_in(workspace, path, writer=MAINTAINER)
    return True


@action("agent retire", who=Who.MAINTAINER, example="coordinator agent retire docs")
def retire(call: Call, arguments: OneAgent) -> RetiredAgent:
    """Take an agent off the roster; what it wrote and its worktrees stay."""
    identity = find_identity(call.workspace, arguments.agent)
    call.workspace.record(Draft("agent.retired", call.caller.actor, identity.name))
    tokens.withdraw(call.workspace.layout, identity.name)
    return {"name": identity.name, "retired": True}
