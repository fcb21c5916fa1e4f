"""Verdicts as values, and what judges may look at.

It judges nothing and reads nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from coordinator.workflows.model import Criterion


class Outcome(StrEnum):
    """What became of a criterion; only `met` passes by itself."""

    MET = "met"
    UNMET = "unmet"
    UNRESOLVED = "unresolved"
    ATTESTED = "attested"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one criterion.

    `found` is a sentence: what met it (`file:line`), or why nothing did. `files` are
    those examined; `pattern` is as written and `reading` tells which reading of it
    matched: `inner` (without its quotes), `whole`, `literal`. `near_miss` names a place
    that differs in case only. No sentence repeats what a file or an output holds.
    """

    criterion: Criterion
    outcome: Outcome
    found: str = ""
    files: tuple[str, ...] = ()
    pattern: str = ""
    reading: str = ""
    near_miss: str = ""


MISSING = "is not there"


class Tree(Protocol):
    """The files of a worktree; paths are relative, with `/`, and in canonical form."""

    def read(self, path: str) -> bytes | str:
        """Return a file's bytes, or in words behind its name why there are none."""

    def exists(self, path: str) -> bool:
        """Tell whether a regular file or a folder is there; no link is one."""

    def is_folder(self, path: str) -> bool:
        """Tell whether a folder is there."""

    def listing(self) -> Iterable[str]:
        """Return the paths of all files."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a pattern that names no file is looked for, in this order.

    `changed` are the paths of the submitted diff, `linked` the documents that the
    subtask links to, without `mdc:`. `folders` are those below the worktree's in which
    a file may lie that is not where it is named.
    """

    changed: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Response:
    """The status of an HTTP response, 0 where none came.

    Then `failure` says why, or, where nobody was asked, `refusal`.
    """

    status: int = 0
    failure: str = ""
    refusal: str = ""


Ask = Callable[[str, str], Response]  # of a method and a URL


def ask_nobody(method: str, url: str) -> Response:  # noqa: ARG001 - an Ask
    """Allow no request at all."""
    return Response(refusal="the settings allow no request")
