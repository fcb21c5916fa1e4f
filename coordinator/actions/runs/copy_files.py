"""The files of living copies: written after their record, and never over an edit.

What an edit means is not its business.
"""

from contextlib import suppress

from coordinator.kernel.disk import files
from coordinator.kernel.disk.files import Content
from coordinator.kernel.disk.refusals import reason
from coordinator.kernel.errors import External
from coordinator.workspace.workspace import Workspace

_IN_THE_WAY = (
    FileNotFoundError,
    FileExistsError,
    IsADirectoryError,
    NotADirectoryError,
)


def put_back(workspace: Workspace, path: str, offered: bytes, text: str) -> None:
    """Write the text that holds, unless the file has changed again since it was read.

    What is not written now is judged again, and perhaps written, at the next look.
    """
    root = workspace.layout.root
    workspace.unwritten.add(path)
    present = files.read(root, path)
    if isinstance(present, Content) and present.data != offered:
        return
    with suppress(*_IN_THE_WAY):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        files.write(root, path, text.encode(), temporary=workspace.layout.temporary)
        workspace.unwritten.discard(path)


def write(workspace: Workspace, path: str, present: bytes, text: str) -> None:
    """Write a text that was recorded; an edit that came between is judged by it later.

    Raises:
        External: The file cannot be written.
    """
    try:
        put_back(workspace, path, present, text)
    except OSError as error:
        message = f"{path} cannot be written: {reason(error)}."
        raise External(message, hint="Run: coordinator doctor --fix") from error
