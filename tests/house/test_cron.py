"""The lines for cron in the pages, run as cron runs them."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from coordinator.workspace import tokens
from tests.support import FakeAgent, ManualClock, open_workspace

PAGES = Path(__file__).parents[2].glob("docs/*.md")
LINE = re.compile(r"^(?:(?:[0-9*/,-]+ +){5}|@[a-z]+ +)(\S.*)$", re.MULTILINE)
LINES = [x for page in PAGES for x in LINE.findall(page.read_text("utf-8"))]
Cron = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.slow


@pytest.fixture
def home(
    tmp_path: Path,
    repository: Path,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A person's home: the program in ~/.local/bin, a workspace in ~/worktrees."""
    folder = tmp_path / "home"
    (folder / ".local/bin").mkdir(parents=True)
    program = folder / ".local/bin/coordinator"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m coordinator "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    with open_workspace(folder / "worktrees", clock, {"shop": repository}):
        assert tokens.own()
    return folder


@pytest.fixture
def cron(home: Path) -> Cron:
    """Run a line as cron does: a shell, nearly no environment, the home's folder."""

    def run(line: str, path: str = "/usr/bin:/bin") -> subprocess.CompletedProcess[str]:
        given = {"HOME": str(home), "LOGNAME": "ann", "SHELL": "/bin/sh", "PATH": path}
        return subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=home,
            env=given,
            capture_output=True,
            text=True,
            check=False,
        )

    if cron_lacks_git := run("command -v git").returncode:
        pytest.skip(f"no git where cron looks for it (exit {cron_lacks_git})")
    return run


def test_every_line_for_cron_runs_in_cron(home: Path, cron: Cron) -> None:
    """As it stands: what it asks for is written, and no mail is sent."""
    assert len(LINES) == 2
    for line in LINES:
        done = cron(line)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), line
    assert "# Daily report" in (home / "daily.md").read_text()
    assert (home / "problems.txt").read_text() == "No problems.\n"


def test_a_line_that_looks_for_problems_mails_just_these(
    home: Path, cron: Cron
) -> None:
    """What is wrong is printed; where nothing could be looked at, that is."""
    [line] = [x for x in LINES if " check" in x]
    FakeAgent(home / "worktrees", "backend").context("State: mystery\n")
    done = cron(line)
    assert "unknown-state" in done.stdout
    assert done.stderr == ""
    missing = cron(line.replace(".local/bin", "bin"))
    assert "unknown-state" not in missing.stdout
    assert "not found" in missing.stderr


def test_a_line_without_git_says_so(home: Path, cron: Cron) -> None:
    """It answers what it can, and tells what is missing; nothing breaks."""
    for line in LINES:
        done = cron(line, path=str(home))
        assert "Traceback" not in done.stderr
        assert "The program git is not installed, or not in PATH" in done.stderr
    assert "# Daily report" in (home / "daily.md").read_text()
    assert "git-missing" in (home / "problems.txt").read_text()
