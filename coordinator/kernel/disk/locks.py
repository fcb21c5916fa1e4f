"""The lock that makes one process the writer; holding it is a value to hand around.

It is a `flock`, so a dead holder never blocks; a pid beside it is only for people.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from coordinator.kernel.errors import Conflict


@dataclass(frozen=True, slots=True)
class Held:
    """Proof that the lock at `path` is held: what may only run under it asks for it."""

    path: Path


class LockTaken(Conflict):
    """Another process holds the lock."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"Another process holds {path}.",
            hint="Wait for it to finish, or run: coordinator status",
        )


@contextmanager
def hold(path: Path, *, seconds: float) -> Iterator[Held]:
    """Take the lock at `path`, waiting up to `seconds`.

    Raises:
        LockTaken: Somebody else held it all that time.
    """
    lock = FileLock(path, timeout=seconds, poll_interval=0.005, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise LockTaken(path) from None
    try:
        # Whoever removed and remade the file while we waited locked another inode.
        if not _is_same_file(path, lock):
            raise LockTaken(path)
        yield Held(path)
    finally:
        lock.release()


def _is_same_file(path: Path, lock: FileLock) -> bool:
    descriptor = lock._context.lock_file_fd  # noqa: SLF001 - no public door to it
    if descriptor is None:
        return False
    try:
        on_disk = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(on_disk, os.fstat(descriptor))
