"""Measure the history against `git add && git commit`.

Budget: >= 50 x `git add && git commit` (`ratio`), flat from 10 to 10,000
files (`flatness`: the rate at many files divided by the rate at few, near 1).

Each size has its own workspace with that many documents in one folder, all accepted
before; then versions of documents already there are accepted and brought into the
history through `History.catch_up`. The rival is a repository with the same files and a
commit for each version, in the same run. Prints one JSON object. `--quick` takes a
tenth of the commits and stops at 1,000 files; `--folder` says which disk to measure.
"""

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

from coordinator.index.history import History
from coordinator.kernel.blobs import Blobs
from coordinator.kernel.clock import monotonic
from coordinator.kernel.journal import Draft, Journal
from coordinator.kernel.locks import Held

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


def measure(folder: Path, share: int) -> dict[str, object]:
    """Return all figures; `share` divides the amount of work."""
    sizes = [10, 10_000 // share]
    found: list[dict[str, float]] = []
    for files in sizes:
        fast = ours(folder / f"ours-{files}", files, COMMITS // share)
        slow = rival(folder / f"rival-{files}", files, RIVALS_COMMITS // share)
        found.append(
            {
                "files": files,
                "commits_per_second": round(fast),
                "git_commits_per_second": round(slow, 1),
                "ratio": round(fast / slow, 1),
            }
        )
    few, many = found
    flatness = many["commits_per_second"] / few["commits_per_second"]
    return {"benchmark": "history", "sizes": found, "flatness": round(flatness, 2)}


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
