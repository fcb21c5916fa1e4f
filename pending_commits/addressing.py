"""Finding the agents to whom a pending item is addressed, as they are written.

It does not know which agents there are; whoever does compares.
"""

import re
from itertools import islice

from pending_commits.model import ItemKind
from pending_commits.source import ItemSource, Names

_MOST = 20
_MOST_WORDS = 4
_FIRST_LINES = 10
_LONGEST = 60
_LONGEST_LINE = 1000
_BETWEEN = re.compile(r"[,;&]|\s+and\s+", re.IGNORECASE)
_DECORATION = "@*_`\"'.<>() \t"
# A colon, a comma, a bracket or a dash ends the name.
_HEADING = re.compile(
    r"\brequests?\b[^:]{0,60}?\bto:?\s+(?:the\s+)?([^:,;(\u2013\u2014]+)", re.IGNORECASE
)
# `@types/node`, `ann@example.org` and `@app.route` name nobody.
_MENTION = re.compile(r"(?<![\w@./`-])@([A-Za-z][\w-]{1,59})(?![\w/@-]|\.\w)")


def addressed(source: ItemSource, kind: ItemKind) -> Names:
    """Return whom the item addresses, by the first of these that names anybody.

    `to` in the front matter, a line `To: …`, and for a request also a line `For: …`,
    its heading ("Request to Frontend") and `@agent` in its first lines.
    """
    if names := source.matter.texts("to"):
        return Names(names[:_MOST], source.matter.line_of("to"))
    keys = ("to", "for") if kind is ItemKind.REQUEST else ("to",)
    written = source.in_body(*keys)
    if names := split(written.value):
        return Names(names, written.line)
    if kind is not ItemKind.REQUEST:
        return Names()
    return _in_heading(source) or _mentioned(source) or Names()


def split(value: str) -> tuple[str, ...]:
    """Return the names in `Frontend Developer, @docs and qa`; sentences are none."""
    names = (x.strip(_DECORATION) for x in _BETWEEN.split(value[:_LONGEST_LINE]))
    kept = (x for x in names if x and len(x) <= _LONGEST)
    short = (x for x in kept if len(x.split()) <= _MOST_WORDS)
    return tuple(dict.fromkeys(islice(short, _MOST)))


def _in_heading(source: ItemSource) -> Names | None:
    # "Request to add a column" addresses nobody: a name is one word, or is written
    # in capitals.
    found = _HEADING.search(source.heading)
    words = found[1].split() if found else []
    if len(words) > 1 and not all(x[0].isupper() or x[0] == "@" for x in words):
        return None
    names = split(" ".join(words))
    lines = (x.number for x in source.prose if x.marker.startswith("#"))
    return Names(names, next(lines, 0)) if names else None


def _mentioned(source: ItemSource) -> Names | None:
    for line in source.prose[:_FIRST_LINES]:
        names = _MENTION.findall(line.content[:_LONGEST_LINE])
        if names:
            return Names(tuple(dict.fromkeys(names)), line.number)
    return None
