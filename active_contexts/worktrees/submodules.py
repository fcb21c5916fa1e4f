"""Submodules of a worktree: set up in a new one, and what only one of them has.

Their git directories lie below the worktree's entry and go with it. What they have that
is nowhere else is found, and saved in the superproject's repository.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from active_contexts.worktree_state.changes import changes
from active_contexts.worktree_state.commands import (
    Inside,
    with_filters,
    without_filters,
)
from active_contexts.worktree_state.contents import Contents, Submodule, submodules
from active_contexts.worktree_state.entries import (
    WorktreeEntry,
    common_folder,
    operation,
    private_folder,
    read_head,
)
from active_contexts.worktrees.private_index import private_index
from active_contexts.worktrees.saving import (
    commits,
    earlier,
    latest,
    logged,
    saving,
    trees,
    write,
)
from coordinator.kernel import git
from coordinator.kernel.disk import deleting, files
from coordinator.kernel.errors import CoordinatorError, External
from coordinator.kernel.git import Repository
from coordinator.kernel.text.names import slug

_PATHS = r"^submodule\..*\.path$"
_SAFE = re.compile(r"(?!\.\.?(/|$))[^/\0]+(/(?!\.\.?(/|$))[^/\0]+)*")


class NotBrought(External):
    """What only a submodule has cannot be brought into the superproject."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"What only the submodule {name} has cannot be saved: {reason}.",
            hint="Push it from the submodule's folder, then try again.",
        )


def findings(entry: WorktreeEntry, found: Contents) -> tuple[str, ...]:
    """Return in words what only a submodule has; one that is as it came is none."""
    pairs = ((x, _held(entry, x)) for x in submodules(entry, found.submodules))
    return tuple(f"{x.name} ({', '.join(what)})" for x, what in pairs if what)


def save(entry: WorktreeEntry, found: Contents, under: str) -> tuple[str, ...]:
    """Save what only submodules have below refs of the superproject; return these.

    Raises:
        NotBrought: The superproject cannot take it.
        GitFailed: Something could not be saved.
    """
    made: list[str] = []
    for number, one in enumerate(submodules(entry, found.submodules)):
        name = f"{under}/submodule-{number}-{slug(one.name) or 'unnamed'}"
        made += _save(entry, one, name)
    return tuple(made)


def _own(one: Submodule) -> WorktreeEntry:
    return WorktreeEntry(one.folder, one.path or one.folder / "no-files")


def _held(entry: WorktreeEntry, one: Submodule) -> list[str]:
    worktree = with_filters(_own(one))
    counts = {
        "changed": len(_changed(worktree)) if one.path else 0,
        "commits pushed nowhere": len(_unpushed(entry, one, worktree)),
        "unfinished operations": 1 if operation(one.folder) else 0,
    }
    return [f"{count} {what}" for what, count in counts.items() if count]


def _changed(worktree: Inside) -> tuple[str, ...]:
    with private_index(worktree) as shown:
        found = changes(shown)
    return found.changed + found.untracked


def _unpushed(entry: WorktreeEntry, one: Submodule, worktree: Inside) -> list[str]:
    """Return the latest commits that neither a remote nor the repository itself has."""
    wanted = [*_branches_and_stashes(worktree), *commits(worktree).values()]
    return _nowhere_else(entry, one, wanted)


def _branches_and_stashes(worktree: Inside) -> list[str]:
    heads = worktree.run("for-each-ref", "--format=%(objectname)", "refs/heads")
    stashes = worktree.ask("log", "-g", "-s", "--format=%H", "refs/stash", "--")
    return [*heads.split(), *(stashes.text.split() if not stashes.code else ())]


def _nowhere_else(entry: WorktreeEntry, one: Submodule, wanted: list[str]) -> list[str]:
    elsewhere = [f"^{x}" for x in _at_home(entry, one)]
    return latest(
        without_filters(_own(one)), [*wanted, *elsewhere], "--not", "--remotes"
    )


def _at_home(entry: WorktreeEntry, one: Submodule) -> list[str]:
    """Return what the repository's own copy of the submodule has."""
    home = common_folder(entry.folder) / "modules" / one.name
    if not (home / "HEAD").is_file():
        return []
    return list(git.refs(Repository(home), "refs").values())


def _save(entry: WorktreeEntry, one: Submodule, under: str) -> tuple[str, ...]:
    worktree = saving(_own(one))
    found = commits(worktree)
    if one.path is not None:
        found |= trees(worktree, found.get("head", ""))
    others = (*_branches_and_stashes(worktree), *logged(_own(one)))
    wanted = [*found.values(), *others]
    tips = _nowhere_else(entry, one, wanted)
    kept = {k: v for k, v in found.items() if v in tips}
    rest = [x for x in tips if x not in kept.values()]
    refs = write(worktree, under, kept | earlier(worktree, rest))
    for ref in refs:
        _bring(entry, one, ref)
    return refs


