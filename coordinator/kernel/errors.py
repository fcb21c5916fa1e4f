"""The errors that a caller can act on, each with a kind and a hint.

Only the faces turn a kind into an exit code or a status; nothing here prints.
"""

from enum import StrEnum


class ErrorKind(StrEnum):
    """Why something that was asked could not be done."""

    USAGE = "usage"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    REFUSED = "refused"
    EXTERNAL = "external"


class CoordinatorError(Exception):
    """What was asked cannot be done; the hint names the next command."""

    kind: ErrorKind = ErrorKind.EXTERNAL

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageProblem(CoordinatorError):
    """The request itself is malformed."""

    kind = ErrorKind.USAGE


class NotFound(CoordinatorError):
    """The named thing does not exist."""

    kind = ErrorKind.NOT_FOUND


class Conflict(CoordinatorError):
    """The state changed, or already is something else."""

    kind = ErrorKind.CONFLICT


class Refused(CoordinatorError):
    """A rule forbids it."""

    kind = ErrorKind.REFUSED


class External(CoordinatorError):
    """Something outside failed: git, the disk, another program."""

    kind = ErrorKind.EXTERNAL
