import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from coordinator.daemon.health import Health
from coordinator.index.history import History
from coordinator.kernel import git as kernel_git
from coordinator.kernel.journal import JournalShortError
from tests.support import FakeAgent, ManualClock, OpenWorkspace, git, open_workspace

pytestmark = pytest.mark.slow
LOOKED_AT = ["git", "journal", "blobs", "history", "index"]


@pytest.fixture
def shop(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> Iterator[OpenWorkspace]:
    """A workspace with a repository, one agent and one learning."""
    repositories = {"shop": repository}
    with open_workspace(tmp_path / "w", clock, repositories, ["backend"]) as made:
        FakeAgent(made.root, "backend").learning("x", "# Apples\n\nAre round.\n")
        made.perform("status")
        yield made


def wrong(shop: OpenWorkspace, *, fix: bool = False) -> dict[str, dict[str, Any]]:
    """Return what doctor finds wrong, by the name of what was looked at."""
    found = shop.perform("doctor", fix=fix)
    return {x["name"]: x for x in found if not x["well"]}


def flip_a_bit(path: Path) -> None:
    """Damage the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_sound_workspace_is_well_in_every_part(shop: OpenWorkspace) -> None:
    """Each part is named with what was seen, and has no hint."""
    found = shop.perform("doctor")
    names = [x["name"] for x in found]
    assert names == [
        *LOOKED_AT,
        "folders",
        "store",
        "hooks of shop",
        "worktrees",
        "pool",
        "disk",
    ]
    assert all(x["well"] and x["message"] and not x["hint"] for x in found)
    told = {x["name"]: x["message"] for x in found}
    last = shop.workspace.journal.last
    assert told["journal"] == f"{last} records are whole"
    assert told["history"] == f"at record {last}"
    assert told["index"] == f"record {last} of {last}"
    assert git(shop.layout.history, "rev-list", "--count", "main") == str(last)


def test_what_the_pool_takes_up_is_told(shop: OpenWorkspace) -> None:
    """With the setting that makes it smaller."""
    spare = shop.layout.pool / "shop-0a1b2c3d"
    (spare / "src").mkdir(parents=True)
    (spare / "src/large.bin").write_bytes(b"x" * (3 << 20))
    said = {x["name"]: x["message"] for x in shop.perform("doctor")}["pool"]
    assert said.startswith("1 ready, 3 MiB (worktrees.pool")


@pytest.mark.parametrize("witness", ["index", "history"])
def test_a_lost_journal_is_not_begun_anew(
    tmp_path: Path, clock: ManualClock, witness: str
) -> None:
    """While anything shows that there was one, nothing is written in its place."""
    with open_workspace(tmp_path / "w", clock) as made:
        made.perform("status")
        layout = made.layout
        history = History(layout.history, made.workspace.blobs.get)
        history.catch_up(made.workspace.journal)
        history.close()
    for segment in layout.journal.glob("*.jsonl"):
        segment.unlink()
    if witness == "history":
        for path in layout.own.glob("index.sqlite*"):
            path.unlink()
    for _ in range(2):
        with (
            pytest.raises(JournalShortError, match=r"index|history"),
            open_workspace(tmp_path / "w", clock),
        ):
            pass
        assert all(not x.stat().st_size for x in layout.journal.iterdir())


def test_a_damaged_journal_is_said_with_the_record(shop: OpenWorkspace) -> None:
    """Nothing mends it but a backup, and nothing pretends to."""
    [segment] = shop.layout.journal.glob("*.jsonl")
    flip_a_bit(segment)
    for fix in (False, True):
        found = wrong(shop, fix=fix)
        assert set(found) == {"journal", "history"}
        assert str(segment) in found["journal"]["message"]
        assert "Record " in found["journal"]["message"]
        assert "backup" in found["journal"]["hint"]


@pytest.mark.parametrize("damage", ["flipped", "gone"])
def test_mending_never_drops_the_last_copy_of_a_text(
    shop: OpenWorkspace, damage: str
) -> None:
    """With blobs that cannot be read the index is kept: it still answers."""
    [pack] = shop.layout.blobs.glob("*.pack")
    if damage == "flipped":
        flip_a_bit(pack)
    else:
        pack.unlink()
    for fix in (False, True):
        found = wrong(shop, fix=fix)
        assert set(found) == {"blobs", "history"}
        assert "backup" in found["blobs"]["hint"]
        assert [x["title"] for x in shop.perform("search", words=["round"])] == [
            "Apples"
        ]


def test_a_history_that_is_gone_is_made_again(shop: OpenWorkspace) -> None:
    """It is derived: the same commits come back."""
    shop.perform("doctor")
    before = git(shop.layout.history, "rev-parse", "main")
    shutil.rmtree(shop.layout.history)
    assert wrong(shop) == {}
    commits = git(shop.layout.history, "rev-list", "main").splitlines()
    assert before in commits


def test_a_history_of_another_journal_is_not_written_over(shop: OpenWorkspace) -> None:
    """It is said, with the folder to move away."""
    shop.perform("doctor")
    folder = shop.layout.history
    tree = git(folder, "rev-parse", "main^{tree}")
    other = git(folder, "commit-tree", "-m", "Other\n\nRecord: 1", tree)
    git(folder, "update-ref", "refs/heads/main", other)
    found = wrong(shop)
    assert set(found) == {"history"}
    assert str(folder) in found["history"]["hint"]
    assert git(folder, "rev-parse", "main") == other
    folder.rename(folder.with_name("aside"))
    assert wrong(shop) == {}


def delete_the_home(shop: OpenWorkspace) -> None:
    """Delete an agent's worktree."""
    shutil.rmtree(shop.root / "shop-backend")


def take_the_hooks_away(shop: OpenWorkspace) -> None:
    """Take the hooks away."""
    shop.perform("hooks uninstall")


def put_other_hooks_in_force(shop: OpenWorkspace) -> None:
    """Let the repository name other hooks, where nobody wants ours."""
    shop.perform("hooks uninstall")
    git(shop.root.parent / "shop", "config", "core.hooksPath", "/elsewhere")


DAMAGES: list[tuple[Callable[[OpenWorkspace], None], str, str, str]] = [
    (delete_the_home, "worktrees", "shop-backend is missing", "worktree repair"),
    (take_the_hooks_away, "hooks of shop", "are missing", "hooks install"),
    (put_other_hooks_in_force, "hooks of shop", "are foreign", "hooks install"),
]


@pytest.mark.parametrize(("damage", "name", "message", "hint"), DAMAGES)
def test_what_is_wrong_around_git_is_named_and_mended(
    shop: OpenWorkspace,
    damage: Callable[[OpenWorkspace], None],
    name: str,
    message: str,
    hint: str,
) -> None:
    """Looking changes nothing; the hint names the verb; --fix is that verb."""
    damage(shop)
    for _ in range(2):
        found = wrong(shop)
        assert set(found) == {name}
        assert message in found[name]["message"]
        assert found[name]["hint"] == f"Run: coordinator {hint}"
    assert wrong(shop, fix=True) == {}
    assert shop.problems() == []


def test_a_repository_that_is_gone_is_said_and_the_rest_examined(
    shop: OpenWorkspace, repository: Path, tmp_path: Path
) -> None:
    """One broken part does not end the examination."""
    repository.rename(tmp_path / "away")
    found = wrong(shop)
    assert set(found) == {"hooks of shop", "worktrees"}
    assert found["worktrees"]["message"] == "shop-backend is unreadable"
    assert str(repository) in found["hooks of shop"]["message"]


def test_mending_makes_missing_folders_and_fills_the_pool(shop: OpenWorkspace) -> None:
    """What init makes is made again, and a worktree is kept ready."""
    shutil.rmtree(shop.root / "agent-system" / "active-contexts")
    shutil.rmtree(shop.root / "reports")
    assert "folder-missing" in shop.problems()
    assert list(shop.layout.pool.iterdir()) == []
    assert wrong(shop, fix=True) == {}
    assert (shop.root / "reports").is_dir()
    assert shop.problems() == []
    assert len(list(shop.layout.pool.iterdir())) == 1


def test_mending_makes_the_index_anew(shop: OpenWorkspace) -> None:
    """It is a cache: whatever went missing in it is back afterwards."""
    with closing(sqlite3.connect(shop.layout.index, isolation_level=None)) as other:
        other.execute("DELETE FROM records WHERE seq < 3")
    assert shop.perform("history", limit=1_000)[0]["seq"] == 3
    assert wrong(shop, fix=True) == {}
    assert shop.perform("history", limit=1_000)[0]["seq"] == 1
    assert [x["title"] for x in shop.perform("search", words=["round"])] == ["Apples"]


def test_little_disk_and_an_old_git_are_said(
    shop: OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are looked at before they hurt."""
    monkeypatch.setattr(kernel_git, "OLDEST", (99, 1))
    full = shutil.disk_usage(shop.root)._replace(free=5 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    found = wrong(shop)
    assert set(found) == {"git", "disk"}
    assert found["git"]["hint"] == "Install 99.1."
    assert found["disk"]["message"] == "5 MiB free"


@pytest.mark.parametrize("reason", ["", "The history stops before record 7: x"])
def test_a_running_daemons_history_is_left_to_it(
    shop: OpenWorkspace, reason: str
) -> None:
    """Two writers would be one too many; what the daemon met is passed on."""
    health = Health(1, "2026-01-31T09:30:00.000Z", history=reason)
    shop.workspace.health = health.as_json
    [found] = [x for x in shop.perform("doctor") if x["name"] == "history"]
    expected = (not reason, reason or "kept by the daemon")
    assert (found["well"], found["message"]) == expected
    assert not shop.layout.history.exists()


def test_mending_makes_a_damaged_history_anew(shop: OpenWorkspace) -> None:
    """It is derived: what is left of it is moved aside, and the new one is whole."""
    assert wrong(shop) == {}
    history = shop.layout.history
    before = git(history, "rev-parse", "main")
    (history / "config").write_text("[core\n")
    assert set(wrong(shop)) == {"history"}
    assert wrong(shop, fix=True) == {}
    assert git(history, "rev-parse", "main") == before
    assert "history.git-1" in shop.workspace.notes["history"]
    assert (shop.layout.quarantine / "history.git-1" / "HEAD").is_file()


def test_a_history_of_another_journal_is_no_damage(
    shop: OpenWorkspace, tmp_path: Path, clock: ManualClock
) -> None:
    """It may be the last witness of records that were lost: a person decides."""
    with open_workspace(tmp_path / "other", clock) as other:
        FakeAgent(other.root, "docs").learning("y", "# Pears\n")
        other.perform("doctor")
    shutil.rmtree(shop.layout.history, ignore_errors=True)
    shutil.copytree(other.layout.history, shop.layout.history)
    found = wrong(shop, fix=True)
    assert "not of this journal" in found["history"]["message"]
    assert not list(shop.layout.quarantine.iterdir())


@pytest.mark.slow
def test_a_submitted_commit_that_the_store_lost_is_named(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> None:
    """Whether the whole store is gone, or is another one now."""
    repositories = {"shop": repository}
    with open_workspace(tmp_path / "w", clock, repositories, ["backend"]) as opened:
        agent = FakeAgent(opened.root, "backend")
        agent.branch("login")
        head = agent.commit("login.py", "x")
        folder = str(agent.home)
        opened.call("pending submit", {"title": "Login"}, folder=folder)

        def store() -> dict[str, Any]:
            found: list[dict[str, Any]] = opened.perform("doctor")
            return next(x for x in found if x["name"] == "store")

        assert store()["well"]
        git(agent.home, "switch", "-q", "--detach", "main")
        git(repository, "branch", "-q", "-D", "backend/login")
        shutil.rmtree(opened.layout.store)
        lost = store()
        assert (lost["well"], f"backend-login ({head[:12]})" in lost["message"]) == (
            False,
            True,
        )
        git(opened.root, "init", "-q", "--bare", str(opened.layout.store))
        assert "it lacks the submitted backend-login" in store()["message"]
