"""The radar's own bare repository: a cache that may be deleted at any moment.

It sees the objects of other repositories and writes into none of them. It has no hook,
no ref that counts, and none of their settings.
"""

import hashlib
import os
import secrets
import shutil
import zlib
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from coordinator.kernel.git import Repository
from coordinator.kernel.text import alternates

MOST_BYTES = 1 << 28
_STAMP = "radar-stamp"
_MAKING = Lock()
_LARGEST_ATTRIBUTES = 1 << 16
_BLOCK = 512  # what stat(2) counts in
# Nothing here has to outlive a power cut. Little is read more than a few times.
_SETTINGS = """\
[core]
\tfsync = none
\tlooseCompression = 0
\tlogAllRefUpdates = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
"""
# Git takes the newest commits first while it looks for what two have in common: dated
# as of long ago, these would make it go through all of the history.
_DATE = 4_102_444_800
# Marks of a conflict that no text has lines like.
_MARKS = b"* conflict-marker-size=%d\n"
MARK_SIZE = 37


def open_scratch(
    path: Path, folders: Sequence[Path], *, most_bytes: int = MOST_BYTES
) -> Repository:
    """Return the bare repository at `path`, made where it is missing.

    `folders` are the object folders that it may read, as far as they are there, with
    those that they name in turn (git follows five of these, one after the other). It is
    made anew, and empty, where it reads others, or takes up more than `most_bytes` on
    the disk; finding that out takes some microseconds for each object.

    Raises:
        GitFailed: Git cannot make it.
    """
    wanted = alternates.lines(x.absolute() for x in folders if x.is_dir())
    with _MAKING:
        if not _is_as_wanted(path, wanted) or _bytes_of(path) > most_bytes:
            _remake(path, wanted)
    return Repository(path)


def stamp(scratch: Repository) -> str:
    """Return what changes when it is made anew: what was put into it before is gone."""
    try:
        return (scratch.path / _STAMP).read_text("ascii")
    except FileNotFoundError:
        return ""


def _is_as_wanted(path: Path, wanted: str) -> bool:
    try:
        return _alternates(path).read_bytes() == os.fsencode(wanted)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _alternates(path: Path) -> Path:
    return path / "objects" / "info" / "alternates"


def _bytes_of(path: Path) -> int:
    """Return how much a folder takes up; what goes meanwhile counts as nothing."""
    return sum(_size(f"{x}/{y}") for x, _, names in os.walk(path) for y in names)


def _size(path: str) -> int:
    try:
        return os.lstat(path).st_blocks * _BLOCK
    except FileNotFoundError:
        return 0


def _remake(path: Path, wanted: str) -> None:
    # Made beside and renamed: one that is there is whole.
    made, old = (path.with_name(f"{path.name}.{x}") for x in ("new", "old"))
    for left in (made, old):
        shutil.rmtree(left, ignore_errors=True)
    Repository(path.parent).run(
        *("init", "-q", "--bare", "--template=", "--initial-branch=none"),
        *("--", str(made.absolute())),
    )
    with (made / "config").open("a") as settings:
        settings.write(_SETTINGS)
    (made / _STAMP).write_text(secrets.token_hex(8), "ascii")
    _alternates(made).write_bytes(os.fsencode(wanted))
    if path.exists():
        path.rename(old)
    made.rename(path)
    shutil.rmtree(old, ignore_errors=True)


def write_commit(scratch: Repository, tree: str, parents: Sequence[str]) -> str:
    """Put a commit into the repository and return its id: always the same for these.

    Nobody is to see it. It starts no process, as one is made for each work.
    """
    who = f"radar <radar@localhost> {_DATE} +0000"
    named = "".join(f"parent {x}\n" for x in parents)
    text = f"tree {tree}\n{named}author {who}\ncommitter {who}\n\n"
    data = f"commit {len(text)}\0{text}".encode("ascii")
    oid = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    place = scratch.path / "objects" / oid[:2] / oid[2:]
    if not place.exists():
        place.parent.mkdir(exist_ok=True)
        new = place.with_name(f"tmp_obj_{secrets.token_hex(8)}")
        new.write_bytes(zlib.compress(data, 1))
        new.rename(place)
    return oid


def take_attributes(scratch: Repository, target: str) -> bytes:
    """Have files merged as `.gitattributes` at the top of the target says; return it.

    Git before 2.43 reads none in a bare repository. A file there that is larger than
    any that a person wrote counts as none, and those in folders are not read. A driver
    that is a program means nothing here, as no setting names it.
    """
    done = scratch.ask("cat-file", "blob", f"{target}:.gitattributes")
    is_fit = done.code == 0 and len(done.stdout) <= _LARGEST_ATTRIBUTES
    text = done.stdout if is_fit else b""
    folder = scratch.path / "info"
    folder.mkdir(exist_ok=True)
    new = folder / "attributes.new"
    new.write_bytes(text + b"\n" + _MARKS % MARK_SIZE)
    new.rename(folder / "attributes")
    return text
