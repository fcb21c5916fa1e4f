"""What follows the last failed attempt, and the end of a run of steps."""

import pytest

from tests.actions.run_yard import (
    GATES,
    HEAT,
    LOAF,
    WOOD,
    begin,
    gate,
    inbox,
    next_ids,
    oven,
    show,
    states,
    submit,
    take,
)
from tests.support import FakeAgent, OpenWorkspace, git


def fail(opened: OpenWorkspace, run: str, step: str = WOOD) -> dict[str, object]:
    """Take a step and fail in it twice."""
    take(opened, run, step)
    submit(opened, run, step, exit_code=1)
    return submit(opened, run, step, exit_code=1)


def test_a_failed_step_is_escalated_with_everything(opened: OpenWorkspace) -> None:
    """To the addressed agent and the maintainers, with attempts and playbooks."""
    run = begin(opened, oven(more=GATES), "oven")
    found = fail(opened, run)
    assert found["state"] == "ESCALATED"
    [escalation] = opened.perform("workflow escalations")
    assert (escalation["id"], escalation["agent"]) == (f"{run}-e1", "docs")
    assert (escalation["step"], escalation["state"]) == (WOOD, "open")
    assert [x["evidence"] for x in escalation["attempts"]] == [{"exit_code": 1}] * 2
    assert escalation["playbooks"] == [{"name": "Smoke", "text": "Open the window."}]
    for who in ("docs", ""):
        assert inbox(opened, who)[-1] == f"{WOOD} of {run} is escalated"
    assert inbox(opened) == []
    assert show(opened, run)["state"] == "escalated"
    assert next_ids(opened, run) == []


def test_notify_and_continue_lets_the_work_go_on(opened: OpenWorkspace) -> None:
    """With a warning to the run's agent and the maintainers."""
    run = begin(opened, oven(failure="NOTIFY_AND_CONTINUE"), "oven")
    found = fail(opened, run)
    assert found["state"] == "SUCCEEDED_WITH_WARNINGS"
    words = f"{WOOD} of {run} failed, and the work goes on with that."
    assert found["note"] == words
    assert (inbox(opened), inbox(opened, "")) == ([words], [words])
    assert next_ids(opened, run) == [HEAT]
    assert opened.perform("workflow escalations") == []


def test_the_last_step_may_end_the_run_with_a_warning(opened: OpenWorkspace) -> None:
    """Nothing is left to do then; going on gave the next step attempts of its own."""
    text = oven(failure="NOTIFY_AND_CONTINUE").split("## Task-02")[0]
    run = begin(opened, text, "oven")
    fail(opened, run)
    found = fail(opened, run, HEAT)
    assert (found["state"], found["outcome"]) == ("SUCCEEDED_WITH_WARNINGS", "finished")


@pytest.mark.slow
def test_revert_takes_the_worktree_back_with_everything_saved(
    shop: OpenWorkspace,
) -> None:
    """To where the subtask began; the second time it is a person's matter."""
    run = begin(shop, oven(failure="REVERT_STATE"), "oven")
    agent = FakeAgent(shop.root, "backend")
    agent.branch("oven")
    base = agent.commit("wood.md", "Wood\n")
    take(shop, run, WOOD)
    submit(shop, run, WOOD, exit_code=0)
    take(shop, run, HEAT)
    later = agent.commit("heat.md", "low\n")
    (agent.home / "smoke.md").write_text("Smoke\n")
    submit(shop, run, HEAT, note="Once")
    found = submit(shop, run, HEAT, note="Twice")
    assert found["state"] == "PENDING"
    assert git(agent.home, "rev-parse", "HEAD") == base
    assert git(agent.home, "branch", "--show-current") == "backend/oven"
    assert git(agent.home, "status", "--porcelain") == ""
    refs = git(agent.home, "for-each-ref", "--format=%(refname)", "refs/coordinator")
    saved = [x for x in refs.split() if "/saved/" in x]
    assert later in [git(agent.home, "rev-parse", x) for x in saved]
    kept = [git(agent.home, "ls-tree", "-r", "--name-only", x) for x in saved]
    assert any("smoke.md" in x for x in kept)
    assert saved[0].rpartition("/")[0] + "." in str(found["note"])
    assert inbox(shop)[-1].startswith(f"backend was taken back to {base[:12]}")
    assert states(shop, run) == {WOOD: "READY", HEAT: "PENDING", LOAF: "PENDING"}
    assert show(shop, run)["steps"][1]["attempts"]
    assert fail(shop, run)["state"] == "ESCALATED"
    assert git(agent.home, "rev-parse", "HEAD") == base


def test_without_a_commit_to_go_back_to_it_is_escalated(opened: OpenWorkspace) -> None:
    """Nothing is touched then."""
    run = begin(opened, oven(failure="REVERT_STATE"), "oven")
    assert fail(opened, run)["state"] == "ESCALATED"


