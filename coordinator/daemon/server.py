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
from pathlib import Path
from typing import Any

from loguru import logger
from pydantic import TypeAdapter, ValidationError

from coordinator.daemon.desk import HEALTH, Desk, Request
from coordinator.daemon.service import Service
from coordinator.kernel import addresses
from coordinator.kernel.errors import CoordinatorError

LIMIT = 4 << 20
_REQUEST = TypeAdapter(Request)
Face = Callable[[Desk, dict[str, Any]], dict[str, Any]]


async def serve(path: Path, desk: Desk, service: Service, face: Face) -> asyncio.Server:
    """Listen at `path` (mode 0600); `face` answers command lines."""

    async def handle(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            reply = await _answer(reader, writer, desk, service, face)
            writer.write(json.dumps(reply).encode() + b"\n")
            await writer.drain()
        except ConnectionError as error:
            logger.info("a caller went away: {}", error)
        finally:
            # Whoever asked for the end hears it when everything is closed.
            if not desk.workspace.stop_wanted:
                writer.close()

    addresses.make_private(str(path))
    before = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(handle, path, limit=LIMIT, backlog=512)
    finally:
        os.umask(before)


async def _answer(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    desk: Desk,
    service: Service,
    face: Face,
) -> dict[str, Any]:
    try:
        asked = json.loads(await reader.readline())
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        message = f"A request is one line with a JSON object, up to {LIMIT} bytes."
        return _error("usage", message, "")
    asked["folder"] = _peer_folder(writer) or str(asked.get("folder", "/"))
    work = face if "argv" in asked else _perform
    if HEALTH in {asked.get("action"), *_first_word(asked)}:
        return await asyncio.to_thread(work, desk, asked)
    reply = await service.call(lambda: work(desk, asked))
    if desk.workspace.stop_wanted:
        # After the reply is on its way: whoever asked must hear that it was heard.
        asyncio.get_running_loop().call_later(0.02, service.stop)
    return reply


def _first_word(asked: dict[str, Any]) -> list[str]:
    argv = asked.get("argv")
    words = argv if isinstance(argv, list) else []
    return [x for x in words if isinstance(x, str) and not x.startswith("-")][:1]


def _perform(desk: Desk, asked: dict[str, Any]) -> dict[str, Any]:
    try:
        request = _REQUEST.validate_python(asked, extra="forbid")
        return {"result": desk.perform(request)}
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(x) for x in first["loc"])
        message = f"The request is malformed: {place}: {first['msg']}."
        return _error("usage", message, "")
    except CoordinatorError as error:
        return _error(error.kind, error.message, error.hint)
    except Exception:  # noqa: BLE001 - the outer boundary: a bug must not end the daemon
        logger.exception("bug in {}", asked.get("action"))
        return _error("bug", "The daemon met a bug; see its log.", "coordinator doctor")


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
