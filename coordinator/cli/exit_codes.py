"""What a command line ends with, in one table; the thin client loads it too.

0: done. 1: refused, failed, or findings. 2: the command line itself is wrong. 3: a bug.
130: interrupted, as shells have it (128 and the signal's number).
"""

TYPE_CHECKING = False  # `typing` takes longer to load than the rest of the client
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

DONE = 0
FAILED = 1
USAGE = 2
BUG = 3
INTERRUPTED = 130


def of_kind(kind: str) -> int:
    """Return the code of an error by its kind; see `coordinator.kernel.errors`."""
    return USAGE if kind == "usage" else FAILED


def of_answer(action: str, result: "Any") -> int:  # noqa: ANN401 - a JSON value
    """Return the code of an answer: findings are a failure."""
    has_findings = _HAS_FINDINGS.get(action, lambda _: False)
    return FAILED if has_findings(result) else DONE


_HAS_FINDINGS: "dict[str, Callable[[Any], bool]]" = {
    "check": bool,
    "workflow lint": bool,
    "workflow inspect": lambda found: (
        isinstance(found, list) and any(x["kind"] == "unreadable" for x in found)
    ),
    "init": lambda made: any(x["problem"] for x in made["worktrees"]),
    "worktree repair": lambda done: any(x["problem"] for x in done),
    "doctor": lambda found: not all(x["well"] for x in found),
}
