"""Fakes with names, and real repositories, for every test."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from coordinator import entry
from coordinator.actions.admin import init
from coordinator.daemon import client
from coordinator.daemon.dispatcher import Dispatcher, Request
from coordinator.kernel.clock import Clock
from coordinator.kernel.disk import locks
from coordinator.kernel.disk.locks import Held
from coordinator.kernel.journal import Record
from coordinator.workspace import registry, tokens
from coordinator.workspace.layout import Layout
from coordinator.workspace.workspace import Workspace
from tests.conforming import faults_of
from tests.preloaded import tools

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
# What is waited for ends the wait: this long only where it never comes.
PATIENCE_SECONDS = 120.0


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
        timeout=PATIENCE_SECONDS,
    )


def user_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a hermetic environment for programs that a user would start."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    # In CI no command leaves a daemon behind.
    return {**kept, **GIT_ENVIRONMENT, "CI": "1", **(extra or {})}


def make_template(path: Path) -> Path:
    """Make a repository with one commit on `main`: a README and two sources."""
    path.mkdir(parents=True)
    git(path, "init", "-q", "-b", "main")
    git(path, "config", "maintenance.auto", "false")  # it would go on beside a copy
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


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended, and what it printed."""

    code: int
    stdout: str
    stderr: str

    @property
    def value(self) -> Any:  # noqa: ANN401 - a JSON value
        """What it printed as JSON."""
        return json.loads(self.stdout)

    @property
    def error(self) -> dict[str, str]:
        """The error that it printed as JSON on standard error."""
        found: dict[str, str] = json.loads(self.stderr)["error"]
        return found


