"""What a pending commit still lacks before it may land: one pure function.

Review, landing, brief and page all ask it. It reads nothing and decides nothing: every
sentence comes from `requirement_words`, and what follows from it is others'.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from coordinator.kernel.text import globs
from pending_commits.item_states import FINISHED, ItemState
from pending_commits.review import requirement_words as words
from pending_commits.review.model import (
    GitView,
    Patchset,
    Policy,
    Requirement,
    ReviewedItem,
    ReviewWord,
    Turn,
    WordKind,
)
from pending_commits.review.words import name_of

Owners = Mapping[str, tuple[str, ...]]  # agents, each with the globs of its paths
# What decides how everybody's work is checked, merged and run: a maintainer's always.
PROTECTED = (
    "**/.gitattributes",
    "**/.gitmodules",
    "**/coordinator.toml",
    "agent-system",  # as a link, or a submodule
    "agent-system/workflows/**",
    "agent-system/agent-identities/**",
    "agent-system/agent-identities.md",
)
_SUBMODULE = "160000"


@dataclass(frozen=True, slots=True)
class _Case:
    """All that a requirement may need to know."""

    item: ReviewedItem
    policy: Policy
    owners: Owners
    git: GitView

    @property
    def approvals(self) -> tuple[ReviewWord, ...]:
        """The approvals of the newest patchset that stand."""
        return approvals(self.item)

    @property
    def paths(self) -> tuple[str, ...]:
        """What the newest patchset touches, former names too; none: not examined."""
        files = self.item.newest.files or ()
        named = (y for x in files for y in (x.path, x.before) if y)
        return tuple(dict.fromkeys(named))


def requirements(
    item: ReviewedItem, policy: Policy, owners: Owners, git: GitView
) -> tuple[Requirement, ...]:
    """Return all that landing asks of a pending commit, met or not.

    They come in the order in which people would see to them; an item without a patchset
    lacks just that, and of one that is over nothing is asked.
    """
    if item.state in FINISHED:
        return ()
    if not item.patchsets or item.state is ItemState.DRAFT:
        return (words.submitted(item, Turn.AUTHOR),)
    case = _Case(item, policy, owners, git)
    return tuple(y for x in _ALL for y in x(case))


def approvals(item: ReviewedItem) -> tuple[ReviewWord, ...]:
    """Return the approvals of the newest patchset that stand, one for each actor."""
    found = (x for x in item.standing if x.kind is WordKind.APPROVED)
    return tuple({x.actor: x for x in found}.values())


def requests(item: ReviewedItem) -> tuple[ReviewWord, ...]:
    """Return who asks for changes of the newest patchset, unanswered."""
    return tuple(x for x in item.standing if x.kind is WordKind.REQUESTED)


def turn(found: Iterable[Requirement]) -> Turn:
    """Return whose turn it is: the author's before the maintainers'.

    What a person could approve now may be another thing once its author has mended it.
    """
    lacking = {x.turn for x in found if not x.met}
    ways = (Turn.AUTHOR, Turn.MAINTAINERS, Turn.LANDING)
    return next((x for x in ways if x in lacking), Turn.LANDING)


def outside(
    paths: Iterable[str], agent: str, owners: Owners
) -> dict[str, tuple[str, ...]]:
    """Return the paths that are not the agent's, each with the agents whose they are.

    Who has no globs may go everywhere, save where a path is another's alone.
    """
    found: dict[str, tuple[str, ...]] = {}
    own = owners.get(agent, ())
    for path in paths:
        others = tuple(x for x, y in owners.items() if x != agent and _in(path, y))
        if not _in(path, own) and (own or others):
            found[path] = others
    return found


def _in(path: str, patterns: Iterable[str]) -> bool:
    return any(globs.matches(path, x) for x in patterns)


def _touched(case: _Case, patterns: Iterable[str]) -> tuple[str, ...]:
    wanted = tuple(patterns)
    return tuple(x for x in case.paths if _in(x, wanted))


def _current(case: _Case) -> Iterator[Requirement]:
    yield words.current(case.item, case.git)


def _examined(case: _Case) -> Iterator[Requirement]:
    if case.item.newest.files is None:
        yield words.examined(case.item, case.git.trouble)


def _answered(case: _Case) -> Iterator[Requirement]:
    yield words.answered(case.item, requests(case.item))


def _merges(case: _Case) -> Iterator[Requirement]:
    if case.git.conflicts is not None:
        yield words.merges(case.item, case.git.conflicts)


def _approved(case: _Case) -> Iterator[Requirement]:
    yield words.approved(case.item, case.approvals, case.policy.approvals)


def _labelled(case: _Case) -> Iterator[Requirement]:
    given = {y for x in case.approvals for y in x.labels}
    for label, patterns in case.policy.labels.items():
        if touched := _touched(case, patterns):
            yield words.labelled(case.item, label, touched, met=label in given)


def _owned(case: _Case) -> Iterator[Requirement]:
    for pattern, names in case.policy.owners.items():
        if touched := _touched(case, [pattern]):
            met = any(name_of(x.actor) in names for x in case.approvals)
            yield words.owned(case.item, names, touched, met=met)


def _own_paths(case: _Case) -> Iterator[Requirement]:
    """An agent's own paths need no other word; a person goes everywhere."""
    agent = case.item.agent
    strange = outside(case.paths, agent, case.owners) if agent else {}
    agreed = {x.actor for x in case.item.standing if x.kind is WordKind.AGREED}
    left = {x: y for x, y in strange.items() if agreed.isdisjoint(y)}
    if strange:
        yield words.own_paths(case.item, left, met=bool(case.approvals) or not left)


def _needs_maintainer(
    name: str, find: Callable[[_Case], tuple[str, ...]]
) -> Callable[[_Case], Iterator[Requirement]]:
    def require(case: _Case) -> Iterator[Requirement]:
        if touched := find(case):
            met = bool(case.approvals)
            yield words.maintainers_word(case.item, name, touched, met=met)

    return require


def _submodules(case: _Case) -> tuple[str, ...]:
    files = case.item.newest.files or ()
    return tuple(x.path for x in files if _SUBMODULE in {x.mode, x.mode_before})


def _unknown_author(case: _Case) -> tuple[str, ...]:
    by = case.item.newest.by
    is_known = case.item.agent or by.startswith("(maintainer")
    return () if is_known else (case.item.id,)


def _unsearched(case: _Case) -> tuple[str, ...]:
    newest: Patchset = case.item.newest
    return () if newest.is_searched else (newest.head,)


_ALL: tuple[Callable[[_Case], Iterator[Requirement]], ...] = (
    _current,
    _examined,
    _answered,
    _merges,
    _approved,
    _labelled,
    _owned,
    _own_paths,
    _needs_maintainer("protected", lambda x: _touched(x, PROTECTED)),
    _needs_maintainer("submodules", _submodules),
    _needs_maintainer("searched", _unsearched),
    _needs_maintainer("author", _unknown_author),
)
