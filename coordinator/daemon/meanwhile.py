"""Other callers served while this process, without a daemon, does something long.

It watches nothing: each request takes in what it needs of the disk.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Condition, Thread
from typing import Any, TypeVar

from coordinator.actions.registry import Later
from coordinator.daemon import server
from coordinator.daemon.desk import Desk
from coordinator.daemon.server import Face
from coordinator.kernel.errors import Conflict

_LAST_SECONDS = 2.0  # for whoever is connected at the end
_Result = TypeVar("_Result")


class Ending(Conflict):
    """The process that would have to do it is about to end."""

    def __init__(self) -> None:
        super().__init__(
            "The process that serves this workspace is about to end.",
            hint="Run it again; or start a daemon: coordinator up --detach",
        )


class Meanwhile:
    """The engine of such a process: one thing at a time, long ones beside.

    Once its own work is done it takes no other that is long, and ends with the last.
    """

    def __init__(self) -> None:
        self._engine = ThreadPoolExecutor(1, "engine")
        self._beside = 0
        self._is_ending = False
        self._changed = Condition()

    def turn(self, work: Callable[[], _Result]) -> _Result:
        """Run something on the engine for another thread, and wait for it.

        Raises:
            Ending: There is no engine any more.
        """
        try:
            turn = self._engine.submit(work)
        except RuntimeError:
            raise Ending from None
        return turn.result()

    def aside(self, work: Callable[[], _Result]) -> _Result:
        """Do something long for a caller, on its thread.

        Raises:
            Ending: This process waits for its end.
        """
        with self._changed:
            if self._is_ending:
                raise Ending
            self._beside += 1
        try:
            return work()
        finally:
            with self._changed:
                self._beside -= 1
                self._changed.notify_all()

    def stop(self) -> None:
        """Leave it at that: the process ends with what it does."""

    def wait(self) -> None:
        """Wait for what others have under way here; what is short is served still."""
        with self._changed:
            self._is_ending = True
            while self._beside:
                self._changed.wait(0.5)  # in pieces, so that Ctrl-C is heard

    def close(self) -> None:
        """Finish what the engine has in hand; nothing else touches the workspace."""
        self._engine.shutdown(cancel_futures=True)


def finish(desk: Desk, step: Later, path: Path, face: Face) -> Any:  # noqa: ANN401 - a JSON value
    """Do what an action left for later; others are answered at `path` until then.

    The work stays on the calling thread, so that Ctrl-C ends it.

    Raises:
        CoordinatorError: It cannot be done, with the reason.
    """
    service, result = Meanwhile(), step
    with _serving(path, desk, service, face):
        try:
            while isinstance(result, Later):
                result = service.turn(partial(result.finish, result.work()))
        except Exception:
            service.wait()  # not so after Ctrl-C
            raise
        service.wait()
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
        service.close()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(listening: asyncio.Server) -> None:
    """Take nobody new in; whoever is there is answered, if it asks soon."""
    listening.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        _, left = await asyncio.wait(others, timeout=_LAST_SECONDS)
        # Streams would report that they were cut.
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
