"""What a disk, a file system or a limit of the system refuses, in words, once for all.

Without a daemon and within it the same error gives the same sentence. An error that no
disk gives is a bug, and is left as it is.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coordinator.kernel.errors import External
from coordinator.kernel.text.names import display

_SPACE = "Free some space, then try again."
_NETWORK = "Mount it anew; a workspace belongs on a local disk."
_LOCAL = "Keep the workspace on a local disk of one file system."
_AWAY = "Move what stands there away, or put back what belongs there."
HERE = "Move the folder itself here, and leave a link to it where it was."
_RIGHTS = "Look at owner and mode of the path, and of the folders above it."
_AGAIN = "End what uses it, then try again."
_LIMIT = "Raise the limit (ulimit), then try again, or start the daemon anew."
_CHECK = "Look at the system's log, make a backup, then check the file system."
# By name: not every system has each of them.
_SAID = {
    "EACCES": ("this account may not do that here", _RIGHTS),
    "EAGAIN": ("the system has no room for it now", _LIMIT),
    "EBADMSG": ("the file system is damaged", _CHECK),
    "EBUSY": ("something else uses it", _AGAIN),
    "EDEADLK": ("the file system would wait for ever", _LOCAL),
    "EDQUOT": ("the disk quota of this account is used up", _SPACE),
    "EEXIST": ("something else stands there", _AWAY),
    "EFBIG": ("a file would be larger than the system allows", _LIMIT),
    "EHOSTDOWN": ("the network file system does not answer", _NETWORK),
    "EIO": ("the disk reports an error", _CHECK),
    "EISDIR": ("a folder stands there, and a file is expected", _AWAY),
    "ELOOP": ("a link stands there, or a circle of links", _AWAY),
    "EMFILE": ("this process has as many files open as it may", _LIMIT),
    "EMLINK": ("the folder has as many entries as it can", _LOCAL),
    "ENAMETOOLONG": (
        "the path is longer than the file system allows",
        "Choose a shorter name, or a folder with a shorter path for the workspace.",
    ),
    "ENFILE": ("the system has as many files open as it can", _LIMIT),
    "ENODEV": ("the device is gone", _CHECK),
    "ENOENT": (
        "it is not there",
        "Put it back from a backup; `coordinator init` makes what can be made again.",
    ),
    "ENOLCK": ("the file system gives no locks", _LOCAL),
    "ENOMEM": ("the system has no memory left", _AGAIN),
    "ENOSPC": ("the disk is full", _SPACE),
    "ENOSYS": ("the file system cannot do that", _LOCAL),
    "ENOTCONN": ("the network file system does not answer", _NETWORK),
    "ENOTDIR": ("a folder is expected there, or above it", _AWAY),
    "ENOTEMPTY": ("the folder is not empty", _AWAY),
    "ENOTSUP": ("the file system cannot do that", _LOCAL),
    "ENXIO": ("a pipe, a socket or a device stands there", _AWAY),
    "EOPNOTSUPP": ("the file system cannot do that", _LOCAL),
    "EOVERFLOW": ("a number of it is larger than this program reads", _AWAY),
    "EPERM": (
        "the system does not permit it",
        "Look at owner and attributes (lsattr) of the path, and at security rules.",
    ),
    "EREMOTEIO": ("the network file system reports an error", _NETWORK),
    "EROFS": (
        "the file system is mounted read-only",
        "Mount it writable, then try again; the system's log says why it is not.",
    ),
    "ESTALE": ("the network file system has lost it", _NETWORK),
    "ETIMEDOUT": ("the network file system does not answer", _NETWORK),
    "ETXTBSY": ("it is a program that runs now", _AGAIN),
    "EUCLEAN": ("the file system is damaged", _CHECK),
    "EXDEV": ("it lies on another file system", _LOCAL),
}
SENTENCES = {getattr(errno, k): v for k, v in _SAID.items() if hasattr(errno, k)}
_DISK = {errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG, errno.EIO}
_STANDING = {errno.EEXIST, errno.EISDIR, errno.ELOOP, errno.ENOENT, errno.ENOTDIR}
FILE, FOLDER, LINK = "a file", "a folder", "a link"
_KINDS = (
    (stat.S_ISLNK, LINK),
    (stat.S_ISDIR, FOLDER),
    (stat.S_ISREG, FILE),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
)


class SystemRefused(External):
    """The system refuses what was asked of it; the sentence begins with the path."""


class NotWritten(SystemRefused):
    """The disk takes nothing now: it is full, read-only or broken."""


@contextmanager
def refusals() -> Iterator[None]:
    """Give every way in which the system refuses its sentence.

    Raises:
        SystemRefused: As the table says; `NotWritten` where nothing can be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in SENTENCES:
            raise
        refused = NotWritten if error.errno in _DISK else SystemRefused
        said, helps = explain(error)
        raise refused(f"{said}.", hint=helps) from error


def reason(error: OSError) -> str:
    """Return why the system refuses, as a part of a sentence."""
    said, _ = SENTENCES.get(error.errno or 0, ("", ""))
    own = error.strerror or type(error).__name__  # a word of ours, or the system's
    return said if said and own == os.strerror(error.errno or 0) else own


def hint(error: OSError) -> str:
    """Return what helps against it."""
    return SENTENCES.get(error.errno or 0, ("", _CHECK))[1]


def explain(error: OSError) -> tuple[str, str]:
    """Return where and why the system refuses, as the end of a sentence, and a hint."""
    name = error.filename if isinstance(error.filename, str | bytes) else ""
    place = Path(os.fsdecode(name))
    if not place.is_absolute():
        return f"the system refuses: {reason(error)}", hint(error)
    found = standing(place) if error.errno in _STANDING else None
    if found is None:
        return f"{display(str(place))}: {reason(error)}", hint(error)
    place, what = found
    if what == LINK:
        return f"{display(str(place))}: {LINK} is there, and none is followed", HERE
    return f"{display(str(place))}: {what} is there", hint(error)


def standing(path: Path) -> tuple[Path, str] | None:
    """Return where something else stands on the way to a path, or at it, and what.

    None where nothing does, but what is missing.
    """
    for place in reversed(path.parents):
        if not _is_folder(place):
            path = place
            break
    found = kind(path)
    return (path, found) if found else None


def blocked(root: Path, relative: str) -> tuple[str, str]:
    """Return the first part of a path below a root that is no folder, and what it is.

    All of it and `FOLDER` where each part is one; a link is none, wherever it leads.
    """
    parts = relative.split("/")
    for count in range(1, len(parts) + 1):
        place = "/".join(parts[:count])
        found = kind(root / place)
        if found != FOLDER:
            return place, found
    return relative, FOLDER


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except OSError:
        return False


def kind(path: Path) -> str:
    """Return what a path is, itself and not what it leads to; empty: nothing."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return ""
    return next((name for tell, name in _KINDS if tell(mode)), "a device")
