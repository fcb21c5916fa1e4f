"""A repository of 38,000 files and a long history, against git itself.

`init` with three worktrees is a command from a shell; the rival is `git worktree add`
three times in a copy of the repository. Nothing is deleted before: on ext4, files that
are made soon after others were deleted take many times as long. The first submission
goes over the socket of a daemon, after `init`, as an agent meets it (an empty store is
`bench_submission.py`'s matter). What `.coordinator` takes up is counted without what
has another name elsewhere, beside the worktrees of its pool. `worktree list` is a
command with the daemon, of eight worktrees: all clean, and half of them with changes;
its rival is `git worktree list` and `git status` in each, as a person must.

Budget: init <= 1.1 times git; the first submission <= 500 ms; `.coordinator` <= 1.2
times its pool; `worktree list` <= 300 ms.
"""

import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.bench_submission import make_repository, own_bytes, submit
from benchmarks.bench_worktrees import list_with_git, pool_size
from benchmarks.stage import (
    Result,
    Stage,
    median,
    parser,
    say,
    stage,
    timed,
    wait_until,
)

_PATIENCE_SECONDS = 120.0
_FEATURES = 5  # beside the three homes


def make(made: Stage, source: Path, rounds: int) -> tuple[float, float]:
    """Make workspaces, and worktrees by git, by turns; return seconds of both."""
    ours: list[float] = []
    rival: list[float] = []
    turns: list[tuple[list[float], Callable[[], object]]]
    for number in range(rounds):
        copies = [made.folder / f"{x}-{number}" for x in ("ours", "gits")]
        for copy in copies:
            shutil.copytree(source, copy, symlinks=True)
        words = ("init", str(made.folder / f"ws-{number}"))
        own = partial(made.run, *words, "--repo", f"long={copies[0]}")
        turns = [(ours, own), (rival, partial(add_three, made, copies[1]))]
        for times, work in reversed(turns) if number % 2 else turns:
            times.append(timed(work))
    return median(ours), median(rival)


def add_three(made: Stage, copy: Path) -> None:
    """Add three worktrees with plain git."""
    for number in range(3):
        branch, path = f"rival/{number}", f"{copy}-{number}"
        made.git("worktree", "add", "-q", "-b", branch, path, "main", where=copy)


def listing(made: Stage, rounds: int) -> tuple[float, float]:
    """List by command, and with git, by turns; return milliseconds of both."""
    ours: list[float] = []
    rival: list[float] = []
    for _ in range(rounds):
        ours.append(timed(lambda: made.run("worktree", "list", "--json")) * 1000)
        rival.append(list_with_git(made))
    return median(ours), median(rival)


def add_features(made: Stage) -> None:
    """Give the first agent worktrees for more features."""
    (made.workspace / "long-backend" / "unsaved.txt").write_text("work\n")
    for number in range(_FEATURES):
        made.run("worktree", "add", "backend", f"feature-{number}")
    (made.workspace / "long-backend" / "unsaved.txt").unlink()


def main() -> None:
    """Measure all of it on one stage."""
    wanted = parser(__doc__).parse_args()
    files, commits, rounds = (3_800, 300, 2) if wanted.quick else (38_000, 20_000, 3)
    result = Result("large", quick=wanted.quick)
    with stage() as made:
        say(f"a repository of {files} files and {commits} commits")
        source = make_repository(made, files, commits)
        say("worktrees")
        init, rival = make(made, source, rounds)
        result.against("init", init, "s", ("git worktree add, three times", rival), 1.1)
        made.workspace, made.repository = made.folder / "ws-0", made.folder / "ours-0"
        made.start()
        wait_until(lambda: pool_size(made) > 0, seconds=_PATIENCE_SECONDS, pause=0.1)
        home = made.workspace / "long-backend"
        made.git("switch", "-q", "-c", "backend/work", where=home)
        made.git("commit", "-q", "--allow-empty", "-m", "Work", where=home)
        result.limit("the first submission after init", submit(made), "ms", 500)
        pool = ("its pool", own_bytes(made.layout.pool) / 1e6)
        result.against(
            ".coordinator", own_bytes(made.layout.own) / 1e6, "MB", pool, 1.2
        )
        say("a list of eight")
        add_features(made)
        time.sleep(5)  # the daemon fills its pool
        for what in ("clean", "half of them with changes"):
            took, gits = listing(made, rounds * 3)
            result.limit(f"worktree list, {what}", took, "ms", 300)
            result.beside(f"worktree list, {what}", took, "ms", ("git", gits))
            for path in sorted(made.workspace.glob("long-*"))[::2]:
                (path / "unsaved.txt").write_text("work\n")
    result.facts = {"files": files, "commits": commits, "rounds": rounds}
    result.show()


if __name__ == "__main__":
    main()
