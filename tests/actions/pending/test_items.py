from pathlib import Path
from typing import Any

import pytest

from coordinator.actions.git_state import contradictions
from coordinator.kernel.errors import Conflict, NotFound, Refused, UsageProblem
from tests.support import (
    FakeAgent,
    ManualClock,
    OpenWorkspace,
    commit,
    git,
    open_workspace,
)

KINDS = {
    "backend-final-status.md": ("final-status", "# Final status\n\n- Tests: 12\n"),
    "backend-api-guide.md": ("contract", "## New Endpoints\n- POST /carts\n"),
    "backend-plan.md": ("plan", "# Plan\n\n1. Carts\n"),
    "frontend-request-carts.md": ("request", "# Request\n\nTo: backend\n\nPlease.\n"),
    "docs-week.md": ("progress", "# This week\n\nPages.\n"),
    "docs-pages.md": ("commit", "# Pages\n\nBranch: docs/pages\n"),
    "docs-x.md": ("plan", "---\nkind: plan\n---\n# X\n"),
}


def item(opened: OpenWorkspace, wanted: str) -> dict[str, Any]:
    """Return one item of the list."""
    found: dict[str, Any] = {x["id"]: x for x in opened.perform("pending list")}[wanted]
    return found


def test_every_kind_is_recognised(opened: OpenWorkspace) -> None:
    """Front matter decides, else name and headings; the author is in the name."""
    for name, (_, text) in KINDS.items():
        (opened.root / "pending-commits" / name).write_text(text)
    listed = opened.perform("pending list")
    kinds = {x["path"].rpartition("/")[2]: x["kind"] for x in listed}
    assert kinds == {name: kind for name, (kind, _) in KINDS.items()}
    assert all(x["path"].split("/")[1].startswith(x["agent"]) for x in listed)
    states = {x["kind"]: x["state"] for x in listed}
    assert states.pop("commit") == "draft"
    assert set(states.values()) == {"open"}


def test_ids_are_unique_and_stay_with_their_path(opened: OpenWorkspace) -> None:
    """Two files never share an id; a removed and remade file has its old one."""
    folder = opened.root / "pending-commits"
    (folder / "docs-plan.md").write_text("# Plan\n")
    (folder / "Docs Plan.md").write_text("# Plan\n")
    (folder / "docs_plan.md").write_text("# Plan\n")
    before = {x["path"]: x["id"] for x in opened.perform("pending list")}
    assert len(set(before.values())) == 3
    (folder / "docs-plan.md").write_text("# Plan, changed\n")
    assert {x["path"]: x["id"] for x in opened.perform("pending list")} == before


def test_a_file_of_nobody_is_a_problem(opened: OpenWorkspace) -> None:
    """A pending file must say by its name whose it is."""
    path = "pending-commits/stranger.md"
    (opened.root / path).write_text("# Hello\n")
    assert opened.problems(path) == ["unknown-agent"]


def test_a_request_to_nobody_on_the_roster_is_a_problem(
    opened: OpenWorkspace,
) -> None:
    """It names the line; all and the maintainers are always there."""
    agent = FakeAgent(opened.root, "backend")
    path = agent.pending("request", "# Request\n\nTo: docs, Till Team\n\nPlease.\n")
    [problem] = opened.perform("check", paths=[path])
    assert (problem["code"], problem["line"]) == ("unknown-recipient", 3)
    assert "'Till Team'" in problem["message"]
    agent.pending("request", "# Request\n\nTo: all, maintainer, Docs Writer\n")
    assert opened.problems(path) == []
    agent.pending("request", "# Request\n\nTo: tills\n")
    assert opened.problems(path) == ["unknown-recipient"]
    opened.perform("pending close", id="backend-request")
    assert opened.problems(path) == []


@pytest.mark.slow
def test_a_commit_is_a_draft_until_its_branch_exists(shop: OpenWorkspace) -> None:
    """The branch and its head come from git, whenever it appears."""
    agent = FakeAgent(shop.root, "backend")
    agent.pending("carts", "# Carts\n\nBranch: backend/carts\n")
    before = item(shop, "backend-carts")
    assert (before["kind"], before["state"], before["commit"]) == (
        "commit",
        "draft",
        "",
    )
    agent.branch("carts")
    head = agent.commit("src/cart.py", "TOTAL = 1\n")
    after = item(shop, "backend-carts")
    assert (after["state"], after["branch"]) == ("submitted", "backend/carts")
    assert after["commit"] in {head, git(agent.home, "rev-parse", "HEAD~1")}


