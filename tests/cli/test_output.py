"""The file of `--output`: written by the caller, never through the daemon."""

import os
from pathlib import Path

import pytest

from tests.support import CommandLine, DaemonProcess, run_coordinator


def test_a_report_is_written_where_it_was_asked_for(
    line: CommandLine, tmp_path: Path
) -> None:
    """Relative to the present folder; a file that is there is replaced whole."""
    line.folder /= "reports"
    plain = line("report", "daily")
    for name in ("../day.md", str(tmp_path / "day.md"), "../day.md"):
        done = line("report", "daily", "--output", name)
        assert (done.code, done.stdout) == (0, f"Written to {name}.\n")
        assert (line.folder / name).read_text() == plain.stdout
    done = line("report", "daily", "--output", "x.md", "--json")
    assert done.value == {"output": str(line.folder / "x.md")}


@pytest.mark.parametrize("name", ["version", "journal/new.jsonl", "../.coordinator/x"])
def test_the_coordinators_own_files_are_not_written(
    line: CommandLine, name: str
) -> None:
    """Neither by their name nor through a link."""
    own = line.folder / ".coordinator"
    before = (own / "version").read_text()
    (line.folder / "link").symlink_to(own)
    for folder in (own, line.folder / "link"):
        done = line("report", "daily", "--output", str(folder / name), "--json")
        assert (done.code, done.error["kind"]) == (1, "refused")
    assert (own / "version").read_text() == before


@pytest.mark.parametrize("name", ["none/x.md", ".", "x" * 300])
def test_a_file_that_cannot_be_written_is_said(line: CommandLine, name: str) -> None:
    """With its name, and as JSON where that was asked for."""
    done = line("report", "daily", "--output", name, "--json")
    assert (done.code, done.error["kind"]) == (1, "external")
    assert "cannot be written" in done.error["message"]


@pytest.mark.slow
def test_a_pipe_that_nobody_reads_keeps_only_its_caller_waiting(
    line: CommandLine,
) -> None:
    """The daemon opens nothing, and goes on answering."""
    pipe = line.folder.parent / "pipe"
    os.mkfifo(pipe)
    with DaemonProcess(line.folder):
        held = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        done = run_coordinator(line.folder, "report", "daily", "--output", str(pipe))
        assert done.code == 0
        assert os.read(held, 1 << 16).startswith(b"<!-- Made")
        os.close(held)
        assert line("status").code == 0


def test_a_folder_that_is_not_there_is_the_callers_to_name(line: CommandLine) -> None:
    """No backup holds what was never written."""
    done = line("report", "daily", "--output", "none/report.md", "--json")
    assert done.code == 1
    assert "its folder is not there" in done.error["message"]
    assert done.error["hint"] == "Name a file in a folder that you may write in."
