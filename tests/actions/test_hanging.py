import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from coordinator.actions.git_state import look
from coordinator.kernel import git as kernel_git
from coordinator.kernel.errors import CoordinatorError
from coordinator.kernel.system import processes
from coordinator.kernel.system.start_errors import TimedOut
from tests.support import (
    FakeAgent,
    ManualClock,
    OpenWorkspace,
    commit,
    git,
    open_workspace,
)

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look ends sooner than after ten seconds."""
    monkeypatch.setattr(kernel_git, "LOOK_SECONDS", 1.5)


@pytest.fixture
def till(make_repository: Callable[[Path], Path], tmp_path: Path) -> Path:
    """A second repository."""
    return make_repository(tmp_path / "till")


@pytest.fixture
def opened(
    tmp_path: Path, clock: ManualClock, repository: Path, till: Path
) -> Iterator[OpenWorkspace]:
    """A workspace with two repositories, and a branch in each."""
    both = {"shop": repository, "till": till}
    with open_workspace(tmp_path / "w", clock, both, ["ana", "ben"]) as made:
        for name in both:
            FakeAgent(made.root, "ana", name).branch(f"first-{name}")
        made.perform("status")
        yield made


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    """A file that git would read for ever."""
    os.mkfifo(tmp_path / "fifo")
    return tmp_path / "fifo"


def hang(repository: Path, fifo: Path) -> None:
    """Let one line of a repository's configuration keep every git waiting."""
    git(repository, "config", "include.path", str(fifo))


def mend(repository: Path) -> None:
    """Take the line away, as a person does with an editor."""
    config = repository / ".git" / "config"
    lines = config.read_text().split("\n")
    config.write_text(
        "\n".join(x for x in lines if "include" not in x and x[-4:] != "fifo")
    )


def trees(opened: OpenWorkspace) -> dict[str, str]:
    """Return the states of all worktrees, by folder."""
    return {Path(x["path"]).name: x["state"] for x in opened.perform("worktree list")}


def problems(opened: OpenWorkspace) -> dict[str, str]:
    """Return all problems: their codes by path."""
    return {x["path"]: x["code"] for x in opened.perform("check")}


def test_a_repository_that_hangs_is_a_problem_and_the_others_go_on(
    opened: OpenWorkspace, repository: Path, fifo: Path
) -> None:
    """What waits for one holds up nobody else; mended, the problem goes."""
    hang(repository, fifo)
    ben = FakeAgent(opened.root, "ben", "till")
    ben.branch("carts")
    head = ben.commit("a.txt", "a\n")
    ben.pending("carts", "# Carts\n\nBranch: ben/carts\n")
    [found] = opened.perform("check")
    assert (found["path"], found["code"]) == ("shop", "repository-unreadable")
    assert "did not finish in 1.5 s" in found["message"]
    [item] = opened.perform("pending list")
    assert (item["state"], item["commit"]) == ("submitted", head)
    mend(repository)
    assert problems(opened) == {}


