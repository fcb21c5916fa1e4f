"""The stage of every benchmark: a workspace in a temporary folder, and its daemon.

It measures nothing by itself; nothing of the machine's git or home reaches it.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from coordinator.kernel.system import addresses
from coordinator.workspace.layout import Layout

ENTRY = (sys.executable, "-m", "coordinator.entry")
_GIT = {
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
    # A folder of the caller named `coordinator` must not be imported.
    "PYTHONSAFEPATH": "1",
}
_START_SECONDS = 120.0
_FOREIGN = ("GIT_", "COORDINATOR_", "XDG_")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what was measured, beside its rival or limit.

    `ratio` is `measured / rival`; `well` is None where there is no budget.
    """

    what: str
    measured: float
    unit: str
    budget: str = ""
    well: bool | None = None
    rival: str = ""
    rival_measured: float | None = None
    ratio: float | None = None


@dataclass(slots=True)
class Result:
    """What one benchmark prints."""

    name: str
    quick: bool
    rows: list[Row] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def limit(self, what: str, measured: float, unit: str, most: float) -> None:
        """Add a row with an absolute budget, in the same unit."""
        budget = f"≤ {most:g} {unit}".strip()
        self.rows.append(Row(what, tidy(measured), unit, budget, well=measured <= most))

    def against(
        self,
        what: str,
        measured: float,
        unit: str,
        rival: tuple[str, float],
        most: float,
    ) -> None:
        """Add a row whose budget is a multiple of a rival's value in this run."""
        name, other = rival
        ratio = measured / other
        well = ratio <= most
        budget = f"≤ {most:g} times the rival"
        row = Row(
            what, tidy(measured), unit, budget, well, name, tidy(other), tidy(ratio)
        )
        self.rows.append(row)

    def at_least(
        self,
        what: str,
        measured: float,
        unit: str,
        rival: tuple[str, float],
        least: float,
    ) -> None:
        """Add a row that should reach a share of a rival's value in this run."""
        name, other = rival
        ratio = measured / other
        well = ratio >= least
        budget = f"≥ {least:.2g} times the rival"
        row = Row(
            what, tidy(measured), unit, budget, well, name, tidy(other), tidy(ratio)
        )
        self.rows.append(row)

    def beside(
        self, what: str, measured: float, unit: str, rival: tuple[str, float]
    ) -> None:
        """Add a row that stands beside a rival's value in this run, without budget."""
        name, other = rival
        found = (tidy(other), tidy(measured / other))
        row = Row(what, tidy(measured), unit, "", None, name, *found)
        self.rows.append(row)

    def note(self, what: str, measured: float, unit: str) -> None:
        """Add a row without a budget."""
        self.rows.append(Row(what, tidy(measured), unit))

    def show(self) -> None:
        """Print everything as one JSON object."""
        print(json.dumps(asdict(self), ensure_ascii=False, indent=1))


def tidy(value: float) -> float:
    """Round to four significant digits."""
    return float(f"{value:.4g}")


def say(text: str) -> None:
    """Tell the person who waits what goes on."""
    print(text, file=sys.stderr, flush=True)


def parser(text: str | None) -> argparse.ArgumentParser:
    """Return a parser with `--quick`; the text is the module's docstring."""
    made = argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--quick", action="store_true", help="a short form")
    return made


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    """Return the middle value."""
    return quantile(values, 0.5)


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds the work took."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def wait_until(holds: Callable[[], object], *, seconds: float, pause: float) -> float:
    """Look again and again; return how many seconds it took to hold.

    Raises:
        TimeoutError: It never did.
    """
    start = time.perf_counter()
    while not holds():
        if time.perf_counter() - start > seconds:
            message = f"waited {seconds} s in vain"
            raise TimeoutError(message)
        time.sleep(pause)
    return time.perf_counter() - start


