"""Worktrees of a repository with 10,000 files, against plain git in the same run.

Each action goes over the daemon's socket, as an agent's command does; the interpreter's
start is `bench_commands.py`'s matter. `cold`: there is no pool (`pool = 0`); the rival
is `git worktree add -b`. `pool`: a worktree stands ready. Removing is against `git
worktree remove` of a clean worktree; listing against `git worktree list` and `git
status` in each worktree, for ours tells branch and changes too. The rivals run by turns
with ours.

Budget: add cold <= 1.1 times git; add from the pool <= 15 ms; removal is the rename
into the trash, and may not cost more than git's; list <= 1.1 times git.
"""

import shutil
import time
from typing import Any

from benchmarks.stage import Result, Stage, median, parser, say, stage, wait_until

AGENTS = ("backend", "frontend", "docs")
_POOL_SECONDS = 60.0


def ask(made: Stage, action: str, **arguments: object) -> float:
    """Ask the daemon for an action; return milliseconds.

    Raises:
        RuntimeError: It was refused.
    """
    start = time.perf_counter()
    reply: dict[str, Any] = made.ask(action, **arguments)
    took = (time.perf_counter() - start) * 1000
    if "error" in reply:
        message = f"{action} {arguments}: {reply['error']}"
        raise RuntimeError(message)
    return took


def git(made: Stage, *args: str) -> float:
    """Run git in the repository; return milliseconds."""
    start = time.perf_counter()
    made.git(*args)
    return (time.perf_counter() - start) * 1000


def list_with_git(made: Stage) -> float:
    """List as a person must: the worktrees, and the state of each; milliseconds."""
    start = time.perf_counter()
    lines = made.git("worktree", "list", "--porcelain").splitlines()
    folders = [x.removeprefix("worktree ") for x in lines if x.startswith("worktree ")]
    for folder in folders[1:]:  # the first is the user's own checkout
        made.git("-C", folder, "status", "--porcelain", "--branch")
    return (time.perf_counter() - start) * 1000


def pool_size(made: Stage) -> int:
    """Return how many finished worktrees stand in the pool."""
    links = made.layout.pool.glob("*/.git")
    own = (x.parent / x.read_text().removeprefix("gitdir: ").strip() for x in links)
    return sum((x / "index").exists() for x in own)  # git writes that last


def occupy_homes(made: Stage) -> None:
    """Put every home on a feature with work, so that the next one needs a worktree."""
    for agent in AGENTS:
        ask(made, "worktree add", agent=agent, feature="first")
        (made.workspace / f"shop-{agent}" / "unsaved.txt").write_text("work\n")


def cold(made: Stage, rounds: int) -> dict[str, list[float]]:
    """Add and remove by turns with git, no pool."""
    times: dict[str, list[float]] = {}
    for number in range(rounds):
        agent, name = AGENTS[number % 3], f"cold-{number}"
        path = str(made.folder / f"rival-{number}")
        add = ask(made, "worktree add", agent=agent, feature=name)
        plain = git(made, "worktree", "add", "-q", "-b", f"rival/{name}", path, "main")
        remove = ask(made, "worktree remove", agent=agent, feature=name)
        plain_remove = git(made, "worktree", "remove", path)
        names = ("add", "git add", "remove", "git remove")
        for key, took in zip(names, (add, plain, remove, plain_remove), strict=True):
            times.setdefault(key, []).append(took)
        times.setdefault("list", []).append(ask(made, "worktree list"))
        times.setdefault("git list", []).append(list_with_git(made))
    return times


def pooled(made: Stage, rounds: int) -> list[float]:
    """Add from a filled pool; return milliseconds."""
    found: list[float] = []
    for number in range(rounds):
        agent, name = AGENTS[number % 3], f"warm-{number}"
        wait_until(lambda: pool_size(made) > 0, seconds=_POOL_SECONDS, pause=0.05)
        time.sleep(1.0)  # the daemon ends its tending
        found.append(ask(made, "worktree add", agent=agent, feature=name))
    return found


def main() -> None:
    """Measure without and with a pool."""
    wanted = parser(__doc__).parse_args()
    files, rounds = (1_000, 4) if wanted.quick else (10_000, 15)
    result = Result("worktrees", quick=wanted.quick)
    say(f"a repository of {files} files")
    with stage(files=files) as made:
        made.change_setting("pool = 1", "pool = 0")
        shutil.rmtree(made.layout.pool, ignore_errors=True)
        made.git("worktree", "prune")
        made.start()
        occupy_homes(made)
        say("cold")
        times = cold(made, rounds)
        made.stop()
        made.change_setting("pool = 0", "pool = 1")
        made.start()
        say("from the pool")
        warm = pooled(made, rounds)
    rival = ("git worktree add", median(times["git add"]))
    result.against("add, cold", median(times["add"]), "ms", rival, 1.1)
    result.limit("add, from the pool", median(warm), "ms", 15)
    gone = ("git worktree remove", median(times["git remove"]))
    result.against("remove", median(times["remove"]), "ms", gone, 1.0)
    listed = ("git worktree list + git status", median(times["git list"]))
    result.against("list", median(times["list"]), "ms", listed, 1.1)
    result.facts = {"files": files, "rounds": rounds}
    result.show()


if __name__ == "__main__":
    main()
