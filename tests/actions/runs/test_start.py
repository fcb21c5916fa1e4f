"""Runs started: what they begin with, whose they are, who is told."""

from pathlib import Path

import pytest

from coordinator.kernel.errors import NotFound, Refused, UsageProblem
from coordinator.workspace import registry
from tests.actions.run_yard import (
    BREAD,
    FILLED,
    GATES,
    GUIDE,
    RUNS,
    WAY,
    begin,
    inbox,
    keep,
    living,
    next_ids,
    oven,
    show,
    states,
    take,
    text_of,
    tick,
)
from tests.support import OpenWorkspace


def test_a_start_fills_what_is_set(opened: OpenWorkspace) -> None:
    """By the text inside the brackets; unused and unfilled ones are told."""
    keep(opened, BREAD)
    values = ["feature name=Rye = dark", "[Feature Description]=Dark", "Baker=Ann"]
    asked = {"template": "bread", "set": values}
    found = opened.call("workflow start", asked, agent="backend")
    assert found == {
        "id": "bread-1",
        "template": "bread",
        "version": 1,
        "kind": "checklist",
        "agent": "backend",
        "path": f"{RUNS}/bread-1/workflow.md",
        "state": "running",
        "unfilled": ["Task Name"],
        "unused": ["Baker"],
        "next": "coordinator workflow next bread-1",
    }
    text = text_of(opened, "bread-1")
    assert "Name: Rye = dark\n" in text
    assert "Current Task: [Task Name]\n" in text


@pytest.mark.parametrize("text", [BREAD, GUIDE, WAY, oven(), oven(more=GATES)])
def test_a_start_always_succeeds(opened: OpenWorkspace, text: str) -> None:
    """Of every family, without any value; the template's text is kept as it was."""
    run = begin(opened, text, "x")
    assert run == "x-1"
    assert living(opened, run).is_file()
    assert show(opened, run)["state"] == "running"
    assert opened.workspace.read_text(opened.records("run.started")[0].data["base"])


@pytest.mark.parametrize("value", ["Rye", "=Rye", " =Rye"])
def test_a_value_without_a_name_is_refused(opened: OpenWorkspace, value: str) -> None:
    """Nothing was started then."""
    keep(opened, BREAD)
    with pytest.raises(UsageProblem, match="sets nothing"):
        opened.perform("workflow start", template="bread", set=[value])
    assert opened.perform("workflow show") == []


def test_whose_a_run_is(opened: OpenWorkspace) -> None:
    """The named agent's, else the caller's, else the addressed one's, else nobody's."""
    keep(opened, WAY, "way")
    keep(opened, BREAD)
    start = {"template": "way", "agent": "docs"}
    found = opened.call("workflow start", start, agent="backend")
    assert found["agent"] == "docs"
    assert inbox(opened, "docs")[0] == "The run way-1 is yours"
    assert opened.perform("workflow start", template="way")["agent"] == "backend"
    assert opened.perform("workflow start", template="bread")["agent"] == ""
    with pytest.raises(NotFound):
        opened.perform("workflow start", template="bread", agent="nobody")


def test_the_partners_of_a_workflow_are_told(opened: OpenWorkspace) -> None:
    """About what; who is not on the roster is a maintainer's matter."""
    run = begin(opened, WAY, "way")
    assert inbox(opened, "docs") == [f"{run} concerns you: the recipe's words"]
    words = f"{run} concerns you: prices (Till Team is not on the roster)"
    assert inbox(opened, "") == [words]
    assert inbox(opened) == []
    partners = show(opened, run)["partners"]
    assert [(x["name"], x["agent"]) for x in partners] == [
        ("Docs", "docs"),
        ("Backend Developer", "backend"),
        ("Till Team", ""),
    ]


def test_a_catalogue_becomes_a_checklist(opened: OpenWorkspace) -> None:
    """A phase a stage, a pause after the design, a sign-off at the end."""
    keep(opened, GUIDE, "guide")
    asked = {"template": "guide/white-bread"}
    found = opened.call("workflow start", asked, agent="backend")
    assert (found["id"], found["kind"]) == ("white-bread-1", "checklist")
    items = show(opened, "white-bread-1")["items"]
    assert [(x["phase"], x["text"], x["role"]) for x in items] == [
        ("DESIGN THE RECIPE", "Choose the flour", "work"),
        ("DESIGN THE RECIPE", "Choose the yeast", "work"),
        ("DESIGN THE RECIPE", "PAUSE: check in with the user on the design", "pause"),
        ("BAKING", "Knead", "work"),
        ("BAKING", "Bake", "work"),
        ("Completion", "User sign-off", "sign-off"),
    ]
    assert next_ids(opened, "white-bread-1") == ["1"]


def test_what_of_the_framework_a_run_does_not_cover_is_said(
    opened: OpenWorkspace,
) -> None:
    """In either form; the framework as a whole covers itself."""
    keep(opened, GUIDE, "guide")
    for form, number in (("checklist", 1), ("steps", 2)):
        asked = {"template": "guide/white-bread", "form": form}
        opened.call("workflow start", asked, agent="backend")
        found = show(opened, f"white-bread-{number}")
        assert found["uncovered"] == ["Understanding the order", "Tasting"]
    run = opened.perform("workflow start", template="guide")["id"]
    assert show(opened, run)["uncovered"] == []
    assert show(opened, begin(opened, BREAD))["uncovered"] == []


