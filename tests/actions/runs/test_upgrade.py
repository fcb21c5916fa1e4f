"""Runs upgraded and exported."""

import json
from pathlib import Path
from typing import Any

import pytest

from coordinator.kernel.errors import NotFound, Refused, UsageProblem
from tests.actions.run_yard import (
    BREAD,
    FILLED,
    GATES,
    GUIDE,
    HEAT,
    KNEAD,
    LOAF,
    PAUSE,
    READ,
    RUNS,
    SIFT,
    TRACK,
    WAY,
    WEIGH,
    WOOD,
    begin,
    begin_bread,
    edit,
    gate,
    inbox,
    keep,
    next_ids,
    oven,
    show,
    states,
    submit,
    take,
    text_of,
    tick,
)
from tests.support import OpenWorkspace


def upgrade(
    opened: OpenWorkspace, run: str, agent: str = "backend"
) -> dict[str, object]:
    """Bring a run to the newest version."""
    found: dict[str, object] = opened.call(
        "workflow upgrade", {"run": run}, agent=agent
    )
    return found


def test_an_upgrade_keeps_ticks_fills_notes_and_ids(opened: OpenWorkspace) -> None:
    """And takes in what the template has new, wherever it stands."""
    run = begin_bread(opened)
    tick(opened, run, READ, TRACK, WEIGH, SIFT)
    gate(opened, run, PAUSE)
    edit(opened, run, "- Notes: [Notes]\n\n", "- Notes: Sticky\n\n")
    new = BREAD.replace("- [ ] Knead", "- [ ] Wash hands\n- [ ] Knead").replace(
        "> Work through", "> Please work through"
    )
    keep(opened, new)
    found = upgrade(opened, run)
    assert found["not_taken"] == []
    assert (found["from"], found["to"], found["conflicts"]) == (1, 2, 0)
    text = text_of(opened, run)
    for line in (
        "- [x] Read the order book",
        "- [x] PAUSE: show the plan",
        "- [ ] Wash hands\n- [ ] Knead",
        "> Please work",
        "Name: Rye loaf",
        "- Notes: Sticky",
    ):
        assert line in text
    ids = {x["text"]: x["id"] for x in show(opened, run)["items"] if x["text"]}
    assert (ids["Knead the dough"], ids["Wash hands"]) == (KNEAD, "12")
    assert show(opened, run)["version"] == 2
    with pytest.raises(Refused, match="Wash hands"):
        tick(opened, run, KNEAD)
    tick(opened, run, "12", KNEAD)
    assert opened.problems() == []
    assert upgrade(opened, run)["changed"] is False


def test_where_both_changed_a_line_the_runs_stays(opened: OpenWorkspace) -> None:
    """Such places are counted."""
    run = begin_bread(opened)
    keep(opened, BREAD.replace("Name: [Feature Name]", "Name: [Name of the feature]"))
    assert upgrade(opened, run)["conflicts"] == 1
    assert "Name: Rye loaf" in text_of(opened, run)
    assert opened.problems() == []


def test_an_item_that_changed_its_words_is_a_new_one(opened: OpenWorkspace) -> None:
    """What was ticked was something else, and stays."""
    run = begin_bread(opened)
    tick(opened, run, READ)
    keep(opened, BREAD.replace("Read the order book", "Read the order book twice"))
    upgrade(opened, run)
    first, second = show(opened, run)["items"][:2]
    assert (first["text"], first["state"], first["id"]) == (
        "Read the order book",
        "done",
        READ,
    )
    assert (second["text"], second["state"], second["id"]) == (
        "Read the order book twice",
        "open",
        "12",
    )


def test_an_upgrade_that_leaves_nothing_to_do_ends_the_run(
    opened: OpenWorkspace,
) -> None:
    """As the last tick would."""
    run = begin(opened, "# Cake\n\n- [ ] Mix\n- [ ] Bake\n", "cake")
    tick(opened, run, "1")
    keep(opened, "# Cake\n\n- [ ] Mix\n", "cake")
    upgrade(opened, run)
    assert show(opened, run)["state"] == "finished"


