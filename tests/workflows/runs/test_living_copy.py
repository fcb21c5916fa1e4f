"""Living copies: which changes hold, and which are put back."""

import pytest

from coordinator.workflows.marks import Mark
from coordinator.workflows.model import Note
from coordinator.workflows.runs import living_copy
from coordinator.workflows.runs.living_copy import (
    EditRefusal,
    EditResult,
    LivingCopy,
    Unfilled,
)
from tests.workflows.sample_documents import GROUPED, HEADED, line_of

DONE, OPEN, SKIPPED = Mark.DONE, Mark.OPEN, Mark.SKIPPED
FRESH = 100


def copy(text: str) -> LivingCopy:
    """Return a text with ids from 1."""
    return LivingCopy(text, living_copy.read(text), living_copy.first_ids(text))


def judge(old: str, new: str, *passed: str) -> EditResult:
    """Judge a changed text."""
    return living_copy.judge(copy(old), new, passed, FRESH)


def codes(judged: EditResult) -> list[tuple[str, str]]:
    """Return item and code of all that was refused."""
    return [(x.item, x.code) for x in judged.refused]


ORDERED = "## A\n- [ ] a\n- [ ] b\n## B\n- [ ] c\n"
GATED = "## A\n- [ ] a\n- [ ] PAUSE\n- [ ] b\n## B\n- [ ] c\n- [ ] User sign-off\n"


def test_first_ids_count_from_one() -> None:
    """Items are numbered in their order, whatever they say."""
    assert living_copy.first_ids(ORDERED) == ["1", "2", "3"]
    assert living_copy.first_ids("none\n") == []


def test_a_sheet_finds_items_by_id() -> None:
    """One, or several; ids that are not there are left out."""
    made = LivingCopy(ORDERED, living_copy.read(ORDERED), ["7", "9", "8"])
    assert [made.place(x) for x in ("7", "8", "1")] == [0, 2, -1]
    assert made.places(["8", "7", "1"]) == {0, 2}


def test_front_matter_moves_no_line() -> None:
    """Items are where they stand in the file."""
    found = living_copy.read("---\na: b\n---\n- [ ] a\n")
    assert [x.line for x in found.items] == [4]


def test_ticks_in_order_hold() -> None:
    """Several of one edit build on each other; phases do not wait for each other."""
    new = "## A\n- [x] a\n- [x] b\n## B\n- [x] c\n"
    judged = judge(ORDERED, new)
    assert judged.ticks == {"1": (DONE, ""), "2": (DONE, ""), "3": (DONE, "")}
    assert (judged.refused, judged.copy.text) == ([], new)
    assert list(judged.copy.ids) == ["1", "2", "3"]


def test_a_tick_out_of_order_is_put_back() -> None:
    """The reason names what comes before; everything else of the edit holds."""
    new = "## A\nhello\n- [ ] a\n- [x] b\n## B\n- [x] c\n"
    judged = judge(ORDERED, new)
    assert judged.refused == [
        EditRefusal("2", 4, "order-violation", "'a' (item 1) comes before it.")
    ]
    assert judged.ticks == {"3": (DONE, "")}
    assert judged.copy.text == new.replace("[x] b", "[ ] b")


def test_a_gate_is_not_ticked_in_a_file() -> None:
    """Neither done nor skipped, whoever edits."""
    for mark in ("x", "-"):
        new = GATED.replace("[ ] a", "[x] a").replace("[ ] PAUSE", f"[{mark}] PAUSE")
        judged = judge(GATED, new)
        assert codes(judged) == [("2", "gate-waits")]
        assert judged.copy.text == GATED.replace("[ ] a", "[x] a")


def test_a_gate_holds_everything_after_it() -> None:
    """In its phase and in all later ones, until a maintainer passed it."""
    new = GATED.replace("[ ] a", "[x] a").replace("[ ] c", "[x] c")
    judged = judge(GATED, new)
    assert codes(judged) == [("4", "gate-waits")]
    assert "'PAUSE' (item 2)" in judged.refused[0].reason
    passed = GATED.replace("[ ] a", "[x] a").replace("[ ] PAUSE", "[x] PAUSE")
    judged = judge(passed, passed.replace("[ ] c", "[x] c"), "2")
    assert (judged.refused, judged.ticks) == ([], {"4": (DONE, "")})


