"""Small files of a line or a page, read without waiting for anybody.

The thin client loads this on every command: it uses `os` alone, and knows no format.
"""

import errno
import os
import stat

_MOST = 1 << 20
_BOM = b"\xef\xbb\xbf"


def read(path: str) -> bytes:
    """Return what a file holds, without the mark that some editors put first.

    Raises:
        OSError: It cannot be read, or is a pipe, a folder or a device.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            number = errno.EISDIR if stat.S_ISDIR(mode) else errno.ENXIO
            raise OSError(number, os.strerror(number), path)
        data = b"".join(iter(lambda: os.read(descriptor, _MOST), b""))
    finally:
        os.close(descriptor)
    return data.removeprefix(_BOM)
