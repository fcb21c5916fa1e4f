"""Which works can be in each other's way at all, by the paths that they touch.

Whoever is not found here merges: nothing is missed, while most that is found merges as
well. It only reads. The rules are those of git's `merge-ort`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from coordinator.kernel.git import Repository

_WORDS = (
    *("diff-tree", "--stdin", "--always", "--raw", "--no-renames", "--no-abbrev"),
    *("-r", "-t", "-z"),  # folders too
)
_FOLDER = b"040000"
_NOTHING = b"000000"


class TouchedFile(NamedTuple):
    """A file before and after: its modes and ids, zeros where it is not there."""

    mode: bytes
    new_mode: bytes
    oid: bytes
    new_oid: bytes

    @property
    def is_edit(self) -> bool:
        """Tell whether it is a plain file of which only the text is another."""
        return self.mode == self.new_mode and self.mode.startswith(b"100")


@dataclass(frozen=True, slots=True)
class Touched:
    """What a work changes in the target: files by path, and the folders concerned.

    `above` are all folders above the files, `filled` those above files that are new,
    `gone` those that are there no more.
    """

    files: Mapping[bytes, TouchedFile]
    above: frozenset[bytes] = frozenset()
    filled: frozenset[bytes] = frozenset()
    gone: frozenset[bytes] = frozenset()


def touched(
    scratch: Repository, target: str, commits: Sequence[str]
) -> dict[str, Touched]:
    """Return by commit what it changes in the target; one that is unreadable is not in.

    Git ends at the first of these; those after it are asked for again.
    """
    found: dict[str, Touched] = {}
    left = list(commits)
    while left:
        stdin = "".join(f"{x} {target}\n" for x in left).encode("ascii")
        done = scratch.ask(*_WORDS, stdin=stdin)
        answers = dict(_answers(done.stdout))
        found |= answers
        left = [x for x in left if x not in answers]
        if not done.code:
            break
        left = left[1:]
    return found


def _answers(said: bytes) -> Iterator[tuple[str, Touched]]:
    """Yield what is told of each commit: its id, then facts and path by turns."""
    words = iter(said.split(b"\0")[:-1])
    commit, rows = b"", list[tuple[bytes, bytes]]()
    for word in words:
        if word.startswith(b":"):
            rows.append((word, next(words, b"")))
            continue
        if commit:
            yield commit.decode("ascii"), _touched(rows)
        commit, rows = word, []
    if commit:
        yield commit.decode("ascii"), _touched(rows)


def _touched(rows: Sequence[tuple[bytes, bytes]]) -> Touched:
    changes = [(path, TouchedFile(*x[1:].split(b" ")[:4])) for x, path in rows]
    files = {k: v for k, v in changes if _FOLDER not in {v.mode, v.new_mode}}
    gone = {k for k, v in changes if v.mode == _FOLDER and v.new_mode == _NOTHING}
    filled = _folders_above(k for k, v in files.items() if v.mode == _NOTHING)
    return Touched(files, _folders_above(files), filled, frozenset(gone))


def _folders_above(paths: Iterable[bytes]) -> frozenset[bytes]:
    found: set[bytes] = set()
    for path in paths:
        folder = path.rpartition(b"/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition(b"/")[0]
    return frozenset(found)


def common_files(one: Touched, other: Touched) -> list[bytes]:
    """Return the paths of files that both touch."""
    few, many = sorted((one.files, other.files), key=len)
    return [x for x in few if x in many]


def folders_may_clash(one: Touched, other: Touched) -> bool:
    """Tell whether two works could fail to merge that touch none of the same files.

    They could where one has a file and the other a folder of the same name; and where
    a folder is gone from one, which git may take for renamed, and the other puts
    something new into it. (A file that was renamed is touched under both names.)
    """
    return not (
        one.above.isdisjoint(other.files)
        and other.above.isdisjoint(one.files)
        and one.gone.isdisjoint(other.filled)
        and other.gone.isdisjoint(one.filled)
    )
