import errno
import os
from pathlib import Path

import pytest

from coordinator.kernel.disk import small_files


def test_a_slip_is_read_whole_without_the_mark_of_an_editor(tmp_path: Path) -> None:
    """Line ends stay; a byte order mark is no part of it."""
    path = tmp_path / "slip"
    for data in (b"", b"one\r\ntwo\n", b"x" * (3 << 20)):
        path.write_bytes(data)
        assert small_files.read(str(path)) == data
        path.write_bytes(b"\xef\xbb\xbf" + data)
        assert small_files.read(str(path)) == data


@pytest.mark.parametrize("kind", ["pipe", "folder", "missing", "link to a pipe"])
def test_what_is_no_file_is_an_error_at_once(tmp_path: Path, kind: str) -> None:
    """A pipe that nobody writes into would be waited for for ever."""
    path = tmp_path / "slip"
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "link to a pipe":
            os.mkfifo(tmp_path / "pipe")
            path.symlink_to(tmp_path / "pipe")
    with pytest.raises(OSError, match=str(path)) as raised:
        small_files.read(str(path))
    assert raised.value.errno in {errno.ENXIO, errno.EISDIR, errno.ENOENT}
