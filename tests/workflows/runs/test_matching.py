"""Which item is which: by words and order, never by marks."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.workflows.runs import matching
from coordinator.workflows.runs.matching import match

WORDS = st.lists(st.sampled_from("abcdefgh"), max_size=9)


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("", "", []),
        ("abc", "abc", [0, 1, 2]),
        ("abc", "", []),
        ("", "abc", [-1, -1, -1]),
        ("abc", "axbc", [0, -1, 1, 2]),
        ("abc", "ac", [0, 2]),
        ("abc", "aBc", [0, 1, 2]),
        ("abc", "ABC", [0, 1, 2]),
        ("abc", "aXYc", [0, 1, -1, 2]),
        ("abcd", "aXd", [0, 1, 3]),
        ("aaa", "aa", [0, 1]),
        ("aa", "aXa", [0, -1, 1]),
        ("xabc", "abcxaybzc", [-1, -1, -1, 0, 1, -1, 2, -1, 3]),
        ("ab", "ba", [-1, 0]),
    ],
)
def test_matching(before: str, after: str, found: list[int]) -> None:
    """Equal words keep together; changed ones between them are paired in order."""
    assert match(before, after) == found


@given(WORDS, WORDS)
def test_no_item_is_two(before: list[str], after: list[str]) -> None:
    """Places rise, so that nothing is taken twice and nothing changes its order."""
    found = match(before, after)
    assert len(found) == len(after)
    kept = [x for x in found if x >= 0]
    assert all(x < y for x, y in pairwise(kept))
    assert all(x < len(before) for x in kept)


@given(WORDS, st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abxyz"))))
def test_what_was_only_added_to_loses_nothing(
    before: list[str], added: list[tuple[int, str]]
) -> None:
    """With equal words all around, every old item is found again; so backwards."""
    after = list(before)
    for place, word in added:
        after.insert(place, word)
    found = match(before, after)
    assert [x for x in found if x >= 0] == list(range(len(before)))
    assert all(before[x] == after[y] for y, x in enumerate(found) if x >= 0)
    back = match(after, before)
    assert [after[x] for x in back] == before


@given(WORDS, WORDS)
def test_between_equal_words_the_rest_is_paired(
    before: list[str], after: list[str]
) -> None:
    """Of two items that stay alone in one gap, one is on either side at most."""
    found = match(before, after)
    ends = [(-1, -1), *((x, y) for y, x in enumerate(found) if x >= 0)]
    for (old, new), (last, end) in pairwise([*ends, (len(before), len(after))]):
        assert old + 1 == last or new + 1 == end


@given(WORDS, WORDS)
def test_bounded_work_keeps_the_rules(before: list[str], after: list[str]) -> None:
    """Where too much would be compared, words that stand once still anchor the rest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "_MOST", 0)
        found = match(before, after)
        assert match(before, before) == list(range(len(before)))
    kept = [x for x in found if x >= 0]
    assert all(x < y for x, y in pairwise(kept))


def test_many_equal_words_are_not_compared_each_with_each() -> None:
    """A long list without one telling word is paired in its order."""
    before = ["a", "b"] * 2_000
    found = match(["x", *before, "x"], ["y", *before[1:], "y"])
    assert found == list(range(4_001))
