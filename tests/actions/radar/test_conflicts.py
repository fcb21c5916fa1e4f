"""Whose work does not merge with whose: found, told once, shown, and over again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from coordinator.actions.reports import views
from tests.support import (
    DaemonProcess,
    FakeAgent,
    ManualClock,
    OpenWorkspace,
    commit,
    git,
    open_workspace,
    wait_for,
)

pytestmark = pytest.mark.slow
LINES = [f"line {x}\n" for x in range(20)]


def text(**changed: str) -> str:
    """Return the common file with some lines changed: `_3="other"`."""
    lines = list(LINES)
    for place, line in changed.items():
        lines[int(place[1:])] = f"{line}\n"
    return "".join(lines)


@pytest.fixture
def shop(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> Iterator[OpenWorkspace]:
    """A workspace whose repository has one common file, and three agents."""
    commit(repository, "common.txt", "".join(LINES), "Share a file")
    agents = ["backend", "frontend", "docs"]
    where = tmp_path / "w"
    with open_workspace(where, clock, {"shop": repository}, agents) as made:
        yield made


def pairs(shop: OpenWorkspace) -> list[tuple[list[str], list[str]]]:
    """Return the agents whose work does not merge, each with the paths."""
    found = shop.perform("conflicts")["pairs"]
    return [(x["agents"], x["paths"]) for x in found]


def inbox(shop: OpenWorkspace, agent: str) -> list[str]:
    """Return the subjects of what an agent was sent."""
    return [x["subject"] for x in shop.call("inbox", {}, agent=agent)]


def write(
    shop: OpenWorkspace, name: str, content: str, path: str = "common.txt"
) -> Path:
    """Have an agent write a file that it does not commit."""
    target = FakeAgent(shop.root, name).home / path
    target.write_text(content)
    return target


def test_uncommitted_work_counts(shop: OpenWorkspace) -> None:
    """Two who change one line are told, both, once; a third who does not is not."""
    assert pairs(shop) == []
    write(shop, "backend", text(_3="mine"))
    write(shop, "frontend", text(_3="yours"))
    write(shop, "docs", text(_15="far away"))
    for _ in range(2):
        assert pairs(shop) == [(["backend", "frontend"], ["common.txt"])]
    told = "Your work in shop does not merge with that of {}"
    assert inbox(shop, "backend") == [told.format("frontend")]
    assert inbox(shop, "frontend") == [told.format("backend")]
    assert inbox(shop, "docs") == []
    assert len(shop.records("conflict.found")) == 1


def test_looking_changes_nothing_in_the_repository(
    shop: OpenWorkspace, repository: Path
) -> None:
    """No object, ref or index of an agent's is written."""
    write(shop, "backend", text(_3="mine"))
    write(shop, "frontend", "new\n", "new.txt")
    git(repository, "status")
    files = [x for x in (repository / ".git").rglob("*") if x.is_file()]
    before = {x: x.read_bytes() for x in files}
    pairs(shop)
    after = [x for x in (repository / ".git").rglob("*") if x.is_file()]
    assert {x: x.read_bytes() for x in after} == before


def test_what_is_over_is_recorded_and_may_come_again(shop: OpenWorkspace) -> None:
    """A new path of a known pair is told by itself."""
    write(shop, "backend", text(_3="mine"))
    mine = write(shop, "frontend", text(_3="yours"))
    assert len(pairs(shop)) == 1
    write(shop, "backend", "a\n", "new.txt")
    write(shop, "frontend", "b\n", "new.txt")
    assert pairs(shop) == [(["backend", "frontend"], ["common.txt", "new.txt"])]
    [_, second] = shop.call("inbox", {}, agent="backend")
    assert "- new.txt" in second["body"]
    assert "- common.txt" not in second["body"]
    mine.write_text("".join(LINES))
    (mine.parent / "new.txt").unlink()
    assert pairs(shop) == []
    assert len(shop.records("conflict.ended")) == 1
    mine.write_text(text(_3="again"))
    assert len(pairs(shop)) == 1
    assert len(inbox(shop, "frontend")) == 3


def test_a_restart_tells_nothing_again(shop: OpenWorkspace) -> None:
    """What was found stands in the journal."""
    write(shop, "backend", text(_3="mine"))
    write(shop, "frontend", text(_3="yours"))
    assert len(pairs(shop)) == 1
    shop.workspace.radar.clear()
    shop.workspace.compared.clear()
    assert len(pairs(shop)) == 1
    assert len(inbox(shop, "backend")) == 1


def test_work_that_the_target_left_behind_is_told_to_its_agent(
    shop: OpenWorkspace, repository: Path
) -> None:
    """And a proposal that does not merge is its author's turn."""
    agent = FakeAgent(shop.root, "backend")
    agent.branch("login")
    agent.commit("common.txt", text(_3="mine"))
    agent.pending("login", "# Login\n\nBranch: backend/login\n")
    [item] = shop.perform("pending list")
    assert item["turn"] == "maintainers"
    commit(repository, "common.txt", text(_3="landed"), "Land")
    found = shop.perform("conflicts")
    assert found["pairs"] == []
    [own] = found["with_target"]
    assert (own["agents"], own["work"]) == (["backend"], "backend-login")
    [item] = shop.perform("pending list")
    assert item["turn"] == "backend"
    assert "merges" in [x["name"] for x in item["requirements"]]
    assert inbox(shop, "backend") == ["Your work in shop does not merge with main"]
    git(agent.home, "reset", "-q", "--hard", "main")
    agent.commit("common.txt", text(_3="landed", _5="mine"))
    assert shop.perform("conflicts")["with_target"] == []
    [item] = shop.perform("pending list")
    lacking = [x["name"] for x in item["requirements"]]
    assert lacking == ["approved", "own paths"]


