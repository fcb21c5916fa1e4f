"""Boxes: what one is, and that setting one changes its own sign only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.kernel.markdown import scan
from coordinator.workflows import boxes
from coordinator.workflows.boxes import Box
from coordinator.workflows.model import Mark

DONE, OPEN, SKIPPED = Mark.DONE, Mark.OPEN, Mark.SKIPPED
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
LINES = st.one_of(
    st.sampled_from(
        [
            "- [ ] a",
            "\t* [ ]\tb",
            "  12) [ ] c [x](y)",
            "[ ] bare",
            "- [ ]",
            "",
            "\u2028- [ ] no box",
            "# heading",
            "- [x](link)",
        ]
    ),
    st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=12),
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Any lines with any ends, with or without a byte order mark."""
    parts = [draw(LINES) + draw(ENDS) for _ in range(draw(st.integers(0, 6)))]
    last = draw(st.one_of(st.just(""), LINES))
    return draw(st.sampled_from(["", "\ufeff"])) + "".join(parts) + last


def found(text: str) -> list[Box | None]:
    """Return the boxes of a text, line by line."""
    return [boxes.find(x) for x in scan(text)]


@pytest.mark.parametrize(
    ("line", "box"),
    [
        ("- [ ] Bake", Box(OPEN, "Bake", 0, is_bare=False)),
        ("* [x] Bake", Box(DONE, "Bake", 0, is_bare=False)),
        ("+ [X] Bake", Box(DONE, "Bake", 0, is_bare=False)),
        ("1. [✓] Bake", Box(DONE, "Bake", 0, is_bare=False)),
        ("23) [✅] Bake", Box(DONE, "Bake", 0, is_bare=False)),
        ("- [✔\ufe0f] Bake", Box(DONE, "Bake", 0, is_bare=False)),
        ("- [-] Bake", Box(SKIPPED, "Bake", 0, is_bare=False)),
        ("- [~] Bake", Box(SKIPPED, "Bake", 0, is_bare=False)),
        ("      - [ ]  Bake ", Box(OPEN, "Bake", 6, is_bare=False)),
        ("\t- [ ]\tBake", Box(OPEN, "Bake", 4, is_bare=False)),
        ("  [ ] Bake", Box(OPEN, "Bake", 2, is_bare=True)),
        ("1. [ ]", Box(OPEN, "", 0, is_bare=False)),
        ("- [ ] ~~Bake~~", Box(OPEN, "~~Bake~~", 0, is_bare=False)),
        ("- [ ] [P] [US1] Bake", Box(OPEN, "[P] [US1] Bake", 0, is_bare=False)),
    ],
)
def test_what_a_box_is(line: str, box: Box) -> None:
    """Any list marker, none, or any sign that people put into one makes a box."""
    assert found(line) == [box]


@pytest.mark.parametrize(
    "line",
    [
        "[ ]",
        "- [ ]Bake",
        "- [x](bake.md)",
        "- [y] Bake",
        "-[ ] Bake",
        "- [  ] Bake",
        "# [ ] Bake",
        "> - [ ] Bake",
        "- Bake [ ] bread",
        "Notes: [ ]",
        "",
    ],
)
def test_what_is_no_box(line: str) -> None:
    """Links, headings, quotes and brackets inside a sentence are no boxes."""
    assert found(line) == ([None] if line else [])


def test_a_fence_holds_no_boxes() -> None:
    """What stands in code is code."""
    assert found("```\n- [ ] Bake\n```\n- [ ] Eat") == [
        None,
        None,
        None,
        Box(OPEN, "Eat", 0, is_bare=False),
    ]


@pytest.mark.parametrize(
    ("text", "marks", "result"),
    [
        ("- [ ] a\r\n- [ ] b", {2: DONE}, "- [ ] a\r\n- [x] b"),
        ("- [ ] a\n\n- [ ] b\n", {1: SKIPPED, 3: DONE}, "- [-] a\n\n- [x] b\n"),
        ("\ufeff- [ ] a\n", {1: DONE}, "\ufeff- [x] a\n"),
        ("\t*\t[x]\ta  ", {1: OPEN}, "\t*\t[ ]\ta  "),
        ("- [X] a\n- [✅] b\n- [~] c", {1: DONE, 2: DONE, 3: SKIPPED}, None),
        ("- [✔\ufe0f] a", {1: OPEN}, "- [ ] a"),
        ("- a\n# b\n", {1: DONE, 2: DONE, 0: DONE, -1: DONE, 9: DONE}, None),
        ("- [ ] a [ ] b", {1: DONE}, "- [x] a [ ] b"),
        ("", {1: DONE}, None),
    ],
)
def test_setting_marks(text: str, marks: dict[int, Mark], result: str | None) -> None:
    """Only the sign changes; one that says so already, and any other line, stays."""
    assert boxes.set_marks(text, marks) == (text if result is None else result)


@given(texts(), st.dictionaries(st.integers(-1, 9), st.sampled_from(Mark)))
def test_only_the_sign_changes(text: str, marks: dict[int, Mark]) -> None:
    """Every byte but the signs stays: line ends, blanks, and the byte order mark."""
    changed = boxes.set_marks(text, marks)
    assert len(changed) == len(text)
    assert {(a, b) for a, b in zip(text, changed, strict=True) if a != b} <= {
        (" ", "x"),
        (" ", "-"),
        ("x", " "),
        ("x", "-"),
        ("-", "x"),
        ("-", " "),
    } | {("X", x) for x in " -"} | {("~", x) for x in " x"}
    differ = sum(a != b for a, b in zip(text, changed, strict=True))
    assert differ <= len(marks)


@given(texts(), st.sampled_from([DONE, SKIPPED]))
def test_set_and_unset_gives_the_same_bytes(text: str, mark: Mark) -> None:
    """An open box that is ticked and opened again is the box that it was."""
    bare = text.removeprefix("\ufeff")
    is_open = {x.number: box.mark is OPEN for x in scan(bare) if (box := boxes.find(x))}
    numbers = [x for x, was_open in is_open.items() if was_open]
    there = boxes.set_marks(text, dict.fromkeys(numbers, mark))
    boxed = (boxes.find(x) for x in scan(there.removeprefix("\ufeff")))
    said = dict(enumerate(boxed, 1))
    assert {x.mark for y, x in said.items() if x and y in numbers} <= {mark}
    assert boxes.set_marks(there, dict.fromkeys(numbers, OPEN)) == text
