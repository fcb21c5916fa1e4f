"""Work on threads of its own, waited for no longer than one likes.

For what may hang. It ends nothing: such work bounds itself, and nobody waits for it at
the program's end.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Generic, TypeVar

from coordinator.kernel import clock

_MOST_THREADS = 32
_Result = TypeVar("_Result")


@dataclass(slots=True)
class _Task(Generic[_Result]):
    """Work, what tells it from other work, and what comes of it."""

    work: Callable[[], _Result]
    mark: object = None
    future: Future[_Result] = field(default_factory=Future)

    def do(self) -> None:
        if self.future.set_running_or_notify_cancel():
            try:
                self.future.set_result(self.work())
            except BaseException as error:  # noqa: BLE001 - whoever waits raises it
                self.future.set_exception(error)


def start(work: Callable[[], _Result]) -> Future[_Result]:
    """Begin with something; the future tells what comes of it."""
    task = _Task(work)
    _on_thread(task.do)
    return task.future


def _on_thread(work: Callable[[], None]) -> None:
    Thread(target=work, name="beside", daemon=True).start()


def abreast(
    works: Sequence[Callable[[], _Result]], most: int = _MOST_THREADS
) -> list[_Result]:
    """Do things at once, so many at a time; return what came of each."""
    tasks = [_Task(x) for x in works]
    left = deque(tasks)
    for _ in tasks[:most]:
        _on_thread(lambda: _do_all(left))
    return [x.future.result() for x in tasks]


def _do_all(left: deque[_Task[_Result]]) -> None:
    while left:
        try:
            task = left.popleft()
        except IndexError:
            return  # another thread was quicker
        task.do()


@dataclass(slots=True)
class Outcomes(Generic[_Result]):
    """What comes of things under way, None of what takes longer than its limit.

    Limits are in seconds from now; without one (None) it is waited for to its end.
    Whoever calls it waits on a thread, and whoever awaits `later` on none. What takes
    longer than its limit goes on.
    """

    futures: Sequence[Future[_Result]]
    limits: Sequence[float | None]
    begun: float = field(default_factory=clock.monotonic)

    def __call__(self) -> list[_Result | None]:
        """Wait on the calling thread."""
        for future, limit in zip(self.futures, self.limits, strict=True):
            wait([future], self._left(limit))
        return self._found()

    async def later(self) -> list[_Result | None]:
        """Wait on the running loop."""
        for future, limit in zip(self.futures, self.limits, strict=True):
            await asyncio.wait([asyncio.wrap_future(future)], timeout=self._left(limit))
        return self._found()

    def _left(self, limit: float | None) -> float | None:
        past = clock.monotonic() - self.begun
        return None if limit is None else max(limit - past, 0.0)

    def _found(self) -> list[_Result | None]:
        return [x.result() if x.done() else None for x in self.futures]


class Lane(Generic[_Result]):
    """Does one thing at a time, on a thread; the same twice only after another.

    What is under way, waits, or was done last is known by its mark: whoever asks for it
    again gets what comes of it, unless it failed.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: deque[_Task[_Result]] = deque()
        self._present: _Task[_Result] | None = None
        self._is_running = False

    def begin(self, mark: object, work: Callable[[], _Result]) -> Future[_Result]:
        """Do the work after what waits already."""
        with self._lock:
            return self._find(mark) or self._add(_Task(work, mark))

    def begin_instead(
        self, mark: object, work: Callable[[], _Result]
    ) -> Future[_Result]:
        """Do the work in the place of what waits: who waits gets what comes of it."""
        with self._lock:
            if found := self._find(mark):
                return found
            if not self._waiting:
                return self._add(_Task(work, mark))
            task = self._waiting[0]
            task.mark, task.work = mark, work
            return task.future

    def _find(self, mark: object) -> Future[_Result] | None:
        known = [x for x in (self._present, *self._waiting) if x and x.mark == mark]
        futures = (x.future for x in known)
        return next((x for x in futures if not x.done() or not x.exception()), None)

    def _add(self, task: _Task[_Result]) -> Future[_Result]:
        self._waiting.append(task)
        if not self._is_running:
            self._is_running = True
            _on_thread(self._go_on)
        return task.future

    def _go_on(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._is_running = False
                    return
                task = self._present = self._waiting.popleft()
            task.do()
