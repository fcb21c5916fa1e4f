"""Objects that a partial clone has not fetched yet: found, and fetched for a person.

Fetching asks the remote that the repository names, over https, ssh or this machine's
files; programs that the repository names are not run. See git-config(1), `promisor`.
"""

import re
from collections.abc import Iterator, Sequence

from active_contexts.worktree_state.entries import common_folder, read
from active_contexts.worktree_state.model import TrackedRepository
from coordinator.kernel import git, git_settings
from coordinator.kernel.errors import External
from coordinator.kernel.git import Repository
from coordinator.kernel.git_settings import Setting
from coordinator.kernel.text.names import display

_PROMISOR = re.compile(rb"(?im)^\s*promisor\s*=\s*(?:true|yes|on|1)\s*$")
_REMOTE = re.compile(r"remote\.(.+)\.promisor")
_HELPERS = re.compile(r"credential\.(.+\.)?helper|remote\..+\.vcs")
_SECONDS = 600.0
_ROUNDS = 100  # a clone without trees learns of one level of folders in each
_OUTSIDE = {"system", "global"}


class Promised(External):
    """A partial clone lacks what a worktree needs, and it was not fetched."""

    def __init__(self, tracked: TrackedRepository, count: int, reason: str) -> None:
        super().__init__(
            f"{tracked.name} is a partial clone that lacks {count} objects: {reason}.",
            hint="A maintainer who is online brings them: coordinator worktree add …, "
            f"or git -C {display(str(tracked.path))} backfill (git 2.49).",
        )


def is_partial(tracked: TrackedRepository) -> bool:
    """Tell whether a repository may lack objects that its remote promised."""
    return bool(_PROMISOR.search(read(common_folder(tracked.path) / "config")))


def check(tracked: TrackedRepository, commit: str) -> None:
    """Refuse a commit whose files are not all here.

    Raises:
        Promised: Some are missing.
    """
    count = len(_missing(tracked, commit))
    if count:
        raise Promised(tracked, count, "only a maintainer may fetch them")


def fetch(tracked: TrackedRepository, commit: str) -> None:
    """Fetch the files of a commit that are missing, if any.

    Raises:
        Promised: The remote does not give them.
    """
    for _ in range(_ROUNDS):
        missing = _missing(tracked, commit)
        if not missing:
            return
        _fetch(tracked, missing)
    raise Promised(tracked, len(missing), "the remote does not give them all")


def _missing(tracked: TrackedRepository, commit: str) -> list[str]:
    if not is_partial(tracked):
        return []
    words = ("--objects", "--missing=print", "--no-walk", commit, "--")
    lines = Repository(tracked.path).run("rev-list", *words).split("\n")
    return [x[1:] for x in lines if x.startswith("?")]


def _fetch(tracked: TrackedRepository, missing: Sequence[str]) -> None:
    settings = git_settings.read(Repository(tracked.path))
    if any(map(_names_program, settings)):
        reason = "its own configuration names a program to fetch them with"
        raise Promised(tracked, len(missing), reason)
    remote = next(_remotes(settings), "")
    harmless = dict(_harmless(settings))
    words = (
        *git.FETCH,
        *("--upload-pack=git-upload-pack", "--stdin", "--end-of-options", remote),
    )
    done = git.ask_as_user(
        Repository(tracked.path, harmless),
        *words,
        stdin="".join(f"{x}\n" for x in missing).encode(),
        seconds=_SECONDS,
    )
    if done.code:
        raise Promised(tracked, len(missing), display(done.complaint))


def _names_program(one: Setting) -> bool:
    is_own = one.scope in {"local", "worktree"}
    return is_own and bool(_HELPERS.fullmatch(one.key))


def _remotes(settings: Sequence[Setting]) -> Iterator[str]:
    for one in settings:
        found = _REMOTE.fullmatch(one.key)
        if found and one.value.lower() in {"true", "yes", "on", "1", ""}:
            yield found[1]


def _harmless(settings: Sequence[Setting]) -> Iterator[tuple[str, str]]:
    """Yield settings that put the user's own programs into the place of others."""
    yield "fetch.negotiationAlgorithm", "noop"
    yield "core.alternateRefsCommand", "true"
    for key in ("core.sshcommand", "core.askpass"):
        own = [x.value for x in settings if x.key == key and x.scope in _OUTSIDE]
        yield key, own[-1] if own else ("ssh" if key == "core.sshcommand" else "true")
