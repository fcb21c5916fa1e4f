import json
import os
import random
import resource
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from threading import Event, Thread

import pytest

from coordinator.kernel import journal
from coordinator.kernel.disk import files
from coordinator.kernel.journal import (
    DiskRefusedError,
    Draft,
    JournalDamagedError,
    JournalMovedError,
    Record,
)
from tests.kernel.journal_yard import FIRST, draft, filled, opened, subjects
from tests.support import PATIENCE_SECONDS

AT = "2026-01-31T09:00:00.000Z"


class CountingSync:
    """Counts the syncs that it passes on."""

    def __init__(self) -> None:
        self.count = 0
        self._sync = files.sync_data

    def __call__(self, descriptor: int) -> None:
        self.count += 1
        self._sync(descriptor)


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments hold three of our records."""
    monkeypatch.setattr(journal, "SEGMENT_BYTES", 300)


def test_records_are_numbered_from_one(tmp_path: Path) -> None:
    """A record carries its number, the server's time, and what the draft says."""
    [made] = opened(tmp_path).append([draft("a")])
    assert made == Record(1, AT, "note.made", "docs", "a", {"note": "a b@c"})


def test_what_is_read_equals_what_was_appended(tmp_path: Path) -> None:
    """Text of any kind comes back, lone surrogates included."""
    made = opened(tmp_path)
    odd = 'é\u2028\n\0"\\\udcff'
    records = made.append([Draft("a.b", odd, odd, {odd: [odd, 1, None, True]})])
    assert list(made.read()) == records
    made.close()
    assert list(opened(tmp_path).read()) == records


def test_an_append_is_one_write_and_one_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch costs the disk no more than a single record."""
    sync = CountingSync()
    monkeypatch.setattr(files, "sync_data", sync)
    made = opened(tmp_path)
    for size in (1, 100):
        sync.count = 0
        before = writes_so_far()
        made.append([draft()] * size)
        assert (writes_so_far() - before, sync.count) == (1, 1)


def writes_so_far() -> int:
    """Return how many write calls this thread made."""
    counters = Path("/proc/thread-self/io")
    if not counters.exists():
        pytest.skip("only Linux counts the calls of a thread")
    lines = dict(x.split(": ") for x in counters.read_text().splitlines())
    return int(lines["syscw"])


@pytest.mark.usefixtures("small_segments")
def test_numbers_have_no_gaps_across_segments_and_openings(tmp_path: Path) -> None:
    """The chain goes on wherever the journal was closed."""
    for start in range(0, 20, 4):
        made = opened(tmp_path)
        assert made.last == start
        made.append([draft(), draft()])
        made.append([draft(), draft()])
        made.close()
    again = opened(tmp_path)
    assert [x.seq for x in again.read()] == list(range(1, 21))
    assert len(list(tmp_path.glob("*.jsonl"))) > 3


@pytest.mark.parametrize("reopen", [False, True])
@pytest.mark.usefixtures("small_segments")
def test_reading_starts_anywhere(tmp_path: Path, *, reopen: bool) -> None:
    """`since` is exact in every segment, before and after opening again."""
    made = opened(tmp_path)
    for number in range(12):
        made.append([draft(str(number))])
    if reopen:
        made.close()
        made = opened(tmp_path)
    for since in range(-1, 14):
        wanted = [str(x) for x in range(max(since, 0), 12)]
        assert subjects(made.read(since)) == wanted


def test_nothing_is_appended_for_no_drafts(tmp_path: Path) -> None:
    """An empty batch leaves no trace."""
    made = opened(tmp_path)
    assert made.append([]) == []
    assert (made.last, list(made.read())) == (0, [])


def test_an_append_at_another_number_is_refused(tmp_path: Path) -> None:
    """Who decided on an older state decides again."""
    made = opened(tmp_path)
    made.append([draft()], expected=0)
    with pytest.raises(JournalMovedError):
        made.append([draft()], expected=0)
    assert made.last == 1


def test_files_are_private(tmp_path: Path) -> None:
    """Only the owner may read the journal, and what was cut off it."""
    segment = filled(tmp_path, ["a"])
    segment.write_bytes(segment.read_bytes() + b"half")
    opened(tmp_path).close()
    kept = [x for x in tmp_path.iterdir() if x.is_file()]
    assert [x.stat().st_mode & 0o777 for x in kept] == [0o600, 0o600]


def test_other_files_in_the_folder_are_no_segments(tmp_path: Path) -> None:
    """A copy that a person made beside a segment confuses nobody."""
    segment = filled(tmp_path, ["a"])
    segment.with_name("000000000000001 copy.jsonl").write_bytes(b"x\n")
    assert subjects(opened(tmp_path).read()) == ["a"]


def test_a_giant_record_ends_a_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sum before a segment is found, however long its record is."""
    monkeypatch.setattr(journal, "SEGMENT_BYTES", 1)
    filled(tmp_path, ["x" * 100_000, "y" * 100_000, "z"])
    made = opened(tmp_path)
    assert [len(x) for x in subjects(made.read())] == [100_000, 100_000, 1]
    assert subjects(made.read(2)) == ["z"]
    made.close()
    Path(tmp_path / "000000000000003.jsonl").write_bytes(b"")
    assert opened(tmp_path).last == 2


def test_reading_ends_at_what_was_acknowledged(tmp_path: Path) -> None:
    """Lines that another thread is still writing do not count."""
    made = opened(tmp_path)
    made.append([draft("a")])
    other = opened(tmp_path)
    other.append([draft("b")])
    assert subjects(made.read()) == ["a"]


