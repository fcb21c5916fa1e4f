"""Evidence submitted: verdicts, attempts, and who may."""

import json
from typing import Any

import pytest

from coordinator.daemon.dispatcher import Request
from coordinator.kernel.errors import Conflict, NotFound, Refused, UsageProblem
from coordinator.workflows.judging import judging
from coordinator.workspace.registry import Deferred, find, validate
from coordinator.workspace.workspace import Call, Caller
from tests.actions.run_yard import (
    BREAD,
    FILLED,
    HEAT,
    LOAF,
    WOOD,
    begin,
    gate,
    inbox,
    keep,
    oven,
    show,
    states,
    submit,
    take,
    tick,
)
from tests.support import FakeAgent, ManualClock, OpenWorkspace, open_workspace


def test_each_criterion_gets_its_verdict(opened: OpenWorkspace) -> None:
    """With what met it, or the pattern and the files that were looked at."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    found = submit(opened, run, WOOD, argv=["lay"], exit_code=0)
    [verdict] = found["verdicts"]
    assert (verdict["kind"], verdict["verdict"]) == ("Exit Code", "met")
    assert (found["state"], found["attempt"]) == ("SUCCEEDED", 1)
    (opened.root / "heat.md").write_text("Heat\nlow\n")
    take(opened, run, HEAT)
    found = submit(opened, run, HEAT, note="Written")
    exists, matches = found["verdicts"]
    assert (exists["verdict"], exists["files"]) == ("met", ["heat.md"])
    assert (matches["verdict"], matches["pattern"]) == ("unmet", '"high"')
    assert matches["files"] == ["heat.md"]
    (opened.root / "heat.md").write_text('Heat\n"high"\n')
    [_, matches] = submit(opened, run, HEAT, note="Again")["verdicts"]
    assert matches["verdict"] == "met"
    assert "heat.md:2" in matches["found"] or "line 2" in matches["found"]


def test_every_attempt_is_kept_with_its_evidence(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """In the run and as files for people; a repetition of the look writes no more."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    found = submit(opened, run, WOOD, exit_code=2, stderr="No wood")
    assert (found["state"], found["attempts"]) == ("RETRYING", {"used": 1, "of": 2})
    clock.advance(minutes=3)
    submit(opened, run, WOOD, exit_code=0)
    step = show(opened, run)["steps"][0]
    first, second = step["attempts"]
    assert (first["evidence"], first["outcome"]) == (
        {"exit_code": 2, "stderr": "No wood"},
        "miss",
    )
    assert (second["number"], second["agent"]) == (2, "backend")
    assert second["verdicts"][0]["verdict"] == "met"
    assert step["seconds"]["RETRYING"] == 180
    assert step["state"] == "SUCCEEDED"


def test_the_budget_is_the_subtasks(opened: OpenWorkspace) -> None:
    """Failures of all its steps count together: 1 + Max Retries in all."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    submit(opened, run, WOOD, exit_code=1)
    submit(opened, run, WOOD, exit_code=0)
    take(opened, run, HEAT)
    found = submit(opened, run, HEAT, note="Nothing")
    assert (found["state"], found["attempts"]) == ("ESCALATED", {"used": 2, "of": 2})
    assert "no attempt left" in found["note"]


def test_without_a_number_of_retries_there_is_one_attempt(
    opened: OpenWorkspace,
) -> None:
    """And the default is an escalation to the maintainers."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    submit(opened, run, WOOD, exit_code=0)
    (opened.root / "heat.md").write_text('"high"\n')
    take(opened, run, HEAT)
    submit(opened, run, HEAT, note="Hot")
    found = take(opened, run, LOAF)
    assert (found["id"], found["retries_default"]) == (LOAF, True)
    assert submit(opened, run, LOAF, stdout="burnt")["state"] == "ESCALATED"
    assert inbox(opened, "") == [f"{LOAF} of {run} is escalated"]


