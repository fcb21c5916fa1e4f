"""Approved, changes asked for, taken back: what is recorded, told and shown."""

from pathlib import Path

import pytest

from coordinator.actions.reports import views
from coordinator.kernel.errors import Conflict, NotFound, Refused, UsageProblem
from pending_commits.review.decide import NotShown, StalePatchset
from tests.actions.review.conftest import CODE
from tests.actions.review.review_yard import (
    ITEM,
    Maintainer,
    item,
    lacking,
    propose,
    settings,
)
from tests.support import FakeAgent, OpenWorkspace, git

pytestmark = pytest.mark.slow


def inbox(shop: OpenWorkspace, agent: str = "backend") -> list[str]:
    """Return the subjects of what an agent was sent."""
    return [x["subject"] for x in shop.call("inbox", {}, agent=agent)]


@pytest.mark.usefixtures("agent")
def test_a_submitted_branch_waits_for_the_maintainers(shop: OpenWorkspace) -> None:
    """Whose turn it is, since when, and what is lacking stand in the list."""
    found = item(shop)
    assert (found["state"], found["patchset"]) == ("submitted", 1)
    assert (found["turn"], found["repository"]) == ("maintainers", "shop")
    assert found["since"] == "2026-01-31T09:00:00.000Z"
    assert lacking(found) == ["approved"]


def test_a_maintainer_looks_and_approves(
    shop: OpenWorkspace, agent: FakeAgent, ann: Maintainer
) -> None:
    """By name, of one commit; the author hears of it, and landing may take it."""
    ann.look()
    found = ann.approve(body="Well done.")
    assert (found["state"], found["turn"]) == ("approved", "landing")
    assert found["requirements"] == []
    [record] = shop.records("review.approved")
    assert (record.actor, record.subject) == ("(maintainer Ann)", ITEM)
    assert record.data["head"] == git(agent.home, "rev-parse", "HEAD")
    assert inbox(shop) == [f"Ann approved patchset 1 of {ITEM}"]
    views.refresh(shop.workspace)
    text = shop.root / "agent-system/active-contexts/backend-inbox.md"
    assert "> Well done." in text.read_text()


@pytest.mark.usefixtures("agent")
def test_what_was_not_shown_is_not_approved(ann: Maintainer, bob: Maintainer) -> None:
    """To each maintainer for himself; the list alone shows nothing."""
    ann.perform("pending show", id=ITEM)
    with pytest.raises(NotShown):
        ann.approve()
    ann.look()
    with pytest.raises(NotShown):
        bob.approve()
    assert ann.approve()["state"] == "approved"


def test_a_branch_that_moved_between_looking_and_approving_is_not_approved(
    shop: OpenWorkspace, agent: FakeAgent, ann: Maintainer
) -> None:
    """Though nobody has looked at git since: the call does."""
    ann.look()
    agent.commit("server/a.py", f"import evil\n{CODE}")
    with pytest.raises(NotShown) as caught:
        ann.approve()
    assert "--patchset 1..2" in caught.value.hint
    with pytest.raises(StalePatchset):
        ann.approve(patchset=1)
    assert item(shop)["state"] == "submitted"
    found = ann.look("1..2")
    assert "+import evil" in found["diff"]
    assert ann.approve()["state"] == "approved"


def test_a_difference_counts_as_seen_only_from_what_was_seen(
    shop: OpenWorkspace, agent: FakeAgent, ann: Maintainer, bob: Maintainer
) -> None:
    """Else half of a patchset would be approved unseen."""
    ann.look()
    agent.commit("server/a.py", f"{CODE}more\n")
    assert item(shop)["patchset"] == 2
    assert bob.notes("pending show", id=ITEM, patchset="1..2") == [
        (
            "Patchset 1 was not shown to you, so 2 does not count as seen:"
            f" coordinator pending show {ITEM} --diff"
        )
    ]
    with pytest.raises(NotShown):
        bob.approve()
    ann.look("1..2")
    assert ann.approve()["state"] == "approved"


def test_a_new_commit_voids_the_approval_with_both_ids(
    shop: OpenWorkspace, agent: FakeAgent, ann: Maintainer
) -> None:
    """And whoever had approved hears of it."""
    ann.look()
    ann.approve()
    old, new = git(agent.home, "rev-parse", "HEAD"), agent.commit("server/b.py", "b\n")
    assert item(shop)["state"] == "submitted"
    note = shop.records("pending.moved")[-1].data["note"]
    assert note == (
        f"approved → submitted: the approval of {old[:12]} by Ann does not hold for"
        f" {new[:12]}"
    )
    [told] = ann.perform("inbox")
    assert told["subject"] == f"{ITEM} has patchset 2"
    git(agent.home, "reset", "-q", "--hard", old)
    again = item(shop)
    assert (again["patchset"], again["state"]) == (3, "submitted")
    assert lacking(again) == ["approved"]


