"""Other callers served while this process, without a daemon, does something long.

It watches nothing: each request takes in what it needs of the disk.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from loguru import logger

from coordinator.actions.registry import Later
from coordinator.daemon import server
from coordinator.daemon.desk import Desk
from coordinator.daemon.server import Face

_Result = TypeVar("_Result")


class Meanwhile:
    """The engine of such a process: one thing at a time."""

    def __init__(self) -> None:
        self._engine = ThreadPoolExecutor(1, "engine")

    def turn(self, work: Callable[[], _Result]) -> _Result:
        """Run something on the engine for another thread, and wait for it."""
        return self._engine.submit(work).result()

    def stop(self) -> None:
        """Leave it at that: the process ends with what it does."""


def finish(desk: Desk, step: Later, path: Path, face: Face) -> Any:  # noqa: ANN401 - a JSON value
    """Do what an action left for later; others are answered at `path` until then.

    The work stays on the calling thread, so that Ctrl-C ends it.

    Raises:
        CoordinatorError: It cannot be done, with the reason.
    """
    service, result = Meanwhile(), step
    with _serving(path, desk, service, face):
        while isinstance(result, Later):
            result = service.turn(partial(result.finish, result.work()))
    return result


@contextmanager
def _serving(path: Path, desk: Desk, service: Meanwhile, face: Face) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="socket", daemon=True)
    thread.start()
    opening = server.serve(path, desk, service, face)
    try:
        listening = asyncio.run_coroutine_threadsafe(opening, loop).result()
        try:
            yield
        finally:
            asyncio.run_coroutine_threadsafe(_end(listening), loop).result()
            path.unlink(missing_ok=True)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(listening: asyncio.Server) -> None:
    """Take nobody new in; whoever is there is answered."""
    listening.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        logger.debug("{} callers are waited for", len(others))
        await asyncio.wait(others)
