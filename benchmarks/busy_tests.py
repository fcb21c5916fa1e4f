"""The tests while something else keeps every core busy: again and again, and green.

It starts an endless loop for each core, then runs `make test` so many times. Told of
each run are its seconds, how many tests passed, failed and were skipped, and which
failed; the exit code is 1 where any did. `--part` takes a part of the tests.

Budget: no failure in ten runs.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from benchmarks.stage import Result, say, tidy, timed

ROOT = Path(__file__).resolve().parents[1]
# It ends by itself where nobody is left to end it.
_LOOP = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: pass"
_BAD = ("failure", "error")


@contextmanager
def endless_loops(count: int) -> Iterator[None]:
    """Keep so many cores busy."""
    loops = [subprocess.Popen([sys.executable, "-c", _LOOP]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def run_tests(report: Path, part: str) -> dict[str, Any]:
    """Run the tests once; return what came of them."""
    words = f"--junit-xml={report} {part}"
    argv = ["make", "test", f"ARGS={words}"]
    report.unlink(missing_ok=True)
    codes: list[int] = []

    def run() -> None:
        codes.append(subprocess.run(argv, cwd=ROOT, stdout=2, check=False).returncode)

    found: dict[str, Any] = {"seconds": tidy(timed(run)), "code": codes[0]}
    return found | (counted(report) if report.exists() else {})


def counted(report: Path) -> dict[str, Any]:
    """Return the counts of a report in JUnit's form, and the names of what failed."""
    cases = ET.parse(report).getroot().findall(".//testcase")  # noqa: S314 - our own
    failures = [x for x in cases if any(x.find(y) is not None for y in _BAD)]
    skipped = [x for x in cases if x.find("skipped") is not None]
    return {
        "passed": len(cases) - len(failures) - len(skipped),
        "failed": len(failures),
        "skipped": len(skipped),
        "failures": [f"{x.get('classname')}::{x.get('name')}" for x in failures],
    }


def main() -> int:
    """Run the tests on a busy machine; return the exit code."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--runs", type=int, default=10, help="how often (10)")
    options.add_argument("--part", default="", help="words for pytest: tests/daemon")
    wanted = options.parse_args()
    cores = os.cpu_count() or 1
    result = Result("busy_tests", quick=bool(wanted.part))
    runs: list[dict[str, Any]] = []
    with endless_loops(cores), tempfile.TemporaryDirectory() as folder:
        for number in range(1, wanted.runs + 1):
            say(f"run {number} of {wanted.runs} beside {cores} endless loops")
            runs.append(run_tests(Path(folder) / "report.xml", wanted.part))
            result.note(f"run {number}", runs[-1]["seconds"], "s")
    result.limit("runs that failed", sum(x["code"] != 0 for x in runs), "", 0)
    result.facts = {"endless loops": cores, "part": wanted.part, "runs": runs}
    result.show()
    return int(not result.rows[-1].well)


if __name__ == "__main__":
    sys.exit(main())
