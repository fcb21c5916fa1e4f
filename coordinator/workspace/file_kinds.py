"""Kinds: whether a folder or a file of the coordinator's own is what it should be.

It judges by kind alone and reads nothing. What is derived, and of another kind, is put
aside where the lock is held: it is made again.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from coordinator.kernel.disk.locks import Held
from coordinator.kernel.disk.refusals import FILE, FOLDER, LINK, kind
from coordinator.kernel.errors import Conflict, External
from coordinator.kernel.text.names import display
from coordinator.workspace.layout import Layout

_MADE_AGAIN = "Move it away; it is made again."
_BACKUP = "Move it away, and put back what belongs there from a backup."
_UNLOCKED = "Move it away where no coordinator runs; it is made again."


class WrongKind(External):
    """Something else stands where the coordinator keeps its own."""

    def __init__(self, path: Path, wanted: str, found: str, hint: str) -> None:
        super().__init__(
            f"{display(str(path))}: {found} is there, and {wanted} is expected.",
            hint=hint,
        )


def check(layout: Layout) -> None:
    """Refuse a workspace with something of another kind, but what is derived.

    Raises:
        WrongKind: The first that is found.
    """
    for path, wanted, hint in _expected(layout):
        found = _other_kind(path, wanted)
        if found:
            raise WrongKind(path, wanted, found, hint)


def set_aside(layout: Layout, *, held: Held) -> list[str]:
    """Put derived things of another kind aside; return a sentence on each."""
    del held  # nobody else may be about to use them
    said: list[str] = []
    index = layout.index
    files = [index, *(index.with_name(f"{index.name}-{x}") for x in ("wal", "shm"))]
    derived = [*((x, FILE) for x in files), (layout.history, FOLDER)]
    for path, wanted in derived:
        if found := _other_kind(path, wanted):
            place = move_aside(layout, path)
            said.append(
                f"{path} was {found}, and {wanted} is expected: it lies in {place} now,"
                " and is made again."
            )
    return said


def move_aside(layout: Layout, path: Path) -> Path:
    """Move something of the coordinator's own out of the way; return where it lies."""
    layout.quarantine.mkdir(mode=0o700, exist_ok=True)
    place = _free(layout.quarantine / path.name)
    path.rename(place)
    return place


def _expected(layout: Layout) -> Iterator[tuple[Path, str, str]]:
    """Yield what there is, its kind, and what helps where it is another."""
    yield layout.own, FOLDER, _BACKUP
    yield layout.settings, FILE, _BACKUP
    for path in (layout.journal, layout.blobs, layout.tokens, layout.store):
        yield path, FOLDER, _BACKUP
    yield layout.version, FILE, _BACKUP
    yield layout.lock, FILE, _UNLOCKED
    for path in (layout.temporary, layout.trash, layout.pool, layout.logs):
        yield path, FOLDER, _MADE_AGAIN
    yield layout.quarantine, FOLDER, _MADE_AGAIN
    yield layout.daemon, FILE, _MADE_AGAIN


def _other_kind(path: Path, wanted: str) -> str:
    """Return what else stands there, or nothing; a link counts as what it leads to."""
    found = kind(path)
    if found in {"", wanted}:
        return ""
    if found != LINK:
        return found
    leads = kind(path.resolve()) if _leads_somewhere(path) else ""
    return "" if leads == wanted else f"a link to {leads or 'nothing'}"


def _leads_somewhere(path: Path) -> bool:
    try:
        path.stat()
    except OSError:
        return False
    return True


def _free(path: Path) -> Path:
    names = (path.with_name(f"{path.name}-{x}") for x in count(1))
    return next(x for x in names if not kind(x))


class NoFolder(Conflict):
    """Something else than a folder stands where a workspace is to be."""

    def __init__(self, place: Path, path: Path, found: str) -> None:
        super().__init__(
            f"{place} cannot be a workspace: {path} is {found}.",
            hint="Name another folder.",
        )


def root_at(place: Path) -> Path:
    """Return the folder that a workspace is made in, or is in already.

    Raises:
        Conflict: A file stands there, or above it, or a link that leads nowhere.
    """
    for path in (place, *place.parents):
        if path.is_symlink() and not path.exists():
            raise NoFolder(place, path, "a link that leads nowhere")
        if path.exists() and not path.is_dir():
            raise NoFolder(place, path, kind(path.resolve()))
    return place.resolve()
