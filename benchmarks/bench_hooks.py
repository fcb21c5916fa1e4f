"""Git with the hooks against git without any, and against the least hook there can be.

`pack-refs` packs loose refs, `fetch` gets new ones from a repository beside it,
`rebase` takes the commits of a branch along, `one transaction` makes refs in one go.
The rivals run by turns with ours: no hook, and a hook of that kind that only exits.

Git starts `reference-transaction` two or three times for each ref that it packs, ten
times for each commit that it rebases and, before 2.51, for each ref that it fetches.
What that costs is what the least hook shows: nothing that a hook does makes it less.

Budget: 1.2 times the least hook, and no hook; a rebase 2 times no hook.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from active_contexts.branches import hooks
from active_contexts.branches.hook_owners import Owner
from benchmarks.stage import Result, Stage, median, parser, say, stage, timed

NONE, LEAST, OURS = "no hook", "a hook that only exits", "ours"


@dataclass(frozen=True, slots=True)
class Work:
    """What git is let do, in a fresh copy of a repository."""

    name: str
    repository: Path
    args: tuple[str, ...]
    stdin: str = ""


def nothing(repository: Path) -> None:
    """Install no hook."""
    shutil.rmtree(repository / ".git/hooks", ignore_errors=True)


def least(repository: Path) -> None:
    """Install the script that does the least."""
    nothing(repository)
    hook = repository / ".git/hooks/reference-transaction"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\nexit 0\n")
    hook.chmod(0o755)


def ours(repository: Path) -> None:
    """Install our hooks, for three agents."""
    nothing(repository)
    owner = Owner("0" * 16, repository)
    hooks.install(repository, owner, ["backend", "docs", "frontend"])


INSTALLS: dict[str, Callable[[Path], None]] = {NONE: nothing, LEAST: least, OURS: ours}


def works(made: Stage, refs: int, commits: int) -> list[Work]:
    """Make the repositories in which git will work."""
    bare = made.folder / "bare"
    made.git("init", "-q", "-b", "main", str(bare))
    made.git("commit", "-q", "--allow-empty", "-m", "Begin", where=bare)
    oid = made.git("rev-parse", "HEAD", where=bare)
    lines = "".join(f"create refs/heads/b{x} {oid}\n" for x in range(refs))
    loose = Path(shutil.copytree(bare, made.folder / "loose"))
    made.git("update-ref", "--stdin", where=loose, stdin=lines)
    source = Path(shutil.copytree(loose, made.folder / "source"))
    made.git("pack-refs", "--all", where=source)
    fetch = ("fetch", "-q", str(source), "refs/heads/*:refs/remotes/origin/*")
    remotes = lines.replace("refs/heads/", "refs/remotes/origin/")
    return [
        Work(f"pack-refs of {refs} refs", loose, ("pack-refs", "--all")),
        Work(f"fetch of {refs} new refs", bare, fetch),
        Work(f"{refs} refs, one transaction", bare, ("update-ref", "--stdin"), remotes),
        Work(
            f"rebase of {commits} commits", branched(made, commits), ("rebase", "main")
        ),
    ]


def branched(made: Stage, commits: int) -> Path:
    """Make a repository whose branch `topic` forked from `main` before its last one."""
    path = made.folder / "branched"
    made.git("init", "-q", "-b", "main", str(path))
    made.git("commit", "-q", "--allow-empty", "-m", "Begin", where=path)
    made.git("switch", "-q", "-c", "topic", where=path)
    for number in range(commits):
        (path / f"{number}.txt").write_text("x\n")
        made.git("add", "-A", where=path)
        made.git("commit", "-q", "-m", str(number), where=path)
    made.git("switch", "-q", "main", where=path)
    made.git("commit", "-q", "--allow-empty", "-m", "Ahead", where=path)
    made.git("switch", "-q", "topic", where=path)
    return path


def measure(made: Stage, work: Work, hook: str) -> float:
    """Let git do it once, with a hook; return seconds."""
    copy = Path(shutil.copytree(work.repository, made.folder / "copy"))
    INSTALLS[hook](copy)
    took = timed(lambda: made.git(*work.args, where=copy, stdin=work.stdin))
    shutil.rmtree(copy)
    return took


def by_turns(made: Stage, work: Work, rounds: int) -> dict[str, float]:
    """Return the seconds that git takes with each hook."""
    say(work.name)
    times: dict[str, list[float]] = {x: [] for x in INSTALLS}
    for _ in range(rounds):
        for hook, taken in times.items():
            taken.append(measure(made, work, hook))
    return {hook: median(taken) for hook, taken in times.items()}


def main() -> None:
    """Measure each work with each hook."""
    wanted = parser(__doc__).parse_args()
    refs, commits, rounds = (500, 20, 3) if wanted.quick else (7_136, 60, 3)
    result = Result("hooks", quick=wanted.quick)
    with stage() as made:
        for work in works(made, refs, commits):
            took = by_turns(made, work, rounds)
            alone = 2.0 if work.name.startswith("rebase") else 1.2
            for rival, most in ((LEAST, 1.2), (NONE, alone)):
                pair = (rival, took[rival])
                result.against(work.name, took[OURS], "s", pair, most)
    result.facts = {"refs": refs, "commits": commits, "rounds": rounds}
    result.show()


if __name__ == "__main__":
    main()
