"""The daemon's look at a repository's branches and worktrees, and what has drifted.

It finds what went round the hooks. It changes nothing: each drift is a problem whose
hint is the command that mends it.
"""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from pathlib import Path

from active_contexts.branches import hooks
from active_contexts.branches.branch_rules import (
    NameVerdict,
    explain,
    free_name,
    proper_name,
    verdict,
)
from active_contexts.branches.hook_files import HookState
from active_contexts.worktree_state.commands import shortly, without_filters
from active_contexts.worktree_state.entries import (
    Identity,
    WorktreeEntry,
    common_folder,
    entries,
    identity,
    read,
    scan,
)
from active_contexts.worktree_state.model import (
    AssignedWorktree,
    Head,
    TargetMissing,
    TrackedRepository,
)
from coordinator.kernel import git
from coordinator.kernel.git import Repository
from coordinator.kernel.problems import Problem
from coordinator.kernel.system.start_errors import TimedOut
from coordinator.kernel.system.threads import abreast
from coordinator.kernel.text.names import display

_REPAIR = "Run: coordinator worktree repair"
_INSTALL = "Run: coordinator hooks install"
_OWN_HOOKS = re.compile(rb"^\s*hookspath\s*=", re.MULTILINE | re.IGNORECASE)
_PLAIN = re.compile(r"[\w./@%+=:,-]+")
_HOOK_WORDS = {
    HookState.MISSING: "The hooks that check branch names are not installed.",
    HookState.FOREIGN: "Other hooks run instead of those that check branch names.",
    HookState.OUTDATED: "The hooks that check branch names are of another version.",
}


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found.

    `heads` has what is checked out in each known worktree that is there: the branch
    and its commit, either empty. `branches` are all branches and their commits.
    """

    heads: Mapping[Path, Head]
    branches: Mapping[str, str]
    drifts: tuple[Problem, ...]


def fingerprint(common: Path) -> str:
    """Return a word that changes when branches, worktrees or hooks may have changed.

    It starts no process; files are stat'ed, and only `gitdir` files are read.
    """
    known = blake2b(digest_size=16)
    for line in _stamps(common):
        known.update(line.encode("utf-8", "surrogateescape"))
    return known.hexdigest()


def look(
    tracked: TrackedRepository,
    known: Sequence[AssignedWorktree],
    prefixes: Sequence[str],
) -> Look:
    """Look at a repository with three git commands.

    `known` are the worktrees that agents were given in it; problems name their
    folders, and the repository by its name.

    Raises:
        NotARepository: The repository is gone.
    """
    branches = _branches(tracked)
    listed = _listed(tracked)
    heads = {
        x.path: listed[identity(x.path)]
        for x in known
        if x.path.is_dir() and identity(x.path) in listed
    }
    found = Look(heads, branches, ())
    inner = nested(common_folder(tracked.path), known)
    shown = Look({x.path: y.head for x, y in inner.items()}, branches, ())
    drifts = (
        *_target_drifts(tracked, branches),
        *_hook_drifts(tracked, known),
        *_name_drifts(tracked, branches, prefixes),
        *_folder_drifts(tracked, known),
        *_silent(tracked, known),
        *_checkout_drifts(tracked, known, found, prefixes),
        *_checkout_drifts(tracked, list(inner), shown, prefixes),
    )
    return replace(found, drifts=drifts)


def blocking(tracked: TrackedRepository, prefixes: Sequence[str]) -> list[Problem]:
    """Return the branches that keep some agent from having any.

    Raises:
        GitFailed: Git does not tell.
    """
    code = f"branch-{NameVerdict.BLOCKS_NAMESPACE}"
    found = _name_drifts(tracked, _branches(tracked), prefixes)
    return [x for x in found if x.code == code]


def nested(
    common: Path, known: Sequence[AssignedWorktree]
) -> dict[AssignedWorktree, WorktreeEntry]:
    """Return the worktrees that were made inside of agents' own, as these agents'.

    Tools of agents make some, in a folder of the worktree that they work in.
    """
    outer = {identity(x.path): x for x in known}
    pairs = (
        (x, [outer.get(identity(y)) for y in x.path.parents]) for x in entries(common)
    )
    found = ((x, next((y for y in above if y), None)) for x, above in pairs)
    return {replace(y, path=x.path): x for x, y in found if y is not None}


def _stamps(common: Path) -> Iterator[str]:
    # It is asked for at each call; strings take a fifth of the time of paths.
    single = ("packed-refs", "reftable/tables.list", "HEAD", "config")
    yield from (_stamp(f"{common}/{x}") for x in ("shallow", "objects/pack"))
    yield from (_stamp(f"{common}/{x}") for x in single)
    yield from (_stamp(x) for x in hooks.watched(common))
    yield from _tree(f"{common}/refs/heads")
    for entry in entries(common):
        names = ("HEAD", "gitdir", "reftable/tables.list", "config.worktree")
        yield from (_stamp(f"{entry.folder}/{x}") for x in names)
        yield _stamp(f"{entry.path}/.git")


def _tree(folder: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as found:
            inner = sorted(found, key=lambda x: x.name)
    except OSError:
        return
    for item in inner:
        yield _stamp(item.path)
        if item.is_dir(follow_symlinks=False):
            yield from _tree(item.path)


def _stamp(path: str) -> str:
    try:
        found = os.lstat(path)
    except OSError:
        return f"{path} -\n"
    return f"{path} {found.st_ino} {found.st_size} {found.st_mtime_ns}\n"


def _branches(tracked: TrackedRepository) -> dict[str, str]:
    found = git.refs(Repository(tracked.path), "refs/heads")
    return {k.removeprefix("refs/heads/"): v for k, v in found.items()}


def _listed(tracked: TrackedRepository) -> dict[Identity, Head]:
    """Return what git has checked out where, the main worktree included."""
    said = Repository(tracked.path).run(
        *("worktree", "list", "--porcelain", "-z"), seconds=git.LOOK_SECONDS
    )
    found: dict[Identity, Head] = {}
    for block in said.split("\0\0"):
        pairs = (x.partition(" ") for x in block.split("\0") if x)
        facts = {key: value for key, _, value in pairs}
        branch = facts.get("branch", "").removeprefix("refs/heads/")
        commit = facts.get("HEAD", "")
        if "worktree" in facts:
            found[identity(Path(facts["worktree"]))] = Head(branch, commit)
    return found


def _target_drifts(
    tracked: TrackedRepository, branches: Collection[str]
) -> Iterator[Problem]:
    if tracked.target not in branches:
        gone = TargetMissing(tracked)
        yield _drift(tracked.name, "target-missing", gone.message, gone.hint)


def _hook_drifts(
    tracked: TrackedRepository, known: Sequence[AssignedWorktree]
) -> Iterator[Problem]:
    state = hooks.state(tracked.path)
    if state is not HookState.INSTALLED:
        yield _drift(tracked.name, f"hooks-{state}", _HOOK_WORDS[state], _INSTALL)
    paths = {identity(x.path): x.path.name for x in known}
    for entry in entries(common_folder(tracked.path)):
        own = _OWN_HOOKS.search(read(entry.folder / "config.worktree"))
        if own and identity(entry.path) in paths:
            message = "This worktree's own configuration switches the hooks off."
            hint = "Run there: git config --worktree --unset core.hooksPath"
            yield _drift(paths[identity(entry.path)], "hooks-foreign", message, hint)


def _name_drifts(
    tracked: TrackedRepository, branches: Mapping[str, str], prefixes: Sequence[str]
) -> Iterator[Problem]:
    for branch in branches:
        said = verdict(branch, own_prefix=None, prefixes=prefixes)
        if said is not NameVerdict.FINE:
            message = explain(branch, said, own_prefix=None)
            hint = _rename(tracked.path, branch, prefixes, branches)
            yield _drift(tracked.name, f"branch-{said}", message, hint)


def _folder_drifts(
    tracked: TrackedRepository, known: Sequence[AssignedWorktree]
) -> Iterator[Problem]:
    common = common_folder(tracked.path)
    by_path = {identity(x.path): x for x in entries(common)}
    moved = _moved(known, by_path)
    for one in known:
        entry = by_path.get(identity(one.path))
        name = one.path.name
        if entry is not None and entry.is_present:
            continue
        if entry is not None and entry.folder in moved:
            message = f"The worktree was moved to {display(moved[entry.folder].name)}."
            yield _drift(name, "worktree-moved", message, _REPAIR)
        elif os.path.lexists(one.path):
            message = "The folder is no worktree of the repository any more."
            yield _drift(name, "worktree-cut-off", message, _REPAIR)
        else:
            yield _drift(name, "worktree-missing", "The worktree is gone.", _REPAIR)
    paths = {identity(x.path) for x in known}
    for place, entry in by_path.items():
        if place not in paths and entry.role and not entry.path.exists():
            message = f"Git still knows a worktree here, of {display(entry.role)}."
            yield _drift(entry.path.name, "worktree-prunable", message, _REPAIR)


def _silent(
    tracked: TrackedRepository, known: Sequence[AssignedWorktree]
) -> Iterator[Problem]:
    """Yield worktrees that keep git waiting, by a configuration of their own."""
    names = {x.path.resolve(): x.path.name for x in known}
    found = [
        partial(_ask, names[x.path], x)
        for x in entries(common_folder(tracked.path))
        if x.path in names and (x.folder / "config.worktree").exists()
    ]
    yield from (x for x in abreast(found) if x is not None)


def _ask(name: str, entry: WorktreeEntry) -> Problem | None:
    try:
        shortly(without_filters(entry)).ask("rev-parse", "--git-dir")
    except TimedOut as error:
        return _drift(name, "worktree-unreadable", error.message, error.hint)
    return None


def _moved(
    known: Sequence[AssignedWorktree], by_path: Mapping[Identity, WorktreeEntry]
) -> dict[Path, Path]:
    gone = [x for x in known if not x.path.exists() and identity(x.path) in by_path]
    found: dict[Path, Path] = {}
    for workspace in {x.path.parent for x in gone if x.path.parent.is_dir()}:
        found |= scan(workspace)
    return found


def _checkout_drifts(
    tracked: TrackedRepository,
    known: Sequence[AssignedWorktree],
    found: Look,
    prefixes: Sequence[str],
) -> Iterator[Problem]:
    for one in known:
        branch = found.heads[one.path].branch if one.path in found.heads else ""
        said = verdict(branch, own_prefix=one.prefix, prefixes=prefixes)
        # A wrong name of a branch that exists is told of once, by `_name_drifts`.
        told = said is not NameVerdict.NOT_OWN and branch in found.branches
        if not branch or said is NameVerdict.FINE or told:
            continue
        message = explain(branch, said, own_prefix=one.prefix)
        hint = _rename(one.path, branch, [one.prefix], found.branches)
        if _is_anothers(tracked, one, branch, prefixes):
            hint = f"Run: git -C {_quoted(str(one.path))} switch --detach"
        yield _drift(one.path.name, f"branch-{said}", message, hint)


def _is_anothers(
    tracked: TrackedRepository,
    one: AssignedWorktree,
    branch: str,
    prefixes: Sequence[str],
) -> bool:
    others = (x for x in prefixes if x != one.prefix)
    return branch == tracked.target or any(branch.startswith(f"{x}/") for x in others)


def _drift(path: str, code: str, message: str, hint: str) -> Problem:
    return Problem(path, 0, code, message, hint)


def _rename(
    where: Path, branch: str, prefixes: Sequence[str], branches: Iterable[str]
) -> str:
    others = (x for x in branches if x != branch)
    wanted = free_name(proper_name(branch, prefixes), others)
    names = f"{_quoted(branch)} {_quoted(wanted)}"
    return f"Run: git -C {_quoted(str(where))} branch -m {names}"


def _quoted(text: str) -> str:
    shown = display(text)
    return shown if _PLAIN.fullmatch(shown) else "'" + shown.replace("'", "'\\''") + "'"
