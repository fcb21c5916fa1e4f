"""The living copy of a run: which of its changes hold, and which are put back.

Pure: a new text goes in, the text that stands and the reasons for the rest come out.
The order, the gates and the placeholders bind whoever edits; a tick is never lost, and
what a template asks for cannot be removed.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from coordinator.kernel.text import markdown
from coordinator.kernel.text.markdown import LineKind
from coordinator.workflows.criteria import comparisons
from coordinator.workflows.documents import checklist
from coordinator.workflows.documents import read as documents
from coordinator.workflows.lines import boxes
from coordinator.workflows.marks import LATEST, Mark, Reading
from coordinator.workflows.model import Checklist, Item, Note
from coordinator.workflows.runs import matching, order

_TASK_MANAGEMENT = "task management"
_AROUND = " -\u2013\u2014:()"  # what sets a reason off from the words before it


@dataclass(frozen=True, slots=True)
class LivingCopy:
    """A checklist's text, what it says, and the id of each of its items, in order."""

    text: str
    boxes: Checklist
    ids: Sequence[str]

    def place(self, item: str) -> int:
        """Return where the item of that id stands in the list, -1 where it is not."""
        return self.ids.index(item) if item in self.ids else -1

    def places(self, items: Iterable[str]) -> set[int]:
        """Return the places of these items, of those that stand in the list."""
        wanted = set(items)
        return {x for x, name in enumerate(self.ids) if name in wanted}


@dataclass(frozen=True, slots=True)
class EditRefusal:
    """A change that does not hold: what it was about, where, and why not.

    `by` is the id of the item that stands in its way, where one does.
    """

    item: str
    line: int
    code: str
    reason: str
    by: str = ""


