"""Which conflicts are new, and which are over: from what was known and what is seen.

It is pure: it knows names and paths, and tells nobody itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pending_commits.radar.model import OpenWork, Radar


@dataclass(frozen=True, slots=True)
class WorkConflict:
    """What does not merge in a repository, and at which paths.

    `agents` are two owners of work, sorted; or one, whose `work` (a worktree's folder,
    an item's id) does not merge with the target. `commit` is that work's head.
    """

    repository: str
    agents: tuple[str, ...]
    paths: tuple[str, ...]
    work: str = ""
    commit: str = ""

    @property
    def key(self) -> tuple[str, tuple[str, ...], str]:
        """What tells it from others, whatever its paths."""
        return (self.repository, self.agents, self.work)


@dataclass(frozen=True, slots=True)
class News:
    """What is to be recorded: conflicts as they are now, and those that are over.

    `told` are the new ones with just the paths that are new.
    """

    found: tuple[WorkConflict, ...] = ()
    ended: tuple[WorkConflict, ...] = ()
    told: tuple[WorkConflict, ...] = ()


def conflicts(
    repository: str, works: Sequence[OpenWork], radar: Radar
) -> tuple[WorkConflict, ...]:
    """Return what the radar found as conflicts of owners, sorted."""
    by_name = {x.name: x for x in works}
    pairs: dict[tuple[str, ...], set[str]] = {}
    for clash in radar.pairs:
        owners = {by_name[clash.first].owner, by_name[clash.second].owner}
        pairs.setdefault(tuple(sorted(owners)), set()).update(clash.paths)
    found = [WorkConflict(repository, k, tuple(sorted(v))) for k, v in pairs.items()]
    for name, paths in radar.with_target.items():
        work = by_name[name]
        own = WorkConflict(repository, (work.owner,), paths, name, work.commit)
        found.append(own)
    return tuple(sorted(found, key=lambda x: x.key))


def news(
    known: Sequence[WorkConflict],
    found: Sequence[WorkConflict],
    unsure: frozenset[str] = frozenset(),
) -> News:
    """Compare what is known of a repository with what was found now.

    What concerns an owner in `unsure`, whose work could not be compared, is not over
    for that.
    """
    before = {x.key: x for x in known}
    now = {x.key for x in found}
    changed = [x for x in found if before.get(x.key) != x]
    gone = (x for x in known if x.key not in now)
    ended = tuple(x for x in gone if unsure.isdisjoint(x.agents))
    fresh = (replace(x, paths=_new(x, before)) for x in changed)
    return News(tuple(changed), ended, tuple(x for x in fresh if x.paths))


def _new(
    found: WorkConflict, before: Mapping[tuple[str, tuple[str, ...], str], WorkConflict]
) -> tuple[str, ...]:
    known = before[found.key].paths if found.key in before else ()
    return tuple(x for x in found.paths if x not in known)
