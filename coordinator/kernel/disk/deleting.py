"""Deleting whole folders, and what is mounted below them; no file system is crossed.

Whether a folder may go is decided elsewhere.
"""

import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from coordinator.kernel.errors import External
from coordinator.kernel.text.names import display

_MOUNTS = Path("/proc/self/mountinfo")
_OCTAL = re.compile(rb"\\([0-7]{3})")


class MountedBelow(External):
    """Another file system, or a folder of elsewhere, is mounted inside a folder."""

    def __init__(self, folder: Path, mount: Path) -> None:
        super().__init__(
            f"{display(str(folder))} is not deleted: {display(str(mount))} in it is"
            " mounted from elsewhere.",
            hint=f"Unmount it: umount {display(str(mount))}",
        )


def mounts_below(folder: Path) -> tuple[Path, ...]:
    """Return the folders below one that something else is mounted on, sorted.

    Linux tells of all of them (proc_pid_mountinfo(5)); elsewhere only those of another
    file system are found.
    """
    top = folder.resolve()
    if sys.platform == "linux" and _MOUNTS.exists():
        found = (x for x in _mount_points() if x != top and x.is_relative_to(top))
        return tuple(sorted(set(found)))
    return tuple(sorted(_other_devices(top)))


def delete(folder: Path) -> None:
    """Delete a folder with all that is in it; links are not followed.

    Raises:
        MountedBelow: Something is mounted in it; what was not reached is still there.
        OSError: The disk refuses.
    """
    for mount in mounts_below(folder):
        raise MountedBelow(folder, mount)
    device = folder.lstat().st_dev
    for place, folders, names, handle in os.fwalk(folder, topdown=False):
        if os.fstat(handle).st_dev != device:
            raise MountedBelow(folder, Path(place))
        for name in names:
            os.unlink(name, dir_fd=handle)
        for name in folders:
            _remove(name, handle)
    folder.rmdir()


def make_writable(folder: Path) -> None:
    """Let its owner delete what is in a folder.

    Package caches make folders read-only, and nothing can be removed from those.
    """
    for place, _, _ in os.walk(folder):
        mode = Path(place).lstat().st_mode
        if not mode & stat.S_IWUSR:
            Path(place).chmod(stat.S_IMODE(mode) | stat.S_IRWXU)


def _remove(name: str, handle: int) -> None:
    if stat.S_ISDIR(os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode):
        os.rmdir(name, dir_fd=handle)
    else:
        os.unlink(name, dir_fd=handle)  # a link to a folder


def _mount_points() -> Iterator[Path]:
    for line in _MOUNTS.read_bytes().splitlines():
        point = line.split(b" ")[4]
        plain = _OCTAL.sub(lambda x: bytes([int(x[1], 8)]), point)
        yield Path(os.fsdecode(plain))


def _other_devices(top: Path) -> Iterator[Path]:
    device = top.lstat().st_dev
    for place, folders, _ in os.walk(top):
        inner = [Path(place, x) for x in folders]
        others = [x for x in inner if x.lstat().st_dev != device]
        folders[:] = [x.name for x in inner if x not in others]
        yield from others
