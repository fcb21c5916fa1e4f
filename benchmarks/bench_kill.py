"""The daemon killed (SIGKILL) 1,000 times under three writers; and a race of starts.

Three agents write contexts, pending items and learnings by all ways (a shell's `>`, a
rename-in, an append) all the time, while the daemon is started and killed at a random
moment, every other time before it answers for the first time. A reader follows the
journal's files and keeps every line that it ever saw. Afterwards the daemon comes up
once more, and it must hold: every line that was seen is still there, numbers have no
gap, no document was accepted twice in a row with the same bytes, every file is accepted
with its last bytes, a rebuilt history has the same commit id, and `doctor` finds all
well. The limit is zero of each.

`--race N`: N concurrent `coordinator up --detach`; exactly one daemon, named by all.
"""

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchmarks.stage import ENTRY, Result, Stage, parser, say, stage, wait_until
from coordinator.actions.documents import accepting
from coordinator.index import document_queries
from coordinator.index.history import REF, History
from coordinator.kernel import git
from coordinator.kernel.disk import locks
from coordinator.kernel.git import Repository
from coordinator.kernel.journal import Record
from coordinator.workspace.workspace import Workspace

_AGENTS = ("backend", "frontend", "docs")
_PAUSE_SECONDS = 0.01
_SETTLE_SECONDS = 60.0
_LOOK_SECONDS = 0.005
_SAY_EVERY = 50


def write_for_ever(root: Path, agent: str) -> None:
    """Write as one agent until killed: each round by all three ways."""
    number = 0
    while True:
        number += 1
        status = root / f"agent-system/active-contexts/{agent}-status.md"
        status.write_text(f"State: working\nTask: round {number}\n" * (1 + number % 9))
        item = root / f"pending-commits/{agent}-plan-{number % 50}.md"
        run_blocking = root / f"{agent}.tmp"
        run_blocking.write_text(f"# Plan {number}\n\nThe cart has {number} rules.\n")
        run_blocking.rename(item)
        learning = root / f"agent-system/learnings/{agent}-{number // 200}.md"
        with learning.open("a") as file:
            file.write(f"- learned {number}\n")
        time.sleep(_PAUSE_SECONDS)


