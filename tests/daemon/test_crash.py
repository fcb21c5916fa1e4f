"""Crashes: after every effect, and `kill -9` under load."""

import os
import shutil
import threading
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from coordinator.cli.here import Here
from coordinator.kernel import files
from coordinator.kernel.blobs import name_of
from tests.support import (
    DaemonProcess,
    FakeAgent,
    ManualClock,
    OpenWorkspace,
    open_workspace,
    wait_for,
)

EFFECTS = ("rename", "link", "fsync", "ftruncate")


CALLS: dict[str, dict[str, Any]] = {
    "context set": {"state": "working", "task": "Pages"},
    "learning add": {"title": "Cold starts", "body": "Warm it.\n"},
    "decision add": {"title": "Use carts", "reason": "They roll"},
    "pending close": {"id": "docs-request"},
}


class Countdown:
    """Ends the process without a word before its n-th effect on the disk."""

    def __init__(self, effects: int) -> None:
        self.left = effects

    def tick(self) -> None:
        """Count one effect."""
        if self.left == 0:
            os._exit(9)
        self.left -= 1

    def arm(self) -> None:
        """Count every durable effect of this process from now on."""
        for name in EFFECTS:
            setattr(os, name, self._counted(getattr(os, name)))
        files.sync_data = self._counted(files.sync_data)
        files.write_all = self._counted(files.write_all)

    def _counted(self, effect: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - any effect's
            self.tick()
            return effect(*args, **named)

        return counted


def work(root: Path) -> None:
    """Let a day's calls happen, each with its key, without a daemon."""
    token = (root / ".coordinator" / "tokens" / "docs").read_text()
    asked = {"folder": str(root), "agent": "docs", "token": token}
    with Here(root, asked) as here:
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


def stopped_after(effects: int, work: Callable[[], None]) -> bool:
    """Work in a child that ends before its n-th effect; tell whether it did."""
    pid = os.fork()
    if pid == 0:
        try:
            Countdown(effects).arm()
            work()
        except BaseException:  # noqa: BLE001 - the child must not come back
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code in {0, 9}, f"after effect {effects}"
    return code == 9


@dataclass(frozen=True, slots=True)
class Scene:
    """What is made ready, what is done to it until it stops, and what it comes to."""

    prepare: Callable[[Path, ManualClock], None]
    work: Callable[[Path], None]
    end_state: Callable[[Path, ManualClock], dict[str, Any]]


def stop_after_each(effects: Iterable[int], scene: Scene, folder: Path) -> int:
    """Stop after each of so many effects, and begin again: the end is the same.

    Returns the first number after which there was nothing to stop any more.
    """
    template, whole, clock = folder / "template", folder / "whole", ManualClock()
    scene.prepare(template, clock)
    shutil.copytree(template, whole)
    scene.work(whole)
    expected = scene.end_state(whole, clock)
    for number in effects:
        root = folder / f"stop-{number}"
        shutil.copytree(template, root)
        if not stopped_after(number, partial(scene.work, root)):
            return number
        scene.work(root)
        assert scene.end_state(root, clock) == expected, f"after effect {number}"
        shutil.rmtree(root)
    raise AssertionError


@pytest.mark.slow
@pytest.mark.parametrize("share", range(4))
def test_whatever_effect_was_the_last_the_end_is_the_same(
    tmp_path: Path, share: int
) -> None:
    """Stopped after its n-th effect, for every n, and begun again: the same end."""
    scene = Scene(prepare, work, end_state)
    assert stop_after_each(count(share, 4), scene, tmp_path) > 20


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
