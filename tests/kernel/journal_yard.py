"""Journals for the tests to write, damage and read."""

from collections.abc import Iterator
from pathlib import Path

from coordinator.kernel.disk.locks import Held
from coordinator.kernel.journal import Draft, Journal, Record
from tests.support import ManualClock

FIRST = "000000000000001.jsonl"


def draft(subject: str = "thing") -> Draft:
    """Return something to append, with a space and an `@` that one bit makes NUL."""
    return Draft("note.made", "docs", subject, {"note": "a b@c"})


def opened(folder: Path) -> Journal:
    """Open a journal that stands still at nine."""
    return Journal(folder, held=Held(folder), now=ManualClock())


def filled(folder: Path, subjects: list[str]) -> Path:
    """Make a journal with one record for each subject, return its only segment."""
    made = opened(folder)
    for subject in subjects:
        made.append([draft(subject)])
    made.close()
    return folder / FIRST


def subjects(records: Iterator[Record]) -> list[str]:
    """Return what the records are about."""
    return [x.subject for x in records]
