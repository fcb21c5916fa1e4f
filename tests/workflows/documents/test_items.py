"""Items as their authors wrote them: over several lines, optional, for a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.kernel.text import labelled
from coordinator.kernel.text.markdown import scan
from coordinator.workflows import lint
from coordinator.workflows.documents import checklist
from coordinator.workflows.marks import Mark
from coordinator.workflows.model import Item, Role
from coordinator.workflows.runs import living_copy, order
from coordinator.workflows.runs.living_copy import LivingCopy

WORDS = st.text(st.sampled_from("abc é漢"), min_size=1, max_size=6).filter(
    lambda x: x == x.strip()
)


def items(text: str) -> tuple[Item, ...]:
    """Read a text's items."""
    lines = scan(text)
    return checklist.parse(lines, labelled.sections(lines)).items


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- [ ] Bake\n  the bread\n", ["Bake the bread"]),
        ("  - [ ] Bake\n      the\n\tbread\n- [ ] Eat\n", ["Bake the bread", "Eat"]),
        ("1. [ ] Bake\r\n   bread\r\n", ["Bake bread"]),
        ("- [ ]\n  Bake\n", ["Bake"]),
        ("- [ ] Bake\n\n  the bread\n", ["Bake"]),
        ("- [ ] Bake\nthe bread\n", ["Bake"]),
        ("- [ ] Bake\n  - the bread\n", ["Bake"]),
        ("- [ ] Bake\n  | a |\n  the bread\n", ["Bake"]),
        ("- [ ] Bake\n  > said he\n", ["Bake"]),
        ("- [ ] Bake\n  <!-- no -->\n", ["Bake"]),
        ("- [ ] Bake\n  ```\n  code\n  ```\n  bread\n", ["Bake"]),
        ("- [ ] Bake\n  **Notes**: hot\n  very\n", ["Bake"]),
        ("- [ ] Bake\n  [ ] Eat\n", ["Bake", "Eat"]),
    ],
)
def test_an_item_is_its_whole_paragraph(text: str, told: list[str]) -> None:
    """Lines that are indented below it, up to a blank or anything else."""
    assert [x.text for x in items(text)] == told


def test_a_gate_may_stand_in_any_line() -> None:
    """And a sign-off, and the tracking of a task."""
    text = (
        "- [ ] Show the bread,\n  then PAUSE\n- [ ] Get the user\n  sign-off\n"
        "- [ ] Tidy, and\n  update task tracking\n"
    )
    found = [(x.role, x.head) for x in items(text)[:1]]
    assert found == [(Role.PAUSE, "Show the bread,")]
    assert [x.role for x in items(text)] == [Role.PAUSE, Role.SIGN_OFF, Role.TRACKING]


def test_a_decision_is_its_whole_paragraph() -> None:
    """The log has all of its words."""
    text = "## Key Decisions\n- [ ] Use rye,\n  not wheat\n"
    lines = scan(text)
    found = checklist.parse(lines, labelled.sections(lines))
    assert [x.text for x in found.decisions] == ["Use rye, not wheat"]


@pytest.mark.parametrize(
    "now", ["- [-] Bake - rain\n  the bread\n", "- [-] Bake\n  the bread: rain\n"]
)
def test_a_reason_stands_behind_any_of_its_ends(now: str) -> None:
    """Behind its first line, or behind all of it."""
    text = "- [ ] Bake\n  the bread\n"
    judged = living_copy.judge(
        LivingCopy(text, living_copy.read(text), ["1"]), now, (), 9
    )
    assert judged.ticks == {"1": (Mark.SKIPPED, "rain")}
    other = "- [-] Bake all\n  the bread now\n"
    judged = living_copy.judge(
        LivingCopy(text, living_copy.read(text), ["1"]), other, (), 9
    )
    assert [x.code for x in judged.refused] == ["skip-without-reason"]


def test_what_is_to_be_filled_in_below_an_item_makes_it_no_line_to_go() -> None:
    """The item stays; what stands below it may be filled with any lines."""
    text = "- [ ] Draw\n  [ Your drawing ]\n- [ ] Bake\n"
    copy = LivingCopy(text, living_copy.read(text), ["1", "2"])
    filled = "- [x] Draw\n  A round\n  oven\n- [ ] Bake\n"
    assert living_copy.judge(copy, filled, (), 9).ticks == {"1": (Mark.DONE, "")}
    gone = living_copy.judge(copy, "- [ ] Bake\n", (), 9)
    assert [x.code for x in gone.refused] == ["removed"]


def test_what_is_optional_holds_up_nobody() -> None:
    """Nor what is below it; a parent is done without it."""
    text = "- [ ] Oven\n  - [x] Heat\n  - [ ]* Test\n    - [ ] Twice\n- [ ] Bake\n"
    found = items(text)
    assert [x.is_optional for x in found] == [False, False, True, True, False]
    assert order.due(found) == [4]
    assert order.leaves(found) == [1, 3, 4]
    assert order.derived(found)[0] is Mark.DONE
    copy = LivingCopy(text, living_copy.read(text), ["1", "2", "3", "4", "5"])
    assert living_copy.free(copy, ()) == [3, 4]
    assert living_copy.held(copy, 4, ()) is None


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("- [x]Bake", "no-box"),
        ("- [ ]Bake", "no-box"),
        ("- \u2610 Bake", "no-box"),
        ("1. \u2611 Bake", "no-box"),
        ("- [x](bake.md)", ""),
        ("- [x]: see below", ""),
        ("- Bake [x]", ""),
    ],
)
def test_what_only_looks_like_a_box_is_a_problem(line: str, code: str) -> None:
    """It is no item, and does not leave the count in silence."""
    document, problems = lint.check(f"- [ ] Mix\n{line}\n", "w.md")
    assert len(document.checklist.items) == 1
    found = [x.code for x in problems if x.code != "dangling-link"]
    assert found == ([code] if code else [])


