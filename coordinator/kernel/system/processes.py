"""The one room that starts processes: argv lists, never a shell.

Every child gets PYTHONSAFEPATH=1, since an agent's worktree may hold a folder named
`coordinator`. It knows nothing of git.
"""

import os
import select
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import IO, Self

from coordinator.kernel import clock
from coordinator.kernel.errors import External
from coordinator.kernel.system.start_errors import NotStarted, ProgramMissing, TimedOut

DEFAULT_SECONDS = 120.0
_RUNNING: set[int] = set()  # the processes that `run` waits for
_IS_OVER = Event()
_GRACE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Completed:
    """How a process ended: exit code, and what it printed."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        """Standard output as text; bytes that are no UTF-8 stay escapable."""
        return self.stdout.decode("utf-8", "surrogateescape")

    @property
    def complaint(self) -> str:
        """The last lines of standard error, for a message."""
        lines = self.stderr.decode("utf-8", "replace").strip().splitlines()
        return " ".join(line.strip() for line in lines[-3:])


def run(
    argv: Sequence[str],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    seconds: float = DEFAULT_SECONDS,
) -> Completed:
    """Run to the end, in a process group of its own.

    Raises:
        ProgramMissing: The program is not there.
        NotStarted: It is, and cannot be started.
        TimedOut: It ran longer than `seconds`; its whole group was killed.
    """
    if _IS_OVER.is_set():
        raise External("This process is about to end.", hint="Run it again.")
    deadline = clock.monotonic() + seconds
    with _input(stdin) as given:
        process = _start(argv, cwd, environment, stdin=given, stderr=subprocess.PIPE)
    outputs = _outputs(process)
    with process:
        _RUNNING.add(process.pid)
        try:
            is_cut = _drain(outputs, deadline, sys.maxsize) is Ending.TIME
            is_late = is_cut or not _has_ended(process, deadline)
        finally:
            if process.returncode is None:
                # Ctrl-C does not reach a group of its own: nobody else would end it.
                _kill_group(process.pid)
                process.wait()
            _RUNNING.discard(process.pid)
    if is_late:
        raise TimedOut(argv, seconds)
    stdout, stderr = (bytes(x) for x in outputs.values())
    return Completed(process.returncode, stdout, stderr)


@contextmanager
def _input(data: bytes) -> Iterator[int | IO[bytes]]:
    """Give what a process is to read, all of it there: nobody has to feed it."""
    if not data:
        yield subprocess.DEVNULL
        return
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        yield file


def _outputs(process: "subprocess.Popen[bytes]") -> dict[IO[bytes], bytearray]:
    return {_pipe(process.stdout): bytearray(), _pipe(process.stderr): bytearray()}


def _has_ended(process: "subprocess.Popen[bytes]", deadline: float) -> bool:
    """Wait for a process whose outputs have ended; False: it goes on.

    `Popen.wait` with a timeout looks and sleeps by turns, which costs a short process
    half of its time.
    """
    if hasattr(os, "pidfd_open"):
        with suppress(OSError), os.fdopen(os.pidfd_open(process.pid), "rb", 0) as ended:
            poll = select.poll()
            poll.register(ended, select.POLLIN)
            poll.poll(max(0, (deadline - clock.monotonic()) * 1000))
    try:
        process.wait(max(0.0, deadline - clock.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True


def end_all() -> None:
    """Kill what `run` waits for on other threads, and let them start no other."""
    _IS_OVER.set()
    for pid in list(_RUNNING):
        _kill_group(pid)


class Ending(StrEnum):
    """What ended a bounded process: itself, its time, or how much it printed."""

    OWN = "own"
    TIME = "time"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Bounded:
    """How a bounded process ended, what it printed until then, and its seconds."""

    code: int
    stdout: bytes
    stderr: bytes
    ending: Ending
    seconds: float


def run_bounded(
    argv: Sequence[str],
    *,
    cwd: Path,
    order: bytes,
    seconds: float,
    most_bytes: int,
) -> Bounded:
    """Run a process that reads an order and ends when its standard input does.

    It is asked to end, by the end of that input, once it has run for `seconds` or both
    outputs together have more than `most_bytes`; its group is killed where it does not.

    Raises:
        ProgramMissing: The program is not there.
        NotStarted: It is, and cannot be started.
    """
    started = clock.monotonic()
    process = _start(argv, cwd, None, stderr=subprocess.PIPE)
    outputs = _outputs(process)
    with process:
        try:
            with suppress(BrokenPipeError):
                _pipe(process.stdin).write(order)
                _pipe(process.stdin).flush()
            ending = _drain(outputs, started + seconds, most_bytes)
        finally:
            _finish(process)
    stdout, stderr = (bytes(x) for x in outputs.values())
    spent = clock.monotonic() - started
    return Bounded(process.returncode, stdout, stderr, ending, spent)


def _drain(
    outputs: Mapping[IO[bytes], bytearray], deadline: float, most_bytes: int
) -> Ending:
    """Read until all outputs have ended, or one of the bounds is met."""
    left = most_bytes
    with selectors.DefaultSelector() as selector:
        for pipe in outputs:
            selector.register(pipe, selectors.EVENT_READ, outputs[pipe])
        while selector.get_map():
            seconds = deadline - clock.monotonic()
            if seconds <= 0:
                return Ending.TIME
            for key, _ in selector.select(seconds):
                left -= _take(selector, key, max(left, 0))
            if left < 0:
                return Ending.OUTPUT
    return Ending.OWN


def _take(
    selector: selectors.BaseSelector, key: selectors.SelectorKey, most: int
) -> int:
    """Read once what is there, keep `most` bytes of it; return how many there were."""
    data = os.read(key.fd, 1 << 16)
    if not data:
        selector.unregister(key.fileobj)
    key.data.extend(data[:most])
    return len(data)


def _finish(process: "subprocess.Popen[bytes]") -> None:
    with suppress(BrokenPipeError):
        _pipe(process.stdin).close()
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        _kill_group(process.pid)


def _start(
    argv: Sequence[str],
    cwd: Path | None,
    environment: Mapping[str, str] | None,
    *,
    stdin: int | IO[bytes] = subprocess.PIPE,
    stderr: int,
) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=_environment(environment),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )
    except FileNotFoundError:
        if cwd is not None and not cwd.is_dir():
            raise
        raise ProgramMissing(argv[0], _path(environment)) from None
    except OSError as error:
        raise NotStarted(argv[0], error) from None


class Child:
    """A long-lived co-process with pipes for its input and output.

    Raises:
        ProgramMissing: The program is not there.
    """

    def __init__(
        self, argv: Sequence[str], *, environment: Mapping[str, str] | None = None
    ) -> None:
        self._process = _start(argv, None, environment, stderr=subprocess.DEVNULL)

    @property
    def stdin(self) -> IO[bytes]:
        """Where the child reads."""
        return _pipe(self._process.stdin)

    @property
    def stdout(self) -> IO[bytes]:
        """What the child prints."""
        return _pipe(self._process.stdout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def finish(self, seconds: float = 60.0) -> int:
        """Close its input, wait, and return its exit code (killed after `seconds`)."""
        try:
            self.stdin.close()
            return self._process.wait(seconds)
        except (OSError, subprocess.TimeoutExpired):
            return -1
        finally:
            self.kill()

    def kill(self) -> None:
        """End it now, if it still runs, and close the pipes."""
        if self._process.poll() is None:
            _kill_group(self._process.pid)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                _pipe(pipe).close()
            except OSError:
                continue


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        message = "a child process without its pipe"
        raise RuntimeError(message)
    return pipe


def start_detached(argv: Sequence[str], *, log: Path, cwd: Path) -> int:
    """Start a process that outlives this one and keeps none of its descriptors.

    Returns its process id; what it prints goes to `log`.
    """
    # Not blocked by whatever else may stand there, such as a pipe that nobody reads.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
    with os.fdopen(os.open(log, flags, 0o600), "ab") as output:
        process = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=_environment(None),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            close_fds=True,
            start_new_session=True,
        )
    # The child is meant to outlive us: nobody will wait for it here.
    process.returncode = 0
    return process.pid


class Beside:
    """A process that runs beside this one and prints where this one prints."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def end(self, seconds: float = 10.0) -> int:
        """Ask it to stop, wait, and return its exit code (killed after `seconds`)."""
        self._process.terminate()
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def start_beside(
    argv: Sequence[str], *, environment: Mapping[str, str] | None = None
) -> Beside:
    """Start a process that inherits our output."""
    return Beside(
        subprocess.Popen(
            list(argv), env=_environment(environment), stdin=subprocess.DEVNULL
        )
    )


def page(command: str, text: bytes, environment: Mapping[str, str]) -> bool:
    """Give a text to the user's pager, by a shell as git does; False: it failed."""
    argv, made = ["/bin/sh", "-c", command], _environment(environment)
    with suppress(OSError):
        return subprocess.run(argv, input=text, env=made, check=False).returncode == 0
    return False


def replace(argv: Sequence[str], *, cwd: Path, environment: Mapping[str, str]) -> None:
    """Become another program, in another folder; the environment is just this.

    Raises:
        ProgramMissing: The program is not there.
        NotStarted: It is, and cannot be started.
    """
    os.chdir(cwd)
    try:
        os.execvpe(argv[0], list(argv), environment)  # noqa: S606 - argv, no shell
    except FileNotFoundError:
        raise ProgramMissing(argv[0], _path(environment)) from None
    except OSError as error:
        raise NotStarted(argv[0], error) from None


def _environment(given: Mapping[str, str] | None) -> dict[str, str]:
    return {**(os.environ if given is None else given), "PYTHONSAFEPATH": "1"}


def _path(environment: Mapping[str, str] | None) -> str:
    return (os.environ if environment is None else environment).get("PATH", "")


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # it ended; macOS refuses where only its zombie is left
