"""Quoted pieces and lists of values in one line of text.

It tells what is quoted from what is said about it, and knows no kind of criterion.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_MARKS = frozenset("`\"'")
_LONGEST = 400
_PLAIN = frozenset(" \t([{:,;=")
_JOIN = re.compile(
    r"\s{0,9}(?:(,)\s{0,9}(?:(or)\s|(and)\s)?|(or)\s|(and)\s|(\+|&)\s)\s{0,9}"
)
_BARE = re.compile(r"\*{0,2}([^\s,;`\"]{1,400})")
_NAME = re.compile(r"(?:[\w.@~+$%{}<>*-]+/)*[\w.@~+$%{}<>*-]*\Z")
_KNOWN = re.compile(
    r".*[\w}*>]\.(?:md|mdc|json|jsonl|ya?ml|toml|txt|csv|tsv|xml|html?|css|s[ac]ss|pdf|png"
    r"|jpe?g|svg|[cm]?[jt]sx?|py|rb|go|rs|java|kt|swift|php|sh|sql|env|lock|ini|cfg|conf"
    r"|log|docx?|xlsx?|pptx?|tf|proto|graphql|prisma|vue|svelte|zip|gz|example)\Z",
    re.IGNORECASE,
)
_DOTFILE = re.compile(r"\.[A-Za-z][\w-]{3,}(?:\.\w+)?\Z")
_NAMES = frozenset({"dockerfile", "makefile", "license", "readme", ".env"})


@dataclass(frozen=True, slots=True)
class Quoted:
    """One quoted piece: `text` without the quotes, which stand at start and end - 1."""

    mark: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Listed:
    """The values at the beginning of a text, and what is said after them.

    `any_of` tells that one of them is enough.
    """

    values: tuple[Quoted, ...]
    any_of: bool
    rest: str


@lru_cache(maxsize=16)  # one criterion's text is asked for by several readers
def quoted(text: str) -> tuple[Quoted, ...]:
    """Return what stands in backticks, double or single quotes, in order.

    A quote that never closes is a plain character, and so is an apostrophe.
    """
    found: list[Quoted] = []
    unclosed: set[str] = set()
    place = 0
    while (start := _opening(text, place, unclosed)) >= 0:
        mark = text[start]
        end = _closing(text, start + 1, mark)
        if end < 0:
            # Nothing closes it further on either: it is not looked for again.
            unclosed.add(mark)
            continue
        found.append(Quoted(mark, text[start + 1 : end], start, end + 1))
        place = end + 1
    return tuple(found)


def _opening(text: str, place: int, unclosed: set[str]) -> int:
    for index in range(place, len(text)):
        mark = text[index]
        if mark not in _MARKS or mark in unclosed:
            continue
        if mark != "'" or not index or text[index - 1] in _PLAIN:
            return index
    return -1


def _closing(text: str, start: int, mark: str) -> int:
    end = text.find(mark, start)
    while end > 0 and mark == '"' and text[end - 1] == "\\":
        end = text.find(mark, end + 1)
    return end


@lru_cache(maxsize=16)
def listed(text: str) -> Listed:
    """Read the values that a text begins with, joined by commas, `or` and `and`.

    Values are quoted, or else single words that are paths.
    """
    pieces = {x.start: x for x in quoted(text)}
    values: list[Quoted] = []
    any_of = False
    place = end = 0
    while value := pieces.get(place) or _path_at(text, place):
        values.append(value)
        end = value.end
        joined = _JOIN.match(text, end)
        if joined is None:
            break
        says_or = "or" in joined.groups()
        place = joined.end()
        if pieces.get(place) or _path_at(text, place):
            any_of = any_of or says_or
    return Listed(tuple(values), any_of, text[end:].strip("* \t"))


def _path_at(text: str, place: int) -> Quoted | None:
    match = _BARE.match(text, place)
    word = match[1].rstrip(".,;:*)") if match else ""
    if match is None or not is_path(word):
        return None
    return Quoted("", word, place, match.start(1) + len(word))


def is_path(word: str) -> bool:
    """Tell whether one word is certainly a path: `a/b.md`, `docs/`, `.gitignore`."""
    if not 1 < len(word) <= _LONGEST or not _NAME.match(word):
        return False
    if word.endswith("/") or word.lower() in _NAMES:
        return word.strip("./") != ""
    name = word.rpartition("/")[2]
    return bool(_KNOWN.match(name) or _DOTFILE.match(name))
