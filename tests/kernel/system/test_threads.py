import threading
from collections.abc import Callable
from functools import partial

import pytest

from coordinator.kernel.system.threads import Lane, Outcomes, abreast, start
from tests.support import wait_for


@pytest.fixture
def gate() -> threading.Event:
    """What work waits for that takes long."""
    return threading.Event()


def waiting(gate: threading.Event, value: int) -> Callable[[], int]:
    """Return work that takes until the gate opens."""

    def work() -> int:
        gate.wait(60)
        return value

    return work


def test_what_takes_long_holds_up_nothing_else(gate: threading.Event) -> None:
    """Each is waited for as long as it is worth; what is late goes on."""
    futures = [start(waiting(gate, 1)), start(lambda: 2), start(waiting(gate, 3))]
    assert Outcomes(futures, [0.01, None, 0.01])() == [None, 2, None]
    gate.set()
    assert Outcomes(futures, [None] * 3)() == [1, 2, 3]


def test_all_are_done_at_once(gate: threading.Event) -> None:
    """What comes of them is in the order that was asked for, however many there are."""
    works = [lambda n=n: n for n in range(100)]
    assert abreast(works) == list(range(100))
    assert abreast([]) == []
    others: list[Callable[[], object]] = [lambda: gate.wait(60), gate.set]
    assert abreast(others) == [True, None]


def test_what_fails_is_raised_where_it_is_waited_for() -> None:
    """Nobody else is told."""

    def fail() -> int:
        message = "broken"
        raise ValueError(message)

    with pytest.raises(ValueError, match="broken"):
        abreast([lambda: 1, fail])
    assert isinstance(start(fail).exception(60), ValueError)


class Road:
    """A lane with work under way that takes until its gate opens."""

    def __init__(self, gate: threading.Event) -> None:
        self.lane: Lane[str] = Lane()
        self.done: list[str] = []
        self.gate = gate
        self.first = self.lane.begin("a", lambda: self.work("first"))
        wait_for(lambda: self.done)

    def work(self, name: str) -> str:
        """Note that it began, and take long."""
        self.done.append(name)
        self.gate.wait(60)
        return name


def test_a_lane_does_one_thing_after_the_other(gate: threading.Event) -> None:
    """Whoever asks for the same meanwhile gets what comes of it."""
    road = Road(gate)
    same = road.lane.begin("a", lambda: road.work("same"))
    other = road.lane.begin("b", lambda: road.work("other"))
    again = road.lane.begin("b", lambda: road.work("again"))
    assert (same, again) == (road.first, other)
    assert road.done == ["first"]
    gate.set()
    assert [x.result(60) for x in (same, other)] == ["first", "other"]
    assert road.lane.begin("b", lambda: "late").result(60) == "other"
    assert road.lane.begin("a", lambda: "anew").result(60) == "anew"


def test_what_waits_in_a_lane_may_be_replaced(gate: threading.Event) -> None:
    """However many ask while a look hangs, one look follows: the newest."""
    road = Road(gate)
    waiting = [
        road.lane.begin_instead(n, partial(road.work, f"look {n}")) for n in range(100)
    ]
    gate.set()
    assert {x.result(60) for x in waiting} == {"look 99"}
    assert road.done == ["first", "look 99"]


def test_a_lane_forgets_what_failed() -> None:
    """It is tried again."""
    lane: Lane[float] = Lane()
    with pytest.raises(ZeroDivisionError):
        lane.begin("a", lambda: 1 / 0).result(60)
    assert lane.begin("a", lambda: 1.0).result(60) == 1
    assert lane.begin("a", lambda: 2.0).result(60) == 1
