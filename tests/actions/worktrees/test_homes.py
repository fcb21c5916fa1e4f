"""Home worktrees of all agents, made at once."""

from pathlib import Path

import pytest

from active_contexts.worktrees import pool
from coordinator.kernel.errors import External
from coordinator.workspace import repositories
from coordinator.workspace.workspace import Workspace
from tests.support import ManualClock, git, open_workspace


@pytest.fixture
def told(tmp_path: Path, clock: ManualClock, repository: Path) -> list[str]:
    """Return what was told while a workspace with three agents was made."""
    said: list[str] = []
    with open_workspace(tmp_path / "w", clock) as opened:
        opened.workspace.told = said.append
        opened.perform("init", workspace=str(opened.root), repo=[f"shop={repository}"])
    return said


def spare(workspace: Workspace) -> int:
    """Return how many worktrees are ready in the pool."""
    tracked = repositories.tracked(workspace, "shop")
    return len(pool.ready(repositories.worktree_root(workspace), tracked))


def test_how_far_it_is_is_told(told: list[str]) -> None:
    """In words, with the repository's name."""
    assert told[0] == "Worktrees of shop: 0 of 3"
    assert sorted(told[1:]) == [f"Worktrees of shop: {x} of 3" for x in (1, 2, 3)]


@pytest.mark.usefixtures("told")
def test_none_is_left_over_and_none_made_twice(
    tmp_path: Path, clock: ManualClock
) -> None:
    """All that were made are handed out; a repetition makes what is missing alone."""
    with open_workspace(tmp_path / "w", clock) as opened:
        said: list[str] = []
        opened.workspace.told = said.append
        assert spare(opened.workspace) == 0
        opened.perform("init", workspace=str(opened.root))
        assert said == []
        opened.perform("init", workspace=str(opened.root), agent=["qa"])
        assert said == ["Worktrees of shop: 0 of 1", "Worktrees of shop: 1 of 1"]
        assert spare(opened.workspace) == 0
        assert git(opened.root / "shop-qa", "status", "--porcelain") == ""


def test_what_cannot_be_made_at_once_is_told_by_agent(
    tmp_path: Path,
    clock: ManualClock,
    repository: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As it was when they were made one by one."""

    def fail(*_: object) -> None:
        raise External("The disk is full.", hint="Free some space.")

    monkeypatch.setattr(pool, "make", fail)
    with open_workspace(tmp_path / "w", clock) as opened:
        made = opened.perform(
            "init", workspace=str(opened.root), repo=[f"shop={repository}"]
        )
    problems = [x["problem"] for x in made["worktrees"]]
    assert problems == ["The disk is full. Free some space."] * 3
