"""Decisions in tables: `| ID | Decision | Date | Status |`.

It reads rows below such a header; other tables are left alone.
"""

from collections.abc import Iterator

from coordinator.kernel.text import labelled
from coordinator.kernel.text.markdown import Line, LineKind
from learnings import facts
from learnings.facts import Facts

_NUMBERS = frozenset({"#", "no", "no.", "nr", "nr.", "number"})
_WITNESSES = frozenset({"label", "status", "date", "text", "agent"})


def read(lines: list[Line]) -> Iterator[Facts]:
    """Yield the decisions of every decision table, in their order."""
    columns: list[str] = []
    above: Line | None = None
    for line in lines:
        row = line.kind is LineKind.TEXT and line.content.startswith("|")
        if not row:
            columns = []
        elif above and labelled.is_delimiter(line.content):
            columns = _columns(above.content)
        elif columns:
            yield _entry(line, columns)
        above = line if row else None


def _columns(header: str) -> list[str]:
    """Return a key for each column; none at all where no decisions stand below."""
    names = [facts.plain(x) for x in labelled.cells(header)]
    keys = [
        "label" if x.lower() in _NUMBERS else facts.key_of(x) or facts.key_of(x + "s")
        for x in names
    ]
    decides = any(x.lower().startswith(("decision", "choice")) for x in names)
    sure = _WITNESSES & set(keys)
    listed = {"label", "status"} <= set(keys)
    return keys if "title" in keys and sure and (decides or listed) else []


def _entry(line: Line, columns: list[str]) -> Facts:
    entry = Facts("", line.number)
    for key, value in zip(columns, labelled.cells(line.content), strict=False):
        if facts.is_empty(value) or entry.add(key, value):
            continue
        if key in {"text", "title"}:
            entry.texts.append(value)
    return entry
