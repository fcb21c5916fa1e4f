"""Living copies edited as files: what holds is recorded, the rest is put back."""

import errno
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from coordinator.actions.runs import loading
from coordinator.kernel.errors import External
from coordinator.watch import intake
from coordinator.workflows.decide import starts
from coordinator.workflows.marks import Reading
from tests.actions.run_yard import (
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
    inbox,
    living,
    oven,
    show,
    states,
    submit,
    take,
    text_of,
    tick,
)
from tests.support import ManualClock, OpenWorkspace, open_workspace


def test_a_tick_in_the_file_is_a_tick(opened: OpenWorkspace) -> None:
    """It is the run's agent's, and stands where the command would have put it."""
    run = begin_bread(opened)
    after = edit(opened, run, "- [ ] Read", "- [x] Read")
    item = show(opened, run)["items"][0]
    assert (item["state"], item["by"]) == ("done", "backend")
    assert "- [x] Read" in after
    assert opened.problems() == []
    assert inbox(opened) == []


def test_several_ticks_of_one_edit_build_on_each_other(opened: OpenWorkspace) -> None:
    """They are judged in their order, parents last."""
    run = begin_bread(opened)
    new = "- [x] Flour\n  - [X] Weigh the flour\n  - [✓] Sift the flour"
    old = new.replace("[x]", "[ ]").replace("[X]", "[ ]").replace("[✓]", "[ ]")
    after = edit(opened, run, old, new)
    assert new in after
    found = states(opened, run)
    assert [found[x] for x in (FLOUR, WEIGH, SIFT)] == ["done"] * 3


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("item", "line", "code"),
    [
        ("Sift the flour", 20, "order-violation"),
        ("Flour", 18, "parent-open"),
        ("PAUSE: show the plan", 22, "gate-waits"),
        ("Knead the dough", 25, "gate-waits"),
        ("User sign-off", 30, "gate-waits"),
    ],
)
def test_what_does_not_hold_is_put_back_with_a_reason(
    opened: OpenWorkspace, item: str, line: int, code: str, end: str
) -> None:
    """Byte for byte; inbox and problem list say why, and the offer is kept."""
    run = begin(opened, BREAD.replace("\n", end), values=FILLED)
    before = text_of(opened, run)
    path = living(opened, run)
    offered = before.replace(f"- [ ] {item}", f"- [x] {item}")
    path.write_bytes(offered.encode())
    [problem] = opened.perform("check")
    assert text_of(opened, run) == before
    assert (problem["path"], problem["line"], problem["code"]) == (
        f"{RUNS}/{run}/workflow.md",
        line,
        code,
    )
    assert inbox(opened) == [f"A change of {run} was put back"]
    [message] = opened.call("inbox", {}, agent="backend")
    assert f"- line {line}: {problem['message']}" in message["body"]
    assert problem["message"].startswith(f"{item!r}")
    [record] = opened.records("run.refused")
    assert opened.workspace.read_text(record.data["offered"]) == offered


def test_what_holds_of_an_edit_stays_beside_what_does_not(
    opened: OpenWorkspace,
) -> None:
    """Only the marks that do not hold are taken back."""
    run = begin_bread(opened)
    before = text_of(opened, run)
    offered = before.replace("[ ] Read", "[x] Read").replace("[ ] Knead", "[x] Knead")
    living(opened, run).write_text(offered.replace("Dark bread", "Very dark bread"))
    assert opened.problems() == ["gate-waits"]
    expected = before.replace("[ ] Read", "[x] Read")
    assert text_of(opened, run) == expected.replace("Dark bread", "Very dark bread")
    assert states(opened, run)[READ] == "done"


def test_a_reason_goes_once_something_else_holds(opened: OpenWorkspace) -> None:
    """The problem is said until the next change; the run remembers it for ever."""
    run = begin_bread(opened)
    edit(opened, run, "- [ ] PAUSE", "- [x] PAUSE")
    assert opened.problems() == ["gate-waits"]
    edit(opened, run, "- [ ] Read", "- [x] Read")
    assert opened.problems() == []
    [refused] = show(opened, run)["refused"]
    assert (refused["item"], refused["actor"]) == (PAUSE, "backend")