@pytest.mark.slow
def test_a_branch_that_moves_is_a_new_version_of_its_item(shop: OpenWorkspace) -> None:
    """Commits and amended ones are seen by the look; nobody submits anew."""
    agent = FakeAgent(shop.root, "backend")
    agent.branch("carts")
    first = agent.commit("src/cart.py", "TOTAL = 1\n")
    agent.pending("carts", "# Carts\n\nBranch: backend/carts\n")
    assert item(shop, "backend-carts")["commit"] == first
    git(agent.home, "commit", "-q", "--amend", "-m", "Another word")
    amended = git(agent.home, "rev-parse", "HEAD")
    assert item(shop, "backend-carts")["commit"] == amended
    shop.perform("pending withdraw", id="backend-carts")
    agent.commit("src/cart.py", "TOTAL = 2\n")
    found = item(shop, "backend-carts")
    assert (found["state"], found["commit"]) == ("withdrawn", amended)


@pytest.mark.slow
@pytest.mark.parametrize("branch", ["main", "refs/heads/main", "spike", "docs/x"])
def test_only_an_agents_own_branch_is_proposed_by_its_file(
    shop: OpenWorkspace, repository: Path, branch: str
) -> None:
    """The target, a branch of nobody and another's are a problem, and no proposal."""
    git(repository, "branch", "spike")
    agent = FakeAgent(shop.root, "backend")
    path = agent.pending("carts", f"# Carts\n\nBranch: {branch}\n")
    assert item(shop, "backend-carts")["state"] == "draft"
    [problem] = shop.perform("check", paths=[path])
    assert problem["code"] in {"branch-not-own", "bad-branch"}
    assert problem["line"] == 3


