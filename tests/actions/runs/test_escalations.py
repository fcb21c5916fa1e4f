"""Escalations listed and resolved: resumed, skipped, abandoned."""

import pytest

from coordinator.kernel.errors import NotFound, Refused, UsageProblem
from tests.actions.run_yard import (
    HEAT,
    LOAF,
    RUNS,
    WOOD,
    begin,
    inbox,
    keep,
    next_ids,
    oven,
    show,
    states,
    submit,
    take,
)
from tests.support import ManualClock, OpenWorkspace


def escalated(opened: OpenWorkspace, text: str = "") -> str:
    """Start a run whose first step is escalated; return the run's id."""
    run = begin(opened, text or oven(), "oven")
    take(opened, run, WOOD)
    submit(opened, run, WOOD, exit_code=1)
    submit(opened, run, WOOD, exit_code=1)
    return run


def resolve(opened: OpenWorkspace, name: str, decision: str) -> dict[str, object]:
    """Resolve as the maintainer."""
    found: dict[str, object] = opened.perform(
        "workflow resolve", id=name, decision=decision, comment="Because"
    )
    return found


def test_resumed_it_has_its_whole_budget_again(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """Its attempts stay; everybody concerned hears the word."""
    run = escalated(opened)
    clock.advance(hours=2)
    found = resolve(opened, f"{run}-e1", "resume")
    assert (found["state"], found["decision"], found["by"]) == (
        "resolved",
        "resume",
        "(maintainer)",
    )
    assert next_ids(opened, run) == [WOOD]
    assert inbox(opened) == [f"{run}-e1 is resolved: resume"]
    assert inbox(opened, "docs")[-1] == f"{run}-e1 is resolved: resume"
    take(opened, run, WOOD)
    found = submit(opened, run, WOOD, exit_code=1)
    assert (found["state"], found["attempt"]) == ("RETRYING", 3)
    assert submit(opened, run, WOOD, exit_code=1)["state"] == "ESCALATED"
    assert [x["id"] for x in opened.perform("workflow escalations")] == [f"{run}-e2"]
    assert len(show(opened, run)["escalations"]) == 2


def test_skipped_the_work_goes_on(opened: OpenWorkspace) -> None:
    """With the reason kept."""
    run = escalated(opened)
    resolve(opened, f"{run}-e1", "skip")
    assert states(opened, run)[WOOD] == "SKIPPED"
    assert next_ids(opened, run) == [HEAT]
    [record] = opened.records("run.resolved")
    assert opened.workspace.read_text(record.data["comment"]) == "Because"


def test_skipping_the_last_step_ends_the_run(opened: OpenWorkspace) -> None:
    """Nothing is left to do."""
    run = escalated(opened, oven().split(f"    - Step ID: {HEAT}")[0])
    assert set(states(opened, run)) == {WOOD}
    resolve(opened, f"{run}-e1", "skip")
    assert show(opened, run)["state"] == "finished"


def test_abandoned_the_run_is_over(opened: OpenWorkspace) -> None:
    """It refuses everything from then on, and its record stays."""
    run = escalated(opened)
    resolve(opened, f"{run}-e1", "abandon")
    found = show(opened, run)
    assert (found["state"], found["steps"][0]["state"]) == ("abandoned", "ABANDONED")
    assert opened.perform("workflow escalations") == []
    with pytest.raises(Refused, match="is abandoned"):
        take(opened, run, LOAF)


def test_an_escalation_is_resolved_once(opened: OpenWorkspace) -> None:
    """The first word counts; a later one changes nothing."""
    run = escalated(opened)
    resolve(opened, f"{run}-e1", "resume")
    last = opened.workspace.journal.last
    with pytest.raises(Refused, match="resolved already: resume"):
        resolve(opened, f"{run}-e1", "abandon")
    assert resolve(opened, f"{run}-e1", "resume")["decision"] == "resume"
    assert opened.workspace.journal.last == last


def test_only_a_maintainer_resolves(opened: OpenWorkspace) -> None:
    """The addressed agent is told, and may not."""
    run = escalated(opened)
    asked = {"id": f"{run}-e1", "decision": "resume", "comment": "Me"}
    with pytest.raises(Refused):
        opened.call("workflow resolve", asked, agent="docs")
    for name in ("oven-1-e9", "oven-9-e1", "x", ""):
        with pytest.raises(NotFound, match="no escalation"):
            resolve(opened, name, "skip")
    with pytest.raises(UsageProblem):
        opened.perform("workflow resolve", id=f"{run}-e1", decision="no", comment="x")
    with pytest.raises(UsageProblem):
        opened.perform("workflow resolve", id=f"{run}-e1", decision="skip", comment="")


def test_somebody_who_is_not_on_the_roster_is_a_maintainers_matter(
    opened: OpenWorkspace,
) -> None:
    """The document's word for the addressee is no agent of ours."""
    text = oven(failure="ESCALATE_TO_HUMAN (@dev-ops-team) with logs")
    run = escalated(opened, text)
    [found] = opened.perform("workflow escalations")
    assert (found["agent"], found["addressed"]) == ("", "dev-ops-team")
    [told] = opened.perform("inbox")
    assert told["subject"] == f"{WOOD} of {run} is escalated"
    assert "It is for dev-ops-team, who is not on the roster." in told["body"]
    said = [x["message"] for x in opened.perform("check")]
    assert any("'dev-ops-team'" in x for x in said)


def test_whoever_is_addressed_may_say_something(opened: OpenWorkspace) -> None:
    """It is kept with the escalation, and told; the decision is a maintainer's."""
    run = escalated(opened)
    asked = {"id": f"{run}-e1", "comment": "The wood is wet"}
    found = opened.call("workflow comment", asked, agent="docs")
    assert (found["state"], found["addressed"]) == ("open", "docs")
    assert inbox(opened, "")[-1] == f"docs says something on {run}-e1"
    resolve(opened, f"{run}-e1", "resume")
    [found] = show(opened, run)["escalations"]
    assert [(x["by"], x["comment"]) for x in found["comments"]] == [
        ("docs", "The wood is wet"),
        ("(maintainer)", "Because"),
    ]
    with pytest.raises(NotFound):
        opened.call("workflow comment", {"id": "e", "comment": "x"}, agent="docs")


def test_a_step_that_an_upgrade_took_away_is_no_persons_matter(
    opened: OpenWorkspace,
) -> None:
    """Nor is it left out: should it come back, it is to be done."""
    run = escalated(opened)
    keep(opened, oven().replace(WOOD, "P01-T01-S01-77"), "oven")
    opened.call("workflow upgrade", {"run": run}, agent="backend")
    assert opened.perform("workflow escalations") == []
    keep(opened, oven() + "\n", "oven")
    opened.call("workflow upgrade", {"run": run}, agent="backend")
    assert states(opened, run)[WOOD] == "READY"


def test_the_copy_of_a_run_that_ended_is_nobodys_problem(
    opened: OpenWorkspace,
) -> None:
    """What was wrong in it cannot be mended any more."""
    run = escalated(opened, oven() + "\n- [ ] a\n- [x] b\n")
    path = f"{RUNS}/{run}/workflow.md"
    assert opened.problems(path) == ["order-violation"]
    resolve(opened, f"{run}-e1", "abandon")
    assert opened.problems(path) == []


def test_the_word_of_an_escalation_carries_its_logs(opened: OpenWorkspace) -> None:
    """What each attempt lacked, and the end of what it printed; not all of it."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    long = "".join(f"line {x}\n" for x in range(1_000))
    submit(opened, run, WOOD, exit_code=1, stdout=long, stderr="No wood\n# is left")
    submit(opened, run, WOOD, runs=[{"exit_code": 2, "stderr": "Wet wood"}])
    [message] = opened.call("inbox", {}, agent="docs")
    body = message["body"]
    for words in (
        "## Attempt 1 by backend",
        "unmet: 0: The exit code is 1, not 0.",
        "    line 999\n",
        "    No wood\n    # is left\n",
        "## Attempt 2 by backend",
        "    Wet wood\n",
    ):
        assert words in body
    assert "line 500\n" not in body
    [found] = opened.perform("workflow escalations")
    assert found["attempts"][0]["evidence"]["stderr"] == "No wood\n# is left"
