import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from watchdog.events import (
    DirCreatedEvent,
    FileClosedEvent,
    FileModifiedEvent,
    FileSystemEvent,
)

from coordinator.watch import hints as module
from coordinator.watch.hints import Hints
from tests.support import wait_for

FOLDERS = ("notes", "pending")


class Ear:
    """Hints of two folders, with all that was heard since the last question."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.woken = 0
        self.hints = Hints(root, FOLDERS, self._wake)
        self.settled: set[str] = set()
        self.touched: set[str] = set()
        self.overflowed = False

    def _wake(self) -> None:
        self.woken += 1

    def listen(self) -> None:
        """Take over what was heard by now."""
        drained = self.hints.drain()
        self.settled.update(drained.settled)
        self.touched.update(drained.touched)
        self.overflowed |= drained.overflowed

    def hears(self, *paths: str) -> bool:
        """Tell whether all of the paths were heard of as settled."""
        self.listen()
        return self.settled >= set(paths)

    def forget(self) -> None:
        """Wait until all that happened was heard, and begin anew."""
        mark = self.root / "notes" / "mark"
        mark.touch()
        wait_for(lambda: self.hears("notes/mark"))
        mark.unlink()
        self.settled.clear()
        wait_for(lambda: self.hears("notes/mark"))
        self.settled.clear()
        self.touched.clear()
        self.overflowed = False


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[Ear]:
    """Hints that watch two folders, and a third one beside them."""
    for name in (*FOLDERS, "outside"):
        (tmp_path / name).mkdir()
    made = Ear(tmp_path)
    assert made.hints.start() == ""
    yield made
    made.hints.stop()
    assert not made.hints.is_running


def test_a_file_that_was_closed_is_settled(ear: Ear) -> None:
    """Whoever closes a file has written it; the loop is woken."""
    (ear.root / "notes" / "a.md").write_text("x")
    wait_for(lambda: ear.hears("notes/a.md"))
    assert ear.woken > 0
    assert not ear.overflowed


def test_a_rename_settles_both_names(ear: Ear) -> None:
    """From outside there is one name, within there are two; out of it one again."""
    (ear.root / "outside" / "a.md").write_text("x")
    (ear.root / "outside" / "a.md").rename(ear.root / "notes" / "a.md")
    wait_for(lambda: ear.hears("notes/a.md"))
    assert "notes/a.md" not in ear.touched
    assert not any("outside" in x for x in ear.settled)
    ear.forget()
    (ear.root / "notes" / "a.md").rename(ear.root / "pending" / "b.md")
    wait_for(lambda: ear.hears("notes/a.md", "pending/b.md"))
    ear.forget()
    (ear.root / "pending" / "b.md").rename(ear.root / "outside" / "b.md")
    wait_for(lambda: ear.hears("pending/b.md"))


def test_a_file_that_is_still_open_is_touched_only(ear: Ear) -> None:
    """It may grow: it rests before it is taken, unless it is closed."""
    with (ear.root / "notes" / "a.md").open("w") as file:
        file.write("half")
        file.flush()

        def is_touched() -> bool:
            ear.listen()
            return "notes/a.md" in ear.touched

        wait_for(is_touched)
        (ear.root / "notes" / "later.md").touch()
        wait_for(lambda: ear.hears("notes/later.md"))
        assert "notes/a.md" not in ear.settled
    wait_for(lambda: ear.hears("notes/a.md"))


def test_a_deleted_file_is_settled(ear: Ear) -> None:
    """Nothing more can happen to it."""
    (ear.root / "notes" / "a.md").write_text("x")
    wait_for(lambda: ear.hears("notes/a.md"))
    ear.forget()
    (ear.root / "notes" / "a.md").unlink()
    wait_for(lambda: ear.hears("notes/a.md"))


def test_a_new_folder_asks_for_a_scan(ear: Ear) -> None:
    """What was written into it before it was watched is nobody's hint."""
    (ear.root / "notes" / "topic").mkdir()
    (ear.root / "notes" / "topic" / "a.md").write_text("x")

    def is_overflowed() -> bool:
        ear.listen()
        return ear.overflowed

    wait_for(is_overflowed)
    assert ear.hints.overflows == 0


