"""What the coordinator tells an agent or the maintainers: sent, kept, and listed.

Agents' own messages to each other are not its business yet.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType

from pydantic import Field

from coordinator.index import queries
from coordinator.kernel.blobs import name_of
from coordinator.kernel.journal import SYSTEM, Draft
from coordinator.results.agents import ShownMessage
from coordinator.workspace.registry import Arguments, Refresh, Who, action
from coordinator.workspace.workspace import MAINTAINER, Call, Workspace


def notify(workspace: Workspace, to: str, subject: str, body: str) -> Draft:
    """Return the record of a message, its text stored; `to` empty: the maintainers."""
    workspace.blobs.put([body.encode()])
    return draft(workspace, to, subject, body)


def draft(
    workspace: Workspace,
    to: str,
    subject: str,
    body: str,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Draft:
    """Return the record of a message whose text is stored already.

    `more` tells its `kind`, and the name of the JSON `data` that it also is.
    """
    blob = name_of(body.encode())
    like_no_other = name_of(f"{to}\0{subject}\0{blob}".encode())[:6]
    name = f"m{workspace.journal.last + 1}-{like_no_other}"
    data = {"to": to or MAINTAINER, "subject": subject[:200], "body": blob, **more}
    return Draft("message.sent", SYSTEM, name, data)


class InboxArguments(Arguments):
    """Which messages."""

    since: int = Field(0, ge=0, lt=1 << 63, description="only those after this record")


@action("inbox", who=Who.MEMBER, example="coordinator inbox", refresh=Refresh.QUICK)
def inbox(call: Call, arguments: InboxArguments) -> list[ShownMessage]:
    """List what the coordinator told you, the oldest first."""
    workspace = call.workspace
    own = call.caller.agent or MAINTAINER
    rows = queries.messages(workspace.index, own, arguments.since)
    return [shown(workspace, row) for row in rows]


def shown(workspace: Workspace, row: queries.Row) -> ShownMessage:
    """Return a message as it is shown."""
    data = workspace.read_text(row["data"]) if row["data"] else "{}"
    return {
        "id": row["id"],
        "from": row["sender"],
        "to": row["recipient"],
        "kind": row["kind"],
        "subject": row["subject"],
        "body": workspace.read_text(row["blob"]),
        "data": json.loads(data),
        "thread": row["id"],
        "sent": row["at"],
        "state": "sent",
        "seq": row["seq"],
    }
