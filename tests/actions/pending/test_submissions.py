from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from coordinator.actions.git_state import look
from coordinator.actions.pending import submissions
from coordinator.index import queries
from coordinator.kernel.errors import NotFound
from coordinator.workspace.workspace import MAINTAINER
from pending_commits.item_states import ItemState
from tests.support import (
    FakeAgent,
    ManualClock,
    OpenWorkspace,
    commit,
    git,
    open_workspace,
)

pytestmark = pytest.mark.slow
PATH = "pending-commits/backend-carts.md"
TEXT = "# Carts\n\nBranch: backend/carts\n"


@pytest.fixture
def shop(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> Iterator[OpenWorkspace]:
    """A workspace with a repository and two agents."""
    with open_workspace(
        tmp_path / "w", clock, {"shop": repository}, ["backend", "docs"]
    ) as made:
        yield made


@pytest.fixture
def agent(shop: OpenWorkspace) -> FakeAgent:
    """An agent that has proposed a branch with one commit."""
    made = FakeAgent(shop.root, "backend")
    made.branch("carts")
    made.commit("a.txt", "one\n")
    made.pending("carts", TEXT)
    return made


def item(shop: OpenWorkspace) -> dict[str, Any]:
    """Return the one pending item."""
    found: dict[str, Any]
    [found] = shop.perform("pending list")
    return found


def row(shop: OpenWorkspace) -> queries.Row:
    """Return the item as the index has it, after a fresh look."""
    item(shop)
    [found] = queries.pending_at(shop.workspace.index, [PATH])
    return found


def put(shop: OpenWorkspace, state: ItemState) -> None:
    """Record a state that a later verb will lead to, such as an approval."""
    submissions.move(shop.workspace, row(shop), state, actor=MAINTAINER)


def moves(shop: OpenWorkspace) -> list[tuple[str, str, str]]:
    """Return who moved the item from where to where."""
    found = shop.records("pending.moved")
    return [(x.actor, x.data["from"], x.data["to"]) for x in found]


def test_a_submission_records_what_git_says(
    shop: OpenWorkspace, agent: FakeAgent, repository: Path
) -> None:
    """Repository, branch, head and target, by the agent that wrote the file."""
    assert item(shop)["state"] == "submitted"
    [record] = shop.records("pending.moved")
    assert (record.actor, record.subject) == ("backend", "backend-carts")
    assert record.data["note"] == "draft → submitted"
    kept = {k: record.data[k] for k in ("repository", "branch", "head", "target")}
    assert kept == {
        "repository": "shop",
        "branch": "backend/carts",
        "head": git(agent.home, "rev-parse", "HEAD"),
        "target": git(repository, "rev-parse", "main"),
    }


def test_looking_again_moves_nothing(shop: OpenWorkspace, agent: FakeAgent) -> None:
    """The same commit and the same text are no news."""
    assert agent.name
    for _ in range(3):
        item(shop)
    assert len(moves(shop)) == 1


@pytest.mark.parametrize(
    "state", [ItemState.APPROVED, ItemState.QUEUED, ItemState.CHECKING]
)
def test_an_approval_holds_for_one_commit_only(
    shop: OpenWorkspace, agent: FakeAgent, state: ItemState
) -> None:
    """A new version of the proposal with a new commit leads back to review."""
    put(shop, state)
    head = agent.commit("a.txt", "two\n")
    agent.pending("carts", f"{TEXT}\nNow with a second commit.\n")
    found = item(shop)
    assert (found["state"], found["commit"]) == ("submitted", head)
    assert moves(shop)[-1] == ("backend", state.value, "submitted")


def test_a_new_text_about_the_same_commit_keeps_the_approval(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """Words are not what was approved."""
    shop.perform("pending show", id="backend-carts", diff=True)
    shop.perform("review approve", id="backend-carts")
    agent.pending("carts", f"{TEXT}\nMore words.\n")
    assert item(shop)["state"] == "approved"


def test_a_new_text_does_not_answer_requested_changes(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """Whoever asked for changes is asked again about a new commit."""
    shop.perform("review request-changes", id="backend-carts", body="Why?")
    agent.pending("carts", f"{TEXT}\nAs asked.\n")
    assert item(shop)["state"] == "changes-requested"


def test_a_file_of_nobody_does_not_propose_an_agents_branch(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """Else its author could approve it as a stranger's; the hint says how it can."""
    git(agent.home, "checkout", "-q", "-b", "backend/other")
    path = shop.root / "pending-commits" / "zz-unknown.md"
    path.write_text("# Other\n\nBranch: backend/other\n")
    items = {x["id"]: x for x in shop.perform("pending list")}
    strange = items["zz-unknown"]
    assert (strange["state"], strange["commit"]) == ("draft", "")
    assert any("begins with backend-" in x["hint"] for x in strange["problems"])


def test_two_branches_of_one_feature_have_files_of_their_own(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """A file that is about another branch is not written over."""
    agent.pending("stock", "# Stock\n\nBranch: backend/carts\n")
    agent.branch("stock")
    agent.commit("b.txt", "two\n")
    wanted = {"branch": "backend/stock", "title": "Stock"}
    found = shop.call("pending submit", wanted, agent="backend")
    assert found["id"] not in {"backend-stock", "backend-carts"}
    kept = (shop.root / "pending-commits" / "backend-stock.md").read_text()
    assert kept == "# Stock\n\nBranch: backend/carts\n"
    assert found["branch"] == "backend/stock"


def test_an_item_of_another_kind_becomes_a_commit(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """Its state begins anew."""
    agent.pending("note", "# Request to docs: look\n")
    shop.call("pending ack", {"id": "backend-note"}, agent="docs")
    agent.branch("note")
    agent.commit("b.txt", "two\n")
    agent.pending("note", "# Note\n\nBranch: backend/note\n")
    items = {x["id"]: x for x in shop.perform("pending list")}
    assert items["backend-note"]["state"] == "submitted"


def test_what_landed_stays_on_record(shop: OpenWorkspace, agent: FakeAgent) -> None:
    """Whatever its branch and its text do now."""
    head = item(shop)["commit"]
    put(shop, ItemState.LANDED)
    agent.commit("a.txt", "two\n")
    agent.pending("carts", f"{TEXT}\nMore.\n")
    found = item(shop)
    assert (found["state"], found["commit"]) == ("landed", head)


def test_what_is_a_commit_no_more_is_not_reopened(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """Its last state was a commit's: a new text of another kind does not move it."""
    put(shop, ItemState.CHANGES_REQUESTED)
    before = moves(shop)
    agent.pending("carts", "---\nkind: request\n---\n# Please\n")
    item(shop)
    assert moves(shop) == before


def test_a_draft_waits_although_its_branch_is_there(shop: OpenWorkspace) -> None:
    """The author says when it is ready."""
    agent = FakeAgent(shop.root, "backend")
    agent.branch("carts")
    agent.commit("a.txt", "one\n")
    text = "---\nbranch: backend/carts\ndraft: true\n---\n# Carts\n"
    agent.pending("carts", text)
    assert (item(shop)["state"], shop.problems()) == ("draft", [])
    agent.pending("carts", text.replace("draft: true\n", ""))
    assert item(shop)["state"] == "submitted"


def test_a_branch_of_no_repository_is_not_found(shop: OpenWorkspace) -> None:
    """It is said so at once, and the store keeps nothing."""
    for name in ("backend/none", "../../x", "", "a b"):
        with pytest.raises(NotFound, match="No repository"):
            submissions.planned(shop.workspace, name)
    refs = git(shop.layout.store, "for-each-ref") if shop.layout.store.exists() else ""
    assert "backend" not in refs


def test_a_look_keeps_off_what_was_submitted(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """Reading a branch now does not move the ref of the accepted head."""
    accepted = item(shop)["commit"]
    newer = agent.commit("a.txt", "two\n")
    assert submissions.planned(shop.workspace, "backend/carts")().head == newer
    place = "refs/repositories/shop/pending/backend-carts"
    assert git(shop.layout.store, "rev-parse", place) == accepted


def test_the_repository_that_has_the_branch_is_found(
    tmp_path: Path,
    clock: ManualClock,
    repository: Path,
    make_repository: Callable[[Path], Path],
) -> None:
    """Of several, a proposal need not say which; each has its own target."""
    till = make_repository(tmp_path / "till")
    target = commit(till, "t.txt", "t\n", "Only in till")
    both = {"shop": repository, "till": till}
    with open_workspace(tmp_path / "w", clock, both, ["backend"]) as opened:
        agent = FakeAgent(opened.root, "backend", "till")
        agent.branch("carts")
        head = agent.commit("a.txt", "one\n")
        look.look(opened.workspace)
        found = submissions.planned(opened.workspace, "backend/carts")()
        assert (found.repository, found.head, found.target) == ("till", head, target)


def test_a_branch_without_a_target_to_land_on_stays_a_draft(
    shop: OpenWorkspace, agent: FakeAgent, repository: Path
) -> None:
    """There is nothing to compare it with; it is submitted once there is."""
    git(repository, "branch", "-m", "main", "trunk")
    assert agent.name
    assert item(shop)["state"] == "draft"
    git(repository, "branch", "-m", "trunk", "main")
    assert item(shop)["state"] == "submitted"
