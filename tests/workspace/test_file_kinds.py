import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from coordinator.kernel.disk.locks import Held
from coordinator.workspace import file_kinds
from coordinator.workspace.file_kinds import WrongKind
from coordinator.workspace.layout import Layout
from tests.support import CommandLine, ManualClock, open_workspace


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        os.chdir(path.parent)
        made.bind(path.name)


def _link_to_pipe(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


MAKERS: dict[str, Callable[[Path], object]] = {
    "a file": lambda x: x.write_text("x\n"),
    "a folder": Path.mkdir,
    "a link to nothing": lambda x: x.symlink_to("/no/such/place"),
    "a link to a pipe": _link_to_pipe,
    "a pipe": os.mkfifo,
    "a socket": _socket,
}
FOLDERS = ". journal blobs tmp logs tokens trash pool quarantine store.git history.git"
FILES = "lock version daemon.json index.sqlite index.sqlite-wal ../coordinator.toml"
INNER = "journal/000000000000001.jsonl blobs/00000001.pack tokens/docs"
PLACES = [
    *((x, y) for x in FOLDERS.split() for y in MAKERS if y != "a folder"),
    *((x, y) for x in FILES.split() + INNER.split() for y in MAKERS if y != "a file"),
]
COMMANDS = [
    ["status"],
    ["check"],
    ["--as", "docs", "context", "set", "--task", "Pages"],
    ["init", "."],
    ["doctor", "--fix"],
]


def _replace(path: Path, kind: str) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    MAKERS[kind](path)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kind"), PLACES)
def test_something_else_in_the_place_of_ours_is_said_with_its_path(
    line: CommandLine, name: str, kind: str
) -> None:
    """Exit code 3 is for bugs only; nothing waits for ever for a pipe."""
    assert line("--as", "docs", "context", "set", "--task", "Before").code == 0
    path = Path(os.path.normpath(line.folder / ".coordinator" / name))
    _replace(path, kind)
    told = ""
    for argv in COMMANDS:
        done = line(*argv)
        assert done.code <= 2, done.stderr
        assert "Traceback" not in done.stderr
        told += done.stdout + done.stderr
    said = "The token shown is not" if name == "tokens/docs" else path.name
    assert said in told


@pytest.mark.parametrize("name", ["index.sqlite", "index.sqlite-wal", "history.git"])
def test_what_is_derived_is_put_aside_and_made_again(
    line: CommandLine, name: str
) -> None:
    """It is told once; every record is there as before."""
    path = line.folder / ".coordinator" / name
    before = line("history", "--json").stdout
    for number in (1, 2):
        _replace(path, "a pipe")
        done = line("history", "--json")
        assert (done.code, done.stdout) == (0, before)
        aside = line.folder / ".coordinator" / "quarantine" / f"{name}-{number}"
        assert aside.is_fifo()
        assert f"{path} was a pipe" in done.stderr
        assert str(aside) in done.stderr
        assert line("history", "--json").stderr == ""
    assert line("--as", "docs", "context", "set", "--task", "On").code == 0
    assert all(x["well"] for x in line("doctor", "--json").value)


def test_a_link_counts_as_what_it_leads_to(tmp_path: Path, clock: ManualClock) -> None:
    """Whoever keeps the journal on another disk may do so."""
    with open_workspace(tmp_path / "w", clock) as opened:
        own = opened.layout.own
    (own / "blobs").rename(tmp_path / "blobs")
    (own / "blobs").symlink_to(tmp_path / "blobs")
    file_kinds.check(Layout(tmp_path / "w"))
    with open_workspace(tmp_path / "w", clock) as opened:
        assert opened.perform("check") == []


def test_the_hint_tells_what_is_lost_from_what_is_made_again(tmp_path: Path) -> None:
    """A journal comes from a backup, a folder for unfinished files from nowhere."""
    layout = Layout(tmp_path)
    layout.own.mkdir()
    for path, word in ((layout.journal, "backup"), (layout.temporary, "made again")):
        path.write_text("x")
        with pytest.raises(WrongKind, match="a file is there, and a folder") as raised:
            file_kinds.check(layout)
        assert word in raised.value.hint
        path.unlink()
    assert file_kinds.set_aside(layout, held=Held(layout.lock)) == []
