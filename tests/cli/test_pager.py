"""The pager that the user set, for diffs on a terminal."""

import os
import pty
import subprocess
from pathlib import Path

import pytest

from coordinator.cli import pager
from tests.preloaded import tools
from tests.support import ManualClock, commit, git, open_workspace, user_environment

NAMES = ("GIT_PAGER", "PAGER")


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's own configuration, empty at first."""
    config = tmp_path / "gitconfig"
    config.write_text("")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    return config


@pytest.mark.parametrize(
    ("configured", "environment", "expected"),
    [
        ("", {}, "less"),
        ("", {"PAGER": "more"}, "more"),
        ("[core]\npager = delta\n", {"PAGER": "more"}, "delta"),
        ("[core]\npager = delta\n", {"GIT_PAGER": "cat"}, "cat"),
        ("[core]\npager = a\n[pager]\ndiff = b | less\n", {}, "b | less"),
        ("[core]\npager = a\n[pager]\ndiff = true\n", {}, "a"),
        ("[core]\npager = a\n[pager]\ndiff = false\n", {}, ""),
        ("", {"GIT_PAGER": ""}, ""),
    ],
)
def test_the_pager_is_the_one_that_git_would_use(
    user: Path,
    monkeypatch: pytest.MonkeyPatch,
    configured: str,
    environment: dict[str, str],
    expected: str,
) -> None:
    """git-config(1): pager.<cmd>, then core.pager; GIT_PAGER before both."""
    user.write_text(configured)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert pager._command() == expected


def test_a_repository_names_no_pager(
    user: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its configuration is an agent's, who could have any program run."""
    assert user.exists()
    git(tmp_path, "init", "-q", "evil")
    git(tmp_path / "evil", "config", "core.pager", "touch ran")
    monkeypatch.chdir(tmp_path / "evil")
    assert pager._command() == "less"


def test_nothing_is_paged_into_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    """Only a terminal has somebody who looks."""
    assert pager.show("text") is False
    assert capsys.readouterr().out == ""


@pytest.mark.slow
def test_a_diff_on_a_terminal_has_colours_and_the_users_pager(
    tmp_path: Path, clock: ManualClock, repository: Path, user: Path
) -> None:
    """What `delta` and `diff-so-fancy` read is what git would give them."""
    with open_workspace(tmp_path / "w", clock, {"shop": repository}) as opened:
        git(repository, "checkout", "-q", "-b", "backend/login")
        commit(repository, "a.py", "x = 1\n", "Add login")
        git(repository, "checkout", "-q", "main")
        opened.perform("pending submit", branch="backend/login", title="Login")
    user.write_text("[core]\npager = tee paged | cat -v\n")
    argv = [*tools.command({}), "pending", "show", "backend-login", "--diff"]
    own, theirs = pty.openpty()
    done = subprocess.run(
        argv,
        cwd=tmp_path / "w",
        env=user_environment({"GIT_CONFIG_GLOBAL": str(user), "TERM": "xterm"}),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(theirs)
    assert done.stderr == b""
    assert b"^[[32m+x = 1^[[m" in os.read(own, 1 << 16)
    os.close(own)
    paged = (tmp_path / "w" / "paged").read_text()
    assert "\x1b[1mdiff --git a/a.py b/a.py\x1b[m\n" in paged
