"""The store examined: whether all that was submitted is there, as it was.

It changes nothing; on a large store it takes its time.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from coordinator.kernel import git
from coordinator.kernel.errors import External
from coordinator.kernel.git import Repository
from coordinator.kernel.system.processes import Completed
from pending_commits import packs
from pending_commits.incoming import leftovers

_SECONDS = 600.0
_MOST = 3  # of what is damaged is named


class StoreDamaged(External):
    """Something that was submitted is missing, or not as it was."""

    def __init__(self, store: Path, what: str) -> None:
        super().__init__(
            f"The store of submitted commits is damaged: {what}.",
            hint=f"Restore {store} from a backup, or submit again what is lost.",
        )


def examine(path: Path, submitted: Mapping[str, str] = MappingProxyType({})) -> str:
    """Read the store and follow all its refs; return what is in it, in words.

    `submitted` has the commits that must be in it, by the ids of their items.

    Raises:
        StoreDamaged: Something is missing or not as it was.
        TimedOut: It is very large.
    """
    if not path.is_dir():
        if submitted:
            raise StoreDamaged(path, f"it is gone, with {_named(submitted)}")
        return "nothing was submitted yet"
    broken = list(packs.damaged(path / "objects"))
    if broken:
        more = f" and {len(broken) - _MOST} more" if len(broken) > _MOST else ""
        raise StoreDamaged(path, ", ".join(broken[:_MOST]) + more)
    store = Repository(path)
    words = ("fsck", "--connectivity-only", "--no-dangling", "--no-progress")
    done = store.ask(*words, seconds=_SECONDS)
    if done.code:
        raise StoreDamaged(path, _found(done) or "git fsck fails")
    refs = git.refs(store)
    unheld = {x: y for x, y in submitted.items() if y not in refs.values()}
    lost = {x: y for x, y in unheld.items() if git.resolve(store, y) is None}
    if lost:
        raise StoreDamaged(path, f"it lacks {_named(lost)}")
    return f"{len(refs)} refs are whole{_left(path)}"


def _found(done: Completed) -> str:
    """Return the beginning of what git found, the ids of what is missing first."""
    said = f"{done.text}\n{done.stderr.decode('utf-8', 'replace')}".splitlines()
    told = [x.strip() for x in said if x.strip() and not x.startswith("notice:")]
    more = f" and {len(told) - _MOST} more" if len(told) > _MOST else ""
    return ", ".join(told[:_MOST]) + more


def _named(submitted: Mapping[str, str]) -> str:
    names = [f"{x} ({y[:12]})" for x, y in sorted(submitted.items())]
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"the submitted {', '.join(names[:_MOST])}{more}"


def _left(path: Path) -> str:
    found = [y for x in leftovers(path) for y in (x, *x.rglob("*")) if y.is_file()]
    size = sum(x.stat().st_size for x in found)
    return f", {size >> 10} KiB of fetches under way" if found else ""
