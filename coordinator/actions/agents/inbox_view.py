"""`<agent>-inbox.md`: what an agent was sent, for one that has only files.

A view beside its status, marked as one and never read back; a file of the agent's own
that is called so is left alone.
"""

from active_contexts.store import inbox_of
from coordinator.actions.agents import messages
from coordinator.actions.documents import view_files
from coordinator.actions.documents.markdown_text import (
    NOTICE,
    cell,
    escape,
    moment,
    more,
    text,
)
from coordinator.index import queries
from coordinator.kernel.text.names import display_line
from coordinator.workspace.workspace import Workspace

_MOST = 30


def refresh(workspace: Workspace) -> None:
    """Write the inboxes whose text changed; who was never sent anything has none."""
    for agent in workspace.roster.names:
        rows = queries.messages(workspace.index, agent)
        path = inbox_of(agent)
        if rows and view_files.is_free(workspace, path):
            view_files.write(workspace, path, render(workspace, agent, rows))


def _harmless(line: str) -> str:
    """Return a line in which nothing is loaded or followed; code stays as it is."""
    return display_line(line) if line.startswith("    ") else escape(display_line(line))


def render(workspace: Workspace, agent: str, rows: list[queries.Row]) -> str:
    """Return the view's text, the newest message first."""
    lines = [NOTICE, "", f"# Inbox of {cell(agent)}"]
    for row in reversed(rows[-_MOST:]):
        found = messages.shown(workspace, row)
        head = f"## {cell(found['subject'], longest=200)}"
        body = found["body"].rstrip("\n").split("\n")
        lines += ["", head, "", f"{moment(found['sent'])}, {found['id']}", ""]
        lines += map(_harmless, body)
    return text([*lines, *more(len(rows) - _MOST, "coordinator inbox")])
