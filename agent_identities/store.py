"""Where identity documents live in a workspace, and how a new one is saved.

It changes no document that is already there.
"""

from pathlib import Path

from agent_identities.model import Identity
from coordinator.kernel.disk import files
from coordinator.kernel.errors import Conflict
from coordinator.kernel.text import names

FOLDER = "agent-system/agent-identities"
FILE = "agent-system/agent-identities.md"


class IdentityExists(Conflict):
    """There is a document for that agent already."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__(
            f"The agent {name!r} has an identity already: {path}.",
            hint=f"Edit {path}, or run: coordinator agent show {name}",
        )
        self.name = name
        self.path = path


def is_document(relative: str) -> bool:
    """Tell whether a workspace-relative path is that of an identity document."""
    folder, _, name = relative.rpartition("/")
    if folder != FOLDER:
        return relative == FILE
    return name.lower().endswith(".md") and not name.startswith(".")


def path_of(name: str) -> str:
    """Return the workspace-relative path of an agent's own document."""
    return f"{FOLDER}/{name}.md"


def save_new(root: Path, identity: Identity, *, temporary: Path) -> str:
    """Write a new agent's document durably and return its workspace-relative path.

    `temporary` is an unwatched folder of the same filesystem.

    Raises:
        IdentityExists: There is one; it is left alone.
        UsageProblem: The name cannot be an agent's.
        OSError: The folder is missing or a link, or the disk refuses.
    """
    path = path_of(names.check(identity.name, "an agent"))
    from agent_identities.format import render  # noqa: PLC0415 - seldom, and not light

    data = render(identity).encode()
    try:
        files.create(root, path, data, temporary=temporary)
    except FileExistsError:
        raise IdentityExists(identity.name, path) from None
    return path
