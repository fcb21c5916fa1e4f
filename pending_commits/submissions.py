"""The coordinator's own store of git objects: what agents submitted stays in it.

It fetches from the user's repositories and writes only into the store; it runs no
program that an agent's repository names.
"""

from pathlib import Path

from coordinator.kernel import git
from coordinator.kernel.errors import Conflict, CoordinatorError, NotFound, Refused
from coordinator.kernel.git import GitFailed, Repository
from coordinator.kernel.names import display
from pending_commits.model import is_branch_name

_HEADS = "refs/heads/"
_ATTEMPTS = 3
_SECONDS = 600.0
_SETTINGS = {
    # git 2.39 syncs packs by itself, and neither refs nor loose objects.
    "core.fsync": "reference,loose-object",
    # An id that was accepted once can be found again after its ref has moved on.
    "core.logAllRefUpdates": "always",
    "gc.auto": "0",
    "gc.pruneExpire": "never",
    "gc.reflogExpire": "never",
    "gc.reflogExpireUnreachable": "never",
    "maintenance.auto": "false",
    "user.name": "coordinator",
    "user.email": "coordinator@localhost",
}
# gitprotocol-v2(5): what is wanted may be any object, "not limited to advertised" ones.
_PROTOCOL = {"protocol.version": "2"}
# git takes our settings away from the side that serves, which then refuses a folder
# of another owner; reading objects runs nothing that such a folder names.
_UPLOAD_PACK = "--upload-pack=git -c 'safe.directory=*' upload-pack"


class BadBranchName(Refused):
    """The name cannot be a branch; it never reaches git."""

    def __init__(self, branch: str) -> None:
        super().__init__(
            f"'{display(branch[:100])}' cannot be the name of a branch.",
            hint="Write the branch as git shows it, such as backend/login.",
        )


class RepositoryMissing(NotFound):
    """There is no git repository where one is expected."""

    def __init__(self, repository: str, source: Path) -> None:
        super().__init__(
            f"There is no git repository {repository} at {display(str(source))}.",
            hint="Mend its path in coordinator.toml, or run: coordinator doctor",
        )


class NoCommits(NotFound):
    """The repository is empty."""

    def __init__(self, repository: str) -> None:
        super().__init__(
            f"The repository {repository} has no commits yet.",
            hint="Make a first commit on its target branch, then try again.",
        )


class BranchMissing(NotFound):
    """The repository has no such branch, or it points at no commit."""

    def __init__(self, repository: str, branch: str) -> None:
        super().__init__(
            f"The repository {repository} has no branch {display(branch)}.",
            hint="Make it and commit to it, or name another with --branch; "
            "run: coordinator worktree list",
        )


class BranchMoves(Conflict):
    """The branch was rewritten each time that its head was about to be fetched."""

    def __init__(self, repository: str, branch: str) -> None:
        super().__init__(
            f"The branch {display(branch)} of {repository} moved {_ATTEMPTS} times "
            "while it was fetched.",
            hint="Wait until its agent rests, then try again.",
        )


class Shallow(Refused):
    """A shallow clone lacks history that merging would need."""

    def __init__(self, repository: str) -> None:
        super().__init__(
            f"The repository {repository} is a shallow clone: its history is cut off.",
            hint="Run in it: git fetch --unshallow",
        )


def open_store(path: Path) -> Repository:
    """Return the bare store at `path`; it is made where it is missing.

    Raises:
        GitFailed: git cannot make it.
    """
    if not path.is_dir():
        _make(path)
    return Repository(path)


def _make(path: Path) -> None:
    # Made beside and renamed, so that a crash leaves no store without its settings.
    made = path.with_name(f"{path.name}.new")
    Repository(path.parent).run(
        "init", "-q", "--bare", "--template=", "--initial-branch=main", "--", str(made)
    )
    for key, value in _SETTINGS.items():
        Repository(made).run("config", "--", key, value)
    made.rename(path)


def pending_ref(repository: str, item_id: str) -> str:
    """Return the store's ref for the accepted head of a pending commit."""
    return f"refs/repositories/{repository}/pending/{item_id}"


def seen_ref(repository: str, name: str) -> str:
    """Return the store's ref for a branch that was only looked at."""
    return f"refs/repositories/{repository}/seen/{name}"


def target_ref(repository: str) -> str:
    """Return the store's ref for the last fetched tip of a target branch."""
    return f"refs/repositories/{repository}/target"


def fetch_branch(
    store: Repository, source: Path, repository: str, branch: str, into: str
) -> str:
    """Bring a branch's head into the store, point `into` at it, and return its id.

    `branch` is a short name or a full `refs/heads/…`; `source` the repository or any
    of its worktrees. The name is read once, and exactly that id is fetched; where
    the store has it already, nothing is. An id that `into` had before stays stored.

    Raises:
        BadBranchName: The name is none.
        RepositoryMissing, NoCommits, BranchMissing: There is nothing to fetch.
        BranchMoves: The branch was rewritten under every attempt.
        Shallow: The repository lacks the history.
        GitFailed: An object is missing or broken, or `into` is no ref.
    """
    name = branch.removeprefix(_HEADS)
    if not is_branch_name(name):
        raise BadBranchName(branch)
    head = _head(source, repository, name)
    if git.resolve(store, into) == head:
        return head
    for _ in range(_ATTEMPTS):
        failure = _fetch(store, source, head, into)
        if failure is None:
            return head
        was, head = head, _head(source, repository, name)
        if was == head:
            raise _reason(failure, source, repository)
    raise BranchMoves(repository, name)


def _head(source: Path, repository: str, name: str) -> str:
    reader = Repository(source)
    if head := git.resolve(reader, f"{_HEADS}{name}"):
        return head
    if reader.ask("rev-parse", "--git-dir").code:
        raise RepositoryMissing(repository, source)
    if not reader.ask("for-each-ref", "--count=1").stdout:
        raise NoCommits(repository)
    raise BranchMissing(repository, name)


def _fetch(store: Repository, source: Path, head: str, into: str) -> GitFailed | None:
    """Fetch one id; git moves `into` only once everything below it is there."""
    words = (
        *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap="),
        *("--no-auto-maintenance", "--no-recurse-submodules", _UPLOAD_PACK),
        *("--end-of-options", str(source.absolute()), f"+{head}:{into}"),
    )
    fetching = Repository(store.path, {**store.settings, **_PROTOCOL})
    done = fetching.ask(*words, extra=git.FETCHING, seconds=_SECONDS)
    # Roots of a shallow clone are rejected with a warning and exit code 0.
    if done.code == 0 and git.resolve(store, into) == head:
        return None
    return GitFailed(words, done)


def _reason(failure: GitFailed, source: Path, repository: str) -> CoordinatorError:
    said = Repository(source).ask("rev-parse", "--is-shallow-repository").text
    return Shallow(repository) if said.strip() == "true" else failure
