"""Two texts that grew from one, merged by lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.workflows.runs.merging import Merged, merge
from tests.support import within_cpu_seconds

TEXTS = st.lists(st.sampled_from(["a", "b", "c d", "c d e", "f"]), max_size=8)


def merged(base: str, ours: str, theirs: str) -> str:
    """Merge texts whose lines are letters; a slash ends a line."""
    found = merge(*(x.replace("/", "\n") for x in (base, ours, theirs)))
    assert found.not_taken == ()
    return found.text.replace("\n", "/")


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        ("a/b/c/", "a/b/c/", "a/b/c/", "a/b/c/"),
        ("a/b/c/", "a/B/c/", "a/b/c/", "a/B/c/"),
        ("a/b/c/", "a/b/c/", "a/B/c/", "a/B/c/"),
        ("a/b/c/", "A/b/c/", "a/b/C/", "A/b/C/"),
        # side by side
        ("a/b/c/", "a/B/c/", "a/n/b/c/", "a/n/B/c/"),
        ("a/b/c/", "a/B/c/", "a/b/n/c/", "a/B/n/c/"),
        ("a/b/c/", "a/B/C/", "a/b/n/c/", "a/B/n/C/"),
        ("a/b/c/", "A/b/c/", "a/B/c/", "A/B/c/"),
        ("a/b/", "a/b/mine/", "a/b/theirs/", "a/b/mine/theirs/"),
        ("a/b/", "a/b/n/", "a/b/n/", "a/b/n/"),
        # what is gone
        ("a/b/c/", "a/c/", "a/b/c/", "a/c/"),
        ("a/b/c/", "a/b/c/", "a/c/", "a/c/"),
        ("a/b/c/", "a/c/", "a/c/", "a/c/"),
        ("a/b/c/", "a/b/c/", "", ""),
        # ends
        ("a/b", "a/b", "a/b/c", "a/b/c"),
        ("a/", "a", "a/b/", "a/b"),
        ("", "", "n/", "n/"),
    ],
)
def test_what_either_side_changed_is_taken_over(
    base: str, ours: str, theirs: str, expected: str
) -> None:
    """Also where the changes stand next to each other."""
    assert merged(base, ours, theirs) == expected


def test_where_both_changed_a_line_ours_stays() -> None:
    """Theirs is told of."""
    base = "name: [the name]\nend\n"
    theirs = "name: [the whole name]\nend\n"
    found = merge(base, "name: Rye\nend\n", theirs)
    assert found == Merged("name: Rye\nend\n", ("name: [the whole name]",))


def test_a_line_that_is_like_none_is_not_held_for_a_changed_one() -> None:
    """It is new, and taken over, though what it replaces was changed by us."""
    found = merge("- do [this]\n", "- do X\n", "- PAUSE, check in\n")
    assert found == Merged("- do X\n- PAUSE, check in\n", ())


def test_a_line_that_only_they_removed_and_we_changed_stays() -> None:
    """What the run says is not taken away."""
    found = merge("a\nthe word\nb\n", "a\nthe words\nb\n", "a\nb\n")
    assert found == Merged("a\nthe words\nb\n", ())


def test_line_ends_are_ours() -> None:
    """Of what was taken over too."""
    assert merge("a\nb\n", "a\r\nb\r\n", "a\nn\nb\n").text == "a\r\nn\r\nb\r\n"


MANY = 50_000
BASE, OURS, THEIRS = (
    "".join(f"{word} {x}\n" for x in range(MANY)) for word in ("a", "b", "c")
)
SOME = [f"a {x} changed\n" for x in range(0, MANY, 2)]
EACH_SECOND = "".join(f"{x}a {n * 2 + 1}\n" for n, x in enumerate(SOME))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (OURS, THEIRS, OURS + THEIRS),
        (OURS, OURS, OURS),
        (OURS, EACH_SECOND, OURS),
        (EACH_SECOND, OURS, "".join(SOME) + OURS),
    ],
    ids=["other", "same", "spread", "spread by us"],
)
def test_many_changed_lines_take_no_longer(
    ours: str, theirs: str, expected: str
) -> None:
    """Nothing is compared with everything."""
    with within_cpu_seconds(30):
        assert merge(BASE, ours, theirs).text == expected


@given(TEXTS, TEXTS)
def test_one_side_alone_is_taken_whole(base: list[str], other: list[str]) -> None:
    """Whoever's it is."""
    old, new = ("".join(f"{x}\n" for x in lines) for lines in (base, other))
    assert merge(old, old, new).text == new
    assert merge(old, new, old).text == new
    assert merge(old, new, new).text == new


@given(TEXTS, TEXTS, TEXTS)
def test_no_new_line_of_theirs_is_lost(
    base: list[str], ours: list[str], theirs: list[str]
) -> None:
    """It stands in the text, or it is told of."""
    found = merge(*("".join(f"{x}\n" for x in y) for y in (base, ours, theirs)))
    for line in set(theirs) - set(base):
        assert line in {*found.text.splitlines(), *found.not_taken}
    if ours == base:
        assert found.not_taken == ()


def test_lines_that_come_in_numbers_are_taken_over_whole() -> None:
    """Blank lines, fences and places for notes, though we added such ones there."""
    base = "- [ ] a\n"
    ours = base + "\nMy:\n\n```\nls\n```\n- Notes: [Notes]\n"
    added = "\nUse:\n\n```\n- [ ] a sample\n```\n- Notes: [Notes]\n"
    found = merge(base, ours, base + added)
    assert (found.text, found.not_taken) == (ours + added, ())


def test_an_item_that_both_added_stands_once() -> None:
    """Somebody copied it from what was not taken over before."""
    found = merge("- [ ] a\n", "- [ ] a\n- [ ] b\nmine\n", "- [ ] a\n- [ ] b\nx\n")
    assert found.text == "- [ ] a\n- [ ] b\nmine\nx\n"
