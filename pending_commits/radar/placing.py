"""Works merged with the target, so that they can be compared: what stands for each.

It compares no two of them. Git is asked once for all that are new since the last time.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from coordinator.kernel.git import Repository
from pending_commits.radar.edits import Key, Spans, key
from pending_commits.radar.merges import NotMerged, merge_all
from pending_commits.radar.model import NotCompared, OpenWork
from pending_commits.radar.overlap import Touched, touched
from pending_commits.radar.own_side import own_trees
from pending_commits.radar.scratch import stamp, take_attributes, write_commit
from pending_commits.radar.shared_history import sharing

Paths = tuple[bytes, ...]
Ends = tuple[str, str]  # two commits that are merged


@dataclass(frozen=True, slots=True)
class OnTarget:
    """What comes of a head on the target, and the paths at which they do not merge."""

    tree: str
    conflicts: Paths = ()


@dataclass(slots=True)
class Memory:
    """What one comparison leaves to the next: only what it used itself."""

    state: tuple[str, str] = ("", "")  # of the scratch repository; the target
    merged: dict[str, OnTarget] = field(default_factory=dict)  # by head
    touched: dict[str, Touched] = field(default_factory=dict)  # by commit
    spans: dict[Key, Spans] = field(default_factory=dict)
    clashes: dict[Ends, Paths] = field(default_factory=dict)
    attributes: bytes = b""

    def keep(self, placing: "Placing", ends: Collection[Ends]) -> None:
        """Forget all but what these works need."""
        edits = {key(y) for x in placing.placed for y in x.touched.files.values()}
        heads = {x.head for x in placing.placed}
        commits = {x.commit for x in placing.placed}
        self.merged = {k: v for k, v in self.merged.items() if k in heads}
        self.touched = {k: v for k, v in self.touched.items() if k in commits}
        self.spans = {k: v for k, v in self.spans.items() if k in edits}
        self.clashes = {k: v for k, v in self.clashes.items() if k in ends}


@dataclass(frozen=True, slots=True)
class Placed:
    """A work that can be compared: `head` is what it is, `commit` that on the target.

    `shares` are the heads that are built on commits of its own, or the other way round.
    """

    work: OpenWork
    head: str
    commit: str
    merged: OnTarget
    touched: Touched
    shares: frozenset[str]


@dataclass(frozen=True, slots=True)
class Placing:
    """The works that can be compared, in their order, and those that cannot."""

    placed: tuple[Placed, ...]
    failed: tuple[NotCompared, ...]


def place(
    scratch: Repository, target: str, works: Sequence[OpenWork], memory: Memory
) -> Placing:
    """Merge works with the target.

    Raises:
        GitFailed: Git cannot be run here.
    """
    _begin(scratch, target, memory)
    heads = [_head(scratch, x) for x in works]
    failed = _merge(scratch, target, heads, memory)
    readable = [x for x in dict.fromkeys(heads) if x not in failed]
    shares = sharing(scratch, target, readable)
    commits = {x: _commit(scratch, target, x, shares[x], memory) for x in readable}
    failed |= _look(scratch, target, commits, memory)
    pairs = list(zip(works, heads, strict=True))
    return Placing(
        tuple(
            _placed(work, head, commits[head], shares[head], memory)
            for work, head in pairs
            if head not in failed
        ),
        tuple(NotCompared((x.name,), failed[y]) for x, y in pairs if y in failed),
    )


def _begin(scratch: Repository, target: str, memory: Memory) -> None:
    """Forget everything where the target is another, or what is known is gone."""
    state = (stamp(scratch), target)
    if memory.state != state:
        memory.attributes = take_attributes(scratch, target)
        memory.keep(Placing((), ()), ())
        memory.state = state


def _head(scratch: Repository, work: OpenWork) -> str:
    """Return the commit of all that a work is."""
    if work.tree:
        return write_commit(scratch, work.tree, (work.commit,))
    return work.commit


def _merge(
    scratch: Repository, target: str, heads: Sequence[str], memory: Memory
) -> dict[str, str]:
    """Learn what comes of heads on the target; return why it cannot be told of some."""
    new = [x for x in dict.fromkeys(heads) if x not in memory.merged]
    # The target into the head: whatever git cannot merge stays as the work has it.
    answers = dict(
        zip(new, merge_all(scratch, [(x, target) for x in new]), strict=True)
    )
    failed = {k: v.reason for k, v in answers.items() if isinstance(v, NotMerged)}
    done = {k: v for k, v in answers.items() if not isinstance(v, NotMerged)}
    marked = {k: v for k, v in done.items() if not v.is_clean}
    own = dict(zip(marked, own_trees(scratch, list(marked.values())), strict=True))
    for head, one in done.items():
        memory.merged[head] = OnTarget(own.get(head, one.tree), one.paths)
    return failed


def _commit(
    scratch: Repository,
    target: str,
    head: str,
    shares: Collection[str],
    memory: Memory,
) -> str:
    """Return a commit that stands for a head on the target.

    Where it shares commits with others that have not landed it comes from its head as
    well, so that git knows what they have in common beyond the target. Else git has to
    look for nothing.
    """
    parents = (target, head) if shares else (target,)
    return write_commit(scratch, memory.merged[head].tree, parents)


def _look(
    scratch: Repository, target: str, commits: dict[str, str], memory: Memory
) -> dict[str, str]:
    """Learn what commits touch, by head; return those of which it cannot be told."""
    new = [x for x in dict.fromkeys(commits.values()) if x not in memory.touched]
    memory.touched |= touched(scratch, target, new) if new else {}
    why = "one of its folders cannot be read"
    return {k: why for k, v in commits.items() if v not in memory.touched}


def _placed(
    work: OpenWork, head: str, commit: str, shares: frozenset[str], memory: Memory
) -> Placed:
    known = (memory.merged[head], memory.touched[commit])
    return Placed(work, head, commit, *known, shares)
