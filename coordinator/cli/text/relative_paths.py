"""Paths in answers, so that they open from where the caller stands.

Actions know a document by its path in the workspace; whoever reads an answer stands in
a worktree, or somewhere else.
"""

import os
import re
from pathlib import Path
from typing import Any

_TOPS = ("agent-system/", "pending-commits/", "reports/")
# What is quoted are a document's own words; repositories have folders `reports`, too.
_IN_SENTENCE = re.compile(
    r"(?<![\w./~\\'\"`-])(?=(?:agent-system|pending-commits)/[\w.])"
)
_SENTENCES = frozenset({"message", "hint", "reason", "body"})
_EDIT = "edit "  # a command of ours; others are a document's prose


def way(root: Path | None, folder: Path) -> str:
    """Return what leads from a folder to the workspace: `../`, or nothing at its top.

    From outside of it the whole path does, which is shorter to read.
    """
    if root is None or folder == root:
        return ""
    if folder.is_relative_to(root):
        return f"{os.path.relpath(root, folder)}/"
    return f"{root}/"


def in_sentence(text: str, way: str) -> str:
    """Return a sentence of ours with its paths as they open."""
    return _IN_SENTENCE.sub(way.replace("\\", r"\\"), text) if way else text


def in_value(value: Any, way: str) -> Any:  # noqa: ANN401 - a JSON value
    """Return an answer with its paths as they open; other texts stay as they are."""
    if not way:
        return value
    match value:
        case dict():
            return {key: _of_key(key, x, way) for key, x in value.items()}
        case list():
            return [in_value(x, way) for x in value]
        case _:
            return value


def _of_key(key: str, value: Any, way: str) -> Any:  # noqa: ANN401 - a JSON value
    if not isinstance(value, str):
        return in_value(value, way)
    if key == "path" and value.startswith(_TOPS):
        return f"{way}{value}"
    is_ours = key in _SENTENCES or (key == "command" and value.startswith(_EDIT))
    return in_sentence(value, way) if is_ours else value
