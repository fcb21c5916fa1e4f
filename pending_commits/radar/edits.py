"""Which two edits of one file merge for certain, as they are of lines far apart.

It only reads. What it cannot tell it leaves to git: whatever it does tell, git would.
"""

import re
from collections.abc import Collection, Iterable, Mapping

from coordinator.kernel.git import Repository
from pending_commits.radar.overlap import TouchedFile

# As `merge-ort` compares lines: by histogram, and without a look at how they are
# indented. With no line around them git would compare the files in another way.
_WORDS = (
    *("diff-tree", "--stdin", "-r", "-p", "-U1", "--full-index", "--no-renames"),
    *("--histogram", "--no-indent-heuristic", "--no-color"),
    *("--no-ext-diff", "--no-textconv", "--"),
)
_MOST_PATHS = 500  # that are named to git; with more of them it looks at all
_INDEX = re.compile(rb"index ([0-9a-f]{40})\.\.([0-9a-f]{40})")
_HUNK = re.compile(rb"@@ -([0-9]+)(?:,([0-9]+))? ")
# With these two edits of a file never merge, wherever they are.
_NEVER = re.compile(rb"-merge\b|\bmerge=binary\b")

Key = tuple[bytes, bytes]  # the ids of a file before and after
Spans = tuple[tuple[int, int], ...]  # of lines of the first, with one around them


def key(change: TouchedFile) -> Key:
    """Return what the spans of an edit depend on."""
    return change.oid, change.new_oid


def can_tell(attributes: bytes) -> bool:
    """Tell whether by these attributes files merge line by line, or may not at all."""
    return _NEVER.search(attributes) is None


def spans(
    scratch: Repository, target: str, commits: Iterable[str], paths: Collection[bytes]
) -> dict[Key, Spans]:
    """Return which lines commits change in the target's files, at these paths at least.

    What is no text is not in.
    """
    stdin = "".join(f"{x} {target}\n" for x in commits).encode("ascii")
    named = sorted(paths) if len(paths) <= _MOST_PATHS else []
    words = [x.decode("utf-8", "surrogateescape") for x in named]
    literal = {"GIT_LITERAL_PATHSPECS": "1"}
    done = scratch.ask(*_WORDS, *words, stdin=stdin, extra=literal)
    return {} if done.code else _parse(done.stdout)


def _parse(said: bytes) -> dict[Key, Spans]:
    found: dict[Key, list[tuple[int, int]]] = {}
    unknown: set[Key] = set()
    at: Key = (b"", b"")
    for line in said.split(b"\n"):
        if hunk := _HUNK.match(line):
            found.setdefault(at, []).append(_span(int(hunk[1]), int(hunk[2] or b"1")))
        elif index := _INDEX.match(line):
            at = (index[1], index[2])
        elif line.startswith(b"Binary files "):
            unknown.add(at)
    return {k: tuple(v) for k, v in found.items() if k not in unknown}


def _span(first: int, count: int) -> tuple[int, int]:
    # In this format the first line is 1, or the one before where there is none.
    start = first - 1 if count else first
    return start, start + count


def merge_for_certain(
    one: TouchedFile, other: TouchedFile, known: Mapping[Key, Spans]
) -> bool:
    """Tell whether what two works make of one file merges for certain."""
    if not (one.is_edit and other.is_edit):
        return False  # it may be renamed
    if one == other:
        return True
    first, second = known.get(key(one)), known.get(key(other))
    return bool(first and second) and _are_apart(first or (), second or ())


def _are_apart(one: Spans, other: Spans) -> bool:
    return all(a[1] < b[0] or b[1] < a[0] for a in one for b in other)
