"""The server that forks for each command line, and is told of nothing else.

It is one thread, so that a fork is a whole process; see `tests.preloaded.tools`.
"""

import gc
import importlib
import marshal
import os
import pkgutil
import selectors
import signal
import socket
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

from tests.preloaded.stand_in import DESCRIPTORS, SIZE

_PACKAGES = (
    "coordinator",
    "agent_identities",
    "active_contexts",
    "pending_commits",
    "learnings",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a fork is to be."""

    words: list[str]
    environment: dict[str, str]
    mask: int
    descriptors: list[int]


class Server:
    """Forks for each caller, and tells it which process that is, and how it ended."""

    def __init__(self, address: str) -> None:
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(address)
        self._listening.listen(128)
        self._bell, self._ringer = socket.socketpair()
        self._ringer.settimeout(0)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._ringer.fileno())
        self._callers: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(sys.stdin, selectors.EVENT_READ, self._end)
        self._selector.register(self._bell, selectors.EVENT_READ, self._bury)
        self._selector.register(self._listening, selectors.EVENT_READ, self._fork)

    def serve(self) -> Wanted:
        """Serve until the input ends; return in each fork, with what it is to be."""
        while True:
            for key, _ in self._selector.select():
                wanted: Wanted | None = key.data()
                if wanted is not None:
                    return wanted

    def _fork(self) -> Wanted | None:
        """Fork; the fork keeps nothing of the server, and the server nothing of it."""
        line, _ = self._listening.accept()
        wanted = _receive(line)
        pid = os.fork()
        if pid == 0:
            self._leave(line)
            return wanted
        for descriptor in wanted.descriptors:
            os.close(descriptor)
        self._callers[pid] = line
        # A caller says no more: what comes is its end.
        self._selector.register(line, selectors.EVENT_READ, partial(self._kill, pid))
        _tell(line, pid)
        return None

    def _leave(self, line: socket.socket) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        ends = (self._listening, self._bell, self._ringer, line)
        for end in (*ends, *self._callers.values()):
            end.close()

    def _bury(self) -> None:
        self._bell.recv(1 << 10)
        while self._callers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            line = self._callers.pop(pid)
            self._selector.unregister(line)
            _tell(line, os.waitstatus_to_exitcode(status))
            line.close()

    def _kill(self, pid: int) -> None:
        if pid in self._callers:  # not buried just now
            os.kill(pid, signal.SIGKILL)

    def _end(self) -> NoReturn:
        for pid in self._callers:
            self._kill(pid)
        sys.exit()


def _tell(line: socket.socket, number: int) -> None:
    with suppress(OSError):  # it has gone
        line.sendall(b"%d\n" % number)


def _receive(line: socket.socket) -> Wanted:
    size, descriptors, _, _ = socket.recv_fds(line, SIZE, DESCRIPTORS)
    with line.makefile("rb") as file:
        asked = file.read(int.from_bytes(size, "big"))
    words, environment, mask = marshal.loads(asked)  # noqa: S302 - of our own
    return Wanted(words, environment, mask, descriptors)


def load() -> None:
    """Import whatever a command could need."""
    for name in _PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            importlib.import_module(module.name)
    gc.freeze()  # a fork that looks through it all would copy it all


def become(wanted: Wanted, python: Path) -> None:
    """Take over what a process has from its caller."""
    *streams, folder = wanted.descriptors
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
    os.fchdir(folder)
    for descriptor in wanted.descriptors:
        os.close(descriptor)
    os.umask(wanted.mask)
    os.environ.clear()
    os.environ.update(wanted.environment)
    time.tzset()
    tempfile.tempdir = None
    sys.argv[1:] = wanted.words
    sys.executable = str(python)  # what is started again is so from here


def run() -> None:
    """Be the command; end at once where no thread is left, nor coverage to be kept.

    Python would look through all that was loaded, and so copy it.
    """
    try:
        importlib.import_module("coordinator.entry").main()
    except SystemExit as end:
        if threading.active_count() > 1 or "coverage" in sys.modules:
            raise
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(end.code or 0))


def main(address: str) -> None:
    """Serve; in each fork, be the command."""
    load()
    server = Server(address)
    print("ready", flush=True)  # noqa: T201 - to who started it
    become(server.serve(), Path(address).with_name("python"))
    run()


if __name__ == "__main__":
    main(sys.argv[1])
