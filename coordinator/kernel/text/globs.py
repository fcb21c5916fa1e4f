"""Path globs: `*`, `?`, `[…]` and `**`, one language wherever a path is matched.

`*`, `?` and `[…]` stay within a name; `**`, as a whole name, stands for any number of
names, also none. Case counts; a `[` that nothing closes is itself. It opens no folder.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

_SPECIAL = re.compile(r"[*?\[\]]")
_ANY = None  # any run, also an empty one: of characters (`*`), or of names (`**`)
_Thing = TypeVar("_Thing")
_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True)
class Among:
    """One character: among these ranges, or among all others where `is_negated`."""

    ranges: tuple[tuple[str, str], ...]
    is_negated: bool = False

    def __contains__(self, char: str) -> bool:
        return any(a <= char <= b for a, b in self.ranges) is not self.is_negated


_EVERY = Among((), is_negated=True)
Name = tuple[Among | None, ...]
Glob = tuple[Name | None, ...]


def is_glob(text: str) -> bool:
    """Tell a glob from a plain path."""
    return any(x in text for x in "*?[")


def matches(path: str, pattern: str) -> bool:
    """Tell whether a path is one that a glob means; linear in both, multiplied."""
    head, tail = _ends(pattern)
    # Most paths are told so from most globs.
    if not (path.startswith(head) and path.endswith(tail)):
        return False
    return _fits(path.split("/"), parse(pattern), _is_named)


@lru_cache(maxsize=512)
def _ends(pattern: str) -> tuple[str, str]:
    """Return what all paths that a glob means begin and end with, as far as is plain.

    Beside `**`, which may be no name at all, the slash is not.
    """
    head, *rest = _SPECIAL.split(pattern)
    return head.rstrip("/"), (rest[-1] if rest else head).lstrip("/")


@lru_cache(maxsize=512)
def parse(pattern: str) -> Glob:
    """Return a glob's names in order; None stands for any number of names."""
    return tuple(_ANY if x == "**" else _name(x) for x in pattern.split("/"))


def _name(text: str) -> Name:
    parts: list[Among | None] = []
    place = 0
    while place < len(text):
        end = _closing(text, place) if text[place] == "[" else 0
        parts.append(_among(text[place + 1 : end]) if end else _one(text[place]))
        place = end + 1 if end else place + 1
    return tuple(parts)


def _one(char: str) -> Among | None:
    if char == "*":
        return _ANY
    return _EVERY if char == "?" else Among(((char, char),))


def _closing(text: str, start: int) -> int:
    """Return where the bracket closes, 0 where it does not; `[]]` holds a bracket."""
    first = start + 1 + (text[start + 1 : start + 2] in {"!", "^"})
    return max(text.find("]", first + 1), 0)


def _among(inner: str) -> Among:
    is_negated = inner[:1] in {"!", "^"}
    chars = inner[is_negated:]
    ranges: list[tuple[str, str]] = []
    place = 0
    while place < len(chars):
        is_range = chars[place + 1 : place + 2] == "-" and place + 2 < len(chars)
        last = chars[place + 2] if is_range else chars[place]
        ranges.append((chars[place], last))
        place += 3 if is_range else 1
    return Among(tuple(ranges), is_negated)


def _is_named(name: str, pattern: Name) -> bool:
    return _fits(name, pattern, lambda char, among: char in among)


def _fits(
    things: Sequence[_Thing],
    parts: Sequence[_Part | None],
    is_one: Callable[[_Thing, _Part], bool],
) -> bool:
    """Tell whether the things are what the parts say, where None is any run of them.

    A run is begun as short as can be; only the last one is ever made longer, for what
    an earlier one could take a later one can take as well.
    """
    thing = part = run_begins = 0
    run = -1
    while thing < len(things):
        wanted = parts[part] if part < len(parts) else None
        if part < len(parts) and wanted is None:
            run, run_begins, part = part, thing, part + 1
        elif wanted is not None and is_one(things[thing], wanted):
            thing, part = thing + 1, part + 1
        elif run >= 0:
            run_begins += 1
            thing, part = run_begins, run + 1
        else:
            return False
    return all(x is None for x in parts[part:])
