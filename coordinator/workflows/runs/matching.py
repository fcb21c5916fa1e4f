"""Which item of a changed checklist is which of the one before.

Items have no names on paper: they are told by their words and their order; marks are
not looked at. Words that stand once on both sides are matched first (patience diff),
then the longest common order of what stands between them, in bounded time.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

_MOST = 1_000_000  # pairs that are compared word for word, in all

_Pairs = list[tuple[int, int]]


def match(before: Sequence[str], after: Sequence[str]) -> list[int]:
    """Return for each text of `after` its place in `before`, -1 for a new one.

    Equal texts in equal order belong together; between them, changed texts are paired
    in their order.
    """
    found = [-1] * len(after)
    ends = (len(before), len(after))
    pairs = equal(before, after)
    for (one, other), (last, end) in pairwise([(-1, -1), *pairs, ends]):
        for x, y in zip(range(one + 1, last), range(other + 1, end), strict=False):
            found[y] = x
        if end < len(after):
            found[end] = last
    return found


def equal(before: Sequence[str], after: Sequence[str]) -> _Pairs:
    """Return places of equal texts, rising on both sides; at most one for each."""
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    return [
        *((x, x) for x in range(start)),
        *((start + x, start + y) for x, y in _between(old, new)),
        *((len(before) - x, len(after) - x) for x in range(end, 0, -1)),
    ]


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    shorter = min(len(one), len(other))
    return next((place for place, (a, b) in pairs if a != b), shorter)


def _between(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    left = _MOST
    ends = (len(old), len(new))
    for (one, other), (last, end) in pairwise([(-1, -1), *_unique(old, new), ends]):
        size = (last - one - 1) * (end - other - 1)
        if size <= left:
            left -= size
            pairs = _longest(old[one + 1 : last], new[other + 1 : end])
            yield from ((one + 1 + x, other + 1 + y) for x, y in pairs)
        if end < len(new):
            yield last, end


def _unique(old: Sequence[str], new: Sequence[str]) -> _Pairs:
    """Return the most places, rising on both sides, of texts that stand there once."""
    counts = Counter(new)
    places = {x: place for place, x in enumerate(old)}
    once = {x for x, count in Counter(old).items() if count == 1 == counts[x]}
    pairs = [(places[x], place) for place, x in enumerate(new) if x in once]
    lowest: list[int] = []  # the lowest end of a rising row, by its length
    at: list[int] = []
    for place, _ in pairs:
        at.append(bisect_left(lowest, place))
        lowest[at[-1] : at[-1] + 1] = [place]
    found: _Pairs = []
    for pair, length in zip(reversed(pairs), reversed(at), strict=True):
        if length == len(lowest) - len(found) - 1 and (not found or pair < found[-1]):
            found.append(pair)
    return found[::-1]


def _longest(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the places of the longest common subsequence."""
    lengths = [[0] * (len(new) + 1)]  # of what follows, by places; the last text first
    for text in reversed(old):
        below, row = lengths[-1], [0] * (len(new) + 1)
        for y in range(len(new) - 1, -1, -1):
            is_equal = text == new[y]
            row[y] = below[y + 1] + 1 if is_equal else max(below[y], row[y + 1])
        lengths.append(row)
    lengths.reverse()
    x = y = 0
    while x < len(old) and y < len(new):
        if old[x] == new[y]:
            yield x, y
            x, y = x + 1, y + 1
        elif lengths[x + 1][y] >= lengths[x][y + 1]:
            x += 1
        else:
            y += 1