def test_a_passed_gate_may_be_ticked() -> None:
    """Where the record says so, the box may say it too."""
    assert judge("- [ ] PAUSE\n", "- [x] PAUSE\n", "1").ticks == {"1": (DONE, "")}


def test_a_parent_is_done_with_what_is_below_it() -> None:
    """Together with its last child, and not before."""
    old = "- [ ] a\n  - [x] b\n  - [ ] c\n"
    judged = judge(old, "- [x] a\n  - [x] b\n  - [ ] c\n")
    assert codes(judged) == [("1", "parent-open")]
    assert judged.copy.text == old
    judged = judge(old, "- [x] a\n  - [x] b\n  - [x] c\n")
    assert judged.refused == []
    assert set(judged.ticks) == {"1", "3"}


def test_parents_hold_nobody_up() -> None:
    """An open parent comes before nothing."""
    old = "- [ ] a\n  - [x] b\n- [ ] c\n"
    assert judge(old, old.replace("[ ] c", "[x] c")).refused == []


@pytest.mark.parametrize("mark", [" ", "-"])
def test_a_tick_is_not_lost_with_an_older_text(mark: str) -> None:
    """What was done stays done, what was left out stays left out."""
    judged = judge("- [x] a\n- [ ] b\n", f"- [{mark}] a\n- [x] b\n")
    assert codes(judged) == [("1", "tick-lost")]
    assert judged.copy.text == "- [x] a\n- [x] b\n"
    assert judged.ticks == {"2": (DONE, "")}
    assert codes(judge("- [-] a - x\n", "- [x] a - x\n")) == [("1", "tick-lost")]


@pytest.mark.parametrize(
    ("added", "reason"),
    [
        (" - too late", "too late"),
        (" \u2014 too late", "too late"),
        (": too late", "too late"),
        (" (too late)", "too late"),
        (" too late", "too late"),
    ],
)
def test_a_skip_bears_its_reason(added: str, reason: str) -> None:
    """It stands behind the words of the item, set off in any way."""
    judged = judge("- [ ] a\n- [ ] b\n", f"- [-] a{added}\n- [x] b\n")
    assert judged.ticks == {"1": (SKIPPED, reason), "2": (DONE, "")}
    assert judged.refused == []


@pytest.mark.parametrize("text", ["a", "a - ", "b because", "because of a"])
def test_a_skip_without_a_reason_is_put_back(text: str) -> None:
    """Other words in the item's place are no reason."""
    judged = judge("- [ ] a\n", f"- [-] {text}\n")
    assert codes(judged) == [("1", "skip-without-reason")]
    assert judged.copy.boxes.items[0].mark is OPEN


def test_a_new_item_cannot_be_left_out() -> None:
    """It has no words of its own to which a reason could be added."""
    judged = judge("- [x] a\n", "- [x] a\n- [-] b - why\n")
    assert codes(judged) == [("100", "skip-without-reason")]


def test_new_items_get_fresh_ids() -> None:
    """Old ones keep theirs, wherever the new ones stand; a new one may be done."""
    judged = judge(ORDERED, ORDERED.replace("- [ ] a", "- [x] z\n- [ ] a\n- [ ] y"))
    assert list(judged.copy.ids) == ["100", "1", "101", "2", "3"]
    assert judged.ticks == {"100": (DONE, "")}


def test_words_of_an_item_may_change() -> None:
    """It stays the item that it was."""
    judged = judge(ORDERED, ORDERED.replace("[ ] b", "[ ] b, twice"))
    assert list(judged.copy.ids) == ["1", "2", "3"]
    assert (judged.refused, judged.ticks) == ([], {})


