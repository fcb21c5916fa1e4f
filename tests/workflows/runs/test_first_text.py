"""Living copies made of other documents, and placeholders filled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.workflows import lint
from coordinator.workflows.documents import checklist, read
from coordinator.workflows.model import Catalogue, Document, Family, Role, Stage
from coordinator.workflows.runs import first_text, living_copy
from tests.workflows.any_documents import ANY
from tests.workflows.sample_documents import AGENT, CATALOGUE, GROUPED, HEADED


def parse(text: str) -> Document:
    """Read a text."""
    return read.parse(text, "w.md")[0]


@pytest.mark.parametrize(
    ("text", "values", "filled", "unused"),
    [
        ("Name: [Loaf Name]\n", {"Loaf Name": "Rye"}, "Name: Rye\n", []),
        ("[ loaf  NAME ] [Loaf\tName]", {"Loaf Name": "Rye"}, "Rye Rye", []),
        ("[Loaf Name]", {"[Loaf Name]": "Rye"}, "Rye", []),
        ("[A+B (c)]", {"A+B (c)": "\\1 \\g<0>"}, "\\1 \\g<0>", []),
        ("[Name]\r\n[Loaf]", {"Name": "a\nb"}, "a b\r\n[Loaf]", []),
        ("\ufeff[Name] x\n", {"Name": "y"}, "\ufeffy x\n", []),
        ("\ufeff[Loaf] x\n", {"Name": "y"}, "\ufeff[Loaf] x\n", ["Name"]),
        ("```\n[Name]\n```\n", {"Name": "y"}, "```\n[Name]\n```\n", ["Name"]),
        ("---\na: [Name]\n---\n[Name]", {"Name": "y"}, "---\na: [Name]\n---\ny", []),
        ("[Name](a.md) [Name]: [Name][1]", {"Name": "y"}, None, ["Name"]),
        ("- [ ] a\n- [x] b\n", {"": "y", "[]": "y", "x": "y"}, None, ["", "[]", "x"]),
        ("[Name] [Other]", {}, None, []),
        ("[One] [One Two]", {"One": "1", "One Two": "2"}, "1 2", []),
        ("[Notes]", {"Notes": ""}, "", []),
        ("[A\u017f b]", {"As b": "y"}, None, ["As b"]),
    ],
)
def test_filling(
    text: str, values: dict[str, str], filled: str | None, unused: list[str]
) -> None:
    """By the words in the brackets, whatever case and blanks; boxes are none."""
    assert first_text.fill(text, values) == (
        text if filled is None else filled,
        unused,
    )


@given(ANY)
def test_filling_with_nothing_that_is_there_changes_nothing(text: str) -> None:
    """Every byte stays, and the name is said to be unused."""
    assert first_text.fill(text, {"No Such Name": "a"}) == (text, ["No Such Name"])


@pytest.mark.parametrize("text", [GROUPED, HEADED])
def test_all_that_waits_can_be_filled(text: str) -> None:
    """With every name that the checklist gives, none is left."""
    found = living_copy.read(text)
    names = living_copy.unfilled(found).names
    filled, unused = first_text.fill(text, dict.fromkeys(names, "rye"))
    left = living_copy.read(filled)
    assert (list(living_copy.unfilled(left).names), unused) == ([], [])
    assert [x.line for x in left.items] == [x.line for x in found.items]


def test_a_framework_becomes_a_checklist() -> None:
    """A phase a stage, a pause after the first design, a sign-off, the rules."""
    text = first_text.checklist(parse(CATALOGUE))
    assert (
        text
        == """\
# Head Baker Mode: Task Guidelines

## Orders Analysis

- [ ] Read the order book
- [ ] Count the loaves

**Notes:** [Notes]

## Dough and Design

- [ ] Choose the flour
- [ ] PAUSE: check in with the user on the design

**Notes:** [Notes]

## Testing of Crusts


**Notes:** [Notes]

## Completion

- [ ] User sign-off

## Communication

The final report has a heading for each of these:

