"""An order of landing in which as few as possible conflict with what landed before.

It is pure: it knows only ids and which two of them do not merge.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache

# Of so many that hang together the best is found out; of more, what is nearly so.
MOST_EXACT = 24


def plan(ids: Sequence[str], clashes: Collection[frozenset[str]]) -> tuple[str, ...]:
    """Return the ids, of which no two are the same, in the order to land them.

    `clashes` are pairs that do not merge; what names others than `ids` means nothing.
    First come as many as can land without a conflict, then as many of the rest as have
    none with each other, and so on; the order given holds among these, and where
    several choices are as good, those that come first in it are taken.
    """
    near = _neighbours(ids, clashes)
    left = (1 << len(ids)) - 1
    order: list[int] = []
    while left:
        chosen = sum(_chosen(x, near) for x in _parts(left, near))
        order += _members(chosen)
        left &= ~chosen
    return tuple(ids[x] for x in order)


def _neighbours(
    ids: Sequence[str], clashes: Collection[frozenset[str]]
) -> Sequence[int]:
    """Return for each the set of those that it conflicts with; sets are bits."""
    place: Mapping[str, int] = {x: n for n, x in enumerate(ids)}
    near = [0] * len(ids)
    for pair in clashes:
        known = [place[x] for x in pair if x in place]
        if len(known) == 2:  # noqa: PLR2004 - a pair
            one, other = known
            near[one] |= 1 << other
            near[other] |= 1 << one
    return near


def _members(group: int) -> Iterator[int]:
    """Yield the members of a set, the earliest first."""
    while group:
        lowest = group & -group
        yield lowest.bit_length() - 1
        group ^= lowest


def _parts(left: int, near: Sequence[int]) -> Iterator[int]:
    """Yield the parts of a set that have no conflict with each other."""
    while left:
        part, new = 0, left & -left
        while new:
            part |= new
            reached = 0
            for x in _members(new):
                reached |= near[x]
            new = reached & left & ~part
        yield part
        left &= ~part


def _chosen(part: int, near: Sequence[int]) -> int:
    """Return as many of a part as have no conflict with each other."""
    if part.bit_count() > MOST_EXACT:
        return _nearly_most(part, near)
    return _most(part, near)


def _nearly_most(part: int, near: Sequence[int]) -> int:
    """Take always the one that conflicts with the fewest, the earliest of these."""
    chosen = 0
    while part:
        best = min(_members(part), key=lambda x: (near[x] & part).bit_count())
        chosen |= 1 << best
        part &= ~(near[best] | 1 << best)
    return chosen


def _most(part: int, near: Sequence[int]) -> int:
    """Return the largest set there is; of several the one with the earliest members.

    Tarjan and Trojanowski, "Finding a maximum independent set" (1977), in its simplest
    form: one with at most one neighbour is in some largest set; else the one with the
    most is, or is not.
    """

    @cache
    def most(group: int) -> int:
        if not group:
            return 0
        degree, x = min(((near[x] & group).bit_count(), x) for x in _members(group))
        if degree <= 1:
            return 1 + most(group & ~(near[x] | 1 << x))
        x = max(_members(group), key=lambda x: (near[x] & group).bit_count())
        rest = group & ~(1 << x)
        return max(most(rest), 1 + most(rest & ~near[x]))

    chosen = 0
    for x in _members(part):
        rest = part & ~(near[x] | 1 << x)
        if part >> x & 1 and most(part) == 1 + most(rest):
            chosen |= 1 << x
            part = rest
    return chosen