@pytest.mark.slow
def test_a_worktree_on_another_line_is_not_taken_back(shop: OpenWorkspace) -> None:
    """What it holds did not grow from the subtask's base."""
    run = begin(shop, oven(failure="REVERT_STATE"), "oven")
    agent = FakeAgent(shop.root, "backend")
    agent.branch("oven")
    agent.commit("wood.md", "Wood\n")
    take(shop, run, WOOD)
    git(agent.home, "checkout", "-q", "-b", "backend/other", "HEAD~1")
    head = git(agent.home, "rev-parse", "HEAD")
    submit(shop, run, WOOD, exit_code=1)
    assert submit(shop, run, WOOD, exit_code=1)["state"] == "ESCALATED"
    assert git(agent.home, "rev-parse", "HEAD") == head


def finish_steps(opened: OpenWorkspace, run: str) -> None:
    """Bring the three steps of the oven to their end."""
    (opened.root / "heat.md").write_text('"high"\n')
    take(opened, run, WOOD)
    submit(opened, run, WOOD, exit_code=0)
    take(opened, run, HEAT)
    submit(opened, run, HEAT, note="Hot")
    take(opened, run, LOAF)
    submit(opened, run, LOAF, stdout="baked")


def test_a_document_ends_with_its_artifacts_and_quality_gates(
    opened: OpenWorkspace,
) -> None:
    """The artifacts are a step of their own; the gates wait for a person."""
    run = begin(opened, oven(more=GATES), "oven")
    assert "quality-1" not in show(opened, run)["waits_for"]
    finish_steps(opened, run)
    assert next_ids(opened, run) == ["document"]
    take(opened, run, "document")
    (opened.root / "heat.md").unlink()
    assert submit(opened, run, "document", note="There")["state"] == "RETRYING"
    (opened.root / "heat.md").write_text("hot\n")
    found = submit(opened, run, "document", note="There")
    assert (found["state"], found["outcome"]) == ("SUCCEEDED", "")
    [waiting] = show(opened, run)["gates"]
    assert (waiting["item"], waiting["kind"], waiting["text"]) == (
        "quality-1",
        "quality",
        "Crust: Somebody has tasted it.",
    )
    assert gate(opened, run, "quality-1")["outcome"] == "finished"
    assert show(opened, run)["state"] == "finished"
    last = opened.workspace.journal.last
    assert opened.workspace.journal.last == last


def test_performance_metrics_are_judged_at_the_end(opened: OpenWorkspace) -> None:
    """Numbers are compared with figures that the evidence has."""
    more = "\n## Performance Metrics\n- **Heat**: Heating time < 200ms\n"
    run = begin(opened, oven(more=more), "oven")
    finish_steps(opened, run)
    take(opened, run, "document")
    found = submit(opened, run, "document", metrics={"Heating time": 250})
    assert found["state"] == "RETRYING"
    found = submit(opened, run, "document", metrics={"Heating time": 150})
    assert (found["state"], found["outcome"]) == ("SUCCEEDED", "finished")


@pytest.mark.slow
def test_evidence_is_about_the_worktree_that_it_comes_from(
    shop: OpenWorkspace,
) -> None:
    """A command below another worktree of the agent's speaks of that one."""
    run = begin(shop, oven(), "oven")
    agent = FakeAgent(shop.root, "backend")
    shop.perform("worktree add", agent="backend", feature="one")
    agent.commit("one.txt", "1\n")
    shop.perform("worktree add", agent="backend", feature="two")
    other = shop.root / "shop-backend--two"
    take(shop, run, WOOD)
    submit(shop, run, WOOD, exit_code=0)
    (other / "heat.md").write_text('"high"\n')
    asked = {"run": run, "step": HEAT}
    below = other / "src"
    shop.call("workflow take", asked, agent="backend", folder=str(below))
    evidence = {**asked, "evidence": '{"note": "Here"}'}
    found = shop.call("workflow submit", evidence, agent="backend", folder=str(below))
    assert found["state"] == "SUCCEEDED"


@pytest.mark.slow
def test_from_elsewhere_it_is_about_the_agents_home(shop: OpenWorkspace) -> None:
    """Of an agent that shows its token from any folder."""
    run = begin(shop, oven(), "oven")
    home = FakeAgent(shop.root, "backend").home
    asked = {"run": run, "step": WOOD}
    shop.call("workflow take", asked, agent="backend", folder=str(shop.root))
    assert shop.records("run.taken")[0].data["base"] == git(home, "rev-parse", "HEAD")
    evidence = {**asked, "evidence": '{"exit_code": 0}'}
    shop.call("workflow submit", evidence, agent="backend", folder=str(shop.root))
    (home / "heat.md").write_text('"high"\n')
    asked = {"run": run, "step": HEAT}
    shop.call("workflow take", asked, agent="backend", folder="/")
    evidence = {**asked, "evidence": '{"note": "There"}'}
    found = shop.call("workflow submit", evidence, agent="backend", folder="/")
    assert found["state"] == "SUCCEEDED"