def test_only_the_holder_submits(opened: OpenWorkspace) -> None:
    """Another one is refused, and so is who has not taken it."""
    run = begin(opened, oven(), "oven")
    with pytest.raises(Refused, match="is not yours: it is READY") as error:
        submit(opened, run, WOOD, exit_code=0)
    command = f"coordinator workflow take {run} {WOOD}"
    assert error.value.hint == f"Take it first: {command}"
    with pytest.raises(Refused, match="is not yours: it is PENDING") as error:
        submit(opened, run, HEAT, exit_code=0)
    assert error.value.hint == f"What may be taken: coordinator workflow next {run}"
    take(opened, run, WOOD)
    with pytest.raises(Conflict, match="backend holds"):
        submit(opened, run, WOOD, agent="docs", exit_code=0)
    submit(opened, run, WOOD, exit_code=0)
    with pytest.raises(Refused, match="it is SUCCEEDED"):
        submit(opened, run, WOOD, exit_code=0)
    assert len(opened.records("run.submitted")) == 1


def test_nobody_unknown_changes_a_run(opened: OpenWorkspace) -> None:
    """Reading needs no token; everything else does."""
    run = begin(opened, oven(), "oven")
    with pytest.raises(FileNotFoundError):
        take(opened, run, WOOD, agent="nobody")
    for action, more in (
        ("workflow take", {"run": run, "step": WOOD}),
        ("workflow submit", {"run": run, "step": WOOD}),
        ("workflow tick", {"run": run, "item": "1"}),
        ("workflow gate", {"run": run, "item": "1", "comment": "Yes"}),
        ("workflow start", {"template": "oven"}),
        ("workflow import", {"paths": ["x.md"]}),
        ("workflow upgrade", {"run": run}),
        ("inbox", {}),
    ):
        for token in ("", "wrong"):
            with pytest.raises(Refused):
                opened.dispatcher.perform(Request(action, more, "/", "backend", token))
    assert (
        opened.dispatcher.perform(Request("workflow show", {"run": run})).value["id"]
        == run
    )


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        ("", "There is no evidence"),
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"exit": 0}', "there is no such key"),
        ('{"commit": "0123456789"}', "has no commit '0123456789'"),
    ],
)
def test_what_is_no_evidence_is_no_attempt(
    opened: OpenWorkspace, evidence: str, words: str
) -> None:
    """It is refused before anything is judged, and may be sent again."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    with pytest.raises(UsageProblem, match=words):
        opened.call(
            "workflow submit",
            {"run": run, "step": WOOD, "evidence": evidence},
            agent="backend",
            folder=str(opened.root),
        )
    assert submit(opened, run, WOOD, exit_code=0)["attempt"] == 1


def test_a_step_that_is_not_there(opened: OpenWorkspace) -> None:
    """Neither of the run nor of any."""
    run = begin(opened, oven(), "oven")
    with pytest.raises(NotFound, match="has no step 'P09'"):
        submit(opened, run, "P09", exit_code=0)
    with pytest.raises(NotFound, match="no run 'cake-1'"):
        submit(opened, "cake-1", WOOD, exit_code=0)


def test_what_a_person_must_vouch_for_waits_for_one(opened: OpenWorkspace) -> None:
    """The evidence is kept; the maintainer's word lets the step succeed."""
    text = oven().replace('Output Contains: `"baked"`', "Attested: It tastes well")
    run = begin(opened, text.replace("must be `SUCCEEDED`", "has started"), "oven")
    take(opened, run, WOOD)
    take(opened, run, LOAF, agent="docs")
    with pytest.raises(Refused, match="does not wait for a word"):
        gate(opened, run, LOAF)
    found = submit(opened, run, LOAF, agent="docs", note="Yummy")
    assert (found["state"], found["verdicts"][0]["verdict"]) == (
        "VERIFYING",
        "attested",
    )
    [waiting] = show(opened, run)["gates"]
    assert (waiting["item"], waiting["kind"]) == (LOAF, "evidence")
    with pytest.raises(Refused, match="VERIFYING: it cannot be taken"):
        take(opened, run, LOAF, agent="docs")
    again = submit(opened, run, LOAF, agent="docs", note="Very yummy")
    assert (again["state"], again["attempt"]) == ("VERIFYING", 2)
    with pytest.raises(Refused):
        opened.call(
            "workflow gate", {"run": run, "item": LOAF, "comment": "Me"}, agent="docs"
        )
    assert gate(opened, run, LOAF)["by"] == "(maintainer)"
    assert states(opened, run)[LOAF] == "SUCCEEDED"
    assert show(opened, run)["passed"][LOAF]["comment"] == "Go on"
    shown = opened.perform("workflow show", run=run, step=LOAF)
    assert shown["holder"] == "docs", "who did it is told when it is over"
    exported = opened.perform("workflow export", run=run, format="step-json")
    assert exported["steps"][LOAF]["agent"] == "docs"


