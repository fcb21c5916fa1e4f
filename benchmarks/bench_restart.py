"""Restart, rebuild and daily report with 10,000 and 100,000 documents.

Restart: from the start of the process until the socket answers, every file was
compared, and the 20 that changed while the daemon was down are indexed.
Rebuild: the index anew from journal and blobs; rival in the same run: reading the same
documents from the disk, one plain `open` and `read` each. Daily report: collected and
written out over all records.

Budget: caught up <= 1 s at 10,000, <= 5 s at 100,000 documents; rebuild <= 3 times
reading; daily report <= 150 ms over 100,000 records.
"""

import sqlite3
import time
from datetime import timedelta

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
from coordinator.actions.reports import collecting, report_text
from coordinator.daemon.dispatcher import Dispatcher
from coordinator.kernel.disk import locks
from coordinator.workspace.workspace import Workspace

CHANGED = 20
_FOLDERS = (
    "pending-commits/{agent}-progress-{number:06d}.md",
    "agent-system/active-contexts/{agent}-{number:06d}-status.md",
    "agent-system/learnings/{agent}-{number:06d}.md",
)
_AGENTS = ("backend", "frontend", "docs")
_MOST_SECONDS = 120.0


def path_of(number: int) -> str:
    """Return where a document lies: three of five are pending items."""
    shape = _FOLDERS[max(0, number % 5 - 2)]
    return shape.format(agent=_AGENTS[number % 3], number=number)


def content(number: int, version: int) -> str:
    """Return a document of some 600 bytes."""
    lines = [f"- rule {x} of part {number} was looked at" for x in range(12)]
    head = f"# Part {number}\n\nState: working\nTask: part {number} {version}\n\n"
    return head + "\n".join(lines) + "\n"


def fill(made: Stage, count: int) -> None:
    """Write the documents and take them in."""
    for number in range(count):
        (made.workspace / path_of(number)).write_text(content(number, 0))
    with locks.hold(made.layout.lock, seconds=5) as held:
        workspace = Workspace(made.layout, held=held)
        Dispatcher(workspace).refresh()
        workspace.close()


def change(made: Stage, count: int, version: int) -> None:
    """Change some documents, spread over all."""
    for number in range(0, count, count // CHANGED):
        (made.workspace / path_of(number)).write_text(content(number, version))


def is_caught_up(made: Stage, since: int) -> bool:
    """Tell whether every change is indexed and nothing waits to be read."""
    index = sqlite3.connect(f"file:{made.layout.index}?mode=ro", uri=True)
    question = (
        "SELECT count(DISTINCT subject) FROM records"
        " WHERE seq > ? AND kind = 'document.accepted'"
    )
    found = index.execute(question, (since,)).fetchone()[0]
    index.close()
    # In this order: the queue holds what the look found before the changes were read.
    return bool(found >= CHANGED and made.health()["queue"] == 0)


def last_record(made: Stage) -> int:
    """Return the number of the last record in the index."""
    index = sqlite3.connect(f"file:{made.layout.index}?mode=ro", uri=True)
    found = index.execute("SELECT max(seq) FROM records").fetchone()[0]
    index.close()
    return int(found)


def restart(made: Stage, count: int, version: int) -> float:
    """Return how many seconds a start takes to catch up."""
    change(made, count, version)
    since = last_record(made)
    time.sleep(0.5)  # the files come to rest, as after a night
    start = time.perf_counter()
    made.start()
    wait_until(lambda: is_caught_up(made, since), seconds=_MOST_SECONDS, pause=0.01)
    took = time.perf_counter() - start
    time.sleep(1)
    made.stop()
    return took


def read_all(made: Stage, count: int) -> None:
    """The rival: read every document."""
    for number in range(count):
        (made.workspace / path_of(number)).read_text()


def measure(result: Result, made: Stage, count: int) -> None:
    """Measure the rebuild beside reading, and the daily report."""
    reading = median([timed(lambda: read_all(made, count)) for _ in range(3)])
    with locks.hold(made.layout.lock, seconds=5) as held:
        workspace = Workspace(made.layout, held=held)
        rebuild = timed(lambda: workspace.index.rebuild(workspace.journal))
        day = timedelta(hours=24)
        times = [
            timed(lambda: report_text.daily(collecting.daily(workspace, day)))
            for _ in range(5)
        ]
        records = workspace.journal.last
        workspace.close()
    rival = ("read all", reading)
    result.against(f"index rebuild, {count:,} documents", rebuild, "s", rival, 3)
    what = f"daily report, {records:,} records"
    result.limit(what, median(times) * 1000, "ms", 150)


def main() -> None:
    """Measure with few and with many documents."""
    wanted = parser(__doc__).parse_args()
    sizes = {1_000: 1.0, 5_000: 1.0} if wanted.quick else {10_000: 1.0, 100_000: 5.0}
    result = Result("restart", quick=wanted.quick)
    for count, most in sizes.items():
        with stage() as made:
            say(f"{count} documents")
            fill(made, count)
            made.start()
            made.stop()
            say("restart")
            times = [restart(made, count, version) for version in (1, 2, 3)]
            what = f"restart to caught up, {count:,} documents"
            result.limit(what, median(times), "s", most)
            say("rebuild and report")
            measure(result, made, count)
    result.show()


if __name__ == "__main__":
    main()
