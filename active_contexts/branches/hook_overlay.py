"""The layer that our hooks lie in where git looks for hooks elsewhere than in `hooks`.

It reads and writes git's configuration, and installs no hook.

The user's core.hooksPath stays what it is. A file in our own folder sets it anew and
is included last, on the condition that the git directory is where it was: where the
repository is moved or copied, or our folder is deleted, git runs the user's hooks.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from active_contexts.branches.hook_files import CHECKING, is_ours
from active_contexts.worktree_state.entries import first_line, read
from active_contexts.worktree_state.repository_files import OWN_FOLDER, Writer
from coordinator.kernel import git
from coordinator.kernel.errors import Conflict
from coordinator.kernel.git import Repository

_KEY = "core.hooksPath"
_INCLUDED = "config"
_BENEATH = "beneath"  # where git would look without us; read and renewed by the hooks
_PATH = f"{OWN_FOLDER}/hooks/{_INCLUDED}"  # relative to the configuration that has it
_SECTIONS = ("--get-regexp", r"^includeif\.gitdir:.*\.path$", f"^{_PATH}$")
_FORMER = ("former", "former-scope")  # what earlier versions remembered
_SPECIAL = re.compile(r"([\\*?\[])")


class HooksOfAWorktree(Conflict):
    """A worktree's own configuration names other hooks."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"core.hooksPath is {value} in a configuration of that worktree alone.",
            hint="Run there: git config --worktree --unset core.hooksPath",
        )


@dataclass(frozen=True, slots=True)
class HooksPath:
    """Where git looks for hooks, and where it would without us; None: in `hooks`."""

    in_force: str | None
    beneath: str | None
    scope: str = ""


def folder(common: Path) -> Path:
    """Return where our hooks lie when they lie over others."""
    return common / OWN_FOLDER / "hooks"


def is_laid(common: Path) -> bool:
    """Tell whether the layer is there; git may look elsewhere all the same."""
    return (folder(common) / _INCLUDED).is_file()


def hooks_path(repository: Path) -> HooksPath:
    """Return where the user's git looks for hooks."""
    found = git.users_settings(Repository(repository), _KEY)
    scope, beneath = next((x for x in reversed(found) if not is_own(x[1])), ("", None))
    return HooksPath(found[-1][1] if found else None, beneath, scope)


def is_own(value: str) -> bool:
    """Tell whether a core.hooksPath leads to our hooks, or did before it was moved."""
    path = Path(value)
    shaped = path.is_absolute() and path.parts[-2:] == (OWN_FOLDER, "hooks")
    return shaped and (not path.is_dir() or is_ours(path / CHECKING[0]))


def lay(repository: Path, common: Path, beneath: str) -> None:
    """Let git look into our folder; `beneath` is where it would without us.

    Raises:
        GitFailed: The configuration cannot be written.
        OSError: The folder cannot be written.
    """
    own, writer = folder(common), Writer(common)
    _write(writer, own / _INCLUDED, f"[core]\n\thooksPath = {_quoted(own)}\n")
    _write(writer, own / _BENEATH, f"{beneath}\n")
    place = _SPECIAL.sub(r"\\\1", str(common))
    wanted = [f"gitdir:{x}.path" for x in (place, f"{place}/worktrees/**")]
    is_last = hooks_path(repository).in_force == str(own)
    if not is_last or sorted(_sections(repository)) != wanted:
        _remove_sections(repository)
        for name in wanted:
            Repository(repository).run("config", "--local", f"includeIf.{name}", _PATH)
    os.utime(own / _BENEATH)  # for the hooks: it is newer than the configuration


def take_off(repository: Path, common: Path) -> None:
    """Let git look where it would without us; repeatable.

    Raises:
        GitFailed: The configuration cannot be written.
    """
    _remove_sections(repository)
    (folder(common) / _INCLUDED).unlink(missing_ok=True)


def give_back(repository: Path, common: Path) -> None:
    """Give core.hooksPath back to the user where an earlier version had taken it.

    Raises:
        GitFailed: The configuration cannot be written.
    """
    words = ("config", "--local", "--no-includes")
    value = Repository(repository).ask(*words, "--get", _KEY).text.removesuffix("\n")
    if not value or not is_own(value):
        return
    former, scope = (first_line(folder(common) / x) for x in _FORMER)
    if scope == "local" and former and not is_own(former):
        now = _moved(Path(former), Path(value).parent.parent, common)
        Repository(repository).run(*words[:2], "--replace-all", _KEY, str(now))
    else:
        Repository(repository).run(*words[:2], "--unset-all", _KEY)
    for name in _FORMER:
        (folder(common) / name).unlink(missing_ok=True)


def _moved(path: Path, before: Path, now: Path) -> Path:
    """Return where a folder is that may have moved together with its repository."""
    pairs = ((before, now), (before.parent, now.parent))
    moved = (y / path.relative_to(x) for x, y in pairs if path.is_relative_to(x))
    return path if path.exists() else next((x for x in moved if x.exists()), path)


def _sections(repository: Path) -> list[str]:
    words = ("config", "--local", "--null", "--name-only", *_SECTIONS)
    names = Repository(repository).ask(*words).text.split("\0")
    return [x.partition(".")[2] for x in names if x]


def _remove_sections(repository: Path) -> None:
    for name in _sections(repository):
        words = ("config", "--local", "--unset-all", f"includeIf.{name}", f"^{_PATH}$")
        Repository(repository).run(*words)


def _write(writer: Writer, path: Path, text: str) -> None:
    data = text.encode("utf-8", "surrogateescape")
    if read(path) != data or not writer.fits(path):
        writer.write(path, data)


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
