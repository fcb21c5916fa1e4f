"""Starting the daemon: once per workspace, in the foreground or detached.

The lock decides who runs; a pid or a socket left behind never does.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coordinator.daemon import client
from coordinator.kernel import clock
from coordinator.kernel.disk import files, locks
from coordinator.kernel.disk.locks import Held, LockTaken
from coordinator.kernel.errors import Conflict, External
from coordinator.kernel.journal import Record
from coordinator.kernel.system import pids, processes
from coordinator.kernel.text.names import display
from coordinator.workspace.layout import Layout

if TYPE_CHECKING:
    from coordinator.daemon.connections import Door
    from coordinator.daemon.health import Health
    from coordinator.workspace.workspace import Workspace

Listener = Callable[[Sequence[Record]], None]
_DYING_SECONDS = 5.0
_IDLE_LOOK_SECONDS = 1.0
START_SECONDS = 60.0
_HEALTH: dict[str, object] = {"action": "health", "arguments": {}}


class AlreadyRunning(Conflict):
    """The workspace has a daemon."""

    def __init__(self, pid: int) -> None:
        super().__init__(
            f"The daemon runs already (pid {pid}).",
            hint="Run: coordinator status, or coordinator down",
        )


def running_pid(layout: Layout) -> int:
    """Return the process id of the daemon that answers, or 0."""
    return int(_health(layout).get("pid") or 0)


def _staying_pid(layout: Layout) -> int:
    """Return the process id of a daemon that answers and stays, or 0."""
    found = _health(layout)
    return 0 if found.get("until_idle") else int(found.get("pid") or 0)


def _health(layout: Layout) -> dict[str, Any]:
    reply: Any = client.ask(str(layout.root), _HEALTH)
    found: dict[str, Any] = reply.get("result", {}) if reply else {}
    return found


def _make_way(layout: Layout) -> None:
    """End a daemon that a command left behind: one is wanted that stays."""
    found = _health(layout)
    if not found.get("until_idle"):
        return
    pids.end(found["pid"])
    deadline = clock.monotonic() + _DYING_SECONDS
    while _health(layout) and clock.monotonic() < deadline:
        clock.sleep(0.02)


def detached(layout: Layout) -> dict[str, Any]:
    """Start the daemon in the background; return once it answers.

    Raises:
        External: It did not come up; its last words are in the message.
    """
    pid = _staying_pid(layout)
    if pid:
        return _value(layout, pid)
    log = layout.logs / "start.log"
    said_before = log.stat().st_size if log.exists() else 0
    argv = [sys.executable, "-m", "coordinator.entry", "up", "--quiet"]
    argv += ["--workspace", str(layout.root)]
    child = processes.start_detached(argv, log=log, cwd=layout.root)
    deadline = clock.monotonic() + START_SECONDS
    while clock.monotonic() < deadline:
        pid = _staying_pid(layout)
        if pid:
            return _value(layout, pid)
        if not pids.is_running_child(child) and not _is_taken(layout):
            break
        clock.sleep(0.02)
    pid = _staying_pid(layout)
    if pid:
        return _value(layout, pid)
    words = _last_words(log, said_before)
    hint = f"Read {log}" if words else "Run it in the foreground: coordinator up"
    words = words or "it said nothing."
    raise External(f"The daemon did not start: {words}", hint=hint)


def _is_taken(layout: Layout) -> bool:
    """Tell whether somebody has the workspace, such as a daemon that starts now."""
    try:
        with locks.hold(layout.lock, seconds=0):
            return False
    except LockTaken:
        return True


def _value(layout: Layout, pid: int) -> dict[str, Any]:
    return {"running": True, "pid": pid, "workspace": str(layout.root), "url": None}


def _last_words(log: Path, begin: int) -> str:
    said = b""
    with suppress(OSError):
        said = log.read_bytes()[begin:]
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return display(" ".join(lines[-2:]))


def foreground(
    layout: Layout, *, show: Listener, until_idle: bool = False
) -> dict[str, Any]:
    """Run the daemon until it is stopped; `show` is told of each record.

    With `until_idle` it stops once nobody has asked for as long as the settings say. A
    dying daemon's lock is waited for, up to 5 s.

    Raises:
        AlreadyRunning: Another one answers.
        LockTaken: Another process has the workspace and does not let go.
    """
    deadline = clock.monotonic() + _DYING_SECONDS
    while True:
        if not until_idle:
            _make_way(layout)  # again: it may have begun to answer just now
        try:
            with locks.hold(layout.lock, seconds=0.05) as held:
                _run(layout, held, show, until_idle=until_idle)
            return {"running": False, "workspace": str(layout.root)}
        except LockTaken:
            pid = running_pid(layout) if until_idle else _staying_pid(layout)
            if pid:
                raise AlreadyRunning(pid) from None
            if clock.monotonic() > deadline:
                raise


def _run(layout: Layout, held: Held, show: Listener, *, until_idle: bool) -> None:
    text = json.dumps({"pid": os.getpid(), "started": clock.render(clock.now())})
    data, own = f"{text}\n".encode(), layout.own
    files.write(own, layout.daemon.name, data, temporary=own)
    layout.socket.unlink(missing_ok=True)  # whatever was left there: the lock is ours
    asyncio.run(_serve(layout, held, show, until_idle=until_idle))


async def _serve(
    layout: Layout, held: Held, show: Listener, *, until_idle: bool
) -> None:
    # Only whoever won the lock pays for these imports.
    from coordinator.cli import face, record_log  # noqa: PLC0415
    from coordinator.daemon import log, program_replaced, server  # noqa: PLC0415
    from coordinator.daemon.connections import Door  # noqa: PLC0415
    from coordinator.daemon.dispatcher import Dispatcher  # noqa: PLC0415
    from coordinator.daemon.health import Health  # noqa: PLC0415
    from coordinator.daemon.service import Service  # noqa: PLC0415
    from coordinator.index import documents  # noqa: PLC0415
    from coordinator.workspace import registry  # noqa: PLC0415
    from coordinator.workspace.workspace import Workspace  # noqa: PLC0415

    # It may outlive the files of its program.
    registry.actions()
    documents.load_parsers()

    log.begin(layout.logs)
    program_replaced.install()
    workspace = Workspace(layout, held=held)
    workspace.listeners.append(show)
    health = Health(os.getpid(), clock.render(clock.now()), until_idle=until_idle)
    dispatcher = Dispatcher(workspace)
    service = Service(dispatcher, health)
    door = Door()
    listening = await server.serve(layout.socket, dispatcher, service, face.begin, door)
    if until_idle:
        _leave_when_idle(door, health, workspace, service.stop)
    record_log.say(
        f"The daemon runs for {layout.root} (pid {os.getpid()}); Ctrl-C stops it."
    )
    try:
        await service.run()
    finally:
        listening.close()
        layout.socket.unlink(missing_ok=True)
        processes.end_all()
        if service.was_cut_short:
            # Python would wait for the thread that is still at work.
            record_log.say("The daemon has stopped in the midst of something long.")
            os._exit(0)
        workspace.close()
    record_log.say("The daemon has stopped.")


def _leave_when_idle(
    door: "Door", health: "Health", workspace: "Workspace", stop: Callable[[], None]
) -> None:
    """Stop once nobody has asked for so long, or the program is another one by now."""
    seconds = workspace.settings.daemon.stay_minutes * 60  # they may change meanwhile
    if door.idle_seconds >= seconds or health.outdated:
        stop()
    else:
        again = partial(_leave_when_idle, door, health, workspace, stop)
        pause = min(_IDLE_LOOK_SECONDS, seconds / 2)
        asyncio.get_running_loop().call_later(pause, again)
