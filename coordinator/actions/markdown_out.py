"""Markdown that the coordinator writes: tables and lists from what agents wrote.

Text of agents is made harmless here: one line, no table bars, no hidden characters.
"""

from collections.abc import Iterable, Sequence

from coordinator.kernel.names import display

NOTICE = "<!-- Made by the coordinator from its journal; edits are overwritten. -->"


def cell(text: str, *, longest: int = 120) -> str:
    """Return text that cannot leave its table cell or list item."""
    line = display(" ".join(text.split())).replace("|", "\\|")
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table's lines; `—` stands in an empty cell; no rows: no table."""
    body = ["| " + " | ".join(cell(x) or "—" for x in row) + " |" for row in rows]
    if not body:
        return []
    return [
        "| " + " | ".join(heads) + " |",
        "|" + " --- |" * len(heads),
        *body,
    ]


def section(title: str, lines: Sequence[str], *, otherwise: str) -> list[str]:
    """Return a heading with its lines, or with one sentence where there are none."""
    return ["", f"## {title}", "", *(lines or [otherwise])]


def text(lines: Iterable[str]) -> str:
    """Return the lines as a file's text."""
    return "\n".join(lines) + "\n"


def moment(at: str) -> str:
    """Return a record's time for people: `2026-01-31 09:30 UTC`."""
    return f"{at[:10]} {at[11:16]} UTC" if at else ""