def test_a_stale_save_loses_no_tick(opened: OpenWorkspace) -> None:
    """An editor with an older text takes nothing back; what it adds is taken in."""
    run = begin_bread(opened)
    stale = text_of(opened, run)
    tick(opened, run, READ, WEIGH)
    stale = stale.replace("Dark bread", "Light bread")
    living(opened, run).write_text(stale)
    assert opened.problems() == ["tick-lost", "tick-lost"]
    now = text_of(opened, run)
    assert "- [x] Read" in now
    assert "- [x] Weigh" in now
    assert "Light bread" in now
    assert "workflow tick bread-1 1 --undo" in show(opened, run)["refused"][0]["reason"]


def test_an_items_words_and_place_in_the_run_stay(opened: OpenWorkspace) -> None:
    """What the template asks for is not removed; nothing of such an edit holds."""
    run = begin_bread(opened)
    before = text_of(opened, run)
    assert edit(opened, run, "- [ ] Knead the dough\n", "") == before
    assert opened.problems() == ["removed"]
    assert edit(opened, run, "- [ ] PAUSE: show", "- [ ] No pause: show") == before
    assert edit(opened, run, before, "") == before


def test_ids_stay_with_their_items(opened: OpenWorkspace) -> None:
    """New items get new numbers wherever they stand; none is given twice."""
    run = begin_bread(opened)
    edit(opened, run, "- [ ] Knead", "- [ ] Wash hands\n- [ ] Knead")
    found = {x["text"]: x["id"] for x in show(opened, run)["items"] if x["text"]}
    assert found["Wash hands"] == "12"
    assert found["Knead the dough"] == KNEAD
    assert found["User sign-off"] == SIGN
    edit(opened, run, "1. [ ]\n", "1. [ ] Rye it is\n")
    found = {x["text"]: x["id"] for x in show(opened, run)["items"] if x["text"]}
    assert found["Wash hands"] == "12"
    assert len({x["id"] for x in show(opened, run)["items"]}) == 12


def test_a_skip_in_the_file_needs_its_reason_there(opened: OpenWorkspace) -> None:
    """Behind the words of the item."""
    run = begin_bread(opened)
    edit(opened, run, "- [ ] Read the order book", "- [-] Read the order book")
    assert opened.problems() == ["skip-without-reason"]
    assert states(opened, run)[READ] == "open"
    old = "- [ ] Read the order book"
    edit(opened, run, old, "- [~] Read the order book")
    assert (states(opened, run)[READ], opened.problems()) == ("in-progress", [])
    old = "- [~] Read the order book"
    edit(opened, run, old, "- [-] Read the order book - no orders today")
    assert (states(opened, run)[READ], opened.problems()) == ("skipped", [])
    record = opened.records("run.edited")[-1]
    [(_, mark, comment)] = record.data["ticks"]
    said = opened.workspace.read_text(comment)
    assert (mark, said) == ("skipped", "no orders today")


def test_a_number_is_not_claimed_with_a_tick(opened: OpenWorkspace) -> None:
    """The command that compares it is named."""
    run = begin(opened, WAY, "way")
    edit(opened, run, "- [ ] Crust", "- [x] Crust")
    [problem] = opened.perform("check")
    assert problem["code"] == "needs-figures"
    assert f"coordinator workflow submit {run} 6" in problem["message"]


def test_placeholders_bind_the_file_too(opened: OpenWorkspace) -> None:
    """A tick after Task Management waits; one that comes with the words holds."""
    run = begin(opened, BREAD, values=FILLED[1:])
    edit(opened, run, "- [ ] Weigh", "- [x] Weigh")
    assert opened.records("run.refused")[0].data["refusals"][0]["code"] == "placeholder"
    text = text_of(opened, run).replace("[Task Name]", "Rye loaf")
    edit(opened, run, text_of(opened, run), text.replace("[ ] Weigh", "[x] Weigh"))
    assert (opened.problems(), states(opened, run)[WEIGH]) == ([], "done")


def test_notes_are_kept_with_author(opened: OpenWorkspace, clock: ManualClock) -> None:
    """Each new one, with the place that it was written at."""
    run = begin_bread(opened)
    clock.advance(minutes=1)
    edit(opened, run, "- Notes: [Notes]", "- Notes: Flour is damp")
    [note] = show(opened, run)["notes"]
    assert note["text"] == "Planning Phase / Flour: Flour is damp"
    assert (note["agent"], note["at"]) == ("backend", "2026-01-31T09:01:00.000Z")
    edit(opened, run, "- [ ] Read", "- [x] Read")
    assert len(show(opened, run)["notes"]) == 1


