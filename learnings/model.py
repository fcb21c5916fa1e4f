"""What was learned and decided, as values.

It reads no text; whether a superseded decision exists is judged elsewhere.
"""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Where a decision stands; the words are those of MADR and of Nygard's records."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DEPRECATED = "deprecated"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision; an empty text is what its author did not say.

    `said` is the status in the author's words, `date` an ISO day, `agent` a name that
    stands in the text and proves nothing, `text` the reasons, at most 2,000 characters.
    """

    id: str
    title: str
    path: str
    line: int
    status: Status = Status.ACCEPTED
    said: str = ""
    date: str = ""
    agent: str = ""
    text: str = ""
    supersedes: tuple[str, ...] = ()
    superseded_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Learning:
    """One document, and the decisions in it by line; `line` is that of its title."""

    title: str
    path: str
    line: int = 1
    tags: tuple[str, ...] = ()
    date: str = ""
    decisions: tuple[Decision, ...] = ()
