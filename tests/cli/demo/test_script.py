import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coordinator.cli.demo import command as demo
from coordinator.cli.demo import script
from coordinator.cli.demo.stage import DemoStage
from coordinator.kernel.errors import External, UsageProblem
from tests.support import commit, git, run_coordinator

pytestmark = pytest.mark.slow
AGENTS = ["backend", "docs", "frontend"]


@pytest.fixture
def rooms() -> Iterator[Path]:
    """A folder for temporary folders, with a path that is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="play-") as folder:
        yield Path(folder).resolve()


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DemoStage:
    """The folders of a demo that has not begun."""
    monkeypatch.setenv("COORDINATOR_AGENT", "docs")
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    folder = tmp_path / "stage"
    folder.mkdir()
    return DemoStage(folder)


def snapshot(repository: Path) -> dict[str, bytes]:
    """Return every file of a repository, its git directory included."""
    files = (x for x in repository.rglob("*") if x.is_file())
    return {str(x): x.read_bytes() for x in files if x.name != "index"}


def ask(place: Path, *argv: str) -> Any:  # noqa: ANN401 - JSON
    """Ask the demo's workspace after the demo."""
    done = run_coordinator(place / "worktrees", *argv, "--json")
    assert (done.code, done.stderr) == (0, "")
    return done.value


def test_the_demo_ends_with_reports_and_the_place_where_all_lies(
    repository: Path, rooms: Path
) -> None:
    """Three agents, from the plan to the final status; the repository is untouched."""
    before = snapshot(repository)
    words = ["demo", "--repo", str(repository)]
    done = run_coordinator(rooms, *words, TMPDIR=str(rooms))
    assert (done.code, done.stderr) == (0, "")
    assert snapshot(repository) == before

    [place] = rooms.glob("coordinator-demo-*")
    told = done.stdout
    assert f"Everything lies in {place} (" in told
    for agent in AGENTS:
        steps = [x for x in told.splitlines() if x.split()[:2] == [agent, "step"]]
        assert [x.split()[2] for x in steps] == ["1", "2", "2", "3", "4", "5", "6"]
        assert "may not make a branch of" in steps[1]
    ends = told[told.rindex(" step 6 ") :]
    looked = [x for x in ends.splitlines() if x.split()[:1] == ["maintainer"]]
    assert "asks for a change" in looked[1]
    assert "+# Greets whoever is named." in ends
    assert sum("approves: " in x for x in looked) == len(AGENTS)
    heads = [x for x in ends.splitlines() if x.startswith("# ")]
    assert sorted(heads[:3]) == [f"# Final status: {x}, greeting" for x in AGENTS]
    assert heads[3] == "# Decisions"
    assert heads[4].startswith("# Daily report since ")
    log = ends[ends.index("# Decisions") :]
    assert all(f": {x.decision}\n" in log for x in script._PARTS)
    assert "- Endpoints: 1 implemented" in ends

    submitted = [x for x in ask(place, "pending", "list") if x["kind"] == "commit"]
    assert sorted(x["agent"] for x in submitted) == AGENTS
    assert {x["state"] for x in submitted} == {"approved"}
    assert {x["agent"]: x["patchset"] for x in submitted} == {
        **dict.fromkeys(AGENTS, 1),
        "backend": 2,
    }
    assert {x["branch"] for x in submitted} == {f"{x}/greeting" for x in AGENTS}
    decided = {x["title"] for x in ask(place, "decision", "list")}
    assert decided == {x.decision for x in script._PARTS}
    status = ask(place, "status")
    assert status["daemon"]["running"] is False
    assert status["problems"] == 0
    assert {x["state"] for x in status["agents"]} == {"done"}
    final = ask(place, "report", "final", "backend")
    assert final["agent"] == "backend"
    assert (place / "worktrees" / "reports").is_dir()


def test_a_repository_without_a_branch_gets_one_for_the_play(
    stage: DemoStage, repository: Path
) -> None:
    """A detached head is cloned as well; work needs something to land on."""
    head = commit(repository, "a.txt", "a\n", "Ahead")
    git(repository, "checkout", "-q", "--detach")
    assert script._clone(stage, repository) == ("project", "main")
    assert git(stage.folder / "project", "rev-parse", "main") == head


def test_the_present_branch_is_what_the_play_lands_on(
    stage: DemoStage, repository: Path
) -> None:
    """It need not be called main."""
    git(repository, "checkout", "-q", "-b", "trunk")
    assert script._clone(stage, repository) == ("project", "trunk")


def test_without_a_repository_a_small_one_is_made(stage: DemoStage) -> None:
    """The demo can be seen anywhere."""
    assert script._clone(stage, None) == ("sample", "main")
    made = stage.folder / "sample"
    assert git(made, "log", "--format=%an %s") == "Demo Agent Begin"


def test_a_step_that_fails_says_where_to_look(stage: DemoStage) -> None:
    """The command, its last words and the folder; what may fail is returned."""
    with pytest.raises(External, match=r"bogus failed: .*bogus") as raised:
        stage.git(stage.folder, "bogus")
    assert str(stage.folder) in raised.value.hint
    assert stage.try_git(stage.folder, "bogus").code == 1


def test_the_play_is_not_led_astray_by_its_caller(stage: DemoStage) -> None:
    """Neither an agent's name nor a git directory of the caller's counts."""
    kept = {x for x in stage.environment if x.startswith(("COORDINATOR_", "GIT_"))}
    assert all(x.startswith(("GIT_AUTHOR_", "GIT_COMMITTER_")) for x in kept)
    assert stage.environment["XDG_CONFIG_HOME"] == str(stage.folder / "config")


def test_the_demo_is_of_the_repository_around_the_folder(
    repository: Path, tmp_path: Path
) -> None:
    """Given or around; without one None stands for a sample."""
    assert demo._repository(repository / "src", "") == repository
    assert demo._repository(tmp_path, "shop/src") == repository
    assert demo._repository(tmp_path, "") is None


@pytest.mark.parametrize("kind", ["missing", "file", "folder", "empty"])
def test_what_cannot_be_cloned_is_a_usage_error(tmp_path: Path, kind: str) -> None:
    """A path that was named must be a repository with a commit."""
    path = tmp_path / "given"
    if kind == "file":
        path.write_text("x")
    elif kind in {"folder", "empty"}:
        path.mkdir()
    if kind == "empty":
        git(path, "init", "-q")
    with pytest.raises(UsageProblem, match=str(path)) as raised:
        demo._repository(tmp_path, "given")
    assert "--repo" in raised.value.hint
