"""Many merges in one git process, without a checkout.

It writes only what git itself writes into the repository, and judges nothing. The
format is that of git-merge-tree(1).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from coordinator.kernel import git
from coordinator.kernel.git import Repository
from coordinator.kernel.system.processes import Completed

_WORDS = ("merge-tree", "--write-tree", "-z")
_READS_MANY = (2, 39)  # from then on it reads what to merge
_MOST_FAILURES = 16
_CLEAN = b"1"
_UNREAD = re.compile(rb"Could not read [0-9a-f]{40}")
# How git names a file for which there is no room, after the side that it is of.
_SET_ASIDE = re.compile(rb"~[0-9a-f]{40}(?:_\d+)?\Z")


@dataclass(frozen=True, slots=True)
class Side:
    """A file as one of the sides has it, where they do not merge.

    `number` is 1 for what they had in common, 2 and 3 for the first and the second.
    """

    mode: str
    oid: str
    number: int
    path: bytes


@dataclass(frozen=True, slots=True)
class MergedTree:
    """What git makes of two commits: the tree, with marks where it is not clean.

    `paths` are those at which it is not; an empty one where git names none.
    """

    tree: str
    sides: tuple[Side, ...] = ()
    paths: tuple[bytes, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Tell whether there are no conflicts."""
        return not self.paths


@dataclass(frozen=True, slots=True)
class NotMerged:
    """Git could not even try: an object is missing, or nothing is in common."""

    reason: str


MergeAnswer = MergedTree | NotMerged


def merge_all(
    scratch: Repository, pairs: Sequence[tuple[str, str]]
) -> list[MergeAnswer]:
    """Merge pairs of commits, the second into the first; answers in their order.

    One that cannot be read spoils no other: git ends there, and is started again for
    those after it. After many of these the others are given up as well.
    """
    found: list[MergeAnswer] = []
    failures, size = 0, len(pairs)
    ask = _ask if git.version() >= _READS_MANY else _ask_each
    while len(found) < len(pairs) and failures < _MOST_FAILURES:
        batch = pairs[len(found) : len(found) + size]
        done = ask(scratch, batch)
        is_sound = _UNREAD.search(done.stderr) is None
        new = _parse(done.stdout, len(batch)) if is_sound else []
        found += new
        if len(new) == len(batch):
            size *= 2
        elif len(batch) == 1 or (is_sound and done.code > 0):
            found.append(NotMerged(done.complaint or "git ended early"))
            failures += 1
        else:
            # It crashed, and what it was about to tell of those before is lost; or it
            # took something that it could not read for empty.
            size = (len(batch) - len(new) + 1) // 2
    rest = NotMerged("too much else could not be read")
    return found + [rest] * (len(pairs) - len(found))


def _ask(scratch: Repository, pairs: Sequence[tuple[str, str]]) -> Completed:
    stdin = "".join(f"{one} {other}\n" for one, other in pairs)
    return scratch.ask(*_WORDS, "--stdin", stdin=stdin.encode("ascii"))


def _ask_each(scratch: Repository, pairs: Sequence[tuple[str, str]]) -> Completed:
    """Merge each pair by itself; what git says is made what it says of many."""
    said, complaints = b"", b""
    for one, other in pairs:
        done = scratch.ask(*_WORDS, one, other)
        complaints += done.stderr
        if done.code not in {0, 1} or not done.stdout:
            return Completed(1, said, complaints)
        said += (b"0" if done.code else _CLEAN) + b"\0" + done.stdout + b"\0"
    return Completed(0, said, complaints)


def _parse(said: bytes, most: int) -> list[MergeAnswer]:
    """Return the answers that are whole."""
    words = iter(said.split(b"\0")[:-1])
    found: list[MergeAnswer] = []
    while len(found) < most:
        try:
            found.append(_answer(words.__next__))
        except StopIteration:
            break
    return found


def _answer(word: Callable[[], bytes]) -> MergedTree:
    is_clean, tree = word() == _CLEAN, word().decode("ascii")
    listed = _until_empty(word)
    if is_clean:
        return MergedTree(tree)
    sides = tuple(_side(x) for x in listed)
    told = _messages(word)
    paths = {without_side(x) for x in (*(x.path for x in sides), *told)}
    return MergedTree(tree, sides, tuple(sorted(paths)) or (b"",))


def _until_empty(word: Callable[[], bytes]) -> list[bytes]:
    found: list[bytes] = []
    while one := word():
        found.append(one)
    return found


def _side(text: bytes) -> Side:
    facts, _, path = text.partition(b"\t")
    mode, oid, number = facts.decode("ascii").split(" ")
    return Side(mode, oid, int(number), path)


def _messages(word: Callable[[], bytes]) -> list[bytes]:
    """Return the paths that messages about conflicts name: some have no sides."""
    found: list[bytes] = []
    # Where a submodule does not merge, git 2.39 ends with advice instead of nothing.
    while (count := word()).isdigit():
        paths = [word() for _ in range(int(count))]
        kind, _ = word(), word()
        found += paths if kind.startswith(b"CONFLICT") else []
    return found


def without_side(path: bytes) -> bytes:
    """Return the path that a file has, which git may have set aside."""
    return _SET_ASIDE.sub(b"", path)
