"""Measure the history against `git add && git commit`.

Budget: >= 50 x `git add && git commit`, flat from 10 to 10,000 files: the rate at many
is at least 0.8 x the rate at few.

Each size has its own workspace with that many documents in one folder, all accepted
before; then versions of documents already there are accepted and brought into the
history through `History.catch_up`. The rival is a repository with the same files and a
commit for each version, in the same run. `--quick` takes a
tenth of the commits and stops at 1,000 files; `--folder` says which disk to measure.
"""

import os
import subprocess
import tempfile
from pathlib import Path

from benchmarks.stage import Result, parser, say
from coordinator.index.history import History
from coordinator.kernel.blobs import Blobs
from coordinator.kernel.clock import monotonic
from coordinator.kernel.disk.locks import Held
from coordinator.kernel.journal import Draft, Journal

FOLDER = "agent-system/active-contexts"
COMMITS = 5_000
RIVALS_COMMITS = 50


def text(number: int) -> bytes:
    """Return a document of a usual size."""
    return b"# Status %d\n\nState: working\n" % number + b"- [ ] a step to take\n" * 40


def accept(blobs: Blobs, journal: Journal, numbers: range, files: int) -> None:
    """Record a version of a document for each number."""
    for some in chunks(numbers):
        names = blobs.put([text(x) for x in some])
        journal.append(
            [
                Draft(
                    "document.accepted",
                    "docs",
                    f"{FOLDER}/{number % files}-status.md",
                    {"owner": "context", "agent": "docs", "blob": name, "size": 900},
                )
                for number, name in zip(some, names, strict=True)
            ]
        )


def chunks(numbers: range) -> list[range]:
    """Split into runs of a thousand."""
    return [numbers[x : x + 1_000] for x in range(0, len(numbers), 1_000)]


def ours(folder: Path, files: int, commits: int) -> float:
    """Return commits a second."""
    folder.mkdir()
    held = Held(folder)
    journal = Journal(folder / "journal", held=held)
    blobs = Blobs(folder / "blobs", held=held)
    history = History(folder / "history.git", blobs.get)
    accept(blobs, journal, range(files), files)
    history.catch_up(journal)
    accept(blobs, journal, range(files, files + commits), files)
    start = monotonic()
    history.catch_up(journal)
    took = monotonic() - start
    history.close()
    blobs.close()
    journal.close()
    return commits / took


def rival(folder: Path, files: int, commits: int) -> float:
    """Return commits a second of plain git."""
    (folder / FOLDER).mkdir(parents=True)
    names = [f"{FOLDER}/{x}-status.md" for x in range(files)]
    for number, name in enumerate(names):
        (folder / name).write_bytes(text(number))
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Start")
    start = monotonic()
    for number in range(commits):
        name = names[number % files]
        (folder / name).write_bytes(text(files + number))
        git(folder, "add", "--", name)
        git(folder, "commit", "-q", "-m", f"Accept {name}")
    return commits / (monotonic() - start)


def git(folder: Path, *args: str) -> None:
    """Run the user's git without the user's configuration."""
    own = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Docs",
        "GIT_AUTHOR_EMAIL": "docs@example.org",
        "GIT_COMMITTER_NAME": "Docs",
        "GIT_COMMITTER_EMAIL": "docs@example.org",
    }
    subprocess.run(["git", *args], cwd=folder, env={**os.environ, **own}, check=True)


def measure(result: Result, folder: Path, share: int) -> None:
    """Add all rows; `share` divides the amount of work."""
    rates: list[float] = []
    for files in (10, 10_000 // share):
        say(f"{files} files")
        fast = ours(folder / f"ours-{files}", files, COMMITS // share)
        slow = rival(folder / f"rival-{files}", files, RIVALS_COMMITS // share)
        rates.append(fast)
        named = ("git add && git commit", slow)
        result.at_least(f"at {files} files", fast, "commits/s", named, 50)
    few = ("at 10 files", rates[0])
    result.at_least("flat", rates[1], "commits/s", few, 0.8)


def main() -> None:
    """Read the options, measure, print."""
    options = parser(__doc__)
    options.add_argument("--folder", type=Path, help="where to write (a real disk)")
    wanted = options.parse_args()
    result = Result("history", quick=wanted.quick)
    with tempfile.TemporaryDirectory(dir=wanted.folder) as folder:
        measure(result, Path(folder), 10 if wanted.quick else 1)
    result.show()


if __name__ == "__main__":
    main()