@dataclass(slots=True)
class EditResult:
    """What a changed text comes to.

    `copy` is what stands from now on. `ticks` are the marks that changed, by id, with
    the reason that came with a skip; `notes` those that are new.
    """

    copy: LivingCopy
    ticks: dict[str, tuple[Mark, str]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    refused: list[EditRefusal] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Unfilled:
    """The placeholders that keep everything below a line waiting."""

    after: int
    names: Sequence[str]


def read(text: str, reading: Reading = LATEST) -> Checklist:
    """Read a living copy's boxes."""
    return documents.boxes(text, reading)


def first_ids(text: str) -> list[str]:
    """Return ids for the items of a text that has none yet: numbers from 1."""
    return [str(x) for x in range(1, len(read(text).items) + 1)]


def held(copy: LivingCopy, place: int, passed: Collection[str]) -> EditRefusal | None:
    """Return what keeps an open item from being ticked now, or None."""
    items = copy.boxes.items
    if place in order.parents(items):
        return _below(copy, place, order.derived(items)[place])
    walk = order.walk_to(items, place, copy.places(passed))
    return _hold(copy, place, walk, unfilled(copy.boxes))


def free(copy: LivingCopy, passed: Collection[str]) -> list[int]:
    """Return the open items, gates too, that nothing holds, in order; linear in all."""
    items = copy.boxes.items
    walk = order.Walk(items, copy.places(passed))
    waits, leaves = unfilled(copy.boxes), set(order.leaves(items))
    found: list[int] = []
    for place, item in enumerate(items):
        is_open = place in leaves and item.mark is Mark.OPEN
        if is_open and _hold(copy, place, walk, waits) is None:
            found.append(place)
        walk.settle(place, item.mark)
    return found


def _below(copy: LivingCopy, place: int, mark: Mark) -> EditRefusal | None:
    if mark is not Mark.OPEN:
        return None
    words = "It is done once everything below it is."
    return _refuse(copy, place, "parent-open", words)


def below(copy: LivingCopy, place: int) -> str:
    """Return what stands below an item up to the next one or the next heading.

    Such as the commands of an agent's own workflow, as they are written.
    """
    start = copy.boxes.items[place].line
    stops = {x.line for x in copy.boxes.items}
    lines = (x for x in markdown.scan(copy.text) if x.number > start)
    kept = takewhile(
        lambda x: x.number not in stops and x.kind is not LineKind.HEADING, lines
    )
    return "\n".join(x.text for x in kept).strip("\n")


def needs_figures(item: Item) -> bool:
    """Tell whether an item of the success criteria names a number to be shown."""
    is_success = "success criteria" in item.phase.lower()
    return is_success and comparisons.find(item.text) is not None


def _hold(
    copy: LivingCopy, place: int, walk: order.Walk, waits: Unfilled
) -> EditRefusal | None:
    """Return what stands before an item that a walk has come to."""
    if (before := walk.before(place)) >= 0:
        words = _names(copy, before, "comes before it.")
        return _refuse(copy, place, "order-violation", words)
    if walk.gate >= 0:
        words = _names(copy, walk.gate, "holds it until a maintainer passes it.")
        refused = _refuse(copy, place, "gate-waits", words)
        return replace(refused, by=copy.ids[walk.gate])
    if waits.names and copy.boxes.items[place].line > waits.after:
        names = ", ".join(f"[{x}]" for x in waits.names[:5])
        words = f"These are to be filled first: {names}."
        return _refuse(copy, place, "placeholder", words)
    return None


def _refuse(copy: LivingCopy, place: int, code: str, words: str) -> EditRefusal:
    return EditRefusal(copy.ids[place], copy.boxes.items[place].line, code, words)


def _names(copy: LivingCopy, place: int, words: str) -> str:
    item = copy.boxes.items[place]
    return f"{item.text[:80]!r} (item {copy.ids[place]}) {words}"


def unfilled(found: Checklist) -> Unfilled:
    """Return what must be filled before the phase after "Task Management" begins."""
    places = enumerate(found.phases, 1)
    titles = ((after, x.title.lower()) for after, x in places)
    after = next((x for x, title in titles if title.endswith(_TASK_MANAGEMENT)), 0)
    rest = found.phases[after:]  # also one below it in the outline
    if not after or not rest:
        return Unfilled(0, ())
    names = dict.fromkeys(x.text for x in found.placeholders if x.is_required)
    return Unfilled(rest[0].line, tuple(names))


def unwritten(copy: LivingCopy) -> tuple[int, Sequence[str]] | None:
    """Return the first open item that placeholders hold, and these; None: they do not.

    Which items they hold is as for `free`.
    """
    waits, items = unfilled(copy.boxes), copy.boxes.items
    open_ones = (x for x in order.leaves(items) if items[x].mark is Mark.OPEN)
    held = next((x for x in open_ones if items[x].line > waits.after), None)
    return (held, waits.names) if waits.names and held is not None else None


def judge(
    before: LivingCopy, text: str, passed: Collection[str], fresh: int
) -> EditResult:
    """Judge a changed text; `fresh` is the number that the next new item gets.

    The changes hold in their order, so that several ticks of one edit build on each
    other. Where something was removed that must stay, nothing of the edit holds.
    """
    after = read(text, before.boxes.signs.reading)
    old = [x.text for x in before.boxes.items]
    origin = matching.match(old, [x.text for x in after.items])
    lost = _lost(before, after, origin)
    if lost := lost or list(_moved(before, after, origin)):
        return EditResult(before, refused=lost)
    edit = _Edit(
        before, LivingCopy(text, after, _carried(before, origin, fresh)), origin
    )
    judged = edit.judge(passed)
    known = {_said(x) for x in before.boxes.notes}
    judged.notes = [x for x in after.notes if x.text and _said(x) not in known]
    return judged


def _carried(before: LivingCopy, origin: Sequence[int], fresh: int) -> list[str]:
    ids: list[str] = []
    for place in origin:
        ids.append(before.ids[place] if place >= 0 else str(fresh))
        fresh += place < 0
    return ids


def _lost(
    before: LivingCopy, after: Checklist, origin: Sequence[int]
) -> list[EditRefusal]:
    """Find items of the template that are gone, and gates that say something else."""
    kept = {x: place for place, x in enumerate(origin) if x >= 0}
    found: list[EditRefusal] = []
    for place, item in enumerate(before.boxes.items):
        now = after.items[kept[place]] if place in kept else None
        if not (_is_kept(item, now) if now else _may_go(item)):
            words = f"{item.text[:80]!r} {_why_it_stays(item)}"
            found.append(_refuse(before, place, "removed", words))
    return found


def _moved(
    before: LivingCopy, after: Checklist, origin: Sequence[int]
) -> Iterator[EditRefusal]:
    """Find items that stand in another phase now, where another order would bind."""
    homes: dict[int, int] = {}
    for place, item in zip(origin, after.items, strict=True):
        was = before.boxes.items[place] if place >= 0 else item
        if place < 0 or not order.is_work(was):
            continue
        home = homes.setdefault(was.section, item.section)
        is_filled = any(True for _ in checklist.placeholders(was.phase))
        if home != item.section or (was.phase != item.phase and not is_filled):
            words = f"{was.text[:80]!r} must stay in its phase {was.phase[:80]!r}."
            yield _refuse(before, place, "moved", words)


def _may_go(item: Item) -> bool:
    """What was ticked stays; else a line to be filled in may go, and one of no work."""
    if item.mark is not Mark.OPEN or item.role in order.GATES:
        return False
    return _has_brackets(item) or not order.is_work(item)


def _is_kept(item: Item, now: Item) -> bool:
    """Tell whether an item still binds as it did: below "Key decisions" none does."""
    if item.role in order.GATES:
        same = now.text == item.text or _has_brackets(item)
        return same and now.role is item.role
    return order.is_work(now) or not order.is_work(item)


def _has_brackets(item: Item) -> bool:
    return any(True for _ in checklist.placeholders(item.head or item.text))


def _why_it_stays(item: Item) -> str:
    if item.role in order.GATES:
        return "is a gate: its words and its place stay as they are."
    if item.mark is not Mark.OPEN:
        return "was ticked: it must stay."
    return "must stay; skip it with a reason instead."


class _Edit:
    """An edit whose marks are judged one after the other, parents after the rest."""

    def __init__(
        self, before: LivingCopy, after: LivingCopy, origin: Sequence[int]
    ) -> None:
        items = before.boxes.items
        self._after = after
        new = Item(0, "", Mark.OPEN)
        self._told = [items[x] if x >= 0 else new for x in origin]
        self._marks = [items[x].mark if x >= 0 else Mark.OPEN for x in origin]
        self._judged = EditResult(after)

    def judge(self, passed: Collection[str]) -> EditResult:
        """Return what the edit comes to, except for its notes."""
        items = self._after.boxes.items
        above = order.parents(items)
        places = self._after.places(passed)
        walk = order.Walk(items, places)
        waits = unfilled(self._after.boxes)
        for place in range(len(items)):
            if place not in above:
                hold = self._changes(place) and _hold(self._after, place, walk, waits)
                self._settle(place, hold or None, places)
            walk.settle(place, self._marks[place])
        marks = order.derived(self._now())
        for place in sorted(above):
            self._settle(place, _below(self._after, place, marks[place]), places)
        return self._end()

    def _changes(self, place: int) -> bool:
        return self._after.boxes.items[place].mark is not self._marks[place]

    def _settle(self, place: int, hold: EditRefusal | None, passed: set[int]) -> None:
        """Let one mark hold, or note why it does not."""
        if not self._changes(place):
            return
        item = self._after.boxes.items[place]
        reason = _skip_reason(item.text, self._told[place])
        refused = self._misused(place, reason, passed) or hold
        if refused:
            self._judged.refused.append(refused)
            return
        self._marks[place] = item.mark
        self._judged.ticks[self._after.ids[place]] = (item.mark, reason)

    def _misused(self, place: int, reason: str, passed: set[int]) -> EditRefusal | None:
        """Return what is wrong with a change of this box at any time."""
        item = self._after.boxes.items[place]
        if item.role in order.GATES and place not in passed:
            words = "Only a maintainer passes it."
            return _refuse(self._after, place, "gate-waits", words)
        if self._marks[place] is not Mark.OPEN:
            words = "It was ticked before; a tick is not lost with an older text."
            return _refuse(self._after, place, "tick-lost", words)
        if item.mark is Mark.DONE and needs_figures(item):
            words = "It names a number, which is compared with figures."
            return _refuse(self._after, place, "needs-figures", words)
        if item.mark is Mark.SKIPPED and not reason:
            words = "A skip needs a reason: write it behind the words of the item."
            return _refuse(self._after, place, "skip-without-reason", words)
        return None

    def _now(self) -> list[Item]:
        pairs = zip(self._after.boxes.items, self._marks, strict=True)
        return [replace(item, mark=mark) for item, mark in pairs]

    def _end(self) -> EditResult:
        """Put the marks that do not hold back into the text."""
        if self._judged.refused:
            marks = {x.line: x.mark for x in self._now()}
            signs = self._after.boxes.signs
            text = boxes.set_marks(self._after.text, marks, signs)
            found = read(text, signs.reading)
            self._judged.copy = LivingCopy(text, found, self._after.ids)
        return self._judged


def _skip_reason(text: str, told: Item) -> str:
    """Return what was added behind an item's words, or behind its first line."""
    for head in (told.text, told.head):
        rest = told.text[len(head) :]
        if head and text.startswith(head) and text.endswith(rest):
            return text[len(head) : len(text) - len(rest)].strip(_AROUND)
    return ""


def _said(note: Note) -> tuple[str, str, str]:
    return note.phase, note.group, note.text
