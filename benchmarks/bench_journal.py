"""Measure the journal against raw `write` + `fdatasync` of the same bytes.

Budget: a record acknowledged alone at <= 1.5 x append + fdatasync (`single.ratio`), in
batches at >= 0.7 x the rate of append + fdatasync: `batch.ratio_rendered` where the
rival has to render its JSON lines as we must, `batch.ratio` where it is handed the
bytes. 100,000 records are read in < 1 s (`read.seconds`, a limit).

Both sides append to a file in the same folder, in turns, and the median round counts.
Prints one JSON object. `--quick` takes a tenth of the rounds and of the records;
`--folder` says which disk to measure.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from statistics import median

from coordinator.kernel import clock
from coordinator.kernel.clock import monotonic
from coordinator.kernel.journal import Draft, Journal
from coordinator.kernel.locks import Held

BATCH = 1_000
FACTS = {"owner": "context", "agent": "backend", "blob": "0" * 64, "size": 1_234}
DRAFT = Draft(
    "document.accepted",
    "backend",
    "agent-system/active-contexts/backend-status.md",
    FACTS,
)


def seconds(work: Callable[[], object]) -> float:
    """Return how long it takes."""
    start = monotonic()
    work()
    return monotonic() - start


def compare(folder: Path, size: int, rounds: int) -> dict[str, float]:
    """Append `size` records at a time, and the same bytes raw, in turns."""
    folder.mkdir()
    journal = Journal(folder, held=Held(folder))
    segment = folder / "000000000000001.jsonl"
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    raw = os.open(folder / "raw", flags, 0o600)
    ours: list[float] = []
    rival: list[float] = []
    rendering: list[float] = []
    for _ in range(rounds):
        segment = max(folder.glob("*.jsonl"))
        before = segment.stat().st_size
        ours.append(seconds(lambda: journal.append([DRAFT] * size)))
        data = segment.read_bytes()[before:] or bytes(size * 300)
        rival.append(seconds(lambda: write_raw(raw, data)))  # noqa: B023 - run at once
        rendering.append(seconds(lambda: write_rendered(raw, size)))
    os.close(raw)
    journal.close()
    return {
        "records_per_second": round(size / median(ours)),
        "raw_records_per_second": round(size / median(rival)),
        "milliseconds": round(median(ours) * 1_000, 3),
        "raw_milliseconds": round(median(rival) * 1_000, 3),
        "rendered_milliseconds": round(median(rendering) * 1_000, 3),
    }


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


def read(folder: Path, count: int) -> dict[str, float]:
    """Read `count` records from the start, and the last hundred."""
    folder.mkdir()
    journal = Journal(folder, held=Held(folder))
    for _ in range(count // BATCH):
        journal.append([DRAFT] * BATCH)
    whole = seconds(lambda: sum(1 for _ in journal.read()))
    tail = seconds(lambda: sum(1 for _ in journal.read(count - 100)))
    journal.close()
    opening = seconds(lambda: Journal(folder, held=Held(folder)).close())
    size = sum(x.stat().st_size for x in folder.iterdir())
    return {
        "records": count,
        "seconds": round(whole, 3),
        "last_hundred_seconds": round(tail, 4),
        "opening_seconds": round(opening, 3),
        "bytes": size,
    }


def measure(folder: Path, share: int) -> dict[str, object]:
    """Return all figures; `share` divides the amount of work."""
    single = compare(folder / "single", 1, 2_000 // share)
    batch = compare(folder / "batch", BATCH, 100 // share)
    single["ratio"] = round(single["milliseconds"] / single["raw_milliseconds"], 2)
    batch["ratio"] = round(batch["raw_milliseconds"] / batch["milliseconds"], 2)
    rendered = batch["rendered_milliseconds"] / batch["milliseconds"]
    batch["ratio_rendered"] = round(rendered, 2)
    found = read(folder / "read", 100_000 // share)
    return {"benchmark": "journal", "single": single, "batch": batch, "read": found}


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--folder", type=Path, help="where to write (a real disk)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        print(json.dumps(measure(Path(folder), 10 if options.quick else 1)))


if __name__ == "__main__":
    main()