def test_what_comes_too_late_is_told_once() -> None:
    """One line that was left open is one problem, however many were ticked since."""
    text = "- [ ] a\n" + "- [x] b\n" * 30
    [problem] = lint.check(text, "w.md")[1]
    assert (problem.code, problem.line) == ("order-violation", 2)
    assert "(and 29 more)" in problem.message


@pytest.mark.parametrize(
    "text",
    [
        "Ask the user for sign-off",
        "Get sign-off from the user",
        "Wait for approval",
        "Get approval for this change",
        "STOP and ask the user",
        "Task: Conductor - User Manual Verification 'Phase 1'",
    ],
)
def test_other_words_that_ask_for_a_person(text: str) -> None:
    """Make a gate, as `PAUSE` does."""
    assert [x.role for x in items(f"- [ ] {text}\n")] == [Role.PAUSE]


@pytest.mark.parametrize(
    "text",
    ["Ask the team", "Write the sign-off page", "Wait for the build", "Approve icons"],
)
def test_work_about_words_is_work(text: str) -> None:
    """Nobody waits for a person there."""
    assert [x.role for x in items(f"- [ ] {text}\n")] == [Role.WORK]


def test_an_optional_gate_holds_up_nobody() -> None:
    """It is passed by a maintainer, or not at all."""
    text = "- [ ]* Show\n  - [ ] PAUSE, check in with the user\n- [ ] Bake\n"
    copy = LivingCopy(text, living_copy.read(text), ["1", "2", "3"])
    assert living_copy.held(copy, 2, ()) is None


@pytest.mark.parametrize(
    "heading",
    [
        "Manual approval required",
        "Design sign-off",
        "Sign-off",
        "User sign-off",
        "7. Final sign-offs",
        "Approvals (required)",
        "Owner's approval",
        "Sign-off by the harbour master",
        "Needs human sign-off (flag, do not mark done)",
        "Requires the user's approval before launch",
        "Human only",
        "To be done by a maintainer",
    ],
)
def test_boxes_below_a_heading_that_asks_for_a_person_are_gates(heading: str) -> None:
    """Up to the next heading of its level; what stands above others asks nothing."""
    boxes = "- [ ] Bridge\n  - [ ] Seen\n### More\n- [ ] Paid\n## On\n- [ ] Go\n"
    text = f"## {heading}\n{boxes}"
    roles = [x.role for x in items(text)]
    assert roles == [Role.WORK, Role.PAUSE, Role.PAUSE, Role.WORK]


@pytest.mark.parametrize(
    "heading",
    [
        "User approval flow",
        "Approval API",
        "Ask users",
        "Humans",
        "Sign-off page",
        "On",
    ],
)
def test_other_headings_ask_for_nobody(heading: str) -> None:
    """Work about approvals is work."""
    assert [x.role for x in items(f"## {heading}\n- [ ] a\n")] == [Role.WORK]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "  ", "\t"]),
            st.sampled_from([*" xX-~/?!✓\u2014"]),
            st.booleans(),
            st.lists(WORDS, min_size=1, max_size=3),
            st.sampled_from(["", "\n", "\n> quoted\n", "\n| a | b |\n"]),
        ),
        max_size=8,
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_no_item_leaves_the_count(
    entries: list[tuple[str, str, bool, list[str], str]], end: str
) -> None:
    """Each box is an item with all of its words, and is known or a problem."""
    text = "".join(
        f"{indent}- [{sign}]{'*' * is_optional} {words[0]}\n"
        + "".join(f"{indent}   {x}\n" for x in words[1:])
        + after
        for indent, sign, is_optional, words, after in entries
    ).replace("\n", end)
    document, problems = lint.check(text, "w.md")
    found = document.checklist.items
    assert [x.text for x in found] == [" ".join(x[3]) for x in entries]
    unknown = sum(x.code == "unknown-mark" for x in problems)
    assert unknown == sum(x[1] in "?!" for x in entries)
    assert sum(x.is_begun for x in found) == sum(x[1] in "~/" for x in entries)
    assert all(
        x.is_optional for x, entry in zip(found, entries, strict=True) if entry[2]
    )


@pytest.mark.parametrize(
    ("text", "optional"),
    [
        ("**Package it** (Optional - can wait)", 1),
        ("[optional] Bake twice", 1),
        ("Bake\n  (optional)", 1),
        ("Write the optional field", 0),
        ("Optional chaining", 0),
    ],
)
def test_words_in_brackets_make_an_item_optional(text: str, optional: int) -> None:
    """As the star of other families does."""
    assert sum(x.is_optional for x in items(f"- [ ] {text}\n")) == optional


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("status is one of [To Do, Done]", []),
        ("[Open, In Progress, Done]", []),
        ("- **[Story]**: which story it is", []),
        ("[Your name, please]", ["Your name, please"]),
        ("[Feature Name]", ["Feature Name"]),
    ],
)
def test_values_in_a_row_are_no_placeholder(text: str, names: list[str]) -> None:
    """Nor is a word that a legend explains."""
    assert list(checklist.placeholders(text)) == names
