"""Markdown that the coordinator writes: tables and lists from what agents wrote.

Text of agents is made harmless here: one line, no table bars, no hidden characters.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from coordinator.kernel.text.names import display

# A backslash before what is escaped would take the escape away (CommonMark 2.4).
_SPECIAL = re.compile(r"(\\*)([|<\[])")
_TICKS = re.compile(r"`+")

NOTICE = "<!-- Made by the coordinator from its journal; edits are overwritten. -->"


def cell(text: str, *, longest: int = 120) -> str:
    """Return text that cannot leave its table cell or list item.

    Nor does it become HTML, a link or a picture.
    """
    line = display(" ".join(text.split()))
    cut = line if len(line) <= longest else f"{line[: longest - 1]}…"
    return escape(cut)


def escape(text: str) -> str:
    """Return text in which bars, brackets and tags are plain characters."""
    return _SPECIAL.sub(r"\1\1\\\2", text)


def code(text: str) -> str:
    """Return text as a code span that it cannot leave (CommonMark 6.1)."""
    line = display(" ".join(text.split()))
    ticks = "`" * (1 + max(map(len, _TICKS.findall(line)), default=0))
    return f"{ticks}{line}{ticks}" if ticks == "`" else f"{ticks} {line} {ticks}"


def problems(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a list item for each problem."""
    return [f"- {place(x)} {x['code']}: {cell(x['message'])}" for x in rows]


def place(row: Mapping[str, Any]) -> str:
    """Return the path and line that something was read at."""
    return code(f"{row['path']}:{row['line']}")


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


def more(left: int, command: str = "") -> list[str]:
    """Return the lines that say how many a list leaves out, and what shows them."""
    where = f": `{command}`" if command else "."
    return ["", f"… and {left} more{where}"] if left > 0 else []


def text(lines: Iterable[str]) -> str:
    """Return the lines as a file's text."""
    return "\n".join(lines) + "\n"


def moment(at: str) -> str:
    """Return a record's time for people: `2026-01-31 09:30 UTC`."""
    return f"{at[:10]} {at[11:16]} UTC" if at else ""


def duration(seconds: float) -> str:
    """Return a length of time by its two largest units."""
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{seconds:.3g} s"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"), (rest, "s"))
    first = next(x for x, (count, _) in enumerate(parts) if count)
    largest = parts[first : first + 2]
    return " ".join(f"{count} {unit}" for count, unit in largest if count)
