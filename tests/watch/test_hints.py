import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from watchdog.events import FileClosedEvent, FileMovedEvent, FileSystemEvent

from coordinator.watch import hints
from coordinator.watch.hints import Hints
from tests.support import wait_for


class Watched:
    """Hints about two folders, and what they have said so far."""

    def __init__(self, root: Path) -> None:
        for name in ("a", "b"):
            (root / name).mkdir()
        self.root = root
        self.woken = Event()
        self.hints = Hints(root, ("a", "b", "none"), self.woken.set)
        self.settled: set[str] = set()
        self.touched: set[str] = set()
        self.overflowed = False

    def look(self) -> None:
        """Take what was said since."""
        drained = self.hints.drain()
        self.settled |= set(drained.settled)
        self.touched |= set(drained.touched)
        self.overflowed |= drained.overflowed

    def has_settled(self, path: str) -> bool:
        """Tell whether a file was said to be complete."""
        self.look()
        return path in self.settled


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """Hints that are given."""
    made = Watched(tmp_path)
    assert made.hints.start() == ""
    yield made
    made.hints.stop()


def test_a_closed_and_a_renamed_file_are_settled(watched: Watched) -> None:
    """Close and rename-in both say that a file is complete."""
    (watched.root / "a" / "x").write_text("1")
    wait_for(lambda: watched.has_settled("a/x"))
    assert watched.woken.is_set()
    (watched.root / "outside").write_text("2")
    (watched.root / "outside").rename(watched.root / "b" / "y")
    wait_for(lambda: watched.has_settled("b/y"))


def test_an_open_file_is_only_touched(watched: Watched) -> None:
    """While it is written it is not said to be complete."""
    with (watched.root / "a" / "x").open("w") as file:
        file.write("1")
        file.flush()

        def touched() -> bool:
            watched.look()
            return "a/x" in watched.touched

        wait_for(touched)
        assert "a/x" not in watched.settled


def test_a_removed_file_is_settled(watched: Watched) -> None:
    """There is nothing to wait for."""
    (watched.root / "a" / "x").touch()
    wait_for(lambda: watched.has_settled("a/x"))
    watched.settled.clear()
    (watched.root / "a" / "x").unlink()
    wait_for(lambda: watched.has_settled("a/x"))


def test_a_new_folder_asks_for_a_look(watched: Watched) -> None:
    """What came along with it may have been missed."""
    (watched.root / "a" / "inner").mkdir()

    def overflowed() -> bool:
        watched.look()
        return watched.overflowed

    wait_for(overflowed)


def test_folders_that_were_changed_are_noticed(watched: Watched) -> None:
    """Removed, remade and newly made folders need a restart."""
    assert watched.hints.is_current()
    (watched.root / "none").mkdir()
    assert not watched.hints.is_current()
    assert watched.hints.restart() == ""
    assert watched.hints.is_current()
    (watched.root / "b").rename(watched.root / "c")
    assert not watched.hints.is_current()
    (watched.root / "b").mkdir()
    assert not watched.hints.is_current()
    watched.hints.restart()
    (watched.root / "b" / "x").touch()
    wait_for(lambda: watched.has_settled("b/x"))
    watched.hints.stop()
    assert not watched.hints.is_running


def test_the_set_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit is left to the next look, and counted once."""
    monkeypatch.setattr(hints, "MOST", 3)
    watched = Watched(tmp_path)
    for name in ("1", "2", "3", "3", "4", "5"):
        watched.hints.on_any_event(FileClosedEvent(str(tmp_path / "a" / name)))
    drained = watched.hints.drain()
    assert drained.settled == ["a/1", "a/2", "a/3"]
    assert (drained.overflowed, watched.hints.overflows) == (True, 1)
    assert watched.hints.drain() == hints.Drained([], [], False)


def test_no_event_ends_the_thread(tmp_path: Path) -> None:
    """A handler that raised would silence everything: it asks for a look instead."""
    watched = Watched(tmp_path)
    odd: list[FileSystemEvent] = [
        FileMovedEvent("", str(tmp_path / "a" / "x")),
        FileMovedEvent(str(tmp_path / "a" / "y"), ""),
        FileClosedEvent("/elsewhere"),
        FileClosedEvent(b"\xff"),
        FileClosedEvent(None),  # type: ignore[arg-type]
    ]
    for event in odd:
        watched.hints.on_any_event(event)
    watched.look()
    assert watched.settled == {"a/x", "a/y"}
    assert watched.overflowed


@pytest.mark.slow
def test_a_system_that_gives_no_events_says_why(tmp_path: Path) -> None:
    """No descriptor left, no hints: the reason is returned, nothing is raised."""
    (tmp_path / "a").mkdir()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    script = (
        "import os, resource, sys\n"
        "from pathlib import Path\n"
        "from coordinator.watch.hints import Hints\n"
        "import watchdog.observers.inotify\n"
        "hints = Hints(Path(sys.argv[1]), ('a',), lambda: None)\n"
        "free = os.dup(0)\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, (free, {most}))\n"
        "print(bool(hints.start()), hints.is_running, hints.is_current())\n"
    )
    argv = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.stdout == "True False False\n", done.stderr
