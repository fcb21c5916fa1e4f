"""Catalogues: framework, example workflows, rules for communication."""

import pytest

from coordinator.kernel.text import labelled
from coordinator.kernel.text.markdown import scan
from coordinator.workflows.documents import catalogue
from coordinator.workflows.model import Catalogue, NamedEntry, Stage, StageWorkflow
from tests.workflows.sample_documents import CATALOGUE, line_of


def read(text: str) -> Catalogue:
    """Read a text as a catalogue."""
    lines = scan(text)
    return catalogue.parse(lines, labelled.sections(lines))


def entry(words: str) -> NamedEntry:
    """Return the catalogue's entry with these words."""
    return NamedEntry(words, "", line_of(CATALOGUE, words))


def test_the_whole_is_read() -> None:
    """Numbered bold stages, stages in fences, and bold rules, each with its line."""
    rye = line_of(CATALOGUE, "Rye Bread")
    rolls = line_of(CATALOGUE, "Rolls for")
    assert read(CATALOGUE) == Catalogue(
        role="Head Baker",
        stages=(
            Stage(
                "Orders Analysis",
                7,
                (entry("Read the order book"), entry("Count the loaves")),
            ),
            Stage("Dough and Design", 11, (entry("Choose the flour"),)),
            Stage("Testing of Crusts", 14),
        ),
        workflows=(
            StageWorkflow(
                "Rye Bread Workflow",
                rye,
                (
                    Stage(
                        "GATHERING", rye + 3, (entry("Fetch rye"), entry("Fetch salt"))
                    ),
                    Stage("DOUGH DESIGN", rye + 7, (entry("Mix"),)),
                ),
            ),
            StageWorkflow(
                "Rolls for a Wedding",
                rolls,
                (Stage("COUNTING", rolls + 3, (entry("Count the guests"),)),),
            ),
        ),
        rules=(
            NamedEntry(
                "Crust First", "Speak of the crust", line_of(CATALOGUE, "Crust First")
            ),
            NamedEntry("Price", "", line_of(CATALOGUE, "**Price**")),
        ),
    )


@pytest.mark.parametrize(
    ("title", "role"),
    [
        ("Head Baker Mode: Guidelines", "Head Baker"),
        ("Front-of-House Mode: Guidelines", "Front-of-House"),
        ("Baker Mode - Guidelines", "Baker"),
        ("Baker \u2014 Guidelines", "Baker"),
        ("Baker Mode", "Baker"),
        ("Baker", "Baker"),
        ("", ""),
    ],
)
def test_roles(title: str, role: str) -> None:
    """The title's words before `Mode`, a colon or a dash; a hyphen ends nothing."""
    assert read(f"# {title}\n").role == role


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (CATALOGUE, True),
        ("## Example Task Workflows\n", True),
        ("## EXAMPLE TASK WORKFLOWS\n", True),
        ("## Development Process Framework\n## Communication Approaches\n", True),
        ("## Development Process Framework\n", False),
        ("## Communication Approaches\n", False),
        ("Example Task Workflows\n", False),
    ],
)
def test_what_is_a_catalogue(text: str, *, is_one: bool) -> None:
    """The headings tell."""
    assert catalogue.is_catalogue(labelled.sections(scan(text))) is is_one


def test_what_is_missing_is_empty() -> None:
    """Text without any of its sections is an empty catalogue."""
    assert read("## Other\n- a\n") == Catalogue("")
    assert read("## Development Process Framework\nNothing.\n") == Catalogue("")


def test_stages_without_a_fence() -> None:
    """The fence around the stages may be missing, and stages may be bold."""
    found = read("# Example Task Workflows\n## W\n1. **A**\n   - b\n2) C:\n- d\n")
    assert [(x.title, len(x.items)) for x in found.workflows[0].stages] == [
        ("A", 1),
        ("C", 1),
    ]


def test_workflows_without_stages_are_none() -> None:
    """Bullets before the first stage, and headings without any, say nothing."""
    found = read("# Example Task Workflows\n## W\n- a\n## V\n- x\n1. A\n- b\n")
    assert [x.title for x in found.workflows] == ["V"]
    assert [len(x.items) for x in found.workflows[0].stages] == [1]


def test_stages_belong_to_the_nearest_heading() -> None:
    """Workflows that are grouped below a heading are not counted twice."""
    text = "# Example Task Workflows\n## Bread\n### Rye\n1. A\n### Oat\n1. B\n2. C\n"
    found = read(text).workflows
    assert [(x.title, len(x.stages)) for x in found] == [("Rye", 1), ("Oat", 2)]


def test_comments_in_a_fence_are_no_headings() -> None:
    """A `#` inside of the fence ends no workflow."""
    text = "# Example Task Workflows\n## W\n```\n1. A\n# later\n2. B\n```\n"
    assert [x.title for x in read(text).workflows[0].stages] == ["A", "B"]
