"""The outline: sections and their ends; and lists whose entries name things."""

from hypothesis import given
from hypothesis import strategies as st

from coordinator.kernel.text.markdown import scan
from coordinator.workflows.lines import entries, outline
from coordinator.workflows.model import NamedEntry, Section

TEXT = "intro\n# A\na\n## B\nb\n### C\nc\n## D\nd\n# E\n"


def test_a_section_ends_before_the_next_of_its_level() -> None:
    """Deeper sections belong to it; the last one ends with the document."""
    assert outline.sections(scan(TEXT)) == (
        Section("A", 1, 2, 9),
        Section("B", 2, 4, 7),
        Section("C", 3, 6, 7),
        Section("D", 2, 8, 9),
        Section("E", 1, 10, 10),
    )


def test_nothing_has_no_sections() -> None:
    """No lines and no headings are no sections."""
    assert outline.sections([]) == ()
    assert outline.sections(scan("```\n# code\n```\n")) == ()


def test_what_is_inside() -> None:
    """The lines below the heading, with those of its subsections, numbers kept."""
    lines = scan(TEXT, first=5)
    sections = outline.sections(lines)
    found = [[x.text for x in outline.inside(lines, y)] for y in sections]
    assert found == [
        ["a", "## B", "b", "### C", "c", "## D", "d"],
        ["b", "### C", "c"],
        ["c"],
        ["d"],
        [],
    ]


@given(st.lists(st.integers(1, 6), max_size=30))
def test_sections_nest(levels: list[int]) -> None:
    """Two sections are apart, or the deeper one lies inside of the other."""
    found = outline.sections(scan("\n".join("#" * x + " t" for x in levels)))
    assert [x.level for x in found] == levels
    for place, one in enumerate(found):
        for other in found[place + 1 :]:
            is_inside = other.line <= one.end
            assert is_inside == (other.end <= one.end and other.line <= one.end)
            assert not is_inside or other.level > one.level


def test_bold_entries() -> None:
    """`**Name**: text` in every spelling; without bold all of it is the name."""
    text = (
        "- **Name**: text\n* **Name:** text\n1. **Name** : text \n- **Name**\n"
        "- plain: text\nno bullet\n- **open: text\n- [ ] **In a box**: too\n"
    )
    assert list(entries.bold(scan(text))) == [
        NamedEntry("Name", "text", 1),
        NamedEntry("Name", "text", 2),
        NamedEntry("Name", "text", 3),
        NamedEntry("Name", "", 4),
        NamedEntry("plain: text", "", 5),
        NamedEntry("**open: text", "", 7),
        NamedEntry("In a box", "too", 8),
    ]
