"""What a branch changes, read from the store with gitpython: facts, lines, the diff.

It reads only, by object id, and so says the same for the same ids for ever; a `Repo`
lives within one call, and no repository of an agent is opened.
"""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, NamedTuple

# Else it asks for git as it is loaded, and there may be none: each call says so.
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

import git as gitpython

from coordinator.kernel import clock
from coordinator.kernel import git as kernel_git
from coordinator.kernel.errors import External
from coordinator.kernel.system.start_errors import ProgramMissing
from pending_commits.model import FileChange
from pending_commits.review import porting

# The id of the tree without entries, which git knows without storing it.
_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_SECONDS = 120
_LINK = "120000"
_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
# Whatever a setting or another git version would choose otherwise is said here.
_COMPARE = (
    *("-r", "-M50%", "-l400", "--diff-algorithm=myers", "--no-color"),
    *("--no-ext-diff", "--no-textconv", "--no-relative"),
)
_PATCH = ("-p", "--full-index", "--src-prefix=a/", "--dst-prefix=b/")


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


class PatchCut(Exception):
    """A patch has more than was asked for."""


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
        return _patch(repository, (base, head), limit)


def between(
    store: Path,
    before: str,
    after: str,
    limit: int,
    paths: Iterable[str] = (),
    objects: Path | None = None,
) -> str:
    """Return the patch from one commit or tree to another, as `diff` does.

    `paths` are pathspecs, none: all; `objects` is a folder of more objects.

    Raises:
        StoreUnreadable: An id is not there, or the store is damaged.
    """
    with _opened(store) as repository:
        if objects:
            environment = {"GIT_OBJECT_DIRECTORY": str(objects)}
            repository.git.update_environment(**environment)
        return _patch(repository, (before, after, "--", *paths), limit)


def _patch(repository: gitpython.Repo, words: Iterable[str], limit: int) -> str:
    process = repository.git.diff_tree(
        *_COMPARE, *_PATCH, "--end-of-options", *words, as_process=True
    )
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
    words = (*_COMPARE, "--raw", "--numstat", "-z", "--end-of-options", base, head)
    data: bytes = repository.git.diff_tree(
        *words, stdout_as_string=False, kill_after_timeout=_SECONDS
    )
    fields = iter(_text(data).split("\0"))
    modes: list[tuple[str, str]] = []
    while row := next(fields):
        # First all raw entries, then as many counts, in the same order.
        if row.startswith(":"):
            before, after, *_, status = row[1:].split(" ")
            modes.append((before, after))
            _ = next(fields), status[0] in "RC" and next(fields)
        else:
            yield _counted(row, fields, *modes.pop(0))


def _counted(row: str, fields: Iterator[str], before: str, after: str) -> FileChange:
    added, removed, path = row.split("\t", 2)
    # A rename has its two paths in fields of their own.
    former = "" if path else next(fields)
    path = path or next(fields)
    lines = (0, 0) if added == "-" else (int(added), int(removed))
    return FileChange(path, *lines, former, added == "-", before, after)


def links(store: Path, head: str) -> dict[str, str]:
    """Return what all links of a commit lead to, as they are written.

    Raises:
        StoreUnreadable: An id is not there, or the store is damaged.
    """
    with _opened(store) as repository:
        listed = _text(repository.git.ls_tree("-r", "-z", head, stdout_as_string=False))
        rows = (x.partition("\t") for x in listed.split("\0") if x)
        found = {path: x.split(" ")[2] for x, _, path in rows if x[:6] == _LINK}
        return dict(zip(found, _blobs(repository, found.values()), strict=True))


def _blobs(repository: gitpython.Repo, oids: Iterable[str]) -> list[str]:
    """Return small texts by their ids, all from one process."""
    return [_text(repository.odb.stream(bytes.fromhex(x)).read()) for x in oids]


def added_lines(
    store: Path, base: str, head: str, limit: int
) -> Iterator[tuple[str, int, str]]:
    """Yield path, number and text of each line that `head` has and `base` lacks.

    Raises:
        PatchCut: There are more lines; all before were yielded.
        StoreUnreadable: An id is not there, or the store is damaged.
    """
    pair = ("--end-of-options", base or _EMPTY_TREE, head)
    words = (*_COMPARE, "-U0", "--text", *_PATCH, *pair)
    with _opened(store) as repository:
        process = repository.git.diff_tree(*words, as_process=True)
        yield from _added(process.stdout, limit)


def ever_added(
    store: Path, target: str, head: str, limit: int
) -> Iterator[tuple[str, int, str]]:
    """Yield the lines that each commit of `head` adds, those taken out again too.

    The numbers are those of the commit's version. Of merges it is what they alone add.

    Raises:
        PatchCut, StoreUnreadable: As `added_lines`.
    """
    compare = (*_COMPARE[1:], "-U0", "--text", "--remerge-diff", *_PATCH)
    words = (*compare, "--format=", "--no-show-signature")
    with _opened(store) as repository:
        process = repository.git.log(
            *words, "--end-of-options", head, f"^{target}", "--", as_process=True
        )
        yield from _added(process.stdout, limit)


def _added(patch: IO[bytes], limit: int) -> Iterator[tuple[str, int, str]]:
    path, number, left = "", 0, 0
    while line := patch.readline(limit + 1):
        limit -= len(line)
        if limit < 0:
            raise PatchCut
        if left:  # within a hunk, where a line may look like a heading
            if line.startswith(b"+"):
                # Texts of two bytes a character are read as if they had one.
                text = _text(line[1:].replace(b"\0", b""))
                yield path, number, text.removesuffix("\n")
                number += 1
            left -= not line.startswith(b"\\")
        elif line.startswith(b"+++ "):
            path = porting.named(line[4:-1]).removeprefix("b/")
        elif found := _HUNK.match(line):
            number, left = int(found[2]), int(found[1] or 1) + int(found[3] or 1)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _moment(seconds: int) -> str:
    """Return the time; one that no calendar has (commits may claim any) is empty."""
    try:
        return clock.render(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, OSError, ValueError):
        return ""