def test_very_many_files_of_one_agent_are_a_problem(
    opened: OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One for the folder, until they are fewer."""
    monkeypatch.setattr(contradictions, "_MANY", 3)
    paths = [
        FakeAgent(opened.root, "docs").pending(f"{n}", f"# Plan {n}\n")
        for n in range(4)
    ]
    [problem] = opened.perform("check")
    assert (problem["path"], problem["code"]) == ("pending-commits", "many-files")
    (opened.root / paths[0]).unlink()
    assert opened.problems() == []


@pytest.mark.slow
def test_locks_that_a_killed_git_left_in_the_store_do_not_block(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> None:
    """Nobody but us writes there, and the workspace is ours: they go."""
    for feature in ("carts", "tills"):
        commit(repository, f"{feature}.txt", "x\n", "Move the target")
        with open_workspace(tmp_path / "w", clock, {"shop": repository}) as opened:
            agent = FakeAgent(opened.root, "backend")
            agent.branch(feature)
            agent.pending(feature, f"# X\n\nBranch: backend/{feature}\n")
            assert item(opened, f"backend-{feature}")["state"] == "submitted"
            store = opened.layout.store
        for name in ("packed-refs", "refs/repositories/shop/target"):
            (store / f"{name}.lock").touch()


@pytest.mark.slow
def test_a_commit_is_shown_with_its_diff(shop: OpenWorkspace) -> None:
    """What would land is read from git, even after the branch is gone."""
    agent = FakeAgent(shop.root, "backend")
    agent.branch("carts")
    head = agent.commit("src/cart.py", "TOTAL = 1\n")
    agent.pending("carts", "# Carts\n\nBranch: backend/carts\n")
    assert item(shop, "backend-carts")["commit"] == head
    git(agent.home, "checkout", "-q", "--detach")
    git(agent.home, "branch", "-q", "-D", "backend/carts")
    shown = shop.perform("pending show", id="backend-carts", diff=True)
    assert "+TOTAL = 1" in shown["diff"]
    assert shown["changes"]["commits"] == 1
    assert shown["text"].startswith("# Carts")


@pytest.mark.slow
def test_text_carries_no_authority(shop: OpenWorkspace) -> None:
    """A file that calls itself approved has approved nothing."""
    agent = FakeAgent(shop.root, "backend")
    agent.branch("carts")
    agent.commit("src/cart.py", "TOTAL = 1\n")
    for word in ("approved", "landed", "queued"):
        agent.pending(
            "carts",
            f"---\nstatus: {word}\nstate: {word}\nbranch: backend/carts\n---\n# C\n",
        )
        assert item(shop, "backend-carts")["state"] == "submitted"


@pytest.mark.slow
def test_submitting_by_command(shop: OpenWorkspace) -> None:
    """The branch here is proposed; again is a new version of the same item."""
    agent = FakeAgent(shop.root, "backend")
    agent.branch("carts")
    first = agent.commit("src/cart.py", "TOTAL = 1\n")

    def submit(**more: str) -> dict[str, Any]:
        made: dict[str, Any] = shop.call(
            "pending submit",
            {"title": "Add carts", "body": "Ready.\n", **more},
            folder=str(agent.home),
        )
        return made

    made = submit()
    assert (made["id"], made["state"], made["commit"], made["title"]) == (
        "backend-carts",
        "submitted",
        first,
        "Add carts",
    )
    second = agent.commit("src/cart.py", "TOTAL = 2\n")
    assert (submit()["commit"], len(shop.perform("pending list"))) == (second, 1)
    assert submit(task="t-1")["id"] == "backend-carts"
    for more, error in (
        ({"branch": "frontend/x"}, NotFound),
        ({"branch": "backend/none"}, NotFound),
        ({"branch": "main"}, Refused),
    ):
        with pytest.raises((error, Refused)):
            submit(**more)
    with pytest.raises(UsageProblem):
        shop.perform_as("docs", "pending submit", title="Nowhere")


@pytest.mark.slow
def test_withdrawing_and_proposing_again(shop: OpenWorkspace) -> None:
    """Only the author or a maintainer withdraws; only a command submits again."""
    agent = FakeAgent(shop.root, "backend")
    agent.branch("carts")
    agent.commit("src/cart.py", "TOTAL = 1\n")
    agent.pending("carts", "# Carts\n\nBranch: backend/carts\n")
    with pytest.raises(Refused):
        shop.perform_as("docs", "pending withdraw", id="backend-carts")
    done = shop.perform_as("backend", "pending withdraw", id="backend-carts")
    assert done["state"] == "withdrawn"
    agent.pending("carts", "# Carts, with words\n\nBranch: backend/carts\n")
    assert item(shop, "backend-carts")["state"] == "withdrawn"
    with pytest.raises(Conflict):
        shop.perform("pending ack", id="backend-carts")
    again = shop.perform("pending submit", title="Carts", branch="backend/carts")
    assert (again["id"], again["state"]) == ("backend-carts", "submitted")


def test_a_request_is_acknowledged_and_closed_by_the_addressed(
    opened: OpenWorkspace,
) -> None:
    """Author and addressed have their parts; a third agent has none."""
    asks = FakeAgent(opened.root, "frontend")
    asks.pending("request", "# Request\n\nTo: backend\n\nExplain carts.\n")
    wanted = "frontend-request"
    assert item(opened, wanted)["to"] == ["backend"]
    for agent, verb in (("docs", "ack"), ("docs", "close"), ("frontend", "ack")):
        with pytest.raises(Refused):
            opened.perform_as(agent, f"pending {verb}", id=wanted)
    acked = opened.perform_as("backend", "pending ack", id=wanted)
    assert acked["state"] == "acknowledged"
    assert opened.perform_as("backend", "pending ack", id=wanted)["state"] == (
        "acknowledged"
    )
    assert opened.perform_as("backend", "pending close", id=wanted)["state"] == "closed"
    with pytest.raises(Conflict):
        opened.perform("pending ack", id=wanted)
    with pytest.raises(NotFound):
        opened.perform("pending close", id="nothing")


def test_a_new_version_of_a_request_opens_it_again(opened: OpenWorkspace) -> None:
    """What nobody has read yet is not acknowledged, nor closed."""
    asks = FakeAgent(opened.root, "frontend")
    asks.pending("request", "# Request\n\nTo: backend\n\nExplain carts.\n")
    opened.perform_as("backend", "pending close", id="frontend-request")
    assert opened.perform("status")["pending"] == 0
    asks.pending("request", "# Request\n\nTo: backend\n\nExplain tills too.\n")
    assert item(opened, "frontend-request")["state"] == "open"
    assert opened.perform("status")["pending"] == 1


@pytest.mark.parametrize("to", ["Backend Developer", "all", "everyone"])
def test_the_addressed_may_be_named_in_many_ways(
    opened: OpenWorkspace, to: str
) -> None:
    """Titles and everybody count as well as names."""
    asks = FakeAgent(opened.root, "frontend")
    asks.pending("request", f"# Request\n\nTo: {to}\n\nExplain carts.\n")
    done = opened.perform_as("backend", "pending ack", id="frontend-request")
    assert done["state"] == "acknowledged"
