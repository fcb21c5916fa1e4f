"""Which item of a changed checklist is which of the one before.

Items have no names on paper: they are told by their words and their order.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

_MOST = 4_000_000  # pairs that are compared word for word


def match(before: Sequence[str], after: Sequence[str]) -> list[int]:
    """Return for each text of `after` its place in `before`, -1 for a new one.

    Equal texts in equal order belong together; between them, changed texts are paired
    in their order.
    """
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    found = [*range(start), *([-1] * len(new))]
    for place, other in _pairs(old, new):
        found[start + other] = start + place
    shift = len(before) - len(after)
    return found + [x + shift for x in range(len(after) - end, len(after))]


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    shorter = min(len(one), len(other))
    return next((place for place, (a, b) in pairs if a != b), shorter)


def _pairs(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    if len(old) * len(new) > _MOST:
        yield from ((x, x) for x in range(min(len(old), len(new))))
        return
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, first, last, to, end in matcher.get_opcodes():
        if tag in {"equal", "replace"}:
            yield from zip(range(first, last), range(to, end), strict=False)
