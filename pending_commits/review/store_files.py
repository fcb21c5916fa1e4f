"""Files of patchsets read in the store: lines, and where they are in another patchset.

It reads by object id, so that the same ids give the same answer for ever, and writes
nothing.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from coordinator.kernel.git import Repository
from coordinator.kernel.text.names import escaped
from pending_commits.review import porting
from pending_commits.review.model import ReviewComment
from pending_commits.review.porting import ChangedFile

_WORDS = (
    *("diff-tree", "-r", "-p", "-U0", "-M50%", "-l400", "--no-color", "--full-index"),
    # Patience keeps every line that is the only one of its text where it can.
    *("--patience", "--ignore-cr-at-eol", "--no-ext-diff", "--no-textconv"),
    *("--src-prefix=a/", "--dst-prefix=b/", "--end-of-options"),
)
_MOST_BYTES = 1 << 20


@lru_cache(maxsize=64)
def changed(store: Path, before: str, after: str) -> dict[str, ChangedFile]:
    """Return how files differ between two commits, by their path in the first.

    Raises:
        GitFailed: One of the two is not in the store.
    """
    git = Repository(store)
    done = git.ask(*_WORDS, before, after)
    if done.code:
        git.run(*_WORDS, before, after)  # it says why
    return porting.parse(done.stdout)


def lines(store: Path, commit: str, path: str) -> list[str] | None:
    """Return the lines of a text file at a commit; None where there is no such file.

    `path` is written as it is shown. A file of over a megabyte counts as none.

    Raises:
        GitFailed: The commit is not in the store.
    """
    git = Repository(store)
    listed = git.run("ls-tree", "-r", "-z", "--full-tree", commit).split("\0")
    pairs = (x.partition("\t") for x in listed if x)
    blobs = {escaped(y): x.split(" ") for x, _, y in pairs}
    found = blobs.get(path)
    if found is None or found[1] != "blob":
        return None
    return _lines(git, found[2])


def _lines(git: Repository, blob: str) -> list[str] | None:
    if int(git.run("cat-file", "-s", blob)) > _MOST_BYTES:
        return None
    data = git.ask("cat-file", "blob", blob).stdout
    if b"\0" in data:
        return None
    return data.decode("utf-8", "backslashreplace").split("\n")


def line_now(store: Path, comment: ReviewComment, head: str) -> tuple[str, int]:
    """Return file and line of a comment at another head; the line is 0: it went.

    A file that went is empty; a comment without a line has 0 in a file that is there.

    Raises:
        GitFailed: A commit is not in the store.
    """
    if not comment.file or comment.head == head:
        return comment.file, comment.line
    found = changed(store, comment.head, head).get(comment.file)
    if found is None:
        return comment.file, comment.line
    line = found.line_now(comment.line) if comment.line else 0
    if comment.line and not line and found.path:
        texts = _both(store, comment, head, found.path)
        line = porting.elsewhere(comment.quoted, *texts)
    return found.path, line


def _both(
    store: Path, comment: ReviewComment, head: str, path: str
) -> tuple[Sequence[str], Sequence[str]]:
    before = lines(store, comment.head, comment.file)
    return before or (), lines(store, head, path) or ()
