"""Crashes: after every effect, and `kill -9` under load."""

import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from coordinator.cli.in_process import InProcess
from coordinator.kernel.blobs import name_of
from coordinator.kernel.disk import files
from coordinator.kernel.disk.files import Stamp
from tests.support import (
    DaemonProcess,
    FakeAgent,
    ManualClock,
    OpenWorkspace,
    open_workspace,
    wait_for,
)

EFFECTS = (
    (os, "rename"),
    (os, "link"),
    (os, "fsync"),
    (os, "ftruncate"),
    (files, "sync_data"),
    (files, "write_all"),
)


CALLS: dict[str, dict[str, Any]] = {
    "context set": {"state": "working", "task": "Pages"},
    "learning add": {"title": "Cold starts", "body": "Warm it.\n"},
    "decision add": {"title": "Use carts", "reason": "They roll"},
    "pending close": {"id": "docs-request"},
}


class Crashes:
    """Copies a folder as every n-th effect on the disk finds it, once it is armed.

    The copy is what a process leaves that ends there without a word: what it had not
    written yet is lost, and nobody holds its locks.
    """

    def __init__(self, root: Path, share: int, shares: int) -> None:
        self._root = root
        self._share = (share, shares)
        self.effects = 0
        self.left: list[Path] = []

    def arm(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Count every durable effect of this process from now on."""
        for place, name in EFFECTS:
            monkeypatch.setattr(place, name, self._counted(getattr(place, name)))

    def _tick(self) -> None:
        share, shares = self._share
        if self.effects % shares == share:
            left = self._root.with_name(f"{self._root.name}-{self.effects}")
            self.left.append(shutil.copytree(self._root, left, symlinks=True))
        self.effects += 1

    def _counted(self, effect: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - any effect's
            self._tick()
            return effect(*args, **named)

        return counted


def work(root: Path) -> None:
    """Let a day's calls happen, each with its key, without a daemon."""
    token = (root / ".coordinator" / "tokens" / "docs").read_text()
    asked = {"folder": str(root), "agent": "docs", "token": token}
    with InProcess(root, asked) as here:
        for action, arguments in CALLS.items():
            here.perform(action, arguments, f"key-{action}")


def prepare(root: Path, clock: ManualClock) -> None:
    """Make a workspace with files that wait to be taken in."""
    with open_workspace(root, clock):
        agent = FakeAgent(root, "docs")
        agent.pending("request", "# Request\n\nPlease.\n")
        agent.learning("log", "## Decision Log\n\n- Use tabs\n")
        other = FakeAgent(root, "backend")
        other.context("State: working\n")
        other.write("agent-system/learnings/backend-bad.md", b"\xff")


def end_state(root: Path, clock: ManualClock) -> dict[str, Any]:
    """Take in what is there, and return what everybody sees."""
    with open_workspace(root, clock) as opened:
        opened.perform("check")
        rows = opened.workspace.index.rows(
            "SELECT path, owner, agent, blob FROM documents ORDER BY path"
        )
        _agree_with_the_disk(opened, rows)
        decisions = [x["title"] for x in opened.perform("decision list")]
        learned = [x["title"] for x in opened.perform("learning list")]
        items = [(x["id"], x["state"]) for x in opened.perform("pending list")]
        assert all(x["well"] for x in opened.perform("doctor"))
        return {
            "documents": [(x["path"], x["owner"], x["agent"]) for x in rows],
            "problems": opened.problems(),
            "decisions": decisions,
            "learnings": learned,
            "pending": items,
        }


def _agree_with_the_disk(opened: OpenWorkspace, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        data = (opened.root / row["path"]).read_bytes()
        assert row["blob"] == name_of(data)
        assert opened.workspace.blobs.get(row["blob"]) == data


@dataclass(frozen=True, slots=True)
class Scene:
    """What is made ready, what is done to it until it stops, and what it comes to."""

    prepare: Callable[[Path, ManualClock], None]
    work: Callable[[Path], None]
    end_state: Callable[[Path, ManualClock], dict[str, Any]]


def written(status: os.stat_result) -> Stamp:
    """Return a stamp by which a file was changed when its text was written."""
    written_ns = status.st_mtime_ns
    return Stamp(status.st_ino, status.st_size, written_ns, written_ns)


def stop_after_each(
    scene: Scene, folder: Path, share: int, shares: int, monkeypatch: pytest.MonkeyPatch
) -> int:
    """Stop after each effect of this share, and begin again: the end is the same.

    Returns how many effects there are in all.
    """
    root, clock = folder / "whole", ManualClock()
    scene.prepare(root, clock)
    crashes = Crashes(root, share, shares)
    with monkeypatch.context() as armed:
        crashes.arm(armed)
        scene.work(root)
    expected = scene.end_state(root, clock)
    # A copy was changed when it was made; what it was made of, when it was written.
    monkeypatch.setattr(Stamp, "of", staticmethod(written))
    for left in crashes.left:
        scene.work(left)
        assert scene.end_state(left, clock) == expected, left.name
        shutil.rmtree(left)
    return crashes.effects


@pytest.mark.slow
@pytest.mark.parametrize("share", range(4))
def test_whatever_effect_was_the_last_the_end_is_the_same(
    tmp_path: Path, share: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped after its n-th effect, for every n, and begun again: the same end."""
    scene = Scene(prepare, work, end_state)
    assert stop_after_each(scene, tmp_path, share, 4, monkeypatch) > 20


class Writer(threading.Thread):
    """Writes versions of its own files one after the other, until it is told."""

    def __init__(self, root: Path, name: str) -> None:
        super().__init__()
        self._agent = FakeAgent(root, name)
        self._stop_wanted = threading.Event()
        self.written: dict[str, list[str]] = {}

    def run(self) -> None:
        number = 0
        while not self._stop_wanted.wait(0.03):
            number += 1
            text = f"# Note {number} of {self._agent.name}\n"
            path = self._agent.learning(f"{number % 7}", text)
            self.written.setdefault(path, []).append(text)

    def finish(self) -> None:
        """End after the version in hand."""
        self._stop_wanted.set()
        self.join()


@pytest.mark.slow
def test_killed_again_and_again_under_three_writers(
    tmp_path: Path, clock: ManualClock
) -> None:
    """`kill -9` loses no acknowledged version, doubles none, and misses no last one."""
    with open_workspace(tmp_path / "w", clock) as opened:
        root = opened.root
    writers = [Writer(root, name) for name in ("backend", "docs", "frontend")]
    for writer in writers:
        writer.start()
    known: list[str] = []
    daemon = DaemonProcess(root)
    try:
        for _ in range(15):
            daemon.start()
            wait_for(partial(has_grown, root, len(known)))
            daemon.kill()
            lines = whole_lines(root)
            assert lines[: len(known)] == known, "what was synced stays as it is"
            known = lines
    finally:
        for writer in writers:
            writer.finish()
    written = {k: v for x in writers for k, v in x.written.items()}
    with open_workspace(root, clock) as opened:
        opened.perform("status")
        assert opened.problems() == []
        found: dict[str, list[str]] = {}
        for record in opened.records("document.accepted"):
            if record.subject in written:
                text = opened.workspace.read_text(record.data["blob"])
                found.setdefault(record.subject, []).append(text)
        for path, texts in written.items():
            assert found[path][-1] == texts[-1], "the last version is there"
            assert len(set(found[path])) == len(found[path]), "no version twice"
            order = [texts.index(x) for x in found[path]]
            assert order == sorted(order)
        assert all(x["well"] for x in opened.perform("doctor"))


def journal(root: Path) -> list[str]:
    """Return the journal's lines, the last perhaps torn."""
    folder = root / ".coordinator" / "journal"
    segments = sorted(folder.glob("[0-9]*.jsonl"))
    return [y for x in segments for y in x.read_text("utf-8").split("\n")]


def has_grown(root: Path, count: int) -> bool:
    """Tell whether the journal has more than so many lines."""
    return len(whole_lines(root)) > count


def whole_lines(root: Path) -> list[str]:
    """Return the lines that have an end."""
    return journal(root)[:-1]
