"""The parts that workspaces have in the hooks of one repository, a file for each.

It runs nothing and touches no hook. A part says of which workspace it is, what its
maintainer wants, and the prefixes of its agents; the hooks read it line by line.
"""

import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from active_contexts.worktree_state.entries import first_line, read
from active_contexts.worktree_state.model import UnusablePath
from active_contexts.worktree_state.repository_files import OWN_FOLDER, Writer
from coordinator.kernel import clock
from coordinator.kernel.disk import files
from coordinator.kernel.system import addresses

_ID = re.compile(r"[0-9a-f]{16}")
_LOST = re.compile(r"([0-9]{1,3}) (\S+)")
_NAME = "id"
_OLDER = "prefixes"  # of the last workspace that wrote it; nobody knows which


class Wish(StrEnum):
    """What a workspace's maintainer wants; `CONTESTED`: the hooks, in vain by now."""

    INSTALLED = "installed"
    UNINSTALLED = "uninstalled"
    CONTESTED = "contested"


class Presence(StrEnum):
    """Whether a workspace is where its part says; `UNKNOWN`: its disk may be away."""

    THERE = "there"
    GONE = "gone"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Owner:
    """A workspace as its repositories know it; the id moves with the folder."""

    id: str
    workspace: Path


@dataclass(frozen=True, slots=True)
class OwnerPart:
    """What a workspace has in a repository's hooks.

    `lost` says how often in a row the hooks were put back, since that time.
    """

    owner: Owner
    wish: Wish
    prefixes: Sequence[str] = ()
    lost: int = 0
    since: datetime | None = None

    def render(self) -> str:
        """Return the file's text."""
        lines = [f"workspace {self.owner.workspace}", f"hooks {self.wish}"]
        lines += [f"lost {self.lost} {clock.render(self.since)}"] if self.since else []
        lines += [f"prefix {x}" for x in sorted(self.prefixes)]
        return "".join(f"{x}\n" for x in lines)


def parse(name: str, text: str) -> OwnerPart:
    """Read a part's file; what is missing is as in a part that was just made."""
    pairs = [x.partition(" ")[::2] for x in text.split("\n")]
    facts = dict(pairs)
    wish = facts.get("hooks", "")
    part = OwnerPart(
        Owner(name, Path(facts.get("workspace", "/"))),
        Wish(wish) if wish in set(Wish) else Wish.INSTALLED,
        tuple(value for key, value in pairs if key == "prefix"),
    )
    found = _LOST.fullmatch(facts.get("lost", ""))
    if found is None:
        return part
    with suppress(ValueError):
        part = replace(part, lost=int(found[1]), since=clock.parse(found[2]))
    return part


def owner(workspace: Path) -> Owner:
    """Return a workspace's name for its repositories; it is made where missing."""
    folder = workspace / addresses.OWN
    if not _ID.fullmatch(first_line(folder / _NAME)):
        data = f"{secrets.token_hex(8)}\n".encode()
        files.write(folder, _NAME, data, temporary=folder, mode=0o600)
    return Owner(first_line(folder / _NAME), workspace)


def find(common: Path, name: str) -> OwnerPart | None:
    """Return the part of a workspace, or None where it has none."""
    path = _folder(common) / name
    return _load(path) if path.is_file() else None


def parts(common: Path) -> list[OwnerPart]:
    """Return the parts of all workspaces."""
    folder = _folder(common)
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [_load(x) for x in found if _ID.fullmatch(x.name)]


def _load(path: Path) -> OwnerPart:
    return parse(path.name, read(path).decode("utf-8", "surrogateescape"))


def save(common: Path, part: OwnerPart) -> None:
    """Write a workspace's part; those of others stay.

    Raises:
        UnusablePath: The workspace's path holds the end of a line.
        OSError: The repository cannot be written.
    """
    if "\n" in str(part.owner.workspace):
        raise UnusablePath(part.owner.workspace)
    path = file_of(common, part.owner)
    data = part.render().encode("utf-8", "surrogateescape")
    if read(path) != data:
        writer = Writer(common)
        writer.make_folder(path.parent.parent)
        writer.make_folder(path.parent)
        writer.write(path, data)
    (common / OWN_FOLDER / _OLDER).unlink(missing_ok=True)


def presence(found: Owner) -> Presence:
    """Tell whether a workspace is where it was."""
    folder = found.workspace / addresses.OWN
    with suppress(OSError, ValueError):  # a NUL is no path
        if folder.is_dir():
            name = first_line(folder / _NAME)
            return Presence.GONE if name not in {"", found.id} else Presence.THERE
        # An empty or missing place is what a disk leaves that is not mounted.
        if not found.workspace.exists() and any(found.workspace.parent.iterdir()):
            return Presence.GONE
    return Presence.UNKNOWN


def forget_gone(common: Path) -> None:
    """Drop the parts of workspaces that are surely gone."""
    for part in parts(common):
        if presence(part.owner) is Presence.GONE:
            file_of(common, part.owner).unlink(missing_ok=True)


def file_of(common: Path, found: Owner) -> Path:
    """Return the file with a workspace's part."""
    return _folder(common) / found.id


def _folder(common: Path) -> Path:
    return common / OWN_FOLDER / "workspaces"
