"""Runs of checklists by command: order, gates, parents, skips, the end."""

import pytest

from coordinator.kernel.errors import NotFound, Refused, UsageProblem
from tests.actions.run_yard import (
    BAKE,
    BREAD,
    FILLED,
    FLOUR,
    KNEAD,
    PAUSE,
    READ,
    RUNS,
    SIFT,
    SIGN,
    TRACK,
    WAY,
    WEIGH,
    begin,
    begin_bread,
    edit,
    gate,
    next_ids,
    show,
    states,
    submit,
    text_of,
    tick,
)
from tests.support import ManualClock, OpenWorkspace


def changed_lines(before: str, after: str) -> list[tuple[str, str]]:
    """Return the lines that differ, with their ends."""
    pairs = zip(
        before.splitlines(keepends=True), after.splitlines(keepends=True), strict=True
    )
    return [(one, other) for one, other in pairs if one != other]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_one_tick_changes_one_line(opened: OpenWorkspace, end: str) -> None:
    """Every other byte stays, of a file with any line ends."""
    run = begin(opened, BREAD.replace("\n", end), values=FILLED)
    before = text_of(opened, run)
    found = tick(opened, run, READ)
    assert (found["item"], found["state"], found["line"]) == (READ, "done", 14)
    assert (found["done"], found["total"], found["outcome"]) == (1, 8, "")
    expected = [(f"- [ ] Read the order book{end}", f"- [x] Read the order book{end}")]
    assert changed_lines(before, text_of(opened, run)) == expected


