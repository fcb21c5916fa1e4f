"""Objects on their way into the store: in a folder of their own until all are there.

What fails leaves nothing in the store. It knows neither branches nor refs, and trusts
nothing of a repository but bytes whose sums are right.
"""

import os
import secrets
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from coordinator.kernel.disk import files
from pending_commits import packs

_NAME = "incoming-"
# Of a partial clone's objects, and of those that nothing leads to (gitformat-pack(5)).
_UNFIT = (".promisor", ".mtimes")
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class Incoming:
    """Where git puts objects that it fetches; it sees those of the store as well."""

    store: Path
    folder: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """What tells git so."""
        return {"GIT_OBJECT_DIRECTORY": str(self.folder)}

    def link(self, objects: Path) -> bool:
        """Give the packs of a repository on the same disk a second name in here.

        A pack that its repository deletes then stays. Left out is what is damaged,
        and what another user could change later. Returns whether any was linked.
        """
        found = sorted((objects / "pack").glob("pack-*.idx"))
        return bool([x for x in found if _is_fit(x) and self._link(x)])

    def _link(self, index: Path) -> bool:
        pair = [self.folder / "pack" / x.name for x in (index, _pack_of(index))]
        try:
            for path in pair:
                os.link(index.with_name(path.name), path, follow_symlinks=False)
            if all(map(_is_ours_alone, pair)) and packs.is_whole(pair[0]):
                return True
        except OSError:
            pass  # another disk, one without links, or a repack under way
        for path in pair:
            path.unlink(missing_ok=True)
        return False

    def clear(self) -> None:
        """Throw away what is in here, to begin anew."""
        shutil.rmtree(self.folder)
        _make(self.folder)

    def keep(self) -> None:
        """Move everything into the store, durably."""
        objects = self.store / "objects"
        found = [x for x in self.folder.rglob("*") if x.is_file()]
        found.remove(self.folder / "info" / "alternates")
        # A pack counts once its index is there.
        for path in sorted(found, key=lambda x: x.suffix == ".idx"):
            place = objects / path.relative_to(self.folder)
            place.parent.mkdir(exist_ok=True)
            if path.parent.name == "pack":
                _sync(path)  # git syncs what it writes; what was linked it did not
            path.replace(place)
        files.sync_folder(objects / "pack")


@contextmanager
def incoming(store: Path) -> Iterator[Incoming]:
    """Make room for what comes; what was not kept is gone at the end."""
    folder = store / f"{_NAME}{secrets.token_hex(8)}"
    _make(folder)
    try:
        yield Incoming(store, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make(folder: Path) -> None:
    (folder / "pack").mkdir(parents=True)
    (folder / "info").mkdir()
    (folder / "info" / "alternates").write_text("../objects\n", "ascii")


def leftovers(store: Path) -> list[Path]:
    """Return what fetches left in the store that were killed, or are under way."""
    own = list(store.glob(f"{_NAME}*"))
    # Versions before this one fetched right into the store.
    return [*own, *(store / "objects" / "pack").glob("tmp_*")]


def tidy(store: Path) -> None:
    """Remove what killed fetches left; whoever calls knows that none is under way."""
    for path in leftovers(store):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink()


def _is_fit(index: Path) -> bool:
    return not any(index.with_suffix(x).exists() for x in _UNFIT)


def _pack_of(index: Path) -> Path:
    return index.with_suffix(".pack")


def _is_ours_alone(path: Path) -> bool:
    found = path.lstat()
    is_own = found.st_uid == os.geteuid() and not found.st_mode & _OTHERS_WRITE
    return stat.S_ISREG(found.st_mode) and is_own


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