def run_coordinator(
    cwd: Path, *argv: str | bytes, stdin: str | bytes = "", **env: str
) -> Ended:
    """Run a command line as its users do, in a process of its own."""
    done = subprocess.run(
        [*tools.command(env), *argv],
        cwd=cwd,
        env=user_environment({"PYTHONSAFEPATH": "1", **env}),
        input=stdin if isinstance(stdin, bytes) else stdin.encode(),
        capture_output=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


class CommandLine:
    """Command lines in the test's own process: what `run_coordinator` does, faster."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        folder: Path,
    ) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.folder = folder

    def __call__(self, *argv: str, stdin: str = "") -> Ended:
        """Run a command line from the present folder of this fake."""
        self._monkeypatch.chdir(self.folder)
        given = io.TextIOWrapper(io.BytesIO(stdin.encode()))
        self._monkeypatch.setattr(sys, "stdin", given)
        self._capsys.readouterr()
        code = entry.run(list(argv))
        return Ended(code, *self._capsys.readouterr())


@contextmanager
def mount(*words: str) -> Iterator[None]:
    """Mount something at the last of the words; skip where that is not allowed."""
    try:
        done = subprocess.run(["mount", *words], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no program mount")
    if done.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield
    finally:
        subprocess.run(["umount", words[-1]], check=True)


@contextmanager
def a_bug_in(name: str) -> Iterator[None]:
    """Let an action fail as nobody foresaw."""
    action = registry.find(name)
    assert action is not None

    def fail(*_: object) -> None:
        raise AssertionError(name)

    registry._ACTIONS[name] = replace(action, run=fail)
    try:
        yield
    finally:
        registry._ACTIONS[name] = action


def wait_for(
    condition: Callable[[], object], seconds: float = PATIENCE_SECONDS
) -> None:
    """Wait until the condition holds; this is the only way in which a test waits."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            message = f"not within {seconds} s: {condition}"
            raise AssertionError(message)
        time.sleep(0.01)


@contextmanager
def within_cpu_seconds(most: float) -> Iterator[None]:
    """Fail where this process computes for longer; a busy machine does not count."""
    start = time.process_time()
    yield
    assert time.process_time() - start < most


class FakeAgent:
    """An agent at work: it writes files and commits, and knows no command."""

    def __init__(
        self,
        workspace: Path,
        name: str,
        repository: str = "shop",
        clock: Clock | None = None,
    ) -> None:
        """With a clock, its files bear that clock's time."""
        self.workspace = workspace
        self.name = name
        self.home = workspace / f"{repository}-{name}"
        self._clock = clock

    def write(self, path: str, text: str | bytes) -> Path:
        """Write a file of the workspace, as an editor or a shell does."""
        target = self.workspace / path
        target.write_bytes(text if isinstance(text, bytes) else text.encode())
        if self._clock is not None:
            written = self._clock().timestamp()
            os.utime(target, (written, written))
        return target

    def context(self, text: str) -> str:
        """Say what it is doing; return the document's path."""
        path = f"agent-system/active-contexts/{self.name}-status.md"
        self.write(path, text)
        return path

    def pending(self, topic: str, text: str | bytes) -> str:
        """Leave something for others; return the document's path."""
        path = f"pending-commits/{self.name}-{topic}.md"
        self.write(path, text)
        return path

    def learning(self, topic: str, text: str | bytes) -> str:
        """Write down what it learned; return the document's path."""
        path = f"agent-system/learnings/{self.name}-{topic}.md"
        self.write(path, text)
        return path

    def branch(self, feature: str) -> str:
        """Begin a branch of its own in its worktree."""
        git(self.home, "checkout", "-q", "-b", f"{self.name}/{feature}")
        return f"{self.name}/{feature}"

    def commit(self, name: str, text: str) -> str:
        """Commit one file in its worktree; return the commit's id."""
        return commit(self.home, name, text, f"Change {name}")

    def shell(self, line: str) -> None:
        """Type a line into a shell that stands in its worktree."""
        subprocess.run(
            ["sh", "-c", line], cwd=self.home, env=user_environment(), check=True
        )


class OpenWorkspace:
    """A workspace opened in the test's own process, with the desk that serves it."""

    def __init__(self, layout: Layout, clock: Clock, held: Held) -> None:
        self.layout = layout
        self.root = layout.root
        self.workspace = Workspace(layout, held=held, now=clock)
        self.dispatcher = Dispatcher(self.workspace)

    def perform(self, action: str, **arguments: Any) -> Any:  # noqa: ANN401 - JSON
        """Perform an action as the maintainer."""
        return self.call(action, arguments)

    def perform_as(self, agent: str, action: str, **arguments: Any) -> Any:  # noqa: ANN401 - JSON
        """Perform an action as an agent that shows its token."""
        return self.call(action, arguments, agent=agent)

    def call(
        self,
        action: str,
        arguments: dict[str, Any],
        *,
        agent: str = "",
        key: str = "",
        folder: str = "/",
    ) -> Any:  # noqa: ANN401 - JSON
        """Perform an action with the caller's own token, from a folder."""
        token = tokens.own()
        if agent:
            token = (self.layout.tokens / agent).read_text()
        request = Request(action, arguments, folder, agent, token, key)
        value = self.dispatcher.perform(request).value
        assert faults_of(action, value) == []  # every answer is what its model says
        return value

    def notes(self, action: str, **arguments: Any) -> list[str]:  # noqa: ANN401 - JSON
        """Perform an action as the maintainer; return what is said of its answer."""
        return self.dispatcher.perform(
            Request(action, arguments, token=tokens.own())
        ).notes

    def problems(self, path: str = "") -> list[str]:
        """Return the codes of all problems, or of one document's."""
        found = self.perform("check")
        return [x["code"] for x in found if path in {"", x["path"]}]

    def records(self, kind: str = "") -> list[Record]:
        """Return the records of a kind, or all."""
        found = self.workspace.journal.read()
        return [x for x in found if kind in {"", x.kind}]


@contextmanager
def open_workspace(
    path: Path,
    clock: Clock,
    repositories: Mapping[str, Path] | None = None,
    agents: Sequence[str] = (),
) -> Iterator[OpenWorkspace]:
    """Open a workspace here, made as `init` makes it; one that is there is opened."""
    layout = init.prepare(path)
    with locks.hold(layout.lock, seconds=PATIENCE_SECONDS) as held:
        opened = OpenWorkspace(layout, clock, held)
        try:
            repo = [f"{name}={x}" for name, x in (repositories or {}).items()]
            if repositories is not None or opened.workspace.journal.last == 0:
                arguments = {"workspace": str(path), "repo": repo, "agent": agents}
                opened.perform("init", **arguments)
            yield opened
        finally:
            opened.workspace.close()


class DaemonProcess:
    """The daemon of a workspace in a process of its own, as `up` starts it."""

    def __init__(self, workspace: Path, *prefix: str, **env: str) -> None:
        """With a prefix, that program starts Python, which becomes the daemon."""
        self.workspace = workspace
        self._argv = [*tools.command(env), "up"]
        if prefix:
            self._argv = [*prefix, sys.executable, "-m", "coordinator.entry", "up"]
        self.pid = 0
        self._env = {"PYTHONSAFEPATH": "1", **env}
        self._log = workspace / ".coordinator" / "logs" / "test-daemon.log"
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process is not None and self.process.poll() is None:
            try:
                self.terminate()
            except subprocess.TimeoutExpired:
                self.kill()

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._argv,
                cwd=self.workspace,
                env=user_environment(self._env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_for(lambda: self.health() or self._running().poll() is not None)
        self.pid = int(self.health()["pid"])

    @property
    def said(self) -> str:
        """What it printed, over all its lives."""
        return self._log.read_text("utf-8", "replace")

    def ask(self, action: str, **arguments: Any) -> Any:  # noqa: ANN401 - JSON
        """Perform an action as the maintainer, through the socket."""
        request: dict[str, object] = {"action": action, "arguments": arguments}
        request["token"] = tokens.own()
        reply: Any = client.ask(str(self.workspace), request)
        return reply["result"]

    def health(self) -> dict[str, Any]:
        """Return the daemon's health, empty where none answers."""
        request: dict[str, object] = {"action": "health", "arguments": {}}
        reply: Any = client.ask(str(self.workspace), request)
        found: dict[str, Any] = (reply or {}).get("result") or {}
        return found

    def terminate(self) -> int:
        """End it as a service manager does; return its exit code."""
        self._running().terminate()
        return self.ended()

    def ended(self) -> int:
        """Wait for its end; return its exit code."""
        return self._running().wait(PATIENCE_SECONDS)

    def kill(self) -> None:
        """End it without a word."""
        os.kill(self.pid, signal.SIGKILL)
        self.ended()

    def _running(self) -> subprocess.Popen[bytes]:
        if self.process is None:
            message = "the daemon was not started"
            raise AssertionError(message)
        return self.process
