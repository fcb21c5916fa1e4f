"""From a file closed or renamed in to journalled, indexed and visible to a reader.

32 writers, 200 files a second, half closed in place and half renamed in. The clock runs
from just before `close` or `rename` until another process sees the record in the index,
which is written after the journal's sync; looking costs up to half a millisecond, which
counts against us. Rival in the same run: the writers themselves write, fsync and rename
the same bytes.

Budget: p50 <= 5 ms and twice the rival's, p99 <= 25 ms and three times the rival's;
without file events (`use_events = false`) p99 <= 100 ms. The last word of no file may
be missed; versions that were overwritten between two looks are told beside.
"""

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from benchmarks.stage import (
    Result,
    Stage,
    parser,
    quantile,
    say,
    stage,
    write_atomically,
)

WRITERS = 32
A_SECOND = 200
AGENTS = ("backend", "frontend", "docs")
_LOOK_SECONDS = 0.0005
_PATIENCE_SECONDS = 10.0
Write = Callable[[Path, bytes], float]


def close_in_place(path: Path, data: bytes) -> float:
    """Write as a shell's `>` does; return the moment just before the close."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.write(descriptor, data)
    moment = time.monotonic()
    os.close(descriptor)
    return moment


def rename_in(path: Path, data: bytes) -> float:
    """Write beside the watched folders and rename; return the moment before that."""
    temporary = path.parents[2] / f"tmp-{path.name}"
    temporary.write_bytes(data)
    moment = time.monotonic()
    temporary.rename(path)
    return moment


def raw(path: Path, data: bytes) -> float:
    """Write, fsync and rename; return the moment before all that."""
    moment = time.monotonic()
    write_atomically(path, data)
    return moment


def content(writer: int, number: int, mode: str) -> bytes:
    """Return a context of a typical size, unlike every other."""
    lines = [
        "---",
        "state: working",
        f"task: cart {writer}.{number}, {mode}",
        "next: review the total",
        "---",
        f"# Status of writer {writer}",
        "",
        *(f"- note {x} on version {number} of writer {writer}" for x in range(12)),
    ]
    return ("\n".join(lines) + "\n").encode()


def write_all(folder: Path, seconds: float, mode: str) -> list[list[object]]:
    """Let all write; return hash, moment, way, own duration and file of each."""
    done: list[list[object]] = []
    begin = time.monotonic() + 0.2

    def work(writer: int) -> None:
        pause = WRITERS / A_SECOND
        name = f"{AGENTS[writer % 3]}-w{writer:02d}-status.md"
        for number in range(int(seconds / pause)):
            ways = (raw,) if mode == "rival" else (close_in_place, rename_in)
            write: Write = ways[number % len(ways)]
            moment = begin + (number + writer / WRITERS) * pause
            time.sleep(max(0.0, moment - time.monotonic()))
            data = content(writer, number, mode)
            at = write(folder / name, data)
            took = time.monotonic() - at
            done.append([sha256(data).hexdigest(), at, write.__name__, took, name])

    threads = [threading.Thread(target=work, args=(x,)) for x in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def start_writers(folder: Path, seconds: float, mode: str) -> subprocess.Popen[bytes]:
    """Start all writers in a process of their own; what they did goes into a file."""
    argv = [sys.executable, __file__, "--write", str(folder), str(seconds), mode]
    with log_of(folder).open("wb") as log:
        return subprocess.Popen(argv, stdout=log)


def log_of(folder: Path) -> Path:
    """Return the file in which writers into a folder say what they did."""
    return folder.parents[1] / f"writers-{folder.name}.json"


def watch(made: Stage, seconds: float, mode: str) -> dict[str, list[float]]:
    """Run the writers beside a reader; return the latencies in ms by way."""
    index = sqlite3.connect(f"file:{made.layout.index}?mode=ro", uri=True)
    last = index.execute("SELECT max(seq) FROM records").fetchone()[0]
    seen: dict[str, float] = {}
    folder = made.workspace / "agent-system/active-contexts"
    writers = start_writers(folder, seconds, mode)
    ending: float | None = None
    expected = int(seconds * A_SECOND / WRITERS) * WRITERS
    while len(seen) < expected:
        question = "SELECT seq, blob FROM records WHERE seq > ? AND blob <> ''"
        for seq, blob in index.execute(question, (last,)).fetchall():
            seen.setdefault(blob, time.monotonic())
            last = seq
        if ending is None and writers.poll() is not None:
            ending = time.monotonic() + _PATIENCE_SECONDS
        if ending is not None and time.monotonic() > ending:
            break
        time.sleep(_LOOK_SECONDS)
    index.close()
    found: dict[str, list[float]] = {"missed": [], "overwritten": []}
    writers.wait()
    written = json.loads(log_of(folder).read_text())
    last_words = {file: blob for blob, _, _, _, file in written}
    for blob, at, way, _, file in written:
        if blob in seen:
            found.setdefault(way, []).append((seen[blob] - at) * 1000)
        else:
            kind = "missed" if last_words[file] == blob else "overwritten"
            found[kind].append(at)
    return found


def measure_rival(made: Stage, seconds: float) -> list[float]:
    """Return how many ms the same writers take to write, sync and rename."""
    folder = made.folder / "rival/files"
    folder.mkdir(parents=True)
    start_writers(folder, seconds, "rival").wait()
    return [x[3] * 1000 for x in json.loads(log_of(folder).read_text())]


def main() -> None:
    """Measure with events, without, and the rival."""
    wanted = parser(__doc__).parse_args()
    seconds = 5.0 if wanted.quick else 30.0
    result = Result("visible", quick=wanted.quick)
    with stage() as made:
        made.start()
        time.sleep(1)
        say("writers, with file events")
        found = watch(made, seconds, "events")
        say("the rival")
        rival = measure_rival(made, seconds)
        made.stop()
        made.change_setting("use_events = true", "use_events = false")
        made.start()
        time.sleep(1)
        say("writers, without file events")
        blind = watch(made, seconds, "blind")
    latencies = [*found["close_in_place"], *found["rename_in"]]
    for share, most, times in ((0.5, 5, 2.0), (0.99, 25, 3.0)):
        what = f"visible, p{share * 100:g}"
        theirs = ("write + fsync + rename", quantile(rival, share))
        result.limit(what, quantile(latencies, share), "ms", most)
        result.against(what, quantile(latencies, share), "ms", theirs, times)
    for way in ("close_in_place", "rename_in"):
        result.note(f"visible, {way}, p99", quantile(found[way], 0.99), "ms")
    blinds = [*blind["close_in_place"], *blind["rename_in"]]
    result.note("without file events, p50", quantile(blinds, 0.5), "ms")
    result.limit("without file events, p99", quantile(blinds, 0.99), "ms", 100)
    for way, these in (("", found), (", without file events", blind)):
        result.limit(f"last words missed{way}", len(these["missed"]), "", 0)
        result.note(f"versions overwritten unseen{way}", len(these["overwritten"]), "")
    result.facts = {"versions": len(latencies), "writers": WRITERS, "rate": A_SECOND}
    result.show()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        target, span, mode = sys.argv[2:]
        print(json.dumps(write_all(Path(target), float(span), mode)))
    else:
        main()