def test_a_tick_is_known_with_author_time_and_comment(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """Who ticked is who called, and when is the server's time."""
    run = begin_bread(opened)
    clock.advance(minutes=5)
    asked = {"run": run, "item": READ, "comment": "Forty loaves"}
    opened.call("workflow tick", asked, agent="backend")
    item = show(opened, run)["items"][0]
    assert (item["by"], item["at"]) == ("backend", "2026-01-31T09:05:00.000Z")
    [record] = opened.records("run.edited")
    [(_, mark, comment)] = record.data["ticks"]
    assert mark == "done"
    assert opened.workspace.read_text(comment) == "Forty loaves"


def test_an_item_waits_for_those_before_it_in_its_phase(opened: OpenWorkspace) -> None:
    """The one that comes before is named; other phases do not count."""
    run = begin_bread(opened)
    before = text_of(opened, run)
    with pytest.raises(
        Refused, match=r"'Weigh the flour' \(item 4\) comes before it"
    ) as e:
        tick(opened, run, SIFT)
    assert e.value.hint == f"See what is next: coordinator workflow next {run}"
    assert text_of(opened, run) == before
    assert tick(opened, run, WEIGH, SIFT)["done"] == 2


def test_a_gate_holds_everything_after_it(opened: OpenWorkspace) -> None:
    """Also other phases; an agent that tries is told who can."""
    run = begin_bread(opened)
    tick(opened, run, WEIGH, SIFT)
    with pytest.raises(Refused, match="holds it until a maintainer passes it"):
        tick(opened, run, KNEAD)
    with pytest.raises(Refused, match="only a maintainer lets the run go on") as error:
        tick(opened, run, PAUSE)
    command = f"coordinator workflow gate {run} {PAUSE} --comment WORDS"
    assert error.value.hint == f"A maintainer runs: {command}"
    gate(opened, run, PAUSE)
    assert tick(opened, run, KNEAD)["state"] == "done"


def test_what_must_be_filled_holds_the_phases_after_task_management(
    opened: OpenWorkspace,
) -> None:
    """Notes never are required; filling the rest in the file lets the run go on."""
    run = begin(opened, BREAD, values=FILLED[1:])
    tick(opened, run, READ)
    with pytest.raises(Refused, match=r"to be filled first: \[Task Name\]"):
        tick(opened, run, WEIGH)
    assert show(opened, run)["unfilled"] == ["Task Name"]
    edit(opened, run, "[Task Name]", "Rye loaf")
    assert show(opened, run)["unfilled"] == []
    tick(opened, run, WEIGH)


def test_a_parent_follows_from_what_is_below_it(opened: OpenWorkspace) -> None:
    """It is open until all of that is done, and then shown as done by itself."""
    run = begin_bread(opened)
    tick(opened, run, WEIGH)
    with pytest.raises(Refused, match="done once everything below it is"):
        tick(opened, run, FLOUR)
    assert states(opened, run)[FLOUR] == "open"
    tick(opened, run, SIFT)
    assert states(opened, run)[FLOUR] == "done"
    assert "- [ ] Flour" in text_of(opened, run)
    tick(opened, run, FLOUR)
    assert "- [x] Flour" in text_of(opened, run)


def test_a_skip_needs_a_reason_and_counts_as_over(opened: OpenWorkspace) -> None:
    """The reason is kept, and what comes after may be done."""
    run = begin_bread(opened)
    asked = {"run": run, "item": WEIGH, "skip": True}
    with pytest.raises(UsageProblem, match="A skip needs a reason"):
        opened.call("workflow tick", asked, agent="backend")
    asked["comment"] = "Bought ready"
    found = opened.call("workflow tick", asked, agent="backend")
    assert (found["state"], found["done"]) == ("skipped", 1)
    assert "  - [-] Weigh the flour" in text_of(opened, run)
    tick(opened, run, SIFT)
    assert states(opened, run)[FLOUR] == "done"


def test_a_tick_can_be_taken_back(opened: OpenWorkspace) -> None:
    """It opens the item again; both cannot be asked for at once."""
    run = begin_bread(opened)
    before = text_of(opened, run)
    tick(opened, run, READ)
    undo = {"run": run, "item": READ, "undo": True}
    assert opened.call("workflow tick", undo, agent="backend")["state"] == "open"
    assert text_of(opened, run) == before
    both = {**undo, "skip": True, "comment": "No"}
    with pytest.raises(UsageProblem, match="skipped or undone, not both"):
        opened.call("workflow tick", both, agent="backend")


def test_ticking_twice_is_an_answer(opened: OpenWorkspace) -> None:
    """Nothing is recorded the second time."""
    run = begin_bread(opened)
    first = tick(opened, run, READ)
    last = opened.workspace.journal.last
    assert tick(opened, run, READ) == first
    assert opened.workspace.journal.last == last


def test_items_can_be_named_by_their_words(opened: OpenWorkspace) -> None:
    """By all of them or by some that only one item holds; case does not count."""
    run = begin_bread(opened)
    assert tick(opened, run, "order BOOK")["item"] == READ
    assert tick(opened, run, "weigh the flour")["item"] == WEIGH
    with pytest.raises(NotFound, match="2 items hold 'the flour'"):
        tick(opened, run, "the flour")
    with pytest.raises(NotFound, match="no item holds 'cake'"):
        tick(opened, run, "cake")
    with pytest.raises(NotFound, match="There is no run 'cake-1'"):
        tick(opened, "cake-1", READ)


def test_words_that_are_all_of_an_item_mean_it(opened: OpenWorkspace) -> None:
    """Although others hold them too."""
    run = begin_bread(opened)
    tick(opened, run, WEIGH, SIFT)
    assert tick(opened, run, "Flour")["item"] == FLOUR


def test_next_is_the_first_open_item_of_each_phase(opened: OpenWorkspace) -> None:
    """Gates are not ticked, and nothing after one is next."""
    run = begin_bread(opened)
    assert next_ids(opened, run) == [READ, WEIGH]
    tick(opened, run, READ, WEIGH, SIFT)
    assert next_ids(opened) == [TRACK]
    gate(opened, run, PAUSE)
    assert next_ids(opened, run) == [TRACK, KNEAD]
    asked = opened.call("workflow next", {}, agent="backend")["steps"]
    assert [(x["id"], x["phase"]) for x in asked] == [
        (TRACK, "Task Management"),
        (KNEAD, "Baking Phase"),
    ]
    assert opened.call("workflow next", {}, agent="docs")["steps"] == []


def finish(opened: OpenWorkspace) -> str:
    """Work through a run to its end; return its id."""
    run = begin_bread(opened)
    tick(opened, run, READ, TRACK, WEIGH, SIFT)
    gate(opened, run, PAUSE)
    tick(opened, run, KNEAD, BAKE)
    assert gate(opened, run, SIGN)["outcome"] == "finished"
    return run


def test_a_run_ends_with_its_last_item(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """It stays as it is, is no longer next, and refuses every change."""
    run = finish(opened)
    found = show(opened, run)
    assert (found["state"], found["ended"]) == ("finished", "2026-01-31T09:00:00.000Z")
    assert (found["done"], found["total"]) == (8, 8)
    assert next_ids(opened, run) == []
    last = opened.workspace.journal.last
    clock.advance(hours=1)
    for action, more in (
        ("workflow tick", {"item": READ, "undo": True}),
        ("workflow gate", {"item": PAUSE, "comment": "Again"}),
        ("workflow upgrade", {}),
        ("workflow submit", {"step": READ}),
    ):
        with pytest.raises(Refused, match=f"The run {run} is finished"):
            opened.perform(action, run=run, **more)
    assert opened.workspace.journal.last == last


def test_a_new_run_leaves_finished_ones_alone(opened: OpenWorkspace) -> None:
    """No reset overwrites a record: each run has an id and a folder of its own."""
    first = finish(opened)
    kept = text_of(opened, first)
    second = begin_bread(opened)
    assert (first, second) == ("bread-1", "bread-2")
    tick(opened, second, READ)
    assert text_of(opened, first) == kept
    listed = opened.perform("workflow show")
    assert [(x["id"], x["state"]) for x in listed] == [
        ("bread-1", "finished"),
        ("bread-2", "running"),
    ]


def test_numbers_of_success_criteria_are_compared(opened: OpenWorkspace) -> None:
    """Such an item is not ticked but shown; figures that miss are refused."""
    run = begin(opened, WAY, "way")
    with pytest.raises(Refused, match="names a number") as error:
        tick(opened, run, "6")
    assert f"coordinator workflow submit {run} 6" in error.value.hint
    with pytest.raises(Refused, match="is not met"):
        submit(opened, run, "6", metrics={"Crust coverage": 80})
    found = submit(opened, run, "6", metrics={"Crust coverage": 93.5})
    assert (found["verdict"], found["state"], found["id"]) == ("met", "done", "6")
    assert states(opened, run)["6"] == "done"
    with pytest.raises(Refused, match="names no number") as error:
        submit(opened, run, "7", metrics={"Crust coverage": 93.5})
    assert error.value.hint.endswith(f"workflow tick {run} 7")
    tick(opened, run, "7")


def test_such_an_item_can_be_left_out_with_a_reason(opened: OpenWorkspace) -> None:
    """A skip claims nothing of the number."""
    run = begin(opened, WAY, "way")
    asked = {"run": run, "item": "6", "skip": True, "comment": "No crust"}
    assert opened.call("workflow tick", asked, agent="backend")["state"] == "skipped"


def test_what_is_shown_must_be_reached_too(opened: OpenWorkspace) -> None:
    """Figures do not go round the order."""
    text = WAY.replace("- [ ] Crust", "- [ ] Bread rises\n- [ ] Crust")
    run = begin(opened, text, "way")
    with pytest.raises(Refused, match=r"'Bread rises' \(item 6\) comes before it"):
        submit(opened, run, "7", metrics={"Crust coverage": 93.5})


def test_an_item_that_was_shown_already_is_not_recorded_again(
    opened: OpenWorkspace,
) -> None:
    """A repetition is an answer."""
    run = begin(opened, WAY, "way")
    submit(opened, run, "6", metrics={"Crust coverage": 93.5})
    last = opened.workspace.journal.last
    assert submit(opened, run, "6", metrics={"Crust coverage": 95})["state"] == "done"
    assert opened.workspace.journal.last == last


def test_evidence_does_not_pass_a_gate(opened: OpenWorkspace) -> None:
    """Only a maintainer's word does."""
    text = BREAD.replace("PAUSE: show the plan", "PAUSE: crust coverage > 90 %")
    run = begin(opened, text, values=FILLED)
    tick(opened, run, WEIGH, SIFT)
    with pytest.raises(Refused, match="only a maintainer lets the run go on"):
        submit(opened, run, PAUSE, metrics={"crust coverage": 95})
    assert states(opened, run)[PAUSE] == "open"


def test_a_last_tick_that_was_cut_off_is_answered_with_its_key(
    opened: OpenWorkspace,
) -> None:
    """The run is finished by it, and not by anything after it."""
    run = begin(opened, "# Cake\n\n- [ ] Bake\n", "cake")
    asked = {"run": run, "item": "1"}
    dispatcher = opened.dispatcher
    kept, dispatcher._keep_outcome = dispatcher._keep_outcome, lambda *_: None  # type: ignore[method-assign]
    first = opened.call("workflow tick", asked, agent="backend", key="k")
    dispatcher._keep_outcome = kept  # type: ignore[method-assign]
    assert opened.call("workflow tick", asked, agent="backend", key="k") == first
    undo = {**asked, "undo": True}
    with pytest.raises(Refused, match="is finished"):
        opened.call("workflow tick", undo, agent="backend", key="other")


def test_what_waits_for_brackets_names_the_file(opened: OpenWorkspace) -> None:
    """There they are written over."""
    run = begin(opened, BREAD)
    tick(opened, run, READ, TRACK)
    with pytest.raises(Refused, match=r"\[Feature Name\]") as caught:
        tick(opened, run, WEIGH)
    assert caught.value.hint.endswith(f"in {RUNS}/{run}/workflow.md")
