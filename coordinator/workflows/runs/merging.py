"""Two texts that grew from one, merged by lines; it knows nothing of boxes.

What either side added, changed or took away is taken over. Changes of lines that stand
next to each other do not meet, as they do in a merge by hunks (diff3): only where both
changed one line, ours stays.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from coordinator.kernel.text.markdown import split_lines
from coordinator.workflows.runs import matching

_BOX = re.compile(r"\s*(?:[-*+]|\d+[.)]) \[.\]\*? ")
_WORD = re.compile(r"\w+")
_ALIKE = 0.5
_MOST_PAIRS = 10_000  # in one place; beyond that nothing is held for a changed line


@dataclass(frozen=True, slots=True)
class Merged:
    """The text, and what theirs has for lines that both changed."""

    text: str
    not_taken: tuple[str, ...]


@dataclass(slots=True)
class _Side:
    """What became of each line of the base, None where it is gone.

    `added` are the lines that stand before each of them, and those at the end; `around`
    all new lines of that place, in whatever order.
    """

    now: list[str | None]
    added: list[deque[str]]
    around: list[Sequence[str]]


def merge(base: str, ours: str, theirs: str) -> Merged:
    """Merge theirs into ours; line ends are those of ours."""
    old, mine = split_lines(base), split_lines(ours)
    one, other = _side(old, mine, _in_order), _side(old, split_lines(theirs), _alike)
    lines: list[str] = []
    not_taken: list[str] = []
    for place, (ours_here, is_same) in enumerate(_meetings(one, other)):
        lines += one.added[place]
        if not is_same:
            lines += [x for x in other.added[place] if not _is_known(x, ours_here)]
        if place == len(old):
            break
        line, kept, new = old[place], one.now[place], other.now[place]
        if kept == line:
            kept = new
        elif not (is_same or new in {None, line} or new in ours_here):
            not_taken.append(str(new))
        lines += [kept] if kept is not None else []
    end = "\r\n" if "\r\n" in ours else "\n"
    has_end = not mine or ours.endswith(("\n", "\r"))
    text = end.join(lines) + (end if has_end and lines else "")
    return Merged(text, tuple(not_taken))


def _meetings(one: _Side, other: _Side) -> Iterator[tuple[frozenset[str], bool]]:
    """Yield for each place our new lines there, and whether theirs are the same.

    Places of one change share its lines: these are looked through once, not for each.
    """
    before: tuple[Sequence[str], Sequence[str]] = ((), ())
    ours, is_same = frozenset[str](), True
    for now in zip(one.around, other.around, strict=True):
        if now[0] is not before[0]:
            ours = frozenset(now[0])
        if now[0] is not before[0] or now[1] is not before[1]:
            is_same = now[0] == now[1]
        before = now
        yield ours, is_same


def _is_known(line: str, ours: frozenset[str]) -> bool:
    """Tell an item that we added, too; other lines, such as fences, come in numbers."""
    return line in ours and _BOX.match(line) is not None


_Places = Iterator[tuple[int, int]]
_Pairing = Callable[[Sequence[str], Sequence[str]], _Places]


def _in_order(gone: Sequence[str], come: Sequence[str]) -> _Places:
    """Yield which new line stands for which: each for its own, if none is missing."""
    if len(gone) != len(come):
        return _alike(gone, come)
    return ((x, x) for x in range(len(come)))


def _alike(gone: Sequence[str], come: Sequence[str]) -> _Places:
    """Yield the places of a new line and of the one that it is like, both rising."""
    if len(gone) * len(come) > _MOST_PAIRS:
        return
    words = [set(_WORD.findall(x.lower())) for x in come]
    begin = 0
    for place, line in enumerate(gone):
        wanted = set(_WORD.findall(line.lower()))
        for number in range(begin, len(come)):
            if _likeness(wanted, words[number]) >= _ALIKE:
                yield number, place
                begin = number + 1
                break


def _likeness(one: set[str], other: set[str]) -> float:
    return len(one & other) / max(len(one | other), 1)


def _side(old: Sequence[str], new: Sequence[str], pair: _Pairing) -> _Side:
    """Compare a side with the base; `pair` tells which lines were changed."""
    size = len(old) + 1
    found = _Side([None] * len(old), [deque() for _ in range(size)], [()] * size)
    ends = (len(old), len(new))
    equal = matching.equal(old, new)
    for (one, other), (last, end) in pairwise([(-1, -1), *equal, ends]):
        gone, come = old[one + 1 : last], new[other + 1 : end]
        pairs = dict(pair(gone, come))
        found.around[one + 1 : last + 1] = [come] * (last - one)
        at = last
        for number in range(len(come) - 1, -1, -1):
            if number in pairs:
                at = one + 1 + pairs[number]
                found.now[at] = come[number]
            else:
                found.added[at].appendleft(come[number])
        if end < len(new):
            found.now[last] = old[last]
    return found
