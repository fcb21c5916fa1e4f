import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_identities import fields
from agent_identities.fields import IdentityField
from coordinator.kernel.text import markdown


def read(text: str) -> dict[str, IdentityField]:
    """Return the fields of all sections together."""
    return fields.merge(fields.read(markdown.scan(text)))


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("Role", "role"),
        ("my ROLE", "role"),
        ("🎯 Primary Responsibilities", "responsibilities"),
        ("Core Tools", "tools"),
        ("Repository Focus", "repository"),
        ("Branch prefix", "prefix"),
        ("branch_prefix", "prefix"),
        ("Objective", None),
        ("Agent", None),
        ("Role" * 20, None),
    ],
)
def test_a_label_names_a_field(label: str, key: str | None) -> None:
    """Case, emoji and words such as core and primary do not count."""
    assert fields.key_of(label) == key


@pytest.mark.parametrize(
    "line",
    [
        "**Role**: builds",
        "**Role:** builds",
        "__Role__: builds",
        "**Role** : builds  ",
        "- **Role**: builds",
        "* **role:** builds",
        "🎯 **Role**: builds",
    ],
)
def test_a_bold_label_is_a_field(line: str) -> None:
    """The colon may stand in or behind the bold part, the line in a list."""
    assert read(line) == {"role": IdentityField("role", 1, "builds")}


@pytest.mark.parametrize(
    "line", ["Role: builds", "**Role** builds", "text **Role**: builds", "**: x"]
)
def test_other_lines_are_no_fields(line: str) -> None:
    """A label is bold and stands at the beginning of its line."""
    assert read(line) == {}


def test_bullets_below_a_label_are_its_items() -> None:
    """Deeper, same and text-led lists are read; the next label ends them."""
    text = """\
- **Responsibilities**:
  - one
    and more of one
    - a detail
  - **Role**: not a field here
- **Tools**: a; b, c
- **Focus**:

**Capabilities**:
- x
- **Speed**: y

**Template**:
- z
"""
    found = read(text)
    assert found["responsibilities"].items == (
        "one and more of one a detail",
        "**Role**: not a field here",
    )
    assert found["responsibilities"].line == 1
    assert found["tools"].entries() == ("a", "b, c")
    assert found["capabilities"].items == ("x", "**Speed**: y")
    assert set(found) == {"responsibilities", "tools", "capabilities"}


def test_items_at_the_labels_own_indent_are_read() -> None:
    """`- **Tools**:` followed by plain bullets at the same indent is a list."""
    assert read("- **Tools**:\n- a\n- b\n- **Role**: c")["tools"].items == ("a", "b")


def test_a_text_goes_on_until_a_blank_line() -> None:
    """Wrapped lines belong to a bold field; a paragraph after it does not."""
    text = "**Role**: builds\nand mends\n\nOther words.\n\n**Focus**:\n\ncalm\n"
    found = read(text)
    assert found["role"].text == "builds and mends"
    assert found["focus"].text == "calm"


def test_a_list_behind_a_written_text_is_not_its_own() -> None:
    """A scalar with a text takes no bullets."""
    assert read("**Role**: builds\n- x\ny")["role"] == IdentityField(
        "role", 1, "builds"
    )


def test_a_heading_can_be_a_label() -> None:
    """A heading's field is its text or its bullets, up to the next heading."""
    text = """\
# Someone

## Role

Builds
things

more

## Primary responsibilities
Intro:
- one
  wrapped
- **Two**: b
1. three

### Details
- four

## Other
- five
"""
    sections = fields.read(markdown.scan(text))
    assert [x.heading for x in sections] == ["", "Someone", "Details", "Other"]
    found = sections[1].fields
    assert found["role"] == IdentityField("role", 3, "Builds things more")
    assert found["responsibilities"].items == (
        "one wrapped",
        "**Two**: b",
        "three",
        "four",
    )
    assert sections[2].parent is sections[1]


def test_a_page_called_responsibilities_may_hold_agents() -> None:
    """Under a level-1 heading, other headings end the list."""
    text = "# Agent Responsibilities\n## One\n- **Role**: x\n- y\n"
    sections = fields.read(markdown.scan(text))
    assert set(sections[1].fields) == {"role"}
    divided = "## Responsibilities\n### One\n- a\n- **Role**: x\n"
    found = fields.read(markdown.scan(divided))
    assert found[0].fields["responsibilities"].items == ("a",)
    assert found[1].fields["role"].text == "x"


def test_bullets_alone_make_a_text() -> None:
    """A scalar that is written as a list is joined."""
    assert read("## Focus\n- a\n- **B**: c\n")["focus"].scalar() == "a; **B**: c"


def test_a_label_inside_a_headings_text_stays_text() -> None:
    """An unknown label is part of the text; a known one begins a field."""
    found = read("## Role\n**Mind**: x\n**Focus**: y\n")
    assert found["role"].text == "**Mind**: x"
    assert found["focus"].text == "y"


def test_a_rule_ends_a_field() -> None:
    """What stands behind a horizontal rule belongs to nothing."""
    assert read("## Role\na\n***\nb\n")["role"].text == "a"


def test_fenced_code_is_kept_out() -> None:
    """Labels and bullets in a fence are examples."""
    text = "**Tools**:\n```\n- x\n**Role**: y\n```\n- z\n"
    assert read(text) == {}


def test_the_first_of_two_equal_fields_counts() -> None:
    """A label that comes again changes nothing."""
    assert read("**Role**: a\n**Role**: b\n")["role"].text == "a"


def test_front_matter_gives_fields() -> None:
    """Texts and lists of texts are read; anything else is named."""
    values = {
        "Role": "builds",
        "tools": ["a", " b ", ""],
        "focus": "",
        "paths": {"a": "b"},
        "user": 5,
        "model": "x",
        "role": "second",
    }
    section, odd = fields.from_values(values, {"tools": 3, "paths": 4})
    assert section.fields == {
        "role": IdentityField("role", 1, "builds"),
        "tools": IdentityField("tools", 3, items=("a", "b")),
    }
    assert [(x.key, x.line) for x in odd] == [("paths", 4), ("user", 1)]


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    """Fields are found in any text without an error, at real lines."""
    count = len(markdown.split_lines(text))
    assert all(1 <= x.line <= count for x in read(text).values())
