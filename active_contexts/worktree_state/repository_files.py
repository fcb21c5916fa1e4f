"""Files that the coordinator adds to a user's repository, with the modes of git's own.

It knows the mode that core.sharedRepository asks for, and nothing of what is written.
"""

import os
from contextlib import suppress
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

from coordinator.kernel import git
from coordinator.kernel.disk import files
from coordinator.kernel.git import Repository

FILE = 0o666
PROGRAM = 0o777
_OWNER, _GROUP, _EVERYBODY = 0o600, 0o660, 0o664
_TRUE = {"true", "yes", "on", "group", "1"}
_EVERYBODY_WORDS = {"all", "world", "everybody", "2"}
_FOR_GROUP, _SETGID = 0o060, 0o2000
OWN_FOLDER = "coordinator"


class Sharing(NamedTuple):
    """What core.sharedRepository asks for: permissions that the umask does not take.

    With `is_exact` there are no others.
    """

    permissions: int
    is_exact: bool = False

    def kept(self, mode: int) -> int:
        """Return them for a file of that mode: who may read a program may run it."""
        runners = (self.permissions & 0o444) >> 2 if mode & 0o100 else 0
        return self.permissions | runners

    def asked(self, mode: int) -> int:
        """Return what is to be made of a mode before the umask."""
        return _OWNER if self.is_exact else mode


def sharing(value: str) -> Sharing:
    """Read core.sharedRepository as git-config(1) says; nonsense shares nothing."""
    word = value.strip().lower()
    if word in _TRUE:
        return Sharing(_GROUP)
    if word in _EVERYBODY_WORDS:
        return Sharing(_EVERYBODY)
    with suppress(ValueError):
        mode = int(word, 8)
        if mode & _OWNER == _OWNER:  # else git refuses to work
            return Sharing(mode & 0o666, is_exact=True)
    return Sharing(0)


@lru_cache(maxsize=64)
def _sharing_by(common: Path, stamp: tuple[int, ...]) -> Sharing:
    """Ask git what a repository shares; once while its settings' files stay."""
    del stamp
    found = git.users_setting(Repository(common), "core.sharedRepository")
    return sharing(found[1] if found else "")


def _settings_stamp(common: Path) -> tuple[int, ...]:
    """Return what changes with the settings; a file that they include is not seen."""
    home = os.environ.get("HOME", "")
    own = os.environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    named = (os.environ.get(x, "") for x in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"))
    users = (f"{home}/.gitconfig", f"{own}/git/config", "/etc/gitconfig")
    return tuple(_changed_at(x) for x in (f"{common}/config", *users, *named))


def _changed_at(path: str) -> int:
    try:
        return os.stat(path).st_ctime_ns  # noqa: PTH116 - strings, as it is asked often
    except OSError:
        return 0


class Writer:
    """Writes below the git directory that all worktrees of a repository share."""

    def __init__(self, common: Path) -> None:
        self._common = common

    @cached_property
    def _sharing(self) -> Sharing:
        return _sharing_by(self._common, _settings_stamp(self._common))

    @property
    def private(self) -> Path:
        """The coordinator's own folder there, made where it is missing."""
        folder = self._common / OWN_FOLDER
        self.make_folder(folder)
        return folder

    def write(self, path: Path, data: bytes, *, mode: int = FILE) -> None:
        """Replace a file, atomically and durably.

        Raises:
            OSError: The folder is missing or the disk refuses.
        """
        shared = self._sharing
        files.write(
            *(path.parent, path.name, data),
            temporary=self.private,
            mode=shared.asked(mode),
            kept=shared.kept(mode),
        )

    def fits(self, path: Path, *, mode: int = FILE) -> bool:
        """Tell whether a file is shared as one that was written now."""
        kept = self._sharing.kept(mode)
        return path.exists() and path.stat().st_mode & kept == kept

    def make_folder(self, folder: Path) -> None:
        """Make a folder where it is missing."""
        with suppress(FileExistsError):
            folder.mkdir()
            self.share(folder)

    def share(self, folder: Path) -> None:
        """Give a folder of ours the mode that git would give it; another's stays."""
        shared = self._sharing
        before = folder.stat().st_mode & 0o7777
        wanted = shared.asked(before) | shared.kept(PROGRAM)
        if shared.permissions & _FOR_GROUP:
            wanted |= _SETGID  # what is made in it belongs to the group as well
        if shared.permissions and before != wanted:
            with suppress(PermissionError):
                folder.chmod(wanted)
