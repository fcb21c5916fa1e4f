"""Runs commands that the settings allow, bounded, and returns evidence of them.

It never runs what a document says, and knows no shell. In bubblewrap where that works:
the root read-only, the worktree writable, no network, a `/tmp` of its own.
"""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from coordinator.kernel import processes
from coordinator.kernel.errors import CoordinatorError, Refused, UsageProblem
from coordinator.kernel.names import display
from coordinator.kernel.processes import Bounded, Ending
from coordinator.workflows.evidence import Evidence
from coordinator.workflows.paths import canonical

Allowed = Sequence[Sequence[str]]
_SUPERVISOR = Path(__file__).with_name("supervisor.py")
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "USER", "LOGNAME")
_PROBE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a command may go; bytes of memory count address space, per process."""

    seconds: float = 600.0
    output_bytes: int = 1 << 19
    memory_bytes: int = 8 << 30


class NotAllowed(Refused):
    """The settings do not allow a command."""

    def __init__(self, argv: Sequence[str]) -> None:
        said = display(" ".join(argv[:4])) or "an empty command"
        super().__init__(
            f"The settings do not allow the coordinator to run {said}.",
            hint="Run it yourself and submit the evidence, or ask a maintainer to "
            "allow it.",
        )


class OutsideWorktree(UsageProblem):
    """A command is to run in a folder that the worktree does not have."""

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"{display(folder)} is no folder of the worktree.",
            hint="Name a folder below the worktree, or none.",
        )


def is_allowed(argv: Sequence[str], allowed: Allowed) -> bool:
    """Tell whether the command begins with an allowed one, word by word."""
    return any(x and list(argv[: len(x)]) == list(x) for x in allowed)


def run(
    argv: Sequence[str],
    allowed: Allowed,
    worktree: Path,
    *,
    folder: str = "",
    limits: Limits | None = None,
    hidden: Sequence[Path] = (),
) -> Evidence:
    """Run an allowed command in the worktree, or in a folder below it.

    The exit code is None where a limit ended it, and the note says which, and whether
    there was a sandbox. `hidden` are folders that seem empty inside the sandbox. The
    caller adds the commit. Nothing that the command started is left.

    Raises:
        NotAllowed: No allowed command is the beginning of this one.
        OutsideWorktree: The folder is not below the worktree.
    """
    if not is_allowed(argv, allowed):
        raise NotAllowed(argv)
    bounds = limits or Limits()
    place = _place(worktree, folder)
    missing = sandbox_fault()
    wrapped = list(argv)
    if not missing:
        wrapped = [*_sandbox(worktree, hidden), "--chdir", str(place), "--", *argv]
    done = _supervised(wrapped, place, bounds)
    return Evidence(
        argv=tuple(argv),
        cwd=folder,
        exit_code=done.code if done.ending is Ending.OWN else None,
        stdout=done.stdout.decode("utf-8", "replace"),
        stderr=done.stderr.decode("utf-8", "replace"),
        duration_s=round(done.seconds, 3),
        note=_note(done, bounds, missing),
    )


@cache
def sandbox_fault() -> str:
    """Return why there is no sandbox, empty where it works; looked at once."""
    if not shutil.which("bwrap"):
        return "bubblewrap is not installed"
    try:
        argv = [*_sandbox(Path("/"), ()), "--", "true"]
        done = processes.run(argv, seconds=_PROBE_SECONDS)
    except CoordinatorError as error:
        return f"bubblewrap does not work here ({error.message})"
    return f"bubblewrap does not work here ({done.complaint})" if done.code else ""


def _place(worktree: Path, folder: str) -> Path:
    place = worktree.resolve() / canonical(folder)
    is_below = place.resolve().is_relative_to(worktree.resolve())
    if (folder and not canonical(folder)) or not is_below or not place.is_dir():
        raise OutsideWorktree(folder)
    return place


def _sandbox(worktree: Path, hidden: Sequence[Path]) -> list[str]:
    """Return the beginning of the command, bwrap(1); later words cover earlier ones."""
    root = str(worktree.resolve())
    covers = [x for path in hidden if path.is_dir() for x in ("--tmpfs", str(path))]
    writable = ["--bind", root, root] if root != "/" else []
    return [
        *("bwrap", "--unshare-all", "--die-with-parent", "--new-session"),
        *("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"),
        *("--tmpfs", "/tmp"),  # noqa: S108 - the sandbox's own
        *covers,
        *writable,
    ]


def _supervised(argv: Sequence[str], place: Path, limits: Limits) -> Bounded:
    order = {
        "argv": list(argv),
        "environment": {x: os.environ[x] for x in _KEPT if x in os.environ},
        "memory_bytes": limits.memory_bytes,
        "cpu_seconds": int(limits.seconds * (os.cpu_count() or 1)) + 1,
    }
    return processes.run_bounded(
        [sys.executable, str(_SUPERVISOR)],
        cwd=place,
        order=json.dumps(order).encode() + b"\n",
        seconds=limits.seconds,
        most_bytes=limits.output_bytes,
    )


def _note(done: Bounded, limits: Limits, missing: str) -> str:
    ends = {
        Ending.OWN: "",
        Ending.TIME: f" It was ended after {limits.seconds:g} s.",
        Ending.OUTPUT: f" It printed over {limits.output_bytes} bytes and was ended.",
    }
    where = f"without a sandbox: {missing}" if missing else "in bubblewrap"
    return f"The coordinator ran it {where}.{ends[done.ending]}"
