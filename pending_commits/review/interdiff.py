"""What an author changed from one patchset to another, across a rebase too.

The earlier patchset's change is carried to the later one's base, without a checkout,
and compared with the later one. What that takes is thrown away: the store is only read.
"""

from dataclasses import dataclass
from pathlib import Path

from coordinator.kernel.git import GitFailed, Repository
from coordinator.kernel.text.names import escaped
from pending_commits import changes
from pending_commits.incoming import incoming
from pending_commits.review.model import Span

_WHO = {
    "GIT_AUTHOR_NAME": "coordinator",
    "GIT_AUTHOR_EMAIL": "coordinator@localhost",
    "GIT_COMMITTER_NAME": "coordinator",
    "GIT_COMMITTER_EMAIL": "coordinator@localhost",
}
_MOST_PATHS = 200
_CONFLICTS = 1  # git-merge-tree(1): the exit code where it does not merge cleanly


@dataclass(frozen=True, slots=True)
class Interdiff:
    """The patch; where files cannot be carried over, they are compared as they were."""

    patch: str
    compared_whole: tuple[str, ...] = ()


def interdiff(store: Path, span: Span, limit: int) -> Interdiff:
    """Return what the later head changes of the earlier one, cut after `limit` bytes.

    Raises:
        StoreUnreadable, GitFailed: A commit is not in the store.
    """
    if span.base == span.later_base or not (span.base and span.later_base):
        return Interdiff(changes.between(store, span.head, span.later, limit))
    with incoming(store) as room:
        git, extra = Repository(store), {**_WHO, **room.environment}
        tree, clashing = _carried(git, extra, span)
        aside = [f":(top,exclude,literal){x}" for x in clashing[:_MOST_PATHS]]
        paths = [":(top)", *aside] if aside else []
        patch = changes.between(store, tree, span.later, limit, paths, room.folder)
    if len(clashing) > _MOST_PATHS:  # a command line has room for no more
        patch = changes.between(store, span.head, span.later, limit)
        return Interdiff(patch, tuple(map(escaped, clashing)))
    whole = [f":(top,literal){x}" for x in clashing]
    if whole:
        patch += changes.between(store, span.head, span.later, limit, whole)
    return Interdiff(patch, tuple(map(escaped, clashing)))


def _carried(
    git: Repository, extra: dict[str, str], span: Span
) -> tuple[str, list[str]]:
    """Return the earlier change on the later base, as a tree, and what does not fit."""

    def commit(revision: str) -> str:
        # A parent made for the purpose: `--merge-base` came with git 2.40.
        words = (
            "commit-tree",
            f"{revision}^{{tree}}",
            "-p",
            span.base,
            "-m",
            "carried",
        )
        return git.run(*words, extra=extra)

    words = ("merge-tree", "--write-tree", "--name-only", "--no-messages", "-z")
    pair = (commit(span.later_base), commit(span.head))
    done = git.ask(*words, *pair, extra=extra)
    if done.code not in {0, _CONFLICTS}:
        raise GitFailed(words, done)
    tree, *clashing = done.text.split("\0")
    return tree, [x for x in clashing if x]
