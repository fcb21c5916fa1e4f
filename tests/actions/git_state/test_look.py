import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from coordinator.actions.git_state import look, repository_look
from coordinator.kernel.errors import NotFound, UsageProblem
from coordinator.workspace import repositories
from tests.support import FakeAgent, ManualClock, OpenWorkspace, git, open_workspace

pytestmark = pytest.mark.slow
AGENTS = ["backend", "docs"]


@pytest.fixture
def shop(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> Iterator[OpenWorkspace]:
    """A workspace with a repository and two agents."""
    with open_workspace(tmp_path / "w", clock, {"shop": repository}, AGENTS) as made:
        yield made


@pytest.fixture
def bare(tmp_path: Path, clock: ManualClock) -> Iterator[OpenWorkspace]:
    """A workspace without a repository."""
    with open_workspace(tmp_path / "w", clock) as made:
        yield made


def edit(opened: OpenWorkspace, old: str, new: str) -> None:
    """Change the settings as a person does."""
    path = opened.layout.settings
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def problem(opened: OpenWorkspace, code: str) -> dict[str, Any]:
    """Return the one problem of that code."""
    found: dict[str, Any]
    [found] = [x for x in opened.perform("check") if x["code"] == code]
    return found


def test_edited_settings_are_in_force_at_the_next_look(bare: OpenWorkspace) -> None:
    """Nobody has to restart anything."""
    edit(bare, "# pool = 1", "pool = 3")
    bare.perform("status")
    assert bare.workspace.settings.worktrees.pool == 3
    bare.layout.settings.unlink()
    bare.perform("status")
    assert bare.workspace.settings.worktrees.pool == 1


@pytest.mark.slow
def test_a_missing_branch_is_no_problem_any_more_once_it_is_there(
    shop: OpenWorkspace,
) -> None:
    """The look that submits the item also takes the problem back."""
    agent = FakeAgent(shop.root, "backend")
    path = agent.pending("carts", "# Carts\n\nBranch: backend/carts\n")
    assert shop.problems(path) == ["branch-missing"]
    agent.branch("carts")
    agent.commit("x.txt", "x\n")
    assert shop.problems(path) == []


def test_bad_settings_are_a_problem_and_the_old_ones_stay_in_force(
    bare: OpenWorkspace,
) -> None:
    """They stop nothing; mended, the problem goes."""
    edit(bare, "# pool = 1", "pool = 3")
    bare.perform("status")
    edit(bare, "pool = 3", "pool = many")
    found = problem(bare, "bad-settings")
    assert found["path"] == "coordinator.toml"
    assert "line" in found["message"]
    assert str(bare.layout.settings) in found["hint"]
    assert bare.workspace.settings.worktrees.pool == 3
    assert bare.perform("status")["problems"] == 1
    edit(bare, "pool = many", "pool = 2")
    assert bare.problems() == []
    assert bare.workspace.settings.worktrees.pool == 2


def test_a_repository_that_is_gone_is_a_problem_until_it_is_back(
    shop: OpenWorkspace, repository: Path, tmp_path: Path
) -> None:
    """What is unreadable is named, and the rest of the workspace goes on."""
    repository.rename(tmp_path / "away")
    found = problem(shop, "repository-unreadable")
    assert (found["path"], str(repository) in found["message"]) == ("shop", True)
    FakeAgent(shop.root, "docs").context("State: blocked\n")
    states = {x["name"]: x["state"] for x in shop.perform("status")["agents"]}
    assert states["docs"] == "blocked"
    (tmp_path / "away").rename(repository)
    assert shop.problems() == []


def test_a_repository_that_left_the_settings_leaves_no_problem(
    shop: OpenWorkspace, repository: Path, tmp_path: Path
) -> None:
    """Whoever takes it out of the settings is rid of it."""
    repository.rename(tmp_path / "away")
    assert shop.problems() == ["repository-unreadable"]
    edit(shop, f'"shop" = "{repository}"', "")
    assert shop.problems() == []


def test_the_only_repository_needs_no_name(
    shop: OpenWorkspace, repository: Path
) -> None:
    """Named or not it is the same one; another name is not found."""
    found = repositories.tracked(shop.workspace, "")
    assert (found.name, found.path, found.target) == ("shop", repository, "main")
    assert repositories.tracked(shop.workspace, "shop") == found
    with pytest.raises(NotFound, match="'till'; there is shop"):
        repositories.tracked(shop.workspace, "till")


def test_without_a_repository_the_hint_says_how_to_add_one(
    bare: OpenWorkspace,
) -> None:
    """It is no question of choosing one."""
    with pytest.raises(NotFound, match="there is none") as raised:
        repositories.tracked(bare.workspace, "")
    assert "coordinator init" in raised.value.hint


def test_of_several_repositories_one_must_be_named(
    tmp_path: Path,
    clock: ManualClock,
    repository: Path,
    make_repository: Callable[[Path], Path],
) -> None:
    """The error lists them, the hint shows how."""
    both = {"shop": repository, "till": make_repository(tmp_path / "till")}
    with open_workspace(tmp_path / "w", clock, both, ["ana"]) as opened:
        with pytest.raises(UsageProblem, match="shop, till") as raised:
            repositories.tracked(opened.workspace, "")
        assert raised.value.hint == "Add: --repository shop"
        assert repositories.tracked(opened.workspace, "till").name == "till"


def test_only_a_change_is_looked_at(shop: OpenWorkspace) -> None:
    """A look at what is as before says so; a new branch is a change."""
    workspace = shop.workspace
    look.look(workspace)
    assert look.due(workspace) == []
    git(shop.root / "shop-docs", "branch", "docs/pages")
    [due_look] = look.due(workspace)
    assert due_look.repository == "shop"
    look.look(workspace)
    assert look.due(workspace) == []


def test_a_commit_is_a_sign_of_life(shop: OpenWorkspace, clock: ManualClock) -> None:
    """An agent that only commits is seen, and nobody else with it."""
    agent = FakeAgent(shop.root, "docs")
    agent.branch("pages")
    agent.commit("a.txt", "a\n")
    shop.perform("status")
    clock.advance(hours=2)
    agent.commit("b.txt", "b\n")
    seen = {x["name"]: x["last_seen"] for x in shop.perform("status")["agents"]}
    assert seen["docs"].startswith("2026-01-31T11:00:00")
    assert not seen["backend"] or seen["backend"] < "2026-01-31T10"


def test_a_branch_that_is_not_there_is_said(shop: OpenWorkspace) -> None:
    """The item is submitted as soon as the branch appears, by nobody's command."""
    agent = FakeAgent(shop.root, "backend")
    path = agent.pending("carts", "# Carts\n\nBranch: backend/carts\n")
    found = problem(shop, "branch-missing")
    assert (found["path"], "backend/carts" in found["message"]) == (path, True)
    agent.branch("carts")
    [item] = shop.perform("pending list")
    assert item["state"] == "submitted"
    assert [x.actor for x in shop.records("pending.moved")] == ["backend"]


def test_another_agents_branch_is_never_submitted(shop: OpenWorkspace) -> None:
    """A file cannot propose what is not its author's; the problem says whose it is."""
    FakeAgent(shop.root, "docs").branch("pages")
    agent = FakeAgent(shop.root, "backend")
    path = agent.pending("carts", "# Carts\n\nBranch: docs/pages\n")
    found = problem(shop, "branch-not-own")
    assert (found["path"], "is docs's" in found["message"]) == (path, True)
    assert found["hint"] == "Propose a branch named backend/…"
    [item] = shop.perform("pending list")
    assert (item["state"], item["commit"]) == ("draft", "")
    assert shop.records("pending.moved") == []


def test_a_claimed_branch_that_git_does_not_show_is_a_contradiction(
    shop: OpenWorkspace,
) -> None:
    """Git is believed; with the branch checked out the problem goes."""
    agent = FakeAgent(shop.root, "docs")
    path = agent.context("State: working\nBranch: docs/pages\n")
    found = problem(shop, "contradicts-git")
    assert (found["path"], "no branch" in found["message"]) == (path, True)
    agent.branch("carts")
    assert "docs/carts" in problem(shop, "contradicts-git")["message"]
    agent.branch("pages")
    assert shop.problems() == []


def test_a_foreign_branch_in_a_worktree_is_a_problem_with_its_folder(
    shop: OpenWorkspace, repository: Path
) -> None:
    """Whatever went round the hooks is seen."""
    home = FakeAgent(shop.root, "docs").home
    git(repository, "branch", "-q", "backend/carts")
    git(home, "switch", "-q", "backend/carts")
    assert shop.problems("shop-docs") == ["branch-not-own"]


def test_what_the_system_refuses_is_said_in_words() -> None:
    """With the path, and what helps; no number of an error."""
    refused = PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/shop/.git")
    found = repository_look.trouble("shop", repository_look.CODE, refused)
    assert found.message == "/shop/.git: this account may not do that here."
    assert found.hint.startswith("Look at owner and mode")