def test_changes_are_asked_for_made_and_approved(
    shop: OpenWorkspace, agent: FakeAgent, ann: Maintainer
) -> None:
    """Everybody sees whose turn it is at each step."""
    ann.look()
    found = ann.ask("Say what it is for.")
    assert (found["state"], found["turn"]) == ("changes-requested", "backend")
    [message] = shop.call("inbox", {}, agent="backend")
    assert message["kind"] == "review"
    assert message["data"]["text"] == "Say what it is for."
    agent.commit("server/a.py", f"# Logs in.\n{CODE}")
    found = item(shop)
    assert (found["state"], found["turn"]) == ("submitted", "maintainers")
    ann.look("1..2")
    assert ann.approve()["state"] == "approved"
    said = shop.perform("report daily", format="json")["report"]["reviews"]
    assert [x["what"] for x in said] == [
        "Ann asks for changes of patchset 1",
        f"backend proposed patchset 2 ({found['commit'][:12]})",
        "Ann approved patchset 2",
    ]


def test_a_new_text_alone_does_not_answer_what_was_asked(
    shop: OpenWorkspace, agent: FakeAgent, ann: Maintainer
) -> None:
    """A commit does, or whoever asked; the branch that is proposed again does not."""
    ann.look()
    ann.ask("Why?")
    agent.pending("login", "# Login\n\nBranch: backend/login\n\nBecause.\n")
    assert item(shop)["state"] == "changes-requested"
    again = shop.call("pending submit", {"branch": "backend/login"}, agent="backend")
    assert again["state"] == "changes-requested"
    assert ann.approve()["state"] == "approved"


@pytest.mark.usefixtures("agent")
def test_two_must_approve_where_the_settings_say_so(
    shop: OpenWorkspace, ann: Maintainer, bob: Maintainer
) -> None:
    """Two tokens, not one of them twice; agents' and strangers' are none."""
    settings(shop, "landing", "approvals = 2")
    assert lacking(item(shop)) == ["approved"]
    for one in (ann, bob):
        one.look()
    assert ann.approve()["state"] == "submitted"
    assert ann.approve()["state"] == "submitted"
    found = bob.approve()
    assert found["state"] == "approved"
    shown = shop.perform("pending show", id=ITEM)["requirements"]
    assert "Patchset 1 has its 2 approvals (Ann, Bob)." in [
        x["sentence"] for x in shown
    ]
    assert bob.perform("review revoke", id=ITEM)["state"] == "submitted"
    with pytest.raises(NotFound):
        bob.perform("review revoke", id=ITEM)


@pytest.mark.usefixtures("agent")
def test_the_policy_in_force_counts(shop: OpenWorkspace, ann: Maintainer) -> None:
    """An approval that is not enough any more does not stand; less may be enough."""
    ann.look()
    ann.approve()
    text = shop.layout.settings.read_text()
    settings(shop, "landing", "approvals = 2")
    assert (item(shop)["state"], lacking(item(shop))) == ("submitted", ["approved"])
    shop.layout.settings.write_text(text)
    assert item(shop)["state"] == "approved"


def test_without_required_approvals_a_submission_is_approved_at_once(
    shop: OpenWorkspace,
) -> None:
    """Save for what always needs a maintainer."""
    settings(shop, "landing", "approvals = 0")
    agent = FakeAgent(shop.root, "backend")
    agent.branch("login")
    agent.commit("server/a.py", CODE)
    assert propose(agent, shop)["state"] == "approved"
    agent.commit(".gitattributes", "* text=auto\n")
    found = item(shop)
    assert (found["state"], lacking(found)) == ("submitted", ["own paths", "protected"])


@pytest.mark.usefixtures("agent")
def test_labels_and_owners_are_asked_for_by_path(
    shop: OpenWorkspace, ann: Maintainer, bob: Maintainer
) -> None:
    """And each is named with the command that gives it."""
    labels = 'labels = { security = ["server/**"] }'
    settings(shop, "review", labels, 'owners = { "server/**" = ["Bob"] }')
    found = item(shop)
    assert lacking(found) == ["approved", "label security", "owner"]
    ann.look()
    with pytest.raises(UsageProblem, match="no label 'other'"):
        ann.approve(label=["other"])
    assert ann.approve(label=["security"])["state"] == "submitted"
    bob.look()
    assert bob.approve()["state"] == "approved"