def test_key_decisions_are_in_the_decision_log(opened: OpenWorkspace) -> None:
    """With the run's agent, and the line that they stand in."""
    run = begin_bread(opened)
    edit(opened, run, "1. [ ]\n", "1. [ ] Rye rises slowly\n")
    [decision] = opened.perform("decision list")
    assert decision["title"] == "Rye rises slowly"
    assert (decision["agent"], decision["line"]) == ("backend", 34)
    assert decision["path"] == f"{RUNS}/{run}/workflow.md"
    assert "Rye rises slowly" in opened.perform("report decisions")["text"]


def test_a_removed_living_copy_is_written_again(opened: OpenWorkspace) -> None:
    """Alone or with its folder: a record is not lost with a file."""
    run = begin_bread(opened)
    tick(opened, run, READ)
    before = text_of(opened, run)
    living(opened, run).unlink()
    assert opened.problems() == []
    assert text_of(opened, run) == before
    shutil.rmtree(living(opened, run).parent)
    assert opened.problems() == []
    assert text_of(opened, run) == before
    assert tick(opened, run, WEIGH)["state"] == "done"


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_stands_in_the_place_of_a_runs_folder_stops_nothing_else(
    opened: OpenWorkspace, kind: str
) -> None:
    """Other commands go on; the copy is written once the place is free."""
    run = begin_bread(opened)
    before = text_of(opened, run)
    folder = living(opened, run).parent
    shutil.rmtree(folder)
    if kind == "file":
        folder.write_text("In the way\n")
    else:
        folder.symlink_to(opened.root.parent)
    opened.perform("check")
    assert opened.perform("status")["agents"]
    assert not (opened.root.parent / "workflow.md").exists()
    folder.unlink()
    opened.perform("check")
    assert text_of(opened, run) == before


def test_a_folder_of_no_run_is_a_problem(opened: OpenWorkspace) -> None:
    """Nobody would read it; it goes with the file."""
    path = opened.root / RUNS / "cake-1" / "workflow.md"
    path.parent.mkdir(parents=True)
    path.write_text("# Cake\n\n- [ ] Bake\n")
    [problem] = opened.perform("check")
    assert (problem["code"], problem["path"]) == (
        "unknown-run",
        f"{RUNS}/cake-1/workflow.md",
    )
    path.unlink()
    assert opened.problems() == []


@pytest.mark.parametrize("racy", [0.0, 0.05])
def test_a_file_that_stood_there_before_the_run_is_judged(
    opened: OpenWorkspace, monkeypatch: pytest.MonkeyPatch, racy: float
) -> None:
    """It is no living copy until the run begins, and does not become its text."""
    monkeypatch.setattr(intake, "_RACY_SECONDS", racy)
    path = opened.root / RUNS / "bread-1" / "workflow.md"
    path.parent.mkdir(parents=True)
    path.write_text("# Cake\n\n- [x] Bake\n")
    run = begin_bread(opened)
    opened.perform("check")
    assert text_of(opened, run).startswith("# Bread Workflow")
    assert opened.problems() == ["removed"] * 8


def test_an_unreadable_living_copy_is_a_problem_and_no_end(
    opened: OpenWorkspace,
) -> None:
    """The next tick by command writes the run's text."""
    run = begin_bread(opened)
    before = text_of(opened, run)
    living(opened, run).write_bytes(b"\xff\xfe")
    assert len(opened.problems()) == 1
    living(opened, run).write_text(before)
    assert opened.problems() == []
    living(opened, run).write_bytes(b"\xff\xfe")
    assert len(opened.problems()) == 1
    tick(opened, run, READ)
    assert "- [x] Read" in text_of(opened, run)
    assert opened.problems() == []


def test_a_finished_run_is_not_edited(opened: OpenWorkspace) -> None:
    """Its record stays as it is, whatever the edit says."""
    run = begin(opened, "# Cake\n\n- [ ] Bake\n", "cake")
    tick(opened, run, "1")
    before = text_of(opened, run)
    assert edit(opened, run, "- [x] Bake", "- [ ] Bake\n- [ ] Eat") == before
    assert inbox(opened) == ["A change of cake-1 was put back"]
    assert show(opened, run)["refused"][0]["code"] == "run-finished"


