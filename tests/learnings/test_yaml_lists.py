import pytest

from learnings import yaml_lists

LIST = """\
# a comment
decisions:
  - id: "DL-001"
    title: "Use tokens"
    decision: small ones
    rationale: >
      No session
      store.
    status: rejected
    supersedes: [ADR-2, DL-000]
    confidence: high
  - Keep logs
  - {}
  - [a, b]
"""


def test_a_mapping_below_a_value_is_not_read() -> None:
    """Only scalars, and lists of them, are facts."""
    (entry,) = yaml_lists.read("- title: Use tokens\n  reason: {a: b}\n  [x]: y\n")
    assert entry.title == "Use tokens"


def test_a_list_of_decisions_is_read_with_its_lines() -> None:
    """Each entry starts where its first key stands."""
    first, second, *others = yaml_lists.read(LIST)
    assert (first.label, first.title, first.line) == ("DL-001", "Use tokens", 3)
    assert first.texts == ["small ones", "No session store.\n"]
    assert (first.said, first.supersedes) == ("rejected", ["adr-0002", "dl-000"])
    assert (second.title, second.line) == ("Keep logs", 12)
    assert [x.title for x in others] == ["", ""]


@pytest.mark.parametrize(
    "text",
    [
        "- title: Use tokens\n",
        "decision_log:\n- title: Use tokens\n",
        "a: 1\n---\n- decision: Use tokens\n",
        "- &x\n  title: Use tokens\n  agent: *x\n",
    ],
)
def test_a_list_is_found_alone_or_below_its_key(text: str) -> None:
    """An alias is read as nothing, so that it cannot unfold."""
    (entry,) = yaml_lists.read(text)
    assert (entry.title, entry.agent) == ("Use tokens", "")


@pytest.mark.parametrize("text", ["", "a: 1\n", "decisions: none\n", "decisions: {}\n"])
def test_other_yaml_holds_no_decisions(text: str) -> None:
    """Settings are not decisions."""
    assert list(yaml_lists.read(text)) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: [\n", 3),
        ("a: b: c\n", 1),
        ("a: 1\n\ttab: 2\n", 2),
        ("\x01", 1),
        ("[" * 100_000, 1),
        ("- " * 100_000, 1),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, line: int) -> None:
    """Deep nesting, which ends libyaml's process, is refused before it hurts."""
    with pytest.raises(yaml_lists.Unreadable) as caught:
        yaml_lists.read(text)
    assert caught.value.line == line