def test_a_call_waits_for_it_once(
    opened: OpenWorkspace,
    repository: Path,
    fifo: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever part of the look found out that it hangs."""
    waited: list[TimedOut] = []
    run = processes.run

    def counting(*args: Any, **named: Any) -> processes.Completed:  # noqa: ANN401 - as given
        try:
            return run(*args, **named)
        except TimedOut as error:
            waited.append(error)
            raise

    monkeypatch.setattr(processes, "run", counting)
    hang(repository, fifo)
    assert set(trees(opened).values()) == {"unreadable", "ready"}
    assert len(waited) == 1


def test_what_was_known_of_it_stays(
    opened: OpenWorkspace,
    repository: Path,
    fifo: Path,
) -> None:
    """Also where the next process has never seen it answer."""

    def branches() -> set[str]:
        rows = opened.workspace.index.rows("SELECT branch FROM heads")
        return {x["branch"] for x in rows}

    hang(repository, fifo)
    assert problems(opened) == {"shop": "repository-unreadable"}
    assert {"ana/first-shop", "ana/first-till"} <= branches()
    opened.workspace.git_state.forget()
    assert problems(opened) == {"shop": "repository-unreadable"}
    assert {"ana/first-shop", "ana/first-till"} <= branches()


def test_what_hung_is_not_tried_again_before_something_changes(
    opened: OpenWorkspace, repository: Path, fifo: Path
) -> None:
    """One look for each change, whoever asks."""
    hang(repository, fifo)
    opened.perform("status")
    assert look.due(opened.workspace) == []
    git(repository.parent / "till", "branch", "ana/more")
    [due_look] = look.due(opened.workspace)
    assert due_look.repository == "till"
    mend(repository)
    assert {x.repository for x in look.due(opened.workspace)} == {"shop", "till"}


def test_its_worktrees_are_unreadable_and_the_others_are_shown(
    opened: OpenWorkspace, repository: Path, fifo: Path
) -> None:
    """All are listed, after one short limit."""
    hang(repository, fifo)
    assert trees(opened) == {
        "shop-ana": "unreadable",
        "shop-ben": "unreadable",
        "till-ana": "ready",
        "till-ben": "ready",
    }
    found = {x["name"]: x for x in opened.perform("doctor")}
    assert "did not finish" in found["hooks of shop"]["message"]
    assert found["hooks of till"]["well"]
    assert not found["worktrees"]["well"]


@pytest.mark.slow(5)
def test_a_worktree_that_hangs_by_itself_is_named(
    opened: OpenWorkspace, repository: Path, fifo: Path
) -> None:
    """A worktree may have a configuration of its own; `check` says why it is silent."""
    git(repository, "config", "extensions.worktreeConfig", "true")
    home = opened.root / "shop-ana"
    git(home, "config", "--worktree", "include.path", str(fifo))
    assert problems(opened) == {"shop-ana": "worktree-unreadable"}
    assert trees(opened)["shop-ana"] == "unreadable"
    assert trees(opened)["shop-ben"] == "ready"
    assert problems(opened) == {"shop-ana": "worktree-unreadable"}


def test_a_worktree_that_cannot_be_looked_at_is_told_by_check(
    opened: OpenWorkspace, repository: Path
) -> None:
    """Whatever keeps git from it; once it can be read again, the problem goes."""
    assert repository.is_dir()
    entry = Path(git(opened.root / "shop-ana", "rev-parse", "--absolute-git-dir"))
    index = (entry / "index").read_bytes()
    (entry / "index").unlink()
    os.mkfifo(entry / "index")
    assert trees(opened)["shop-ana"] == "unreadable"
    assert problems(opened) == {"shop-ana": "worktree-unreadable"}
    (entry / "index").unlink()
    (entry / "index").write_bytes(index)
    assert trees(opened)["shop-ana"] == "ready"
    assert problems(opened) == {}


def test_nothing_is_begun_with_a_repository_that_hangs(
    opened: OpenWorkspace, repository: Path, fifo: Path
) -> None:
    """It is refused with the reason."""
    hang(repository, fifo)
    where = {"agent": "ana", "repository": "shop"}
    asked: list[tuple[str, dict[str, Any]]] = [
        ("worktree add", {**where, "feature": "x"}),
        ("worktree remove", where),
        ("worktree restore", where),
        ("hooks install", {}),
        ("hooks uninstall", {}),
    ]
    for action, values in asked:
        with pytest.raises(CoordinatorError, match="did not finish in"):
            opened.perform(action, **values)


def test_repair_tells_what_hangs_and_mends_the_rest(
    opened: OpenWorkspace, repository: Path, till: Path, fifo: Path
) -> None:
    """One repository does not keep the others from it."""
    hang(repository, fifo)
    git(till, "worktree", "remove", "--force", str(opened.root / "till-ana"))
    done = {Path(x["path"]).name: x for x in opened.perform("worktree repair")}
    assert done["till-ana"]["done"] == "added"
    assert done["shop-ana"]["done"] == "failed"
    assert "did not finish" in done["shop-ana"]["problem"]


def test_a_new_repository_that_hangs_is_refused(
    opened: OpenWorkspace,
    make_repository: Callable[[Path], Path],
    tmp_path: Path,
    fifo: Path,
) -> None:
    """Nobody waits for it once for each agent."""
    third = make_repository(tmp_path / "third")
    hang(third, fifo)
    with pytest.raises(CoordinatorError, match="did not finish in"):
        opened.perform("init", workspace=str(opened.root), repo=[f"third={third}"])


def test_a_branch_that_cannot_be_fetched_is_told_with_the_reason(
    opened: OpenWorkspace, repository: Path
) -> None:
    """It is not said to be missing; and it is submitted once it can be."""
    ana = FakeAgent(opened.root, "ana")
    head = ana.commit("a.txt", "a\n")
    opened.perform("status")
    path = ana.pending("first", "# First\n\nBranch: ana/first-shop\n")
    objects = repository / ".git" / "objects"
    tree = git(ana.home, "rev-parse", f"{head}^{{tree}}")
    hidden = objects / tree[:2] / tree[2:]
    kept = hidden.read_bytes()
    hidden.unlink()
    found = [x for x in opened.perform("check") if x["path"] == path]
    assert [x["code"] for x in found] == ["branch-not-taken"]
    assert (
        "ana/first-shop cannot be taken from shop: git fetch failed"
        in found[0]["message"]
    )
    assert found[0]["hint"]
    assert opened.problems(path) == ["branch-not-taken"]
    hidden.write_bytes(kept)
    [item] = opened.perform("pending list")
    assert item["state"] == "draft", "nothing changed that could be seen"
    assert opened.problems(path) == [], "check tries once more"
    [item] = opened.perform("pending list")
    assert (item["state"], item["commit"]) == ("submitted", head)


def test_what_was_missing_is_fetched_once_it_came(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> None:
    """A shallow clone that is made whole needs no word to anybody."""
    commit(repository, "a.txt", "a\n", "A")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "thin")
    with open_workspace(tmp_path / "w", clock, {"thin": tmp_path / "thin"}) as opened:
        agent = FakeAgent(opened.root, "backend", "thin")
        agent.branch("carts")
        agent.commit("b.txt", "b\n")
        path = agent.pending("carts", "# Carts\n\nBranch: backend/carts\n")
        [problem] = [x for x in opened.perform("check") if x["path"] == path]
        assert "thin is a shallow clone" in problem["message"]
        assert "git fetch --unshallow" in problem["hint"]
        git(tmp_path / "thin", "fetch", "-q", "--unshallow")
        [item] = opened.perform("pending list")
        assert item["state"] == "submitted"
