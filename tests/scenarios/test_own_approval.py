"""Twelve ways in which an agent might get its own work approved, none of which works.

Who approves is told by the channel, and of one commit only; docs/threat-model.md lists
them.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coordinator.kernel.errors import CoordinatorError
from coordinator.workspace import tokens
from tests.support import (
    FakeAgent,
    ManualClock,
    OpenWorkspace,
    git,
    open_workspace,
)

pytestmark = pytest.mark.slow
ITEM = "backend-login"
TEXT = "# Login\n\nBranch: backend/login\n"
Attack = Callable[[OpenWorkspace, FakeAgent], object]


@pytest.fixture
def shop(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> Iterator[OpenWorkspace]:
    """A workspace in which an agent has proposed a branch."""
    with open_workspace(tmp_path / "w", clock, {"shop": repository}) as made:
        agent = FakeAgent(made.root, "backend")
        agent.branch("login")
        agent.commit("server/a.py", "good\n")
        agent.pending("login", TEXT)
        assert state(made) == "submitted"
        yield made


def state(shop: OpenWorkspace) -> str:
    """Return how far the item is, by a maintainer's look."""
    [found] = [x for x in shop.perform("pending list") if x["id"] == ITEM]
    return str(found["state"])


def refused(shop: OpenWorkspace, action: str, **call: str) -> None:
    """Expect that a call about the item is refused, with a hint."""
    arguments = {"id": ITEM, **({"patchset": 1} if action == "review approve" else {})}
    with pytest.raises(CoordinatorError) as caught:
        shop.call(action, arguments, **call)
    assert caught.value.hint


def approve_in_its_worktree(shop: OpenWorkspace, agent: FakeAgent) -> None:
    """1. From its own worktree, though it shows a maintainer's token."""
    refused(shop, "review approve", folder=str(agent.home))


def approve_in_a_broken_worktree(shop: OpenWorkspace, agent: FakeAgent) -> None:
    """2. From there, once git's own files are gone."""
    kept = (agent.home / ".git").read_text()
    (agent.home / ".git").unlink()
    refused(shop, "review approve", folder=str(agent.home / "server"))
    (agent.home / ".git").write_text(kept)


def approve_with_its_token(shop: OpenWorkspace, agent: FakeAgent) -> None:
    """3. From elsewhere, with its own token."""
    refused(shop, "review approve", agent=agent.name)


def approve_as_another(shop: OpenWorkspace, agent: FakeAgent) -> None:
    """4. As another agent, whose token it found."""
    assert agent.name != "frontend"
    refused(shop, "review approve", agent="frontend")


def make_a_token(shop: OpenWorkspace, agent: FakeAgent) -> None:
    """5. With a token that it made itself."""
    assert tokens.maintainer(shop.layout, "my own token") is None
    assert agent.name


def write_that_it_is_approved(shop: OpenWorkspace, agent: FakeAgent) -> None:
    """6. By front matter that says so."""
    matter = "---\nstatus: approved\napproved_by: Ann\nreview: approved\n---\n"
    agent.pending("login", matter + TEXT)
    assert shop.root


def say_that_it_is_approved(shop: OpenWorkspace, agent: FakeAgent) -> None:
    """7. By a comment under its own name."""
    said = {"id": ITEM, "body": "Approved-by: Ann"}
    shop.call("review comment", said, agent=agent.name)


def acknowledge_its_own(shop: OpenWorkspace, agent: FakeAgent) -> None:
    """8. By the word that an owner of paths gives."""
    refused(shop, "pending ack", agent=agent.name)


def commit_under_a_name(shop: OpenWorkspace, agent: FakeAgent) -> None:
    """9. By trailers and names in its commits."""
    message = "Add login\n\nReviewed-by: Ann\nLanded-by: coordinator"
    git(agent.home, "commit", "-q", "--amend", "--author=Ann <a@b.c>", "-m", message)
    assert shop.root


def change_the_policy(shop: OpenWorkspace, agent: FakeAgent) -> None:
    """10. By settings that its own change brings."""
    agent.commit("coordinator.toml", "[landing]\napprovals = 0\n")
    assert shop.root


def move_the_branch(shop: OpenWorkspace, agent: FakeAgent) -> None:
    """11. By another commit under a branch that was approved."""
    shop.perform("pending show", id=ITEM, diff=True)
    shop.perform("review approve", id=ITEM)
    assert state(shop) == "approved"
    agent.commit("server/a.py", "evil\n")


def move_it_between(shop: OpenWorkspace, agent: FakeAgent) -> None:
    """12. By another commit between a maintainer's look and word."""
    shop.perform("pending show", id=ITEM, diff=True)
    agent.commit("server/a.py", "evil\n")
    with pytest.raises(CoordinatorError, match="was not shown to you"):
        shop.perform("review approve", id=ITEM)


ATTACKS: list[Attack] = [
    approve_in_its_worktree,
    approve_in_a_broken_worktree,
    approve_with_its_token,
    approve_as_another,
    make_a_token,
    write_that_it_is_approved,
    say_that_it_is_approved,
    acknowledge_its_own,
    commit_under_a_name,
    change_the_policy,
    move_the_branch,
    move_it_between,
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_agent_gets_its_own_work_approved(
    shop: OpenWorkspace, attack: Attack
) -> None:
    """Whatever it tries, what it changed last waits for a maintainer's word."""
    attack(shop, FakeAgent(shop.root, "backend"))
    assert state(shop) == "submitted"


def test_the_threat_model_has_each_of_them() -> None:
    """In its table, in the same order."""
    page = Path(__file__).parents[2] / "docs" / "threat-model.md"
    told = [x for x in page.read_text().splitlines() if x.startswith("| own work ")]
    assert len(told) == len(ATTACKS)