@pytest.mark.parametrize(
    ("text", "part", "form", "old", "new"),
    [
        (GUIDE, "/white-bread", "checklist", "Choose the yeast", "Choose the salt"),
        (GUIDE, "/white-bread", "steps", "Choose the yeast", "Choose the salt"),
        (GUIDE, "", "checklist", "Ask the guest", "Ask the host"),
        (WAY, "", "checklist", "Light the oven", "Clean the oven"),
        (oven(), "", "checklist", "`Lay the wood`", "`Lay the coal`"),
    ],
)
def test_runs_of_every_family_are_upgraded(
    opened: OpenWorkspace, text: str, part: str, form: str, old: str, new: str
) -> None:
    """What a template becomes is merged, not the template itself."""
    keep(opened, text, "x")
    asked = {"template": f"x{part}", "form": form}
    run = opened.call("workflow start", asked, agent="backend")["id"]
    assert old in text_of(opened, run)
    keep(opened, text.replace(old, new), "x")
    assert upgrade(opened, run)["conflicts"] == 0
    assert new in text_of(opened, run)
    assert old not in text_of(opened, run)


def test_a_part_that_a_newer_catalogue_lacks_leaves_the_run_alone(
    opened: OpenWorkspace,
) -> None:
    """There is nothing that it could be brought to."""
    keep(opened, GUIDE, "guide")
    run = opened.perform("workflow start", template="guide/rye-bread")["id"]
    before = text_of(opened, run)
    keep(opened, GUIDE.replace("### Rye Bread", "### Corn Bread"), "guide")
    with pytest.raises(Refused, match="rye-bread"):
        opened.perform("workflow upgrade", run=run)
    assert text_of(opened, run) == before


def test_steps_keep_their_state_through_an_upgrade(opened: OpenWorkspace) -> None:
    """By their ids."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    submit(opened, run, WOOD, exit_code=0)
    take(opened, run, HEAT)
    keep(opened, oven().replace('"high"', '"higher"'), "oven")
    upgrade(opened, run)
    assert states(opened, run) == {WOOD: "SUCCEEDED", HEAT: "RUNNING", LOAF: "PENDING"}
    (opened.root / "heat.md").write_text('"high"\n')
    assert submit(opened, run, HEAT, note="Hot")["state"] == "RETRYING"


def test_a_runs_agent_hears_of_anothers_upgrade(opened: OpenWorkspace) -> None:
    """Not of its own."""
    run = begin_bread(opened)
    keep(opened, BREAD + "\n- [ ] Sweep\n")
    upgrade(opened, run, agent="docs")
    assert inbox(opened) == [f"{run} goes by version 2 of bread now"]
    keep(opened, BREAD + "\n- [ ] Sweep\n- [ ] Mop\n")
    upgrade(opened, run)
    assert len(inbox(opened)) == 1
    keep(opened, BREAD)
    assert upgrade(opened, run)["removed"] == ["Sweep", "Mop"]
    [told] = opened.call("inbox", {}, agent="backend")[1:]
    assert told["body"] == "The template has no more:\n\nSweep\nMop\n"
    with pytest.raises(NotFound):
        upgrade(opened, "cake-1")


def export(opened: OpenWorkspace, run: str, shape: str) -> dict[str, Any]:
    """Show a run in another tool's shape."""
    found: dict[str, Any] = opened.perform("workflow export", run=run, format=shape)
    return found


