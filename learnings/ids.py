"""Ids of decisions: made, and found where one decision points to another.

It knows no document; an id that it reads need not exist.
"""

import hashlib
import re

_NUMBERED_FILE = re.compile(
    r"(?:(?:m?adr|decision|dr)[-_ ]?)?(\d{1,4})(?=[-_ .@]|\Z)(?!-\d\d-\d\d)",
    re.IGNORECASE,
)
_NUMBERED_TITLE = re.compile(
    r"\W{0,4}(?:m?adr[-_ #]{0,2}(\d{1,5})(?!\d)|(\d{1,4})(?=\.\s))"
    r"\]?[\s.:\uff1a\u2013\u2014-]*",
    re.IGNORECASE,
)
_NOT_IN_TITLE = re.compile(r"[\W_]+")
_NAME = re.compile(
    r"(?:m?adr[-_ ]?#?(?P<adr>\d{1,4})|(?P<own>d-[0-9a-f]{6}(?:-\d{1,3})?)"
    r"|(?P<file>\d{4})-[a-z][\w-]{0,100}|(?P<other>[a-z]{1,10}-\d{1,5}))"
    r"(?![A-Za-z0-9]|\.\d)(?:-[\w-]{1,100})?(?:\.md\b)?",
    re.IGNORECASE,
)
_NAME_WITHIN = re.compile(rf"(?<![A-Za-z0-9]){_NAME.pattern}", re.IGNORECASE)
_ONE = re.compile(
    r"(?:[\s,&*_`\"'|:]|and\b)*"
    r"(?:\[(?P<label>[^\[\]]{0,200})\]\((?P<target>[^()\s]{0,200})\)"
    rf"|\[{{0,2}}(?P<name>{_NAME.pattern})\]{{0,2}})",
    re.IGNORECASE,
)
# Neither part of a longer number nor of a day is a number of its own.
_TARGET = re.compile(
    r"(?:\.{0,2}/)*(?:[\w.-]+/)*(?:m?adr[-_]?)?(\d{1,4})(?!-\d\d-\d\d|\.\d)[-_.]"
)
_LABEL = re.compile(r"(?:m?adr[-_ ]?)?(\d{1,4})\b(?![-./]\d)", re.IGNORECASE)
_BARE_NUMBER = re.compile(r"#?(\d{1,4})\Z")


def record_id(stem: str, title: str) -> str:
    """Return `adr-0009` for a numbered file or title, else an empty string."""
    in_title = _NUMBERED_TITLE.match(title)
    found = _NUMBERED_FILE.match(stem) or in_title
    if not found:
        return ""
    return _numbered(found[1] or found[2])


def without_number(title: str) -> str:
    """Return the title behind `9.`, `ADR-0009:` or `[ADR 9]`."""
    match = _NUMBERED_TITLE.match(title)
    return (title[match.end() :] if match else "") or title


def without_any_number(title: str) -> str:
    """Return the title without the first such number, as ids were made from it."""
    return _NUMBERED_TITLE.sub("", title, count=1) or title


def named_after(stem: str) -> str:
    """Return the title that a file's name gives: `0007-use-rye` is `Use rye`."""
    words = (
        _NUMBERED_FILE.sub("", stem, count=1) if _NUMBERED_FILE.match(stem) else stem
    )
    return " ".join(_NOT_IN_TITLE.split(words)).strip().capitalize()


def title_id(stem: str, title: str) -> str:
    """Return `d-` and six hex digits that stay while file name and title stay.

    Case, punctuation and decoration of the title do not count.
    """
    words = _NOT_IN_TITLE.sub(" ", title).strip().casefold()
    digest = hashlib.sha256(f"{stem}\0{words}".encode()).hexdigest()
    return f"d-{digest[:6]}"


def references(text: str) -> tuple[str, ...]:
    """Return the ids that the text begins with: links, names, file names, numbers.

    It stops at the first word that is no id, and `and`, commas and marks between ids
    do not count as words.
    """
    if number := _BARE_NUMBER.match(text.strip()):
        return (_numbered(number[1]),)
    found: dict[str, None] = {}
    at = 0
    while match := _ONE.match(text, at):
        at = match.end()
        name = match["name"]
        if (
            made := _of_name(match)
            if name
            else _of_link(match["label"], match["target"])
        ):
            found[made] = None
    return tuple(found)


def _of_link(label: str, target: str) -> str:
    if name := _NAME.match(label):
        return _of_name(name)
    if number := _TARGET.match(target) or _LABEL.match(label):
        return _numbered(number[1])
    named = _NAME_WITHIN.search(target)
    return _of_name(named) if named else ""


def _of_name(match: re.Match[str]) -> str:
    number = match["adr"] or match["file"]
    return _numbered(number) if number else (match["own"] or match["other"]).lower()


def _numbered(number: str) -> str:
    return f"adr-{int(number):04d}"
