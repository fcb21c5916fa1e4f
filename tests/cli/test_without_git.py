import json
from pathlib import Path

import pytest

from tests.support import CommandLine, DaemonProcess, FakeAgent, git, run_coordinator

MISSING = "The program git is not installed, or not in PATH (PATH=/nonexistent)."
NOTE = f"Note: {MISSING} What git shows is shown as it was seen last.\n"
READING = [
    ["status"],
    ["agent", "list"],
    ["context", "list"],
    ["pending", "list"],
    ["decision", "list"],
    ["learning", "list"],
    ["history"],
    ["search", "login"],
    ["report", "daily"],
    ["report", "decisions"],
    ["worktree", "list"],
]


@pytest.fixture
def shop(
    line: CommandLine, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    """A workspace with a submitted branch, and then no git any more."""
    assert line("init", ".", "--repo", f"shop={repository}").code == 0
    agent = FakeAgent(line.folder, "backend")
    agent.branch("login")
    agent.commit("login.py", "def login(): ...\n")
    agent.pending("login", "---\nbranch: backend/login\n---\n\n# Add login\n")
    assert "submitted" in line("pending", "list").stdout
    monkeypatch.setenv("PATH", "/nonexistent")
    return line


@pytest.mark.parametrize("argv", READING, ids=" ".join)
def test_what_needs_no_git_answers_with_what_was_last_seen(
    shop: CommandLine, argv: list[str]
) -> None:
    """And says so beside the answer, once."""
    done = shop(*argv)
    assert (done.code, done.stderr) == (0, NOTE)
    assert "backend" in done.stdout or argv[0] in {"decision", "learning", "report"}
    as_json = shop(*argv, "--json")
    assert json.loads(as_json.stderr) == {"notes": [NOTE[6:-1]]}
    assert as_json.value is not None


@pytest.mark.parametrize(
    "argv",
    [
        ["pending", "show", "backend-login", "--diff"],
        ["worktree", "add", "docs", "guide"],
        ["worktree", "remove", "docs"],
        ["hooks", "install"],
        ["init", "."],
        ["demo"],
    ],
    ids=" ".join,
)
def test_what_needs_git_says_what_is_missing(
    shop: CommandLine, argv: list[str]
) -> None:
    """One sentence everywhere, with the PATH in which it was looked for."""
    error = shop(*argv, "--json").error
    assert (error["kind"], error["message"]) == ("external", MISSING)
    assert "Install git, or put its folder into PATH" in error["hint"]


def test_check_and_doctor_say_it(shop: CommandLine) -> None:
    """Whoever looks for what is wrong finds it first, and the rest all the same."""
    [found] = shop("check", "--json").value
    assert (found["code"], found["message"]) == ("git-missing", MISSING)
    found = {x["name"]: x for x in shop("doctor", "--json").value}
    assert (found["git"]["well"], found["git"]["message"]) == (False, MISSING)
    assert found["journal"]["well"]


def test_what_was_seen_last_stays_until_git_is_back(
    shop: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Branches are not forgotten, and nothing false is said about them."""
    FakeAgent(shop.folder, "backend").context("State: working\nBranch: backend/login\n")
    [backend] = [x for x in shop("status", "--json").value["agents"] if x["branch"]]
    assert (backend["name"], backend["branch"]) == ("backend", "backend/login")
    assert [x["code"] for x in shop("check", "--json").value] == ["git-missing"]
    listed = {x["agent"]: x for x in shop("worktree", "list", "--json").value}
    assert listed["backend"]["branch"] == "backend/login"
    assert listed["backend"]["dirty"] is None
    assert shop("pending", "show", "backend-login").code == 0
    monkeypatch.undo()
    done = run_coordinator(shop.folder, "check")
    assert (done.stdout, done.stderr) == ("No problems.\n", "")


def test_what_was_recorded_without_git_is_done(
    shop: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The history that git would write waits, and is written by the next command."""
    argv = ["--as", "docs", "context", "set", "--task", "Pages"]
    done = shop(*argv)
    assert done.code == 0
    assert "The history waits: The program git" in done.stderr
    assert shop("context", "list", "--json").value[1]["task"] == "Pages"
    monkeypatch.undo()
    assert run_coordinator(shop.folder, *argv[:-1], "More").code == 0
    history = shop.folder / ".coordinator" / "history.git"
    assert int(git(history, "rev-list", "--count", "main")) > 9


@pytest.mark.slow
def test_a_daemon_without_git_serves_and_says_so(shop: CommandLine) -> None:
    """It looks for git where it was started."""
    with DaemonProcess(shop.folder) as daemon:
        assert shop("status").stderr == NOTE
        assert [x["code"] for x in daemon.ask("check")] == ["git-missing"]