def test_a_criterion_that_names_nothing_never_passes(opened: OpenWorkspace) -> None:
    """Nothing can be derived, so it stays unresolved."""
    text = oven().replace("File Exists: `heat.md`", "Exit Code: `0`")
    run = begin(opened, text.replace("  - [Oven.md](mdc:docs/Oven.md)\n", ""), "oven")
    take(opened, run, WOOD)
    submit(opened, run, WOOD, exit_code=0)
    take(opened, run, HEAT)
    found = submit(opened, run, HEAT, exit_code=0)
    assert [x["verdict"] for x in found["verdicts"]] == ["met", "unresolved"]
    assert found["state"] == "RETRYING"


@pytest.mark.slow
def test_files_are_judged_in_the_worktree_at_the_commit(shop: OpenWorkspace) -> None:
    """A bare pattern is looked for in what the step changed since it was taken."""
    text = oven().replace("          - File Exists: `heat.md`\n", "")
    run = begin(shop, text, "oven")
    agent = FakeAgent(shop.root, "backend")
    agent.branch("oven")
    take(shop, run, WOOD)
    submit(shop, run, WOOD, exit_code=0)
    take(shop, run, HEAT)
    agent.commit("heat.txt", 'It is "high".\n')
    good = agent.commit("other.txt", "x\n")
    agent.commit("heat.txt", "It is low.\n")
    found = submit(shop, run, HEAT, note="At the tip")
    assert found["verdicts"][0]["verdict"] == "unmet"
    found = submit(shop, run, HEAT, commit=good[:12])
    [verdict] = found["verdicts"]
    assert (verdict["verdict"], "heat.txt" in verdict["files"]) == ("met", True)
    assert verdict["found"].startswith("heat.txt")
    attempts = show(shop, run)["steps"][1]["attempts"]
    assert [x["commit"] for x in attempts] == ["", good]


@pytest.mark.slow
def test_uncommitted_files_count_where_no_commit_is_named(shop: OpenWorkspace) -> None:
    """What differs from the base on the disk is looked into."""
    text = oven().replace("          - File Exists: `heat.md`\n", "")
    run = begin(shop, text, "oven")
    take(shop, run, WOOD)
    submit(shop, run, WOOD, exit_code=0)
    take(shop, run, HEAT)
    home = FakeAgent(shop.root, "backend").home
    (home / "heat.txt").write_text('It is "high".\n')
    [verdict] = submit(shop, run, HEAT, note="On the disk")["verdicts"]
    assert (verdict["verdict"], verdict["files"]) == ("met", ["heat.txt"])


@pytest.mark.slow
def test_a_file_may_lie_where_its_doer_stands(shop: OpenWorkspace) -> None:
    """Or where its command ran."""
    run = begin(shop, oven(), "oven")
    take(shop, run, WOOD)
    submit(shop, run, WOOD, exit_code=0)
    take(shop, run, HEAT)
    place = FakeAgent(shop.root, "backend").home / "kitchen"
    place.mkdir()
    (place / "heat.md").write_text('"high"\n')
    said = {"run": run, "step": HEAT, "evidence": '{"exit_code": 1, "cwd": "hall"}'}
    asked = ("workflow submit", said)
    found = shop.call(*asked, agent="backend", folder=str(place.parent))
    assert "nor is it in hall, docs" in found["verdicts"][0]["found"]
    said["evidence"] = '{"note": "Here"}'
    found = shop.call(*asked, agent="backend", folder=str(place))
    assert found["verdicts"][0]["found"] == "kitchen/heat.md is there."
    assert found["state"] == "SUCCEEDED"


