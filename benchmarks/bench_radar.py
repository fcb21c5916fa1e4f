"""Which of 50 branches merge with each other, against one process for each pair.

The repository has 10,000 files. Each of 50 agents has a branch off one of the last
twenty commits of the target that changes files all over the place, most of them files
that others change elsewhere, and each tenth does not merge with the target. All are
compared with nothing known; then again when one of them has a new commit; then again
when nothing is new. The rival in the same run is `git merge-tree --write-tree A B` for
each of the 1,225 pairs, timed on every twelfth and scaled; that it finds nothing else
among these is checked.

Budget: all with nothing known <= 150 ms, and <= 0.1 times the rival.
"""

import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from benchmarks.stage import Result, Stage, median, parser, say, timed
from coordinator.kernel.git import Repository
from pending_commits.radar.matrix import compare
from pending_commits.radar.model import OpenWork, Radar
from pending_commits.radar.placing import Memory
from pending_commits.radar.scratch import open_scratch

_FILES = 200  # for each branch
_LINES = 60
_LANDED = 20  # commits of the target that branches are begun from
_ALONE = 8  # files that a branch changes and hardly another does
_BUSY = 20  # files that everybody changes
_EVERY = 12  # one pair of so many is merged by the rival
_FIRST_DATE = 1_700_000_000
Names = frozenset[str]


def path_of(number: int) -> bytes:
    """Return the path of a file, a hundred of them in a folder."""
    return (
        f"src/{number // 1000:02d}/{number // 100 % 10}/file-{number:05d}.py".encode()
    )


class Writer:
    """A stream for `git fast-import`, and the files as each commit has them."""

    def __init__(self, files: int) -> None:
        self.tip = 1  # of the target
        self.texts = [
            {n: f"x{x}_{n} = {n}\n" for n in range(_LINES)} for x in range(files)
        ]
        self.mark = 0

    def commit(
        self, ref: str, parent: int, changed: dict[int, dict[int, str]]
    ) -> Iterator[bytes]:
        """Yield a commit in which some lines of some files are others."""
        self.mark += 1
        date = _FIRST_DATE + 60 * self.mark
        yield f"commit refs/heads/{ref}\nmark :{self.mark}\n".encode()
        yield f"committer A <a@example.org> {date} +0000\ndata 0\n".encode()
        yield f"from :{parent}\n".encode() if parent else b""
        for number, lines in changed.items():
            text = "".join({**self.texts[number], **lines}.values()).encode()
            yield b"M 100644 inline %s\ndata %d\n%s\n" % (
                path_of(number), len(text), text,
            )  # fmt: skip


def history(files: int, branches: int) -> Iterator[bytes]:
    """Yield the target with its last commits, and branches off these."""
    chance = random.Random(2)  # noqa: S311 - the same history at every run
    made = Writer(files)
    yield b"feature done\n"
    yield from made.commit("main", 0, {x: {} for x in range(files)})
    for number in range(_LANDED):
        landed = {
            x: {0: f"landed = {number}\n"} for x in chance.sample(range(files), 5)
        }
        # What this file begins with, each tenth branch changes as well.
        landed[_BUSY] = {0: f"first = {number}\n"}
        for x, lines in landed.items():
            made.texts[x] |= lines
        yield from made.commit("main", made.tip, landed)
        made.tip = made.mark
        for branch in range(number, branches, _LANDED):
            yield from made.commit(
                ref_of(branch), made.tip, changes(chance, branch, files)
            )
    yield b"done\n"


def changes(
    chance: random.Random, branch: int, files: int
) -> dict[int, dict[int, str]]:
    """Return what a branch changes: lines by file."""
    own = {chance.randrange(1, _LINES): f"branch = {branch}\n"}
    found = dict.fromkeys(chance.sample(range(_BUSY + 1, files), _ALONE), own)
    for x in chance.sample(range(_BUSY), 2):
        found[x] = {chance.randrange(1, _LINES): f"busy = {branch}\n"}
    if branch % 10 == 0:
        found[_BUSY] = {0: f"branch = {branch}\n"}
    return found


def ref_of(branch: int) -> str:
    """Return a branch's name."""
    return f"agent-{branch:02d}/work"


def make_repository(made: Stage, files: int, branches: int) -> list[OpenWork]:
    """Make the repository; return the branches as works."""
    path = made.repository
    path.mkdir()
    made.git("init", "-q", "--bare", "-b", "main")
    made.fast_import(path, history(files, branches))
    names = [ref_of(x) for x in range(branches)]
    heads = made.git("rev-parse", *names).split()
    return [OpenWork(x, x, y) for x, y in zip(names, heads, strict=True)]


