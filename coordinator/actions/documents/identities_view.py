"""`agent-identities.md`: the team in one file, for whoever loads it first.

A view of the folder beside it, marked as one. A file of a person's that stands there
speaks for its agents and is never overwritten; a view is never read back.
"""

from collections.abc import Iterator, Sequence

from agent_identities.model import Identity
from agent_identities.store import FILE, FOLDER
from coordinator.actions.documents import view_files
from coordinator.actions.documents.markdown_text import (
    NOTICE,
    cell,
    code,
    section,
    text,
)
from coordinator.workspace.workspace import Workspace

_LONGEST = 400


def refresh(workspace: Workspace) -> None:
    """Write the view where none stands, or where it has another text."""
    if view_files.is_free(workspace, FILE):
        view_files.write(workspace, FILE, render(workspace.identities()))


def render(identities: Sequence[Identity]) -> str:
    """Return the view's text, the agents in the order in which they are given."""
    head = f"A view of {code(FOLDER)}: change the files there."
    lines = [NOTICE, "", "# Agent identities", "", head]
    for identity in identities:
        title = cell(identity.title)
        lines += section(title, list(_said(identity)), otherwise="")
    return text(lines)


def _said(identity: Identity) -> Iterator[str]:
    yield f"- Name: {code(identity.name)}"
    yield f"- Branches: {code(f'{identity.prefix}/…')}"
    for name in ("role", "description", "personality", "focus", "repository"):
        if value := getattr(identity, name):
            yield f"- {name.capitalize()}: {cell(value, longest=_LONGEST)}"
    for name in ("paths", "partners", "capabilities", "tools"):
        if values := getattr(identity, name):
            yield f"- {name.capitalize()}: {', '.join(map(code, values))}"
    if identity.responsibilities:
        yield "- Responsibilities:"
    for duty in identity.responsibilities:
        yield f"  - {cell(duty, longest=_LONGEST)}"
    yield f"- File: {code(identity.path)}"