def test_lines_lost_while_the_journal_is_open_are_missed(tmp_path: Path) -> None:
    """An acknowledged record that is gone is damage, not the end."""
    segment = filled(tmp_path, ["a", "b"])
    made = opened(tmp_path)
    data = segment.read_bytes()
    segment.write_bytes(data[: data.index(b"\n") + 1])
    seen: list[str] = []
    with pytest.raises(JournalDamagedError) as caught:
        seen.extend(x.subject for x in made.read())
    assert (seen, caught.value.seq) == (["a"], 2)
    with pytest.raises(DiskRefusedError):
        made.append([draft("c")])


def test_a_deleted_segment_takes_no_more_records(tmp_path: Path) -> None:
    """What would be written into nothing is not acknowledged."""
    made = opened(tmp_path)
    made.append([draft("a")])
    (tmp_path / FIRST).unlink()
    with pytest.raises(DiskRefusedError, match="deleted"):
        made.append([draft("b")])
    with pytest.raises(JournalDamagedError):
        list(made.read())
    made.close()


@pytest.mark.slow
def test_a_full_disk_refuses_and_heals(tmp_path: Path) -> None:
    """A refused append leaves the file as it was, and the next one works."""
    program = """
        import resource, signal, sys
        from pathlib import Path
        from coordinator.kernel.journal import DiskRefusedError, Draft, Journal
        from coordinator.kernel.disk.locks import Held

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        folder = Path(sys.argv[1])
        journal = Journal(folder, held=Held(folder))
        journal.append([Draft("a.b", "docs", "first")])
        [segment] = folder.iterdir()
        before = segment.read_bytes()
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 50, limits[1]))
        try:
            journal.append([Draft("a.b", "docs", "second")])
        except DiskRefusedError as error:
            print(error.message)
        assert segment.read_bytes() == before
        assert [x.seq for x in journal.read()] == [1]
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        journal.append([Draft("a.b", "docs", "third")])
        assert [x.subject for x in journal.read()] == ["first", "third"]
    """
    folder = tmp_path / "journal"
    done = run_python(program, str(folder))
    assert "larger than the system allows" in done.stdout, done.stderr
    assert done.returncode == 0, done.stderr
    assert subjects(opened(folder).read()) == ["first", "third"]


def run_python(program: str, *args: str) -> subprocess.CompletedProcess[str]:
    """Run a program of our own in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), *args],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


@pytest.mark.usefixtures("small_segments")
def test_a_refused_segment_leaves_the_journal_usable(tmp_path: Path) -> None:
    """Where no new file can be made, nothing is recorded; later it can."""
    made = opened(tmp_path)
    made.append([draft(str(x)) for x in range(5)])
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    [used] = [os.open(os.devnull, os.O_RDONLY)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (used, limits[1]))
    try:
        with pytest.raises(DiskRefusedError):
            made.append([draft("5")])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        os.close(used)
    made.append([draft("6")])
    assert subjects(made.read()) == ["0", "1", "2", "3", "4", "6"]


@pytest.mark.slow
@pytest.mark.usefixtures("small_segments")
def test_a_reader_beside_the_writer_sees_whole_records(tmp_path: Path) -> None:
    """Every look yields all that was acknowledged before it, and nothing torn."""
    made = opened(tmp_path)
    stopped = Event()
    faults: list[str] = []

    def look() -> None:
        while not stopped.is_set():
            least = made.last
            numbers = [x.seq for x in made.read()]
            if numbers != list(range(1, len(numbers) + 1)) or len(numbers) < least:
                faults.append(f"{least} acknowledged, read {numbers}")

    reader = Thread(target=look)
    reader.start()
    for number in range(150):
        made.append([draft()] * (number % 4 + 1))
    stopped.set()
    reader.join()
    assert faults == []


WRITER = """
    import sys
    from pathlib import Path
    from coordinator.kernel import journal
    from coordinator.kernel.disk.locks import Held

    journal.SEGMENT_BYTES = 4000
    folder = Path(sys.argv[1])
    opened = journal.Journal(folder, held=Held(folder))
    while True:
        size = opened.last % 3 + 1
        records = opened.append([journal.Draft("a.b", "docs", "x" * 400)] * size)
        print(records[-1].seq, flush=True)
"""


@pytest.mark.slow
def test_a_killed_writer_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """After each `kill -9` every acknowledged record is there, and no half one."""
    chance = random.Random(7)  # noqa: S311 - the moments of the kills
    acknowledged = 0
    for _ in range(10):
        with subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WRITER), str(tmp_path)],
            stdout=subprocess.PIPE,
        ) as writer:
            assert writer.stdout
            for _ in range(chance.randrange(1, 40)):
                acknowledged = int(writer.stdout.readline())
            writer.send_signal(signal.SIGKILL)
            rest = [int(x) for x in writer.stdout.read().split(b"\n")[:-1]]
            acknowledged = max([acknowledged, *rest])
        made = opened(tmp_path)
        assert [x.seq for x in made.read()] == list(range(1, made.last + 1))
        assert made.last >= acknowledged
        made.close()


def test_a_record_is_compact_json(tmp_path: Path) -> None:
    """Other programs can read the journal: a sum, a mark, one JSON object a line."""
    segment = filled(tmp_path, ["é"])
    line = segment.read_bytes()
    assert line[16:17] == b" "
    assert json.loads(line[17:])["subject"] == "é"
