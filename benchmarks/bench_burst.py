"""A burst: one agent writes 200,000 files into pending-commits/, another one context.

Measured from the moment the last file is written: until a scan has seen them all (the
daemon's queue and the journal hold every path), until all are journalled and indexed,
and how long the second agent's file took from its close until it was in the index. It
is written when half of the burst is on the disk. Rival in the same run: the same files
written and synced (`write` + `fsync`, one after the other) in an unwatched folder.

Budget: none missed; seen <= 2 s after the last; accepted at >= 0.8 of the rate of raw
write + sync; the second agent's file <= 2 s.
"""

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.stage import Result, Stage, parser, say, stage

_LOOK_SECONDS = 0.02
_MOST_SECONDS = 1800.0
CONTEXT = "agent-system/active-contexts/frontend-status.md"


def content(number: int) -> bytes:
    """Return a small pending item, unlike every other."""
    return (
        f"# Progress {number}\n\nThe cart has rule {number} now.\n\n"
        "- tests: written\n- migration: none\n"
    ).encode()


def name_of(number: int) -> str:
    """Return the name of a file of the burst."""
    return f"backend-progress-{number:06d}.md"


def write_burst(folder: Path, count: int) -> None:
    """Write the files as a shell would, one after the other, without a sync."""
    for number in range(count):
        (folder / name_of(number)).write_bytes(content(number))


def write_synced(folder: Path, count: int) -> float:
    """The rival: write and sync each file; return files per second."""
    start = time.perf_counter()
    for number in range(count):
        path = folder / name_of(number)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
        os.write(descriptor, content(number))
        os.fsync(descriptor)
        os.close(descriptor)
    return count / (time.perf_counter() - start)


class Reader:
    """Another process's look into the index."""

    def __init__(self, made: Stage) -> None:
        uri = f"file:{made.layout.index}?mode=ro"
        self._index = sqlite3.connect(uri, uri=True)

    def count(self) -> int:
        """Return how many files of the burst are in the index."""
        question = "SELECT count(*) FROM pending"
        return int(self._index.execute(question).fetchone()[0])

    def has_context(self) -> bool:
        """Tell whether the second agent's file is in the index."""
        question = "SELECT 1 FROM contexts WHERE path = ?"
        return self._index.execute(question, (CONTEXT,)).fetchone() is not None


class Burst:
    """One burst under way, and what was seen of it."""

    def __init__(self, made: Stage, count: int) -> None:
        self.made = made
        self.count = count
        self.folder = made.workspace / "pending-commits"
        self.reader = Reader(made)
        self.second_written = 0.0
        self.second_took: float | None = None
        argv = [sys.executable, __file__, "--write", str(self.folder), str(count)]
        self.start = time.perf_counter()
        self.writer = subprocess.Popen(argv)
        self.ended: float | None = None

    def look(self) -> int:
        """Look once; return how many files are accepted."""
        now = time.perf_counter()
        if self.ended is None and self.writer.poll() is not None:
            self.ended = now
            say(f"written after {now - self.start:.1f} s")
        # A burst of another speed must not move the second agent's moment.
        if not self.second_written and self._is_half_done():
            (self.made.workspace / CONTEXT).write_text("state: working\ntask: cart\n")
            self.second_written = time.perf_counter()
        elif self._is_second_seen():
            self.second_took = time.perf_counter() - self.second_written
        return self.reader.count()

    def _is_second_seen(self) -> bool:
        waits = self.second_written and self.second_took is None
        return bool(waits and self.reader.has_context())

    def _is_half_done(self) -> bool:
        return (self.folder / name_of(self.count // 2)).exists()


def run(burst: Burst) -> tuple[float, float]:
    """Return seconds after the last file: until all seen, until all accepted."""
    seen: float | None = None
    while time.perf_counter() - burst.start < _MOST_SECONDS:
        accepted = burst.look()
        now = time.perf_counter()
        if burst.ended is not None and seen is None:
            # Asked in this order: what is taken in between counts in neither.
            queued = burst.made.health()["queue"]
            if burst.look() + queued >= burst.count:
                seen = time.perf_counter() - burst.ended
        if burst.ended is not None and accepted == burst.count and burst.second_took:
            return seen or 0.0, now - burst.ended
        time.sleep(_LOOK_SECONDS)
    say(f"{burst.reader.count()} of {burst.count} were accepted in {_MOST_SECONDS} s")
    return seen or _MOST_SECONDS, _MOST_SECONDS


def main() -> None:
    """Measure the burst and its rival."""
    wanted = parser(__doc__).parse_args()
    count = 5_000 if wanted.quick else 200_000
    result = Result("burst", quick=wanted.quick)
    with stage() as made:
        rival_folder = made.folder / "rival"
        rival_folder.mkdir()
        say("the rival")
        rival = write_synced(rival_folder, min(count, 20_000))
        made.start()
        time.sleep(1)
        say("the burst")
        burst = Burst(made, count)
        seen, accepted = run(burst)
        whole = time.perf_counter() - burst.start
        health = made.health()
        missed = count - burst.reader.count()
    rate = count / whole
    result.limit("all seen, after the last file", seen, "s", 2)
    result.note("all accepted, after the last file", accepted, "s")
    result.at_least("accepted", rate, "files/s", ("write + fsync", rival), 0.8)
    result.limit("the second agent's file", burst.second_took or 0.0, "s", 2)
    result.limit("files missed", missed, "", 0)
    result.facts = {"files": count, "overflows": health["overflows"]}
    result.show()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        write_burst(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
