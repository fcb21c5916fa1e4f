"""Waiters: the third answer of an action; they hold no thread, and miss nothing."""

import asyncio
import json
import resource
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from coordinator.daemon import server, waiting
from coordinator.kernel.journal import Draft
from coordinator.kernel.system import addresses
from coordinator.workspace import registry
from coordinator.workspace.registry import Wait
from coordinator.workspace.workspace import Call
from tests.daemon.test_server import ask, root  # noqa: F401 - a fixture
from tests.support import OpenWorkspace, wait_for

pytestmark = pytest.mark.slow


class Waiting:
    """Stands in for an action: it waits for a record of a kind."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
        self.seconds = seconds
        self.looks = 0
        self.begun = 0
        action = registry.find("agent list")
        assert action is not None
        replaced = replace(action, run=self.run)
        monkeypatch.setitem(registry._ACTIONS, "agent list", replaced)

    def run(self, call: Call, arguments: object) -> Wait[list[str]]:
        """Wait for somebody's rye."""
        del arguments
        self.begun += 1

        def look() -> list[str] | None:
            self.looks += 1
            rows = call.workspace.journal.read()
            return [x.subject for x in rows if x.kind == "rye.baked"] or None

        def concerns(records: Any) -> bool:  # noqa: ANN401 - records
            return any(x.kind == "rye.baked" for x in records)

        return Wait(look, lambda: ["none"], self.seconds, concerns)


def bake(opened: OpenWorkspace, kind: str = "rye.baked") -> None:
    """Record that something was baked."""
    opened.workspace.record(Draft(kind, "docs", "loaf-1"))


def test_many_wait_without_a_thread_each(
    root: Path,  # noqa: F811 - the fixture
    opened: OpenWorkspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A hundred more cost no thread; records that do not concern them no look."""
    waits = Waiting(monkeypatch, 60)
    with ThreadPoolExecutor(100) as callers, ExitStack() as whatever_comes:
        own = threading.active_count()
        calls = [callers.submit(ask, root, "agent list") for _ in range(100)]
        whatever_comes.callback(bake, opened)
        wait_for(lambda: waits.begun == 100 and waits.looks == 100)
        # The callers' own threads, the clerks, and the one for turns.
        assert threading.active_count() - own <= 100 + 4 + 1
        bake(opened, "bun.baked")
        assert ask(root, "status")["result"]["records"] > 0
        assert waits.looks == 100
        bake(opened)
        assert all(x.result(60)["result"] == ["loaf-1"] for x in calls)


def test_waiters_keep_nobody_else_out(
    root: Path,  # noqa: F811 - the fixture
    opened: OpenWorkspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As many as may wait; one more is told so, and who does not wait is answered."""
    waits = Waiting(monkeypatch, 60)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4
    most = min(256, most) // 2
    with ThreadPoolExecutor(most) as callers, ExitStack() as whatever_comes:
        calls = [callers.submit(ask, root, "agent list") for _ in range(most)]
        whatever_comes.callback(bake, opened)
        wait_for(lambda: waits.looks == most)
        refused = ask(root, "agent list")["error"]
        assert refused["message"] == "Too many calls wait already."
        assert ask(root, "status")["result"]["records"] > 0
        bake(opened)
        assert all(x.result(60)["result"] == ["loaf-1"] for x in calls)


def test_who_went_away_waits_no_more(
    root: Path,  # noqa: F811 - the fixture
    opened: OpenWorkspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is left of a caller that closed; one that only ends its input stays."""
    monkeypatch.setattr(server, "_THERE_SECONDS", 0.02)
    waits = Waiting(monkeypatch, 60)
    listeners = list(opened.workspace.listeners)
    line = json.dumps({"action": "agent list", "arguments": {}}).encode() + b"\n"
    with socket.socket(socket.AF_UNIX) as stays:
        stays.connect(addresses.socket_path(str(root)))
        stays.sendall(line)
        stays.shutdown(socket.SHUT_WR)
        with socket.socket(socket.AF_UNIX) as goes:
            goes.connect(addresses.socket_path(str(root)))
            goes.sendall(line)
            wait_for(lambda: waits.looks == 2)
        assert opened.workspace.listeners != listeners
        bake(opened)
        assert json.loads(stays.makefile().readline())["result"] == ["loaf-1"]
    wait_for(lambda: opened.workspace.listeners == listeners)


def test_a_waiter_with_a_bug_keeps_no_other_from_hearing() -> None:
    """It looks, since it cannot tell; the others hear."""

    async def hear() -> bool:
        workspace: Any = SimpleNamespace(listeners=[])
        waiters = waiting.Waiters(workspace)
        with waiters.listening(broken) as one, waiters.listening(bool) as other:
            [listener] = workspace.listeners
            listener(["a record"])
            await asyncio.gather(one.wait(), other.wait())
        return not workspace.listeners

    def broken(records: Any) -> bool:  # noqa: ANN401 - records
        raise KeyError(len(records))

    assert asyncio.run(hear())


def test_a_waiter_ends_at_its_time(
    root: Path,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With what its end says."""
    waits = Waiting(monkeypatch, 0.05)
    assert ask(root, "agent list")["result"] == ["none"]
    assert waits.looks >= 2


def test_what_came_between_is_not_missed(
    root: Path,  # noqa: F811 - the fixture
    opened: OpenWorkspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is there already is the answer at once."""
    bake(opened)
    Waiting(monkeypatch, 60)
    assert ask(root, "agent list")["result"] == ["loaf-1"]


def test_without_a_daemon_a_process_waits_for_itself(
    opened: OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a thread of its own; the listener goes with the wait."""
    listeners = list(opened.workspace.listeners)
    Waiting(monkeypatch, 0.05)
    assert opened.dispatcher.perform(registry_request()).value == ["none"]
    bake(opened)
    assert opened.dispatcher.perform(registry_request()).value == ["loaf-1"]
    assert opened.workspace.listeners == listeners


def registry_request() -> Any:  # noqa: ANN401 - a request
    """Return the request for the action that waits."""
    from coordinator.daemon.dispatcher import Request  # noqa: PLC0415 - for one test

    return Request("agent list")
