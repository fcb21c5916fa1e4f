"""What a command line ends with, in one table; the thin client loads it too.

0: done. 1: refused, failed, or findings. 2: the command line itself is wrong. 3: a bug.
130: interrupted, as shells have it (128 and the signal's number).
"""

DONE = 0
FAILED = 1
USAGE = 2
BUG = 3
INTERRUPTED = 130


def of_kind(kind: str) -> int:
    """Return the code of an error by its kind; see `coordinator.kernel.errors`."""
    return USAGE if kind == "usage" else FAILED