def allow(opened: OpenWorkspace, *commands: str) -> None:
    """Allow commands in the settings."""
    settings = opened.workspace.settings
    workflows = settings.workflows.model_copy(update={"commands": list(commands)})
    opened.workspace.settings = settings.model_copy(update={"workflows": workflows})


@pytest.mark.slow
def test_a_command_is_run_only_where_the_settings_allow_it(
    opened: OpenWorkspace,
) -> None:
    """Its outcome is evidence; the prose of a document never is run."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    asked = {"run": run, "step": WOOD, "run_command": "sh -c true"}
    with pytest.raises(Refused, match="allow"):
        opened.call("workflow submit", asked, agent="backend", folder=str(opened.root))
    with pytest.raises(UsageProblem, match="is no command"):
        opened.call("workflow submit", {**asked, "run_command": "'x"}, agent="backend")
    allow(opened, "sh -c")
    found = opened.call(
        "workflow submit", asked, agent="backend", folder=str(opened.root)
    )
    assert found["state"] == "SUCCEEDED"
    [attempt] = show(opened, run)["steps"][0]["attempts"]
    assert attempt["evidence"]["runs"][0]["exit_code"] == 0


def call(opened: OpenWorkspace, action: str, **values: object) -> Deferred[Any]:
    """Begin an action whose work beside is not done yet."""
    found = find(action)
    assert found is not None
    here = Call(opened.workspace, Caller("backend"), opened.root)
    later = found.run(here, validate(found, values))
    assert isinstance(later, Deferred)
    return later


def test_a_lease_stands_still_while_evidence_is_judged(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """Nobody takes the step meanwhile, however long it takes."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    later = call(
        opened, "workflow submit", run=run, step=WOOD, evidence='{"exit_code": 1}'
    )
    clock.advance(hours=3)
    with pytest.raises(Conflict, match="backend holds"):
        take(opened, run, WOOD, agent="docs")
    found: Any = later.finish(later.work())
    assert found["state"] == "RETRYING"
    with pytest.raises(Conflict, match="until 2026-01-31T12:30"):
        take(opened, run, WOOD, agent="docs")


def test_of_two_submissions_at_once_one_counts(opened: OpenWorkspace) -> None:
    """The other is told that the step went on."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    values = {"run": run, "step": WOOD, "evidence": '{"exit_code": 1}'}
    one = call(opened, "workflow submit", **values)
    other = call(opened, "workflow submit", **values)
    first: Any = one.finish(one.work())
    assert first["attempt"] == 1
    with pytest.raises(Conflict, match="went on while the evidence was judged"):
        other.finish(other.work())
    assert len(opened.records("run.submitted")) == 1


def test_a_judge_that_fails_leaves_the_step_to_its_holder(
    opened: OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease goes on as before."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    later = call(
        opened, "workflow submit", run=run, step=WOOD, evidence='{"exit_code": 1}'
    )

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(judging, "judge", fail)
        with pytest.raises(KeyboardInterrupt):
            later.work()
    assert opened.workspace.judging == set()
    assert submit(opened, run, WOOD, exit_code=0)["attempt"] == 1


def test_a_step_that_an_upgrade_took_away_is_not_settled(
    opened: OpenWorkspace,
) -> None:
    """The evidence is for something that nobody asks for any more."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    later = call(
        opened, "workflow submit", run=run, step=WOOD, evidence='{"exit_code": 0}'
    )
    keep(opened, oven().replace(WOOD, "P01-T01-S01-77"), "oven")
    opened.call("workflow upgrade", {"run": run}, agent="backend")
    with pytest.raises(Conflict, match="went on"):
        later.finish(later.work())