def test_step_json_is_computed_from_the_records(opened: OpenWorkspace) -> None:
    """With steps, attempts and evidence."""
    run = begin(opened, oven(more=GATES), "oven")
    take(opened, run, WOOD)
    submit(opened, run, WOOD, exit_code=1)
    submit(opened, run, WOOD, exit_code=0)
    found = export(opened, run, "step-json")
    assert found["systemStatus"] == "in_progress"
    steps = found["steps"]
    assert isinstance(steps, dict)
    assert steps[WOOD]["status"] == "SUCCEEDED"
    assert [x["outcome"] for x in steps[WOOD]["attempts"]] == ["miss", "meet"]
    assert steps[HEAT] == {"status": "PENDING", "agent": "", "attempts": []}


def test_dna_json_is_computed_from_the_records(opened: OpenWorkspace) -> None:
    """Where the run stands, and its steps in order."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    submit(opened, run, WOOD, exit_code=0)
    state = export(opened, run, "dna-json")["workflow_state"]
    assert isinstance(state, dict)
    assert (state["previous_step"], state["current_step"], state["next_step"]) == (
        WOOD,
        HEAT,
        LOAF,
    )
    assert state["progress"]["percentage"] == 33


def test_the_look_at_the_document_is_no_step_of_an_export(
    opened: OpenWorkspace,
) -> None:
    """What the document lists is what is counted."""
    text = oven(more="\n## Output Artifacts\n- `out/bread.md`\n")
    run = begin(opened, text, "oven")
    assert show(opened, run)["total"] == 4
    found = export(opened, run, "dna-json")
    assert found["workflow_state"]["progress"]["total_steps"] == 3
    assert list(found["step_definitions"]) == [WOOD, HEAT, LOAF]
    assert list(export(opened, run, "step-json")["steps"]) == [WOOD, HEAT, LOAF]


def test_exports_have_the_keys_of_such_files(opened: OpenWorkspace) -> None:
    """Those that the programs which read them look for; unknown ones are null."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    submit(opened, run, WOOD, exit_code=0)
    step = export(opened, run, "step-json")
    assert {
        "systemConfiguration",
        "systemHealth",
        "initializationSteps",
        "operationalMetrics",
        "validationResults",
    } <= step.keys()
    assert step["operationalMetrics"]["validatedAgents"] == 1
    assert step["operationalMetrics"]["failedAgents"] == 0
    assert step["systemConfiguration"]["initialized"] is True
    dna = export(opened, run, "dna-json")
    [name, *_] = dna["agents"]
    [registered, *_] = dna["agentRegistry"]
    assert registered == {"agentName": name, **dna["agents"][name]}
    assert {"id", "name", "capabilities", "persona", "phases", "workflow_steps"} == (
        dna["agents"][name].keys()
    )
    owners = [x for x, said in dna["agents"].items() if WOOD in said["workflow_steps"]]
    assert owners == [dna["step_definitions"][WOOD]["agent"]]
    definition = dna["step_definitions"][WOOD]
    assert definition["file_path"] == f"{RUNS}/{run}/workflow.md"
    assert "estimated_duration_minutes" in definition
    functions = dna["tracking_functions"]
    assert functions["start_workflow"]["sets_current_step"] == WOOD
    assert run in functions["complete_step"]["description"]
    assert run in dna["agent_instructions"]["status_check"]


def test_a_document_without_steps_is_one_thing_to_do(opened: OpenWorkspace) -> None:
    """Its run is no dead end: what it saves is shown, and then it is finished."""
    head = "---\ntask_id: P01-S01-T01\nstep: S01\nagent: '@backend'\n---\n"
    plain = f"{head}\n# Super Prompt\nWatch the tides.\n"
    text = f"{plain}\n## 3. Save Output\n- Save output to: `out/tides.md`\n"
    run = begin(opened, text, "tides")
    assert next_ids(opened, run) == ["document"]
    taken = take(opened, run, "document")
    assert taken["addressed"] == {"name": "backend", "how": "name"}
    assert f"coordinator workflow submit {run} document" in taken["submit"]
    [step] = show(opened, run)["steps"]
    assert [x["text"] for x in step["criteria"]] == ["Save output to: out/tides.md"]
    other = begin(opened, plain, "ebb")
    assert next_ids(opened, other) == ["document"]
    state = export(opened, run, "dna-json")["workflow_state"]
    assert state["progress"]["total_steps"] == 1


