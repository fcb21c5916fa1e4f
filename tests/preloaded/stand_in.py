"""A light program that is started where `coordinator` or `python` would be.

It hands its folder, environment, words and streams to the server, passes signals on to
the process that the server makes of them, and ends as that one does. It must import
next to nothing: each command of a test starts it.
"""

import marshal
import os
import signal
import socket
import sys

DESCRIPTORS = 4  # the three streams, and the folder
SIZE = 4  # bytes that say how many are to follow
_PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main(address: str, python: str) -> None:
    """Run a command line of ours in a fork, and anything else in Python itself."""
    name, *words = sys.argv
    if not name.endswith("/coordinator"):
        if words[:2] != ["-m", "coordinator.entry"]:
            os.execv(python, [python, *words])  # noqa: S606 - argv, no shell
        del words[:2]
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(address)
        _hand_over(line, words)
        code = _followed(line)
    _end_as(code)


def _hand_over(line: socket.socket, words: list[str]) -> None:
    mask = os.umask(0)
    os.umask(mask)
    asked = marshal.dumps((words, dict(os.environ), mask))
    folder = os.open(".", os.O_RDONLY)
    size = len(asked).to_bytes(SIZE, "big")
    socket.send_fds(line, [size], [0, 1, 2, folder])
    line.sendall(asked)


def _followed(line: socket.socket) -> int:
    """Wait for the fork's end; return its exit code."""
    with line.makefile("r") as answer:
        pid = int(answer.readline())
        for number in _PASSED_ON:
            signal.signal(number, lambda number, _: os.kill(pid, number))
        return int(answer.readline() or -signal.SIGKILL)


def _end_as(code: int) -> None:
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)
