"""Boxes: what one is, and that setting one changes its own sign only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.kernel.text.markdown import scan
from coordinator.workflows.lines import boxes
from coordinator.workflows.lines.boxes import Box
from coordinator.workflows.marks import Mark, Meaning

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
            "- [~]* c",
            "- [?] d",
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


def box(
    meaning: Meaning | None,
    sign: str,
    text: str,
    level: int,
    *,
    is_bare: bool = False,
    is_optional: bool = False,
) -> Box:
    """Return a box that has a marker and must be done, unless it is said."""
    return Box(meaning, sign, text, level, is_bare, is_optional)


def found(text: str) -> list[Box | None]:
    """Return the boxes of a text, line by line."""
    return [boxes.find(x) for x in scan(text)]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("- [ ] Bake", box(Meaning.OPEN, " ", "Bake", 0)),
        ("* [x] Bake", box(Meaning.DONE, "x", "Bake", 0)),
        ("+ [X] Bake", box(Meaning.DONE, "X", "Bake", 0)),
        ("1. [✓] Bake", box(Meaning.DONE, "✓", "Bake", 0)),
        ("23) [✅] Bake", box(Meaning.DONE, "✅", "Bake", 0)),
        ("- [✔\ufe0f] Bake", box(Meaning.DONE, "✔", "Bake", 0)),
        ("- [-] Bake", box(Meaning.SKIPPED, "-", "Bake", 0)),
        ("- [~] Bake", box(Meaning.BEGUN, "~", "Bake", 0)),
        ("      - [ ]  Bake ", box(Meaning.OPEN, " ", "Bake", 6)),
        ("\t- [ ]\tBake", box(Meaning.OPEN, " ", "Bake", 4)),
        ("  [ ] Bake", box(Meaning.OPEN, " ", "Bake", 2, is_bare=True)),
        ("1. [ ]", box(Meaning.OPEN, " ", "", 0)),
        ("- [ ] ~~Bake~~", box(Meaning.OPEN, " ", "~~Bake~~", 0)),
        ("- [/] Bake", box(Meaning.BEGUN, "/", "Bake", 0)),
        ("- [\u2014] Bake", box(Meaning.SKIPPED, "\u2014", "Bake", 0)),
        ("- [?] Bake", box(None, "?", "Bake", 0)),
        ("- [y] Bake", box(None, "y", "Bake", 0)),
        ("- [ ]* Bake", box(Meaning.OPEN, " ", "Bake", 0, is_optional=True)),
        ("- [x]*", box(Meaning.DONE, "x", "", 0, is_optional=True)),
        ("- [] Bake", box(Meaning.OPEN, " ", "Bake", 0)),
        ("- [  ] Bake", box(Meaning.OPEN, " ", "Bake", 0)),
        ("- [ x ] Bake", box(Meaning.DONE, "x", "Bake", 0)),
        ("- [ ] *Bake*", box(Meaning.OPEN, " ", "*Bake*", 0)),
        ("- [ ] [P] [US1] Bake", box(Meaning.OPEN, " ", "[P] [US1] Bake", 0)),
    ],
)
def test_what_a_box_is(line: str, wanted: Box) -> None:
    """Any list marker, none, or any sign that people put into one makes a box."""
    assert found(line) == [wanted]


@pytest.mark.parametrize(
    "line",
    [
        "[ ]",
        "- [ ]Bake",
        "- [x](bake.md)",
        "- [1] Bake",
        "[?] Bake",
        "[ ]* Bake",
        "- [ ]*Bake",
        "-[ ] Bake",
        "- [         ] Bake",
        "- [xx] Bake",
        "[] Bake",
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
        box(Meaning.OPEN, " ", "Eat", 0),
    ]


@pytest.mark.parametrize(
    ("text", "marks", "result"),
    [
        ("- [ ] a\r\n- [ ] b", {2: DONE}, "- [ ] a\r\n- [x] b"),
        ("- [ ] a\n\n- [ ] b\n", {1: SKIPPED, 3: DONE}, "- [-] a\n\n- [x] b\n"),
        ("\ufeff- [ ] a\n", {1: DONE}, "\ufeff- [x] a\n"),
        ("\t*\t[x]\ta  ", {1: OPEN}, "\t*\t[ ]\ta  "),
        ("- [X] a\n- [✅] b\n- [\u2013] c", {1: DONE, 2: DONE, 3: SKIPPED}, None),
        ("- [~] a\n- [?]* b", {1: OPEN, 2: OPEN}, None),
        ("- [~] a\n- [?]* b", {1: DONE, 2: DONE}, "- [x] a\n- [x]* b"),
        ("- [✔\ufe0f] a", {1: OPEN}, "- [ ] a"),
        ("- a\n# b\n", {1: DONE, 2: DONE, 0: DONE, -1: DONE, 9: DONE}, None),
        ("- [ ] a [ ] b", {1: DONE}, "- [x] a [ ] b"),
        ("- [] a\n- [ x ] b", {1: DONE, 2: DONE}, "- [x] a\n- [ x ] b"),
        ("- [  ] a\n- [ x ] b", {1: SKIPPED, 2: OPEN}, "- [-] a\n- [ ] b"),
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
    } | {("X", x) for x in " -"} | {(x, y) for x in "~?" for y in "x-"}
    differ = sum(a != b for a, b in zip(text, changed, strict=True))
    assert differ <= len(marks)


@given(texts(), st.sampled_from([DONE, SKIPPED]))
def test_set_and_unset_gives_the_same_bytes(text: str, mark: Mark) -> None:
    """An open box that is ticked and opened again is the box that it was."""
    bare = text.removeprefix("\ufeff")
    signs = {x.number: here.sign for x in scan(bare) if (here := boxes.find(x))}
    numbers = [x for x, sign in signs.items() if sign == " "]
    there = boxes.set_marks(text, dict.fromkeys(numbers, mark))
    boxed = (boxes.find(x) for x in scan(there.removeprefix("\ufeff")))
    said = dict(enumerate(boxed, 1))
    assert {x.mark for y, x in said.items() if x and y in numbers} <= {mark}
    assert boxes.set_marks(there, dict.fromkeys(numbers, OPEN)) == text
