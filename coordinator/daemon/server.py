"""The daemon's socket: one JSON line in, one JSON line out, then it closes.

A request is either `{"argv": […]}`, a command line for the command face, or
`{"action": …, "arguments": {…}}`. It holds no rule of its own.
"""

import asyncio
import json
import os
import socket
import struct
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, Protocol, TypeVar

from loguru import logger
from pydantic import TypeAdapter, ValidationError

from coordinator.daemon.connections import Door
from coordinator.daemon.dispatcher import HEALTH, Answer, Dispatcher, Request
from coordinator.daemon.program_replaced import ProgramReplaced, is_replaced
from coordinator.kernel.errors import CoordinatorError
from coordinator.kernel.system import addresses
from coordinator.workspace.registry import Busy, Deferred
from coordinator.workspace.workspace import Workspace

LIMIT = 16 << 20  # a text of 1 MiB, each of its characters escaped
_CALLERS = 64
_LONG = 32  # so many of them at most are at something long; the rest is for short calls
_BACKLOG = 128
_ASK_SECONDS = 30.0
_READ_SECONDS = 30.0
_REQUEST = TypeAdapter(Request)
_Result = TypeVar("_Result")


class TooMuch(Busy):
    """So much that takes long is under way that the rest must wait outside."""

    def __init__(self) -> None:
        super().__init__(
            f"{_LONG} calls that take long are under way already.",
            hint="Try again when one of them has ended.",
        )


class TooMany(Busy):
    """So many calls wait that one more is of no use."""

    def __init__(self) -> None:
        super().__init__(
            "Too many calls wait already.",
            hint="Try again; what holds them up: coordinator health",
        )


class Engine(Protocol):
    """Who does one thing at a time to the workspace."""

    def turn(self, work: Callable[[], _Result]) -> _Result:
        """Run something for another thread, and wait for it."""

    def run_blocking(self, work: Callable[[], _Result]) -> _Result:
        """Do something long, on the calling thread; it touches no workspace."""

    def stop(self) -> None:
        """Ask for the end."""


class Dispatch(Protocol):
    """Where a face hands its requests in."""

    @property
    def workspace(self) -> Workspace:
        """The workspace that is worked on."""

    def perform(self, request: Request) -> Answer:
        """Do what is asked; see `Desk.perform`."""


Face = Callable[[Dispatch, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ThreadedDispatch:
    """The dispatcher for callers on their own threads: each takes turns on the engine.

    What an action leaves for later is done on the caller's thread, so that everybody
    else goes on meanwhile.
    """

    dispatcher: Dispatcher
    service: Engine
    room: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_LONG))

    @property
    def workspace(self) -> Workspace:
        """The workspace that is worked on."""
        return self.dispatcher.workspace

    def perform(self, request: Request) -> Answer:
        """Do what is asked; see `Desk.perform`.

        Raises:
            Busy: It takes long, and cannot be begun now.
        """
        step = self.service.turn(partial(self.dispatcher.begin, request))
        while isinstance(step, Deferred):
            outcome = self._outcome(step)
            step = self.service.turn(partial(step.finish, outcome))
        return step

    def _outcome(self, step: Deferred[Any]) -> Any:  # noqa: ANN401 - what the work returns
        try:
            return self._aside(step)
        except Busy:
            if step.optional:
                return None
            self.service.turn(step.drop)
            raise

    def _aside(self, step: Deferred[Any]) -> Any:  # noqa: ANN401 - what the work returns
        if not self.room.acquire(blocking=False):
            raise TooMuch
        try:
            return self.service.run_blocking(step.work)
        finally:
            self.room.release()


@dataclass(frozen=True, slots=True)
class RefusingDispatch:
    """Stands in for the dispatcher while too many wait for it."""

    workspace: Workspace

    def perform(self, request: Request) -> Answer:
        """Send the caller away.

        Raises:
            TooMany: Always.
        """
        del request
        raise TooMany


