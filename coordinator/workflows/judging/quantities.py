"""Numbers that are asked for, found among metrics and in what commands printed.

Names are compared by their words, units are converted. It decides on no verdict.
"""

import math
import operator
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from coordinator.workflows.model import Comparison

_OPERATORS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LITTLE = (
    "a all an and are as at be by each for from in is it of on or per than that the to"
    " under with within"
)
_EMPTY = frozenset(_LITTLE.split())
_ANY = (
    "average count level maximum minimum number percent rate result score size time"
    " total value"
)
_VAGUE = frozenset(_ANY.split())  # they name nothing by themselves
_LEAST_SHARE = 1 / 3  # of a name's words, for a metric that does not bear all
_SAME = {"avg": "average", "pct": "percent", "mean": "average"}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|%")
_SCALES = {
    **dict.fromkeys(("us", "micros", "microsecond", "microseconds"), ("time", 1e-6)),
    **dict.fromkeys(("ms", "millis", "millisecond", "milliseconds"), ("time", 1e-3)),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), ("time", 1.0)),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), ("time", 60.0)),
    **dict.fromkeys(("h", "hour", "hours"), ("time", 3600.0)),
    **dict.fromkeys(("day", "days"), ("time", 86_400.0)),
    **dict.fromkeys(("week", "weeks"), ("time", 604_800.0)),
    **dict.fromkeys(("%", "percent", "percentage"), ("share", 1.0)),
    **dict.fromkeys(("b", "byte", "bytes"), ("size", 1.0)),
    "kb": ("size", 1e3),
    "mb": ("size", 1e6),
    "gb": ("size", 1e9),
    "kib": ("size", 2.0**10),
    "mib": ("size", 2.0**20),
    "gib": ("size", 2.0**30),
}
_NUMBER = r"(?:\d{1,3}(?:,\d{3}){1,5}|\d{1,15})(?:\.\d{1,15})?"
_VALUE = rf"(-?{_NUMBER})\s{{0,3}}(%|[A-Za-z]{{1,12}})?"
_AMOUNT = rf"({_NUMBER})(?:\s?(%|[A-Za-z]{{1,12}}))??"
# The summaries of coverage.py and of Istanbul, whose lines name no coverage.
_TOTALS = (
    re.compile(r"^TOTAL\b.*?(\d{1,3}(?:\.\d+)?)(%)\s*$", re.MULTILINE),
    re.compile(r"^All files\s*\|\s*(\d{1,3}(?:\.\d+)?)\s*(%?)", re.MULTILINE),
)
_MOST_WORDS = 12


@dataclass(frozen=True, slots=True)
class Reported:
    """A number that was reported; `origin` says where, `unit` may be empty."""

    origin: str
    value: float
    unit: str


def among(names: Sequence[str], metrics: Mapping[str, float]) -> list[Reported]:
    """Return the metrics that bear one of the names best.

    One bears all words of the name, or none but some of them that say enough.
    """
    wanted = [_words(x) for x in names]
    rated = [
        (max((_likeness(y, _without_unit(x)) for y in wanted), default=0.0), x)
        for x in metrics
    ]
    best = max((likeness for likeness, _ in rated), default=0.0)
    names = [x for likeness, x in rated if likeness == best > 0]
    return [Reported(f"the metric {x}", metrics[x], _unit_of(x)) for x in names]


def printed(names: Sequence[str], texts: Iterable[str]) -> list[Reported]:
    """Return the numbers that stand behind one of the names in what was printed.

    Else those that stand before it; for a coverage that is not named, the totals of
    well-known reports.
    """
    texts = list(texts)
    for pattern in (y for x in names for y in _patterns(x)):
        found = [x for text in texts for x in pattern.finditer(text)]
        if found:
            return [
                Reported("the output", float(x[1].replace(",", "")), x[2] or "")
                for x in found
            ]
    return []


def _patterns(name: str) -> Iterator[re.Pattern[str]]:
    words = [re.escape(x) for x in re.findall(r"\w+", name)][:_MOST_WORDS]
    if not words:
        return
    said = r"[\s_-]{1,3}".join(words)
    yield re.compile(rf"(?i)\b{said}\b[^\n:=%\d]{{0,40}}[:=|]\s{{0,40}}{_VALUE}")
    yield re.compile(rf"(?i)(?<![\w.,/-])(?<!of ){_AMOUNT}\s{{1,3}}(?:of\s)?{said}\b")
    if "coverage" in _words(name):
        yield re.compile(rf"(?i)\bcoverage\s{{0,9}}[:=]\s{{0,40}}{_VALUE}")
        yield from _TOTALS


def holds(comparison: Comparison, reported: Reported) -> bool | None:
    """Tell whether the number is as asked for; None: the units do not go together."""
    value = _converted(reported.value, reported.unit, comparison.unit)
    if value is None:
        return None
    if comparison.operator in _OPERATORS:
        return bool(_OPERATORS[comparison.operator](value, comparison.value))
    return math.isclose(value, comparison.value)


def _words(name: str) -> frozenset[str]:
    found = (x.lower() for x in _WORD.findall(name))
    return frozenset(_SAME.get(x, x) for x in found) - _EMPTY


def _without_unit(name: str) -> frozenset[str]:
    return _words(name) - {_unit_of(name)}


def _unit_of(name: str) -> str:
    words = [_SAME.get(x.lower(), x.lower()) for x in _WORD.findall(name)]
    return words[-1] if len(words) > 1 and words[-1] in _SCALES else ""


def _likeness(wanted: frozenset[str], found: frozenset[str]) -> float:
    if not wanted or not found:
        return 0.0
    share = len(wanted & found) / len(wanted | found)
    is_part = found <= wanted and bool(found - _VAGUE) and share >= _LEAST_SHARE
    return share if wanted <= found or is_part else 0.0


def _converted(value: float, unit: str, wanted: str) -> float | None:
    given, asked = unit.lower(), wanted.lower()
    if not given or not asked or given == asked:
        return value
    if given not in _SCALES or asked not in _SCALES:
        return None
    (kind, scale), (asked_kind, asked_scale) = _SCALES[given], _SCALES[asked]
    return value * scale / asked_scale if kind == asked_kind else None
