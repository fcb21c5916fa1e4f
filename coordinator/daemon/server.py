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
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar, TypeVarTuple

from loguru import logger
from pydantic import TypeAdapter, ValidationError

from coordinator.daemon.connections import CallerGone, Door, check_there
from coordinator.daemon.dispatcher import HEALTH, Answer, Dispatcher, Request, Step
from coordinator.daemon.program_replaced import ProgramReplaced, is_replaced
from coordinator.daemon.waiting import Waiters
from coordinator.kernel.errors import CoordinatorError
from coordinator.kernel.system import addresses
from coordinator.kernel.system.threads import Outcomes
from coordinator.workspace.registry import Busy, Deferred, Wait
from coordinator.workspace.workspace import Workspace

LIMIT = 16 << 20  # a text of 1 MiB, each of its characters escaped
_CLERKS = 4
_LONG = 32  # so many of them at most are at something long; the rest is for short calls
_BACKLOG = 128
_ASK_SECONDS = 30.0
_READ_SECONDS = 30.0
_THERE_SECONDS = 5.0  # how often a waiter's caller is looked for
_REQUEST = TypeAdapter(Request)
_Result = TypeVar("_Result")
_Values = TypeVarTuple("_Values")


class TooMuch(Busy):
    """So much that takes long is under way that the rest must wait outside."""

    def __init__(self) -> None:
        super().__init__(
            f"{_LONG} calls that take long are under way already.",
            hint="Try again when one of them has ended.",
        )


class Engine(Protocol):
    """Who does one thing at a time to the workspace."""

    def turn(self, work: Callable[[], _Result]) -> _Result:
        """Run something for another thread, and wait for it."""

    def run_blocking(self, work: Callable[[], _Result]) -> _Result:
        """Do something long, on the calling thread; it touches no workspace."""

    def stop(self) -> None:
        """Ask for the end."""


class CallInHand(Protocol):
    """A request that asks for an action, and what is replied of what comes of it."""

    @property
    def request(self) -> Request:
        """What is to be performed."""

    def answered(self, answer: Answer) -> dict[str, Any]:
        """Return the reply to an answer."""

    def refused(self, error: CoordinatorError) -> dict[str, Any]:
        """Return the reply to an error."""

    def failed(self) -> dict[str, Any]:
        """Return the reply to a bug, which is being handled."""


Face = Callable[[Workspace, dict[str, Any]], CallInHand | dict[str, Any]]


class Dispatch:
    """The dispatcher for callers on the loop: each takes its turns on the engine.

    No caller has a thread: turns share one, and work that takes long has one of a few
    while it goes on. Whoever waits for records or for looks costs none.
    """

    def __init__(self, dispatcher: Dispatcher, service: Engine, door: Door) -> None:
        self._dispatcher = dispatcher
        self._service = service
        self._door = door
        self._loop = asyncio.get_running_loop()
        self._turns = ThreadPoolExecutor(1, "turn")
        self._workers = ThreadPoolExecutor(_LONG, "long")
        self._long = 0
        self._waiters = Waiters(dispatcher.workspace)

    async def perform(self, request: Request, writer: asyncio.StreamWriter) -> Answer:
        """Do what is asked by whoever reads there; see `Dispatcher.perform`.

        Raises:
            Busy: It takes long, and cannot be begun now.
            CallerGone: It was waited for, and nobody is there any more.
        """
        self._door.check_room()
        step = await self._turn(partial(self._dispatcher.begin, request))
        while not isinstance(step, Answer):
            if isinstance(step, Wait):
                step = await self._wait(step, writer)
                continue
            outcome = await self._outcome(step)
            step = await self._turn(partial(step.finish, outcome))
        return step

    async def _turn(self, work: Callable[[], _Result]) -> _Result:
        turn = partial(self._service.turn, work)
        return await self._loop.run_in_executor(self._turns, turn)

    async def _wait(self, wait: Wait[Answer], writer: asyncio.StreamWriter) -> Step:
        """Look again whenever records come that concern it, until its time is over."""
        until = self._loop.time() + wait.seconds
        with self._door.waiting(), self._waiters.listening(wait.concerns) as heard:
            # A look is never cut short: what it found would be lost.
            while (found := await self._turn(wait.look)) is None:
                if self._loop.time() >= until:
                    return await self._turn(wait.end)
                await self._hear(heard, until, writer)
        return found

    async def _hear(
        self, heard: asyncio.Event, until: float, writer: asyncio.StreamWriter
    ) -> None:
        """Wait until something is heard, or the time is over."""
        while not heard.is_set() and (left := until - self._loop.time()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, _THERE_SECONDS)):
                    await heard.wait()
            check_there(writer)
        heard.clear()

    async def _outcome(self, step: Deferred[Any]) -> Any:  # noqa: ANN401 - what the work returns
        try:
            return await self._at_length(step)
        except Busy:
            if step.optional:
                return None
            await self._turn(step.drop)
            raise

    async def _at_length(self, step: Deferred[Any]) -> Any:  # noqa: ANN401 - what the work returns
        if isinstance(step.work, Outcomes):
            return await step.work.later()
        if self._long >= _LONG:
            raise TooMuch
        self._long += 1
        try:
            work = partial(self._service.run_blocking, step.work)
            return await self._loop.run_in_executor(self._workers, work)
        finally:
            self._long -= 1


