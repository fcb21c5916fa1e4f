"""What a command costs from a shell: with the daemon up, and without one.

Commands and the rival, `python -c pass` of the same interpreter, run by turns, so that
whatever else the machine does meets all alike; medians count.

Budget: with the daemon up <= 4 times the rival.
"""

import subprocess
import sys
import time

from benchmarks.stage import ENTRY, Result, Stage, median, parser, say, stage

COMMANDS = {
    "status": ("status",),
    "status --json": ("status", "--json"),
    "pending list": ("pending", "list"),
    "history": ("history",),
    "health": ("health",),
}
_RIVAL = (sys.executable, "-c", "pass")
_BUDGET = 4.0


def run(made: Stage, argv: tuple[str, ...]) -> float:
    """Run a program to its end; return milliseconds."""
    start = time.perf_counter()
    subprocess.run(
        argv,
        cwd=made.workspace,
        env=made.environment,
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        check=True,
    )
    return (time.perf_counter() - start) * 1000


def by_turns(made: Stage, rounds: int) -> dict[str, float]:
    """Run every command and the rival in each round; return medians in ms."""
    programs = {name: (*ENTRY, *argv) for name, argv in COMMANDS.items()}
    programs["python -c pass"] = _RIVAL
    times: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, argv in programs.items():
            times[name].append(run(made, argv))
    return {name: median(found) for name, found in times.items()}


def main() -> None:
    """Measure commands with the daemon up, then without."""
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
    rival = ("python -c pass", up["python -c pass"])
    for name in COMMANDS:
        result.against(f"{name}, daemon up", up[name], "ms", rival, _BUDGET)
    for name in COMMANDS:
        result.note(f"{name}, in-process", down[name], "ms")
    result.facts = {"rounds": rounds}
    result.show()


if __name__ == "__main__":
    main()
