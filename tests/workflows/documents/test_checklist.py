"""Checklists: items in phases and groups, notes, placeholders, gates, decisions."""

import pytest

from coordinator.kernel.text import labelled
from coordinator.kernel.text.labelled import Section
from coordinator.kernel.text.markdown import scan
from coordinator.workflows.documents import checklist
from coordinator.workflows.marks import Mark
from coordinator.workflows.model import Checklist, Item, Note, Placeholder, Role
from tests.support import within_cpu_seconds
from tests.workflows.sample_documents import GROUPED, HEADED, line_of


def read(text: str) -> Checklist:
    """Read a text's boxes."""
    lines = scan(text)
    return checklist.parse(lines, labelled.sections(lines))


def parents(text: str) -> list[int]:
    """Return the items' parents."""
    return [x.parent for x in read(text).items]


def test_an_item_says_where_it_stands() -> None:
    """Line, indent, parent, phase, the phase's line, group and role."""
    line = line_of(GROUPED, "PAUSE")
    (gate,) = [x for x in read(GROUPED).items if x.role is Role.PAUSE]
    assert gate == Item(
        line=line,
        text="PAUSE, Check in with user",
        mark=Mark.OPEN,
        level=4,
        parent=gate.parent,
        phase="Planning Phase",
        section=line_of(GROUPED, "### Planning"),
        group="Shape",
        role=Role.PAUSE,
    )
    assert read(GROUPED).items[gate.parent].text == "Shape"


def test_groups_are_boxes_or_headings() -> None:
    """Both spellings give the items the same phase and a group."""
    weigh = next(x for x in read(GROUPED).items if "Weigh" in x.text)
    till = next(x for x in read(HEADED).items if "till" in x.text)
    assert (weigh.phase, weigh.group) == ("Planning Phase", "Shape")
    assert (till.phase, till.group) == ("Planning Phase", "Layout")


def test_indents_of_any_width_nest() -> None:
    """Two, four, five and eight columns in one list, a tab, a blank line between."""
    text = (
        "- [ ] a\n  - [ ] b\n     - [ ] c\n\n        - [ ] d\n    - [ ] e\n"
        "\t- [ ] f\n- [ ] g\n"
    )
    assert parents(text) == [-1, 0, 1, 2, 1, 1, -1]


def test_a_heading_and_a_bare_bullet_end_the_nesting() -> None:
    """An item below a list entry without a box, or a heading, has no parent there."""
    assert parents("- [ ] a\n# H\n    - [ ] b\n") == [-1, -1]
    assert parents("- [ ] a\n- plain\n    - [ ] b\n") == [-1, -1]
    assert parents("- [ ] a\n    - plain\n    - [ ] b\n") == [-1, 0]
    assert parents("- [ ] a\n    - plain\n        - [ ] b\n") == [-1, -1]


def test_deep_groups_are_named_by_the_uppermost() -> None:
    """The group of an item deep down is the box at the left edge."""
    items = read("- [ ] a\n  - [ ] b\n    - [ ] c\n      - [ ] d\n- [ ] e\n").items
    assert [x.group for x in items] == ["", "a", "a", "a", ""]


def test_deep_headings_are_groups_only_inside_a_phase() -> None:
    """A fourth-level heading without a phase above it is a phase itself."""
    items = read("#### G\n- [ ] a\n#### H\n- [ ] b\n## P\n- [ ] c\n").items
    said = [(x.phase, x.group) for x in items]
    assert said == [("G", ""), ("G", "H"), ("P", "")]


def test_phases_are_the_sections_with_items() -> None:
    """A section that only has notes or prose is none."""
    assert [x.title for x in read(HEADED).phases] == [
        "Task Management",
        "Component Features",
        "Understanding Phase",
        "Planning Phase",
        "Testing",
        "Completion",
        "Key decisions and learnings:",
    ]


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("PAUSE", Role.PAUSE),
        ("PAUSE, look", Role.PAUSE),
        ("**PAUSE** for review", Role.PAUSE),
        ("Check in with the user", Role.PAUSE),
        ("check-in with your maintainer", Role.PAUSE),
        ("Check in with client", Role.PAUSE),
        ("play/pause on tap", Role.WORK),
        ("PAUSED", Role.WORK),
        ("Check in the code with git", Role.WORK),
        ("User sign-off", Role.SIGN_OFF),
        ("user signoff needed", Role.SIGN_OFF),
        ("User Sign Off", Role.SIGN_OFF),
        ("Sign off the form", Role.WORK),
        ("Update task tracking", Role.TRACKING),
        ("Update tracking", Role.WORK),
    ],
)
def test_roles(text: str, role: Role) -> None:
    """PAUSE in capitals, check-in and sign-off are gates; tracking is written back."""
    assert [x.role for x in read(f"- [ ] {text}\n").items] == [role]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("- Notes: warm", "warm"),
        ("**Notes:** warm", "warm"),
        ("**Notes**: warm", "warm"),
        ("- **Notes:** warm", "warm"),
        ("- Findings: warm", "warm"),
        ("Notes: warm ", "warm"),
        ("notes:", ""),
        ("- Notes: [ Notes ]", "[ Notes ]"),
        ("- Notes: [x] warm", "[x] warm"),
        ("- Notes: [ ]", "[ ]"),
    ],
)
def test_notes_in_every_spelling(line: str, text: str) -> None:
    """A line of notes is kept as written, and is no item."""
    found = read(f"## P\n- [ ] a\n\n{line}\n")
    assert found.notes == (Note(4, text, "P", "a"),)
    assert len(found.items) == 1