def test_what_is_exported_does_not_contradict_itself(
    opened: OpenWorkspace, tmp_path: Path
) -> None:
    """As the coordinator itself judges such files."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    submit(opened, run, WOOD, exit_code=0)
    for shape in ("step-json", "dna-json"):
        path = tmp_path / f"{shape}.json"
        path.write_text(json.dumps(export(opened, run, shape)))
        assert opened.perform("workflow lint", paths=[str(path)]) == []


def test_a_checklist_has_no_such_shape(opened: OpenWorkspace) -> None:
    """It is said, and what to ask instead."""
    run = begin(opened, BREAD, values=FILLED)
    with pytest.raises(UsageProblem, match="is no run of steps"):
        export(opened, run, "step-json")
    with pytest.raises(NotFound):
        export(opened, "cake-1", "step-json")


def test_a_new_gate_beside_what_was_filled_is_taken_over(
    opened: OpenWorkspace,
) -> None:
    """A fill is no change of the next line."""
    text = "# Cake\n\n- [ ] Mix\n- [ ] Bake [Name]\n- [ ] Serve\n"
    run = begin(opened, text, "cake", ["Name=a tart"])
    new = text.replace("- [ ] Bake", "- [ ] PAUSE, check in\n- [ ] Bake")
    keep(opened, new.replace("- [ ] Serve", "- [ ] Cool\n- [ ] Serve"), "cake")
    found = upgrade(opened, run)
    assert (found["conflicts"], found["not_taken"]) == (0, [])
    texts = [x["text"] for x in show(opened, run)["items"]]
    assert texts == ["Mix", "PAUSE, check in", "Bake a tart", "Cool", "Serve"]


def test_what_was_not_taken_over_is_told(opened: OpenWorkspace) -> None:
    """To the run's agent, though it upgraded the run itself."""
    run = begin(opened, "# Cake\n\n- [ ] Bake the [Name]\n", "cake", ["Name=tart"])
    keep(opened, "# Cake\n\n- [ ] Bake the big [Name]\n", "cake")
    found = upgrade(opened, run)
    assert found["not_taken"] == ["- [ ] Bake the big [Name]"]
    [told] = opened.call("inbox", {}, agent="backend")
    assert "- [ ] Bake the big [Name]" in told["body"]


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [
        ("It is dry", "It is very dry", "RUNNING"),
        ("Fire", "Fires", "VERIFYING"),
    ],
)
def test_a_word_is_only_given_on_what_is_asked_for(
    opened: OpenWorkspace, old: str, new: str, state: str
) -> None:
    """Where an upgrade changes the criteria, the holder goes on; no attempt is lost."""
    text = oven().replace("Exit Code: `0`", "Attested: It is dry")
    run = begin(opened, text, "oven")
    take(opened, run, WOOD)
    submit(opened, run, WOOD, note="Dry")
    keep(opened, text.replace(old, new), "oven")
    upgrade(opened, run)
    assert states(opened, run)[WOOD] == state
    if state == "RUNNING":
        with pytest.raises(Refused, match="does not wait"):
            gate(opened, run, WOOD)
        assert f"{WOOD} of {run} asks for something else now" in inbox(opened)
        assert submit(opened, run, WOOD, note="Drier")["attempts"]["used"] == 0
    gate(opened, run, WOOD)
    assert states(opened, run)[WOOD] == "SUCCEEDED"


