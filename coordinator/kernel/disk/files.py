"""The one room that reads what others wrote and replaces files.

Every path is opened below a root, component by component, without following links,
so a link swapped in by an agent leads nowhere. It knows no format.
"""

import errno
import fcntl
import os
import secrets
import signal
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from coordinator.kernel import clock
from coordinator.kernel.disk import refusals
from coordinator.kernel.disk.renaming import rename_new
from coordinator.kernel.problems import Problem

MAX_BYTES = 1 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Stamp(NamedTuple):
    """What tells one state of a file from another without reading it."""

    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Stamp":
        """Take the stamp out of a stat result."""
        return cls(
            status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        )


@dataclass(frozen=True, slots=True)
class Content:
    """A document's bytes and text, read whole while nobody changed it."""

    data: bytes
    text: str
    stamp: Stamp
    uid: int


@dataclass(frozen=True, slots=True)
class Unsettled:
    """The file changed while it was read; come back."""


class _Modes(NamedTuple):
    """A new file's permissions: what is asked for, and what the umask leaves alone."""

    asked: int
    kept: int


@contextmanager
def folder(root: Path, relative: str = "") -> Iterator[int]:
    """Open `root/relative` as a directory descriptor, following no link below root.

    Raises:
        OSError: A component is missing, a link, or no folder.
    """
    handle = _enter(root, _parts(relative))
    try:
        yield handle
    finally:
        os.close(handle)


@contextmanager
def folder_in(handle: int, name: str) -> Iterator[int]:
    """Open a folder of an open one as a directory descriptor, following no link.

    Raises:
        OSError: It is missing, a link, or no folder.
    """
    inner = os.open(name, _FOLDER, dir_fd=handle)
    try:
        yield inner
    finally:
        os.close(inner)


def _enter(root: Path, parts: list[str]) -> int:
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for count, part in enumerate(parts, 1):
        try:
            inner = os.open(part, _FOLDER, dir_fd=handle)
        except OSError as error:
            raise _placed(error, root.joinpath(*parts[:count])) from None
        finally:
            os.close(handle)
        handle = inner
    return handle


def _placed(error: OSError, path: Path) -> OSError:
    """Return the error with the whole path: below a descriptor it has a name alone."""
    return OSError(error.errno, error.strerror, str(path))


def _parts(relative: str) -> list[str]:
    parts = relative.split("/") if relative else []
    if any(part in {"", ".", ".."} or not _can_be_name(part) for part in parts):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), relative)
    return parts


def _can_be_name(part: str) -> bool:
    try:
        return b"\0" not in os.fsencode(part)
    except UnicodeEncodeError:
        return False


def _parent_and_name(relative: str) -> tuple[str, str]:
    *_, name = _parts(relative) or [""]
    return relative[: -len(name) - 1], name


def read(
    root: Path, relative: str, *, limit: int = MAX_BYTES, quiet: float = 0.0
) -> Content | Problem | Unsettled | None:
    """Read a document: regular, one link, at most `limit` bytes, UTF-8, no NUL.

    Returns None where there is no such file, and a problem where it is something
    else; it never blocks on a FIFO or a device. A file that changed less than `quiet`
    seconds ago is not settled while somebody has it open for writing.
    """
    try:
        parent, name = _parent_and_name(relative)
        with folder(root, parent) as handle:
            status = os.stat(name, dir_fd=handle, follow_symlinks=False)
            if refusal := _refusal(relative, status, limit):
                return refusal
            descriptor = os.open(name, _READ, dir_fd=handle)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return _unreadable(relative, error)
    try:
        return _read_open(descriptor, relative, limit, quiet)
    except OSError as error:
        return _unreadable(relative, error)
    finally:
        os.close(descriptor)


def _read_open(
    descriptor: int, relative: str, limit: int, quiet: float
) -> Content | Problem | Unsettled:
    before = os.fstat(descriptor)
    if refusal := _refusal(relative, before, limit):
        return refusal
    data = _read_all(descriptor, before.st_size)
    # Asked first: whoever writes and closes after it leaves another stamp.
    is_written = _is_young(before, quiet) and _has_writer(descriptor)
    is_same = Stamp.of(os.fstat(descriptor)) == Stamp.of(before)
    if is_written or not is_same or len(data) != before.st_size:
        return Unsettled()
    return decode(relative, data, before)


def _read_all(descriptor: int, size: int) -> bytes:
    data = os.read(descriptor, size + 1)
    while len(data) < size and (more := os.read(descriptor, size + 1 - len(data))):
        data += more
    return data


def _is_young(status: os.stat_result, seconds: float) -> bool:
    return 0 <= clock.now().timestamp() - status.st_ctime < seconds


def is_closed(root: Path, relative: str) -> bool:
    """Tell whether surely nobody has the file open for writing; False: who knows."""
    try:
        parent, name = _parent_and_name(relative)
        with folder(root, parent) as handle:
            descriptor = os.open(name, _READ, dir_fd=handle)
    except OSError:
        return False
    try:
        return _has_writer(descriptor) is False
    finally:
        os.close(descriptor)


def _has_writer(descriptor: int) -> bool | None:
    """Tell whether somebody has the open file open for writing; None: who knows.

    Linux grants a read lease (fcntl(2), F_SETLEASE) only if not, on files of our own.
    It is given back at once: whoever opens the file meanwhile waits some microseconds.
    """
    if sys.platform != "linux":
        return None
    try:
        # Word of a broken lease must not be SIGIO, which would end this process.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return None
    return False


