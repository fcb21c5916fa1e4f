"""The small facts in a decision's words: status, date, keys, links, placeholders.

It reads single lines and values; where they stand is not its business.
"""

import re
from dataclasses import dataclass, field
from datetime import date as day

from coordinator.kernel.text import kept, labelled
from learnings import languages
from learnings.ids import references
from learnings.model import Status

MOST_IN_TITLE = 300
MOST_IN_TEXT = 2_000
_MOST_IN_LINE = 1_000

_STATUS = re.compile(
    r"(?P<superseded>\bsuper[sc]eded|\breplaced|\boverridden|\u267b)"
    r"|(?P<deprecated>\b(?:deprecated|obsolete|retired|archived|outdated|reverted))\b"
    r"|(?P<rejected>\b(?:rejected|declined|denied|abandoned|cancell?ed|dropped"
    r"|withdrawn|refused|not doing)\b|\u274c)"
    r"|(?P<proposed>\b(?:not (?:yet )?\w+|proposed|proposal|draft|pending|open"
    r"|awaiting|waiting|under|in review|review|discussion|in discussion|rfc|wip"
    r"|in progress|considered|considering|tentative|trial|tbd|todo|new)\b|\u23f3)"
    r"|(?P<accepted>\b(?:accepted|approved|adopted|decided|agreed|active|done|final"
    r"|finali[sz]ed|in force|current|confirmed|ratified|valid|completed?|made|yes"
    r"|implemented|implementing|chosen|standing|resolved)\b|[\u2705\u2714\u2713])",
    re.IGNORECASE,
)
_ARROW = re.compile(r"\u2192|\u21d2|[-=]>")
_MONTH = r"([^\W\d_]{3,12})\.?"
_DATES = (  # each with the groups that are year, month and day
    (re.compile(r"\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)"), (1, 2, 3)),
    (re.compile(r"\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b"), (3, 2, 1)),
    # Beyond twelve it can be no month.
    (re.compile(r"\b(1[3-9]|2\d|3[01])/(\d{1,2})/(\d{4})\b"), (3, 2, 1)),
    (
        re.compile(
            rf"\b(\d{{1,2}})(?:st|nd|rd|th|er|\.|\u00ba)? (?:de |of )?{_MONTH},?"
            r" (?:de )?(\d{4})\b",
            re.IGNORECASE,
        ),
        (3, 2, 1),
    ),
    (
        re.compile(rf"\b{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})\b", 2),
        (3, 1, 2),
    ),
)
_LEADING_DATE = re.compile(
    r"[*_\[(`]{0,4}(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}\S{0,10})?[*_\])`]{0,4}"
    r"[ \t]*[:|\u2013\u2014-]?[*_]{0,3}[ \t]+"
)
_NAMES = {
    "status": ", ".join(("status", "state", *languages.STATUS)),
    "date": "date, decided, decided on, date decided, decision date, when, created, "
    + ", ".join(languages.DATE),
    "agent": "by, author, authors, owner, decided by, decider, deciders, agent, who, "
    "made by, decision makers, decision maker, architect",
    "label": "id, decision id, adr",
    "title": "decision, title, choice, chosen option, we decided, decision made",
    "supersedes": "supersedes, supercedes, replaces",
    "superseded_by": "superseded by, superceded by, replaced by, supersededby",
    "tags": "tags, tag, labels, keywords",
    "text": "rationale, reason, reasons, reasoning, why, context, because, details, "
    "justification, problem, consequences, impact, alternatives, notes, note, options, "
    "alternatives considered, options considered, outcome, trade offs, background, "
    "context and problem statement, decision outcome",
}
_KEYS = {name: key for key, names in _NAMES.items() for name in names.split(", ")}
_NOT_IN_KEY = re.compile(r"[\W_]+")
_PARTED = re.compile(
    r"\s+[\u00b7\u2022|;]\s+"
    r"|(?<=[\w*_`][.;])\s+(?=[*_]{0,3}[^\W\d_][\w ]{0,30}[:\uff1a])"
)
_CHOICES = re.compile(r"\s*[|/\uff5c]\s*")
_CHOICE = 3
_PICKED = re.compile(r"(?:[-*+]\s+)?(?:\*\*|__|\[[xX\u2713]\]|[\u2705\u2611])")
_LINK = re.compile(r"\[([^\[\]]{0,300})\]\([^()]{0,300}\)")
_BOLD = re.compile(r"(\*\*|__)(?=\S)(.{1,300}?)(?<=\S)\1")
_SUPERSEDES = re.compile(r"\b(?:super[sc]edes|replaces)\b:?", re.IGNORECASE)
_SUPERSEDED = re.compile(r"\b(?:super[sc]eded|replaced) by\b:?", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"\W*(?:\[[^\[\]]*\]|\{[^{}]*\}|\{\{[^{}]*\}\}|<[^<>]*>|\.\.\.|\u2026|tbd|tba|todo"
    r"|x{3,})\W*\Z",
    re.IGNORECASE,
)
_EMPTY = re.compile(r"\W*\Z")
_BY = re.compile(r"by\s+(\S.*)", re.IGNORECASE)
_PARENTHESIS = re.compile(r"[ \t]*\(([^()]*)\)[ \t]*\Z")
_PART = re.compile(r"[,;\u00b7]")


