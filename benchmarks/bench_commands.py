"""What a command costs from a shell: with the daemon up, and without one.

Commands and the rival, `python -c pass` of the same interpreter, run by turns, so that
whatever else the machine does meets all alike; medians count. With the daemon up it is
the time on the clock, without one the processor's.

An agent's command that finds no daemon leaves one behind, which its next ones ask: told
is what the first one costs by itself, and the mean of 25 in a row with all that the
daemon took from its start on.

Budget: with the daemon up <= 4 times the rival; without one <= 10 times the rival's
processor time, or what an agent's commands cost in a row; one TAB <= 100 ms.
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.stage import (
    ENTRY,
    Result,
    Stage,
    median,
    parser,
    say,
    stage,
    wait_until,
)

COMMANDS = {
    "status": ("status",),
    "status --json": ("status", "--json"),
    "pending list": ("pending", "list"),
    "history": ("history",),
    "health": ("health",),
}
_RIVAL = (sys.executable, "-c", "pass")
_RIVAL_NAME = "python -c pass"
_BUDGET = 4.0
_ALONE_BUDGET = 10.0
_IN_A_ROW = 25
_PATIENCE_SECONDS = 30.0


def run(made: Stage, argv: tuple[str, ...]) -> tuple[float, float]:
    """Run a program to its end; return milliseconds by the clock, and of processor."""
    return _run(argv, made.workspace, made.environment)


def _run(
    argv: tuple[str, ...], folder: Path, environment: Mapping[str, str]
) -> tuple[float, float]:
    start, before = time.perf_counter(), _children_seconds()
    subprocess.run(
        argv,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        check=True,
    )
    took, spent = time.perf_counter() - start, _children_seconds() - before
    return took * 1000, spent * 1000


def _children_seconds() -> float:
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


def by_turns(made: Stage, rounds: int) -> dict[str, tuple[float, float]]:
    """Run every command and the rival in each round; return medians in ms."""
    programs = {name: (*ENTRY, *argv) for name, argv in COMMANDS.items()}
    programs[_RIVAL_NAME] = _RIVAL
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, argv in programs.items():
            times[name].append(run(made, argv))
    return {
        name: (median([x for x, _ in found]), median([x for _, x in found]))
        for name, found in times.items()
    }


def agents(made: Stage, rounds: int) -> tuple[float, float]:
    """Run an agent's commands from no daemon on; return ms of the first, and the mean.

    Each row begins without a daemon; its time counts in the mean.
    """
    environment = {k: v for k, v in made.environment.items() if k != "CI"}
    home = made.workspace / "shop-backend"
    first: list[float] = []
    means: list[float] = []
    for _ in range(rounds):
        spent: list[float] = []
        for _ in range(_IN_A_ROW):
            spent.append(_run((*ENTRY, "context", "list"), home, environment)[1])
            wait_until(made.answers, seconds=_PATIENCE_SECONDS, pause=0.01)
        first.append(spent[0])
        total = sum(spent) + _spent_by(made.health()["pid"])
        means.append(total / len(spent))
        made.run("down")
    return median(first), median(means)


def complete(made: Stage) -> float:
    """Complete a name, as a shell asks for it; return milliseconds by the clock."""
    asks = {"_COORDINATOR_COMPLETE": "bash_complete"}
    asks |= {"COMP_WORDS": "coordinator agent show ", "COMP_CWORD": "3"}
    return _run(ENTRY, made.workspace, made.environment | asks)[0]


def _spent_by(pid: int) -> float:
    """Return the milliseconds of processor that a process took, see proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure commands with the daemon up, without one, and an agent's."""
    wanted = parser(__doc__).parse_args()
    rounds = 10 if wanted.quick else 50
    result = Result("commands", quick=wanted.quick)
    with stage() as made:
        made.start()
        time.sleep(1)
        say("with the daemon up")
        up = by_turns(made, rounds)
        made.stop()
        say("without a daemon")
        down = by_turns(made, max(3, rounds // 5))
        say("an agent's")
        first, row = agents(made, max(3, rounds // 10))
        tabs = [complete(made) for _ in range(rounds)]
    for name in COMMANDS:
        rival = (_RIVAL_NAME, up[_RIVAL_NAME][0])
        result.against(f"{name}, daemon up", up[name][0], "ms", rival, _BUDGET)
    rival = (_RIVAL_NAME, down[_RIVAL_NAME][1])
    for name in COMMANDS:
        what = f"{name}, alone, processor"
        result.against(what, down[name][1], "ms", rival, _ALONE_BUDGET)
    result.against("an agent's first, processor", first, "ms", rival, _ALONE_BUDGET)
    what = f"an agent's {_IN_A_ROW} in a row, each, its daemon included, processor"
    result.against(what, row, "ms", rival, _ALONE_BUDGET)
    result.limit("completion, one TAB", median(tabs), "ms", 100)
    result.facts = {"rounds": rounds}
    result.show()


if __name__ == "__main__":
    main()
