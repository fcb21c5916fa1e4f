"""Where context files lie, and which files are documents.

It reads and judges nothing in them.
"""

FOLDER = "agent-system/active-contexts"
BOARD = f"{FOLDER}/BOARD.md"
_ENDINGS = (".md", ".markdown", ".txt")


def is_document(relative: str) -> bool:
    """Tell whether an agent wrote this file: directly in the folder, and no view."""
    folder, _, name = relative.rpartition("/")
    if folder != FOLDER or relative == BOARD or name.startswith("."):
        return False
    return name.lower().endswith(_ENDINGS) or ("." not in name and name != "")


def path_of(agent: str) -> str:
    """Return where `context set` writes for an agent."""
    return f"{FOLDER}/{agent}-status.md"