def test_the_last_tick_in_the_file_ends_the_run(opened: OpenWorkspace) -> None:
    """As by command."""
    run = begin(opened, "# Cake\n\n- [ ] Mix\n- [ ] Bake\n", "cake")
    edit(opened, run, "- [ ] Mix\n- [ ] Bake", "- [x] Mix\n- [x] Bake")
    assert show(opened, run)["state"] == "finished"


def test_a_gate_that_was_passed_may_be_ticked_anew(opened: OpenWorkspace) -> None:
    """What a maintainer let through is no forgery."""
    run = begin_bread(opened)
    tick(opened, run, WEIGH, SIFT)
    gate(opened, run, PAUSE)
    edit(opened, run, "- [x] PAUSE", "- [ ] PAUSE")
    assert opened.problems() == ["tick-lost"]
    assert "- [x] PAUSE" in text_of(opened, run)


def test_a_command_overwrites_no_edit_that_nobody_has_read(
    opened: OpenWorkspace,
) -> None:
    """The edit is taken in first."""
    run = begin_bread(opened)
    path = living(opened, run)
    path.write_text(text_of(opened, run).replace("Dark bread", "Light bread"))
    tick(opened, run, READ)
    assert "Light bread" in text_of(opened, run)
    assert "- [x] Read" in text_of(opened, run)


def test_many_refusals_are_cut_short(opened: OpenWorkspace) -> None:
    """The first fifty are said, all are counted."""
    items = "".join(f"- [ ] Turn loaf {x}\n" for x in range(60))
    run = begin(opened, f"# Oven\n\n- [ ] PAUSE\n{items}", "turns")
    text = text_of(opened, run).replace("[ ] Turn", "[x] Turn")
    living(opened, run).write_text(text)
    assert len(opened.problems()) == 50
    assert inbox(opened) == ["60 changes of turns-1 were put back"]


def test_an_agent_edits_no_criteria(opened: OpenWorkspace) -> None:
    """What steps ask for, how often they may fail, and who decides then, stays."""
    run = begin(opened, oven(more="\n## Notes\n- Notes: [Notes]\n"), "oven")
    before = text_of(opened, run)
    for old, new in (
        ("Exit Code: `0`", "Exit Code: `1`"),
        ("- Max Retries: 1", "- Max Retries: 9"),
        ("ESCALATE_TO_HUMAN (@docs) with logs", "NOTIFY_AND_CONTINUE"),
        ("Task P01-T01 must be `SUCCEEDED`", "None"),
        ("    - Step ID: P01-T01-S01-02\n", ""),
        ('          - File Content Matches: `"high"`\n', ""),
    ):
        assert edit(opened, run, old, new) == before, old
        assert "steps-changed" in opened.problems()
    edit(opened, run, "- Notes: [Notes]", "- Notes: Hot")
    assert "- Notes: Hot" in text_of(opened, run)
    take(opened, run, "P01-T01-S01-01")
    found = submit(opened, run, "P01-T01-S01-01", exit_code=1)
    assert found["state"] == "RETRYING"


def test_a_checklist_does_not_become_steps_by_an_edit(opened: OpenWorkspace) -> None:
    """Nobody gets round its gates that way."""
    run = begin_bread(opened)
    before = text_of(opened, run)
    steps = "## Task-01 - X\n\n### Subtask-01: X\n- **Steps**:\n  1. Go (tool)\n\n"
    assert edit(opened, run, "## Notes", f"{steps}## Notes") == before
    assert "steps-changed" in opened.problems()
    assert show(opened, run)["kind"] == "checklist"


def test_placeholders_of_steps_can_be_filled(opened: OpenWorkspace) -> None:
    """What stands in brackets is what the agent is to write."""
    run = begin(opened, oven().replace("`heat.md`", "[Heat File]"), "oven")
    edit(opened, run, "[Heat File]", "`heat.txt`")
    found = show(opened, run)["steps"][1]["criteria"][0]
    assert found["text"] == "heat.txt"
    assert opened.records("run.refused") == []


