"""A diff of 12,000 lines shown, and the difference of two patchsets across a rebase.

A maintainer's `pending show --diff` goes over the daemon's socket, as a command line:
what is timed is all but the interpreter's start, the text for a person included. The
rivals run by turns with it in the user's repository: `git diff` of the same commits,
and `git range-diff` of the two patchsets, which is git's own answer to a rebase.

Budget: the diff <= 4 times `git diff`, which reads less: ours tells commits, files,
requirements and comments as well; the difference of two patchsets <= 1 times
`git range-diff`.
"""

import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.stage import Result, Stage, median, parser, say, stage

ITEM = "backend-large"
_LINES = 120  # in each file


def ask(made: Stage, *argv: str) -> float:
    """Run a command line by the daemon; return milliseconds.

    Raises:
        RuntimeError: It failed.
    """
    start = time.perf_counter()
    reply = made.command(*argv)
    took = (time.perf_counter() - start) * 1000
    if reply["code"]:
        raise RuntimeError(reply["stderr"])
    return took


def git(made: Stage, *args: str) -> float:
    """Run git in the repository; return milliseconds."""
    start = time.perf_counter()
    made.git(*args)
    return (time.perf_counter() - start) * 1000


def change(made: Stage, tree: Path, count: int, word: str) -> str:
    """Commit as many changed files; return the commit."""
    for number in range(count):
        lines = (f"{word} {number} {x}\n" for x in range(_LINES))
        path = tree / "large" / f"{number}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(lines))
    made.git("-C", str(tree), "add", "-A")
    made.git("-C", str(tree), "commit", "-q", "-m", f"Write {word}")
    return made.git("-C", str(tree), "rev-parse", "HEAD")


def propose(made: Stage, count: int) -> tuple[list[str], list[str]]:
    """Propose a branch and rebase it; return bases and heads of the two patchsets."""
    tree = made.workspace / "shop-backend"
    made.git("-C", str(tree), "switch", "-q", "-c", "backend/large")
    bases = [made.git("rev-parse", "main")]
    heads = [change(made, tree, count, "line")]
    ask(made, "pending", "submit", "--branch", "backend/large", "--title", "Large")
    made.git("-C", str(made.repository), "commit", "-q", "--allow-empty", "-m", "On")
    bases.append(made.git("rev-parse", "main"))
    made.git("-C", str(tree), "rebase", "-q", "main")
    (tree / "large" / "0.txt").write_text("another\n")
    made.git("-C", str(tree), "commit", "-q", "-a", "--amend", "--no-edit")
    heads.append(made.git("-C", str(tree), "rev-parse", "HEAD"))
    ask(made, "pending", "submit", "--branch", "backend/large")
    return bases, heads


def by_turns(
    ours: Callable[[], float], theirs: Callable[[], float], rounds: int
) -> tuple[float, float]:
    """Return the middle of each in milliseconds; the first round does not count."""
    pairs = [(ours(), theirs()) for _ in range(rounds + 1)][1:]
    return median([x for x, _ in pairs]), median([y for _, y in pairs])


def main() -> None:
    """Measure both."""
    wanted = parser(__doc__).parse_args()
    files, count, rounds = (200, 20, 3) if wanted.quick else (10_000, 100, 15)
    result = Result("review", quick=wanted.quick)
    say(f"a change of {count * _LINES} lines in a repository of {files} files")
    with stage(files=files) as made:
        made.start()
        bases, heads = propose(made, count)
        whole = ("pending", "show", ITEM, "--diff")
        shown = by_turns(
            lambda: ask(made, *whole),
            lambda: git(made, "diff", bases[1], heads[1]),
            rounds,
        )
        ranges = (f"{x}..{y}" for x, y in zip(bases, heads, strict=True))
        words = ("range-diff", *ranges)
        differ = by_turns(
            lambda: ask(made, "pending", "show", ITEM, "--patchset", "1..2"),
            lambda: git(made, *words),
            rounds,
        )
    lines = count * _LINES
    result.against(
        f"`pending show --diff` of {lines} lines",
        shown[0],
        "ms",
        ("`git diff` of the same", shown[1]),
        4.0,
    )
    result.against(
        "difference of two patchsets across a rebase",
        differ[0],
        "ms",
        ("`git range-diff`", differ[1]),
        1.0,
    )
    result.show()


if __name__ == "__main__":
    main()
