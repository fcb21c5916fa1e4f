"""Pending items, as actions show them; shapes only."""

from typing import NotRequired

from typing_extensions import TypedDict

from coordinator.results.problems import ShownProblem


class ShownFile(TypedDict):
    """One changed file; `before` is its former path where it was renamed."""

    path: str
    added: int
    removed: int
    before: str
    binary: bool


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


class ListedItem(TypedDict):
    """A pending item: its kind, whose it is, and how far it is.

    `commit` is what was submitted of `branch`; both are empty where it proposes none.
    """

    id: str
    kind: str
    agent: str
    branch: str
    commit: str
    state: str
    title: str
    path: str
    to: list[str]
    problems: list[ShownProblem]


class ShownItem(ListedItem):
    """One with its text; `moved` is where its branch stands now, if elsewhere.

    `changes` are there where a commit was submitted, `diff` where it was asked for.
    """

    text: str
    moved: str
    changes: NotRequired[ShownChanges]
    diff: NotRequired[str]


class WaitingItem(TypedDict):
    """A pending item that somebody is to look at, in a line of a report."""

    id: str
    kind: str
    agent: str
    state: str
    title: str
    recipients: list[str]