@pytest.mark.parametrize(
    "line", ["Notes on bread", "- Notes", "My notes: x", "Note: x"]
)
def test_what_are_no_notes(line: str) -> None:
    """The word must begin the line and be followed by a colon."""
    assert read(f"- [ ] a\n{line}\n").notes == ()


def test_notes_go_on_in_the_lines_below() -> None:
    """Until a blank line, an item, a heading or a bullet that is not below them."""
    text = (
        "**Notes:** nought\nName: [Loaf Name]\n- [ ] a\n- Notes: one\n  two [Three]\n"
        "  - four\n- five\n- Notes:\n  six\n\n"
        "seven\n**Notes:** eight\nKey decisions:\n1. nine\n"
    )
    found = read(text)
    assert [(x.line, x.text) for x in found.notes] == [
        (1, "nought"),
        (4, "one\ntwo [Three]\n- four"),
        (8, "six"),
        (12, "eight"),
    ]
    assert [x.is_required for x in found.placeholders] == [True, False]


def test_notes_belong_to_the_group_before() -> None:
    """A group's heading, else the uppermost box before; none in another section."""
    found = read(
        "## P\nNotes: 1\n- [ ] a\n  - [ ] b\n- Notes: 2\n#### G\n- [ ] c\nNotes: 3\n"
        "## Q\nNotes: 4\n"
    )
    said = [(x.phase, x.group) for x in found.notes]
    assert said == [("P", ""), ("P", "a"), ("P", "G"), ("Q", "")]


def test_placeholders_are_capitals_in_brackets() -> None:
    """Anywhere: names, texts, headings; those of notes need not be filled."""
    found = read(GROUPED).placeholders
    assert [x.text for x in found if x.is_required] == [
        "Phase Number/Name",
        "Loaf Name",
        "Loaf Description",
        "Part Name",
        "Oven Task 1",
    ]
    assert {x.text for x in found if not x.is_required} == {"Notes"}
    assert read("# [Shop Name]\n[ Owner ] and [Day]\n").placeholders == (
        Placeholder(1, "Shop Name"),
        Placeholder(2, "Owner"),
        Placeholder(2, "Day"),
    )


@pytest.mark.parametrize(
    "line",
    [
        "[Price List](prices.md)",
        "[Price List][1]",
        "[Price List]: prices.md",
        "- [X] done",
        "- [ ] [P] [US1] tags",
        "[TODO] and [Optional]",
        "[lower case]",
        "`[In Code]`",
        "``[In Code]``",
        "[A" + "a" * 90 + "]",
        "```\n[In A Fence]\n```",
    ],
)
def test_what_is_no_placeholder(line: str) -> None:
    """Links, marks, tags, code and whole paragraphs are none."""
    assert read(f"{line}\n").placeholders == ()


def test_unpaired_backticks_hide_nothing() -> None:
    """Only whole, paired runs of backticks make code."""
    found = read("``[One]`\n`[Two] and [Three]`\n```[Four] `[Five]`\n").placeholders
    assert [x.text for x in found] == ["One", "Four"]


def test_placeholders_of_decisions_and_notes_need_not_be_filled() -> None:
    """Decisions come when they are made."""
    found = read("## Key decisions\n- [Decision One]\nNotes: [Some Thing]\n[Notes]\n")
    assert [(x.text, x.is_required) for x in found.placeholders] == [
        ("Decision One", False),
        ("Some Thing", False),
        ("Notes", False),
    ]


@pytest.mark.parametrize("head", ["Key decisions and learnings:", "**Key decisions**"])
def test_decisions_below_a_line(head: str) -> None:
    """Items and bullets with text below "Key decisions"; empty ones are none yet."""
    found = read(f"## Notes\n{head}\n1. [ ]\n2. [x] Rye\n- Salt\n-\n## Next\n- [ ] a\n")
    assert found.decisions == (Note(4, "Rye", "Notes"), Note(5, "Salt", "Notes"))
    roles = [x.role for x in found.items]
    assert roles == [Role.DECISION, Role.DECISION, Role.WORK]


def test_decisions_below_a_heading() -> None:
    """The heading may say it itself; PAUSE is no gate there."""
    found = read("### Key decisions:\n- [ ] PAUSE the oven\n")
    assert found.decisions == (Note(2, "PAUSE the oven", "Key decisions:"),)
    assert [x.role for x in found.items] == [Role.DECISION]


def test_fences_and_code_are_not_read() -> None:
    """Boxes, notes and brackets of an example are text."""
    assert read("```\n- [ ] a\nNotes: b\n[Some Name]\n```\n") == Checklist()


@pytest.mark.parametrize(
    ("title", "is_phase"),
    [
        ("Planning Phase", True),
        ("CRITICAL: Verification Phase", True),
        ("1. Understanding Phase", True),
        ("Testing", True),
        ("2) Completion", True),
        ("Testing rolls", False),
        ("Phaseolus beans", False),
        ("Task Management", False),
    ],
)
def test_named_phases(title: str, *, is_phase: bool) -> None:
    """Headings with the word Phase, and Testing and Completion alone."""
    assert checklist.is_named_phase(Section(title, 3, 1, 1)) is is_phase


@pytest.mark.parametrize(
    "text",
    [
        "- [ ] a\n" + "  b c\n" * 40_000,
        f"# {'.' * 100_000}\n- [ ] a\n",
        f"# {'Review, ' * 20_000}\n- [ ] a\n",
    ],
)
def test_long_documents_are_read_in_linear_time(text: str) -> None:
    """A wrapped item, and headings that almost ask for a person's word."""
    lines = scan(text)
    sections = labelled.sections(lines)
    with within_cpu_seconds(20):
        found = checklist.parse(lines, sections)
    assert len(found.items) == 1
