"""A disk that takes nothing, and no daemon: what is known can still be read."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support import CommandLine, FakeAgent, user_environment

pytestmark = pytest.mark.slow
READING = [
    ["status"],
    ["agent", "list"],
    ["context", "list"],
    ["pending", "list"],
    ["decision", "list"],
    ["learning", "list"],
    ["history"],
    ["search", "apples"],
    ["report", "daily"],
    ["check"],
]
WRITING = [
    ["--as", "docs", "context", "set", "--task", "Pages"],
    ["--as", "docs", "learning", "add", "Pears"],
    ["init", "."],
    ["up", "--quiet"],
    ["up", "--detach"],
]


def _known(line: CommandLine, root: Path) -> None:
    """Let a fresh workspace know a learning."""
    assert line("init", str(root)).code == 0
    line.folder = root
    FakeAgent(root, "docs").learning("apples", "# Apples\n")
    assert "Apples" in line("learning", "list").stdout


def _answers(run: CommandLine, said: str) -> None:
    with suppress(OSError):
        FakeAgent(run.folder, "docs").learning("later", "# Later\n")
    for argv in READING:
        done = run(*argv, "--json")
        assert done.code == 0, (argv, done)
        assert done.value is not None
        [note] = json.loads(done.stderr)["notes"]
        assert note.startswith("Nothing was taken in: ")
        assert said in note
    assert "Apples" in run("learning", "list").stdout
    assert "Later" not in run("learning", "list").stdout
    for argv in WRITING:
        done = run(*argv)
        assert done.code == 1, (argv, done)
        assert said in done.stderr or "did not start" in done.stderr
        assert "Hint: " in done.stderr
    [wrong] = [x for x in run("doctor", "--json").value if x["name"] == "disk"]
    assert not wrong["well"]
    assert said in wrong["message"]


@pytest.fixture
def disk(tmp_path: Path, line: CommandLine) -> Iterator[Path]:
    """A disk of 2 MiB with a workspace."""
    if os.geteuid():
        pytest.skip("only root may mount")
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this system mounts no tmpfs")
    try:
        _known(line, place / "w")
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_answers_what_is_known(disk: Path, line: CommandLine) -> None:
    """Every reading command, with the reason beside; nothing is half done."""
    with suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))
    _answers(line, "the disk is full")
    (disk / "filler").unlink()
    assert line("check").stderr == ""


def test_a_read_only_disk_answers_what_is_known(disk: Path, line: CommandLine) -> None:
    """The lock cannot be taken there; nobody else can write either."""
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    _answers(line, "the file system is mounted read-only")
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert line("status").stderr == ""


def test_a_limit_on_files_is_as_a_full_disk(tmp_path: Path, line: CommandLine) -> None:
    """It needs no right to mount, so that it is tested everywhere."""
    _known(line, tmp_path / "w")
    for argv in (["learning", "list"], ["check"]):
        done = subprocess.run(
            [
                *("sh", "-c", 'ulimit -f 0; exec "$@"', "sh"),
                *(sys.executable, "-m", "coordinator", *argv, "--json"),
            ],
            cwd=tmp_path / "w",
            env=user_environment({"PYTHONSAFEPATH": "1"}),
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done
        assert b"Nothing was taken in: The index: " in done.stderr
        assert json.loads(done.stdout) is not None


@pytest.mark.parametrize("loss", ["none", "index", "log of the index", "old index"])
def test_without_an_index_the_journal_is_read(
    disk: Path, line: CommandLine, loss: str
) -> None:
    """What the file lacks, its log that takes a writer included, is folded again."""
    index = disk / "w/.coordinator/index.sqlite"
    if loss == "index":
        index.unlink()
    elif loss == "log of the index":
        index.with_name("index.sqlite-wal").write_bytes(b"x" * 100)
    elif loss == "old index":
        index.write_bytes(b"SQLite format 3\0" + bytes(4096))
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    done = line("learning", "list", "--json")
    assert [x["title"] for x in done.value] == ["Apples"]
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)


def test_a_torn_end_of_the_journal_is_left_alone(disk: Path, line: CommandLine) -> None:
    """It was acknowledged to nobody, and is cut when it can be."""
    [segment] = (disk / "w/.coordinator/journal").glob("*.jsonl")
    before = segment.read_bytes()
    segment.write_bytes(before + b"torn")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    done = line("history", "--json")
    assert len(done.value) == before.count(b"\n")
    assert segment.read_bytes() == before + b"torn"
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    found = line("history", "--json").value
    assert [x["kind"] for x in found][-1] == "journal.cut"


@pytest.mark.parametrize("name", ["", "lock", "blobs", "tmp"])
def test_an_account_that_may_not_write_can_read(
    tmp_path: Path, line: CommandLine, name: str
) -> None:
    """What it may not do is named, and what is known is shown."""
    may_all = () if os.geteuid() else ("setpriv", "--bounding-set=-all")
    if may_all and not shutil.which("setpriv"):
        pytest.skip("root may write everything, and setpriv is not installed")
    _known(line, tmp_path / "w")
    path = tmp_path / "w" / ".coordinator" / name
    mode = path.stat().st_mode
    path.chmod(0o500 if not name else 0)
    argv = [*may_all, sys.executable, "-m", "coordinator"]
    for words in (["learning", "list"], ["learning", "add", "Pears"]):
        done = subprocess.run(
            [*argv, *words],
            cwd=tmp_path / "w",
            env=user_environment({"PYTHONSAFEPATH": "1"}),
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Apples" in done.stdout or words[1] == "add"
        assert done.returncode == (words[1] == "add"), done
        assert str(path) in done.stderr
        assert "this account may not do that here" in done.stderr
    path.chmod(mode)
