"""What stands in a box: the marks, and what the signs for them mean.

A document may change the table; who reads its word is `legends`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Mark(StrEnum):
    """What stands in a box."""

    OPEN = "open"
    DONE = "done"
    SKIPPED = "skipped"


class Reading(IntEnum):
    """How a checklist is read; a run keeps to the one that it was begun with.

    At first `[~]` was left out, an item ended with its line, and no heading made gates.
    """

    FIRST = 1
    WHOLE = 2


LATEST = Reading.WHOLE


class Meaning(StrEnum):
    """What a sign in a box tells; what is in progress is open."""

    OPEN = "open"
    BEGUN = "in progress"
    DONE = "done"
    SKIPPED = "skipped"

    @property
    def mark(self) -> Mark:
        """What it comes to."""
        return Mark.OPEN if self is Meaning.BEGUN else Mark(self.value)


_SIGNS = {
    **dict.fromkeys("xX✓✔✅", Meaning.DONE),
    **dict.fromkeys("-\u2013\u2014", Meaning.SKIPPED),
    **dict.fromkeys("~/", Meaning.BEGUN),
    " ": Meaning.OPEN,
}
_FIRST_SIGNS = {
    **dict.fromkeys("xX✓✔✅", Meaning.DONE),
    **dict.fromkeys("-~", Meaning.SKIPPED),
    " ": Meaning.OPEN,
}
_WRITTEN = {Mark.OPEN: " ", Mark.DONE: "x✓", Mark.SKIPPED: "-\u2014"}


@dataclass(frozen=True, slots=True)
class Signs:
    """What the signs in the boxes of a document mean.

    `told` is what the document itself says of them, in its front matter or in a legend,
    which stands in `lines`: a box there is no item.
    """

    reading: Reading = LATEST
    told: Mapping[str, Meaning] = field(default_factory=dict)
    lines: frozenset[int] = frozenset()

    def meaning(self, sign: str) -> Meaning | None:
        """Return what a sign means, None for one that nobody explains."""
        usual = _SIGNS if self.reading > Reading.FIRST else _FIRST_SIGNS
        return self.told.get(sign) or usual.get(sign)

    def written(self, mark: Mark) -> str:
        """Return the sign that is written for a mark: one that is read so again."""
        return next(x for x in _WRITTEN[mark] if self.meaning(x) == mark.value)