@pytest.mark.usefixtures("agent")
def test_a_repository_has_its_own_policy(shop: OpenWorkspace, repository: Path) -> None:
    """Its table goes before what is set for all."""
    text = shop.layout.settings.read_text()
    line = f'"shop" = "{repository}"\n'
    assert line in text
    table = f'[repositories.shop]\npath = "{repository}"\napprovals = 0\n'
    shop.layout.settings.write_text(f"{text.replace(line, '')}\n{table}")
    assert item(shop)["state"] == "approved"


def test_another_agents_path_needs_its_word(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """Given by command from its own worktree, and never by the author."""
    settings(shop, "landing", "approvals = 0")
    agent.commit("web/a.js", "x\n")
    assert lacking(item(shop)) == ["own paths"]
    for stranger in ("docs", "backend"):
        with pytest.raises(Refused):
            shop.call("pending ack", {"id": ITEM}, agent=stranger)
    found = shop.call("pending ack", {"id": ITEM}, agent="frontend")
    assert (found["state"], found["requirements"]) == ("approved", [])
    agent.commit("web/b.js", "x\n")
    assert lacking(item(shop)) == ["own paths"]


def test_a_person_s_own_branch_is_another_s_to_approve(
    shop: OpenWorkspace, ann: Maintainer, bob: Maintainer, repository: Path
) -> None:
    """Proposed in the same way; the author is refused while there is somebody else."""
    git(repository, "branch", "release/1.0")
    git(repository, "worktree", "add", "-q", f"{repository}-mine", "release/1.0")
    made = FakeAgent(shop.root, "x")
    made.home = made.home.parent / f"{repository}-mine"
    head = made.commit("anything.txt", "x\n")
    found = ann.perform("pending submit", branch="release/1.0", title="Release")
    assert (found["id"], found["agent"]) == ("maintainer-1-0", "")
    assert (found["commit"], lacking(found)) == (head, ["approved"])
    assert shop.problems(found["path"]) == []
    for one in (ann, bob):
        one.perform("pending show", id=found["id"], diff=True)
    with pytest.raises(Refused, match="your own work"):
        ann.perform("review approve", id=found["id"])
    assert bob.perform("review approve", id=found["id"])["state"] == "approved"


def test_where_there_is_one_maintainer_the_record_says_so(
    shop: OpenWorkspace, repository: Path
) -> None:
    """Nobody else could approve a person's branch there."""
    git(repository, "branch", "fix/it")
    found = shop.perform("pending submit", branch="fix/it", title="Fix it")
    with pytest.raises(NotShown):
        shop.perform("review approve", id=found["id"], patchset=1)
    shop.perform("pending show", id=found["id"], diff=True)
    shop.perform("review approve", id=found["id"])
    [record] = shop.records("review.approved")
    assert record.data["own"] is True


@pytest.mark.usefixtures("agent")
def test_a_withdrawn_item_comes_back_without_its_approval(
    shop: OpenWorkspace, ann: Maintainer
) -> None:
    """Its author took it away for a reason."""
    ann.look()
    ann.approve()
    shop.call("pending withdraw", {"id": ITEM}, agent="backend")
    with pytest.raises(Conflict):
        ann.approve()
    again = shop.call("pending submit", {"branch": "backend/login"}, agent="backend")
    assert (again["state"], again["patchset"]) == ("submitted", 1)


def test_a_wish_for_changes_outlives_a_withdrawal(
    shop: OpenWorkspace, agent: FakeAgent, ann: Maintainer, bob: Maintainer
) -> None:
    """An author is not rid of it without a commit, nor is another maintainer's word."""
    ann.ask("Why?")
    shop.call("pending withdraw", {"id": ITEM}, agent="backend")
    again = shop.call("pending submit", {"branch": "backend/login"}, agent="backend")
    assert again["state"] == "changes-requested"
    bob.look()
    assert bob.approve()["state"] == "changes-requested"
    agent.commit("server/a.py", f"# Logs in.\n{CODE}")
    assert item(shop)["state"] == "submitted"


def test_other_items_are_not_reviewed(shop: OpenWorkspace, agent: FakeAgent) -> None:
    """The hint says what can be done with them."""
    agent.pending("request", "# Request to frontend: look\n")
    with pytest.raises(Refused) as caught:
        shop.perform("review approve", id="backend-request")
    assert "pending ack" in caught.value.hint
    with pytest.raises(NotFound):
        shop.perform("review approve", id="nothing")
