"""Where context files lie, which files are documents, and which are copies of others.

It reads and judges nothing in them.
"""

import re
from collections.abc import Collection
from functools import lru_cache

FOLDER = "agent-system/active-contexts"
BOARD = f"{FOLDER}/BOARD.md"
_ENDINGS = (".md", ".markdown", ".txt")
_INBOX = "-inbox.md"
_KEPT = 1 << 14  # paths
# What file managers, sync tools, browsers and editors add to the name of a copy.
_ADDED = re.compile(
    r" - (?:copy|kopie|copie|copia)(?: \(\d+\))?| (?:copy|kopie|copie|copia)(?: \d+)?"
    r"| \((?:\d+|copy|kopie|copie|copia|[^()]*conflict[^()]*)\)| \d"
    r"|\.sync-conflict-[\w-]+|[_-]conflict(?:-[\w-]+)?|-(?:desktop|laptop)-\w+|~\d*"
    r"|[ ._-](?:backup|bak|old|orig|original|copy)(?:[ ._-]?\d+)?",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"copy (?:\(\d+\) )?of ", re.IGNORECASE)


def is_document(relative: str) -> bool:
    """Tell whether an agent wrote this file: directly in the folder, and no view."""
    folder, _, name = relative.rpartition("/")
    if folder != FOLDER or relative == BOARD or name.startswith("."):
        return False
    return name.lower().endswith(_ENDINGS) or ("." not in name and name != "")


def path_of(agent: str) -> str:
    """Return where `context set` writes for an agent."""
    return f"{FOLDER}/{agent}-status.md"


def inbox_of(agent: str) -> str:
    """Return where an agent that has only files reads what it was sent: a view."""
    return f"{FOLDER}/{agent}{_INBOX}"


def is_inbox(relative: str) -> bool:
    """Tell whether a file is called as such a view is."""
    return relative.startswith(f"{FOLDER}/") and relative.endswith(_INBOX)


def original_of(path: str, others: Collection[str]) -> str:
    """Return which of the others this file is a copy of by its name, or nothing."""
    return next((x for x in _originals(path) if x in others), "")


@lru_cache(maxsize=_KEPT)
def _originals(path: str) -> tuple[str, ...]:
    folder, _, name = path.rpartition("/")
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, dot + ending) if dot else (name, "")
    before = _BEFORE.match(stem)
    ends = [x for x in range(1, len(stem)) if _ADDED.fullmatch(stem, x)]
    found = [stem[before.end() :]] if before else [stem[:x] for x in ends]
    return tuple(f"{folder}/{x}{ending}" for x in found)