@dataclass(slots=True)
class Facts:
    """What is known of a decision that is being read.

    `id` is set where the document itself is the decision, `label` is what a log calls
    one of its entries (`DL-001`).
    """

    title: str
    line: int
    id: str = ""
    label: str = ""
    said: str = ""
    date: str = ""
    agent: str = ""
    texts: list[str] = field(default_factory=list)
    supersedes: list[str] = field(default_factory=list)
    superseded_by: list[str] = field(default_factory=list)

    def add(self, key: str, value: str) -> bool:
        """Take the value of a key that `key_of` returns; False: it says nothing."""
        match key:
            case "supersedes":
                self.supersedes += references(value)
            case "superseded_by":
                self.superseded_by += references(value)
            case "status":
                self.said = plain(chosen(value))
                self.date = self.date or date_in(value)
                self.find_links(value)
            case "date" if found := date_in(value):
                self.date = found
            case "agent" | "label" | "title" if not getattr(self, key):
                setattr(self, key, plain(value))
            case _:
                return False
        return True

    def find_links(self, text: str) -> None:
        """Take what the text says to supersede, or to be superseded by."""
        text = text[:_MOST_IN_LINE]
        for match in _SUPERSEDES.finditer(text):
            self.supersedes += references(text[match.end() :])
        for match in _SUPERSEDED.finditer(text):
            self.superseded_by += references(text[match.end() :])


def status_in(words: str) -> Status | None:
    """Return the status that the words say; of a change (`a -> b`) the last."""
    for part in reversed(_ARROW.split(words[:_MOST_IN_LINE])):
        if match := _STATUS.search(part):
            return Status(match.lastgroup or "")
        if found := languages.status_in(part):
            return found
    return None


def is_status(words: str) -> bool:
    """Tell whether the words are a status and nothing else."""
    return _STATUS.fullmatch(words.strip()) is not None


def date_in(words: str) -> str:
    """Return the first day in the words as `2026-01-31`, or an empty string.

    Numbers alone are read year first, or day first with dots; others are ambiguous.
    """
    words = words[:_MOST_IN_LINE]
    for pattern, (year, month, date) in _DATES:
        for match in pattern.finditer(words):
            if number := _month(match[month]):
                return _iso(match[year], number, match[date])
    return ""


def _month(said: str) -> int:
    return int(said) if said.isdigit() else languages.month(said)


def _iso(year: str, month: int, date: str) -> str:
    try:
        return day(int(year), month, int(date)).isoformat()
    except ValueError:
        return ""


@kept.for_short
def key_of(name: str) -> str:
    """Return the key that a label, a column or a heading means, or an empty string."""
    return _KEYS.get(_NOT_IN_KEY.sub(" ", name[:60]).strip().lower(), "")


def pair_in(text: str) -> tuple[str, str] | None:
    """Return key and value of `**Status:** accepted`; None where the key is unknown."""
    pair = labelled.pair(text)
    key = key_of(pair.label) if pair and pair.is_bare else ""
    return (key, pair.value.strip()) if pair and key else None


def pairs_in(text: str) -> list[tuple[str, str]]:
    """Return all keys and values of a line: `**Date:** x · **Status:** y`.

    They are parted by marks, or stand in sentences of their own.
    """
    first = pair_in(text)
    if first is None:
        return []
    parts = _PARTED.split(text[:_MOST_IN_LINE])
    found = [pair_in(x) for x in parts]
    if len(parts) == 1 or not all(found):
        return [first]
    return [x for x in found if x]


def chosen(value: str) -> str:
    """Return which of a template's choices is meant: the one that is bold or ticked.

    `Proposed | **Accepted** | Rejected` is accepted.
    """
    parts = _CHOICES.split(value[:_MOST_IN_LINE])
    picked = [x for x in parts if _PICKED.match(x)]
    return picked[0] if len(parts) >= _CHOICE and len(picked) == 1 else value


def plain(text: str) -> str:
    """Return the text without links, bold and code marks, on one line, bounded."""
    text = _LINK.sub(r"\1", text[:_MOST_IN_LINE])
    text = _BOLD.sub(r"\2", text).replace("`", "")
    return " ".join(text.split())[:MOST_IN_TITLE]


def is_placeholder(text: str) -> bool:
    """Tell whether a template's words stand where a decision should."""
    return _PLACEHOLDER.match(text[:_MOST_IN_LINE]) is not None


def is_empty(text: str) -> bool:
    """Tell whether no word stands there."""
    return _EMPTY.match(text[:_MOST_IN_LINE]) is not None


def split_date(text: str) -> tuple[str, str]:
    """Split `2026-01-31: Use tokens` into the day and the rest."""
    match = _LEADING_DATE.match(text)
    if match and (found := date_in(match[1])):
        # "**2026-01-31: Use tokens**": the bold goes on behind the day.
        bold = "**" if match[0].count("**") == 1 else ""
        return found, bold + text[match.end() :]
    return "", text


def take_parenthesis(facts: Facts, text: str) -> str:
    """Return the text without `(2026-01-31, by docs, supersedes d-3fa91c)`.

    A parenthesis that holds anything else is part of the text.
    """
    match = _PARENTHESIS.search(text[-_MOST_IN_LINE:])
    if not match:
        return text
    found = Facts("", 0)
    if not all(_take_part(found, part.strip()) for part in _PART.split(match[1])):
        return text
    facts.said, facts.date = found.said or facts.said, found.date or facts.date
    facts.agent = found.agent or facts.agent
    facts.supersedes += found.supersedes
    facts.superseded_by += found.superseded_by
    return text[: len(text) - len(match[0])].rstrip()


def _take_part(found: Facts, part: str) -> bool:
    if by := _BY.fullmatch(part):
        found.agent = by[1]
    elif _STATUS.fullmatch(part):
        found.said = part
    elif date_in(part) == part != "":
        found.date = part
    elif _SUPERSEDES.match(part) or _SUPERSEDED.match(part):
        before = len(found.supersedes) + len(found.superseded_by)
        found.find_links(part)
        return len(found.supersedes) + len(found.superseded_by) > before
    elif found.supersedes and (more := references(part)):
        found.supersedes += more
    else:
        return False
    return True
