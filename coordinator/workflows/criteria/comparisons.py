"""Numbers that a sentence asks for: `coverage > 80 %`, `at least 3 reviews`.

It finds the first one and does not say whether any number meets it.
"""

import re

from coordinator.workflows.model import Comparison

_UNIT = (
    r"(%|percent\b|(?:\u00b5s|us|ms|milliseconds?|s|secs?|seconds?|min|mins|minutes?|h|hours?"
    r"|days?|weeks?|[kmg]i?b|bytes?|rps|fps)\b)?"
)
_AMOUNT = rf"[$€£]?(\d[\d,]{{0,14}}(?:\.\d{{1,6}})?)(?!\d|[.,]\d)\s?{_UNIT}"
_SIGNS = {
    ">=": ">=",
    "≥": ">=",
    "<=": "<=",
    "≤": "<=",
    ">": ">",
    "<": "<",
    "==": "==",
    "at least": ">=",
    "no less than": ">=",
    "minimum": ">=",
    "minimum of": ">=",
    "a minimum of": ">=",
    "at most": "<=",
    "no more than": "<=",
    "maximum": "<=",
    "maximum of": "<=",
    "a maximum of": "<=",
    "within": "<=",
    "more than": ">",
    "greater than": ">",
    "above": ">",
    "over": ">",
    "exceeds": ">",
    "less than": "<",
    "fewer than": "<",
    "below": "<",
    "under": "<",
}
_ORDER = sorted(_SIGNS, key=len, reverse=True)
_SIGN = "|".join(rf"\b{x}\b" if x[0].isalpha() else re.escape(x) for x in _ORDER)
_ASKED = re.compile(rf"(?<![-=<>])({_SIGN})\s?{_AMOUNT}", re.IGNORECASE)
_OR_MORE = re.compile(rf"(?<![\w.,]){_AMOUNT}\+(?!\w)", re.IGNORECASE)
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)\s?(%)\s+(?:of\s+)?(?=\w)")
_LEAD = re.compile(
    r"(?:achieves?|maintains?|ensures?|keeps?|reach(?:es)?|has|have|with|supports?"
    r"(?: for)?|provides?|contains?|includes?|the|an?)\b\s*",
    re.IGNORECASE,
)
_TRAIL = re.compile(
    r"(?:\b(?:is|are|must|should|be|stays?|remains?|of|at|to|with|and|has|have)\b"
    r"|[\s:,(=-])+\Z"
)
_VERB = re.compile(r"\b(?:is|are|has|have|with|and|per|for|in|from|each)\b|[,.;:()]")
_LONGEST = 80


def find(text: str) -> Comparison | None:
    """Return the first number that is asked for, None where there is none.

    Its name is what stands before it, else what follows. `1000+` and a share at the
    beginning (`100% of the routes`) are least numbers.
    """
    for pattern, sign in ((_ASKED, ""), (_OR_MORE, "at least"), (_SHARE, ">=")):
        match = pattern.match(text) if pattern is _SHARE else pattern.search(text)
        if match:
            said, number, unit = match.groups() if not sign else (sign, *match.groups())
            value = float(number.replace(",", ""))
            before, after = text[: match.start()], text[match.end() :]
            is_count = pattern is _SHARE or (not unit and said[0].isalpha())
            name = (is_count and _counted(after)) or _name(before, after)
            return Comparison(name, _SIGNS[said.lower()], value, unit or "")
    return None


def _name(before: str, after: str) -> str:
    inside, closing, _ = after.partition(")")
    if before.rstrip().endswith("(") and closing and inside.strip():
        return _short(inside)
    head = before.strip()[-_LONGEST * 2 :]
    lead = _LEAD.match(head)
    head = head[lead.end() :] if lead else head
    return _short(_TRAIL.sub("", head)) or _short(after.lstrip(") "))


def _counted(after: str) -> str:
    """Return what is counted: the words up to the verb."""
    return _short(_VERB.split(after, maxsplit=1)[0])


def _short(text: str) -> str:
    return " ".join(text.split())[:_LONGEST].strip(" .,;:()`\"'")
