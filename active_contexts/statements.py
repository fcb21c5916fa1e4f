"""Bare lines that say a state: `Backend Developer Active: Sat Jan 31 09:30 2026`.

It reads one line of words; whether the line may speak for the file is not its business.
"""

import re
from dataclasses import dataclass

from active_contexts import states

MOST_CHARACTERS = 160

_ROLES = (
    "agent|developer|dev|engineer|specialist|orchestrator|coder|tester|reviewer|"
    "architect|designer|manager|lead|analyst|writer|bot|expert|maintainer|assistant|"
    "researcher|planner|coordinator|operator|administrator|team"
)
_ROLE = re.compile(
    r"((?:(?!(?:for|by|on|with|the|to|is|from|and|of|a|in)\s)[\w/-]{1,40}\s){0,4}?"
    rf"(?:{_ROLES})(?:\s\d{{1,3}})?)\b(?:['\u2019]s)?\s*[-:\u2013\u2014]?\s*",
    re.IGNORECASE,
)
_PROSE = re.compile(
    r"(?:this|these|that|see|note|please|if|when|use|check)\b"
    r"|(?:\w+ )?(?:written|generated|prepared|created|made|maintained) by\b",
    re.IGNORECASE,
)
# "Started: 2026-01-31" beside a state is a date, not a state.
_DATED = re.compile(r"(?!blocked|paused|stalled|suspended)\w+ed\Z", re.IGNORECASE)
_LEAD = re.compile(
    r"[^\w\[($>]{0,16}(?:[\[(]?\d[\d:.TZ/+-]{4,40}[\])]?[\s:|-]{0,4}){0,3}"
)
_MARKS = "*_#`~ \t"
_COLON = re.compile(r"[*_]{0,3}[:\uff1a][*_]{0,3}(?:\s+|\Z)")
_MOMENT = re.compile(r"\d{1,2}:\d\d|\b\d{4}\b|\$\(date")
_MOST_MOMENT_WORDS = 8
_CUT = re.compile(
    r"\s(?:[-\u2013\u2014@|(\[]+|at|on|since|as of)\s?(?=[\w$])", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A state as it was worded, the name before it, and what follows it.

    `moment` tells that a time follows, as in the status line that `echo` writes.
    """

    state: str
    agent: str = ""
    note: str = ""
    moment: bool = False


def without_role(text: str) -> tuple[str, str]:
    """Split `Backend Developer Active` into the name and the rest."""
    match = _ROLE.match(text[:MOST_CHARACTERS])
    if match and match.end() < len(text):
        return match[1], text[match.end() :]
    return "", text


def may_be_dated(text: str) -> bool:
    """Tell cheaply whether a line can hold words, a colon and a time."""
    return ":" in text and _MOMENT.search(text) is not None


def read(text: str) -> Statement | None:
    """Return the state that a line says by how it begins or ends, if it says one."""
    if len(text) > MOST_CHARACTERS:
        return None
    words = _LEAD.sub("", text, count=1).strip(_MARKS)
    if words.startswith((">", "[")) or _PROSE.match(words):
        return None
    before, tail, moment = _split(words)
    agent, rest = without_role(before)
    if not agent and tail and (not moment or _DATED.match(rest)):
        return None
    found = states.find(rest)
    if not found or not (found.starts or found.ends):
        return None
    return Statement(found.said, agent, "" if moment else tail, moment)


def _split(text: str) -> tuple[str, str, bool]:
    """Return the words, what follows them, and whether that is a time."""
    if colon := _COLON.search(text):
        tail = text[colon.end() :].strip()
        return text[: colon.start()], tail, _is_moment(tail)
    for cut in _CUT.finditer(text):
        if _is_moment(tail := text[cut.end() :]):
            return text[: cut.start()], tail, True
    return text, "", False


def _is_moment(text: str) -> bool:
    few = len(text.split()) <= _MOST_MOMENT_WORDS
    return few and _MOMENT.search(text) is not None
