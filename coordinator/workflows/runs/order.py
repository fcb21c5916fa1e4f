"""The order of a checklist: what must be done before an item, and what parents are.

Pure rules over items, each linear in their number. The order holds inside a phase; a
gate holds everything after it; parents are derived from what is below them and stand in
nobody's way.
"""

from collections.abc import Collection, Iterator, Sequence

from coordinator.workflows.marks import Mark
from coordinator.workflows.model import Item, Role

GATES = frozenset({Role.PAUSE, Role.SIGN_OFF})


def parents(items: Sequence[Item]) -> set[int]:
    """Return the places of the items that have others below them."""
    return {x.parent for x in items if x.parent >= 0}


def is_work(item: Item) -> bool:
    """Tell whether an item stands in the order.

    Decisions are written down whenever one is made, and an item without text is none.
    """
    return bool(item.text) and item.role is not Role.DECISION


def leaves(items: Sequence[Item]) -> list[int]:
    """Return the places of the items that are work of their own, in order."""
    above = parents(items)
    return [x for x, item in enumerate(items) if x not in above and is_work(item)]


def due(items: Sequence[Item]) -> list[int]:
    """Return the places of the leaves that are open and must not stay so, in order."""
    places = (x for x in leaves(items) if items[x].mark is Mark.OPEN)
    return [x for x in places if not items[x].is_optional]


def derived(items: Sequence[Item]) -> list[Mark]:
    """Return each item's mark as it follows from the items below it, if there are any.

    A parent is open while anything below it is, and skipped where everything is. What
    is optional and open stands in nobody's way.
    """
    found = [x.mark for x in items]
    below: dict[int, set[Mark]] = {}
    for place in range(len(items) - 1, -1, -1):
        if marks := below.get(place):
            found[place] = _of(marks)
        if not (items[place].is_optional and found[place] is Mark.OPEN):
            below.setdefault(items[place].parent, set()).add(found[place])
    return found


def _of(marks: set[Mark]) -> Mark:
    if Mark.OPEN in marks:
        return Mark.OPEN
    return Mark.SKIPPED if marks == {Mark.SKIPPED} else Mark.DONE


class Walk:
    """A way through the items in their order, which knows what is open behind it.

    `passed` are the places of the gates that a person let the run go through.
    """

    def __init__(self, items: Sequence[Item], passed: Collection[int]) -> None:
        self._items = items
        self._passed = passed
        self._above = parents(items)
        self._open: dict[int, int] = {}
        self._gate = -1
        self._first = -1

    def before(self, place: int) -> int:
        """Return the first open leaf before this item in its phase, -1: none.

        For a sign-off it is the first one in all phases: it speaks for the whole.
        """
        item = self._items[place]
        is_last_word = item.role is Role.SIGN_OFF
        return self._first if is_last_word else self._open.get(item.section, -1)

    @property
    def gate(self) -> int:
        """The first gate behind us that nobody passed, -1: none."""
        return self._gate

    def settle(self, place: int, mark: Mark) -> None:
        """Go past the next item, which has this mark."""
        item = self._items[place]
        is_gate = item.role in GATES and not item.is_optional
        if is_gate and place not in self._passed and self._gate < 0:
            self._gate = place
        is_due = mark is Mark.OPEN and not item.is_optional
        if is_due and place not in self._above and is_work(item):
            self._open.setdefault(item.section, place)
            self._first = place if self._first < 0 else self._first


def walk_to(items: Sequence[Item], place: int, passed: Collection[int]) -> Walk:
    """Return a walk that stands before this item."""
    walk = Walk(items, passed)
    for other in range(place):
        walk.settle(other, items[other].mark)
    return walk


def conflicts(items: Sequence[Item]) -> Iterator[int]:
    """Yield the parents that are marked as done while something below is open."""
    marks = derived(items)
    for place, item in enumerate(items):
        if item.mark is Mark.DONE and marks[place] is Mark.OPEN:
            yield place


def violations(items: Sequence[Item]) -> Iterator[tuple[int, int]]:
    """Yield each done leaf with the first item that should have been done before."""
    ticked = {x for x, item in enumerate(items) if item.mark is not Mark.OPEN}
    walk = Walk(items, ticked)
    above = parents(items)
    for place, item in enumerate(items):
        before = walk.before(place) if walk.before(place) >= 0 else walk.gate
        done = item.mark is Mark.DONE and place not in above and is_work(item)
        if done and before >= 0:
            yield place, before
        walk.settle(place, item.mark)
