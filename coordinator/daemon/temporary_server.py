"""Other callers served while this process, without a daemon, does something long.

It watches nothing: each request takes in what it needs of the disk.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Condition, Lock, Thread
from typing import TYPE_CHECKING, TypeVar

from coordinator.daemon import waiting
from coordinator.daemon.dispatcher import Answer, Dispatcher, Step
from coordinator.workspace.registry import Busy, Deferred, Wait

if TYPE_CHECKING:
    from coordinator.daemon.server import Face

_SHORT_SECONDS = 0.3  # few commands take longer, and nobody minds to wait so long
_LAST_SECONDS = 2.0  # for whoever is connected at the end
_Result = TypeVar("_Result")


class AboutToEnd(Busy):
    """The process that would have to do it is about to end."""

    def __init__(self) -> None:
        super().__init__(
            "The process that serves this workspace is about to end.",
            hint="Run it again; or start a daemon: coordinator up --detach",
        )


class TemporaryServer:
    """The engine of such a process: one thing at a time, long ones beside.

    Once its own work is done it takes no other that is long, and ends with the last.
    """

    def __init__(self) -> None:
        self._turns = Lock()
        self._is_closed = False
        self._beside = 0
        self._is_ending = False
        self._changed = Condition()

    def turn(self, work: Callable[[], _Result]) -> _Result:
        """Run something on the calling thread while nothing else is done.

        Raises:
            AboutToEnd: Nothing is done any more.
        """
        with self._turns:
            if self._is_closed:
                raise AboutToEnd
            return work()

    def run_blocking(self, work: Callable[[], _Result]) -> _Result:
        """Do something long for a caller, on its thread.

        Raises:
            AboutToEnd: This process waits for its end.
        """
        with self._changed:
            if self._is_ending:
                raise AboutToEnd
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
        """Finish what is in hand; nothing else touches the workspace."""
        with self._turns:
            self._is_closed = True


def finish(
    dispatcher: Dispatcher, step: Step, path: Path, load: "Callable[[], Face]"
) -> Answer:
    """Do what an action left for later; others are answered at `path` until then.

    The work stays on the calling thread, so that Ctrl-C ends it. `load` returns the
    face that answers command lines, where somebody comes.

    Raises:
        CoordinatorError: It cannot be done, with the reason.
    """
    service = TemporaryServer()
    with _serving(path, dispatcher, service, load):
        try:
            result = _done(dispatcher, service, step)
        except Exception:
            service.wait()  # not so after Ctrl-C
            raise
        service.wait()
    return result


def _done(dispatcher: Dispatcher, service: TemporaryServer, step: Step) -> Answer:
    while isinstance(step, Deferred | Wait):
        if isinstance(step, Wait):
            step = waiting.as_deferred(dispatcher.workspace, step)
        step = service.turn(partial(step.finish, step.work()))
    return step


@contextmanager
def _serving(
    path: Path,
    dispatcher: Dispatcher,
    service: TemporaryServer,
    load: "Callable[[], Face]",
) -> Iterator[None]:
    loop, over = asyncio.new_event_loop(), asyncio.Event()
    serving = _serve(path, dispatcher, service, load, over)

    def serve() -> None:
        if loop.run_until_complete(serving):
            path.unlink(missing_ok=True)

    thread = Thread(target=serve, name="socket", daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        service.close()
        loop.close()


async def _serve(
    path: Path,
    dispatcher: Dispatcher,
    service: TemporaryServer,
    load: "Callable[[], Face]",
    over: asyncio.Event,
) -> bool:
    """Listen once it has taken a while, until it is over; tell whether it did."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_SHORT_SECONDS):
            await over.wait()
        return False
    from coordinator.daemon import server  # noqa: PLC0415 - it loads slowly

    try:
        listening = await server.serve(path, dispatcher, service, load())
    except OSError:
        return False  # then others wait outside
    await over.wait()
    await _end(listening)
    return True


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
