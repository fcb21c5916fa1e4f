import errno
import os
from pathlib import Path

import pytest

from coordinator.kernel.disk import files, refusals
from coordinator.kernel.disk.refusals import NotWritten, SystemRefused

# What open(2), write(2), rename(2), mkdir(2), fsync(2), flock(2) and their kin may say
# of a disk, a file system or a limit, on Linux and macOS.
OF_A_DISK = """
    EACCES EAGAIN EBUSY EDQUOT EEXIST EFBIG EIO EISDIR ELOOP EMFILE EMLINK ENAMETOOLONG
    ENFILE ENODEV ENOENT ENOLCK ENOMEM ENOSPC ENOSYS ENOTDIR ENOTEMPTY ENOTSUP ENXIO
    EOPNOTSUPP EOVERFLOW EPERM EROFS ESTALE ETIMEDOUT ETXTBSY EXDEV
"""
BUGS = [errno.EBADF, errno.EINVAL, errno.EFAULT, errno.ESPIPE, errno.ENOTTY]


def refused(error: OSError) -> SystemRefused:
    """Return what is said of an error of the system."""
    with pytest.raises(SystemRefused) as raised, refusals.refusals():
        raise error
    return raised.value


@pytest.mark.parametrize("name", OF_A_DISK.split())
def test_each_refusal_has_a_sentence_and_a_hint(name: str, tmp_path: Path) -> None:
    """It is the caller's affair, with the path first, and never a bug."""
    number = getattr(errno, name)
    path = tmp_path / "wanted"
    found = refused(OSError(number, os.strerror(number), str(path)))
    assert found.kind == "external"
    assert found.message.startswith(f"{path}: ")
    assert found.message.endswith(".")
    assert found.hint.endswith(".")
    assert os.strerror(number) not in found.message
    nameless = refused(OSError(number, os.strerror(number)))
    assert nameless.message.startswith("the system refuses: ")


def test_only_a_full_or_broken_disk_makes_the_daemon_wait() -> None:
    """What another path would cure is no reason to write nothing any more."""
    for number in (errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO, errno.EFBIG):
        assert isinstance(refused(OSError(number, "x")), NotWritten)
    for number in (errno.EACCES, errno.ENAMETOOLONG, errno.ENOTDIR, errno.EMFILE):
        assert not isinstance(refused(OSError(number, "x")), NotWritten)


def test_a_path_that_is_too_long_is_not_said_to_need_space(tmp_path: Path) -> None:
    """The hint fits the reason, whichever door the error came through."""
    with pytest.raises(SystemRefused) as raised, refusals.refusals():
        files.write(tmp_path, "x" * 300, b"", temporary=tmp_path)
    assert "longer than the file system allows" in raised.value.message
    assert "shorter" in raised.value.hint
    assert str(tmp_path / "xxx") in raised.value.message


@pytest.mark.parametrize("number", BUGS)
def test_what_no_disk_says_is_left_as_it_is(number: int) -> None:
    """A wrong descriptor or argument is ours to mend."""
    with pytest.raises(OSError, match="x") as raised, refusals.refusals():
        raise OSError(number, "x")
    assert not isinstance(raised.value, SystemRefused)


def test_our_own_words_for_an_error_are_kept() -> None:
    """Whoever raised it knew better than the system's number."""
    error = OSError(errno.ENOENT, "somebody deleted the file")
    assert refusals.reason(error) == "somebody deleted the file"
    assert refusals.reason(OSError("plain")) == "OSError"


def test_what_stands_in_the_way_is_named_where_it_stands(tmp_path: Path) -> None:
    """Not the path that was wanted, but the part of it that is another."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "nowhere").symlink_to("/no/such/place")
    os.mkfifo(tmp_path / "pipe")
    for name, said in (
        ("file", "a file is there"),
        ("pipe", "a pipe is there"),
        ("nowhere", "a link is there, and none is followed"),
        ("link", "a link is there, and none is followed"),
    ):
        with pytest.raises(SystemRefused) as raised, refusals.refusals():
            files.write(tmp_path, f"{name}/a/b", b"", temporary=tmp_path)
        assert raised.value.message == f"{tmp_path / name}: {said}."
    assert "leave a link to it" in raised.value.hint


def test_the_first_part_that_is_no_folder_is_found(tmp_path: Path) -> None:
    """A link is none, wherever it leads; what is missing is nothing."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "link").symlink_to(tmp_path / "a" / "b")
    assert refusals.blocked(tmp_path, "a/b") == ("a/b", refusals.FOLDER)
    assert refusals.blocked(tmp_path, "a/link/c") == ("a/link", refusals.LINK)
    assert refusals.blocked(tmp_path, "a/c/d") == ("a/c", "")