async def serve(
    path: Path, dispatcher: Dispatcher, service: Engine, face: Face
) -> asyncio.Server:
    """Listen at `path` (mode 0600); `face` answers command lines."""
    turns = ThreadedDispatch(dispatcher, service)
    callers = ThreadPoolExecutor(_CALLERS, "caller")
    # However many wait for others, who asks for the health waits for nobody.
    doctors = ThreadPoolExecutor(1, "health")
    door = Door()

    async def answer(asked: dict[str, Any]) -> dict[str, Any]:
        threads = callers
        counter: Dispatch = turns
        if HEALTH in {asked.get("action"), *_first_word(asked)}:
            threads, counter = doctors, dispatcher
        elif not door.has_room:
            threads, counter = doctors, RefusingDispatch(dispatcher.workspace)
        work = partial(_reply, counter, face, asked)
        return await asyncio.get_running_loop().run_in_executor(threads, work)

    async def handle(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        door.enter(writer)
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                asked = await _asked(reader, writer)
            if writer.is_closing():
                return  # it made way for others
            with door.busy(writer):
                reply = await answer(asked)
                if dispatcher.workspace.stop_wanted:
                    # After the reply is on its way: whoever asked must hear it.
                    asyncio.get_running_loop().call_later(0.02, service.stop)
                writer.write(json.dumps(reply).encode() + b"\n")
                async with asyncio.timeout(_READ_SECONDS):
                    await writer.drain()
        except (ConnectionError, TimeoutError) as error:
            logger.info("a caller went away: {}", error)
            writer.transport.abort()
        finally:
            door.leave(writer)
            # Whoever asked for the end hears it when everything is closed.
            if not dispatcher.workspace.stop_wanted:
                writer.close()

    addresses.make_private(str(path))
    before = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(
            handle, path, limit=LIMIT, backlog=_BACKLOG
        )
    finally:
        os.umask(before)


async def _asked(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> dict[str, Any]:
    """Return what a caller asks; empty where it is no request."""
    try:
        asked = json.loads(await reader.readline())
    except (ValueError, RecursionError):
        return {}
    if not isinstance(asked, dict):
        return {}
    folder = _peer_folder(writer) or str(asked.get("folder", "/"))
    return {**asked, "folder": folder}


def _reply(counter: Dispatch, face: Face, asked: dict[str, Any]) -> dict[str, Any]:
    """Answer on a thread of the caller's own."""
    if not asked:
        message = f"A request is one line with a JSON object, up to {LIMIT} bytes."
        return _error("usage", message, "")
    return (face if "argv" in asked else _perform)(counter, asked)


def _first_word(asked: dict[str, Any]) -> list[str]:
    argv = asked.get("argv")
    words = argv if isinstance(argv, list) else []
    return [x for x in words if isinstance(x, str) and not x.startswith("-")][:1]


def _perform(counter: Dispatch, asked: dict[str, Any]) -> dict[str, Any]:
    try:
        request = _REQUEST.validate_python(asked, extra="forbid")
        answer = counter.perform(request)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(x) for x in first["loc"])
        message = f"The request is malformed: {place}: {first['msg']}."
        return _error("usage", message, "")
    except CoordinatorError as error:
        return _error(error.kind, error.message, error.hint)
    except Exception:  # noqa: BLE001 - the outer boundary: a bug must not end the daemon
        if is_replaced():
            new = ProgramReplaced()
            return _error(new.kind, new.message, new.hint)
        logger.exception("bug in {}", asked.get("action"))
        return _error("bug", "The daemon met a bug; see its log.", "coordinator doctor")
    return {"result": answer.value} | ({"notes": answer.notes} if answer.notes else {})


def _error(kind: str, message: str, hint: str) -> dict[str, Any]:
    return {"error": {"kind": kind, "message": message, "hint": hint}}


def _peer_folder(writer: asyncio.StreamWriter) -> str:
    """Return the caller's own folder as the system knows it, where it tells."""
    if sys.platform != "linux":
        return ""
    end = writer.get_extra_info("socket")
    size = struct.calcsize("3i")
    found = end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    pid = struct.unpack("3i", found)[0]
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return ""
