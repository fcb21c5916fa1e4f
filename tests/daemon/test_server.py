import asyncio
import json
import resource
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from coordinator.cli import face
from coordinator.daemon import client, server
from coordinator.daemon.temporary_server import TemporaryServer
from coordinator.workspace import registry, tokens
from coordinator.workspace.layout import Layout
from coordinator.workspace.registry import Deferred
from tests.support import (
    DaemonProcess,
    ManualClock,
    OpenWorkspace,
    open_workspace,
    wait_for,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def root(opened: OpenWorkspace) -> Iterator[Path]:
    """A workspace whose desk is served in the test's own process."""
    loop, over = asyncio.new_event_loop(), asyncio.Event()
    listens = threading.Event()

    async def serve() -> None:
        path = opened.layout.socket
        listening = await server.serve(
            path, opened.dispatcher, TemporaryServer(), face.begin
        )
        listens.set()
        await over.wait()
        listening.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert listens.wait(60)  # there is a socket before anybody listens at it
    yield opened.root
    loop.call_soon_threadsafe(over.set)
    thread.join()
    loop.close()


def ask(root: Path, action: str, **arguments: object) -> dict[str, Any]:
    """Ask as the maintainer; return the whole reply."""
    request: dict[str, object] = {"action": action, "arguments": arguments}
    request["token"] = tokens.own()
    reply: dict[str, Any] | None = client.ask(str(root), request)
    assert reply is not None
    return reply


class LongWork:
    """Stands in for an action: its work beside takes until it is let."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.begun: list[int] = []
        self.dropped: list[int] = []
        self.gate = threading.Event()
        action = registry.find(name)
        assert action is not None
        replaced = replace(action, run=self.run)
        monkeypatch.setitem(registry._ACTIONS, name, replaced)

    def run(self, *_: object) -> Deferred[Any]:
        """Leave something for later."""
        return Deferred(
            self.work,
            lambda found: {"done": found},
            drop=lambda: self.dropped.append(1),
        )

    def work(self) -> str:
        """Take long."""
        self.begun.append(1)
        self.gate.wait(60)
        return "at last"


def test_long_calls_leave_room_for_short_ones(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of forty the last eight are refused at once, and everybody else is answered."""
    long = LongWork(monkeypatch, "context set")
    with ThreadPoolExecutor(40) as callers, ExitStack() as whatever_comes:
        whatever_comes.callback(long.gate.set)
        calls = [callers.submit(ask, root, "context set") for _ in range(40)]
        wait_for(lambda: len(long.begun) + len(long.dropped) == 40, 60)
        refused = [x.result(60)["error"] for x in calls if x.done()]
        wait_for(lambda: sum(x.done() for x in calls) == 8, 60)
        refused = [x.result()["error"] for x in calls if x.done()]
        assert {x["kind"] for x in refused} == {"conflict"}
        assert "32 calls that take long are under way" in refused[0]["message"]
        assert (len(long.begun), len(long.dropped)) == (32, 8)
        shorts = [callers.submit(ask, root, "context list") for _ in range(8)]
        assert all("result" in x.result(60) for x in shorts)
        assert ask(root, "health")["result"] == {"running": False}
        assert ask(root, "status")["result"]["agents"]
        long.gate.set()
        done = [x.result(60) for x in calls]
    assert done.count({"result": {"done": "at last"}}) == 32


def test_whoever_waits_in_vain_is_sent_away_and_health_is_told(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stuck engine, and more callers than there are threads: no silence."""
    gate, begun = threading.Event(), []

    def stuck(*_: object) -> dict[str, str]:
        begun.append(1)
        gate.wait(60)
        return {}

    action = registry.find("context set")
    assert action is not None
    monkeypatch.setitem(registry._ACTIONS, "context set", replace(action, run=stuck))
    with ThreadPoolExecutor(150) as callers, ExitStack() as whatever_comes:
        whatever_comes.callback(gate.set)
        calls = [callers.submit(ask, root, "context set") for _ in range(150)]
        wait_for(lambda: any(x.done() for x in calls), 60)
        error = next(x for x in calls if x.done()).result()["error"]
        assert "Too many calls wait already" in error["message"]
        assert ask(root, "health")["result"] == {"running": False}
        argv: dict[str, object] = {"argv": ["status"], "folder": str(root)}
        line = client.ask(str(root), argv)
        assert line is not None
        assert (line["code"], "Too many" in str(line["stderr"])) == (1, True)
        gate.set()
        replies = [x.result(60) for x in calls]
    assert sum("result" in x for x in replies) == len(begun)


def connect(root: Path, data: bytes = b"") -> socket.socket:
    """Connect, send something perhaps, and say no more."""
    end = socket.socket(socket.AF_UNIX)
    end.connect(str(Layout(root).socket))
    end.sendall(data)
    return end


@pytest.fixture
def poor(tmp_path: Path, clock: ManualClock) -> Iterator[DaemonProcess]:
    """A daemon that may have few descriptors open."""
    with open_workspace(tmp_path / "w", clock) as made:
        root = made.root
    prefix = ("sh", "-c", 'ulimit -n 128; exec "$@"', "sh")
    with DaemonProcess(root, *prefix) as daemon:
        yield daemon


@pytest.mark.parametrize("data", [b"", b'{"action": "sta'])
def test_whoever_connects_and_says_nothing_makes_way(
    poor: DaemonProcess, data: bytes
) -> None:
    """However many do so; the daemon keeps descriptors for its own work."""
    assert poor.process is not None
    soft, _ = resource.prlimit(poor.process.pid, resource.RLIMIT_NOFILE)
    assert soft == 128
    with ExitStack() as silent:
        for _ in range(300):
            silent.enter_context(connect(poor.workspace, data))
        assert poor.ask("status")["daemon"]["running"]
        assert poor.health()["pid"]
        opened = len(list(Path(f"/proc/{poor.process.pid}/fd").iterdir()))
        assert opened < 100


def test_whoever_never_reads_holds_up_nobody(poor: DaemonProcess) -> None:
    """Large answers wait in the daemon, and others are answered."""
    for number in range(300):
        text = f"# Note {number}\n\n{'words ' * 50}\n"
        (poor.workspace / f"agent-system/learnings/docs-{number}.md").write_text(text)
    wait_for(lambda: len(poor.ask("learning list")) == 300, 60)
    line = json.dumps({"action": "learning list"}).encode() + b"\n"
    with ExitStack() as deaf:
        for _ in range(12):
            deaf.enter_context(connect(poor.workspace, line))
        for _ in range(20):
            assert poor.ask("status")["daemon"]["running"]


def test_a_caller_that_goes_on_is_not_cut_off(root: Path) -> None:
    """What was silent for long is answered, as long as there is room."""
    with connect(root, b'{"action": ') as end:
        assert ask(root, "health")["result"] == {"running": False}
        end.sendall(b'"health"}\n')
        got = b"".join(iter(lambda: end.recv(1 << 16), b""))
    assert json.loads(got)["result"] == {"running": False}
