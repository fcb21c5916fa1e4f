"""What a patchset changes, as the JSON text that a blob keeps of it, and back.

It touches no disk; a key that it does not know is left alone.
"""

import json
from typing import Any

from pending_commits.model import FileChange


def render(facts: dict[str, Any], *, is_searched: bool) -> str:
    """Return the text of the facts of a branch, equal for equal ones."""
    return json.dumps({**facts, "searched": is_searched}, ensure_ascii=False)


def parse(text: str) -> dict[str, Any]:
    """Return the fields of a patchset that the text tells."""
    found = json.loads(text)
    return {
        "files": tuple(FileChange(**x) for x in found["files"]),
        "authors": tuple(found["authors"]),
        "is_searched": found["searched"],
    }


def shown(text: str) -> dict[str, Any]:
    """Return the facts of a branch as they were rendered."""
    found: dict[str, Any] = json.loads(text)
    del found["searched"]
    return found
