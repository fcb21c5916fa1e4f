"""The coordinator's own store of git objects: what agents submitted stays in it.

It fetches from the user's repositories and writes only into the store; it runs no
program that an agent's repository names.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Lock

from coordinator.kernel import git
from coordinator.kernel.errors import Conflict, CoordinatorError, NotFound, Refused
from coordinator.kernel.git import GitFailed, Repository
from coordinator.kernel.text.git_names import is_branch_name
from coordinator.kernel.text.names import display, slug
from pending_commits.incoming import Incoming, incoming

_HEADS = "refs/heads/"
_MAKING = Lock()  # several threads may be the first
_ATTEMPTS = 3
_DEEPEST = 10_000  # commits that are newer than a repository's packs
_MOST_TIPS = 16
_SECONDS = 600.0
_SETTINGS = """\
[core]
\t# git 2.39 syncs packs by itself, and neither refs nor loose objects.
\tfsync = reference,loose-object
\t# An id that was accepted once can be found again after its ref has moved on.
\tlogAllRefUpdates = always
[gc]
\tauto = 0
\tpruneExpire = never
\treflogExpire = never
\treflogExpireUnreachable = never
[maintenance]
\tauto = false
[user]
\tname = coordinator
\temail = coordinator@localhost
"""
# gitprotocol-v2(5): what is wanted may be any object, "not limited to advertised" ones.
_PROTOCOL = {"protocol.version": "2"}


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


class BranchWithoutCommits(NotFound):
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


class Partial(Refused):
    """A partial clone lacks objects that its own history names."""

    def __init__(self, repository: str) -> None:
        super().__init__(
            f"The repository {repository} is a partial clone: it lacks objects.",
            hint="Run in it: git fetch --refetch --no-filter",
        )


def open_store(path: Path) -> Repository:
    """Return the bare store at `path`; it is made where it is missing.

    Raises:
        GitFailed: git cannot make it.
    """
    with _MAKING:
        if not path.is_dir():
            _make(path)
    return Repository(path)


def _make(path: Path) -> None:
    # Made beside and renamed, so that a crash leaves no store without its settings.
    made = path.with_name(f"{path.name}.new")
    Repository(path.parent).run(
        "init", "-q", "--bare", "--template=", "--initial-branch=main", "--", str(made)
    )
    with (made / "config").open("a") as settings:
        settings.write(_SETTINGS)
    made.rename(path)


def root_ref(repository: str) -> str:
    """Return what all refs of a repository in the store begin with."""
    return f"refs/repositories/{repository}"


def pending_ref(repository: str, item_id: str) -> str:
    """Return the store's ref for the accepted head of a pending commit."""
    return f"{root_ref(repository)}/pending/{item_id}"


def patchset_ref(repository: str, item_id: str, head: str) -> str:
    """Return the store's ref that keeps one head of a pending commit for ever."""
    return f"{root_ref(repository)}/patchsets/{item_id}/{head}"


def seen_ref(repository: str, name: str) -> str:
    """Return the store's ref for a branch that was only looked at."""
    return f"{root_ref(repository)}/seen/{name}"


def target_ref(repository: str) -> str:
    """Return the store's ref for the last fetched tip of a target branch."""
    return f"{root_ref(repository)}/target"


def fetch_branches(
    store: Repository, source: Path, repository: str, wanted: Mapping[str, str]
) -> list[str]:
    """Bring branches' heads into the store, point refs at them, and return their ids.

    `wanted` are branches by ref: short names or full `refs/heads/…`; `source` is the
    repository or any of its worktrees. Each name is read once, and exactly that id is
    fetched; where the store has it already, nothing is. An id that a ref had before
    stays stored.

    Raises:
        BadBranchName: A name is none.
        RepositoryMissing, NoCommits, BranchMissing: There is nothing to fetch.
        BranchMoves: A branch was rewritten under every attempt.
        Shallow, Partial: The repository lacks history or objects.
        GitFailed: An object is missing or broken.
    """
    heads = _heads(source, repository, wanted)
    for _ in range(_ATTEMPTS):
        new = {k: v for k, v in heads.items() if git.resolve(store, k) != v}
        failure = fetch_heads(store, source, repository, new)
        if failure is None:
            return list(heads.values())
        was, heads = heads, _heads(source, repository, wanted)
        if was == heads:
            raise _reason(failure, source, repository)
    raise BranchMoves(repository, ", ".join(wanted.values()))


def _heads(source: Path, repository: str, wanted: Mapping[str, str]) -> dict[str, str]:
    """Return the ids that the branches have now, by ref of the store."""
    return {k: _head(source, repository, v) for k, v in wanted.items()}