def test_more_than_is_kept_asks_for_a_scan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The set is bounded: the rest is counted as one overflow, and found by looking."""
    monkeypatch.setattr(module, "MOST", 3)
    ear = Ear(tmp_path)
    for number in (0, 1, 2, 1, 3, 4):
        ear.hints.on_any_event(FileClosedEvent(f"{tmp_path}/notes/{number}"))
    assert ear.woken == 1
    drained = ear.hints.drain()
    assert drained.settled == ["notes/0", "notes/1", "notes/2"]
    assert drained.overflowed
    assert ear.hints.overflows == 1
    ear.hints.on_any_event(FileModifiedEvent(f"{tmp_path}/notes/9"))
    again = ear.hints.drain()
    assert (again.settled, again.touched, again.overflowed) == ([], ["notes/9"], False)
    assert ear.woken == 2


@pytest.mark.parametrize("path", [None, 7, object()])
def test_an_event_that_makes_no_sense_ends_nothing(
    tmp_path: Path, path: object
) -> None:
    """An exception in a handler would end watchdog's thread: it is a scan instead."""
    ear = Ear(tmp_path)
    event = FileClosedEvent("x")
    vars(event)["src_path"] = path
    ear.hints.on_any_event(event)
    assert ear.hints.drain().overflowed
    assert ear.woken == 1


def test_events_of_elsewhere_are_nothing(tmp_path: Path) -> None:
    """A path outside of the root, or one that only begins like it, is left out."""
    ear = Ear(tmp_path)
    strangers: list[FileSystemEvent] = [
        FileClosedEvent("/etc/passwd"),
        FileClosedEvent(f"{tmp_path}-other/notes/a.md"),
        FileClosedEvent(os.fsencode(f"{tmp_path}/notes/b.md")),
    ]
    for event in strangers:
        ear.hints.on_any_event(event)
    assert ear.hints.drain().settled == ["notes/b.md"]
    ear.hints.on_any_event(DirCreatedEvent(f"{tmp_path}/notes/topic"))
    assert ear.hints.drain().overflowed


def test_a_folder_that_was_removed_and_remade_is_watched_again(ear: Ear) -> None:
    """The hints tell that they are about another folder, until they are restarted."""
    assert ear.hints.is_current()
    (ear.root / "notes").rename(ear.root / "aside")
    (ear.root / "notes").mkdir()
    assert not ear.hints.is_current()
    assert ear.hints.restart() == ""
    assert ear.hints.is_current()
    (ear.root / "notes" / "a.md").write_text("x")
    wait_for(lambda: ear.hears("notes/a.md"))


def test_a_remade_folder_with_the_same_inode_is_another_one(
    ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system gives a number again at once: that the folder went counts."""
    monkeypatch.setattr(ear.hints, "_find_inode", ear.hints._inodes.get)
    assert ear.hints.is_current()
    (ear.root / "notes").rmdir()
    (ear.root / "notes").mkdir()
    wait_for(lambda: not ear.hints.is_current())


def test_a_folder_may_come_later(tmp_path: Path) -> None:
    """A missing folder does not keep the others from being watched."""
    (tmp_path / "notes").mkdir()
    ear = Ear(tmp_path)
    assert not ear.hints.is_current()
    assert ear.hints.start() == ""
    try:
        assert ear.hints.is_current()
        (tmp_path / "notes" / "a.md").write_text("x")
        wait_for(lambda: ear.hears("notes/a.md"))
        (tmp_path / "pending").mkdir()
        assert not ear.hints.is_current()
        assert ear.hints.restart() == ""
        assert ear.hints.is_current()
    finally:
        ear.hints.stop()
    assert not ear.hints.is_current()
    ear.hints.stop()


def test_a_system_that_gives_no_hints_is_said(tmp_path: Path) -> None:
    """Where it has no more to give, the reason comes back, and nothing is running."""
    for name in FOLDERS:
        (tmp_path / name).mkdir()
    ear = Ear(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    spare = os.dup(0)
    os.close(spare)
    resource.setrlimit(resource.RLIMIT_NOFILE, (spare, hard))
    try:
        reason = ear.hints.start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert reason
    assert not ear.hints.is_running
    assert not ear.hints.is_current()
    assert ear.hints.start() == ""
    ear.hints.stop()
