"""What the steps of a run ask for, which an edit of its living copy does not change.

It compares what was read; what becomes of such an edit is decided elsewhere.
"""

from collections.abc import Collection
from dataclasses import fields, is_dataclass
from itertools import zip_longest

from coordinator.kernel.text.markdown import split_lines
from coordinator.workflows.documents import checklist, read
from coordinator.workflows.model import Document, Family
from coordinator.workflows.runs.living_copy import EditRefusal, LivingCopy

_FREE = {"line", "description", "duration", "fields"}  # nothing is judged by them


def changed(document: Document, copy: LivingCopy, text: str) -> list[EditRefusal]:
    """Return why a changed text does not hold, where it asks for something else.

    Placeholders may be filled, and what stands around the steps may change.
    """
    new = read.parse(text, "")[0]
    lines = {x.line for x in copy.boxes.placeholders}
    if (document.kind is Family.STEPS) is (new.kind is Family.STEPS):
        old, now = document.book, new.book
        pairs = (
            (old.tasks, now.tasks),
            (old.gates, now.gates),
            (old.artifacts, now.artifacts),
            (old.metrics, now.metrics),
        )
        if all(_is_same(one, other, lines) for one, other in pairs):
            return []
    words = "What steps ask for, and who decides on them, stays as it is."
    return [EditRefusal("", _first_change(copy.text, text), "steps-changed", words)]


def _is_same(old: object, new: object, free: Collection[int]) -> bool:
    """Compare two values that were read; those of lines with placeholders are free."""
    if is_dataclass(old) and type(old) is type(new):
        if getattr(old, "line", 0) in free and not hasattr(old, "steps"):
            return True
        names = [x.name for x in fields(old) if x.name not in _FREE]
        return all(_is_same(getattr(old, x), getattr(new, x), free) for x in names)
    if isinstance(old, tuple) and isinstance(new, tuple):
        pairs = zip(old, new, strict=False)
        return len(old) == len(new) and all(_is_same(x, y, free) for x, y in pairs)
    is_open = isinstance(old, str) and any(True for _ in checklist.placeholders(old))
    return old == new or is_open


def _first_change(old: str, new: str) -> int:
    pairs = zip_longest(split_lines(old), split_lines(new))
    return next((n for n, (one, other) in enumerate(pairs, 1) if one != other), 1)
