import os
from pathlib import Path
from typing import Any

import pytest

from coordinator.kernel.errors import External, Refused, UsageProblem
from tests.support import FakeAgent, ManualClock, OpenWorkspace, open_workspace

CONTEXTS = "agent-system/active-contexts"


def stand(opened: OpenWorkspace, agent: str = "backend") -> dict[str, Any]:
    """Return what `status` says of an agent."""
    found: dict[str, Any] = {x["name"]: x for x in opened.perform("status")["agents"]}[
        agent
    ]
    return found


@pytest.mark.slow
def test_the_shell_line_of_the_workflow_shows_the_agent(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> None:
    """One `echo` from a worktree, relative path and all, is enough."""
    with open_workspace(tmp_path / "w", clock, {"shop": repository}) as opened:
        agent = FakeAgent(opened.root, "backend")
        agent.shell(
            'echo "Backend Developer Active: $(date)"'
            " > ../agent-system/active-contexts/backend-developer-status.md"
        )
        found = stand(opened)
        assert (found["state"], found["stale"]) == ("working", False)
        assert found["path"] == f"{CONTEXTS}/backend-developer-status.md"
        assert found["last_seen"] == "2026-01-31T09:00:00.000Z"
        assert opened.problems() == []


def test_an_agent_gets_stale_and_comes_back(tmp_path: Path, clock: ManualClock) -> None:
    """Nothing heard for the set time is stale; the next write, even equal, ends it."""
    with open_workspace(tmp_path / "w", clock) as opened:
        agent = FakeAgent(opened.root, "backend", clock=clock)
        agent.context("State: working\n")
        assert not stand(opened)["stale"]
        clock.advance(minutes=30)
        assert not stand(opened)["stale"]
        clock.advance(seconds=1)
        assert stand(opened)["stale"]
        agent.context("State: working\n")
        found = stand(opened)
        assert (found["stale"], found["last_seen"]) == (
            False,
            "2026-01-31T09:30:01.000Z",
        )


def test_the_time_of_staleness_is_a_setting(tmp_path: Path, clock: ManualClock) -> None:
    """`stale_after_minutes` is obeyed."""
    with open_workspace(tmp_path / "w", clock) as opened:
        text = opened.layout.settings.read_text()
        new = text.replace("# stale_after_minutes = 30.0", "stale_after_minutes = 2.0")
        opened.layout.settings.write_text(new)
    with open_workspace(tmp_path / "w", clock) as opened:
        agent = FakeAgent(opened.root, "backend", clock=clock)
        agent.context("State: working\n")
        assert not stand(opened)["stale"]
        clock.advance(minutes=2, seconds=1)
        assert stand(opened)["stale"]


def test_reading_a_file_again_is_no_sign_of_life(
    tmp_path: Path, clock: ManualClock
) -> None:
    """A restart reads every file anew, and makes no agent look alive."""
    with open_workspace(tmp_path / "w", clock) as opened:
        FakeAgent(opened.root, "backend", clock=clock).context("State: working\n")
        assert not stand(opened)["stale"]
    clock.advance(hours=2)
    with open_workspace(tmp_path / "w", clock) as opened:
        assert stand(opened)["stale"]
        assert stand(opened)["last_seen"] == "2026-01-31T09:00:00.000Z"


@pytest.mark.slow
def test_the_branch_comes_from_git_and_a_contradiction_is_a_problem(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> None:
    """What a file claims of its branch is checked, not believed."""
    with open_workspace(tmp_path / "w", clock, {"shop": repository}) as opened:
        agent = FakeAgent(opened.root, "backend")
        agent.branch("carts")
        path = agent.context("State: working\nBranch: backend/login\n")
        assert stand(opened)["branch"] == "backend/carts"
        assert stand(opened)["worktree"] == str(agent.home)
        [problem] = opened.perform("check", paths=[path])
        assert (problem["code"], problem["line"]) == ("contradicts-git", 2)
        assert "login" not in problem["hint"], "agents' text is in no command"
        agent.context("State: working\nBranch: backend/carts\n")
        assert opened.problems(path) == []


def test_context_set_edits_the_agents_newest_file(
    tmp_path: Path, clock: ManualClock
) -> None:
    """The command writes what a file says, and keeps every other line."""
    with open_workspace(tmp_path / "w", clock) as opened:
        opened.perform_as("backend", "context set", state="working", task="Carts")
        path = opened.root / CONTEXTS / "backend-status.md"
        first = path.read_text()
        assert "Carts" in first
        path.write_text(f"{first}\nUnknown: kept\n")
        found = opened.perform_as("backend", "context set", state="blocked")
        assert (found["state"], found["task"]) == ("blocked", "Carts")
        assert "Unknown: kept" in path.read_text()
        opened.perform_as("backend", "context set", note="Waits for a schema")
        assert "Waits for a schema" in path.read_text()
        assert [x["name"] for x in opened.perform("context list")] == [
            "backend",
            "docs",
            "frontend",
        ]


def test_only_an_agent_has_a_context(tmp_path: Path, clock: ManualClock) -> None:
    """A maintainer is told how to name an agent; nothing to set is a usage error."""
    with open_workspace(tmp_path / "w", clock) as opened:
        with pytest.raises(Refused) as raised:
            opened.perform("context set", task="x")
        assert "--as AGENT" in raised.value.hint
        with pytest.raises(UsageProblem):
            opened.perform_as("docs", "context set")
        with pytest.raises(UsageProblem):
            opened.perform_as("docs", "context set", state="flying")


def test_a_file_that_cannot_be_edited_is_left_alone(
    tmp_path: Path, clock: ManualClock
) -> None:
    """A context that cannot be read is not overwritten by the command."""
    with open_workspace(tmp_path / "w", clock) as opened:
        path = opened.root / CONTEXTS / "docs-status.md"
        path.write_bytes(b"\xff")
        with pytest.raises(External):
            opened.perform_as("docs", "context set", task="x")
        assert path.read_bytes() == b"\xff"


def test_a_missing_folder_is_an_error_with_the_command_that_mends(
    tmp_path: Path, clock: ManualClock
) -> None:
    """Where nothing can be written, `doctor --fix` is named, and it helps."""
    with open_workspace(tmp_path / "w", clock) as opened:
        (opened.root / CONTEXTS / "runs").rmdir()
        for view in (opened.root / CONTEXTS).iterdir():
            view.unlink()
        (opened.root / CONTEXTS).rmdir()
        with pytest.raises(External) as raised:
            opened.perform_as("docs", "context set", task="x")
        assert "doctor --fix" in raised.value.hint
        assert opened.problems() == ["folder-missing"]
        opened.perform("doctor", fix=True)
        opened.perform_as("docs", "context set", task="x")
        assert opened.problems() == []


def test_a_copy_beside_the_real_file_has_no_voice(
    tmp_path: Path, clock: ManualClock
) -> None:
    """It is named, however new it is; alone it speaks for its agent."""
    with open_workspace(tmp_path / "w", clock) as opened:
        agent = FakeAgent(opened.root, "backend")
        agent.context("State: done\nTask: Carts\n")
        opened.perform("check")
        clock.advance(minutes=1)
        copy = opened.root / CONTEXTS / "backend-status (conflicted copy).md"
        copy.write_text("State: blocked\nTask: Old carts\nBranch: backend/none\n")
        [problem] = opened.perform("check")
        assert (problem["path"], problem["code"]) == (f"{CONTEXTS}/{copy.name}", "copy")
        assert f"{CONTEXTS}/backend-status.md" in problem["message"]
        assert (stand(opened)["state"], stand(opened)["task"]) == ("done", "Carts")
        opened.call("context set", {"task": "More"}, agent="backend")
        assert "More" in (opened.root / CONTEXTS / "backend-status.md").read_text()
        (opened.root / CONTEXTS / "backend-status.md").unlink()
        assert stand(opened)["task"] == "Old carts"
        assert opened.problems() == []


def test_the_file_that_was_written_last_counts(
    tmp_path: Path, clock: ManualClock
) -> None:
    """Not the one that was taken in last."""
    with open_workspace(tmp_path / "w", clock) as opened:
        agent = FakeAgent(opened.root, "backend")
        opened.perform("status")
        folder = opened.root / CONTEXTS
        for name, age in (("backend-today.md", 60), ("backend-before.md", 6_000)):
            (folder / name).write_text(f"State: working\nTask: {name}\n")
            written = clock().timestamp() - age
            os.utime(folder / name, (written, written))
            opened.perform("check")
            clock.advance(seconds=1)
        assert stand(opened)["task"] == "backend-today.md"
        agent.context("State: done\nTask: Later\n")
        assert stand(opened)["task"] == "Later"