def test_what_was_ticked_outlives_the_template(opened: OpenWorkspace) -> None:
    """In its place, with its mark; what was open and is no more is told."""
    run = begin(opened, "# Cake\n\n- [ ] Mix\n- [ ] Bake\n- [ ] Serve\n", "cake")
    tick(opened, run, "1", "2")
    keep(opened, "# Cake\n\n- [ ] Mix\n- [ ] Cool\n", "cake")
    found = upgrade(opened, run)
    assert (found["not_taken"], found["removed"]) == ([], ["Serve"])
    assert text_of(opened, run) == "# Cake\n\n- [x] Mix\n- [x] Bake\n- [ ] Cool\n"
    ids = [(x["id"], x["text"]) for x in show(opened, run)["items"]]
    assert ids == [("1", "Mix"), ("2", "Bake"), ("4", "Cool")]


def test_whoever_has_a_step_that_is_asked_for_no_more_is_told(
    opened: OpenWorkspace,
) -> None:
    """Whoever upgrades; and no escalation waits for a decision on one."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    keep(opened, oven().replace(WOOD, "P01-T01-S01-77"), "oven")
    assert upgrade(opened, run, agent="docs")["removed"] == [WOOD]
    assert f"{WOOD} of {run} is asked for no more" in inbox(opened)
    other = begin(opened, oven(retries="0"), "stove")
    take(opened, other, WOOD)
    submit(opened, other, WOOD, exit_code=1)
    keep(opened, oven(retries="0").replace(WOOD, "P01-T01-S01-77"), "stove")
    upgrade(opened, other)
    assert opened.perform("workflow escalations") == []
    [found] = show(opened, other)["escalations"]
    assert (found["decision"], found["by"]) == ("resume", "(coordinator)")


def test_no_upgrade_in_the_midst_of_another_merge(opened: OpenWorkspace) -> None:
    """The copy would not get it; its agent knows of the conflict."""
    run = begin(opened, "# Cake\n\n- [ ] Mix\n", "cake")
    path = opened.root / RUNS / run / "workflow.md"
    before = path.read_text()
    path.write_text(before + "<<<<<<< a\n- [ ] Bake\n=======\n>>>>>>> b\n")
    keep(opened, "# Cake\n\n- [ ] Mix\n- [ ] Bake\n", "cake")
    with pytest.raises(Refused, match="in the midst of another merge"):
        upgrade(opened, run)
    assert inbox(opened) == [f"The copy of {run} has a merge conflict"]
    assert [x["code"] for x in show(opened, run)["problems"]] == ["conflict-marker"]
    path.write_text(before)
    assert upgrade(opened, run)["changed"] is True


def test_what_moved_keeps_its_mark_its_id_and_its_word(opened: OpenWorkspace) -> None:
    """Nobody is asked again."""
    alpha = "### Alpha Phase\n- [ ] one\n- [ ] PAUSE\n- [ ] two\n"
    beta = "### Beta Phase\n- [ ] three\n- [ ] four\n- [ ] five\n- [ ] six\n"
    run = begin(opened, f"# Cake\n\n{alpha}{beta}", "cake")
    tick(opened, run, "1")
    gate(opened, run, "2")
    keep(opened, f"# Cake\n\n{beta}{alpha}", "cake")
    assert upgrade(opened, run)["removed"] == []
    items = {x["id"]: (x["text"], x["state"]) for x in show(opened, run)["items"]}
    assert list(items) == ["4", "5", "6", "7", "1", "2", "3"]
    assert (items["1"], items["2"]) == (("one", "done"), ("PAUSE", "done"))
    tick(opened, run, "4", "3")


def test_a_ticked_item_stays_with_the_lines_that_go_on_with_it(
    opened: OpenWorkspace,
) -> None:
    """Though the template has none of them any more."""
    text = "# Cake\n\n- [ ] Mix\n  well and\n  long\n- [ ] Bake\n"
    run = begin(opened, text, "cake")
    tick(opened, run, "1")
    keep(opened, "# Cake\n\n- [ ] Bake\n", "cake")
    upgrade(opened, run)
    assert text_of(opened, run) == text.replace("[ ] Mix", "[x] Mix")
