"""Fakes with names, and real repositories, for every test."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

GIT_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Author",
    "GIT_AUTHOR_EMAIL": "author@example.org",
    "GIT_AUTHOR_DATE": "2026-01-31T09:00:00Z",
    "GIT_COMMITTER_NAME": "Author",
    "GIT_COMMITTER_EMAIL": "author@example.org",
    "GIT_COMMITTER_DATE": "2026-01-31T09:00:00Z",
    "GIT_ALLOW_PROTOCOL": "file",
    "LC_ALL": "C",
}


@dataclass
class ManualClock:
    """A clock that stands still until it is told to go on."""

    moment: datetime = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **amount: float) -> None:
        """Move on by a timedelta's arguments: `advance(minutes=5)`."""
        self.moment += timedelta(**amount)


def git(where: Path, *args: str, check: bool = True, **extra: str) -> str:
    """Run the user's own git, hooks included, and return what it printed."""
    done = try_git(where, *args, **extra)
    if check and done.returncode:
        message = f"git {' '.join(args)}: {done.stderr}"
        raise AssertionError(message)
    return done.stdout.strip()


def try_git(where: Path, *args: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run the user's own git and return how it ended."""
    return subprocess.run(
        ["git", *args],
        cwd=where,
        env=user_environment(extra),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def user_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a hermetic environment for programs that a user would start."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return {**kept, **GIT_ENVIRONMENT, **(extra or {})}


def make_template(path: Path) -> Path:
    """Make a repository with one commit on `main`: a README and two sources."""
    path.mkdir(parents=True)
    git(path, "init", "-q", "-b", "main")
    (path / "README.md").write_text("# Shop\n")
    (path / "src").mkdir()
    (path / "src" / "cart.py").write_text("TOTAL = 0\n")
    (path / "src" / "login.py").write_text("USERS = []\n")
    (path / ".gitignore").write_text("*.log\n")
    git(path, "add", "-A")
    git(path, "commit", "-q", "-m", "Start the shop")
    return path


def copy_template(template: Path) -> Callable[[Path], Path]:
    """Return a function that makes a fresh repository at a path (a plain copy)."""

    def make(path: Path) -> Path:
        shutil.copytree(template, path)
        return path

    return make


def commit(where: Path, name: str, text: str, message: str) -> str:
    """Write one file, commit it, and return the commit's id."""
    target = where / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    git(where, "add", "--", name)
    git(where, "commit", "-q", "-m", message)
    return git(where, "rev-parse", "HEAD")
