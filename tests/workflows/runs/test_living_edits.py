"""Living copies: what no edit can do, whatever it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.workflows.marks import Mark
from coordinator.workflows.runs import living_copy, order
from coordinator.workflows.runs.living_copy import LivingCopy
from tests.workflows.any_documents import ANY

OPEN, SKIPPED = Mark.OPEN, Mark.SKIPPED
FRESH = 100
LINES = st.lists(
    st.one_of(
        st.builds(
            "{}{}[{}] {}".format,
            st.sampled_from(["", "", "  ", "    ", "\t"]),
            st.sampled_from(["- ", "* ", "1. ", ""]),
            st.sampled_from([" ", " ", " ", "x", "X", "-", "✅"]),
            st.sampled_from(
                [
                    *("a", "b", "c", "a - why", "PAUSE", "PAUSE, [Owner]"),
                    *("User sign-off", "", "[Name]", "b [Name]", "rate > 90%"),
                ]
            ),
        ),
        st.sampled_from(
            [
                *("## A Phase", "## Task Management", "#### G", "Key decisions"),
                *("```", "Notes: x", "Notes: [Notes]", "- plain", ""),
                "## Success Criteria",
            ]
        ),
    ),
    max_size=12,
)
TEXTS = st.builds(
    lambda bom, lines, end: bom + end.join(lines),
    st.sampled_from(["", "", "\ufeff", "---\na: b\n---\n"]),
    LINES,
    st.sampled_from(["\n", "\r\n"]),
)


def copy(text: str) -> LivingCopy:
    """Return a text with ids from 1."""
    return LivingCopy(text, living_copy.read(text), living_copy.first_ids(text))


@st.composite
def edits(draw: st.DrawFn) -> tuple[LivingCopy, str, set[str]]:
    """A sheet, a text that came of it by small changes, and gates that were passed."""
    old = draw(TEXTS)
    lines = old.split("\n")
    for _ in range(draw(st.integers(0, 5))):
        place = draw(st.integers(0, len(lines) - 1))
        change = draw(st.sampled_from(["tick", "skip", "open", "end", "cut", "add"]))
        match change:
            case "tick":
                lines[place] = lines[place].replace("[ ]", "[x]", 1)
            case "skip":
                lines[place] = lines[place].replace("[ ]", "[-]", 1)
            case "open":
                lines[place] = lines[place].replace("[x]", "[ ]", 1)
            case "end":
                lines[place] += draw(st.sampled_from([" - why", " PAUSE", " [Name]"]))
            case "cut":
                lines[place : place + 1] = [] if len(lines) > 1 else lines
            case "add":
                lines[place:place] = draw(LINES)[:2]
    made = copy(old)
    gates = [
        made.ids[x]
        for x, item in enumerate(made.boxes.items)
        if item.role in order.GATES
    ]
    passed = draw(st.sets(st.sampled_from(gates))) if gates else set()
    return made, "\n".join(lines), passed


@given(edits())
def test_gates_and_ticks_survive_any_edit(
    edit: tuple[LivingCopy, str, set[str]],
) -> None:
    """No gate is done by an edit, and no mark that was set is lost."""
    before, text, passed = edit
    judged = living_copy.judge(before, text, passed, FRESH)
    was = dict(zip(before.ids, before.boxes.items, strict=True))
    now = dict(zip(judged.copy.ids, judged.copy.boxes.items, strict=True))
    for name, item in was.items():
        if item.mark is not OPEN:
            assert now[name].mark is item.mark
        if item.role in order.GATES:
            assert now[name].role is item.role
        if order.is_work(item) and name in now:
            assert order.is_work(now[name])
    for name, item in now.items():
        if item.role in order.GATES and name not in passed and item.mark is not OPEN:
            assert was[name].mark is item.mark


@pytest.mark.slow
@given(edits())
def test_what_stands_is_what_it_says(edit: tuple[LivingCopy, str, set[str]]) -> None:
    """Ids are unique, ticks are the difference, and the text says the marks."""
    before, text, passed = edit
    judged = living_copy.judge(before, text, passed, FRESH)
    made = judged.copy
    assert living_copy.read(made.text) == made.boxes
    assert len(set(made.ids)) == len(made.ids) == len(made.boxes.items)
    was = dict(zip(before.ids, before.boxes.items, strict=True))
    changed = {
        name: item.mark
        for name, item in zip(made.ids, made.boxes.items, strict=True)
        if item.mark is not (was[name].mark if name in was else OPEN)
    }
    assert {name: mark for name, (mark, _) in judged.ticks.items()} == changed
    assert all(why for mark, why in judged.ticks.values() if mark is SKIPPED)
    assert judged.refused or made.text == text


@given(edits())
def test_judging_again_changes_nothing(edit: tuple[LivingCopy, str, set[str]]) -> None:
    """What stands is refused nothing, ticks nothing and says nothing new."""
    before, text, passed = edit
    made = living_copy.judge(before, text, passed, FRESH).copy
    again = living_copy.judge(made, made.text, passed, 2 * FRESH)
    assert (again.ticks, again.notes, again.refused) == ({}, [], [])
    assert again.copy == made or (
        again.copy.text == made.text and list(again.copy.ids) == list(made.ids)
    )


@given(ANY, ANY)
def test_no_text_makes_it_fail(old: str, new: str) -> None:
    """Any text may follow any other."""
    made = living_copy.judge(copy(old), new, ["1"], FRESH).copy
    assert living_copy.read(made.text) == made.boxes
    assert len(set(made.ids)) == len(made.boxes.items)