class _Responder:
    """Answers whoever is connected, one request each."""

    def __init__(
        self, dispatcher: Dispatcher, service: Engine, face: Face, door: Door
    ) -> None:
        self._dispatcher = dispatcher
        self._service = service
        self._face = face
        # Whoever reads or prints is done in a moment; nobody waits for others here.
        self._clerks = ThreadPoolExecutor(_CLERKS, "clerk")
        self._door = door
        self._dispatch = Dispatch(dispatcher, service, self._door)
        self._loop = asyncio.get_running_loop()

    async def handle(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Serve one connection."""
        self._door.enter(writer)
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                asked = await _asked(reader, writer)
            if not writer.is_closing():  # else it made way for others
                await self._reply(writer, asked)
        except (ConnectionError, TimeoutError) as error:
            logger.info("a caller went away: {}", error)
            writer.transport.abort()
        finally:
            self._door.leave(writer)
            # Whoever asked for the end hears it when everything is closed.
            if not self._dispatcher.workspace.stop_wanted:
                writer.close()

    async def _reply(self, writer: asyncio.StreamWriter, asked: dict[str, Any]) -> None:
        with self._door.busy(writer):
            reply = await self._answer(asked, writer)
            if self._dispatcher.workspace.stop_wanted:
                # After the reply is on its way: whoever asked must hear it.
                self._loop.call_later(0.02, self._service.stop)
            writer.write(json.dumps(reply).encode() + b"\n")
            async with asyncio.timeout(_READ_SECONDS):
                await writer.drain()

    async def _answer(
        self, asked: dict[str, Any], writer: asyncio.StreamWriter
    ) -> dict[str, Any]:
        begin = self._face if "argv" in asked else _begin
        call = await self._soon(begin, self._dispatcher.workspace, asked)
        if isinstance(call, dict):
            return call
        try:
            found = await self._perform(call.request, writer)
            return await self._soon(call.answered, found)
        except CoordinatorError as error:
            return call.refused(error)
        except CallerGone:
            raise
        except Exception:  # noqa: BLE001 - the outer boundary: a bug must not end the daemon
            return call.failed()

    async def _perform(self, request: Request, writer: asyncio.StreamWriter) -> Answer:
        if request.action == HEALTH:  # it waits for nobody
            return await self._soon(self._dispatcher.perform, request)
        return await self._dispatch.perform(request, writer)

    async def _soon(
        self, work: Callable[[*_Values], _Result], *values: *_Values
    ) -> _Result:
        return await self._loop.run_in_executor(self._clerks, work, *values)


async def serve(
    path: Path,
    dispatcher: Dispatcher,
    service: Engine,
    face: Face,
    door: Door | None = None,
) -> asyncio.Server:
    """Listen at `path` (mode 0600); `face` reads command lines, and prints.

    Whoever wants to know whether somebody is there gives the `door`.
    """
    responder = _Responder(dispatcher, service, face, door or Door())
    addresses.make_private(str(path))
    before = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(
            responder.handle, path, limit=LIMIT, backlog=_BACKLOG
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


@dataclass(frozen=True, slots=True)
class ActionCall:
    """A request for an action by its name."""

    request: Request

    def answered(self, answer: Answer) -> dict[str, Any]:
        """Return its result, and the notes beside."""
        notes = {"notes": answer.notes} if answer.notes else {}
        return {"result": answer.value, **notes}

    def refused(self, error: CoordinatorError) -> dict[str, Any]:
        """Return the error's facts."""
        return _error(error.kind, error.message, error.hint)

    def failed(self) -> dict[str, Any]:
        """Say that it is a bug, or a program that was replaced."""
        if is_replaced():
            return self.refused(ProgramReplaced())
        logger.exception("bug in {}", self.request.action)
        return _error("bug", "The daemon met a bug; see its log.", "coordinator doctor")


def _begin(workspace: Workspace, asked: dict[str, Any]) -> ActionCall | dict[str, Any]:
    del workspace
    if not asked:
        message = f"A request is one line with a JSON object, up to {LIMIT} bytes."
        return _error("usage", message, "")
    try:
        return ActionCall(_REQUEST.validate_python(asked, extra="forbid"))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(x) for x in first["loc"])
        message = f"The request is malformed: {place}: {first['msg']}."
        return _error("usage", message, "")


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
