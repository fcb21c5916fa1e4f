"""Decisions and learnings, as actions show them; shapes only."""

from typing_extensions import TypedDict


class ShownDecision(TypedDict):
    """A decision, where it stands, and which others it supersedes or gives way to."""

    path: str
    line: int
    id: str
    title: str
    status: str
    date: str
    agent: str
    text: str
    supersedes: list[str]
    superseded_by: list[str]
    at: str


class WrittenLearning(TypedDict):
    """A learning that was written down just now."""

    title: str
    agent: str
    path: str
    line: int


class ShownLearning(WrittenLearning):
    """A learning, when it was accepted, and how many decisions its file holds."""

    at: str
    decisions: int