def _bring(entry: WorktreeEntry, one: Submodule, ref: str) -> None:
    if one.path is None:
        # It may lead to files that are gone, where git could not serve it.
        without_filters(_own(one)).ask("config", "--unset", "core.worktree")
    target = saving(WorktreeEntry(common_folder(entry.folder), entry.path)).repository
    what = ("--end-of-options", str(one.folder), f"+{ref}:{ref}")
    done = target.ask(*git.FETCH_HERE, *what, extra=git.FETCHING)
    # What is cut off (a shallow clone) is refused with a warning and exit code 0.
    if git.resolve(target, ref) is None:
        raise NotBrought(one.name, done.complaint or "it is a shallow clone")


def set_up(entry: WorktreeEntry) -> None:
    """Set up the submodules that the repository itself has, and a worktree lacks.

    Their objects are linked, not copied, where that can be; nothing is asked of
    another machine. One that the repository has at other commits only stays empty;
    one that is there, and as it came, follows what is checked out. The agent's own
    `git submodule update --init` does what could not be done.
    """
    home = common_folder(entry.folder) / "modules"
    if not home.is_dir():
        return
    for name, path, commit in _named(with_filters(entry)):
        source = Repository(home / name)
        is_here = (source.path / "HEAD").is_file() and git.resolve(source, commit)
        with suppress(CoordinatorError):
            if is_here and _is_free(entry.path, path):
                _set_up(entry, name, path, commit)
            elif is_here:
                _follow(entry, name, path, commit)


def _follow(entry: WorktreeEntry, name: str, path: str, commit: str) -> None:
    one = Submodule(name, entry.folder / "modules" / name, entry.path / path)
    head = read_head(one.folder)
    if head.commit in {"", commit} or _held(entry, one):
        return  # it is on a branch, or there already, or in use
    _fetch(Repository(one.folder), common_folder(entry.folder) / "modules" / name)
    _stand(one, commit)


def _stand(one: Submodule, commit: str) -> None:
    worktree = with_filters(_own(one))
    worktree.run("update-ref", "--no-deref", "HEAD", commit)
    worktree.run("reset", "-q", "--hard")


def _named(worktree: Inside) -> Iterator[tuple[str, str, str]]:
    """Yield name, path and commit of the submodules in what is checked out."""
    said = worktree.ask(
        "config", "-z", "--blob", "HEAD:.gitmodules", "--get-regexp", _PATHS
    )
    pairs = (x.partition("\n") for x in said.text.split("\0") if x)
    names = {path: key.split(".", 1)[1].rpartition(".")[0] for key, _, path in pairs}
    for line in (
        worktree.run("ls-tree", "-r", "-z", "HEAD").split("\0") if names else ()
    ):
        facts, _, path = line.partition("\t")
        if facts.startswith("160000") and path in names:
            name = names[path]
            if _SAFE.fullmatch(name) and _SAFE.fullmatch(path):
                yield name, path, facts.split(" ")[2]


def _is_free(top: Path, path: str) -> bool:
    """Tell whether an empty folder, or none, stands there, reached through no link."""
    place = top / path
    if (
        place.parent.resolve() != top.resolve() / Path(path).parent
        or place.is_symlink()
    ):
        return False
    return not os.path.lexists(place) or (place.is_dir() and not any(place.iterdir()))


def _set_up(entry: WorktreeEntry, name: str, path: str, commit: str) -> None:
    folder, place = entry.folder / "modules" / name, entry.path / path
    if not folder.is_dir():
        _clone(entry, name, folder)
    Repository(folder).run("config", "core.worktree", os.path.relpath(place, folder))
    place.mkdir(parents=True, exist_ok=True)
    line = f"gitdir: {os.path.relpath(folder, place)}\n".encode()
    files.write(place, ".git", line, temporary=place)
    _stand(Submodule(name, folder, place), commit)


def _clone(entry: WorktreeEntry, name: str, folder: Path) -> None:
    """Make a submodule's git directory like the repository's own, in one step."""
    common = common_folder(entry.folder)
    source, private = common / "modules" / name, private_folder(common)
    made = private / f"submodule-{secrets.token_hex(8)}"
    try:
        words = ("clone", "-q", "--bare", "--local", "--template=", "--")
        Repository(private).run(*words, str(source), str(made), extra=git.FETCHING)
        _shape(Repository(made), source)
        folder.parent.mkdir(parents=True, exist_ok=True)
        made.rename(folder)
    finally:
        if made.is_dir():
            deleting.delete(made)


def _fetch(into: Repository, source: Path) -> None:
    """Bring what the repository's own copy knows of the submodule's remote."""
    kinds = (f"+refs/{x}/*:refs/{x}/*" for x in ("remotes", "tags"))
    into.run(*git.FETCH_HERE, str(source), *kinds, extra=git.FETCHING)


def _shape(made: Repository, source: Path) -> None:
    """Give a bare clone the refs and settings that git gives to a submodule."""
    made.run("update-ref", "--no-deref", "HEAD", made.run("rev-parse", "HEAD"))
    heads = git.refs(made, "refs/heads")
    lines = "".join(f"delete {x}\0\0" for x in heads)
    made.run("update-ref", "--stdin", "-z", stdin=lines.encode())
    _fetch(made, source)
    url = Repository(source).ask("config", "--get", "remote.origin.url").text.strip()
    made.run("config", "remote.origin.url", url or str(source))
    made.run("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
    made.run("config", "core.bare", "false")
