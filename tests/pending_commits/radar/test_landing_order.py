"""As many as possible land without a conflict; age decides between the rest."""

from itertools import combinations, pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pending_commits.radar.landing_order import MOST_EXACT, plan
from tests.support import within_cpu_seconds

Pairs = set[frozenset[str]]


def pairs(text: str) -> Pairs:
    """Return the pairs of a text such as `ab bc`."""
    return {frozenset(x) for x in text.split()}


def clean(order: tuple[str, ...], clashes: Pairs) -> int:
    """Count those that conflict with nothing before them."""
    return sum(
        all(frozenset({x, y}) not in clashes for y in order[:n])
        for n, x in enumerate(order)
    )


@pytest.mark.parametrize(
    ("ids", "clashes", "expected"),
    [
        ("", "", ""),
        ("cab", "", "cab"),
        ("abc", "ab", "acb"),  # the older one first
        ("abc", "ab ac", "bca"),  # two rather than one, though it is older
        ("abcd", "ab bc cd da", "acbd"),  # two ways: the one with the oldest
        ("abcde", "ab bc cd de ea", "acbde"),  # what is left has its own best order
        ("abcd", "ab ac ad bc bd cd", "abcd"),
        ("ab", "ax xy", "ab"),  # strangers
    ],
)
def test_the_fewest_conflicts_then_the_oldest(
    ids: str, clashes: str, expected: str
) -> None:
    """The first part has no conflict; of equal choices the oldest ids win."""
    assert "".join(plan(list(ids), pairs(clashes))) == expected


IDS = "abcdefgh"
GRAPHS = st.sets(st.sampled_from([frozenset(x) for x in combinations(IDS, 2)]))


@given(st.integers(0, len(IDS)), GRAPHS)
def test_no_order_has_fewer_conflicts(count: int, clashes: Pairs) -> None:
    """Compared with every set of ids that have no conflict with each other."""
    ids = IDS[:count]
    order = plan(list(ids), clashes)
    assert sorted(order) == sorted(ids)
    sets = (x for n in range(count + 1) for x in combinations(ids, n))
    free = [
        x for x in sets if not any(frozenset(y) in clashes for y in combinations(x, 2))
    ]
    most = max(map(len, free))
    assert clean(order, clashes) == most
    assert order[:most] == min(x for x in free if len(x) == most)


@given(GRAPHS)
def test_every_order_of_five_is_tried(clashes: Pairs) -> None:
    """What counts is how many have no conflict with any before them."""
    ids = IDS[:5]
    best = max(clean(x, clashes) for x in permutations(ids))
    assert clean(plan(list(ids), clashes), clashes) == best


def test_the_rest_is_ordered_as_well_as_the_first() -> None:
    """Those that conflict conflict with as few of each other as can be."""
    order = plan(list("abcdef"), pairs("ad ae af bd be bf cd ce cf de df"))
    assert "".join(order) == "abcefd"


MANY = [f"item-{x:03d}" for x in range(500)]


def test_hundreds_take_no_time() -> None:
    """In a crowd that hangs together what is nearly best will do."""
    ring = {frozenset({x, y}) for x, y in pairwise(MANY)}
    everybody = {frozenset(x) for x in combinations(MANY, 2)}
    small = [MANY[x : x + MOST_EXACT] for x in range(0, 500, MOST_EXACT)]
    crowds = {
        frozenset({x, y})
        for one in small
        for n, x in enumerate(one)
        for y in one[n + 1 :]
        if (one.index(y) * 7 + n * 3) % 4 == 0
    }
    with within_cpu_seconds(5):
        assert clean(plan(MANY, ring), ring) == 250
        assert plan(MANY, everybody) == tuple(MANY)
        assert sorted(plan(MANY, crowds)) == MANY
