"""The readings of a pattern that a document quotes, and the search for them.

It opens no file and never searches for longer than it was given.
"""

from dataclasses import dataclass

import regex

from coordinator.kernel import clock

MOST_CHARACTERS = 2_000
ONE_SECONDS = 1.0
ALL_SECONDS = 10.0
_QUOTES = frozenset({'""', "''", "``", "“”"})
# The dialect of `re`: in `regex`, other braces would mean an approximate match.
_BRACE = regex.compile(r"(\\.)|\{(?!\d+\}|\d*,\d*\})", regex.DOTALL)
_JSON_PART = regex.compile(r"[{}\[\]:,]|\s+|[^{}\[\]:,\s]+")


@dataclass(frozen=True, slots=True)
class PatternReading:
    """One way to read a pattern: its name and the expression."""

    name: str
    expression: regex.Pattern[str]

    def in_any_case(self) -> "PatternReading":
        """Return the same reading with upper and lower case taken as equal."""
        flags = self.expression.flags | regex.IGNORECASE
        return PatternReading(self.name, regex.compile(self.expression.pattern, flags))


@dataclass(frozen=True, slots=True)
class Hit:
    """Where something was found: the line, from 1, and by which reading."""

    line: int
    reading: str


class TooSlow(Exception):
    """The time for a search ran out: an answer in itself, and no error of ours."""


class Budget:
    """The time for a submission's searches, a second for each of its criteria.

    Only searching counts: reading files has bounds of its own. It is time of the
    processor, as regex has it, so that a busy machine fails nobody.
    """

    def __init__(self, seconds: float = ALL_SECONDS) -> None:
        self._all = seconds
        self._turn = 0.0
        self.begin()

    def begin(self) -> None:
        """Begin the next criterion's turn."""
        self._turn = min(self._all, ONE_SECONDS)

    def search(self, expression: regex.Pattern[str], text: str) -> int | None:
        """Return where the expression first matches, or None.

        Raises:
            TooSlow: The time is used up.
        """
        if self._turn <= 0:
            raise TooSlow
        started = clock.computed()
        try:
            match = expression.search(text, timeout=self._turn)
        except TimeoutError:
            self._spend(self._turn)
            raise TooSlow from None
        self._spend(clock.computed() - started)
        return match.start() if match else None

    def _spend(self, seconds: float) -> None:
        self._turn -= seconds
        self._all -= seconds


def of_pattern(value: str) -> tuple[PatternReading, ...]:
    """Return the readings of a pattern, in the order in which they are tried.

    Quotes around it may be the document's or the pattern's own; braces and escaped
    quotes may be meant literally, as may what is no expression. A pattern of more than
    2,000 characters has no reading.
    """
    if len(value) > MOST_CHARACTERS:
        return ()
    inner = without_quotes(value)
    names = {inner: "inner", value: "whole"} if inner != value else {value: "whole"}
    made = [(name, _compiled(text)) for text, name in names.items() if text]
    found = [PatternReading(name, x) for name, x in made if x is not None]
    if len(found) < len(made) or "{" in value or '\\"' in value:
        found += [PatternReading("literal", _literal(text)) for text in names if text]
    return tuple(found)


def of_text(value: str) -> tuple[PatternReading, ...]:
    """Return the readings of a literal text: without its quotes, and with them."""
    texts = dict.fromkeys(x for x in (without_quotes(value), value) if x)
    if len(value) > MOST_CHARACTERS:
        return ()
    return tuple(
        PatternReading("literal", regex.compile(regex.escape(x, literal_spaces=True)))
        for x in texts
    )


def without_quotes(value: str) -> str:
    """Return the text between a pair of quotes around all of it."""
    return value[1:-1] if value[:1] + value[1:][-1:] in _QUOTES else value


def find(readings: tuple[PatternReading, ...], text: str, budget: Budget) -> Hit | None:
    """Return the first hit of the first reading that has one.

    Raises:
        TooSlow: The budget is used up.
    """
    for reading in readings:
        start = budget.search(reading.expression, text)
        if start is not None:
            return Hit(text.count("\n", 0, start) + 1, reading.name)
    return None


def _compiled(text: str) -> regex.Pattern[str] | None:
    try:
        dialect = _BRACE.sub(lambda x: x[1] or r"\{", text)
        return regex.compile(dialect, regex.DOTALL)
    except (regex.error, RecursionError, OverflowError, MemoryError):
        return None


def _literal(text: str) -> regex.Pattern[str]:
    """Take JSON as it stands; the space around its punctuation means nothing."""
    parts = _JSON_PART.findall(text.replace('\\"', '"'))
    made = [
        rf"\s*+{regex.escape(x)}\s*+"
        if x in set("{}[]:,")
        else r"\s*+"
        if x.isspace()
        else regex.escape(x)
        for x in parts
    ]
    return regex.compile("".join(made))
