"""Labelled documents: sections, pairs, table rows, and front matter with its lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.kernel.text import labelled
from coordinator.kernel.text.labelled import Section
from coordinator.kernel.text.markdown import scan

TEXT = "intro\n# A\na\n## B\nb\n### C\nc\n## D\nd\n# E\n"


def test_a_section_ends_before_the_next_of_its_level() -> None:
    """Deeper sections belong to it; the last one ends with the document."""
    assert labelled.sections(scan(TEXT)) == (
        Section("A", 1, 2, 9),
        Section("B", 2, 4, 7),
        Section("C", 3, 6, 7),
        Section("D", 2, 8, 9),
        Section("E", 1, 10, 10),
    )


def test_nothing_has_no_sections() -> None:
    """No lines and no headings are no sections."""
    assert labelled.sections([]) == ()
    assert labelled.sections(scan("```\n# code\n```\n")) == ()


def test_what_is_inside() -> None:
    """The lines below the heading, with those of its subsections, numbers kept."""
    lines = scan(TEXT, first=5)
    sections = labelled.sections(lines)
    found = [[x.text for x in labelled.inside(lines, y)] for y in sections]
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
    found = labelled.sections(scan("\n".join("#" * x + " t" for x in levels)))
    assert [x.level for x in found] == levels
    for place, one in enumerate(found):
        for other in found[place + 1 :]:
            is_inside = other.line <= one.end
            assert is_inside == (other.end <= one.end and other.line <= one.end)
            assert not is_inside or other.level > one.level


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("State: working", ("", "State", "", "working")),
        ("**Blocked by:** nobody", ("**", "Blocked by", "", "nobody")),
        ("**Key** (note): x", ("**", "Key", " (note)", "x")),
        ("1. \u2705 Status: done", ("1. \u2705 ", "Status", "", "done")),
        ("\u72b6\u614b\uff1adone", ("", "\u72b6\u614b", "", "done")),
        ("`Tool`: `edit`", ("`", "Tool", "", "`edit`")),
        ("Node.js, 20 %: x", ("", "Node.js, 20 %", "", "x")),
        ("Empty:", ("", "Empty", "", "")),
        ("http://a.b", None),
        ("no pair", None),
        ("<a>: x", None),
        ("| a: b |", None),
    ],
)
def test_a_pair_has_a_label_and_a_value(
    text: str, expected: tuple[str, str, str, str] | None
) -> None:
    """Whatever marks surround the label; the value stands as it is written."""
    found = labelled.pair(text)
    said = (found.lead, found.label, found.aside, found.value) if found else None
    assert said == expected
    assert found is None or text[found.start :] == found.value


@given(st.text(max_size=200))
def test_any_line_is_a_pair_or_none(text: str) -> None:
    """It never raises, and a value is the end of its line."""
    found = labelled.pair(text)
    assert found is None or text.endswith(found.value)


def test_the_cells_of_a_row() -> None:
    """With and without a bar at the end; an escaped bar belongs to its cell."""
    assert labelled.cells(r"| a | b \| c |") == ["a", "b | c"]
    assert labelled.cells("| a |  | b") == ["a", "", "b"]
    assert labelled.cells("no row") == []
    row = "| State | working |"
    assert [row[a:b] for a, b in labelled.spans(row)] == [" State ", " working "]
    assert labelled.is_delimiter("| --- |:-:|")
    assert not labelled.is_delimiter("| | |")


def test_front_matter_keeps_the_lines_of_its_keys() -> None:
    """The first of two; nested keys and what is no key have none."""
    text = "\ufeff---\nTo: docs\n'needs-on': [a]\nlist:\n  to: x\nto: all\n---\n# A\n"
    front = labelled.read(text).front
    assert front.lines == {"to": 2, "needs_on": 3, "list": 4}
    assert front.line_of("branch", "needs_on") == 3
    assert front.line_of("branch") == 1


def test_the_same_text_is_taken_apart_once() -> None:
    """Several readers of one text share what was found."""
    text = "---\na: b: c\n---\n# A <!-- x -->\n"
    first = labelled.read(text)
    assert labelled.read("".join(list(text))) is first
    assert first.lines is labelled.read(text).lines
    assert [x.content for x in first.spoken] == ["A"]
    assert [x.path for x in first.problems("p.md")] == ["p.md"]