def test_the_board_shows_conflicts(shop: OpenWorkspace) -> None:
    """As long as they last."""
    write(shop, "backend", text(_3="mine"))
    mine = write(shop, "frontend", text(_3="yours"))
    pairs(shop)
    board = shop.root / "agent-system/active-contexts/BOARD.md"
    views.refresh(shop.workspace)
    assert "- backend and frontend in shop: common.txt" in board.read_text()
    mine.write_text("".join(LINES))
    pairs(shop)
    views.refresh(shop.workspace)
    assert "## Conflicts" not in board.read_text()


def propose(shop: OpenWorkspace, name: str, content: str, feature: str = "x") -> None:
    """Have an agent propose a branch with the common file so."""
    agent = FakeAgent(shop.root, name)
    agent.branch(feature)
    agent.commit("common.txt", content)
    agent.pending(feature, f"# X\n\nBranch: {name}/{feature}\n")


def test_the_plan_lands_as_many_as_it_can_without_a_conflict(
    shop: OpenWorkspace,
) -> None:
    """One in the midst of two others comes after them."""
    propose(shop, "docs", text(_3="a", _15="b"))
    propose(shop, "backend", text(_3="mine"))
    propose(shop, "frontend", text(_15="yours"))
    found = shop.perform("conflicts", plan=True)
    assert found["plan"] == ["backend-x", "frontend-x", "docs-x"]
    agents = [x["agents"] for x in found["pairs"]]
    assert agents == [["backend", "docs"], ["docs", "frontend"]]


def test_the_plan_knows_what_of_one_agent_does_not_merge(
    shop: OpenWorkspace,
) -> None:
    """Nobody is told of their own two branches, but both cannot land."""
    propose(shop, "backend", text(_3="a", _15="b"))
    git(FakeAgent(shop.root, "backend").home, "checkout", "-q", "--detach", "main")
    propose(shop, "backend", text(_3="c"), "y")
    git(FakeAgent(shop.root, "backend").home, "checkout", "-q", "--detach", "main")
    propose(shop, "backend", text(_15="d"), "z")
    found = shop.perform("conflicts", plan=True)
    assert found["plan"] == ["backend-y", "backend-z", "backend-x"]
    assert found["pairs"] == []
    assert shop.records("conflict.found") == []


def test_a_worktree_that_cannot_be_read_is_said_so(shop: OpenWorkspace) -> None:
    """It ends no conflict, and keeps nobody else from being compared."""
    write(shop, "backend", text(_3="mine"))
    write(shop, "frontend", text(_3="yours"))
    assert len(pairs(shop)) == 1
    entry = FakeAgent(shop.root, "frontend").home / ".git"
    kept = entry.read_text()
    entry.unlink()
    write(shop, "docs", text(_3="theirs"))
    notes = shop.notes("conflicts")
    assert any(x.startswith("shop-frontend could not be compared") for x in notes)
    assert pairs(shop) == [(["backend", "docs"], ["common.txt"])]
    assert shop.records("conflict.ended") == []
    entry.write_text(kept)
    assert len(pairs(shop)) == 3


def test_each_repository_is_compared_by_itself(
    shop: OpenWorkspace, tmp_path: Path
) -> None:
    """And one may be asked for by its name."""
    other = tmp_path / "till"
    other.mkdir()
    git(other, "init", "-q", "-b", "main")
    commit(other, "common.txt", "".join(LINES), "Begin")
    shop.perform("init", workspace=str(shop.root), repo=[f"till={other}"])
    for repository in ("shop", "till"):
        for name in ("backend", "frontend"):
            home = FakeAgent(shop.root, name, repository).home
            (home / "common.txt").write_text(text(_3=name))
    found = shop.perform("conflicts")["pairs"]
    assert sorted(x["repository"] for x in found) == ["shop", "till"]
    [only] = shop.perform("conflicts", repository="till")["pairs"]
    assert only["repository"] == "till"


@pytest.mark.slow(4)
def test_the_daemon_keeps_it_fresh(tmp_path: Path, repository: Path) -> None:
    """When a worktree changes, whoever asks nothing is told all the same."""
    commit(repository, "common.txt", "".join(LINES), "Share a file")
    where = tmp_path / "w"
    agents = ["backend", "frontend"]
    with open_workspace(where, ManualClock(), {"shop": repository}, agents) as made:
        settings = made.layout.settings
        wanted = "[watch]\nconflicts_seconds = 0.1\n"
        settings.write_text(settings.read_text().replace("[watch]\n", wanted))
    board = where / "agent-system/active-contexts/BOARD.md"

    def shown() -> bool:
        return board.exists() and "## Conflicts" in board.read_text()

    with DaemonProcess(where):
        for name in agents:
            home = FakeAgent(where, name).home
            (home / "common.txt").write_text(text(_3=name))
        wait_for(shown)
        (FakeAgent(where, "backend").home / "common.txt").write_text("".join(LINES))
        wait_for(lambda: not shown())
