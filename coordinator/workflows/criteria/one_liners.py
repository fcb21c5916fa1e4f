"""Criteria that share one line: `Success: Exit Code 0, package.json, "Installed"`.

It only finds where one ends and the next begins; `criteria` reads each of them.
"""

from collections.abc import Iterator

from coordinator.workflows.criteria import criteria, quotations
from coordinator.workflows.model import Criteria, Criterion

_WRITES = ("edit", "write", "create")


def read(text: str, line: int, tool: str) -> tuple[Criterion, ...]:
    """Read a line; where none of its parts is of a known kind, it is one criterion.

    A quoted text alone is looked for in files if the step's tool writes them, else in
    the output.
    """
    text = text.strip()
    if not text:
        return ()
    if len(text) > criteria.LONGEST:
        return (criteria.parse(text, line),)
    is_writer = any(x in tool.lower() for x in _WRITES)
    kind = Criteria.FILE_MATCHES if is_writer else Criteria.OUTPUT_CONTAINS
    parts = list(_parts(text))
    found = tuple(_read(x, line, kind) for x in parts)
    is_list = not any(x.startswith(("and ", "or ")) for x in parts)
    if is_list and any(x.kind is not Criteria.ATTESTED for x in found):
        return found
    return (_read(text, line, kind),)


def _read(text: str, line: int, kind: Criteria) -> Criterion:
    return criteria.quoted(text, line, kind) or criteria.parse(text, line)


def _parts(text: str) -> Iterator[str]:
    """Cut at commas that stand in no quotes and no brackets."""
    pieces = iter(quotations.quoted(text))
    piece = next(pieces, None)
    start = depth = 0
    for place, character in enumerate(text):
        while piece and place >= piece.end:
            piece = next(pieces, None)
        if piece and place >= piece.start:
            continue
        depth += (character == "(") - (character == ")" and depth > 0)
        if character == "," and not depth:
            yield text[start:place].strip()
            start = place + 1
    if text[start:].strip():
        yield text[start:].strip()