@pytest.mark.parametrize(
    "new",
    [
        "## A\n- [x] a\n## B\n- [ ] c\n",
        "## A\n- [x] a\n- b\n## B\n- [ ] c\n",
        "## A\n- [x] a\n```\n- [ ] b\n```\n## B\n- [ ] c\n",
        "## A\n- [x] a\n- [ ]\n## B\n- [ ] c\n",
        "## A\n- [x] a\nKey decisions\n- [ ] b\n## B\n- [ ] c\n",
    ],
)
def test_what_a_template_asks_for_stays(new: str) -> None:
    """Removed, emptied, fenced or called a decision: nothing of the edit holds."""
    judged = judge(ORDERED, new)
    assert judged.refused == [
        EditRefusal("2", 3, "removed", "'b' must stay; skip it with a reason instead.")
    ]
    assert judged.copy == copy(ORDERED)
    assert (judged.ticks, judged.notes) == ({}, [])


def test_an_empty_file_holds_nothing() -> None:
    """Everything that was removed is named."""
    assert codes(judge(ORDERED, "")) == [(x, "removed") for x in "123"]


@pytest.mark.parametrize(
    "line",
    [
        "- [ ] PAUSE for a second",
        "- [ ] pause",
        "Key decisions\n- [ ] PAUSE",
        "",
    ],
)
def test_a_gate_keeps_its_words_and_its_place(line: str) -> None:
    """Another text, another role, or none: nothing of the edit holds."""
    judged = judge(GATED, GATED.replace("- [ ] PAUSE", line))
    assert [x.code for x in judged.refused][:1] == ["removed"]
    assert "'PAUSE' is a gate" in judged.refused[0].reason
    assert judged.copy.text == GATED


def test_a_gate_cannot_be_moved_behind_what_it_holds() -> None:
    """Its place in the order binds as its words do."""
    new = "## A\n- [x] a\n- [x] b\n- [ ] PAUSE\n## B\n- [ ] c\n- [ ] User sign-off\n"
    judged = judge(GATED, new)
    assert [x.code for x in judged.refused] == ["removed"]
    assert judged.copy.text == GATED


def test_a_gate_with_brackets_may_be_filled() -> None:
    """It must stay a gate, and cannot be removed."""
    old = "- [ ] PAUSE, ask [Shop Owner]\n"
    judged = judge(old, "- [ ] PAUSE, ask Ann\n")
    assert (judged.refused, list(judged.copy.ids)) == ([], ["1"])
    assert codes(judge(old, "- [ ] ask Ann\n")) == [("1", "removed")]
    assert codes(judge(old, "")) == [("1", "removed")]


def test_lines_to_be_filled_in_may_go() -> None:
    """So may items without text and decisions, until they are ticked."""
    old = "- [ ] [Task One]\n- [ ]\n- [ ] a\n### Key decisions\n1. [ ] b\n"
    judged = judge(old, "- [ ] a\n")
    assert (judged.refused, list(judged.copy.ids)) == ([], ["3"])
    ticked = old.replace("[ ] [T", "[x] [T").replace("[ ] b", "[x] b")
    assert codes(judge(ticked, "- [ ] a\n")) == [("1", "removed"), ("4", "removed")]
    assert "was ticked" in judge(ticked, "- [ ] a\n").refused[0].reason


WAITING = (
    "## Task Management\n- [ ] a\n## Feature\nName: [Feature Name]\n"
    "- [ ] [Task One]\n## A Phase\n- [ ] b\n- Notes: [Notes]\n"
)


def test_what_follows_task_management_waits_for_the_brackets() -> None:
    """Those of notes need not be filled; an edit may fill and tick at once."""
    judged = judge(WAITING, WAITING.replace("[ ] b", "[x] b"))
    assert codes(judged) == [("3", "placeholder")]
    assert "[Feature Name], [Task One]" in judged.refused[0].reason
    filled = WAITING.replace("[Feature Name]", "Login").replace("[Task One]", "c")
    judged = judge(WAITING, filled.replace("[ ] b", "[x] b"))
    assert (judged.refused, judged.ticks) == ([], {"3": (DONE, "")})


def test_task_management_itself_does_not_wait() -> None:
    """Filling is what is done there."""
    assert judge(WAITING, WAITING.replace("[ ] a", "[x] a")).refused == []


def test_at_most_five_brackets_are_named() -> None:
    """A reason stays short."""
    old = f"{WAITING}\n" + "".join(f"[Name {x}]\n" for x in "ABCDEFG")
    reason = judge(old, old.replace("[ ] b", "[x] b")).refused[0].reason
    assert reason.count("[") == 5


