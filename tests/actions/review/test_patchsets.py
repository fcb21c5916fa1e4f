"""Patchsets of real repositories: what is taken, compared, and told of them."""

from pathlib import Path
from typing import Any

import pytest

from coordinator.kernel.errors import NotFound, Refused, UsageProblem
from coordinator.kernel.git import Repository
from pending_commits.review.decide import NotShown
from pending_commits.submissions import patchset_ref
from tests.actions.review.conftest import CODE
from tests.actions.review.review_yard import (
    ITEM,
    Maintainer,
    item,
    lacking,
    propose,
    settings,
)
from tests.support import FakeAgent, OpenWorkspace, commit, git, wait_for

pytestmark = pytest.mark.slow
SECRET = "AKIA" + "Z7XQ3PLKM5VTN2RD"


def show(shop: OpenWorkspace, patchset: str = "") -> dict[str, Any]:
    """Return the item with a diff."""
    found: dict[str, Any]
    found = shop.perform("pending show", id=ITEM, diff=True, patchset=patchset)
    return found


def changed(diff: str) -> list[str]:
    """Return the lines that a diff adds or takes away."""
    lines = diff.splitlines()
    return [x for x in lines if x[:1] in {"+", "-"} and x[:3] not in {"+++", "---"}]


@pytest.fixture
def rebased(shop: OpenWorkspace, agent: FakeAgent, repository: Path) -> OpenWorkspace:
    """A second patchset: on a new target, with one line more than the first."""
    assert item(shop)["patchset"] == 1
    commit(repository, "server/other.py", "other\n", "Go on")
    commit(repository, "README.md", "Another readme\n", "Rewrite")
    git(agent.home, "rebase", "-q", "main")
    agent.commit("server/a.py", f"{CODE}more\n")
    assert item(shop)["patchset"] == 2
    return shop


def test_a_rebase_shows_only_what_the_author_changed(rebased: OpenWorkspace) -> None:
    """What the target brought in between is not the author's."""
    assert changed(show(rebased, "1..2")["diff"]) == ["+more"]
    assert changed(show(rebased, "2..1")["diff"]) == ["-more"]
    plain = git(
        Path(rebased.layout.store),
        "diff",
        *(x["commit"] for x in show(rebased)["patchsets"]),
    )
    assert "other" in plain


def test_looking_leaves_nothing_in_the_store(rebased: OpenWorkspace) -> None:
    """What a comparison takes is thrown away."""
    store = rebased.layout.store
    before = sorted(x for x in store.rglob("*") if x.is_file())
    show(rebased, "1..2")
    assert sorted(x for x in store.rglob("*") if x.is_file()) == before


def test_every_patchset_is_kept(rebased: OpenWorkspace, repository: Path) -> None:
    """The agent may rewrite, delete and prune; the store has it by its id."""
    git(repository, "branch", "-D", "-q", "backend/gone", check=False)
    first, second = show(rebased)["patchsets"]
    store = Repository(rebased.layout.store)
    for one in (first, second):
        ref = patchset_ref("shop", ITEM, one["commit"])
        assert store.run("rev-parse", ref) == one["commit"]
    assert changed(show(rebased, "1")["diff"]) == [f"+{x}" for x in CODE.splitlines()]


def test_a_squash_differs_in_nothing(shop: OpenWorkspace, agent: FakeAgent) -> None:
    """A new id all the same: an approval of the old one does not hold."""
    agent.commit("server/b.py", "b\n")
    assert item(shop)["patchset"] == 2
    git(agent.home, "reset", "-q", "--soft", "HEAD~2")
    git(agent.home, "commit", "-q", "-m", "All of it")
    assert show(shop, "2..3")["diff"] == "No file differs between the two.\n"
    assert show(shop)["changes"]["commits"] == 1


def test_a_merge_of_the_target_is_not_the_authors_change(
    shop: OpenWorkspace, agent: FakeAgent, repository: Path
) -> None:
    """Neither in the difference nor in what the patchset changes."""
    commit(repository, "server/other.py", "other\n", "Go on")
    git(agent.home, "merge", "-q", "--no-edit", "main")
    found = show(shop, "1..2")
    assert found["diff"] == "No file differs between the two.\n"
    assert [x["path"] for x in found["changes"]["files"]] == ["server/a.py"]