def test_a_key_repeats_the_outcome(opened: OpenWorkspace) -> None:
    """Of a start, a tick, a take and a submission; nothing is done twice."""
    keep(opened, oven(), "oven")
    keep(opened, BREAD)
    seen: list[str] = []
    for _ in range(2):
        made = [
            opened.call(action, values, agent="backend", key=key)
            for key, action, values in (
                ("a", "workflow start", {"template": "oven"}),
                ("b", "workflow start", {"template": "bread", "set": FILLED}),
                ("c", "workflow take", {"run": "oven-1", "step": WOOD}),
                (
                    "d",
                    "workflow submit",
                    {"run": "oven-1", "step": WOOD, "evidence": '{"exit_code": 1}'},
                ),
                ("e", "workflow tick", {"run": "bread-1", "item": "1"}),
            )
        ]
        seen.append(json.dumps(made))
    assert seen[0] == seen[1]
    assert [x["id"] for x in opened.perform("workflow show")] == ["oven-1", "bread-1"]
    assert len(opened.records("run.submitted")) == 1


def test_a_restart_knows_everything(
    tmp_path_factory: pytest.TempPathFactory, clock: ManualClock
) -> None:
    """Runs are what their records say, with a fresh index too."""
    root = tmp_path_factory.mktemp("restart") / "w"
    with open_workspace(root, clock) as opened:
        run = begin(opened, oven(), "oven")
        take(opened, run, WOOD)
        submit(opened, run, WOOD, exit_code=1)
        bread = begin(opened, BREAD, values=FILLED)
        tick(opened, bread, "1")
        before = [show(opened, x) for x in (run, bread)]
    opened.layout.index.unlink()
    with open_workspace(root, clock) as opened:
        assert [show(opened, x) for x in (run, bread)] == before
        assert submit(opened, run, WOOD, exit_code=0)["attempt"] == 2


def test_a_submission_that_was_cut_off_is_found_again(opened: OpenWorkspace) -> None:
    """Its key makes no second attempt, although its outcome was not kept yet."""
    run = begin(opened, oven().split("## Task-02")[0], "oven")
    take(opened, run, WOOD)
    asked = {"run": run, "step": WOOD, "evidence": '{"exit_code": 1}'}
    dispatcher = opened.dispatcher
    kept, dispatcher._keep_outcome = dispatcher._keep_outcome, lambda *_: None  # type: ignore[method-assign]
    first = opened.call("workflow submit", asked, agent="backend", key="k")
    dispatcher._keep_outcome = kept  # type: ignore[method-assign]
    again = opened.call("workflow submit", asked, agent="backend", key="k")
    assert again == first
    assert len(opened.records("run.submitted")) == 1


def test_a_command_that_never_came_to_submit_is_done_with_its_key(
    opened: OpenWorkspace,
) -> None:
    """Begun is not done: others' records and other steps' are not its own."""
    run = begin(opened, oven(), "oven")
    action = find("workflow submit")
    assert action is not None
    opened.dispatcher._note_begin("backend:k", action)
    take(opened, run, WOOD)
    asked = {"run": run, "step": WOOD, "evidence": '{"exit_code": 0}'}
    found = opened.call("workflow submit", asked, agent="backend", key="k")
    assert (found["state"], found["attempt"]) == ("SUCCEEDED", 1)


def test_where_nothing_is_asked_for_a_person_has_the_last_word(
    opened: OpenWorkspace,
) -> None:
    """On the last step of a subtask; those before it need evidence, and no failure."""
    lines = (
        "Exit Code: `0`",
        "File Exists: `heat.md`",
        'File Content Matches: `"high"`',
    )
    text = oven(retries="2")
    for line in lines:
        text = text.replace(f"          - {line}\n", "")
    run = begin(opened, text, "oven")
    take(opened, run, WOOD)
    with pytest.raises(UsageProblem, match=r"The evidence for .* is empty"):
        submit(opened, run, WOOD, note=" ")
    assert submit(opened, run, WOOD, exit_code=7)["state"] == "RETRYING"
    assert submit(opened, run, WOOD, note="Laid")["state"] == "SUCCEEDED"
    taken = take(opened, run, HEAT)
    assert [x["kind"] for x in taken["criteria"]] == ["Attested"]
    assert submit(opened, run, HEAT, note="Hot")["state"] == "VERIFYING"
    gate(opened, run, HEAT)
    assert states(opened, run)[HEAT] == "SUCCEEDED"
