"""Runs one command as its supervisor, in a process of its own, and ends what it left.

The order comes as a line of JSON on standard input; when that input ends before the
command does, the command is ended. It imports nothing of ours: it is run as a script.

Every descendant whose parent died becomes a child of this process (on Linux, prctl(2),
PR_SET_CHILD_SUBREAPER), so that neither a session nor an environment of its own hides a
survivor. Limits are set here, after the fork, where no other thread runs.
"""

import ctypes
import json
import os
import resource
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

_PROCESSES = Path("/proc")
_SUBREAPER, _DEATH_SIGNAL = 36, 1  # of prctl(2)
_NOT_FOUND, _NOT_STARTED, _ENDED = 127, 126, 124  # as shells and timeout(1) say it


def main() -> int:
    """Run the command of the order; return its exit code, 128 + N for a signal."""
    order = json.loads(sys.stdin.buffer.readline())
    _prctl(_SUBREAPER, 1)
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.signal(signal.SIGCHLD, _do_nothing)
    signal.set_wakeup_fd(waker)
    child = os.fork()
    if not child:
        _become(order)  # pragma: no cover - the fork ends as another program
    try:
        return _wait(child, woken)
    finally:
        _bury_all(child)


def _do_nothing(*_: object) -> None:
    """Let the wake-up descriptor tell."""


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _wait(child: int, woken: int) -> int:
    while True:
        ready, _, _ = select.select([sys.stdin, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            code = _reap(child)
            if code is not None:
                return code if code >= 0 else 128 - code
        if sys.stdin in ready:
            return _ENDED


def _reap(child: int) -> int | None:
    """Bury who ended; return the child's exit code if it is among them."""
    code = None
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == child:
                code = os.waitstatus_to_exitcode(ended[1])
    return code


def _bury_all(child: int) -> None:
    """Kill every descendant, those that are born meanwhile included."""
    while True:
        _kill_all(child)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                continue
        except ChildProcessError:
            return
        time.sleep(0.002)


def _kill_all(child: int) -> None:
    if not _PROCESSES.joinpath("self").is_dir():
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)  # macOS: a session of its own escapes
        return
    for path in _PROCESSES.glob("[0-9]*"):
        if _parent(path) == os.getpid():
            with suppress(ProcessLookupError, PermissionError):
                os.kill(int(path.name), signal.SIGKILL)


def _parent(process: Path) -> int:
    """Return a process's parent, as proc(5) tells it; 0 where it has gone."""
    try:
        said = process.joinpath("stat").read_bytes()
    except OSError:
        return 0
    # A name may hold spaces and brackets; what follows its last bracket does not.
    return int(said.rpartition(b")")[2].split()[1])


def _become(order: dict[str, Any]) -> None:  # pragma: no cover - as above
    """Become the command; never return."""
    argv = order["argv"]
    try:
        os.setsid()
        _prctl(_DEATH_SIGNAL, signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        _limit(resource.RLIMIT_AS, order["memory_bytes"])
        _limit(resource.RLIMIT_CPU, order["cpu_seconds"])
        _limit(resource.RLIMIT_CORE, 0)
        os.execvpe(argv[0], argv, order["environment"])  # noqa: S606 - no shell
    except FileNotFoundError:
        _leave(f"The program {argv[0]} is not there.", _NOT_FOUND)
    except BaseException as error:  # noqa: BLE001 - the copy of us must end here
        _leave(f"The program {argv[0]} cannot be started: {error}.", _NOT_STARTED)


def _limit(what: int, value: int) -> None:  # pragma: no cover - as above
    _, hard = resource.getrlimit(what)
    most = value if hard == resource.RLIM_INFINITY else min(value, hard)
    with suppress(ValueError, OSError):  # macOS does not know every limit
        resource.setrlimit(what, (most, most))


def _leave(sentence: str, code: int) -> None:  # pragma: no cover - as above
    os.write(2, f"{sentence}\n".encode("utf-8", "replace"))
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
