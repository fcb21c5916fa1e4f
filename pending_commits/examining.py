"""The store examined: whether all that was submitted is there, as it was.

It changes nothing; on a large store it takes its time.
"""

from pathlib import Path

from coordinator.kernel import git
from coordinator.kernel.errors import External
from coordinator.kernel.git import Repository
from pending_commits import packs
from pending_commits.incoming import leftovers

_SECONDS = 600.0
_MOST = 3  # of what is damaged is named


class StoreDamaged(External):
    """Something that was submitted is missing, or not as it was."""

    def __init__(self, store: Path, what: str) -> None:
        super().__init__(
            f"The store of submitted commits is damaged: {what}.",
            hint=f"Restore {store} from a backup.",
        )


def examine(path: Path) -> str:
    """Read the store and follow all its refs; return what is in it, in words.

    Raises:
        StoreDamaged: Something is missing or not as it was.
        TimedOut: It is very large.
    """
    if not path.is_dir():
        return "nothing was submitted yet"
    broken = list(packs.damaged(path / "objects"))
    if broken:
        more = f" and {len(broken) - _MOST} more" if len(broken) > _MOST else ""
        raise StoreDamaged(path, ", ".join(broken[:_MOST]) + more)
    store = Repository(path)
    words = ("fsck", "--connectivity-only", "--no-dangling", "--no-progress")
    done = store.ask(*words, seconds=_SECONDS)
    if done.code:
        raise StoreDamaged(path, done.complaint or done.text.strip()[:200])
    return f"{len(git.refs(store))} refs are whole{_left(path)}"


def _left(path: Path) -> str:
    found = [y for x in leftovers(path) for y in (x, *x.rglob("*")) if y.is_file()]
    size = sum(x.stat().st_size for x in found)
    return f", {size >> 10} KiB of fetches under way" if found else ""
