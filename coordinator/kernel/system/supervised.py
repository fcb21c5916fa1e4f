"""Runs one command under its supervisor, bounded and sandboxed; nothing of it survives.

It knows no shell, and does not know what the command is for. In bubblewrap where that
works: the root read-only, one folder writable, no network, a `/tmp` of its own.
"""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from coordinator.kernel.errors import CoordinatorError
from coordinator.kernel.system import processes
from coordinator.kernel.system.processes import Bounded, Ending

_SUPERVISOR = Path(__file__).with_name("supervisor.py")
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "USER", "LOGNAME")
_PROBE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a command may go; bytes of memory count address space, per process."""

    seconds: float = 600.0
    output_bytes: int = 1 << 19
    memory_bytes: int = 8 << 30


@dataclass(frozen=True, slots=True)
class CommandOutcome:
    """How a command ended; `note` says where it ran, and which limit ended it."""

    done: Bounded
    note: str


def run(
    argv: Sequence[str],
    place: Path,
    limits: Limits,
    *,
    writable: Path,
    hidden: Sequence[Path] = (),
) -> CommandOutcome:
    """Run a command in a folder; `hidden` folders seem empty inside the sandbox."""
    missing = sandbox_fault()
    wrapped = list(argv)
    if not missing:
        wrapped = [*_sandbox(writable, hidden), "--chdir", str(place), "--", *argv]
    done = _supervised(wrapped, place, limits)
    return CommandOutcome(done, _note(done, limits, missing))


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


def _sandbox(writable: Path, hidden: Sequence[Path]) -> list[str]:
    """Return the beginning of the command, bwrap(1); later words cover earlier ones."""
    root = str(writable.resolve())
    covers = [x for path in hidden if path.is_dir() for x in ("--tmpfs", str(path))]
    bound = ["--bind", root, root] if root != "/" else []
    return [
        *("bwrap", "--unshare-all", "--die-with-parent", "--new-session"),
        *("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"),
        *("--tmpfs", "/tmp"),  # noqa: S108 - the sandbox's own
        *covers,
        *bound,
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