def decode(relative: str, data: bytes, status: os.stat_result) -> Content | Problem:
    """Turn bytes into a document's content, or say what is wrong with them."""
    if (nul := data.find(b"\0")) >= 0:
        line = data.count(b"\n", 0, nul) + 1
        return Problem(
            relative, line, "binary", "The file holds a NUL byte.", "Write plain text."
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"The file is not valid UTF-8 at byte {error.start}."
        return Problem(relative, line, "not-utf-8", message, "Save it as UTF-8.")
    return Content(data, text, Stamp.of(status), status.st_uid)


def _refusal(relative: str, status: os.stat_result, limit: int) -> Problem | None:
    mode = status.st_mode
    if stat.S_ISLNK(mode):
        return Problem(
            relative, 0, "symlink", "Links are not followed.", "Write a regular file."
        )
    if not stat.S_ISREG(mode):
        return Problem(
            relative, 0, "not-a-file", "It is no regular file.", "Write a regular file."
        )
    if status.st_nlink > 1:
        message = f"The file has {status.st_nlink} names (hard links)."
        return Problem(relative, 0, "hard-link", message, "Write a copy instead.")
    if status.st_size > limit:
        message = f"The file has {status.st_size} bytes; the limit is {limit}."
        return Problem(relative, 0, "too-large", message, "Split it, or link to it.")
    return None


def _unreadable(relative: str, error: OSError) -> Problem:
    message = f"The file cannot be read: {refusals.reason(error)}."
    return Problem(relative, 0, "unreadable", message, refusals.hint(error))


def write(
    root: Path,
    relative: str,
    data: bytes,
    *,
    temporary: Path,
    mode: int = 0o644,
    kept: int = 0,
) -> None:
    """Replace `root/relative` atomically and durably.

    `temporary` is an unwatched folder of the same filesystem; `mode` is the new
    file's permissions, before the umask, and `kept` are those that it does not take.

    Raises:
        OSError: The folder is missing or a link, or the disk refuses.
    """
    modes = _Modes(mode, kept)
    _place(root, relative, data, temporary=temporary, replace=True, modes=modes)


def create(root: Path, relative: str, data: bytes, *, temporary: Path) -> None:
    """Write a new file, atomically and durably.

    Raises:
        FileExistsError: There is one already; it is left alone.
        OSError: The folder is missing or a link, or the disk refuses.
    """
    modes = _Modes(0o644, 0)
    _place(root, relative, data, temporary=temporary, replace=False, modes=modes)


def _place(
    root: Path,
    relative: str,
    data: bytes,
    *,
    temporary: Path,
    replace: bool,
    modes: _Modes,
) -> None:
    parent, name = _parent_and_name(relative)
    with folder(root, parent) as target, folder(temporary) as source:
        made = f"{os.getpid()}-{secrets.token_hex(8)}"
        try:
            _write_synced(made, data, source, modes)
            if replace:
                os.rename(made, name, src_dir_fd=source, dst_dir_fd=target)
            else:
                rename_new(made, name, source, target)
            os.fsync(target)
        except OSError as error:
            raise _placed(error, root / relative) from None
        finally:
            with suppress(FileNotFoundError):
                os.unlink(made, dir_fd=source)


def _write_synced(name: str, data: bytes, handle: int, modes: _Modes) -> None:
    descriptor = os.open(name, _CREATE, modes.asked, dir_fd=handle)
    try:
        if modes.kept:
            os.fchmod(descriptor, os.fstat(descriptor).st_mode & 0o777 | modes.kept)
        write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte; a short write is continued."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def check_regular(paths: Sequence[Path]) -> None:
    """Refuse what is no regular file, before reading from it could wait for ever.

    Raises:
        OSError: The first that is a folder, a pipe or a link to nothing.
    """
    for path in paths:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            number = errno.EISDIR if stat.S_ISDIR(mode) else errno.ENXIO
            raise OSError(number, os.strerror(number), str(path))


def open_append(path: Path) -> int:
    """Open a private file for appending; where it is new, its name is durable.

    Raises:
        OSError: The disk refuses.
    """
    is_new = not path.exists()
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    if is_new:
        try:
            sync_folder(path.parent)
            sync_folder(path.parent.parent)
        except OSError:
            os.close(descriptor)
            raise
    return descriptor


def take_back(descriptor: int, size: int) -> None:
    """Cut a file that only we append to back to `size`, if a write left more.

    Raises:
        OSError: Somebody else deleted it or made it shorter.
    """
    status = os.fstat(descriptor)
    if not status.st_nlink:
        raise OSError(errno.ENOENT, "somebody deleted the file")
    if status.st_size < size:
        raise OSError(errno.EIO, "somebody cut the file short")
    if status.st_size > size:
        os.ftruncate(descriptor, size)


def sync_data(descriptor: int) -> None:
    """Bring written bytes to the disk (fdatasync, or fsync where it is missing)."""
    getattr(os, "fdatasync", os.fsync)(descriptor)


def sync_folder(path: Path) -> None:
    """Bring a folder's entries to the disk."""
    with folder(path) as handle:
        os.fsync(handle)
