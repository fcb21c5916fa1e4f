"""A patchset examined before it is taken: what it changes, and what is refused in it.

It reads the store, on any thread, and records nothing; a secret's value leaves it in no
message.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from coordinator.kernel import clock
from coordinator.kernel.errors import Refused
from coordinator.kernel.text import globs
from pending_commits import changes
from pending_commits.changes import BranchFacts, PatchCut
from pending_commits.review import secrets, words
from pending_commits.review.model import Allowances, FoundSecret
from pending_commits.review.secrets import AddedLine

_LINK = "120000"
_TURN_CHARACTERS = 1 << 15  # after so many, others have a turn at the interpreter
_TURN_SECONDS = 0.0002
_MOST_BYTES = 100 << 20  # of a patch are searched


@dataclass(frozen=True, slots=True)
class Examined:
    """What a patchset changes; `is_searched`: all of it was searched for secrets."""

    facts: BranchFacts
    is_searched: bool


class SecretsFound(Refused):
    """Lines that a branch adds hold secrets."""

    def __init__(self, found: Iterable[FoundSecret]) -> None:
        said, hint = words.secrets_found([*found])
        super().__init__(said, hint=hint)


class LinksLeave(Refused):
    """Links that a branch adds lead out of its tree."""

    def __init__(self, found: Iterable[str]) -> None:
        said, hint = words.links_leave([*found])
        super().__init__(said, hint=hint)


def examine(store: Path, target: str, head: str, allowed: Allowances) -> Examined:
    """Look at all that `head` has and `target` lacks; both are commits of the store.

    Raises:
        SecretsFound, LinksLeave: It cannot be taken as it is.
        StoreUnreadable: An id is not there, or the store is damaged.
    """
    facts = changes.facts(store, target, head)
    _check_links(store, head, facts, allowed.links)
    present = _Lines(changes.added_lines(store, facts.base, head, _MOST_BYTES))
    _check_secrets(present, allowed)
    # What a later commit took out again would land with the history all the same.
    ever = _Lines(changes.ever_added(store, target, head, _MOST_BYTES))
    if facts.commits > 1:
        _check_secrets(ever, allowed)
    return Examined(facts, not (present.is_cut or ever.is_cut))


def _check_secrets(lines: Iterable[AddedLine], allowed: Allowances) -> None:
    found = secrets.find(lines)
    if wrong := [x for x in found if not secrets.is_allowed(x, allowed.secrets)]:
        raise SecretsFound(wrong)


class _Lines:
    """Added lines as the detector takes them; `is_cut` once there were too many."""

    def __init__(self, found: Iterator[tuple[str, int, str]]) -> None:
        self._found = found
        self.is_cut = False

    def __iter__(self) -> Iterator[AddedLine]:
        left = _TURN_CHARACTERS
        try:
            for line in self._found:
                yield AddedLine(*line)
                left -= len(line[2])
                if left < 0:
                    left = _TURN_CHARACTERS
                    clock.sleep(_TURN_SECONDS)
        except PatchCut:
            self.is_cut = True


def _check_links(
    store: Path, head: str, facts: BranchFacts, allowed: Iterable[str]
) -> None:
    """Refuse links that lead out by what the branch changes: they, or what they cross.

    What led out before is not of the branch's making.
    """
    made = {x.path for x in facts.files if x.mode == _LINK}
    links = changes.links(store, head) if made else {}
    before = links.keys() - made
    out = (x for x, y in links.items() if leaves(x, y, links))
    new = (x for x in out if x in made or not leaves(x, links[x], before))
    if wrong := [x for x in new if not any(globs.matches(x, y) for y in allowed)]:
        raise LinksLeave(wrong)


def leaves(path: str, target: str, links: Collection[str] = ()) -> bool:
    """Tell whether a link at a path leads out of the tree, or into a git's own folder.

    Nobody can tell of one that leads through another of the tree's `links` and up.
    """
    if target.startswith("/"):
        return True
    place = list(PurePosixPath(path).parent.parts)
    for part in target.split("/"):
        if part == "..":
            if not place or "/".join(place) in links:
                return True
            place.pop()
        elif part not in {"", "."}:
            place.append(part)
    return any(x.casefold() == ".git" for x in place)
