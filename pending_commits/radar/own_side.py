"""A work that does not merge with the target, as if its author had the last word.

So it can be compared with others all the same. It writes only into the scratch
repository, and decides for nobody. The format is that of git-fast-import(1).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from coordinator.kernel.git import Repository
from pending_commits.radar.merges import MergedTree, Side, without_side
from pending_commits.radar.scratch import MARK_SIZE

_REF = b"refs/heads/scratch"
_WHO = b"committer radar <radar@localhost> 0 +0000\ndata 0\n"
_FILE = "100"
_OWN, _THEIRS = 2, 3
_SPECIAL = re.compile(rb'["\\\x00-\x1f\x7f]')
_BEGIN, _MIDDLE, _END = (x * MARK_SIZE for x in (b"<", b"=", b">"))


@dataclass(frozen=True, slots=True)
class _Put:
    """A file of the work: its mode, and its id, or its text where that is new."""

    mode: str
    oid: str
    text: bytes | None


_Changes = Mapping[bytes, _Put | None]  # None: the path is to be gone


def own_trees(scratch: Repository, merges: Sequence[MergedTree]) -> list[str]:
    """Return the trees of merges into a work that are not clean, without marks.

    Where lines do not merge they are the work's own; where files do not, such as one
    that is binary or deleted on one side, the file is as the work has it. Where git
    cannot tell, the trees are as they are, with marks.
    """
    if not merges:
        return []
    texts = _texts(scratch, [y for x in merges for y in _marked(x)])
    stream = b"".join(y for x in merges for y in _commit(x, _changes(x, texts)))
    done = scratch.ask("fast-import", "--quiet", "--force", stdin=stream)
    rows = done.text.splitlines()
    if done.code or len(rows) != len(merges):
        return [x.tree for x in merges]
    return [x.split()[2] for x in rows]


def own_lines(text: bytes) -> bytes | None:
    """Return a text with the first side of each conflict; None: it has no marks."""
    kept: list[bytes] = []
    lines = text.split(b"\n")
    is_kept = True
    for line in lines:
        if line.startswith((_BEGIN, _END)):
            is_kept = True
        elif line.startswith(_MIDDLE):
            is_kept = False
        elif is_kept:
            kept.append(line)
    return b"\n".join(kept) if len(kept) < len(lines) else None


def _name(merge: MergedTree, path: bytes) -> bytes:
    return merge.tree.encode("ascii") + b":" + path


def _marked(merge: MergedTree) -> Iterator[bytes]:
    """Yield the names of the files that both sides have, between marks."""
    files = [x for x in merge.sides if x.mode.startswith(_FILE)]
    first, second = ({x.path for x in files if x.number == n} for n in (2, 3))
    return (_name(merge, x) for x in sorted(first & second))


def _texts(scratch: Repository, names: Sequence[bytes]) -> dict[bytes, bytes]:
    """Return files by name, as far as they are there."""
    stdin = b"".join(x + b"\0" for x in names)
    said = (
        scratch.ask("cat-file", "--batch", "-z", stdin=stdin).stdout if names else b""
    )
    found: dict[bytes, bytes] = {}
    at = 0
    for name in names:
        end = said.find(b"\n", at)
        if said.startswith(name, at) or end < 0:
            at += len(name) + len(b" missing\n")
        else:
            size = int(said[at:end].rpartition(b" ")[2])
            found[name] = said[end + 1 : end + 1 + size]
            at = end + 1 + size + 1
    return found


def _changes(merge: MergedTree, texts: Mapping[bytes, bytes]) -> _Changes:
    """Return what is to be made of the paths that do not merge.

    What only the target has stays where git has put it.
    """
    gone = {x.path: None for x in merge.sides if x.number != _THEIRS}
    own = (x for x in merge.sides if x.number == _OWN)
    return {**gone, **{without_side(x.path): _put(merge, x, texts) for x in own}}


def _put(merge: MergedTree, own: Side, texts: Mapping[bytes, bytes]) -> _Put:
    text = texts.get(_name(merge, own.path))
    return _Put(own.mode, own.oid, None if text is None else own_lines(text))


def _commit(merge: MergedTree, changes: _Changes) -> Iterator[bytes]:
    """Yield a commit of the tree with the changes, and the question for its tree."""
    yield b"reset %s\ncommit %s\n%s" % (_REF, _REF, _WHO)
    yield b'M 040000 %s ""\n' % merge.tree.encode("ascii")
    yield from (b"D %s\n" % _quoted(x) for x in changes)
    for path, put in changes.items():
        if put is not None:
            yield _file(path, put)
    yield b'ls ""\n'


def _file(path: bytes, put: _Put) -> bytes:
    mode, place = put.mode.encode("ascii"), _quoted(path)
    if put.text is None:
        return b"M %s %s %s\n" % (mode, put.oid.encode("ascii"), place)
    return b"M %s inline %s\ndata %d\n%s\n" % (mode, place, len(put.text), put.text)


def _quoted(path: bytes) -> bytes:
    return b'"%s"' % _SPECIAL.sub(lambda x: b"\\%03o" % ord(x[0]), path)
