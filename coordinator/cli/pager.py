"""The user's own pager for long diffs, as the user's git would choose it.

Only what the user set for all repositories counts: a repository's configuration may
name any program. It shows what it is given and knows nothing of it.
"""

import os
import sys
from pathlib import Path

from coordinator.kernel import git
from coordinator.kernel.errors import CoordinatorError
from coordinator.kernel.git import Repository
from coordinator.kernel.system import processes

# As git sets them for its pager where the user did not (git-config(1), core.pager).
_DEFAULTS = {"LESS": "FRX", "LV": "-c"}
_NONE = ("", "cat")
_OFF = ("false", "no", "off", "0")
_ON = ("true", "yes", "on", "1")


def show(text: str) -> bool:
    """Show a text in the pager; False: there is none, or nobody looks."""
    command = _command() if sys.stdout is not None and sys.stdout.isatty() else ""
    if command in _NONE:
        return False
    return processes.page(command, text.encode(), {**_DEFAULTS, **os.environ})


def _command() -> str:
    """Return the command that git would page a diff with; empty: none."""
    own, common = _setting("pager.diff"), _setting("core.pager")
    if own.casefold() in _OFF:
        return ""
    chosen = common if own.casefold() in {*_ON, ""} else own
    given = os.environ.get("GIT_PAGER", chosen or os.environ.get("PAGER", "less"))
    return given.strip()


def _setting(key: str) -> str:
    try:
        found = git.users_settings(Repository(Path("/")), key)
    except CoordinatorError:
        return ""  # without git, its defaults
    values = [v for scope, v in found if scope not in {"local", "worktree"}]
    return values[-1] if values else ""
