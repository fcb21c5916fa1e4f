"""Agents, what they do, and what they are told, as actions show it; shapes only.

Times are the server's (RFC 3339, UTC), empty where there is none.
"""

from typing import Any

from typing_extensions import TypedDict

from coordinator.results.problems import ShownProblem


class AgentStatus(TypedDict):
    """One agent's line in `status`; `last_seen` is the server's time or empty.

    `said` is the agent's own word for its state. `branch` and `worktree` are what git
    shows; `path` is the context's document.
    """

    name: str
    state: str
    said: str
    task: str
    branch: str
    worktree: str
    blockers: list[str]
    next: str
    last_seen: str
    stale: bool
    path: str


class ListedAgent(TypedDict):
    """An agent on the roster; its branches begin with `prefix`."""

    name: str
    title: str
    role: str
    prefix: str
    paths: tuple[str, ...]
    state: str
    stale: bool
    last_seen: str
    path: str


class ShownAgent(TypedDict):
    """An agent's identity as its document says it, and where it stands."""

    name: str
    title: str
    role: str
    description: str
    personality: str
    focus: str
    repository: str
    responsibilities: tuple[str, ...]
    paths: tuple[str, ...]
    partners: tuple[str, ...]
    prefix: str
    capabilities: tuple[str, ...]
    tools: tuple[str, ...]
    user: str
    path: str
    line: int
    standing: AgentStatus


class ImportedAgents(TypedDict):
    """The names that were added, those that were there, and what could not be read."""

    id: str
    added: list[str]
    skipped: list[str]
    problems: list[ShownProblem]


class RetiredAgent(TypedDict):
    """An agent that is off the roster now."""

    name: str
    retired: bool


# `data` is what the body says, as values, where its `kind` has such.
ShownMessage = TypedDict(
    "ShownMessage",
    {
        "id": str,
        "from": str,
        "to": str,
        "kind": str,
        "subject": str,
        "body": str,
        "data": dict[str, Any],
        "thread": str,
        "sent": str,
        "state": str,
        "seq": int,
    },
)
