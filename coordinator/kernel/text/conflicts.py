"""Conflicts of a merge that nobody resolved, as git leaves them in a text.

It resolves none; which side is kept is for whoever wrote it.
"""

from coordinator.kernel.problems import Problem
from coordinator.kernel.text import markdown

_MOST = 20
_BEGIN = "<<<<<<< "


def find(text: str, path: str) -> list[Problem]:
    """Return the first conflicts, those in front matter too; code holds none."""
    if _BEGIN not in text:
        return []
    message = "The file holds a merge conflict that nobody resolved."
    hint = "Keep one side and remove the lines with <<<<<<<, ======= and >>>>>>>."
    lines = (
        x.number
        for x in markdown.scan(text)
        if x.text.removeprefix(markdown.BOM).startswith(_BEGIN)
        and x.kind is not markdown.LineKind.CODE
    )
    found = [Problem(path, x, "conflict-marker", message, hint) for x in lines]
    return found[:_MOST]
