"""Agents' workflows: identity, numbered steps, partners, and what is success."""

from dataclasses import replace

import pytest

from coordinator.kernel.text import labelled
from coordinator.kernel.text.markdown import scan
from coordinator.workflows.documents import agent_workflow
from coordinator.workflows.model import (
    AgentWorkflow,
    Comparison,
    Criteria,
    NamedEntry,
    Procedure,
)
from tests.workflows.sample_documents import AGENT, line_of


def read(text: str) -> AgentWorkflow:
    """Read a text as an agent's workflow."""
    lines = scan(text)
    return agent_workflow.parse(lines, labelled.sections(lines))


def entry(words: str) -> NamedEntry:
    """Return the workflow's entry with these words."""
    return NamedEntry(words, "", line_of(AGENT, words))


def test_the_identity_is_read() -> None:
    """Bold fields as written, hard breaks aside; keys in lower case."""
    assert read(AGENT).identity == (
        ("name", "Baker"),
        ("role", "Bakes bread"),
        ("core_focus", "Rye"),
    )


def test_steps_have_objective_actions_and_outputs() -> None:
    """Only numbered entries at the left edge are actions; code is text."""
    found = read(AGENT).procedures
    assert found[0].actions[0].text == "   ```\n   Load: ../recipes/\n   ```"
    bare = tuple(
        replace(x, actions=tuple(replace(y, text="") for y in x.actions)) for x in found
    )
    assert bare == (
        Procedure(
            "Step 1: Look Around",
            line_of(AGENT, "### Step 1"),
            "Know the kitchen",
            (entry("Load the recipe"), entry("Look at the oven")),
            (entry("Kitchen known"), entry("Oven warm")),
        ),
        Procedure(
            "Step 2: Bake",
            line_of(AGENT, "### Step 2"),
            "Bread",
            (NamedEntry("Bake", "", line_of(AGENT, "1. Bake:")),),
            (NamedEntry("Bread", "", line_of(AGENT, "- Bread")),),
        ),
    )


def test_partners_are_told_about_topics() -> None:
    """`With the` before a name is no part of it."""
    line = line_of(AGENT, "With the Miller")
    assert read(AGENT).partners == (
        NamedEntry("Miller", "flour, bran", line),
        NamedEntry("Counter", "prices", line + 1),
    )


def test_success_is_judged_by_numbers_where_there_are_any() -> None:
    """Boxes become criteria, as comparisons or as a person's word."""
    crust, all_eat = read(AGENT).success
    assert (crust.kind, crust.line) == (Criteria.NUMBER, line_of(AGENT, "Crust >"))
    assert isinstance(crust.comparison, Comparison)
    assert (crust.comparison.operator, crust.comparison.value) == (">", 90)
    assert all_eat.kind is Criteria.ATTESTED


def test_fences_are_counted() -> None:
    """Each pair of fences is one block; an unclosed one counts too."""
    assert read(AGENT).fences == 3
    assert read("```\na\n```\n~~~\nb\n").fences == 2


def test_what_is_missing_is_empty() -> None:
    """Any other text is an empty workflow."""
    assert read("# A\n- b\n") == AgentWorkflow()


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (AGENT, True),
        ("# Agent Identity\n# Step 1\n# Step 2\n", True),
        ("# Workflow Steps\n# step 1: a\n# STEP 2: b\n", True),
        ("# Agent Identity\n# Step 1\n", False),
        ("# Step 1\n# Step 2\n", False),
        ("# Agent Identity\n# Steps 1\n# Stepping 2\n", False),
    ],
)
def test_what_is_an_agent_workflow(text: str, *, is_one: bool) -> None:
    """Several `Step N` below an identity or a heading for them."""
    found = agent_workflow.is_agent_workflow(labelled.sections(scan(text)))
    assert found is is_one


def test_entries_under_other_keys_are_neither() -> None:
    """Bullets before any key, and bullets among the actions, are not taken."""
    text = "# Step 1\n1. early\n**Actions**:\n- bullet\n2. act\n**Other**:\n3. no\n"
    (found,) = read(text).procedures
    assert (found.actions, found.expected) == ((NamedEntry("act", "", 5),), ())


def test_the_first_section_of_a_name_counts() -> None:
    """A second `Agent Identity` changes nothing."""
    text = "# Agent Identity\n**Name**: A\n# Agent Identity\n**Name**: B\n"
    assert read(text).identity == (("name", "A"),)
