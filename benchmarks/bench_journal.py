"""Measure the journal against raw `write` + `fdatasync` of the same bytes.

Budget: a record acknowledged alone at <= 1.5 x append + fdatasync, in batches at >= 0.7
x the rate of append + fdatasync: once against a rival that has to render its JSON lines
as we must, once against one that is handed the bytes. 100,000 records are
read in < 1 s.

Both sides append to a file in the same folder, in turns, and the median round counts.
`--quick` takes a tenth of the rounds and of the records;
`--folder` says which disk to measure.
"""

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.stage import Result, median, parser, say, timed
from coordinator.kernel import clock
from coordinator.kernel.disk.locks import Held
from coordinator.kernel.journal import Draft, Journal

BATCH = 1_000
FACTS = {"owner": "context", "agent": "backend", "blob": "0" * 64, "size": 1_234}
DRAFT = Draft(
    "document.accepted",
    "backend",
    "agent-system/active-contexts/backend-status.md",
    FACTS,
)


@dataclass
class Times:
    """Seconds of an append by us, of the bytes alone, and with their rendering."""

    ours: float
    raw: float
    rendered: float


def compare(folder: Path, size: int, rounds: int) -> Times:
    """Append `size` records at a time, and the same bytes raw, in turns."""
    folder.mkdir()
    journal = Journal(folder, held=Held(folder))
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    raw = os.open(folder / "raw", flags, 0o600)
    ours: list[float] = []
    rival: list[float] = []
    rendering: list[float] = []
    for _ in range(rounds):
        segment = max(folder.glob("*.jsonl"), default=None)
        before = segment.stat().st_size if segment else 0
        ours.append(timed(lambda: journal.append([DRAFT] * size)))
        data = max(folder.glob("*.jsonl")).read_bytes()[before:] or bytes(size * 300)
        rival.append(timed(lambda: write_raw(raw, data)))  # noqa: B023 - run at once
        rendering.append(timed(lambda: write_rendered(raw, size)))
    os.close(raw)
    journal.close()
    return Times(median(ours), median(rival), median(rendering))


def write_raw(descriptor: int, data: bytes) -> None:
    """Do what the limit is: one write, one sync."""
    os.write(descriptor, data)
    getattr(os, "fdatasync", os.fsync)(descriptor)


def write_rendered(descriptor: int, size: int) -> None:
    """Do what any log of JSON lines must: render, write, sync."""
    at = clock.render(clock.now())
    facts = {"seq": 1, "at": at, **asdict(DRAFT)}
    lines = (json.dumps(facts, ensure_ascii=False) for _ in range(size))
    write_raw(descriptor, "".join(f"{x}\n" for x in lines).encode())


def read(result: Result, folder: Path, count: int) -> None:
    """Read `count` records from the start, and the last hundred."""
    folder.mkdir()
    journal = Journal(folder, held=Held(folder))
    for _ in range(count // BATCH):
        journal.append([DRAFT] * BATCH)
    whole = timed(lambda: sum(1 for _ in journal.read()))
    tail = timed(lambda: sum(1 for _ in journal.read(count - 100)))
    journal.close()
    opening = timed(lambda: Journal(folder, held=Held(folder)).close())
    size = sum(x.stat().st_size for x in folder.iterdir())
    result.limit(f"read {count:,} records", whole, "s", 1)
    result.note("read the last hundred", tail * 1_000, "ms")
    result.note("open", opening * 1_000, "ms")
    result.facts = {"bytes": size}


def measure(result: Result, folder: Path, share: int) -> None:
    """Add all rows; `share` divides the amount of work."""
    say("one record at a time")
    single = compare(folder / "single", 1, 2_000 // share)
    rival = ("append + fdatasync", single.raw * 1_000)
    result.against("one record", single.ours * 1_000, "ms", rival, 1.5)
    say(f"{BATCH} records at a time")
    batch = compare(folder / "batch", BATCH, 100 // share)
    rate, unit = BATCH / batch.ours, "records/s"
    rendered = ("render + append + fdatasync", BATCH / batch.rendered)
    result.at_least("in batches", rate, unit, rendered, 0.7)
    given = ("append + fdatasync of given bytes", BATCH / batch.raw)
    result.at_least("in batches", rate, unit, given, 0.7)
    say("reading")
    read(result, folder / "read", 100_000 // share)


def main() -> None:
    """Read the options, measure, print."""
    options = parser(__doc__)
    options.add_argument("--folder", type=Path, help="where to write (a real disk)")
    wanted = options.parse_args()
    result = Result("journal", quick=wanted.quick)
    with tempfile.TemporaryDirectory(dir=wanted.folder) as folder:
        measure(result, Path(folder), 10 if wanted.quick else 1)
    result.show()


if __name__ == "__main__":
    main()
