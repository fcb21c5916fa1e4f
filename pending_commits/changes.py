"""What a branch changes, read from the store with gitpython: facts and the diff.

It reads only, by object id, and so says the same for the same ids for ever; a `Repo`
lives within one call, and no repository of an agent is opened.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

# Else it asks for git as it is loaded, and there may be none: each call says so.
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

import git as gitpython

from coordinator.kernel import clock
from coordinator.kernel import git as kernel_git
from coordinator.kernel.errors import External
from coordinator.kernel.system.start_errors import ProgramMissing

# The id of the tree without entries, which git knows without storing it.
_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_SECONDS = 120
# Whatever a setting or another git version would choose otherwise is said here.
_COMPARE = (
    *("-r", "-M50%", "-l400", "--diff-algorithm=myers", "--no-color"),
    *("--no-ext-diff", "--no-textconv", "--no-relative"),
)
_PATCH = ("-p", "--full-index", "--src-prefix=a/", "--dst-prefix=b/")


@dataclass(frozen=True, slots=True)
class FileChange:
    """One changed file; a binary one has no lines.

    `before` is its former path where it was renamed, else empty.
    """

    path: str
    added: int
    removed: int
    before: str = ""
    binary: bool = False


@dataclass(frozen=True, slots=True)
class BranchFacts:
    """What stands between the merge base with the target and the head.

    `base` is empty where the two have no common ancestor: then every file counts.
    `authors` and `subjects` (id and first line) begin with the oldest commit; `first`
    and `last` are the earliest and latest time of writing, empty without a commit.
    """

    base: str
    commits: int
    files: tuple[FileChange, ...]
    added: int
    removed: int
    authors: tuple[str, ...]
    first: str
    last: str
    subjects: tuple[tuple[str, str], ...]


class StoreUnreadable(External):
    """The store, or an object in it, cannot be read."""

    def __init__(self, store: Path, reason: str) -> None:
        super().__init__(
            f"The store {store.name} cannot be read: {reason}",
            hint="Run: coordinator doctor",
        )


def facts(store: Path, target: str, head: str) -> BranchFacts:
    """Sum up what `head` has that `target` lacks; both are commit ids in the store.

    Raises:
        StoreUnreadable: An id is not there, or the store is damaged.
        ProgramMissing: There is no git.
    """
    with _opened(store) as repository:
        base = _merge_base(repository, target, head)
        commits = _commits(repository, target, head)
        files = tuple(_files(repository, base or _EMPTY_TREE, head))
    times = [x.time for x in commits]
    return BranchFacts(
        base=base,
        commits=len(commits),
        files=files,
        added=sum(x.added for x in files),
        removed=sum(x.removed for x in files),
        authors=tuple(dict.fromkeys(x.author for x in commits)),
        first=_moment(min(times)) if times else "",
        last=_moment(max(times)) if times else "",
        subjects=tuple((x.oid, x.subject) for x in commits),
    )


def diff(store: Path, target: str, head: str, limit: int) -> str:
    """Return the patch from the merge base to `head`, cut after `limit` bytes.

    It holds what agents wrote, control characters included: escape it for display.

    Raises:
        StoreUnreadable: An id is not there, or the store is damaged.
    """
    with _opened(store) as repository:
        base = _merge_base(repository, target, head) or _EMPTY_TREE
        words = (*_COMPARE, *_PATCH, "--end-of-options", base, head)
        process = repository.git.diff_tree(*words, as_process=True)
        data: bytes = process.stdout.read(limit + 1)
        if len(data) <= limit:
            process.wait()
            return _text(data)
    return f"{_text(data[:limit])}\n[The diff is cut off here, after {limit} bytes.]\n"


@contextmanager
def _opened(store: Path) -> Iterator[gitpython.Repo]:
    try:
        with gitpython.Repo(store, expand_vars=False) as repository:
            repository.git.update_environment(**_environment(store))
            yield repository
    except gitpython.GitCommandNotFound:
        raise ProgramMissing("git", os.environ.get("PATH", "")) from None
    except gitpython.GitError as error:
        raise StoreUnreadable(store, _complaint(error)) from error


def _environment(store: Path) -> dict[str, str]:
    """Return what hides the caller's environment, to which gitpython only adds.

    A command started by a git hook has the agent's repository in `GIT_DIR`.
    """
    foreign = {key: "" for key in os.environ if key.startswith("GIT_")}
    here = str(store.absolute())
    own = {
        "GIT_DIR": here,
        "GIT_COMMON_DIR": here,
        "GIT_OBJECT_DIRECTORY": f"{here}/objects",
        "GIT_WORK_TREE": here,
        "XDG_CONFIG_HOME": os.devnull,
    }
    return {**foreign, **kernel_git.environment(), **own}


def _complaint(error: gitpython.GitError) -> str:
    said = str(getattr(error, "stderr", "") or error).strip()
    return said.splitlines()[-1].strip(" '") if said else type(error).__name__


def _merge_base(repository: gitpython.Repo, target: str, head: str) -> str:
    try:
        said: str = repository.git.merge_base("--end-of-options", target, head)
    except gitpython.GitCommandError as error:
        if error.status == 1:  # No common ancestor.
            return ""
        raise
    return said


class _Commit(NamedTuple):
    """One commit, as far as a summary needs it; the time is in Unix seconds."""

    oid: str
    author: str
    time: int
    subject: str


def _commits(repository: gitpython.Repo, target: str, head: str) -> tuple[_Commit, ...]:
    # git's own format, since gitpython's Commit raises on an unknown encoding.
    data: bytes = repository.git.log(
        *("--topo-order", "--reverse", "--no-show-signature", "--no-color"),
        *("--encoding=UTF-8", "--format=%H%x00%an%x00%at%x00%s"),
        *("--end-of-options", head, f"^{target}", "--"),
        stdout_as_string=False,
        kill_after_timeout=_SECONDS,
    )
    rows = (line.split("\0", 3) for line in _text(data).split("\n") if line)
    return tuple(_Commit(x[0], x[1], int(x[2] or 0), x[3]) for x in rows)


def _files(repository: gitpython.Repo, base: str, head: str) -> Iterator[FileChange]:
    words = (*_COMPARE, "--numstat", "-z", "--end-of-options", base, head)
    data: bytes = repository.git.diff_tree(
        *words, stdout_as_string=False, kill_after_timeout=_SECONDS
    )
    fields = iter(_text(data).split("\0"))
    while row := next(fields):
        added, removed, path = row.split("\t", 2)
        # A rename has its two paths in fields of their own.
        before = "" if path else next(fields)
        path = path or next(fields)
        lines = (0, 0) if added == "-" else (int(added), int(removed))
        yield FileChange(path, *lines, before, added == "-")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _moment(seconds: int) -> str:
    """Return the time; one that no calendar has (commits may claim any) is empty."""
    try:
        return clock.render(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, OSError, ValueError):
        return ""
