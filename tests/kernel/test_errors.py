import pytest

from coordinator.kernel.errors import (
    Conflict,
    CoordinatorError,
    ErrorKind,
    External,
    NotFound,
    Refused,
    UsageProblem,
)
from coordinator.kernel.problems import Problem


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (UsageProblem, ErrorKind.USAGE),
        (NotFound, ErrorKind.NOT_FOUND),
        (Conflict, ErrorKind.CONFLICT),
        (Refused, ErrorKind.REFUSED),
        (External, ErrorKind.EXTERNAL),
    ],
)
def test_each_error_has_a_kind(error: type[CoordinatorError], kind: ErrorKind) -> None:
    """The faces turn the kind into a code, and show message and hint."""
    made = error("It is so.", hint="Do this.")
    assert (made.kind, str(made), made.message, made.hint) == (
        kind,
        "It is so.",
        "It is so.",
        "Do this.",
    )


def test_problems_are_ordered_by_place() -> None:
    """Lists of problems read from top to bottom."""
    first = Problem("a.md", 2, "z", "m", "h")
    second = Problem("a.md", 10, "a", "m", "h")
    third = Problem("b.md", 1, "a", "m", "h")
    assert sorted([third, second, first]) == [first, second, third]
