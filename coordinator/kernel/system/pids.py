"""Processes as the system knows them: by number.

It starts none.
"""

import os
import signal
from contextlib import suppress


def is_alive(pid: int) -> bool:
    """Tell whether a process of that id exists."""
    if pid <= 0:
        return False  # these stand for groups of processes
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def end(pid: int) -> None:
    """Ask a process to end; one that has ended, or is another's, is left alone."""
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGTERM)


def is_running_child(pid: int) -> bool:
    """Tell whether a child of ours still runs; one that ended is buried."""
    try:
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return False
