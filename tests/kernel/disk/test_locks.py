import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from filelock import FileLock

from coordinator.kernel.disk import locks
from coordinator.kernel.disk.locks import Held, LockTaken
from coordinator.kernel.errors import ErrorKind

HOLDER = """
    import sys
    from pathlib import Path
    from coordinator.kernel.disk import locks

    with locks.hold(Path(sys.argv[1]), seconds=120):
        print("held", flush=True)
        sys.stdin.read()
"""

ADDER = """
    import sys
    from pathlib import Path
    from coordinator.kernel.disk import locks

    counter = Path(sys.argv[1] + ".count")
    for _ in range(20):
        with locks.hold(Path(sys.argv[1]), seconds=120):
            counter.write_text(str(int(counter.read_text()) + 1))
"""


def start(program: str, path: Path) -> "subprocess.Popen[bytes]":
    """Start a process of our own."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


@contextmanager
def held_elsewhere(path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Have another process hold the lock."""
    with start(HOLDER, path) as process:
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_lock_is_held_and_given_back(tmp_path: Path) -> None:
    """Holding it is a value; a second holder waits no longer than it said."""
    path = tmp_path / "lock"
    with locks.hold(path, seconds=0) as held:
        assert held == Held(path)
        with pytest.raises(LockTaken) as caught, locks.hold(path, seconds=0.01):
            pass
        assert caught.value.kind is ErrorKind.CONFLICT
    with locks.hold(path, seconds=0):
        pass


def test_a_lock_is_private(tmp_path: Path) -> None:
    """Nobody else can block the workspace."""
    before = os.umask(0)
    try:
        with locks.hold(tmp_path / "lock", seconds=0):
            assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)


def test_a_lock_is_given_back_after_an_error(tmp_path: Path) -> None:
    """What fails under the lock does not keep it."""
    with pytest.raises(KeyError), locks.hold(tmp_path / "lock", seconds=0):
        raise KeyError
    with locks.hold(tmp_path / "lock", seconds=0):
        pass


@pytest.mark.slow
def test_a_killed_holder_blocks_nobody(tmp_path: Path) -> None:
    """The lock goes with its process, whatever is left on the disk."""
    path = tmp_path / "lock"
    with held_elsewhere(path) as holder:
        with pytest.raises(LockTaken), locks.hold(path, seconds=0.01):
            pass
        holder.send_signal(signal.SIGKILL)
        with locks.hold(path, seconds=120):
            pass


@pytest.mark.slow
def test_one_process_at_a_time(tmp_path: Path) -> None:
    """Four processes that count with one file lose nothing."""
    path = tmp_path / "lock"
    counter = tmp_path / "lock.count"
    counter.write_text("0")
    processes = [start(ADDER, path) for _ in range(4)]
    for process in processes:
        process.communicate()
    assert [x.returncode for x in processes] == [0] * 4
    assert counter.read_text() == "80"


def remove(path: Path) -> None:
    """Delete the lock file."""
    path.unlink()


def remake(path: Path) -> None:
    """Delete the lock file and make another; both exist at once for a moment."""
    (path.parent / "new").touch()
    (path.parent / "new").rename(path)


@pytest.mark.parametrize("change", [remove, remake])
def test_a_lock_file_that_changed_while_we_waited_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: object
) -> None:
    """Two processes would hold two locks of one name."""
    path = tmp_path / "lock"

    class Waited(FileLock):
        """A lock whose file is changed right after it was taken."""

        def _acquire(self) -> None:
            super()._acquire()
            assert callable(change)
            change(path)

    monkeypatch.setattr(locks, "FileLock", Waited)
    with pytest.raises(LockTaken), locks.hold(path, seconds=0):
        pass
    monkeypatch.undo()
    with locks.hold(path, seconds=0):
        pass


def test_threads_exclude_each_other(tmp_path: Path) -> None:
    """The lock holds within a process as well."""
    taken: list[LockTaken] = []

    def attempt() -> None:
        try:
            with locks.hold(tmp_path / "lock", seconds=0.01):
                pass
        except LockTaken as error:
            taken.append(error)

    with locks.hold(tmp_path / "lock", seconds=0):
        other = Thread(target=attempt)
        other.start()
        other.join()
    assert len(taken) == 1
