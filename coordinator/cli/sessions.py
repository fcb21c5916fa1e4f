"""A command line at work: what it was given, what it prints, and how it fails.

It reads no command line, and performs nothing.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from coordinator.cli import exit_codes
from coordinator.cli.text import relative_paths, show
from coordinator.kernel.errors import CoordinatorError

Perform = Callable[[str, dict[str, Any], str], Any]


@dataclass(slots=True)
class Session:
    """One command line at work: how it performs actions, and what it prints.

    `perform` takes an action's name, its arguments and the key. `root` is the
    workspace, None where there is none. `notes` are what stands on standard error
    beside the answer.
    """

    perform: Perform
    folder: Path
    root: Path | None = None
    stdin: str = ""
    width: int = 88
    color: bool = False
    json: bool = False
    out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    has_answer: bool = False
    code: int = 0
    output: str = ""
    text: str = ""
    is_paged: bool = False

    @property
    def way(self) -> str:
        """What leads from where the caller stands to the workspace."""
        return relative_paths.way(self.root, self.folder)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a command line printed, and its exit code."""

    stdout: str
    stderr: str
    code: int
    output: str = ""
    text: str = ""
    is_paged: bool = False

    def as_json(self) -> dict[str, object]:
        """Return it as it goes to the thin client, which writes `text` to `output`."""
        shown: dict[str, object] = {
            "stdout": self.stdout,
            "stderr": self.stderr,
            "code": self.code,
        }
        shown |= {"paged": True} if self.is_paged else {}
        return shown | (
            {"output": self.output, "text": self.text} if self.output else {}
        )


def with_notes(reply: Reply, session: Session, later: Collection[str]) -> Reply:
    """Add on standard error what whoever reads should know; an error stands alone.

    `later` is what came up after the answer.
    """
    if not session.has_answer:
        return reply
    told = (
        relative_paths.in_sentence(x, session.way) for x in (*session.notes, *later)
    )
    found = list(dict.fromkeys(told))
    return replace(reply, stderr=show.notes(found, as_json=session.json))


def failure(kind: str, message: str, hint: str, *, as_json: bool) -> Reply:
    """Return what a command line prints that failed."""
    code = exit_codes.of_kind(str(kind))
    if as_json:
        error = {"error": {"kind": str(kind), "message": message, "hint": hint}}
        return Reply("", show.dumps(error), code)
    return Reply("", show.error(message, hint), code)


def refused(session: Session, error: CoordinatorError) -> Reply:
    """Return what is printed of an error, its paths as the caller sees them."""
    told = (
        relative_paths.in_sentence(x, session.way) for x in (error.message, error.hint)
    )
    return failure(error.kind, *told, as_json=session.json)
