"""Who is meant by an agent's name in a workflow, of those on the roster.

Documents address agents of other teams; a name that nobody bears is matched by what
the agent should be able to do, and else a maintainer stands in.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent_identities.model import Identity
from coordinator.kernel.text.names import slug
from coordinator.workflows.model import Subtask
from coordinator.workspace.workspace import Workspace

_WORD = re.compile(r"[a-z]{3,}")
_EMPTY = {"and", "the", "for", "with", "agent", "development", "developer"}


@dataclass(frozen=True, slots=True)
class Addressee:
    """An agent on the roster, and how it was found; nobody: `agent` is empty.

    `said` is the name in the document, without `@`.
    """

    agent: str = ""
    how: str = "nobody"
    said: str = ""


def addressee(workspace: Workspace, subtask: Subtask) -> Addressee:
    """Return who is to do a subtask: by name, else by capabilities, else nobody."""
    for name in subtask.agents:
        if found := named(workspace, name):
            return Addressee(found, "name", name)
    said = next(iter(subtask.agents), "")
    if found := _capable(workspace.identities(), subtask.capabilities):
        return Addressee(found, "capabilities", said)
    return Addressee(said=said)


def named(workspace: Workspace, name: str) -> str:
    """Return the agent of that name or title on the roster, or nothing."""
    return workspace.roster.attribute(slug(name)) or ""


def _capable(identities: Sequence[Identity], wanted: Sequence[str]) -> str:
    """Return the one agent whose identity speaks most of these capabilities."""
    words = set(_WORD.findall(" ".join(wanted).lower())) - _EMPTY
    scores = {x.name: len(words & _words_of(x)) for x in identities}
    best = max(scores.values(), default=0)
    first = [name for name, score in scores.items() if score == best]
    return first[0] if best and len(first) == 1 else ""


def _words_of(identity: Identity) -> set[str]:
    said = (
        identity.title,
        identity.role,
        identity.focus,
        *identity.responsibilities,
        *identity.capabilities,
        *identity.tools,
    )
    return set(_WORD.findall(" ".join(said).lower()))
