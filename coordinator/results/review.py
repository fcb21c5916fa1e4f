"""Reviews, as actions show them; shapes only.

Times are the server's (RFC 3339, UTC). A patchset's number counts from 1.
"""

from typing_extensions import TypedDict


class ShownRequirement(TypedDict):
    """One thing that landing asks for; `command` meets it, empty where it is met."""

    name: str
    met: bool
    sentence: str
    command: str


class Reviewed(TypedDict):
    """A pending commit after something was said of it, with what it still lacks.

    `turn` is an agent's name, `author` (a person), `maintainers` or `landing`.
    """

    id: str
    state: str
    patchset: int
    turn: str
    requirements: list[ShownRequirement]


class ShownPatchset(TypedDict):
    """One head of the proposed branch; `base` is empty until it was examined."""

    number: int
    commit: str
    base: str
    by: str
    at: str


class ShownWord(TypedDict):
    """What somebody said of a patchset; `kind` is the record's."""

    kind: str
    by: str
    at: str
    patchset: int
    labels: tuple[str, ...]
    text: str
    stands: bool


class ShownReviewComment(TypedDict):
    """A comment where it was made, and where that line is by now.

    `now` is the line in the newest patchset's `file_now`; 0 where it is `outdated`, or
    the comment is about no line.
    """

    id: str
    by: str
    at: str
    patchset: int
    file: str
    line: int
    quoted: str
    text: str
    draft: bool
    file_now: str
    now: int
    outdated: bool


class MadeComment(TypedDict):
    """A comment that was made; `sent`: its author was told."""

    id: str
    item: str
    patchset: int
    file: str
    line: int
    quoted: str
    sent: bool


class PublishedDrafts(TypedDict):
    """How many drafts were sent."""

    item: str
    sent: int


class ReportedReview(TypedDict):
    """One thing that was said or done in a review: when, of which item, and what."""

    item: str
    at: str
    what: str
    text: str