NAMED = Unfilled(3, ("Name",))
FOURTH = Unfilled(4, ("Name",))


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        (WAITING, Unfilled(3, ("Feature Name", "Task One"))),
        ("## Task Management\n- [ ] a\n## B\nb\n", Unfilled(0, ())),
        ("## Task Management\n- [ ] a [Name]\n### B\n- [ ] b\n", NAMED),
        ("## 1. TASK MANAGEMENT\n- [ ] a\n[Name]\n## B\n- [ ] [Name]\n", FOURTH),
        ("## Task Management\n- [ ] a\n[Name]\n", Unfilled(0, ())),
        ("## Task Management\n[Name]\n## B\n- [ ] b\n", Unfilled(0, ())),
        ("- [ ] a [Name]\n", Unfilled(0, ())),
    ],
)
def test_what_must_be_filled_first(text: str, waits: Unfilled) -> None:
    """From the next section with items on, at whatever level; each name once."""
    found = living_copy.unfilled(living_copy.read(text))
    assert (found.after, tuple(found.names)) == (waits.after, tuple(waits.names))


def test_a_number_is_shown_not_ticked() -> None:
    """A success criterion with a number is compared with figures, not believed."""
    old = "## Success Criteria\n- [ ] Coverage > 90%\n- [ ] Works\n"
    judged = judge(old, old.replace("[ ]", "[x]"))
    assert [x for _, x in codes(judged)] == ["needs-figures", "order-violation"]
    other = old.replace("Success Criteria", "Plan")
    assert judge(other, other.replace("[ ]", "[x]")).refused == []


def test_new_notes_are_returned() -> None:
    """Changed and added ones with their place; those that stood there are not."""
    old = "## A\n- [ ] a\n- Notes: [Notes]\n## B\n- [ ] b\n- Notes: same\n"
    new = old.replace("[Notes]", "warm") + "- Notes: same\n- Notes: more\n- Notes:\n"
    assert judge(old, new).notes == [
        Note(3, "warm", "A", "a"),
        Note(8, "more", "B", "b"),
    ]


@pytest.mark.parametrize(
    ("text", "place", "code"),
    [
        (GATED, 0, ""),
        (GATED, 1, "order-violation"),
        (GATED, 2, "order-violation"),
        (GATED, 3, "gate-waits"),
        (GATED.replace("[ ] a", "[x] a"), 1, ""),
        (GATED.replace("[ ] a", "[x] a"), 2, "order-violation"),
        (WAITING, 0, ""),
        (WAITING, 2, "placeholder"),
        ("- [ ] a\n  - [ ] b\n", 0, "parent-open"),
        ("- [ ] a\n  - [x] b\n", 0, ""),
    ],
)
def test_what_holds_an_item(text: str, place: int, code: str) -> None:
    """The same rules as for an edit, for one item by command."""
    found = living_copy.held(copy(text), place, ())
    assert (found.code if found else "") == code


def test_a_passed_gate_holds_nothing() -> None:
    """The record decides, not the box."""
    text = GATED.replace("[ ] a", "[x] a").replace("[ ] PAUSE", "[x] PAUSE")
    waits = living_copy.held(copy(text), 3, ())
    assert waits is not None
    assert waits.code == "gate-waits"
    assert living_copy.held(copy(text), 3, ["2"]) is None


@pytest.mark.parametrize("text", [GROUPED, HEADED])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_one_tick_changes_one_line(text: str, end: str) -> None:
    """What is put back leaves every other byte as it was offered."""
    old = text.replace("\n", end)
    ticked = old.replace("[ ] User", "[x] User")
    judged = judge(old, ticked)
    assert [(x.line, x.code) for x in judged.refused] == [
        (line_of(text, "User sign"), "gate-waits")
    ]
    assert judged.copy.text == old


def test_a_mark_below_a_byte_order_mark_is_put_back() -> None:
    """The first line is a line like any other."""
    assert judge("\ufeff- [ ] PAUSE", "\ufeff- [x] PAUSE").copy.text == (
        "\ufeff- [ ] PAUSE"
    )