- Crust First: Speak of the crust
- Price
"""
    )


def test_an_example_workflow_becomes_a_checklist() -> None:
    """It is named by its slug; its stages and items are those of the document."""
    text = first_text.checklist(parse(CATALOGUE), "rye-bread-workflow")
    assert text is not None
    made = parse(text)
    assert (made.kind, made.title) == (Family.CHECKLIST, "Rye Bread Workflow")
    said = [(x.phase, x.text) for x in made.checklist.items if x.role is Role.WORK]
    assert said == [
        ("GATHERING", "Fetch rye"),
        ("GATHERING", "Fetch salt"),
        ("DOUGH DESIGN", "Mix"),
    ]
    gates = [(x.phase, x.role) for x in made.checklist.items if x.role is not Role.WORK]
    assert gates == [("DOUGH DESIGN", Role.PAUSE), ("Completion", Role.SIGN_OFF)]


def test_only_the_first_design_is_paused_at() -> None:
    """A workflow without one, and without rules, has only the sign-off."""
    stages = (Stage("Architecture", 1), Stage("API Design", 2), Stage("Code", 3))
    text = first_text.checklist(
        Document(Family.CATALOGUE, "T", catalogue=Catalogue("", stages))
    )
    assert text is not None
    assert text.count("PAUSE") == 1
    text = first_text.checklist(parse(CATALOGUE), "rolls-for-a-wedding")
    assert text is not None
    assert "PAUSE" not in text


def test_an_agent_workflow_becomes_a_checklist() -> None:
    """A phase a step: actions, then what is to come of them; success at the end."""
    text = first_text.checklist(parse(AGENT))
    assert text is not None
    items = parse(text).checklist.items
    assert [(x.phase, x.group, x.text) for x in items] == [
        ("Step 1: Look Around", "", "Load the recipe"),
        ("Step 1: Look Around", "", "Look at the oven"),
        ("Step 1: Look Around", "Expected Output", "Kitchen known"),
        ("Step 1: Look Around", "Expected Output", "Oven warm"),
        ("Step 2: Bake", "", "Bake"),
        ("Step 2: Bake", "Expected Output", "Bread"),
        ("Success Criteria", "", "Crust > 90% brown"),
        ("Success Criteria", "", "Everybody eats"),
    ]
    assert "\nKnow the kitchen\n" in text
    assert living_copy.needs_figures(items[-2])


def test_an_agent_workflow_may_lack_its_parts() -> None:
    """A step without objective and outputs, and no success criteria."""
    text = first_text.checklist(parse("# Agent Identity\n# Step 1\n1. a\n# Step 2\n"))
    assert text == (
        "# Agent Identity\n\n## Step 1\n\n\n**Notes:** [Notes]\n"
        "\n## Step 2\n\n\n**Notes:** [Notes]\n"
    )


def test_parts_that_are_not_there() -> None:
    """Neither a workflow of another name, nor any part of a plain checklist."""
    assert first_text.checklist(parse(CATALOGUE), "oat-bread") is None
    assert first_text.skeleton(parse(CATALOGUE), "oat-bread") is None
    assert first_text.checklist(parse(GROUPED), "rye") is None
    assert first_text.skeleton(parse(GROUPED)) is None


def test_a_skeleton_of_steps() -> None:
    """A stage is a task that waits for the one before it, a bullet a step."""
    text = first_text.skeleton(parse(CATALOGUE), "rye-bread-workflow")
    assert text is not None
    made, problems = lint.check(text, "w.md")
    assert (made.kind, made.title) == (Family.STEPS, "Rye Bread Workflow")
    assert {x.code for x in problems} == {"no-criteria"}  # they are to be written
    first, second = made.book.tasks
    assert (first.id, first.title, first.prerequisites) == ("P01-T01", "GATHERING", ())
    assert [x.id for x in second.prerequisites] == ["P01-T01"]
    (subtask,) = first.subtasks
    assert [(x.id, x.command, x.criteria) for x in subtask.steps] == [
        ("P01-T01-S01-01", "Fetch rye", ()),
        ("P01-T01-S01-02", "Fetch salt", ()),
    ]


def test_a_skeleton_of_the_framework() -> None:
    """Without a part it is the framework itself, under the document's title."""
    text = first_text.skeleton(parse(CATALOGUE))
    assert text is not None
    made = parse(text)
    assert made.title == "Head Baker Mode: Task Guidelines"
    assert [x.title for x in made.book.tasks] == [
        "Orders Analysis",
        "Dough and Design",
        "Testing of Crusts",
    ]


NAMES = st.text(
    st.characters(codec="ascii", categories=("L", "N", "Zs", "P")), min_size=1
).map(lambda x: f"a {x}".strip())


@given(st.lists(st.lists(NAMES, max_size=3), min_size=1, max_size=4))
def test_every_bullet_becomes_an_item(stages: list[list[str]]) -> None:
    """Whatever it says, and in the order in which it stands."""
    lines = ["# Example Task Workflows", "## W"]
    for number, names in enumerate(stages, 1):
        lines += [f"{number}. STAGE", *(f"   - {x}" for x in names)]
    document = parse("\n".join(lines))
    text = first_text.checklist(document, "w")
    assert text is not None
    (workflow,) = document.catalogue.workflows
    names = [x.name for stage in workflow.stages for x in stage.items]
    items = [x.text for x in parse(text).checklist.items]
    assert [x for x in items if x != "User sign-off"] == names
    skeleton = first_text.skeleton(document, "w")
    assert skeleton is not None
    tasks = parse(skeleton).book.tasks
    assert [len(x.subtasks[0].steps) for x in tasks] == [len(x) for x in stages]


@pytest.mark.parametrize(
    ("phases", "missing"),
    [
        (["Orders", "Dough Design", "Test"], []),
        (["ORDERS ANALYSED"], ["Dough and Design", "Testing of Crusts"]),
        (["Design Phase"], ["Orders Analysis", "Testing of Crusts"]),
        (
            ["and of", "Phase"],
            ["Orders Analysis", "Dough and Design", "Testing of Crusts"],
        ),
        ([], ["Orders Analysis", "Dough and Design", "Testing of Crusts"]),
    ],
)
def test_stages_that_a_run_does_not_cover(
    phases: list[str], missing: list[str]
) -> None:
    """Those that share no telling word with any phase, in any form of it."""
    assert first_text.uncovered(parse(CATALOGUE).catalogue, phases) == missing


def test_names_in_brackets_are_those_that_are_filled() -> None:
    """What the reader calls a placeholder, the filler finds."""
    text = "- [ ] [Loaf Name] for [ Some  Body ]\n"
    names = list(checklist.placeholders(text))
    assert first_text.fill(text, dict.fromkeys(names, "x")) == ("- [ ] x for x\n", [])
