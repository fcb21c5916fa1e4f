"""Renaming a file only where nothing of the new name is there.

It writes nothing and follows no link.
"""

import errno
import os
import sys

# How a system renames only where nothing is there: renameat2(2), renameatx_np(2).
_RENAMES = {"linux": ("renameat2", 1), "darwin": ("renameatx_np", 4)}


def rename_new(made: str, name: str, source: int, target: int) -> None:
    """Rename a file from one folder to another, both open.

    Raises:
        FileExistsError: Something of that name is there.
        OSError: The disk refuses.
    """
    # A link would give the file two names for an instant, as no document may have.
    if not _rename_exclusively(made, name, source, target):
        os.link(made, name, src_dir_fd=source, dst_dir_fd=target)
        os.unlink(made, dir_fd=source)


def _rename_exclusively(made: str, name: str, source: int, target: int) -> bool:
    """Rename unless `name` exists; False where the system or the disk cannot."""
    import ctypes  # noqa: PLC0415 - slow to load, seldom needed

    function, flag = _RENAMES.get(sys.platform, ("", 0))
    rename = getattr(ctypes.CDLL(None, use_errno=True), function, None)
    if rename is None:
        return False
    if not rename(source, os.fsencode(made), target, os.fsencode(name), flag):
        return True
    number = ctypes.get_errno()
    if number in {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}:
        return False
    raise OSError(number, os.strerror(number), name)
