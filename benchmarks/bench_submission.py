"""The first submission from a repository with a long history, against git itself.

The repository has 38,000 files and 20,000 commits, by `git fast-import`, in one pack.
The first submission begins with an empty store and a daemon that was started just now:
it is the time until `pending submit` answers over the socket. Its rivals in the same
run are `git fetch` of the same branch into an empty bare repository, which copies, and
`git clone --bare --local`, which links and looks at nothing. Meanwhile `status` is
asked again and again. The next submission is of one more commit.

Budget: the first <= 1 time `git fetch`; `status` meanwhile <= 1 s, the longest that it
waits for git; what the store takes up by itself <= 0.1 times the repository's packs.
"""

import random
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.stage import Result, Stage, median, parser, say, stage, timed

_PER_COMMIT = 3  # files that a commit changes


def history(files: int, commits: int) -> Iterator[bytes]:
    """Yield a stream for `git fast-import`: all files, then a few at a time."""
    chance = random.Random(1)  # noqa: S311 - the same history at every run
    yield b"feature done\n"
    for number in range(commits):
        words = f"Change {number}\n".encode()
        who = b"Author <author@example.org> %d +0000\n" % (1_700_000_000 + number * 60)
        yield b"commit refs/heads/main\nmark :%d\n" % (number + 1)
        yield b"committer " + who + b"data %d\n%s" % (len(words), words)
        yield b"from :%d\n" % number if number else b""
        changed = range(files)
        for x in chance.sample(changed, _PER_COMMIT) if number else changed:
            text = _text(x, number)
            path = f"src/{x // 1000:03d}/{x // 50 % 20:02d}/file-{x:06d}.py".encode()
            yield b"M 100644 inline %s\ndata %d\n%s\n" % (path, len(text), text)
    yield b"done\n"


def _text(file: int, version: int) -> bytes:
    lines = (f"def f{file}_{n}(x):\n    return x * {file} + {n}\n\n" for n in range(12))
    return f"{''.join(lines)}VERSION = {version}\n".encode()


def make_repository(made: Stage, files: int, commits: int) -> Path:
    """Make a repository with a long history beside the stage's own."""
    path = made.folder / "long"
    path.mkdir()
    made.git("init", "-q", "-b", "main", where=path)
    made.fast_import(path, history(files, commits))
    made.git("gc", "-q", where=path)
    made.git("reset", "-q", "--hard", where=path)
    return path


def own_bytes(folder: Path) -> int:
    """Return how much a folder takes up by itself, without what has another name."""
    found = (x.stat() for x in folder.rglob("*") if x.is_file())
    return sum(x.st_size for x in found if x.st_nlink == 1)


def submit(made: Stage) -> float:
    """Propose the agent's branch; return milliseconds."""
    start = time.perf_counter()
    values = {"branch": "backend/work", "title": "Work", "body": "Ready."}
    reply: dict[str, Any] = made.ask("pending submit", **values)
    if "error" in reply:
        raise RuntimeError(reply["error"])
    return (time.perf_counter() - start) * 1000


def slowest_status(made: Stage, until: "Future[float]") -> float:
    """Ask for the status again and again; return the longest wait in milliseconds."""
    slowest = 0.0
    while not until.done():
        slowest = max(slowest, timed(lambda: made.ask("status")) * 1000)
    return slowest


def rivals(made: Stage, source: Path) -> tuple[float, float]:
    """Return how many milliseconds `git fetch` and `git clone --local` take."""
    for name in ("fetched.git", "cloned.git"):
        shutil.rmtree(made.folder / name, ignore_errors=True)
    bare = made.folder / "fetched.git"
    made.git("init", "-q", "--bare", str(bare))
    branch = "refs/heads/backend/work"
    words = ("fetch", "-q", "--no-tags", str(source), f"{branch}:{branch}")
    fetch = timed(lambda: made.git(*words, where=bare))
    to = str(made.folder / "cloned.git")
    clone = ("clone", "-q", "--bare", "--local", str(source), to)
    return fetch * 1000, timed(lambda: made.git(*clone)) * 1000


def one_round(made: Stage, source: Path) -> dict[str, float]:
    """Measure once from an empty store; milliseconds."""
    shutil.rmtree(made.layout.store, ignore_errors=True)
    made.start()
    with ThreadPoolExecutor(1) as callers:
        first = callers.submit(submit, made)
        status = slowest_status(made, first)
    home = made.workspace / "long-backend"
    made.git("commit", "-q", "--allow-empty", "-m", "One more", where=home)
    found = {"first": first.result(), "status": status, "next": submit(made)}
    made.stop()
    found["fetch"], found["clone"] = rivals(made, source)
    return found


def main() -> None:
    """Measure some rounds."""
    wanted = parser(__doc__).parse_args()
    files, commits, rounds = (3_800, 2_000, 2) if wanted.quick else (38_000, 20_000, 5)
    result = Result("submission", quick=wanted.quick)
    with stage() as made:
        say(f"a repository of {files} files and {commits} commits")
        source = make_repository(made, files, commits)
        made.run("init", str(made.workspace), "--repo", f"long={source}")
        home = made.workspace / "long-backend"
        made.git("switch", "-q", "-c", "backend/work", where=home)
        made.git("commit", "-q", "--allow-empty", "-m", "Work", where=home)
        say("submissions")
        times = [one_round(made, source) for _ in range(rounds)]
        packs = sum(x.stat().st_size for x in source.rglob("*.pack"))
        alone = own_bytes(made.layout.store)
    typical = {key: median([x[key] for x in times]) for key in times[0]}
    result.against(
        "first submission", typical["first"], "ms", ("git fetch", typical["fetch"]), 1.0
    )
    clone = ("git clone --bare --local", typical["clone"])
    result.beside("first submission", typical["first"], "ms", clone)
    slowest = max(x["status"] for x in times)
    result.limit("status meanwhile, the slowest", slowest, "ms", 1_000)
    result.note("the next submission", typical["next"], "ms")
    rival = ("the repository's packs", packs / 1e6)
    result.against("the store by itself", alone / 1e6, "MB", rival, 0.1)
    result.facts = {"files": files, "commits": commits, "rounds": rounds}
    result.show()


if __name__ == "__main__":
    main()
