import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from coordinator.cli import local_commands
from coordinator.kernel.disk import locks
from coordinator.workspace.layout import Layout
from tests.support import (
    CommandLine,
    DaemonProcess,
    a_bug_in,
    git,
    run_coordinator,
    user_environment,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def shop(line: CommandLine, repository: Path) -> CommandLine:
    """The same with a repository, so with worktrees."""
    assert line("init", ".", "--repo", f"shop={repository}").code == 0
    return line


def test_launch_starts_a_program_as_the_agent(shop: CommandLine) -> None:
    """In its home worktree, with its name, the program's own options untouched."""
    script = 'pwd; echo "$COORDINATOR_AGENT $COORDINATOR_WORKSPACE $1"; exit 7'
    argv = ["agent", "launch", "docs", "--", "sh", "-c", script, "sh", "--json"]
    done = run_coordinator(shop.folder, *argv)
    home = shop.folder / "shop-docs"
    assert (done.code, done.stderr) == (7, "")
    assert done.stdout == f"{home}\ndocs {shop.folder} --json\n"


def test_a_launched_program_can_call_us(shop: CommandLine) -> None:
    """What it asks for is done as that agent."""
    call = [sys.executable, "-m", "coordinator.entry", "context", "set"]
    argv = ["agent", "launch", "docs", "--", *call, "--task", "Pages", "--json"]
    done = run_coordinator(shop.folder, *argv)
    assert (done.code, done.stderr) == (0, "")
    assert (done.value["name"], done.value["task"]) == ("docs", "Pages")


def test_a_launched_program_has_the_environment_that_it_would_have(
    shop: CommandLine,
) -> None:
    """Its Python finds the modules of the agent's own worktree."""
    (shop.folder / "shop-docs" / "carts.py").write_text("print('found')\n")
    argv = ["agent", "launch", "docs", "--", sys.executable, "-c", "import carts"]
    done = subprocess.run(
        [sys.executable, "-m", "coordinator.entry", *argv],
        cwd=shop.folder,
        env=user_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("found\n", 0), done.stderr


def test_a_program_that_is_not_there_is_said(shop: CommandLine) -> None:
    """It is named, and nothing was started."""
    for name in ("no-such-program", "./no-such-program"):
        done = shop("agent", "launch", "docs", "--json", "--", name, "--x")
        assert (done.code, done.error["kind"]) == (1, "external")
        assert name in done.error["message"]
        assert name in done.error["hint"]


@pytest.mark.parametrize("case", ["unknown", "no repository", "deleted", "other"])
def test_without_a_home_worktree_nothing_is_launched(
    line: CommandLine, repository: Path, case: str
) -> None:
    """The hint names the command that makes one."""
    if case != "no repository":
        assert line("init", ".", "--repo", f"shop={repository}").code == 0
    if case == "deleted":
        git(repository, "worktree", "remove", str(line.folder / "shop-docs"))
    agent = "nobody" if case == "unknown" else "docs"
    more = ["--repository", "till"] if case == "other" else []
    done = line("agent", "launch", *more, agent, "true", "--json")
    assert (done.code, done.error["kind"]) == (1, "not_found")
    assert done.error["message"] == f"{agent} has no home worktree."
    assert "worktree repair" in done.error["hint"]


def test_of_several_repositories_the_named_ones_worktree_is_used(
    shop: CommandLine, make_repository: Callable[[Path], Path], tmp_path: Path
) -> None:
    """`--repository` chooses."""
    till = make_repository(tmp_path / "till")
    assert shop("init", ".", "--repo", f"till={till}").code == 0
    argv = ["agent", "launch", "--repository", "till", "docs", "pwd"]
    done = run_coordinator(shop.folder, *argv)
    assert done.stdout == f"{shop.folder / 'till-docs'}\n"


def test_completion_is_for_shells_that_we_know(line: CommandLine) -> None:
    """What is printed for bash is bash; another shell's name is a usage error."""
    script = line("completion", "bash").stdout
    checked = subprocess.run(["bash", "-n"], input=script, text=True, check=False)
    assert checked.returncode == 0
    assert {line("completion", x).stdout for x in ("zsh", "fish")} != {script}
    done = line("completion", "tcsh", "--json")
    assert (done.code, done.error["kind"]) == (2, "usage")
    assert "bash" in done.error["message"]


def test_init_twice_answers_the_same_and_changes_nothing(shop: CommandLine) -> None:
    """Repeating it is safe, from inside or outside, by any way to write the path."""
    first = shop("init", ".", "--json")
    assert first.code == 0
    assert first.value["workspace"] == str(shop.folder)
    assert [x["problem"] for x in first.value["worktrees"]] == ["", "", ""]
    last = shop("status", "--json").value["records"]
    shop.folder = shop.folder.parent
    assert shop("init", "work/../work", "--json").value == first.value
    again = shop("status", "--json", "--workspace", "work")
    assert again.value["records"] == last


def test_init_tells_people_what_it_made(shop: CommandLine) -> None:
    """Repositories, agents and worktrees, a line each."""
    told = shop("init", ".").stdout.splitlines()
    assert f"workspace: {shop.folder}" in told
    assert "agents: backend; docs; frontend" in told
    home = shop.folder / "shop-docs"
    assert f"  - agent docs, path {home}" in told


def test_init_is_done_by_the_daemon_where_one_runs(line: CommandLine) -> None:
    """What is missing is added, and the daemon's refusal has its own kind."""
    with DaemonProcess(line.folder):
        done = line("init", ".", "--agent", "tester", "--json")
        assert (done.code, done.value["agents"][-1]) == (0, "tester")
        assert line("init", ".", "--target", "trunk").code == 0
        refused = line("init", ".", "--target", "other", "--json")
        assert (refused.code, refused.error["kind"]) == (1, "conflict")
        assert "trunk" in refused.error["message"]
        wrong = line("init", ".", "--repo", "shop", "--json")
        assert (wrong.code, wrong.error["kind"]) == (2, "usage")


def test_the_same_key_makes_init_once(line: CommandLine) -> None:
    """A key reaches the action also on the caller's own side."""
    one = line("init", ".", "--agent", "one", "--key", "k", "--json")
    two = line("init", ".", "--agent", "two", "--key", "k", "--json")
    assert one.value == two.value
    assert "two" not in json.dumps(line("agent", "list", "--json").value)


def test_up_says_which_daemon_runs_already(line: CommandLine) -> None:
    """In the foreground that is a conflict, detached it is what was wanted."""
    with DaemonProcess(line.folder) as daemon:
        for more in ([], ["--quiet"]):
            done = line("up", "--json", *more)
            assert (done.code, done.error["kind"]) == (1, "conflict")
            assert str(daemon.pid) in done.error["message"]
            assert "coordinator down" in done.error["hint"]
        detached = line("up", "--detach", "--json")
        assert detached.code == 0
        assert detached.value == {
            "running": True,
            "pid": daemon.pid,
            "workspace": str(line.folder),
            "url": None,
        }


def test_a_bug_is_shown_where_no_file_can_keep_it(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The traceback is printed rather than lost."""
    (tmp_path / "state").write_text("no folder")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with a_bug_in("status"):
        done = line("status")
    assert (done.code, done.stdout) == (3, "")
    assert "Traceback" in done.stderr


def test_the_manuals_tree_has_every_command_and_runs_none() -> None:
    """Those of the caller's own side stand beside the registry's."""
    tree = local_commands.tree()
    assert {"up", "completion", "demo", "init", "status"} <= set(tree.commands)
    group = tree.commands["agent"]
    assert "launch" in getattr(group, "commands", {})


@pytest.mark.parametrize(
    "argv",
    [["status"], ["init", "."], ["agent", "launch", "docs", "true"]],
)
def test_a_workspace_that_another_process_keeps_is_a_conflict(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch, argv: list[str]
) -> None:
    """Who waits in vain hears for what, and nothing is done meanwhile."""
    monkeypatch.setattr(local_commands, "_PATIENCE_SECONDS", 0.0)
    lock = Layout(line.folder).lock
    with locks.hold(lock, seconds=0):
        done = line("--json", *argv)
        assert (done.code, done.error["kind"]) == (1, "conflict")
        assert str(lock) in done.error["message"]
    assert line("status").code == 0
