"""Runs commands that the settings allow, and returns evidence of them.

It never runs what a document says. How a command is bounded is `supervised`'s.
"""

from collections.abc import Sequence
from pathlib import Path

from coordinator.kernel.errors import Refused, UsageProblem
from coordinator.kernel.system import supervised
from coordinator.kernel.system.processes import Ending
from coordinator.kernel.system.supervised import Limits
from coordinator.kernel.text.names import display
from coordinator.workflows.judging.evidence import Evidence
from coordinator.workflows.judging.worktree_paths import canonical

Allowed = Sequence[Sequence[str]]


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
    place = _place(worktree, folder)
    bounds = limits or Limits()
    found = supervised.run(argv, place, bounds, writable=worktree, hidden=hidden)
    done = found.done
    return Evidence(
        argv=tuple(argv),
        cwd=folder,
        exit_code=done.code if done.ending is Ending.OWN else None,
        stdout=done.stdout.decode("utf-8", "replace"),
        stderr=done.stderr.decode("utf-8", "replace"),
        duration_s=round(done.seconds, 3),
        note=found.note,
    )


def _place(worktree: Path, folder: str) -> Path:
    place = worktree.resolve() / canonical(folder)
    is_below = place.resolve().is_relative_to(worktree.resolve())
    if (folder and not canonical(folder)) or not is_below or not place.is_dir():
        raise OutsideWorktree(folder)
    return place
