"""Secrets in added lines: where they stand and of what kind, never what they are.

It reads no file, asks nobody and keeps no text; time is linear in the text.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, groupby, islice
from operator import attrgetter

from coordinator.kernel.text import globs
from pending_commits.review import secret_formats, secret_guesses
from pending_commits.review.model import FoundSecret

KINDS = secret_formats.KINDS | secret_guesses.KINDS
_MARK = re.compile(r"mark:[0-9a-f]{12}")
_BATCH = 200  # lines that are asked at once which formats they may hold
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
    begins.
    """
    for _, group in groupby(lines, attrgetter("path")):
        ahead: list[AddedLine] = []
        while batch := [*ahead, *islice(group, _BATCH + _AHEAD - len(ahead))]:
            whole = len(batch) if len(batch) < _BATCH + _AHEAD else _BATCH
            yield from _in_batch(batch, whole)
            ahead = batch[whole:]


def _in_batch(batch: list[AddedLine], count: int) -> Iterator[FoundSecret]:
    forms = secret_formats.present("\n".join(x.text for x in batch))
    for place, line in enumerate(batch[:count], 1):
        after = "\n".join(x.text for x in batch[place : place + _AHEAD])
        found = chain(
            secret_formats.tokens(line.text, forms),
            secret_guesses.private_keys(line.text, after),
            secret_guesses.named(line.text, line.path),
            secret_guesses.in_urls(line.text, line.path),
        )
        told = {FoundSecret(line.path, line.number, x, _mark(y)) for x, y in found}
        yield from sorted(told)


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
