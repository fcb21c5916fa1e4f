"""Nested lists as trees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.kernel.text import bullets
from coordinator.kernel.text.bullets import Node
from coordinator.kernel.text.markdown import scan
from coordinator.workflows.lines import entries
from coordinator.workflows.model import NamedEntry


def shape(nodes: list[Node]) -> list[object]:
    """Return texts, each followed by the list of what is nested below it."""
    return [x for y in nodes for x in (y.text, shape(y.children)) if x]


def tree(text: str) -> list[Node]:
    """Return the tree of a text."""
    return bullets.tree(scan(text))


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("Key: value", ("Key", "value")),
        ("**Key**: value", ("Key", "value")),
        ("**Key:** value", ("Key", "value")),
        ("__Key:__ value", ("Key", "value")),
        ("`Key`: `value`", ("Key", "`value`")),
        ("`Key` (maybe): value", ("Key", "value")),
        ("Key:", ("Key", "")),
        ("**Key**", None),
        ("http://host", None),
        ("a.b: c", None),
        ("no pair", None),
        ("x" * 70 + ": y", None),
    ],
)
def test_pairs_in_all_spellings(text: str, pair: tuple[str, str] | None) -> None:
    """A colon after a short name makes a pair, an address does not."""
    assert bullets.pair_in(text) == pair


def test_a_key_is_the_same_in_every_spelling() -> None:
    """Lower case, with `_` for all that is no letter."""
    assert bullets.key_of("MCP Tool(s) to use") == "mcp_tools_to_use"
    assert bullets.key_of("Previous-Step ") == "previous_step"


def test_indents_nest_whatever_their_width() -> None:
    """Two, four and six columns and tabs mix in one file."""
    text = "- a\n  - b\n        - c\n\t- d\n- e\n"
    assert shape(tree(text)) == ["a", ["b", ["c", "d"]], "e"]


def test_further_lines_belong_to_the_bullet() -> None:
    """A lazy line and an indented one continue it, fences too; a paragraph does not."""
    text = "- Key: a\nb\n\n  c\n\nparagraph\n  ```\n  d\n  ```\n"
    (node,) = tree(text)
    assert (node.key, node.value) == ("key", "a\nb\nc\nd")
    assert node.text == "Key: a\nb\nc\nd"


def test_a_pair_without_a_marker_counts_as_a_bullet() -> None:
    """People write `ID: x` below a heading."""
    found = tree("ID: P01\n\nprose\n\n**Tool**: saw\n")
    assert [(x.key, x.value) for x in found] == [("id", "P01"), ("tool", "saw")]


def test_a_heading_holds_the_bullets_below_it() -> None:
    """Up to the next heading."""
    found = tree("- a\n#### Steps:\n- b\n- c\n#### `End`\n- d\n")
    assert shape(found[1:]) == ["Steps", ["b", "c"], "End", ["d"]]
    assert [x.key for x in found] == ["", "steps", "end"]


def test_a_bullet_may_be_adopted_at_the_same_indent() -> None:
    """Lost indents lose nothing; what is nested well is left alone."""

    def adopts(parent: Node, child: Node) -> bool:
        return parent.key == "list" and not child.key

    lines = scan("- List:\n- a\n- b\n- Next: c\n- List:\n  - d\n- e\n")
    found = bullets.tree(lines, adopts)
    assert shape(found) == ["List:", ["a", "b"], "Next: c", "List:", ["d"], "e"]


def test_the_first_of_each_key_is_found() -> None:
    """And everything below a node can be written out again."""
    (node,) = tree("- Top: x\n  - A: 1\n    - deep\n  - A: 2\n  - b\n")
    assert node.keyed()["a"].value == "1"
    assert node.written() == "x\nA: 1\ndeep\nA: 2\nb"


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("- **Name**: text", NamedEntry("Name", "text", 1)),
        ("- **Name:** text", NamedEntry("Name", "text", 1)),
        ("1. Name: text: more", NamedEntry("Name", "text: more", 1)),
        ("- **@rig-agent**: knots", NamedEntry("@rig-agent", "knots", 1)),
        ("- name only", NamedEntry("name only", "", 1)),
        ("- **open", NamedEntry("open", "", 1)),
    ],
)
def test_entries(text: str, entry: NamedEntry) -> None:
    """A name and what is said of it."""
    assert entries.of_node(tree(text)[0]) == entry


@given(st.text(alphabet="-* 1.a:#`\n\t", max_size=120))
def test_no_bullet_is_lost(text: str) -> None:
    """Every bullet of the scanner is a node, in order."""
    found = [x.line for x in bullets.walk(tree(text))]
    wanted = [x.number for x in scan(text) if x.kind == "bullet"]
    assert [x for x in found if x in set(wanted)] == wanted
