"""Who calls: told by the channel (folder, token), never by text.

A folder inside an agent's worktree makes the caller that agent; elsewhere a token does.
"""

from dataclasses import dataclass
from pathlib import Path

from active_contexts.worktree_state.entries import ROLE, first_line, own_folder
from coordinator.index import queries
from coordinator.kernel.errors import NotFound, Refused
from coordinator.kernel.system import addresses
from coordinator.workspace import tokens
from coordinator.workspace.layout import Layout
from coordinator.workspace.registry import Action, Who
from coordinator.workspace.workspace import Call, Caller, Workspace


@dataclass(frozen=True, slots=True)
class Credentials:
    """What came with a call: the folder, the agent it names, the token it shows."""

    folder: Path
    agent: str = ""
    token: str = ""


def resolve(workspace: Workspace, shown: Credentials) -> Caller:
    """Return who calls; a wrong or missing token leaves only the right to read.

    Raises:
        NotFound: The named agent is not on the roster.
    """
    agent = _agent_at(workspace, shown.folder)
    if agent is not None:
        return Caller(agent)
    if shown.agent:
        if workspace.roster.find(shown.agent) is None:
            raise NotFound(
                f"There is no agent named {shown.agent!r}.",
                hint="Run: coordinator agent list",
            )
        is_own = tokens.is_agents(workspace.layout, shown.agent, shown.token)
        return Caller(shown.agent if is_own else "")
    name = tokens.maintainer(workspace.layout, shown.token)
    return Caller(is_maintainer=name is not None, name=name or "")


def check(action: Action, caller: Caller, shown: Credentials) -> None:
    """Let the call through or refuse it.

    Raises:
        Refused: The caller may not do this; the hint says who can.
    """
    if action.who is Who.ANYONE or caller.is_maintainer:
        return
    if caller.agent and action.who is Who.MEMBER:
        return
    if caller.agent:
        raise Refused(
            f"Only a maintainer may run {action.name!r}; {caller.agent} is an agent.",
            hint="Ask a maintainer to run it outside of an agent's worktree.",
        )
    if shown.agent:
        raise Refused(
            f"The token shown is not the one of {shown.agent}.",
            hint=f"Run it in a worktree of {shown.agent}, or without --as.",
        )
    raise Refused(
        f"{action.name!r} needs the maintainer's token, and none or another was shown.",
        hint=f"It belongs into {addresses.maintainer_token()}; run: coordinator init",
    )


def _agent_at(workspace: Workspace, folder: Path) -> str | None:
    """Return whose worktree holds this folder, None where it is no agent's place.

    Empty where it is a place that gives no rights, whatever token is shown: a retired
    agent's worktree, one that was put away, one that nobody knows. Git's own files
    may be lost; the journal still knows whose folder it is.
    """
    layout = workspace.layout
    if not folder.is_relative_to(layout.root) or folder == layout.root:
        return None
    if folder.is_relative_to(layout.trash) or folder.is_relative_to(layout.pool):
        return ""
    if role := role_at(layout, folder):
        return workspace.roster.prefixes.get(role, "")
    top = folder.relative_to(layout.root).parts[0]
    known = queries.worktree_at(workspace.index, top)
    if known is None:
        return "" if (layout.root / top / ".git").is_file() else None
    return known["agent"] if workspace.roster.find(known["agent"]) else ""


def role_at(layout: Layout, folder: Path) -> str:
    """Return the prefix of the agent whose worktree holds this folder, or nothing."""
    if not folder.is_relative_to(layout.root):
        return ""
    inside = folder.relative_to(layout.root).parts
    if not inside or inside[0].startswith("."):
        return ""
    own = own_folder(layout.root / inside[0])
    return first_line(own / ROLE) if own else ""


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
