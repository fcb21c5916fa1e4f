"""Disk taken by 100,000 records with everything, by part.

Nine of ten records are new versions of contexts, the rest pending items and learnings:
300 documents, each version unlike every other, 400 bytes on the average. Measured are
allocated blocks (what `du` says) after the history has caught up and was closed, and
the index's log was checkpointed, as a stop leaves them.

Budget: < 100 MB for journal, blobs, history and index together.
"""

import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.stage import Result, Stage, parser, say, stage
from coordinator.actions.documents import accepting
from coordinator.actions.documents.accepting import FoundFile
from coordinator.index.history import History
from coordinator.kernel.disk import files, locks
from coordinator.kernel.disk.files import Content
from coordinator.workspace.workspace import Workspace

_AGENTS = ("backend", "frontend", "docs")
_DOCUMENTS = 300
_STEP = 50


def path_of(place: int) -> str:
    """Return where a document lies: nine of ten are contexts."""
    agent = _AGENTS[place % 3]
    if place % 20 == 0:
        return f"pending-commits/{agent}-plan-{place}.md"
    if place % 20 == 1:
        return f"agent-system/learnings/{agent}-{place}.md"
    return f"agent-system/active-contexts/{agent}-{place}-status.md"


def content(place: int, version: int) -> bytes:
    """Return a document that changes a few words from version to version."""
    words = ("cart", "login", "search", "mail", "stock", "price", "tax", "export")
    word = words[version % 8]
    lines = [
        "---",
        f"state: {('working', 'waiting', 'blocked')[version % 3]}",
        f"task: {word} of part {place}, round {version}",
        f"next: {words[(version + 3) % 8]} and its tests",
        "---",
        f"# Part {place}",
        "",
        *(f"- {x} {word}: step {version % 7 + place} looked at" for x in words),
    ]
    return "\n".join(lines).encode()


def versions(count: int) -> Iterator[list[tuple[str, bytes]]]:
    """Yield batches of new versions, `count` in all."""
    made = 0
    while made < count:
        round_, first = divmod(made, _DOCUMENTS)
        size = min(_STEP, count - made)
        places = [(first + x) % _DOCUMENTS for x in range(size)]
        yield [(path_of(x), content(x, round_)) for x in places]
        made += size


def fill(made: Stage, count: int) -> int:
    """Take all versions in, write the history; return the number of records."""
    with locks.hold(made.layout.lock, seconds=5) as held:
        workspace = Workspace(made.layout, held=held)
        for batch in versions(count):
            found = [FoundFile(path, _read(made, path, data)) for path, data in batch]
            accepting.accept(workspace, found)
        say("history")
        history = History(made.layout.history, workspace.blobs.get)
        history.catch_up(workspace.journal)
        history.close()
        records = workspace.journal.last
        workspace.close()
    return records


def _read(made: Stage, path: str, data: bytes) -> Content:
    full = made.workspace / path
    full.write_bytes(data)
    result = files.decode(path, data, full.stat())
    if not isinstance(result, Content):
        raise TypeError(path)
    return result


def allocated(path: Path) -> float:
    """Return the megabytes (1,000,000 bytes) that a file or folder takes."""
    found = [path, *path.rglob("*")] if path.is_dir() else [path]
    return sum(x.lstat().st_blocks * 512 for x in found) / 1e6


def main() -> None:
    """Fill a workspace and look at its parts."""
    wanted = parser(__doc__).parse_args()
    count = 5_000 if wanted.quick else 100_000
    result = Result("disk", quick=wanted.quick)
    with stage() as made:
        say(f"{count} records")
        start = time.perf_counter()
        records = fill(made, count)
        took = time.perf_counter() - start
        layout = made.layout
        parts = {
            "journal": layout.journal,
            "blobs": layout.blobs,
            "history.git": layout.history,
            "index": layout.index,
        }
        sizes = {name: allocated(path) for name, path in parts.items()}
    scale = 100_000 / records
    for name, size in sizes.items():
        result.note(f"{name}, per 100,000 records", size * scale, "MB")
    whole = sum(sizes.values()) * scale
    result.limit("everything, per 100,000 records", whole, "MB", 100)
    result.facts = {"records": records, "seconds to fill": round(took, 1)}
    result.show()


if __name__ == "__main__":
    main()
