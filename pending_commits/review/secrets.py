"""Secrets in added lines: where they stand and of what kind, never what they are.

It reads no file, asks nobody and keeps no text; time is linear in the text.
"""

import re
from bisect import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate, groupby, islice
from operator import attrgetter

from coordinator.kernel.text import globs
from pending_commits.review import secret_formats, secret_guesses
from pending_commits.review.model import FoundSecret
from pending_commits.review.secret_formats import Sighting

KINDS = secret_formats.KINDS | secret_guesses.KINDS
_MARK = re.compile(r"mark:[0-9a-f]{12}")
_BATCH = 200  # lines that are searched as one text
_AHEAD = 2  # lines after the one where a private key begins


@dataclass(frozen=True, slots=True)
class AddedLine:
    """One line that a change adds: its path, its number from 1, and no line end."""

    path: str
    number: int
    text: str


def find(lines: Iterable[AddedLine]) -> Iterator[FoundSecret]:
    """Yield the secrets of each file in order, each once; a long line is read whole.

    The lines of a file come together. A private key is found in the line where it
    begins; its mark holds in its file only, since keys of one kind begin alike.
    """
    for path, group in groupby(lines, attrgetter("path")):
        ahead: list[AddedLine] = []
        while batch := [*ahead, *islice(group, _BATCH + _AHEAD - len(ahead))]:
            whole = len(batch) if len(batch) < _BATCH + _AHEAD else _BATCH
            yield from sorted(_in_batch(path, batch, whole))
            ahead = batch[whole:]


def _in_batch(path: str, batch: list[AddedLine], count: int) -> set[FoundSecret]:
    text = "\n".join(x.text for x in batch)
    ends = [*accumulate(len(x.text) + 1 for x in batch)]
    placed = ((bisect(ends, x.at), x) for x in _in_text(text, path))
    return {
        FoundSecret(path, batch[line].number, x.kind, _mark(x.value))
        for line, x in placed
        if line < count
    }


def _in_text(text: str, path: str) -> Iterator[Sighting]:
    told = sorted(secret_formats.of_text(text), key=lambda x: x.at)
    starts = [x.at for x in told]
    yield from told
    yield from secret_guesses.private_keys(text, path)
    for guess in secret_guesses.of_text(text, path):
        # What tells itself apart needs no guess.
        if not _is_told(guess, told, starts):
            yield guess


def _is_told(guess: Sighting, told: list[Sighting], starts: list[int]) -> bool:
    nearest = bisect(starts, guess.at + len(guess.value)) - 1
    return nearest >= 0 and told[nearest].at + len(told[nearest].value) > guess.at


def _mark(value: str) -> str:
    return sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def is_entry(text: str) -> bool:
    """Tell whether this may stand in the list of what is allowed."""
    if text.startswith("mark:"):
        return bool(_MARK.fullmatch(text))
    glob, colon, kind = text.rpartition(":")
    return bool(glob) and kind in KINDS if colon else bool(text.strip())


def is_allowed(found: FoundSecret, allowed: Iterable[str]) -> bool:
    """Tell whether the list lets this pass: by path glob, glob and kind, or mark."""
    return any(_allows(x, found) for x in allowed)


def _allows(entry: str, found: FoundSecret) -> bool:
    if _MARK.fullmatch(entry):
        return entry == f"mark:{found.mark}"
    glob, colon, kind = entry.rpartition(":")
    if not colon:
        glob, kind = entry, found.kind
    # A path may hold what is a glob elsewhere: "app/[id]/page.tsx".
    is_there = found.path == glob or globs.matches(found.path, glob)
    return is_there and kind == found.kind
