"""Processes as the system knows them: by number.

It starts none and ends none.
"""

import os


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


def is_running_child(pid: int) -> bool:
    """Tell whether a child of ours still runs; one that ended is buried."""
    try:
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return False
