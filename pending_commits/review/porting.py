"""Where a line is after a change: hunks of a patch read, and line numbers taken over.

It is pure: it is given the text of a patch without context (`git diff -U0`).
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_NOWHERE = "/dev/null"


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that went, `count` of them from `start` on, and how many came instead."""

    start: int
    count: int
    added: int


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file by its former path: what it is called now (empty: gone), and its hunks."""

    before: str
    path: str
    hunks: tuple[Hunk, ...] = ()

    def line_now(self, line: int) -> int:
        """Return where a line of the former file is now, counted from 1; 0: it went."""
        shift = 0
        for hunk in self.hunks:
            # A hunk that takes nothing away stands behind its start.
            first = hunk.start if hunk.count else hunk.start + 1
            if line < first:
                break
            if line < first + hunk.count:
                return 0
            shift += hunk.added - hunk.count
        return line + shift if self.path else 0


def parse(patch: bytes) -> dict[str, ChangedFile]:
    """Return the files of a patch by their former path; new files are left out."""
    files = map(_file, _sections(patch.split(b"\n")))
    return {x.before: x for x in files if x.before not in {"", _NOWHERE}}


def _sections(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield the lines of one file after the other, what was added or taken left out."""
    section: list[bytes] = []
    left = 0
    for line in lines:
        if left:
            left -= not line.startswith(b"\\")
        elif line.startswith(b"diff --git "):
            if section:
                yield section
            section = []
        else:
            section.append(line)
            left = _length(line)
    if section:
        yield section


def _length(line: bytes) -> int:
    found = _HUNK.match(line)
    return int(found[2] or 1) + int(found[4] or 1) if found else 0


def _file(section: list[bytes]) -> ChangedFile:
    names = dict.fromkeys(("--- ", "+++ ", "rename from ", "rename to "), "")
    hunks = []
    for line in section:
        if found := _HUNK.match(line):
            start, count, _, added = found.groups()
            hunks.append(Hunk(int(start), int(count or 1), int(added or 1)))
        for key in names:
            if line.startswith(key.encode()) and not hunks:
                names[key] = named(line[len(key) :])
    before = names["rename from "] or names["--- "].removeprefix("a/")
    after = names["rename to "] or names["+++ "].removeprefix("b/")
    return ChangedFile(before, "" if after == _NOWHERE else after, tuple(hunks))


def named(name: bytes) -> str:
    """Return the name that a heading of a patch gives; C's quotes are taken off."""
    name = name.rstrip(b"\t")  # it ends a name with a blank
    if name.startswith(b'"'):
        name, _ = codecs.escape_decode(name[1:-1])
    return name.decode("utf-8", "backslashreplace")


def elsewhere(quoted: str, before: Iterable[str], after: Iterable[str]) -> int:
    """Return where a line stands that was moved within its file; 0: nobody can tell.

    It must be the only one of its text, before and after, and say something.
    """
    places = [n for n, x in enumerate(after, 1) if _same(x, quoted)]
    was_one = sum(_same(x, quoted) for x in before) == 1
    return places[0] if quoted.strip() and was_one and len(places) == 1 else 0


def _same(line: str, other: str) -> bool:
    return line.removesuffix("\r") == other.removesuffix("\r")
