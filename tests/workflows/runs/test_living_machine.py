"""A living copy under any sequence of edits, commands and crashes, beside a model."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from coordinator.workflows.lines import boxes
from coordinator.workflows.marks import Mark
from coordinator.workflows.model import Role
from coordinator.workflows.runs import living_copy, order, run
from coordinator.workflows.runs.living_copy import EditResult, LivingCopy
from coordinator.workflows.runs.run import Run, RunRecord

DONE, OPEN, SKIPPED = Mark.DONE, Mark.OPEN, Mark.SKIPPED
SIGNS = {OPEN: " ", DONE: "x", SKIPPED: "-"}


@dataclass(frozen=True)
class Box:
    """What the model knows of an item; `parent` is the id of its parent."""

    id: str
    text: str
    phase: str
    mark: Mark = OPEN
    parent: str = ""

    @property
    def is_gate(self) -> bool:
        return self.text.startswith(("PAUSE", "User sign-off"))

    @property
    def is_slot(self) -> bool:
        return self.text.startswith("[")


START = (
    Box("1", "choose", "A"),
    Box("2", "group", "A"),
    Box("3", "mix", "A", parent="2"),
    Box("4", "rest", "A", parent="2"),
    Box("5", "PAUSE, look", "A"),
    Box("6", "[Task One]", "B"),
    Box("7", "bake", "B"),
    Box("8", "cool", "C"),
    Box("9", "User sign-off", "C"),
)


class Model:
    """Boxes in order, and by definition what may be ticked."""

    def __init__(self) -> None:
        self.boxes = list(START)
        self.passed: set[str] = set()

    def text(self, *changed: Box) -> str:
        """Return the document, with some boxes written differently."""
        other = {x.id: x for x in changed}
        lines: list[str] = []
        phase = ""
        for box in (other.get(x.id, x) for x in self.boxes):
            if box.phase != phase:
                phase = box.phase
                lines += [f"## {phase}\r"]
            indent = "    " if box.parent else ""
            lines.append(f"{indent}- [{SIGNS[box.mark]}] {box.text}\r")
        return "\n".join(lines)

    def put(self, box: Box) -> None:
        """Let a box be as it is here."""
        self.boxes = [box if x.id == box.id else x for x in self.boxes]

    def below(self, box: Box) -> list[Box]:
        """Return the boxes right below one."""
        return [x for x in self.boxes if x.parent == box.id]

    def is_held(self, box: Box) -> bool:
        """Tell whether something must come before a box."""
        if self.below(box):
            return any(x.mark is OPEN for x in self.below(box))
        for other in self.boxes[: self.boxes.index(box)]:
            is_leaf = not self.below(other)
            binds = other.phase == box.phase or "sign-off" in box.text
            if is_leaf and other.mark is OPEN and binds:
                return True
            if other.is_gate and other.id not in self.passed:
                return True
        return False

    def which(self, number: int, *marks: Mark) -> Box | None:
        """Return one of the boxes with such a mark."""
        found = [x for x in self.boxes if x.mark in marks]
        return found[number % len(found)] if found else None


NUMBER = st.integers(0, 50)


class LivingCopies(RuleBasedStateMachine):
    """Edits go through the judge, what holds becomes records, a crash folds them."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.blobs: dict[str, str] = {}
        self.records: list[RunRecord] = []
        text = self.model.text()
        self.older = [(text, {x.id: x.text for x in START})]
        start = {
            "run": "bread-1",
            "template": "bread",
            "version": 1,
            "agent": "baker",
            "text": self.keep(text),
            "base": self.keep(text),
            "ids": living_copy.first_ids(text),
        }
        self.write("run.started", start, apply=False)
        self.run: Run = run.fold(self.records)

    def keep(self, text: str) -> str:
        name = f"blob-{len(self.blobs)}"
        self.blobs[name] = text
        return name

    def write(self, kind: str, data: dict[str, Any], *, apply: bool = True) -> None:
        number = len(self.records) + 1
        entry = RunRecord(number, f"2026-01-31T09:{number:04}", kind, "baker", data)
        self.records.append(entry)
        if apply:
            run.apply(self.run, entry)

    @property
    def copy(self) -> LivingCopy:
        text = self.blobs[self.run.text]
        return LivingCopy(text, living_copy.read(text), self.run.ids)

    def save(self, text: str) -> EditResult:
        """Save a file, as an editor does."""
        before = self.copy
        passed = self.run.passed.keys()
        judged = living_copy.judge(before, text, passed, self.run.next_item)
        if judged.copy.text != before.text:
            ticks = [(x, mark.value, why) for x, (mark, why) in judged.ticks.items()]
            data = {"text": self.keep(judged.copy.text), "ticks": ticks}
            self.write("run.edited", data | {"ids": list(judged.copy.ids)})
            items = zip(judged.copy.ids, judged.copy.boxes.items, strict=True)
            words = {name: item.text for name, item in items}
            self.older.append((judged.copy.text, words))
        if judged.refused:
            said = [
                {"item": x.item, "line": x.line, "code": x.code, "reason": x.reason}
                for x in judged.refused
            ]
            self.write("run.refused", {"refusals": said})
        return judged

    def open_boxes(self) -> Iterator[Box]:
        """Yield the open boxes that may be ticked in a file."""
        for box in self.model.boxes:
            is_free = not box.is_gate and not self.model.is_held(box)
            if box.mark is OPEN and is_free:
                yield box

    @rule(number=NUMBER)
    def tick_in_order(self, number: int) -> None:
        found = list(self.open_boxes())
        if found:
            done = replace(found[number % len(found)], mark=DONE)
            judged = self.save(self.model.text(done))
            assert (judged.refused, set(judged.ticks)) == ([], {done.id})
            self.model.put(done)

    @rule(number=NUMBER)
    def tick_anything(self, number: int) -> None:
        box = self.model.which(number, OPEN)
        if box:
            is_refused = box.is_gate or self.model.is_held(box)
            judged = self.save(self.model.text(replace(box, mark=DONE)))
            assert bool(judged.refused) is is_refused
            if not is_refused:
                self.model.put(replace(box, mark=DONE))

    @rule(number=NUMBER)
    def skip_with_a_reason(self, number: int) -> None:
        box = self.model.which(number, OPEN)
        if box and not box.is_gate and not box.is_slot:
            is_held = self.model.is_held(box)
            skipped = replace(box, mark=SKIPPED, text=f"{box.text} - late")
            judged = self.save(self.model.text(skipped))
            assert bool(judged.refused) is is_held
            words = replace(skipped, mark=OPEN) if is_held else skipped
            self.model.put(words)

    @rule(number=NUMBER)
    def open_again(self, number: int) -> None:
        box = self.model.which(number, DONE, SKIPPED)
        if box:
            judged = self.save(self.model.text(replace(box, mark=OPEN)))
            assert [(x.item, x.code) for x in judged.refused][:1] in (
                [(box.id, "tick-lost")],
                [(box.id, "gate-waits")],
            )

    @rule(number=NUMBER)
    def save_an_older_text(self, number: int) -> None:
        text, words = self.older[number % len(self.older)]
        judged = self.save(text)
        if words.keys() != set(self.run.ids):
            assert {x.code for x in judged.refused} == {"removed"}
            return
        for box in self.model.boxes:
            self.model.put(replace(box, text=words[box.id]))

    @rule(number=NUMBER)
    def add_an_item(self, number: int) -> None:
        place = number % len(self.model.boxes)
        name = str(self.run.next_item)
        beside = self.model.boxes[place]
        if beside.parent or self.model.below(beside):
            return
        self.model.boxes.insert(place, Box(name, f"new {name}", beside.phase))
        judged = self.save(self.model.text())
        assert (judged.refused, judged.ticks) == ([], {})

    @rule(number=NUMBER)
    def remove_an_item(self, number: int) -> None:
        box = self.model.boxes[number % len(self.model.boxes)]
        if self.model.below(box):
            return
        kept = [x for x in self.model.boxes if x.id != box.id]
        all_, self.model.boxes = self.model.boxes, kept
        judged = self.save(self.model.text())
        if box.is_slot and box.mark is OPEN:
            assert judged.refused == []
            self.older = self.older[-1:]
        else:
            assert [(x.item, x.code) for x in judged.refused] == [(box.id, "removed")]
            self.model.boxes = all_

    @precondition(lambda self: len(self.model.passed) < 2)
    @rule()
    def pass_a_gate(self) -> None:
        gates = [x for x in self.model.boxes if x.is_gate]
        gate = next(x for x in gates if x.id not in self.model.passed)
        copy = self.copy
        place = copy.place(gate.id)
        held = living_copy.held(copy, place, self.run.passed.keys())
        assert bool(held) is self.model.is_held(gate)
        if held:
            return
        self.write("run.passed", {"item": gate.id, "comment": ""})
        line = copy.boxes.items[place].line
        text = boxes.set_marks(copy.text, {line: DONE})
        ticks = [(gate.id, DONE.value, "")]
        self.write("run.edited", {"text": self.keep(text), "ticks": ticks})
        self.model.put(replace(gate, mark=DONE))
        self.model.passed.add(gate.id)

    @rule()
    def crash(self) -> None:
        again = run.fold(self.records)
        assert again == self.run
        self.run = again

    @invariant()
    def the_text_is_the_models(self) -> None:
        assert self.copy.text == self.model.text()

    @invariant()
    def items_keep_their_ids(self) -> None:
        assert self.run.ids == [x.id for x in self.model.boxes]
        assert set(self.run.ids) <= self.run.given

    @invariant()
    def marks_and_words_agree(self) -> None:
        marks = {x.id: x.mark for x in self.model.boxes}
        said = {name: word.mark for name, word in self.run.words.items()}
        assert {x: y for x, y in marks.items() if y is not OPEN} == said

    @invariant()
    def only_records_pass_gates(self) -> None:
        items = self.copy.boxes.items
        done = {
            name
            for name, item in zip(self.run.ids, items, strict=True)
            if item.role in {Role.PAUSE, Role.SIGN_OFF} and item.mark is DONE
        }
        assert done == self.run.passed.keys() == self.model.passed

    @invariant()
    def the_order_is_kept(self) -> None:
        added = {x for x in self.run.ids if int(x) > len(START)}
        found = order.violations(self.copy.boxes.items)
        assert {self.run.ids[before] for _, before in found} <= added


LivingCopies.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None
)
TestLivingCopies = pytest.mark.slow(LivingCopies.TestCase)