def test_what_both_sides_changed_is_compared_as_it_was(
    shop: OpenWorkspace, agent: FakeAgent, repository: Path
) -> None:
    """A file that cannot be carried over is named, and shown whole."""
    commit(repository, "server/a.py", "of main\n", "Begin too")
    git(agent.home, "fetch", "-q", ".", "main")
    git(agent.home, "reset", "-q", "--hard", "main")
    agent.commit("server/a.py", f"of main\n{CODE}")
    found = show(shop, "1..2")["diff"]
    head = "[Compared as they were, since both sides changed them: server/a.py]\n"
    assert found.startswith(head)
    assert changed(found) == ["+of main"]


def test_renames_modes_binaries_and_line_ends_are_told(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """As git tells them, with names that are no UTF-8."""
    git(agent.home, "mv", "server/a.py", "server/z.py")
    (agent.home / "server" / "run").write_text("#!/bin/sh\n")
    (agent.home / "server" / "run").chmod(0o755)
    (agent.home / "server" / "logo").write_bytes(b"\0\1")
    (agent.home / "server" / "dos.txt").write_bytes(b"one\r\ntwo\r\n")
    (agent.home / "server" / "caf\udce9").write_text("x\n")
    git(agent.home, "add", ".")
    git(agent.home, "commit", "-q", "-m", "All kinds")
    files = {x["path"]: x for x in show(shop)["changes"]["files"]}
    assert files["server/z.py"]["mode"] == "100644"
    assert files["server/run"]["mode"] == "100755"
    assert files["server/logo"]["binary"]
    assert "server/caf\\xe9" in files
    found = show(shop, "1..2")["diff"]
    assert "rename from server/a.py" in found
    assert "+one\r" in found


def test_an_empty_change_is_said_to_be_one(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """A commit without a difference, and a branch without a commit of its own."""
    git(agent.home, "commit", "-q", "--allow-empty", "-m", "Nothing")
    assert show(shop, "1..2")["diff"] == "No file differs between the two.\n"
    git(agent.home, "reset", "-q", "--hard", "main")
    found = show(shop)
    assert (found["changes"]["commits"], found["diff"]) == (
        0,
        "It changes no file.\n",
    )


def test_a_branch_that_is_gone_stays_to_be_reviewed(
    shop: OpenWorkspace, agent: FakeAgent, ann: Maintainer
) -> None:
    """What was submitted is kept; the requirement says that it is."""
    git(agent.home, "checkout", "-q", "--detach")
    git(agent.home, "branch", "-q", "-D", "backend/login")
    ann.look()
    assert ann.approve()["state"] == "approved"
    [current] = [x for x in show(shop)["requirements"] if x["name"] == "current"]
    assert current["met"]
    assert "is gone" in current["sentence"]


def test_grafts_and_replacements_change_nothing(
    shop: OpenWorkspace, agent: FakeAgent, repository: Path
) -> None:
    """What is reviewed is the true history."""
    good = git(agent.home, "rev-parse", "HEAD")
    evil = agent.commit("server/a.py", "evil\n")
    git(agent.home, "reset", "-q", "--hard", good)
    git(repository, "replace", good, evil)
    (repository / ".git" / "info" / "grafts").write_text(f"{good}\n")
    found = show(shop)
    assert found["commit"] == good
    assert changed(found["diff"])[0] == "+line 1"
    assert found["changes"]["commits"] == 1


def test_a_pointer_of_large_file_storage_is_what_is_reviewed(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """No filter is run for a diff."""
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    git(agent.home, "config", "filter.lfs.smudge", "touch /nowhere/ran")
    (agent.home / ".gitattributes").write_text("*.big filter=lfs diff=lfs\n")
    agent.commit("server/x.big", pointer)
    assert "+oid sha256:0" in show(shop)["diff"]


@pytest.mark.parametrize("how", ["command", "file"])
def test_a_secret_is_refused_by_its_place(
    shop: OpenWorkspace, agent: FakeAgent, how: str
) -> None:
    """Kind, path and line, in whichever commit; never the value; nothing is taken."""
    agent.commit("server/a.py", f"{CODE}KEY = '{SECRET}'\n")
    agent.commit("server/a.py", CODE)
    if how == "command":
        with pytest.raises(Refused) as caught:
            shop.call("pending submit", {"branch": "backend/login"}, agent="backend")
        said, hint = caught.value.message, caught.value.hint
    else:
        [problem] = item(shop)["problems"]
        assert problem["code"] == "branch-not-taken"
        said, hint = problem["message"], problem["hint"]
    assert "server/a.py:21 (aws-access-key" in said
    assert SECRET not in said + hint
    found = item(shop)
    assert (found["patchset"], found["turn"]) == (1, "backend")
    assert "current" in lacking(found)
    written = b"".join(x.data["note"].encode() for x in shop.records("pending.moved"))
    assert SECRET.encode() not in written
    settings(shop, "review", 'secrets_allowed = ["server/**"]')
    assert item(shop)["patchset"] == 2


def test_a_branch_that_goes_back_is_as_it_was(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """What could not be taken is forgotten with the commit that it stood in."""
    good = item(shop)["commit"]
    agent.commit("server/a.py", f"KEY = '{SECRET}'\n")
    assert "current" in lacking(item(shop))
    git(agent.home, "reset", "-q", "--hard", good)
    found = item(shop)
    assert (found["patchset"], found["problems"]) == (1, [])
    assert lacking(found) == ["approved"]


def test_a_secret_is_found_in_wide_text_and_in_a_merge(
    shop: OpenWorkspace, agent: FakeAgent, repository: Path
) -> None:
    """What git calls binary, and what a merge alone adds, is searched as well."""
    wide = agent.home / "server" / "wide.txt"
    wide.write_bytes(f"KEY = '{SECRET}'\n".encode("utf-16"))
    git(agent.home, "add", ".")
    git(agent.home, "commit", "-q", "-m", "Write wide text")
    [problem] = item(shop)["problems"]
    assert "server/wide.txt:1 (aws-access-key" in problem["message"]
    git(agent.home, "reset", "-q", "--hard", "HEAD~")
    commit(repository, "other.txt", "other\n", "Go on")
    git(agent.home, "merge", "-q", "--no-commit", "--no-ff", "main")
    (agent.home / "server" / "b.py").write_text(f"KEY = '{SECRET}'\n")
    git(agent.home, "add", ".")
    git(agent.home, "commit", "-q", "-m", "Merge")
    agent.commit("server/b.py", "none\n")
    [problem] = item(shop)["problems"]
    assert "server/b.py:1 (aws-access-key" in problem["message"]


def test_an_approval_falls_where_the_target_goes_back(
    shop: OpenWorkspace, agent: FakeAgent, repository: Path, ann: Maintainer
) -> None:
    """The same commit brings then what nobody was shown."""
    commit(repository, "server/other.py", "other\n", "Go on")
    git(agent.home, "rebase", "-q", "main")
    assert item(shop)["patchset"] == 2
    ann.look()
    assert ann.approve()["state"] == "approved"
    commit(repository, "server/more.py", "more\n", "Go on")
    found = item(shop)
    assert (found["state"], found["patchset"]) == ("approved", 2)
    git(repository, "reset", "-q", "--hard", "HEAD~2")
    found = item(shop)
    assert (found["state"], found["patchset"]) == ("submitted", 3)
    with pytest.raises(NotShown):
        ann.approve()
    assert "server/other.py" in ann.look()["diff"]
    assert ann.approve()["state"] == "approved"


@pytest.mark.parametrize(
    ("target", "patchset"),
    [("../../etc/passwd", 1), ("/etc/passwd", 1), ("../README.md", 2)],
)
def test_a_link_may_not_lead_out_of_the_tree(
    shop: OpenWorkspace, agent: FakeAgent, target: str, patchset: int
) -> None:
    """Unless the settings let it pass."""
    (agent.home / "server" / "link").symlink_to(target)
    git(agent.home, "add", ".")
    git(agent.home, "commit", "-q", "-m", "Link")
    found = item(shop)
    assert found["patchset"] == patchset
    if patchset == 1:
        [problem] = found["problems"]
        assert "lead out of its tree: server/link." in problem["message"]
        settings(shop, "review", 'links_allowed = ["server/link"]')
        assert item(shop)["patchset"] == 2


def test_a_link_through_a_link_is_followed(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """Two that each stay in the tree lead out of it together."""
    (agent.home / "server" / "up").symlink_to("..")
    (agent.home / "out").symlink_to("server/up/../secret")
    git(agent.home, "add", ".")
    git(agent.home, "commit", "-q", "-m", "Link")
    [problem] = item(shop)["problems"]
    assert "lead out of its tree: out." in problem["message"]


def test_a_link_that_crosses_a_folder_is_looked_at_when_that_becomes_a_link(
    shop: OpenWorkspace, agent: FakeAgent, repository: Path
) -> None:
    """The older link did not change, and leads out all the same."""
    (repository / "out").symlink_to("server/up/../secret")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "Link")
    git(agent.home, "rebase", "-q", "main")
    assert item(shop)["problems"] == []
    (agent.home / "server" / "up").symlink_to("..")
    git(agent.home, "add", ".")
    git(agent.home, "commit", "-q", "-m", "Link the folder")
    [problem] = item(shop)["problems"]
    assert "lead out of its tree: out." in problem["message"]


def test_a_moved_submodule_needs_a_maintainer(
    shop: OpenWorkspace, agent: FakeAgent, ann: Maintainer
) -> None:
    """Though the settings ask for no approval."""
    settings(shop, "landing", "approvals = 0")
    oid = git(agent.home, "rev-parse", "HEAD")
    cacheinfo = f"160000,{oid},server/lib"
    git(agent.home, "update-index", "--add", "--cacheinfo", cacheinfo)
    git(agent.home, "commit", "-q", "-m", "Add a library")
    assert lacking(item(shop)) == ["submodules"]
    ann.look()
    assert ann.approve()["state"] == "approved"


def test_a_diff_that_is_cut_says_so(
    shop: OpenWorkspace, agent: FakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what was not searched for secrets needs a maintainer's word."""
    from coordinator.actions.pending import showing  # noqa: PLC0415 - to shorten it
    from pending_commits.review import examining  # noqa: PLC0415 - as above

    monkeypatch.setattr(showing, "_DIFF_BYTES", 100)
    monkeypatch.setattr(examining, "_MOST_BYTES", 100)
    settings(shop, "landing", "approvals = 0")
    agent.commit("server/b.py", CODE)
    assert lacking(item(shop)) == ["searched"]
    assert "[The diff is cut off here, after 100 bytes.]" in show(shop)["diff"]


def test_a_badly_named_branch_is_not_taken(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """By command and by file, with the command that renames it."""
    git(agent.home, "branch", "-q", "-m", "backend/Login_NOW!")
    agent.pending("now", "# Now\n\nBranch: backend/Login_NOW!\n")
    found = item(shop, "backend-now")
    assert [x["code"] for x in found["problems"]] == ["branch-name"]
    assert "git branch -m 'backend/Login_NOW!' backend/login_now" in str(found)
    with pytest.raises(Refused):
        shop.call(
            "pending submit",
            {"branch": "backend/Login_NOW!", "title": "Now"},
            agent="backend",
        )


@pytest.mark.parametrize("wanted", ["x", "1..", "..1", "1..2..3", "-1"])
def test_patchsets_are_named_by_number(shop: OpenWorkspace, wanted: str) -> None:
    """What cannot be meant is a mistake in use; what is not there is not found."""
    agent = FakeAgent(shop.root, "backend")
    agent.branch("login")
    agent.commit("server/a.py", CODE)
    propose(agent, shop)
    with pytest.raises(UsageProblem):
        show(shop, wanted)
    with pytest.raises(NotFound):
        show(shop, "7")


def test_a_second_look_records_nothing(
    shop: OpenWorkspace, agent: FakeAgent, ann: Maintainer
) -> None:
    """Nor does an agent's, or a stranger's."""
    for _ in range(2):
        ann.look()
    shop.call("pending show", {"id": ITEM, "diff": True}, agent="docs")
    assert len(shop.records("review.shown")) == 1
    agent.commit("server/b.py", "b\n")
    with pytest.raises(NotShown):
        ann.approve()
    wait_for(lambda: item(shop)["patchset"] == 2)
