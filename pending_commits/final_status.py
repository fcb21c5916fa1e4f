"""Reading final status reports: a heading, then bullets of the form `- Key: value`.

It knows the form of the reports and keeps every field that it does not know; it
judges no work and touches no file.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from coordinator.kernel.problems import Problem
from coordinator.kernel.text import labelled, markdown
from coordinator.kernel.text.markdown import Line, LineKind
from coordinator.kernel.text.names import display
from pending_commits.model import FinalStatus, FoundField

FORM = (
    "Feature",
    "Endpoints",
    "Database migrations",
    "Tests",
    "Performance",
    "Status",
)
_TELLS_BACKEND = frozenset({"endpoints", "database migrations"})
_LONGEST_VALUE = 500
_MOST_FIELDS = 100

_PLACEHOLDER = re.compile(r"\[[a-z][a-z0-9 _/-]{1,40}\](?![(\[:])")
_NUMBER = re.compile(
    r"(?<![\w.,:-])(\d{1,3}(?:,\d{3}){1,4}|\d{1,15})(\.\d{1,9})?"
    r"(?![\dA-Z]|[-:,.]\d)"
)


def parse(
    lines: Sequence[Line], path: str, *, title: str = ""
) -> tuple[FinalStatus, tuple[Problem, ...]]:
    """Read a report from its scanned lines; `title` stands in for a missing heading."""
    bullets = (x for x in lines if x.kind is LineKind.BULLET)
    fields = tuple(islice(_fields(bullets), _MOST_FIELDS))
    names = {x.name.casefold() for x in fields}
    form = FORM if names & _TELLS_BACKEND else ()
    absent = tuple(x for x in form if x.casefold() not in names)
    filled = all(x.value and not x.placeholder for x in fields)
    complete = bool(fields) and filled and not absent
    heading = markdown.first_heading(list(lines)) or title
    problems = tuple(_problem(x, path) for x in fields if x.placeholder)
    return FinalStatus(heading, fields, absent, complete), problems


def _fields(bullets: Iterable[Line]) -> Iterable[FoundField]:
    for bullet in bullets:
        if pair := labelled.plain_pair(bullet.content):
            name, value = pair[0], pair[1][:_LONGEST_VALUE]
            left = _PLACEHOLDER.search(value)
            yield FoundField(
                name, value, bullet.number, number(value), left[0] if left else ""
            )


def number(value: str) -> float | None:
    """Return the first number in a text: `1,204 passing` gives 1204.0.

    Dates, times, versions and numbers within words (`OAuth2`, `2FA`) are none.
    """
    found = _NUMBER.search(value)
    return float(found[1].replace(",", "") + (found[2] or "")) if found else None


def _problem(field: FoundField, path: str) -> Problem:
    left = display(field.placeholder)
    message = f"The final status still holds the placeholder {left}."
    hint = f"Write what {display(field.name)!r} came to in its place."
    return Problem(path, field.line, "placeholder", message, hint)