def test_a_catalogue_becomes_steps(opened: OpenWorkspace) -> None:
    """A task a stage, which waits for the one before it."""
    keep(opened, GUIDE, "guide")
    asked = {"template": "guide/white-bread", "form": "steps"}
    found = opened.call("workflow start", asked, agent="backend")
    run = found["id"]
    assert found["kind"] == "steps"
    assert list(states(opened, run).values()) == ["READY", *["PENDING"] * 3]
    assert next_ids(opened, run) == ["P01-T01-S01-01"]
    assert take(opened, run, "P01-T01-S01-01")["text"] == "Choose the flour"


@pytest.mark.parametrize("part", ["cake", "White Bread", "white-bread/x"])
def test_a_part_that_is_not_there(opened: OpenWorkspace, part: str) -> None:
    """It is not guessed; of another family there are none."""
    keep(opened, GUIDE, "guide")
    keep(opened, BREAD)
    for name in ("guide", "bread"):
        with pytest.raises(NotFound, match="There is no workflow"):
            opened.perform("workflow start", template=f"{name}/{part}")
    assert opened.perform("workflow show") == []


def test_an_agent_workflow_runs_as_a_checklist(opened: OpenWorkspace) -> None:
    """Its steps with actions and expected outputs, and its success criteria."""
    run = begin(opened, WAY, "way")
    items = show(opened, run)["items"]
    assert [(x["phase"], x["group"], x["text"]) for x in items] == [
        ("Step 1: Look around", "", "Read the order"),
        ("Step 1: Look around", "", "Light the oven"),
        ("Step 1: Look around", "Expected Output", "A hot oven"),
        ("Step 2: Bake", "", "Bake the bread"),
        ("Step 2: Bake", "Expected Output", "Bread"),
        ("Success Criteria", "", "Crust coverage > 90%"),
        ("Success Criteria", "", "Everything is eaten"),
    ]
    tick(opened, run, "1", "2", "3")


def test_what_is_in_the_way_of_the_runs_is_said(opened: OpenWorkspace) -> None:
    """The run is there all the same, and its copy follows once it can."""
    folder = opened.root / RUNS
    if folder.is_dir():
        folder.rmdir()
    folder.write_text("In the way\n")
    run = begin(opened, BREAD, values=FILLED)
    assert show(opened, run)["state"] == "running"
    folder.unlink()
    opened.perform("check")
    assert text_of(opened, run).startswith("# Bread Workflow")


def test_a_start_that_was_cut_off_is_found_again(opened: OpenWorkspace) -> None:
    """Its key makes no second run, although its outcome was not kept yet."""
    keep(opened, BREAD)
    keep(opened, WAY, "way")
    dispatcher = opened.dispatcher
    kept, dispatcher._keep_outcome = dispatcher._keep_outcome, lambda *_: None  # type: ignore[method-assign]
    asked = {"template": "bread"}
    opened.call("workflow start", asked, agent="backend", key="k")
    opened.call("workflow start", {"template": "way"}, agent="backend", key="w")
    dispatcher._keep_outcome = kept  # type: ignore[method-assign]
    found = opened.call("workflow start", asked, agent="backend", key="k")
    assert found["id"] == "bread-1"
    assert len(opened.records("run.started")) == 2
    opened.call("workflow start", asked, agent="docs", key="k")
    assert len(opened.records("run.started")) == 3


def test_another_agents_run_is_not_taken_for_ones_own(opened: OpenWorkspace) -> None:
    """Whose attempt was cut off before it began a run."""
    keep(opened, BREAD)
    dispatcher, asked = opened.dispatcher, {"template": "bread"}
    action = registry.find("workflow start")
    assert action is not None
    dispatcher._note_begin("backend:k", action)
    opened.call("workflow start", asked, agent="docs")
    found = opened.call("workflow start", asked, agent="backend", key="k")
    assert (found["id"], found["agent"]) == ("bread-2", "backend")


def test_ids_are_not_given_twice(opened: OpenWorkspace, tmp_path: Path) -> None:
    """Two catalogues may have a workflow of one name."""
    del tmp_path
    keep(opened, GUIDE, "guide")
    keep(opened, GUIDE, "other")
    made = [
        opened.perform("workflow start", template=f"{x}/rye-bread")["id"]
        for x in ("guide", "other", "guide")
    ]
    assert made == ["rye-bread-1", "rye-bread-2", "rye-bread-3"]


@pytest.mark.parametrize(
    "text", ["- [x] Mix\n- [x] Bake\n", "- [x] Mix\n- [-] PAUSE\n", "[✓] Bake\n"]
)
def test_what_is_all_done_is_no_template(opened: OpenWorkspace, text: str) -> None:
    """It would be a run in which nothing is ever next; the answer says what to do."""
    keep(opened, text)
    with pytest.raises(Refused, match="Nothing of bread is left to do") as refused:
        opened.call("workflow start", {"template": "bread"}, agent="backend")
    assert "--name" in refused.value.hint
    assert opened.perform("workflow show") == []
    keep(opened, f"{text}- [ ]* Taste\n")
    opened.call("workflow start", {"template": "bread"}, agent="backend")


def test_ticked_boxes_do_not_end_a_document_of_steps(opened: OpenWorkspace) -> None:
    """Its steps are what is left to do; boxes among them are its reading matter."""
    run = begin(opened, oven(more="\n- [x] The flour is here\n"), "oven")
    assert next_ids(opened, run)