class Follower(threading.Thread):
    """Keeps every whole line that ever stood in the journal."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self._folder = folder
        self._offsets: dict[Path, int] = {}
        self._ended = threading.Event()
        self.lines: set[bytes] = set()

    def run(self) -> None:
        """Look until the end."""
        while not self._ended.wait(_LOOK_SECONDS):
            self.look()

    def end(self) -> None:
        """Stop following."""
        self._ended.set()
        self.join()

    def look(self) -> None:
        """Read what was added; a line without an end is looked at again."""
        for segment in sorted(self._folder.glob("[0-9]*.jsonl")):
            offset = self._offsets.get(segment, 0)
            with segment.open("rb") as file:
                file.seek(offset)
                data = file.read()
            whole = data[: data.rfind(b"\n") + 1]
            self._offsets[segment] = offset + len(whole)
            self.lines |= set(whole.split(b"\n"))


def start_writers(made: Stage) -> list[subprocess.Popen[bytes]]:
    """Start one process per agent."""
    argv = [sys.executable, __file__, "--write", str(made.workspace)]
    return [subprocess.Popen([*argv, agent]) for agent in _AGENTS]


def kill_again_and_again(made: Stage, times: int) -> None:
    """Start and kill; the moments are random, the same in every run."""
    chance = random.Random(7)  # noqa: S311 - no secret
    startup = made.start()
    made.kill()
    for number in range(times):
        if number % 2:
            startup = made.start()
            time.sleep(chance.uniform(0, 0.4))
        else:
            made.launch()
            time.sleep(chance.uniform(0, 1.2 * startup))
        made.kill()
        if number % _SAY_EVERY == 0:
            say(f"{number} of {times} kills")


def kill_under_load(made: Stage, times: int) -> Follower:
    """Kill under writers; then let one daemon take in what is left."""
    follower = Follower(made.layout.journal)
    follower.start()
    writers = start_writers(made)
    try:
        kill_again_and_again(made, times)
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    for agent in _AGENTS:
        with suppress(FileNotFoundError):
            (made.workspace / f"{agent}.tmp").unlink()
    made.start()
    made.run("check", check=False)  # scans before it answers
    wait_until(lambda: made.health()["queue"] == 0, seconds=_SETTLE_SECONDS, pause=0.1)
    made.stop()
    follower.end()
    follower.look()
    return follower


def lost_lines(made: Stage, follower: Follower) -> int:
    """Count lines that were seen and are no longer there."""
    present: set[bytes] = set()
    for segment in made.layout.journal.glob("[0-9]*.jsonl"):
        present |= set(segment.read_bytes().split(b"\n"))
    return len(follower.lines - present)


def doubled(records: list[Record]) -> Iterator[str]:
    """Yield documents that were accepted twice in a row with the same bytes."""
    last: dict[str, str] = {}
    for record in records:
        if record.kind == "document.accepted":
            if last.get(record.subject) == record.data["blob"]:
                yield record.subject
            last[record.subject] = record.data["blob"]
        elif record.kind == "document.removed":
            last.pop(record.subject, None)


def behind(workspace: Workspace) -> Iterator[str]:
    """Yield files whose last bytes were not accepted."""
    root = workspace.layout.root
    for folder in accepting.FOLDERS:
        for full in sorted((root / folder).glob("*.md")):
            path = str(full.relative_to(root))
            if accepting.owner_of(path) and not _is_accepted(workspace, path):
                yield path


def _is_accepted(workspace: Workspace, path: str) -> bool:
    known = document_queries.documents(workspace.index, [path])
    name = sha256((workspace.layout.root / path).read_bytes()).hexdigest()
    return path in known and bool(known[path]["blob"] == name)


def has_equal_history(made: Stage, workspace: Workspace) -> bool:
    """Tell whether a history that is made anew ends with the same commit id."""
    heads: list[str | None] = []
    for folder in (made.layout.history, made.folder / "rebuilt.git"):
        history = History(folder, workspace.blobs.get)
        history.catch_up(workspace.journal)
        history.close()
        heads.append(git.resolve(Repository(folder), REF))
    return heads[0] is not None and heads[0] == heads[1]


def judge(made: Stage, follower: Follower, result: Result) -> None:
    """Count what must not be."""
    with locks.hold(made.layout.lock, seconds=5) as held:
        workspace = Workspace(made.layout, held=held)
        records = list(workspace.journal.read())
        gaps = sum(x.seq != n for n, x in enumerate(records, 1))
        twice, late = list(doubled(records)), list(behind(workspace))
        equal = has_equal_history(made, workspace)
        workspace.close()
    findings = json.loads(made.run("doctor", "--json", check=False))
    unwell = [x for x in findings if not x["well"]]
    result.limit("lines lost", lost_lines(made, follower), "", 0)
    result.limit("gaps in the numbers", gaps, "", 0)
    result.limit("documents accepted twice", len(twice), "", 0)
    result.limit("files not accepted with their last bytes", len(late), "", 0)
    result.limit("histories unlike their rebuild", int(not equal), "", 0)
    result.limit("findings of doctor", len(unwell), "", 0)
    kinds = [x.kind for x in records]
    torn = kinds.count("journal.cut")
    result.facts |= {"records": len(records), "torn tails cut": torn}
    result.facts |= {"unwell": unwell, "late": late[:5], "twice": twice[:5]}


def daemons(made: Stage) -> list[str]:
    """Return the process ids of the daemons of this workspace."""
    found: list[str] = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if b"up" in words and os.fsencode(made.workspace) in words:
                found.append(folder.name)
    return found


def race(made: Stage, starters: int) -> tuple[int, int]:
    """Start all at once; return how many daemons there are, and how many failed."""
    folder = made.folder / "race"
    folder.mkdir()
    argv = [*ENTRY, "up", "--detach", "--json", "--workspace", str(made.workspace)]
    children: list[subprocess.Popen[bytes]] = []
    for number in range(starters):
        with (folder / f"{number}").open("wb") as out:
            child = subprocess.Popen(
                argv, cwd=made.home, env=made.environment, stdout=out, stderr=out
            )
        children.append(child)
    for child in children:
        child.wait()
    # Losers of the race may still be on their way to the lock.
    wait_until(lambda: len(daemons(made)) <= 1, seconds=_SETTLE_SECONDS, pause=0.2)
    [pid] = daemons(made) or [""]
    failed = sum(not _names(folder / f"{n}", pid) for n in range(starters))
    count = len(daemons(made))
    made.run("down")
    return count, failed


def _names(printed: Path, pid: str) -> bool:
    with suppress(ValueError, KeyError):
        value: dict[str, Any] = json.loads(printed.read_text())
        return str(value["pid"]) == pid
    say(printed.read_text()[-300:])
    return False


def main() -> None:
    """Kill, judge, race."""
    options = parser(__doc__)
    options.add_argument("--race", type=int, default=0, metavar="N")
    options.add_argument("--kills", type=int, default=0, metavar="N")
    wanted = options.parse_args()
    kills = wanted.kills or (20 if wanted.quick else 1000)
    starters = wanted.race or (10 if wanted.quick else 100)
    result = Result("kill", quick=wanted.quick)
    result.facts = {"kills": kills, "starters": starters}
    with stage() as made:
        say(f"a race of {starters} starts")
        count, failed = race(made, starters)
        result.limit("daemons after the race, beyond one", abs(count - 1), "", 0)
        result.limit("starts that did not name it", failed, "", 0)
        say(f"{kills} kills")
        follower = kill_under_load(made, kills)
        say("judging")
        judge(made, follower, result)
    result.show()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        write_for_ever(Path(sys.argv[2]), sys.argv[3])
    else:
        main()
