"""A program that was replaced, or removed, while a daemon of it runs.

What is in memory goes on. What would have to be loaded now is of another version, or
nowhere: that is said, and is no bug.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from coordinator.kernel.errors import External
from coordinator.kernel.system import program

RESTART = "Run: coordinator down && coordinator up --detach"
_AT_START = program.identity()


class ProgramReplaced(External):
    """Another version is on the disk than the daemon's own, or none."""

    def __init__(self) -> None:
        super().__init__(
            "Another version of the program is installed than the daemon's, or none.",
            hint=RESTART,
        )


def is_replaced() -> bool:
    """Tell whether the program on the disk is another one than at the start."""
    return program.identity() != _AT_START


def note_to(version: str) -> str:
    """Return what a caller of that version should know, or nothing."""
    if version in {"", _AT_START}:
        return ""
    return f"The daemon is of another version than this command. {RESTART}"


class Guard:
    """Lets no module of another version be loaded beside those in memory."""

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Find nothing; see importlib.abc.MetaPathFinder.

        Raises:
            ProgramReplaced: The module would be of another version.
        """
        del path, target
        if name.partition(".")[0] in program.PACKAGES and is_replaced():
            raise ProgramReplaced
        return None


def install() -> None:
    """Put the guard before everything that finds modules."""
    sys.meta_path.insert(0, Guard())
