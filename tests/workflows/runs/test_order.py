"""The order of a checklist: what comes before an item, and what parents are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.workflows.marks import Mark
from coordinator.workflows.model import Item, Role
from coordinator.workflows.runs import living_copy, order

SIGNS = {" ": Mark.OPEN, "x": Mark.DONE, "-": Mark.SKIPPED}


def items(text: str) -> tuple[Item, ...]:
    """Read the items of a text."""
    return living_copy.read(text).items


@st.composite
def lists(draw: st.DrawFn) -> tuple[Item, ...]:
    """Any items in any nesting, with any marks."""
    lines = st.tuples(
        st.integers(0, 3).map(lambda x: "  " * x),
        st.sampled_from(list(SIGNS)),
        st.sampled_from(["a", "PAUSE", "User sign-off", ""]),
    ).map(lambda x: f"{x[0]}- [{x[1]}] {x[2]}")
    others = st.sampled_from(["## P", "### Key decisions", "#### G"])
    return items("\n".join(draw(st.lists(st.one_of(lines, others), max_size=12))))


def test_leaves_are_work_of_their_own() -> None:
    """Parents, decisions and items without text are none; gates are."""
    found = items(
        "- [ ] a\n  - [ ] b\n- [ ] PAUSE\n- [ ]\n### Key decisions\n- [ ] c\n"
    )
    assert order.leaves(found) == [1, 2]
    assert order.parents(found) == {0}


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("- [ ] a\n  - [x] b\n  - [x] c\n", "xxx"),
        ("- [x] a\n  - [x] b\n  - [ ] c\n", " x "),
        ("- [ ] a\n  - [-] b\n  - [-] c\n", "---"),
        ("- [ ] a\n  - [-] b\n  - [x] c\n", "x-x"),
        ("- [x] a\n  - [ ] b\n    - [x] c\n  - [ ] d\n", " xx "),
        ("- [x] a\n- [ ] b\n", "x "),
        ("", ""),
    ],
)
def test_parents_follow_from_what_is_below(text: str, marks: str) -> None:
    """Open while anything is, skipped where everything is, else done."""
    assert order.derived(items(text)) == [SIGNS[x] for x in marks]


def test_a_ticked_parent_over_open_items_is_a_conflict() -> None:
    """Reported, at every level; an open parent over done ones is none."""
    text = "- [x] a\n  - [x] b\n    - [ ] c\n- [ ] d\n  - [x] e\n- [x] f\n"
    assert list(order.conflicts(items(text))) == [0, 1]


def test_order_holds_inside_a_phase() -> None:
    """A done item comes too early after an open one of its phase, in any group."""
    text = (
        "## A\n- [x] a\n- [ ] b\n#### g\n- [x] c\n- [-] d\n## B\n- [x] e\n"
        "- [ ]\n- [x] f\n"
    )
    assert list(order.violations(items(text))) == [(2, 1)]


def test_a_gate_holds_all_phases_after_it() -> None:
    """What is done behind an open gate comes too early, wherever it stands."""
    text = "## A\n- [ ] PAUSE\n## B\n- [x] a\n## C\n- [x] b\n- [x] User sign-off\n"
    assert list(order.violations(items(text))) == [(1, 0), (2, 0), (3, 0)]
    assert list(order.violations(items(text.replace("[ ] P", "[x] P")))) == []
    assert list(order.violations(items(text.replace("[ ] P", "[-] P")))) == []


def test_a_walk_knows_what_is_open_behind_it() -> None:
    """The first open leaf of the phase, and the first gate that nobody passed."""
    found = items("## A\n- [ ] a\n- [ ] b\n- [x] PAUSE\n## B\n- [ ] c\n- [ ] d\n")
    walk = order.walk_to(found, 4, ())
    assert [walk.before(x) for x in (0, 2, 4)] == [0, 0, 3]
    assert walk.gate == 2
    assert order.walk_to(found, 2, ()).gate == -1
    assert order.walk_to(found, 4, {2}).gate == -1
    assert order.walk_to(found, 3, ()).before(3) == -1


def test_only_the_first_gate_counts() -> None:
    """A later gate is held by the one before it."""
    found = items("- [ ] PAUSE\n- [ ] PAUSE again\n- [ ] a\n")
    assert order.walk_to(found, 2, ()).gate == 0
    assert order.walk_to(found, 2, {0}).gate == 1


@given(lists())
def test_derived_marks_are_stable(found: tuple[Item, ...]) -> None:
    """Leaves keep their marks; a parent says what its children come to."""
    marks = order.derived(found)
    for place, item in enumerate(found):
        below = {marks[x] for x, other in enumerate(found) if other.parent == place}
        if not below:
            assert marks[place] is item.mark
        elif Mark.OPEN in below:
            assert marks[place] is Mark.OPEN
        else:
            is_skipped = below == {Mark.SKIPPED}
            assert marks[place] is (Mark.SKIPPED if is_skipped else Mark.DONE)


@given(lists())
def test_violations_by_definition(found: tuple[Item, ...]) -> None:
    """An open leaf of the same phase, or an open gate, stands before a done leaf.

    Before a sign-off no leaf at all may be open.
    """
    leaves = order.leaves(found)
    expected = set()
    for place in leaves:
        before = [
            x
            for x in range(place)
            if found[x].mark is Mark.OPEN
            and (
                (x in leaves and found[x].section == found[place].section)
                or (x in leaves and found[place].role is Role.SIGN_OFF)
                or found[x].role in {Role.PAUSE, Role.SIGN_OFF}
            )
        ]
        if before and found[place].mark is Mark.DONE:
            expected.add(place)
    assert {x for x, _ in order.violations(found)} == expected
    assert all(y < x for x, y in order.violations(found))