class Stage:
    """A temporary home with a repository and a workspace beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.repository = folder / "shop"
        self.workspace = folder / "ws"
        kept = {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN)}
        config = str(self.home / ".config")
        self.environment = {
            **kept,
            **_GIT,
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": config,
            "CI": "1",  # no command leaves a daemon behind
        }
        self.home.mkdir()
        self._daemon: subprocess.Popen[bytes] | None = None

    @property
    def layout(self) -> Layout:
        """The workspace's folders."""
        return Layout(self.workspace)

    def git(self, *args: str, where: Path | None = None, stdin: str = "") -> str:
        """Run the user's own git; return what it printed."""
        done = subprocess.run(
            ["git", *args],
            cwd=where or self.repository,
            env=self.environment,
            check=True,
            capture_output=True,
            input=stdin,
            text=True,
        )
        return done.stdout.strip()

    def fast_import(self, path: Path, stream: Iterable[bytes]) -> None:
        """Write a history into a repository: git-fast-import(1)."""
        with subprocess.Popen(
            ["git", "fast-import", "--quiet"],
            cwd=path,
            env=self.environment,
            stdin=subprocess.PIPE,
        ) as process:
            if process.stdin is None:
                raise RuntimeError(path)
            process.stdin.writelines(stream)
            process.stdin.close()

    def make_repository(self, files: int) -> None:
        """Make a repository with one commit of so many small files."""
        self.repository.mkdir()
        for number in range(files):
            target = self.repository / f"src/{number // 100:03d}/file-{number:06d}.py"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(f"NUMBER = {number}\n" * 20)
        self.git("init", "-q", "-b", "main")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "Start the shop")

    def run(self, *argv: str, check: bool = True) -> str:
        """Run a command of the product as its users do; return what it printed."""
        done = subprocess.run(
            [*ENTRY, *argv],
            cwd=self.workspace if self.workspace.is_dir() else self.home,
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
        )
        if check and done.returncode:
            message = f"coordinator {' '.join(argv)}: {done.stderr or done.stdout}"
            raise RuntimeError(message)
        return done.stdout

    def init(self, *, files: int) -> None:
        """Make repository and workspace."""
        self.make_repository(files)
        self.run("init", str(self.workspace), "--repo", f"shop={self.repository}")

    def change_setting(self, present: str, wanted: str) -> None:
        """Change one setting, commented out or not, as a person would."""
        text = self.layout.settings.read_text()
        if present not in text:
            message = f"coordinator.toml has no {present!r}"
            raise RuntimeError(message)
        text = text.replace(f"# {present}", wanted).replace(present, wanted)
        self.layout.settings.write_text(text)

    def launch(self) -> None:
        """Start the daemon and return at once."""
        with (self.folder / "daemon.log").open("ab") as log:
            self._daemon = subprocess.Popen(
                [*ENTRY, "up", "--workspace", str(self.workspace)],
                cwd=self.home,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def start(self) -> float:
        """Start the daemon; return how many seconds until its socket answered."""
        start = time.perf_counter()
        self.launch()
        wait_until(self.answers, seconds=_START_SECONDS, pause=0.002)
        return time.perf_counter() - start

    def answers(self) -> bool:
        """Tell whether a daemon answers; one that was started and ended is told."""
        if self._daemon is not None and self._daemon.poll() is not None:
            log = (self.folder / "daemon.log").read_text()
            message = f"the daemon ended: {log[-2000:]}"
            raise RuntimeError(message)
        with suppress(OSError):
            return "result" in self.ask("health")
        return False

    @property
    def pid(self) -> int:
        """The daemon's process id."""
        if self._daemon is None:
            message = "the daemon does not run"
            raise RuntimeError(message)
        return self._daemon.pid

    def stop(self) -> None:
        """Stop the daemon as a person would; nothing happens where none runs."""
        if self._daemon is not None:
            self._daemon.terminate()
            self._daemon.wait(30)
            self._daemon = None

    def kill(self) -> None:
        """Kill the daemon (SIGKILL)."""
        if self._daemon is not None:
            self._daemon.send_signal(signal.SIGKILL)
            self._daemon.wait(30)
            self._daemon = None

    def ask(self, action: str, **arguments: object) -> dict[str, Any]:
        """Ask the daemon over its socket, as the maintainer.

        Raises:
            OSError: Nobody answers.
        """
        return self._send(action=action, arguments=arguments)

    def command(self, *argv: str) -> dict[str, Any]:
        """Have the daemon run a command line, as a client of the maintainer's asks.

        Raises:
            OSError: Nobody answers.
        """
        return self._send(argv=argv, width=200)

    def _send(self, **asked: object) -> dict[str, Any]:
        token = self.home / ".config/agent-coordinator/maintainer-token"
        asked |= {"folder": str(self.home), "token": token.read_text().strip()}
        with socket.socket(socket.AF_UNIX) as end:
            end.connect(addresses.socket_path(str(self.workspace)))
            end.sendall(json.dumps(asked).encode() + b"\n")
            data = b"".join(iter(lambda: end.recv(1 << 16), b""))
        if not data:
            message = "no answer"
            raise ConnectionError(message)
        reply: dict[str, Any] = json.loads(data)
        return reply

    def health(self) -> dict[str, Any]:
        """Return the daemon's own state."""
        found: dict[str, Any] = self.ask("health")["result"]
        return found


@contextmanager
def stage(*, files: int = 10) -> Iterator[Stage]:
    """Make a stage with a workspace; the daemon ends and all is deleted at the end."""
    folder = Path(tempfile.mkdtemp(prefix="coordinator-bench-")).resolve()
    made = Stage(folder)
    try:
        made.init(files=files)
        yield made
    finally:
        made.kill()
        shutil.rmtree(folder, ignore_errors=True)


def write_atomically(path: Path, data: bytes) -> None:
    """The rival of a journalled write: write, fsync, rename."""
    temporary = path.with_name(f".{path.name}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    temporary.rename(path)
