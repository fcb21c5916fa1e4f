"""Which works merge with the target, and with each other.

It changes only the scratch repository, and tells nobody.

Each work is merged with the target first, and what comes of that is compared: else one
that is long behind and one that is not would seem to differ where they do not. One that
does not merge with the target is compared as if its author had the last word there
(`own_side`): a clash that it has with another at such a place may go when it is mended.

What git cannot know here counts as git has it: two commits of a submodule do not merge
even where one is built on the other, and names that differ by case alone are two files.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from coordinator.kernel.git import Repository
from pending_commits.radar.edits import can_tell, key, merge_for_certain, spans
from pending_commits.radar.merges import MergedTree, NotMerged, merge_all
from pending_commits.radar.model import Clash, NotCompared, OpenWork, Radar
from pending_commits.radar.overlap import common_files, folders_may_clash
from pending_commits.radar.placing import Ends, Memory, Paths, Placed, place

_Two = tuple[Placed, Placed]


@dataclass(frozen=True, slots=True)
class _Meeting:
    """Two works that may not merge, and the commits that tell whether they do."""

    first: str
    second: str
    ends: Ends


def compare(
    scratch: Repository, target: str, works: Sequence[OpenWork], memory: Memory
) -> Radar:
    """Merge each work with a commit of the target, and those of two owners in pairs.

    With the memory of the comparison before, only what is new since takes time. What
    cannot be read is tried again each time.

    Raises:
        GitFailed, OSError: The scratch repository is gone, or git cannot be run in it.
    """
    placing = place(scratch, target, works, memory)
    pairs = [x for x in combinations(placing.placed, 2) if _may_differ(*x)]
    _learn_spans(scratch, target, pairs, memory)
    meetings = [_meeting(*x) for x in pairs if not _merge_for_certain(*x, memory)]
    failed = _merge(scratch, meetings, memory)
    memory.keep(placing, {x.ends for x in meetings})
    found = {x.work.name: x.merged.conflicts for x in placing.placed}
    return Radar(
        {k: _shown(v) for k, v in found.items() if v},
        tuple(_clashes(meetings, memory)),
        (*placing.failed, *_not_compared(meetings, failed)),
    )


def _may_differ(one: Placed, other: Placed) -> bool:
    """Tell whether two works are compared at all, and could fail to merge."""
    if one.work.owner == other.work.owner or one.merged.tree == other.merged.tree:
        return False
    return _is_for_git(one, other) or bool(common_files(one.touched, other.touched))


def _is_for_git(one: Placed, other: Placed) -> bool:
    """Tell whether more than what both touch is to be looked at.

    What it has of another's commits a work may have taken back, touching nothing.
    """
    shares = other.head in one.shares
    return shares or folders_may_clash(one.touched, other.touched)


def _learn_spans(
    scratch: Repository, target: str, pairs: Sequence[_Two], memory: Memory
) -> None:
    """Learn which lines works change in files that another one changes as well."""
    if not can_tell(memory.attributes):
        return
    both = (x for pair in pairs for x in _common(*pair))
    new = {(side.commit, path) for side, path in both if _is_new(side, path, memory)}
    if new:
        commits, paths = sorted({x for x, _ in new}), {x for _, x in new}
        memory.spans |= spans(scratch, target, commits, paths)


def _common(one: Placed, other: Placed) -> Iterator[tuple[Placed, bytes]]:
    for path in common_files(one.touched, other.touched):
        yield one, path
        yield other, path


def _is_new(side: Placed, path: bytes, memory: Memory) -> bool:
    change = side.touched.files[path]
    return change.is_edit and key(change) not in memory.spans


def _merge_for_certain(one: Placed, other: Placed, memory: Memory) -> bool:
    files, others = one.touched.files, other.touched.files
    return not _is_for_git(one, other) and all(
        merge_for_certain(files[x], others[x], memory.spans)
        for x in common_files(one.touched, other.touched)
    )


def _meeting(one: Placed, other: Placed) -> _Meeting:
    return _Meeting(one.work.name, other.work.name, _ends(one, other))


def _ends(one: Placed, other: Placed) -> Ends:
    """Return the commits to merge, in an order that depends on nothing but them."""
    ends = (one.commit, other.commit)
    unclean = one.merged.conflicts or other.merged.conflicts
    if unclean and other.head in one.shares:
        # What they have in common is unlike what they are on the target.
        ends = (one.head, other.head)
    return (min(ends), max(ends))


def _merge(
    scratch: Repository, meetings: Sequence[_Meeting], memory: Memory
) -> dict[Ends, str]:
    """Learn where commits do not merge; return why it cannot be told of some."""
    new = dict.fromkeys(x.ends for x in meetings if x.ends not in memory.clashes)
    answers = dict(zip(new, merge_all(scratch, list(new)), strict=True))
    merged = {k: v for k, v in answers.items() if isinstance(v, MergedTree)}
    memory.clashes |= {k: v.paths for k, v in merged.items()}
    return {k: v.reason for k, v in answers.items() if isinstance(v, NotMerged)}


def _clashes(meetings: Sequence[_Meeting], memory: Memory) -> Iterator[Clash]:
    for meeting in meetings:
        if paths := memory.clashes.get(meeting.ends):
            yield Clash(meeting.first, meeting.second, _shown(paths))


def _not_compared(
    meetings: Sequence[_Meeting], failed: dict[Ends, str]
) -> Iterator[NotCompared]:
    for meeting in meetings:
        if reason := failed.get(meeting.ends):
            yield NotCompared((meeting.first, meeting.second), reason)


def _shown(paths: Paths) -> tuple[str, ...]:
    return tuple(x.decode("utf-8", "backslashreplace") for x in paths if x)
