"""Run all benchmarks, one after the other, and print one table as Markdown.

It measures nothing by itself: each benchmark is a program that prints one JSON object.
A benchmark that fails gets a line that says so, and the exit code is 1. Figures are as
measured, with the machine's facts above them, beside what the README's table has.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.stage import say

_HEADS = (
    "benchmark",
    "what",
    "measured",
    "last time",
    "rival in the same run",
    "budget",
    "met",
)
HERE = Path(__file__).resolve().parent


def machine() -> Iterator[str]:
    """Yield what a reader must know of the machine."""
    now = datetime.now(UTC)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    load = os.getloadavg()[0]
    version = _ask("git", "--version").removeprefix("git version ")
    kind = _ask("stat", "-f", "-c", "%T", str(HERE)) or "unknown"
    folder = os.environ.get("TMPDIR", "/tmp")  # noqa: S108 - where the stage is made
    yield f"- date: {now:%Y-%m-%d %H:%M} UTC; load at the start: {load:.1f}"
    yield f"- {os.cpu_count()} cores, {memory:.0f} GiB, {platform.platform()}"
    yield f"- Python {platform.python_version()}, git {version}"
    yield f"- file system of {folder}: {_ask('stat', '-f', '-c', '%T', folder) or kind}"


def _ask(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def run(script: Path, extra: list[str]) -> dict[str, Any] | None:
    """Run one benchmark; None where it failed."""
    say(f"== {script.stem}")
    done = subprocess.run(
        [sys.executable, str(script), *extra], stdout=subprocess.PIPE, check=False
    )
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return None
    return found


def last_table() -> dict[tuple[str, str], str]:
    """Return what the table in the README says was measured, by benchmark and row."""
    text = (HERE / "README.md").read_text()
    rows = [
        [x.strip() for x in y.split("|")[1:]]
        for y in text.splitlines()
        if y.startswith("| ")
    ]
    found: dict[tuple[str, str], str] = {}
    for cells in (x for x in rows if len(x) > len(_HEADS)):
        # A row may stand twice, against two rivals.
        found.setdefault((cells[0], cells[1]), cells[_HEADS.index("measured")])
    return found


def lines(
    name: str, found: dict[str, Any] | None, last: dict[tuple[str, str], str]
) -> Iterator[str]:
    """Yield the table's lines for one benchmark."""
    if found is None:
        yield f"| {name} | **failed** | | | | | |"
        return
    for row in found["rows"]:
        well = {True: "yes", False: "**no**", None: ""}[row["well"]]
        measured = f"{row['measured']:g} {row['unit']}".strip()
        rival = ""
        if row["rival"]:
            value = f"{row['rival_measured']:g} {row['unit']}"
            rival = f"{row['rival']}: {value} (ratio {row['ratio']:g})"
        before = last.get((name, row["what"]), "")
        cells = (name, row["what"], measured, before, rival, row["budget"], well)
        yield "| " + " | ".join(cells) + " |"


def main() -> int:
    """Run what is asked for; return the exit code."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="the short forms")
    options.add_argument("names", nargs="*", help="only these: visible burst …")
    wanted = options.parse_args()
    extra = ["--quick"] if wanted.quick else []
    scripts = sorted(HERE.glob("bench_*.py"))
    named = [HERE / f"bench_{x}.py" for x in wanted.names]
    print("\n".join(machine()))
    print("- the short forms (`--quick`)\n" if wanted.quick else "")
    print(f"| {' | '.join(_HEADS)} |")
    print("|---" * len(_HEADS) + "|", flush=True)
    failed, last = False, last_table()
    for script in named or scripts:
        found = run(script, extra)
        failed |= found is None
        name = script.stem.removeprefix("bench_")
        print("\n".join(lines(name, found, last)), flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
