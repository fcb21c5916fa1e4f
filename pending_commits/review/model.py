"""A review as values: patchsets, what was said of them, and what is still required.

It reads no record and runs no git; what may be said, and what follows, is `decide`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pending_commits.item_states import ItemState
from pending_commits.model import FileChange

CUT = "cut"  # the label of what was shown in part


class WordKind(StrEnum):
    """What somebody said of a patchset; the value is the record's kind.

    `agreed` is the word of an agent about its own paths, `shown` that a maintainer was
    given the diff.
    """

    APPROVED = "review.approved"
    REQUESTED = "review.requested"
    REVOKED = "review.revoked"
    AGREED = "review.agreed"
    SHOWN = "review.shown"


@dataclass(frozen=True, slots=True)
class ReviewWord:
    """One thing that was said of one patchset; `seq` is its record.

    It `stands` until its speaker says another thing of the same patchset; an approval,
    of whomever, until the item is withdrawn.
    """

    seq: int
    at: str
    actor: str
    kind: WordKind
    patchset: int
    labels: tuple[str, ...] = ()
    text: str = ""
    stands: bool = True


@dataclass(frozen=True, slots=True)
class ReviewComment:
    """What somebody said of a file's line, of a file, or of a patchset.

    `line` counts from 1 in the patchset that it was made on, 0: the file, and with no
    file the patchset. `quoted` is that line. A draft was not sent yet.
    """

    seq: int
    at: str
    actor: str
    patchset: int
    head: str
    file: str = ""
    line: int = 0
    quoted: str = ""
    text: str = ""
    is_draft: bool = False

    @property
    def id(self) -> str:
        """What it is called by."""
        return f"c{self.seq}"


@dataclass(frozen=True, slots=True)
class Patchset:
    """One head of the proposed branch, numbered from 1, and what it changes.

    `base` is its merge base with the target. `files` are None where it was not examined
    yet. `is_searched`: all added lines were searched for secrets.
    """

    number: int
    head: str
    base: str
    by: str
    at: str
    files: tuple[FileChange, ...] | None = None
    authors: tuple[str, ...] = ()
    is_searched: bool = True
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """Two commits of one item, each with the merge base that it stands on."""

    base: str
    head: str
    later_base: str
    later: str


@dataclass(frozen=True, slots=True)
class ReviewedItem:
    """A pending commit with its patchsets, the oldest first, and all that was said.

    `agent` is the author where that is an agent, else empty.
    """

    id: str
    title: str
    agent: str
    repository: str
    branch: str
    path: str
    state: ItemState
    at: str
    patchsets: tuple[Patchset, ...] = ()
    words: tuple[ReviewWord, ...] = ()
    comments: tuple[ReviewComment, ...] = ()

    @property
    def newest(self) -> Patchset:
        """The newest patchset; there is one."""
        return self.patchsets[-1]

    @property
    def standing(self) -> tuple[ReviewWord, ...]:
        """What was said of the newest patchset and stands, the oldest first."""
        number = self.newest.number if self.patchsets else 0
        return tuple(x for x in self.words if x.stands and x.patchset == number)

    def was_shown(self, actor: str, number: int) -> bool:
        """Tell whether a patchset's diff was shown to somebody."""
        shown = (x for x in self.words if x.kind is WordKind.SHOWN)
        return any((x.actor, x.patchset) == (actor, number) for x in shown)

    def was_cut(self, actor: str, number: int) -> bool:
        """Tell whether all that was shown of a patchset's diff was its beginning."""
        shown = (x for x in self.words if x.kind is WordKind.SHOWN)
        mine = [x for x in shown if (x.actor, x.patchset) == (actor, number)]
        return bool(mine) and all(CUT in x.labels for x in mine)

    def is_author(self, actor: str, name: str) -> bool:
        """Tell whether a maintainer proposed it, or wrote commits of a person's branch.

        Names in commits are text: they only ever take an approval away.
        """
        if self.agent:
            return False
        proposed = any(x.by == actor for x in self.patchsets)
        return proposed or self.is_author_by_name(name)

    def is_author_by_name(self, name: str) -> bool:
        """Tell whether a maintainer of that name proposed it, or wrote a commit."""
        wrote = (name in x.authors for x in self.patchsets)
        proposed = (x.by == f"(maintainer {name})" for x in self.patchsets)
        return bool(name) and not self.agent and (any(wrote) or any(proposed))


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody's words: who, as records name it, and what."""

    actor: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class ReviewMessage:
    """What somebody is sent of a review; `to` empty: the maintainers.

    `data` is the same as JSON values, for programs.
    """

    to: str
    subject: str
    body: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Policy:
    """What the settings ask of a pending commit in one repository.

    `labels` are words that an approval must name, each with the globs of paths that ask
    for it; `owners` globs of paths, each with the maintainers of whom one must approve.
    """

    approvals: int = 1
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class FoundSecret:
    """Where a secret stands; `mark`: what it can be told by, 12 hex digits of a hash.

    The secret itself stands nowhere.
    """

    path: str
    line: int
    kind: str
    mark: str


@dataclass(frozen=True, slots=True)
class Allowances:
    """What the settings let pass: false alarms, and links that lead out of the tree."""

    secrets: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GitView:
    """What git says by now: where the branch `moved` to, if it is elsewhere.

    `trouble` is why that was not taken; a branch that is gone stands nowhere.
    `conflicts` are paths that do not merge with the target, None: not known.
    """

    moved: str = ""
    trouble: str = ""
    is_gone: bool = False
    conflicts: tuple[str, ...] | None = None


class Turn(StrEnum):
    """Who can do something about a requirement."""

    AUTHOR = "author"
    MAINTAINERS = "maintainers"
    LANDING = "landing"
    NOBODY = ""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that landing asks for: whether it is met, in words, and what meets it.

    `command` satisfies it, empty where it is met; `turn` is whose that is. `by_review`
    tells whether a maintainer's word is what it takes.
    """

    name: str
    sentence: str
    command: str = ""
    turn: Turn = Turn.NOBODY
    met: bool = False
    by_review: bool = False
