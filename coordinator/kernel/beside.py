"""Work on threads of its own, waited for no longer than one likes.

For what may hang. It ends nothing: such work bounds itself, and nobody waits for it at
the program's end.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from threading import Lock, Thread
from typing import Generic, TypeVar

from coordinator.kernel import clock

_MOST_THREADS = 32
_Result = TypeVar("_Result")


def start(work: Callable[[], _Result]) -> Future[_Result]:
    """Begin with something; the future tells what comes of it."""
    future: Future[_Result] = Future()
    Thread(target=_do, args=(work, future), name="beside", daemon=True).start()
    return future


def _do(work: Callable[[], _Result], future: Future[_Result]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - whoever waits for it raises it
        future.set_exception(error)


def abreast(
    works: Sequence[Callable[[], _Result]], limits: Sequence[float | None] = ()
) -> list[_Result | None]:
    """Do things at once; return what came of each, None of what takes too long.

    `limits` are the seconds that each is waited for, None and nothing: to its end. What
    takes longer goes on. A single one that is waited for to its end is done on the
    calling thread, so that Ctrl-C ends it.
    """
    seconds = list(limits) or [None] * len(works)
    if seconds == [None]:
        return [works[0]()]
    begun = clock.monotonic()
    futures: list[Future[_Result]] = [Future() for _ in works]
    left = deque(zip(works, futures, strict=True))
    for _ in works[:_MOST_THREADS]:
        start(lambda: _do_all(left))
    return [
        _result(x, None if y is None else max(begun + y - clock.monotonic(), 0.0))
        for x, y in zip(futures, seconds, strict=True)
    ]


def _result(future: Future[_Result], seconds: float | None) -> _Result | None:
    wait([future], seconds)
    return future.result() if future.done() else None


def _do_all(left: deque[tuple[Callable[[], _Result], Future[_Result]]]) -> None:
    while left:
        try:
            work, future = left.popleft()
        except IndexError:
            return  # another thread was quicker
        _do(work, future)


class Lane(Generic[_Result]):
    """One thing at a time; whoever asks for the last one again gets what came of it."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._last: tuple[object, _Result] | None = None

    def once(self, mark: object, work: Callable[[], _Result]) -> _Result:
        """Do the work, unless just that was done last: `mark` tells works apart."""
        with self._turn:
            if self._last is None or self._last[0] != mark:
                self._last = None
                self._last = (mark, work())
            return self._last[1]
