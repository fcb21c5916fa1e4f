"""Recognising what kind of pending item a file is when it does not say so itself.

It goes by the file's name, its headings and whether a branch is named; it reads no
sentence of the text.
"""

import re
from collections.abc import Iterable

from coordinator.kernel.text.markdown import Line, LineKind
from coordinator.kernel.text.names import slug
from pending_commits.model import ItemKind

# In the order in which they are asked. A name or first heading that begins or ends
# with one of these is meant so (`backend-plan`, "Request to Frontend"); in its midst
# (`add-plan-prices`) it may be what a commit is about, so there a branch goes first.
_PHRASES = {
    ItemKind.FINAL_STATUS: "final-status(?:-report)?|workflow-complete",
    ItemKind.CONTRACT: "api-guide|integration-(?:guide|points?)|(?:api-)?contracts?",
    ItemKind.PLAN: "plans?",
    ItemKind.REQUEST: "requests?",
}
_COUNTED = r"(?:-v?\d+)*"  # `-2`, `-v3`, `-2026-01-31`
_EDGE = {
    kind: re.compile(rf"(?:\d+-)*(?:{x})(?:-.*)?\Z|(?:.*-)?(?:{x}){_COUNTED}\Z")
    for kind, x in _PHRASES.items()
}
_MIDST = {kind: re.compile(rf"(?:.*-)?(?:{x})(?:-|\Z)") for kind, x in _PHRASES.items()}
_LONGEST = 200
_BY_WORD = {str(kind): kind for kind in ItemKind}


def named(word: str) -> ItemKind | None:
    """Return the kind that a word names (`Final status`, `commit`), if it does."""
    return _BY_WORD.get(slug(word)) if word else None


def recognise(
    name: str, heading: str, lines: Iterable[Line], *, branch: str
) -> ItemKind:
    """Tell the kind by file name, first heading, named branch and other headings."""
    texts = tuple(slug(x[:_LONGEST], longest=_LONGEST) for x in (name, heading))
    if found := _first(_EDGE, texts):
        return found
    if branch:
        return ItemKind.COMMIT
    if found := _first(_MIDST, texts):
        return found
    return ItemKind.CONTRACT if _has_points(lines) else ItemKind.PROGRESS


def _first(
    patterns: dict[ItemKind, re.Pattern[str]], texts: tuple[str, ...]
) -> ItemKind | None:
    for text in texts:
        for kind, pattern in patterns.items():
            if pattern.match(text):
                return kind
    return None


def _has_points(lines: Iterable[Line]) -> bool:
    headings = (x.content.casefold() for x in lines if x.kind is LineKind.HEADING)
    return any("integration points" in x or "api guide" in x for x in headings)
