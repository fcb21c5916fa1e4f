"""Where learnings and decisions lie, and which files are documents.

It reads and judges nothing in them.
"""

from pathlib import Path

from coordinator.kernel.text import names

FOLDER = "agent-system/learnings"
LOG = f"{FOLDER}/DECISIONS.md"
_ENDINGS = (".md", ".markdown", ".txt", ".yaml", ".yml")


def is_document(relative: str) -> bool:
    """Tell whether somebody wrote this file: in the folder or one below, no view."""
    folder, _, inside = relative.partition(f"{FOLDER}/")
    parts = inside.split("/")
    if folder or relative == LOG or len(parts) > 2:  # noqa: PLR2004 - folder, file
        return False
    if any(x == "" or x.startswith(".") for x in parts):
        return False
    return parts[-1].lower().endswith(_ENDINGS)


def path_of(agent: str) -> str:
    """Return where `decision add` writes for an agent."""
    return f"{FOLDER}/{agent}-decisions.md"


def path_of_learning(agent: str, title: str, number: int = 1) -> str:
    """Return where `learning add` writes; `number` tells equal titles apart."""
    words = names.slug(title) or "learning"
    tail = "" if number == 1 else f"-{number}"
    return f"{FOLDER}/{agent}-{words}{tail}.md"


def free_path(root: Path, agent: str, title: str) -> str:
    """Return the first path for this learning that no file takes in the workspace."""
    number = 1
    while (root / (path := path_of_learning(agent, title, number))).exists():
        number += 1
    return path
