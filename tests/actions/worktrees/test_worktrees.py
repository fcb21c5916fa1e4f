import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from coordinator.actions.worktrees import worktrees
from coordinator.kernel.errors import Conflict, CoordinatorError, NotFound, Refused
from tests.support import (
    FakeAgent,
    ManualClock,
    OpenWorkspace,
    commit,
    git,
    open_workspace,
    try_git,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def shop(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> Iterator[OpenWorkspace]:
    """A workspace with a repository and one agent, with its home worktree."""
    repositories = {"shop": repository}
    with open_workspace(tmp_path / "w", clock, repositories, ["backend"]) as made:
        yield made


@pytest.fixture
def agent(shop: OpenWorkspace) -> FakeAgent:
    """The one agent."""
    return FakeAgent(shop.root, "backend")


def listed(shop: OpenWorkspace) -> dict[str, dict[str, Any]]:
    """Return the listed worktrees by the names of their folders."""
    return {Path(x["path"]).name: x for x in shop.perform("worktree list")}


def add(shop: OpenWorkspace, feature: str) -> dict[str, Any]:
    """Begin a feature of the one agent."""
    made: dict[str, Any] = shop.perform(
        "worktree add", agent="backend", feature=feature
    )
    return made


def remove(shop: OpenWorkspace, feature: str = "", **more: bool) -> dict[str, Any]:
    """Remove a worktree of the one agent."""
    arguments = {"agent": "backend", "feature": feature, **more}
    done: dict[str, Any] = shop.perform("worktree remove", **arguments)
    return done


def kinds(shop: OpenWorkspace, since: int) -> list[tuple[str, str, str]]:
    """Return what was recorded of worktrees since a record: kind, actor, subject."""
    found = [x for x in shop.records() if x.seq > since]
    return [(x.kind, x.actor, x.subject) for x in found if "worktree" in x.kind]


def test_a_feature_begins_in_a_home_that_is_free(
    shop: OpenWorkspace, agent: FakeAgent, repository: Path
) -> None:
    """The answer is what the list shows, and the journal knows who asked for it."""
    before = shop.workspace.journal.last
    made = add(shop, "login")
    assert made == {
        "agent": "backend",
        "feature": "",
        "repository": "shop",
        "path": str(agent.home),
        "branch": "backend/login",
        "commit": git(repository, "rev-parse", "main"),
        "dirty": False,
        "ahead": 0,
        "behind": 0,
        "state": "ready",
    }
    assert listed(shop) == {"shop-backend": made}
    assert git(agent.home, "branch", "--show-current") == "backend/login"
    expected = [("worktree.added", "(maintainer)", "shop-backend")]
    assert kinds(shop, before) == expected
    data = shop.records("worktree.added")[-1].data
    assert (data["branch"], data["path"]) == ("backend/login", "shop-backend")


def test_adding_again_changes_and_records_nothing(shop: OpenWorkspace) -> None:
    """A repetition gives the same answer."""
    made = add(shop, "login")
    last = shop.workspace.journal.last
    assert add(shop, "login") == made
    assert shop.workspace.journal.last == last


def test_a_home_in_use_is_left_alone_and_a_second_worktree_added(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """A feature does not disturb work that has not landed."""
    add(shop, "login")
    agent.commit("src/login.py", "USERS = [1]\n")
    made = add(shop, "search")
    assert (made["feature"], made["branch"]) == ("search", "backend/search")
    assert made["path"] == str(shop.root / "shop-backend--search")
    branches = {name: x["branch"] for name, x in listed(shop).items()}
    assert branches == {
        "shop-backend": "backend/login",
        "shop-backend--search": "backend/search",
    }


def test_the_list_says_what_git_says(
    shop: OpenWorkspace, agent: FakeAgent, repository: Path
) -> None:
    """Branch, commit, dirt and distance are the present ones, whoever moved them."""
    agent.branch("carts")
    head = agent.commit("src/cart.py", "TOTAL = 1\n")
    commit(repository, "a.txt", "a\n", "One on main")
    commit(repository, "b.txt", "b\n", "Another on main")
    (agent.home / "new.txt").write_text("new\n")
    found = listed(shop)["shop-backend"]
    assert (found["branch"], found["commit"]) == ("backend/carts", head)
    assert (found["dirty"], found["ahead"], found["behind"]) == (True, 1, 2)
    assert found["state"] == "ready"
    git(agent.home, "bisect", "start")
    assert listed(shop)["shop-backend"]["state"] == "busy"
    shutil.rmtree(agent.home)
    gone = listed(shop)["shop-backend"]
    assert (gone["state"], gone["dirty"], gone["ahead"]) == ("missing", None, None)


def test_a_clean_features_worktree_goes_back_into_the_pool(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """The next feature gets it; its branch stays in the repository."""
    (agent.home / "keep.txt").write_text("in use\n")
    made = add(shop, "search")
    before = shop.workspace.journal.last
    done = remove(shop, "search")
    assert (done["path"], done["saved"]) == (made["path"], [])
    assert done["kept"] == {"files": 0, "bytes": 0, "names": [], "until": ""}
    assert not Path(made["path"]).exists()
    assert sorted(listed(shop)) == ["shop-backend"]
    assert git(agent.home, "branch", "--list", "backend/search")
    expected = [("worktree.removed", "(maintainer)", "shop-backend--search")]
    assert kinds(shop, before) == expected
    [pooled] = shop.layout.pool.iterdir()
    again = add(shop, "tills")
    assert not pooled.exists()
    assert again["path"] == str(shop.root / "shop-backend--tills")


def test_what_has_no_room_in_the_pool_goes_to_the_trash(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """With as many kept ready as the settings say, one more is thrown away."""
    (agent.home / "keep.txt").write_text("in use\n")
    made = add(shop, "search")
    worktrees.maintain(shop.workspace)
    kept = list(shop.layout.pool.iterdir())
    assert len(kept) == 1
    remove(shop, "search")
    assert not Path(made["path"]).exists()
    assert list(shop.layout.pool.iterdir()) == kept
    assert len(list(shop.layout.trash.iterdir())) == 1


def test_a_home_is_removed_and_made_again_by_the_next_feature(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """It never goes into the pool: nobody gets another one's home."""
    remove(shop)
    assert (listed(shop), agent.home.exists()) == ({}, False)
    assert list(shop.layout.pool.iterdir()) == []
    before = shop.workspace.journal.last
    assert add(shop, "login")["path"] == str(agent.home)
    assert listed(shop)["shop-backend"]["branch"] == "backend/login"
    assert kinds(shop, before) == [
        ("worktree.added", "(coordinator)", "shop-backend"),
        ("worktree.added", "(maintainer)", "shop-backend"),
    ]


RISKS: dict[str, tuple[Callable[[FakeAgent], object], str]] = {
    "changed": (lambda x: (x.home / "README.md").write_text("x"), "README.md"),
    "untracked": (lambda x: (x.home / "new.txt").write_text("x"), "new.txt"),
    "unlanded": (lambda x: x.commit("a.txt", "a\n"), "target branch"),
    "stashed": (
        lambda x: (
            (x.home / "README.md").write_text("x"),
            git(x.home, "stash", "-q"),
        ),
        "stash",
    ),
}


@pytest.mark.parametrize("risk", RISKS)
def test_a_worktree_that_holds_something_is_not_removed(
    shop: OpenWorkspace, agent: FakeAgent, risk: str
) -> None:
    """The refusal names it and the way to go on; nothing is recorded or touched."""
    add(shop, "login")
    make, word = RISKS[risk]
    make(agent)
    before = shop.workspace.journal.last
    with pytest.raises(Refused, match=word) as raised:
        remove(shop)
    assert (raised.value.kind, "--force" in raised.value.hint) == ("refused", True)
    assert kinds(shop, before) == []
    assert listed(shop)["shop-backend"]["branch"] == "backend/login"


def test_force_saves_everything_under_refs_that_it_names(
    shop: OpenWorkspace, agent: FakeAgent, repository: Path
) -> None:
    """Each saved ref is in the repository, with what was nowhere else."""
    add(shop, "login")
    head = agent.commit("a.txt", "a\n")
    (agent.home / "new.txt").write_text("never added\n")
    before = shop.workspace.journal.last
    saved = remove(shop, force=True)["saved"]
    place = "refs/coordinator/saved/backend/shop-backend/20260131-090000-"
    assert saved
    assert all(x.startswith(place) for x in saved)
    by_name = {x.rpartition("/")[2]: x for x in saved}
    assert git(repository, "rev-parse", by_name["head"]) == head
    assert git(repository, "show", f"{by_name['files']}:new.txt") == "never added"
    assert not agent.home.exists()
    expected = [("worktree.removed", "(maintainer)", "shop-backend")]
    assert kinds(shop, before) == expected


def test_two_forced_removals_do_not_share_a_place(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """Even in the same second the second one overwrites nothing."""
    places: set[str] = set()
    for text in ("one", "two"):
        add(shop, "login")
        (agent.home / "new.txt").write_text(text)
        places.update(x for x in remove(shop, force=True)["saved"] if "files" in x)
    assert len(places) == 2
    shown = {git(shop.root / "../shop", "show", f"{x}:new.txt") for x in places}
    assert shown == {"one", "two"}


def test_a_feature_in_the_home_worktree_is_not_removed_by_its_name(
    shop: OpenWorkspace,
) -> None:
    """The home may hold more than the feature: the hint says how to remove it."""
    add(shop, "login")
    with pytest.raises(Refused, match="home worktree") as raised:
        remove(shop, "login")
    assert raised.value.hint == "Run: coordinator worktree remove backend"


@pytest.mark.parametrize(
    ("action", "arguments", "error", "hint"),
    [
        ("remove", {"feature": "x"}, NotFound, "worktree list"),
        ("remove", {"agent": "nobody"}, NotFound, "worktree list"),
        ("remove", {"repository": "till"}, NotFound, "--repo NAME=PATH"),
        ("add", {"agent": "nobody", "feature": "x"}, NotFound, "agent list"),
        ("add", {"feature": "x", "repository": "till"}, NotFound, "--repo NAME=PATH"),
        ("add", {"feature": "../x"}, CoordinatorError, ""),
        ("add", {"feature": "a b"}, CoordinatorError, ""),
        ("add", {"feature": ""}, CoordinatorError, ""),
    ],
)
def test_what_is_not_there_is_said_with_the_list_to_look_at(
    shop: OpenWorkspace,
    action: str,
    arguments: dict[str, str],
    error: type[CoordinatorError],
    hint: str,
) -> None:
    """Unknown agents, repositories and features, and names no branch can have."""
    before = shop.workspace.journal.last
    with pytest.raises(error) as raised:
        shop.perform(f"worktree {action}", **{"agent": "backend", **arguments})
    assert hint in raised.value.hint
    assert raised.value.hint
    assert kinds(shop, before) == []


def test_an_agent_changes_its_own_worktrees_only(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> None:
    """Another agent's are refused, with who can; its own bear its name."""
    repositories = {"shop": repository}
    with open_workspace(tmp_path / "w", clock, repositories, ["ana", "bo"]) as opened:
        for action, more in (("add", {"feature": "x"}), ("remove", {})):
            asked = {"agent": "bo", **more}
            with pytest.raises(Refused, match="ana may not") as raised:
                opened.call(f"worktree {action}", asked, agent="ana")
            assert "bo itself" in raised.value.hint
        assert len(listed(opened)) == 2
        before = opened.workspace.journal.last
        home = str(opened.root / "shop-ana")
        asked = {"agent": "ana", "feature": "x"}
        made = opened.call("worktree add", asked, folder=home)
        assert made["branch"] == "ana/x"
        opened.call("worktree remove", {"agent": "ana"}, agent="ana")
        assert kinds(opened, before) == [
            ("worktree.added", "ana", "shop-ana"),
            ("worktree.removed", "ana", "shop-ana"),
        ]


def test_a_branch_that_is_checked_out_elsewhere_is_a_conflict(
    shop: OpenWorkspace, repository: Path
) -> None:
    """It is said where; no worktree is made."""
    git(repository, "checkout", "-q", "-b", "backend/login")
    with pytest.raises(Conflict, match=str(repository)):
        add(shop, "login")
    assert sorted(listed(shop)) == ["shop-backend"]


def test_repair_brings_back_what_was_deleted(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """On its branch, with what was committed there; what is whole is left alone."""
    add(shop, "login")
    head = agent.commit("a.txt", "a\n")
    expected = {
        "agent": "backend",
        "feature": "",
        "path": str(agent.home),
        "done": "nothing",
        "saved": [],
        "problem": "",
    }
    before = shop.workspace.journal.last
    assert shop.perform("worktree repair") == [expected]
    assert kinds(shop, before) == []
    shutil.rmtree(agent.home)
    assert shop.perform("worktree repair") == [{**expected, "done": "added"}]
    assert git(agent.home, "rev-parse", "HEAD") == head
    assert git(agent.home, "branch", "--show-current") == "backend/login"
    assert listed(shop)["shop-backend"]["state"] == "ready"


def test_repair_follows_a_folder_that_was_moved(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """The new place is recorded, and the agent is known there."""
    (agent.home / "new.txt").write_text("mine\n")
    agent.home.rename(shop.root / "elsewhere")
    assert shop.problems() == ["worktree-moved"]
    before = shop.workspace.journal.last
    [done] = shop.perform("worktree repair")
    there = shop.root / "elsewhere"
    assert (done["done"], done["path"]) == ("moved", str(there))
    assert kinds(shop, before) == [("worktree.added", "(maintainer)", "elsewhere")]
    assert list(listed(shop)) == ["elsewhere"]
    assert (there / "new.txt").read_text() == "mine\n"
    assert git(there, "status", "--porcelain") == "?? new.txt"
    assert shop.problems() == []
    shop.call("context set", {"task": "Carts"}, folder=str(there))


def test_repair_leaves_to_a_person_what_is_not_ours(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """A clone in a worktree's place is neither touched nor recorded, nor removed."""
    shutil.rmtree(agent.home)
    git(shop.root, "clone", "-q", "../shop", agent.home.name)
    (agent.home / "notes.txt").write_text("a person's\n")
    before = shop.workspace.journal.last
    [done] = shop.perform("worktree repair")
    assert done["done"] == "foreign"
    for force in (False, True):
        with pytest.raises(Refused):
            remove(shop, force=force)
    assert kinds(shop, before) == []
    assert (agent.home / "notes.txt").read_text() == "a person's\n"


def test_tending_fills_the_pool_and_empties_the_trash(
    shop: OpenWorkspace, clock: ManualClock
) -> None:
    """Worktrees are kept ready as the settings say; what is old is deleted."""
    settings = shop.layout.settings
    settings.write_text(settings.read_text().replace("# pool = 1", "pool = 2"))
    shop.perform("status")
    remove(shop)
    assert len(list(shop.layout.trash.iterdir())) == 1
    clock.advance(days=36_500)
    worktrees.maintain(shop.workspace)
    assert list(shop.layout.trash.iterdir()) == []
    assert len(list(shop.layout.pool.iterdir())) == 2


def test_tending_goes_on_where_one_repository_is_broken(
    tmp_path: Path,
    clock: ManualClock,
    repository: Path,
    make_repository: Callable[[Path], Path],
) -> None:
    """What git refuses in one place waits, and the others are tended."""
    broken = make_repository(tmp_path / "broken")
    both = {"broken": broken, "shop": repository}
    with open_workspace(tmp_path / "w", clock, both, ["ana"]) as opened:
        broken.rename(tmp_path / "away")
        worktrees.maintain(opened.workspace)
        pooled = [x.name.rpartition("-")[0] for x in opened.layout.pool.iterdir()]
        assert pooled == ["shop"]


def test_one_unreadable_repository_does_not_stop_the_others(
    tmp_path: Path,
    clock: ManualClock,
    repository: Path,
    make_repository: Callable[[Path], Path],
) -> None:
    """Its worktrees are listed as they were known, and the others are repaired."""
    broken = make_repository(tmp_path / "broken")
    both = {"broken": broken, "shop": repository}
    with open_workspace(tmp_path / "w", clock, both, ["ana"]) as opened:
        before = listed(opened)["broken-ana"]
        broken.rename(tmp_path / "away")
        shutil.rmtree(opened.root / "shop-ana")
        found = listed(opened)
        unknown = dict.fromkeys(("dirty", "ahead", "behind"))
        assert found["broken-ana"] == {**before, **unknown, "state": "unreadable"}
        assert found["shop-ana"]["state"] == "missing"
        done = {Path(x["path"]).name: x for x in opened.perform("worktree repair")}
        assert done["broken-ana"]["done"] == "failed"
        assert "no git repository" in done["broken-ana"]["problem"]
        assert done["shop-ana"]["done"] == "added"
        assert opened.problems("broken") == ["repository-unreadable"]
        shutil.rmtree(opened.root / "shop-ana")
        opened.perform("doctor", fix=True)
        assert listed(opened)["shop-ana"]["state"] == "ready"


def test_commits_that_nothing_else_leads_to_are_named_by_a_removal(
    shop: OpenWorkspace, agent: FakeAgent, repository: Path
) -> None:
    """A home begins detached: what was committed there is saved without being asked."""
    head = agent.commit("a.txt", "a\n")
    git(agent.home, "checkout", "-q", "--detach", "main")
    [saved] = remove(shop)["saved"]
    assert saved.startswith("refs/coordinator/saved/backend/shop-backend/")
    assert git(repository, "rev-parse", saved) == head


def test_a_locked_worktree_is_kept(shop: OpenWorkspace, agent: FakeAgent) -> None:
    """Until it is unlocked, or its removal forced."""
    git(agent.home, "worktree", "lock", "--reason", "Keep", ".")
    with pytest.raises(Refused, match=r"worktree unlock.*Keep"):
        remove(shop)
    assert remove(shop, force=True)["saved"]


def test_a_retired_agents_worktrees_can_still_be_put_away(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """They stay until a maintainer removes them; nothing in them is lost by it."""
    (agent.home / "new.txt").write_text("last words\n")
    shop.perform("agent retire", agent="backend")
    assert sorted(listed(shop)) == ["shop-backend"]
    with pytest.raises(Refused, match=r"new\.txt"):
        remove(shop)
    assert remove(shop, force=True)["saved"]
    assert (listed(shop), agent.home.exists()) == ({}, False)


def test_the_history_of_a_worktree_can_be_asked_for(shop: OpenWorkspace) -> None:
    """Who gave and took it, in the order it happened."""
    add(shop, "login")
    remove(shop)
    told = [
        (x["kind"], x["actor"], x["note"])
        for x in shop.perform("history", subject="shop-backend")
    ]
    assert told == [
        ("worktree.added", "(coordinator)", "detached"),
        ("worktree.added", "(maintainer)", "backend/login"),
        ("worktree.removed", "(maintainer)", ""),
    ]


def test_what_git_ignores_comes_back(shop: OpenWorkspace, agent: FakeAgent) -> None:
    """The removal names it with number, size and time; restore gives it back."""
    (agent.home / "notes.log").write_text("only here")
    kept = remove(shop)["kept"]
    assert kept == {
        "files": 1,
        "bytes": 9,
        "names": ["notes.log"],
        "until": "2026-02-07T09:00:00.000Z",
    }
    shop.perform("doctor", fix=True)
    worktrees.maintain(shop.workspace)
    back = shop.call("worktree restore", {"agent": "backend"}, agent="backend")
    assert (back["restored"], back["in_the_way"]) == (["notes.log"], [])
    assert (agent.home / "notes.log").read_text() == "only here"
    assert shop.records("worktree.added")[-1].subject == "shop-backend"


def test_what_the_trash_does_not_have_cannot_be_restored(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """The error says what it has."""
    with pytest.raises(NotFound, match="nothing of shop-backend--x") as caught:
        shop.perform("worktree restore", agent="backend", feature="x")
    assert caught.value.hint == "It is empty."
    (agent.home / "notes.log").write_text("only here")
    remove(shop)
    with pytest.raises(NotFound) as caught:
        shop.perform("worktree restore", agent="backend", feature="x")
    assert caught.value.hint == "It has: backend (1 file)."


def test_a_setting_says_how_long_the_trash_keeps(
    shop: OpenWorkspace, agent: FakeAgent
) -> None:
    """With none at all it is emptied at the next occasion."""
    (agent.home / "notes.log").write_text("x")
    text = shop.layout.settings.read_text()
    days = "[worktrees]\ntrash_days = 0.0\ndisposable = []\nsubmodules = false\n"
    shop.layout.settings.write_text(text.replace("[worktrees]\n", days))
    shop.perform("check")
    remove(shop)
    assert list(shop.layout.trash.iterdir())
    shop.workspace.now = lambda: datetime.now(UTC) + timedelta(seconds=5)
    worktrees.maintain(shop.workspace)
    assert not list(shop.layout.trash.iterdir())


@pytest.mark.parametrize("relative", [False, True])
def test_a_worktree_inside_an_agents_own_is_that_agents(
    shop: OpenWorkspace, agent: FakeAgent, *, relative: bool
) -> None:
    """What stands there is what git says: its own branch, under the same rule."""
    shop.perform("hooks install")
    agent.branch("home")
    inner = agent.home / ".claude" / "worktrees" / "sub"
    git(agent.home, "worktree", "add", "-q", "-b", "backend/sub", str(inner))
    commit(inner, "sub.txt", "x", "Sub work")
    if relative:  # as git 2.48 and later write it
        entry = Path(git(agent.home, "rev-parse", "--absolute-git-dir"))
        place = os.path.relpath(agent.home / ".git", entry.resolve())
        (entry / "gitdir").write_text(f"{place}\n")
    for _ in range(2):  # before it was looked at, and after
        done = try_git(inner, "switch", "-q", "-c", "wild/name")
        assert "every new branch is named backend/<feature>" in done.stderr
        shop.perform("check")
    made = shop.call("pending submit", {"title": "Sub"}, folder=str(inner.parent))
    assert made["branch"] == "backend/home"
    made = shop.call("pending submit", {"title": "Sub"}, folder=str(inner))
    assert made["branch"] == "backend/sub"
    git(inner, "-c", "core.hooksPath=/dev/null", "switch", "-q", "-c", "wild/name")
    assert shop.problems("sub") == ["branch-not-own"]
    with pytest.raises(Refused, match="repositories inside the worktree"):
        remove(shop)


def test_a_repository_may_be_reached_by_another_path(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> None:
    """Paths are compared by what they are: a link to it is the same repository."""
    (tmp_path / "link").symlink_to(tmp_path)
    git(repository, "config", "core.hooksPath", str(repository / "none"))
    repositories = {"shop": tmp_path / "link" / "shop"}
    with open_workspace(tmp_path / "w", clock, repositories, ["backend"]) as opened:
        agent = FakeAgent(opened.root, "backend")
        agent.branch("x")
        entry = (agent.home / ".git").read_text().removeprefix("gitdir: ").strip()
        gitdir = agent.home / entry / "gitdir"
        gitdir.write_text(f"{tmp_path}/link/w/shop-backend/.git\n")
        assert opened.perform("check") == []
        assert [x["branch"] for x in opened.perform("worktree list")] == ["backend/x"]
