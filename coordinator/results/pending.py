"""Pending items, as actions show them; shapes only."""

from typing import NotRequired

from typing_extensions import TypedDict

from coordinator.results.problems import ShownProblem
from coordinator.results.review import (
    ShownPatchset,
    ShownRequirement,
    ShownReviewComment,
    ShownWord,
)


class ShownFile(TypedDict):
    """One changed file; `before` is its former path where it was renamed."""

    path: str
    added: int
    removed: int
    before: str
    binary: bool
    mode_before: str
    mode: str


class ShownChanges(TypedDict):
    """What a branch changes since it left the target; oldest commit first."""

    base: str
    commits: int
    files: tuple[ShownFile, ...]
    added: int
    removed: int
    authors: tuple[str, ...]
    first: str
    last: str
    subjects: tuple[tuple[str, str], ...]


class ListedTurn(TypedDict):
    """How far the review of a commit is: its newest patchset, whose turn, since when.

    `turn` is an agent's name, `author` (a person), `maintainers`, `landing`, or empty.
    """

    patchset: int
    turn: str
    since: str


class ListedItem(TypedDict):
    """A pending item: its kind, whose it is, and how far it is.

    `commit` is what was submitted of `branch`; both are empty where it proposes none.
    What an earlier version kept has no `repository`. The last four are there for a
    commit; `requirements` are those that are not met.
    """

    id: str
    kind: str
    agent: str
    repository: NotRequired[str]
    branch: str
    commit: str
    state: str
    title: str
    path: str
    to: list[str]
    problems: list[ShownProblem]
    patchset: NotRequired[int]
    turn: NotRequired[str]
    since: NotRequired[str]
    requirements: NotRequired[list[ShownRequirement]]


class ShownItem(ListedItem):
    """One with its text; `moved` is where its branch stands now, if elsewhere.

    A commit has all its requirements, met or not, and what was said of it. `changes`
    are there where one was submitted, `diff` and what of it is `shown` (such as
    `patchset 2`, `patchsets 1..2`) where it was asked for.
    """

    text: str
    moved: str
    patchsets: NotRequired[list[ShownPatchset]]
    words: NotRequired[list[ShownWord]]
    comments: NotRequired[list[ShownReviewComment]]
    changes: NotRequired[ShownChanges]
    diff: NotRequired[str]
    shown: NotRequired[str]


class WaitingItem(TypedDict):
    """A pending item that somebody is to look at, in a line of a report."""

    id: str
    kind: str
    agent: str
    state: str
    title: str
    recipients: list[str]
    turn: str
    since: str
