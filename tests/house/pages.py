"""The documentation as tests see it: pages, fenced blocks, console sessions.

A `console` block is run: lines that begin with `$ ` are commands (`> ` continues one),
the lines below them are what is printed, `…` stands for any lines. All blocks of a page
run in order, in one fresh home with a repository `~/code/shop`.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.preloaded import tools
from tests.support import PATIENCE_SECONDS, user_environment

REWRITE = bool(os.environ.get("COORDINATOR_REWRITE"))
ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
    ]
)
_FENCE = re.compile(r"^(`{3,})([\w-]*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
_VARIABLE = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+Z?)?)?"), "<time>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d\b"), "<day>"),
    (re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{12}|[0-9a-f]{7})\b"), "<id>"),
    (re.compile(r"\bpid:? \d+"), "pid <pid>"),
    (re.compile(r"scanned [\d.]+ s"), "scanned <age> s"),
    (re.compile(r"(scan age|scan seconds|disk free): [\d.]+"), r"\1: <number>"),
    (re.compile(r"^ +\d+(?=  <time>)"), "<seq>"),
    (re.compile(r"\b(record|seq:) \d+( of \d+)?"), r"\1 <seq>"),
    (re.compile(r"\d+ (records|blobs) are"), r"<count> \1 are"),
    (re.compile(r"\d+ MiB"), "<size> MiB"),
    (re.compile(r"/\d{8}-\d{6}-\d+/"), "/<stamp>/"),
    (re.compile(r"git 2\.\d+"), "git <version>"),
    (re.compile(r" {2,}"), "  "),
)


@dataclass(slots=True)
class Step:
    """One command of a console block, and the lines that are to follow it."""

    command: str
    expected: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its text, and the line of its fence."""

    language: str
    text: str
    line: int


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page in order."""
    return [
        Block(x[2], x[3], text.count("\n", 0, x.start()) + 1)
        for x in _FENCE.finditer(text)
    ]


def steps(block: Block) -> list[Step]:
    """Return the commands of a console block with what each prints."""
    found: list[Step] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append(Step(line[2:]))
        elif line.startswith("> ") and found and not found[-1].expected:
            found[-1].command += f"\n{line[2:]}"
        else:
            found[-1].expected.append(line)
    return found


class Console:
    """A shell whose folder stays from one command to the next."""

    def __init__(self, home: Path, environment: dict[str, str]) -> None:
        self.home = home
        self.environment = {**environment, "HOME": str(home)}
        self.folder = home

    def run(self, command: str) -> list[str]:
        """Run a command with its errors among its output; return its lines."""
        script = f'{command}\nstatus=$?; pwd > "$HOME/.folder"; exit $status\n'
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        if (self.home / ".folder").exists():
            self.folder = Path((self.home / ".folder").read_text().strip())
        lines = [x.rstrip() for x in done.stdout.splitlines()]
        return [x.replace(str(self.home), "~") for x in lines]

    def close(self) -> None:
        """End the daemon, if a page left one."""
        for folder in self.home.glob("*/.coordinator"):
            self.folder = folder.parent
            if shutil.which("coordinator", path=self.environment["PATH"]):
                self.run("coordinator down")


def normal(lines: list[str]) -> list[str]:
    """Return lines without what differs from one run to the next."""
    return [_normal(x) for x in lines]


def _normal(line: str) -> str:
    for pattern, name in _VARIABLE:
        line = pattern.sub(name, line)
    return line.rstrip()


def matches(printed: list[str], expected: list[str]) -> bool:
    """Tell whether the lines are those expected; `…` stands for any lines."""
    parts = list(_parts(normal(expected)))
    if len(parts) == 1:
        return normal(printed) == parts[0]
    rest = normal(printed)
    first, *middle, last = parts
    if rest[: len(first)] != first or (last and rest[-len(last) :] != last):
        return False
    rest = rest[len(first) : len(rest) - len(last)]
    for part in middle:
        starts = range(len(rest) - len(part) + 1)
        at = next((i for i in starts if rest[i : i + len(part)] == part), None)
        if at is None:
            return False
        rest = rest[at + len(part) :]
    return True


def _parts(lines: list[str]) -> Iterator[list[str]]:
    part: list[str] = []
    for line in lines:
        if line.strip() == "…":
            yield part
            part = []
        else:
            part.append(line)
    yield part


def at_home(home: Path, variables: Mapping[str, str] | None = None) -> Console:
    """Open a console in a home, with the command in the PATH."""
    environment = user_environment(variables)
    environment["PATH"] = f"{tools.folder()}{os.pathsep}{environment['PATH']}"
    return Console(home, environment)


def play(block: Block, console: Console, where: str) -> Iterator[str]:
    """Run a console block; yield its lines, with what was printed where it differs.

    Raises:
        AssertionError: It differs, and nothing is to be rewritten.
    """
    for step in steps(block):
        first, *more = step.command.split("\n")
        yield from [f"$ {first}", *(f"> {x}" for x in more)]
        printed = console.run(step.command)
        fits = matches(printed, step.expected)
        if not REWRITE:
            said = f"{where}:{block.line}: {step.command}"
            assert fits, "\n".join([said, *printed])
        yield from step.expected if fits else printed