def test_a_file_that_the_programs_end_left_behind_is_no_edit(
    tmp_path: Path,
) -> None:
    """What was recorded is written at the next start, and nobody is blamed."""
    later = ManualClock(datetime.now(UTC) + timedelta(minutes=1))
    with open_workspace(tmp_path / "w", later) as opened:
        run = begin_bread(opened)
        before = text_of(opened, run)
        tick(opened, run, READ)
        after = text_of(opened, run)
    (tmp_path / "w" / RUNS / run / "workflow.md").write_text(before)
    with open_workspace(tmp_path / "w", later) as opened:
        assert opened.problems() == []
        assert text_of(opened, run) == after
        assert inbox(opened) == []


def test_the_same_file_saved_later_is_an_edit(opened: OpenWorkspace) -> None:
    """Whoever takes a tick back in the file is told how to."""
    run = begin_bread(opened)
    tick(opened, run, READ)
    edit(opened, run, "- [x] Read", "- [ ] Read")
    assert opened.problems() == ["tick-lost"]


def test_what_the_disk_refuses_is_written_at_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tick was recorded; its line follows once there is room."""
    later = ManualClock(datetime.now(UTC) + timedelta(minutes=1))
    with open_workspace(tmp_path / "w", later) as opened:
        run = begin_bread(opened)
        opened.perform("check")

        def refuse(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(os, "rename", refuse)
            with pytest.raises(External, match="cannot be written"):
                tick(opened, run, READ)
        assert "- [ ] Read" in text_of(opened, run)
        assert opened.problems() == []
        assert "- [x] Read" in text_of(opened, run)
        assert inbox(opened) == []


@pytest.mark.parametrize("racy", [0.0, 0.05])
def test_a_copy_in_the_midst_of_a_merge_is_not_judged(
    opened: OpenWorkspace, monkeypatch: pytest.MonkeyPatch, racy: float
) -> None:
    """It stays as it is, and is a problem, until one side was chosen.

    However long ago it was written when something else changes the run.
    """
    monkeypatch.setattr(intake, "_RACY_SECONDS", racy)
    run = begin_bread(opened)
    path = living(opened, run)
    before = text_of(opened, run)
    both = "<<<<<<< ours\n- [ ] Knead the dough\n=======\n- [ ] Knead\n>>>>>>> theirs\n"
    merging = before.replace("- [ ] Knead the dough\n", both)
    path.write_text(merging)
    assert opened.problems() == ["conflict-marker"]
    tick(opened, run, READ)
    assert text_of(opened, run) == merging
    assert opened.problems() == ["conflict-marker"]
    chosen = before.replace("[ ] Read", "[x] Read")
    path.write_text(chosen.replace("[ ] Update", "[x] Update"))
    assert opened.problems() == []
    found = {x["id"]: x["state"] for x in show(opened, run)["items"]}
    assert (found[READ], found[TRACK], len(found)) == ("done", "done", 11)
    path.write_text(merging)
    assert opened.problems() == ["conflict-marker"]
    tick(opened, run, WEIGH)
    path.write_text(show_text(opened, run))
    assert opened.problems() == []


def show_text(opened: OpenWorkspace, run: str) -> str:
    """Return the text that a run's records say."""
    return loading.find(opened.workspace, run).copy.text


def test_a_run_of_earlier_reads_its_signs_as_it_did(
    opened: OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`[~]` with a reason was left out, and is so for ever; in a new run it is not."""
    text = "# Rye\n\n- [ ] Mix\n  then PAUSE\n- [ ] Bake\n"
    with monkeypatch.context() as patch:
        patch.setattr(starts, "LATEST", Reading.FIRST)
        old = begin(opened, text, "rye")
    new = begin(opened, text, "rye")
    for run in (old, new):
        edit(opened, run, "[ ] Mix", "[~] Mix - no flour")
    assert [x["state"] for x in show(opened, old)["items"]] == ["skipped", "open"]
    assert show(opened, old)["items"][0]["role"] == "work"
    assert [x["state"] for x in show(opened, new)["items"]] == ["open", "open"]
    assert show(opened, new)["items"][0]["text"] == "Mix then PAUSE"
    tick(opened, old, "2")
    assert show(opened, old)["state"] == "finished"
    assert "[~] Mix - no flour" in text_of(opened, old)