def _head(source: Path, repository: str, branch: str) -> str:
    name = branch.removeprefix(_HEADS)
    if not is_branch_name(name):
        raise BadBranchName(branch)
    reader = Repository(source)
    if head := git.resolve(reader, f"{_HEADS}{name}"):
        return head
    if reader.ask("rev-parse", "--git-dir", seconds=git.LOOK_SECONDS).code:
        raise RepositoryMissing(repository, source)
    # A damaged repository says so here: there are refs, and what they name is gone.
    if not reader.run("for-each-ref", "--count=1", seconds=git.LOOK_SECONDS):
        raise BranchWithoutCommits(repository)
    raise BranchMissing(repository, name)


def fetch_heads(
    store: Repository, source: Path, repository: str, heads: Mapping[str, str]
) -> GitFailed | None:
    """Bring ids with all that they lead to into the store, and point refs at them.

    `heads` are ids by ref. Nothing is left of what failed.

    Raises:
        Shallow: The repository's history is cut off.
    """
    if not heads:
        return None
    objects, is_shallow = _facts(source)
    if is_shallow:
        raise Shallow(repository)
    with incoming(store.path) as room:
        tips: list[str] = []
        if not git.refs(store, root_ref(repository)):
            tips = _link(store, room, objects, Repository(source), heads.values())
        failure = _fetch(store, room, source, heads.values(), tips)
        if failure and tips:
            room.clear()
            failure = _fetch(store, room, source, heads.values(), ())
        if failure is None:
            room.keep()
            point(store, heads)
    return failure


def stock(
    store: Repository,
    source: Path,
    repository: str,
    target: str,
    prefixes: Iterable[str],
) -> None:
    """Bring a target and all branches with some prefixes into the store, in advance.

    Raises:
        CoordinatorError: As `fetch_branches`; nothing was brought.
    """
    wanted = [f"{_HEADS}{target}", *(f"{_HEADS}{x}/" for x in prefixes)]
    found = git.refs(Repository(source), *wanted)
    heads = {
        seen_ref(repository, slug(x.removeprefix(_HEADS))): y for x, y in found.items()
    }
    if tip := found.get(wanted[0]):
        heads[target_ref(repository)] = tip
    present = git.refs(store, root_ref(repository))
    new = {k: v for k, v in heads.items() if present.get(k) != v}
    if failure := fetch_heads(store, source, repository, new):
        raise _reason(failure, source, repository)


def _facts(source: Path) -> tuple[Path, bool]:
    """Return where a repository's objects are, and whether its history is cut off."""
    said = Repository(source).run(
        *("rev-parse", "--path-format=absolute", "--is-shallow-repository"),
        "--git-common-dir",
        seconds=git.LOOK_SECONDS,
    )
    is_shallow, _, common = said.partition("\n")
    return Path(common) / "objects", is_shallow == "true"


def _link(
    store: Repository,
    room: Incoming,
    objects: Path,
    source: Repository,
    heads: Iterable[str],
) -> list[str]:
    """Link a repository's packs; return commits of the heads' past that are in them.

    Without such a commit git would fetch everything once more, so nothing is linked.
    """
    if not room.link(objects):
        return []
    past = source.ask("rev-list", f"--max-count={_DEEPEST}", *heads, "--").stdout
    said = store.ask(
        *("cat-file", "--batch-check=%(objectname)", "--buffer"),
        stdin=past,
        extra=room.environment,
    )
    found = [x for x in said.text.splitlines() if not x.endswith(" missing")]
    if not found:
        room.clear()
    return found[:_MOST_TIPS]


def _fetch(
    store: Repository,
    room: Incoming,
    source: Path,
    heads: Iterable[str],
    tips: Iterable[str],
) -> GitFailed | None:
    """Fetch ids; git fails where anything that they lead to is missing then."""
    words = (
        *git.FETCH_HERE,
        *(f"--negotiation-tip={x}" for x in tips),
        *("--end-of-options", str(source.absolute()), *dict.fromkeys(heads)),
    )
    fetching = Repository(store.path, {**store.settings, **_PROTOCOL})
    extra = {**git.FETCHING, **room.environment}
    done = fetching.ask(*words, extra=extra, seconds=_SECONDS)
    return GitFailed(words, done) if done.code else None


def point(store: Repository, heads: Mapping[str, str]) -> None:
    """Point refs of the store at ids that are in it."""
    lines = (f"update {ref}\0{head}\0\0" for ref, head in heads.items())
    store.run("update-ref", "--stdin", "-z", stdin="".join(lines).encode())


def _reason(failure: GitFailed, source: Path, repository: str) -> CoordinatorError:
    asked = (
        "config",
        "--get-regexp",
        r"^(remote\..*\.promisor|extensions.partialclone)$",
    )
    is_partial = not Repository(source).ask(*asked, seconds=git.LOOK_SECONDS).code
    return Partial(repository) if is_partial else failure