def one_more(made: Stage, work: OpenWork) -> OpenWork:
    """Return a work with one more commit, that changes one file more."""
    stream = (
        f"commit refs/heads/more\ncommitter A <a@example.org> {2 * _FIRST_DATE} +0000\n"
        f"data 0\nfrom {work.commit}\n"
        f"M 100644 inline {path_of(1).decode()}\ndata 5\nmore\n\n"
    )
    made.git("fast-import", "--quiet", "--force", stdin=stream)
    return replace(work, commit=made.git("rev-parse", "more"))


def one_round(
    made: Stage, number: int, works: list[OpenWork]
) -> tuple[dict[str, float], Radar]:
    """Measure from an empty scratch repository; milliseconds.

    None is deleted before the end: that makes what is written next slow on some disks.
    """
    folder = made.folder / f"radar-{number}.git"
    found: dict[str, float] = {}
    opened: list[Repository] = []
    objects = [made.repository / "objects"]
    found["open"] = timed(lambda: opened.append(open_scratch(folder, objects)))
    (scratch,), memory = opened, Memory()
    target = made.git("rev-parse", "main")
    told: list[Radar] = []
    found["all"] = timed(lambda: told.append(compare(scratch, target, works, memory)))
    later = [one_more(made, works[0]), *works[1:]]
    found["one"] = timed(lambda: compare(scratch, target, later, memory))
    found["none"] = timed(lambda: compare(scratch, target, later, memory))
    found["open again"] = timed(lambda: open_scratch(folder, objects))
    return {k: 1000 * v for k, v in found.items()}, told[0]


def by_pairs(
    made: Stage, works: list[OpenWork]
) -> tuple[float, set[Names], set[Names]]:
    """Merge some of the pairs by themselves.

    Returns milliseconds for all, the names of those that were merged, and of those that
    did not merge.
    """
    pairs = list(combinations(works, 2))
    some = pairs[::_EVERY]
    codes: list[int] = []
    start = time.perf_counter()
    for one, other in some:
        argv = ["git", "merge-tree", "--write-tree", one.commit, other.commit]
        done = subprocess.run(
            argv, cwd=made.repository, env=made.environment, check=False,
            capture_output=True,
        )  # fmt: skip
        codes.append(done.returncode)
    taken = (time.perf_counter() - start) * 1000
    names = [frozenset({x.name, y.name}) for x, y in some]
    clashing = {x for x, code in zip(names, codes, strict=True) if code}
    return taken * len(pairs) / len(some), set(names), clashing


def differing(radar: Radar, seen: set[Names], clashing: set[Names]) -> int:
    """Count the pairs of which the two say something else.

    What does not merge with the target is left out: a branch off a later commit has
    the target's side of that, so that the rival finds it in both.
    """
    found = {frozenset({x.first, x.second}) for x in radar.pairs} & seen
    return sum(x.isdisjoint(radar.with_target) for x in found ^ clashing)


def show(result: Result, typical: dict[str, float], rival: tuple[str, float]) -> None:
    """Add the rows of the times."""
    result.limit("all, nothing known", typical["all"], "ms", 150)
    result.against("all, nothing known", typical["all"], "ms", rival, 0.1)
    result.note("one branch moved", typical["one"], "ms")
    result.note("nothing new", typical["none"], "ms")
    result.note("making the scratch repository", typical["open"], "ms")
    result.note("opening it again", typical["open again"], "ms")


def measure(result: Result, made: Stage, branches: int, rounds: int) -> None:
    """Fill the result; the stage has no repository yet."""
    files = branches * _FILES
    say(f"a repository of {files} files and {branches} branches")
    works = make_repository(made, files, branches)
    say("one process for each pair")
    taken, seen, clashing = by_pairs(made, works)
    say("rounds")
    found = [one_round(made, x, works) for x in range(rounds)]
    typical = {k: median([x[k] for x, _ in found]) for k in found[0][0]}
    rival = f"git merge-tree, {len(seen)} of {branches * (branches - 1) // 2} pairs"
    show(result, typical, (f"{rival}, scaled", taken))
    radar = found[0][1]
    more = differing(radar, seen, clashing)
    result.limit("pairs of which the rival says else", more, "", 0)
    result.facts = {
        "files": files,
        "branches": branches,
        "rounds": rounds,
        "pairs that do not merge": len(radar.pairs),
        "branches that do not merge with the target": len(radar.with_target),
    }


def main() -> None:
    """Measure some rounds."""
    wanted = parser(__doc__).parse_args()
    branches, rounds = (20, 3) if wanted.quick else (50, 7)
    result = Result("radar", quick=wanted.quick)
    folder = Path(tempfile.mkdtemp(prefix="coordinator-bench-")).resolve()
    try:
        measure(result, Stage(folder), branches, rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    result.show()


if __name__ == "__main__":
    main()
