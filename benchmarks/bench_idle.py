"""Idle: CPU share of the daemon, and processes it started, over 60 s with three agents.

Each agent has a worktree and a context; nobody writes. CPU time is the daemon's own
from /proc; a started process is one that appeared below the daemon, looked for every
20 ms, and the children whose CPU time the daemon reaped.

Budget: < 0.5 % CPU, no process.
"""

import os
import time
from pathlib import Path

from benchmarks.stage import Result, Stage, parser, say, stage

_SETTLE_SECONDS = 12.0  # the first comparison of the agents' work is over by then
_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> tuple[float, float]:
    """Return the CPU time of a process, and of the children that it reaped."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own, reaped = map(int, fields[11:13]), map(int, fields[13:15])
    return sum(own) / _TICKS, sum(reaped) / _TICKS


def children(pid: int) -> set[str]:
    """Return the process ids below a process, threads' children included."""
    found: set[str] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found |= set(task.read_text().split())
    return found


def write_contexts(made: Stage) -> None:
    """Let each of the three agents say what it does."""
    folder = made.workspace / "agent-system/active-contexts"
    for agent in ("backend", "frontend", "docs"):
        (folder / f"{agent}-status.md").write_text("state: working\ntask: cart\n")


def main() -> None:
    """Measure a daemon that has nothing to do."""
    wanted = parser(__doc__).parse_args()
    seconds = 10.0 if wanted.quick else 60.0
    result = Result("idle", quick=wanted.quick)
    with stage() as made:
        made.start()
        write_contexts(made)
        say("settling")
        time.sleep(_SETTLE_SECONDS)
        say(f"idle for {seconds:g} s")
        before, known = cpu_seconds(made.pid), children(made.pid)
        end = time.monotonic() + seconds
        started: set[str] = set()
        while time.monotonic() < end:
            started |= children(made.pid) - known
            time.sleep(0.02)
        after = cpu_seconds(made.pid)
    result.limit("CPU", 100 * (after[0] - before[0]) / seconds, "%", 0.5)
    result.limit("processes started", len(started), "", 0)
    result.limit("CPU of reaped children", after[1] - before[1], "s", 0)
    result.facts = {"seconds": seconds, "agents": 3, "standing children": len(known)}
    result.show()


if __name__ == "__main__":
    main()
