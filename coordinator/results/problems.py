"""What is wrong with something, as actions show it.

Shapes, and how a problem gets one. A value is a plain mapping: it is its own JSON.
"""

from collections.abc import Iterable

from typing_extensions import TypedDict

from coordinator.kernel.problems import Problem


class ShownProblem(TypedDict):
    """A finding about a document; `line` counts from 1, 0 means the whole file.

    `path` is relative to the workspace, or to the caller's folder where that was named.
    `code` is a stable word for programs; `hint` says what mends it.
    """

    path: str
    line: int
    code: str
    message: str
    hint: str


class ProblemGroup(ShownProblem):
    """The first problem of several; `times` is how many it stands for."""

    times: int


def shown(problem: Problem) -> ShownProblem:
    """Return a problem as it is shown."""
    return {
        "path": problem.path,
        "line": problem.line,
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
    }


def problems_of(found: Iterable[Problem]) -> list[ShownProblem]:
    """Return problems as they are shown, in the same order."""
    return [shown(x) for x in found]
