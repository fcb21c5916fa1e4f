"""The stage of a demo: its folders, and the commands that are run there.

It knows nothing of what is played on it.
"""

import os
import sys
from pathlib import Path

from coordinator.kernel.errors import External
from coordinator.kernel.system import processes
from coordinator.kernel.system.processes import Completed

_WHO = {"NAME": "Demo Agent", "EMAIL": "agent@coordinator.invalid"}


class DemoStage:
    """The folders of one demo and the commands that are run there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workspace = folder / "worktrees"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("COORDINATOR_")}
        self.environment = {
            **{k: v for k, v in kept.items() if not k.startswith("GIT_")},
            "XDG_CONFIG_HOME": str(folder / "config"),
            **{f"GIT_AUTHOR_{k}": v for k, v in _WHO.items()},
            **{f"GIT_COMMITTER_{k}": v for k, v in _WHO.items()},
        }

    def coordinator(
        self, *words: str, where: Path | None = None, stdin: str = ""
    ) -> Completed:
        """Run a command of ours as a user would.

        Raises:
            External: It failed.
        """
        argv = [sys.executable, "-m", "coordinator.entry", *words]
        return self._must(argv, where or self.workspace, stdin)

    def git(self, where: Path, *words: str) -> Completed:
        """Run the user's own git, hooks included.

        Raises:
            External: It failed.
        """
        return self._must(["git", *words], where)

    def try_git(self, where: Path, *words: str) -> Completed:
        """Run the user's own git and return how it ended."""
        argv = ["git", *words]
        return processes.run(argv, cwd=where, environment=self.environment)

    def _must(self, argv: list[str], where: Path, stdin: str = "") -> Completed:
        given = stdin.encode()
        done = processes.run(argv, cwd=where, environment=self.environment, stdin=given)
        if done.code:
            raise External(
                f"{' '.join(argv[-3:])} failed: {done.complaint}",
                hint=f"Look into {self.folder}",
            )
        return done
