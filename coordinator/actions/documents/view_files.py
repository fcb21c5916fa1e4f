"""Views on the disk: a file is written when its text is another.

What stands in the way of one is left to the problem list: no other waits for it.
"""

from contextlib import suppress

import agent_identities.store
from active_contexts.store import is_inbox
from coordinator.actions.documents.markdown_text import NOTICE
from coordinator.index import document_queries
from coordinator.kernel.disk import files
from coordinator.kernel.disk.files import Content
from coordinator.workspace.workspace import Workspace

_IN_THE_WAY = (
    FileNotFoundError,
    FileExistsError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
)


def is_view(path: str, content: Content) -> bool:
    """Tell a view from a document that a person wrote at its path."""
    is_named = path == agent_identities.store.FILE or is_inbox(path)
    return is_named and content.data.startswith(NOTICE.encode())


def is_free(workspace: Workspace, path: str) -> bool:
    """Tell whether a view may stand at a path where a document could stand as well."""
    present = files.read(workspace.layout.root, path)
    is_shown = isinstance(present, Content) and is_view(path, present)
    # What a person wrote there, and deleted just now, still counts until it is seen.
    known = document_queries.documents(workspace.index, [path])
    return (present is None or is_shown) and not known


def write(workspace: Workspace, path: str, text: str) -> None:
    """Write a view whose text changed; without its folder it is left out."""
    root, data = workspace.layout.root, text.encode()
    present = files.read(root, path, limit=len(data))
    if isinstance(present, Content) and present.data == data:
        return
    with suppress(*_IN_THE_WAY):
        files.write(root, path, data, temporary=workspace.layout.temporary)


def write_report(workspace: Workspace, path: str, text: str) -> None:
    """Write a view in the folder for views alone, which is made again."""
    with suppress(*_IN_THE_WAY):
        (workspace.layout.root / path).parent.mkdir(exist_ok=True)
    write(workspace, path, text)


def write_inside(workspace: Workspace, path: str, text: str) -> None:
    """Write a view in a folder that is made for it."""
    with suppress(*_IN_THE_WAY):
        (workspace.layout.root / path).parent.mkdir(parents=True, exist_ok=True)
        write(workspace, path, text)
