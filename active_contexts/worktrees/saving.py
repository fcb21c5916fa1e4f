"""Saving all that a worktree holds below `refs/coordinator/saved/` in its repository.

The worktree, its index and its branch stay as they are; removing is for others. What a
filter stands before is left out: as it lies there it may be a secret that only the
filter seals (`filtered_files`).
"""

import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from active_contexts.worktree_state.changes import changes, filtered
from active_contexts.worktree_state.commands import Inside, with_filters
from active_contexts.worktree_state.entries import (
    WorktreeEntry,
    common_folder,
    read,
)
from active_contexts.worktree_state.model import AssignedWorktree
from active_contexts.worktrees.private_index import private_index, whole_tree
from coordinator.kernel.git import Repository

FOLDER = "refs/coordinator/saved"
_WHO = {
    "GIT_AUTHOR_NAME": "coordinator",
    "GIT_AUTHOR_EMAIL": "coordinator@localhost",
    "GIT_COMMITTER_NAME": "coordinator",
    "GIT_COMMITTER_EMAIL": "coordinator@localhost",
}
# By default git does not bring to the disk what it writes, and soon this is all there
# is. See core.fsync in git-config(1).
_SYNCED = {"core.fsync": "loose-object,reference", "core.packedRefsTimeout": "5000"}
_HEADS = (
    "MERGE_HEAD",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "MERGE_AUTOSTASH",
    "rebase-merge/orig-head",
    "rebase-merge/autostash",
    "rebase-apply/orig-head",
    "rebase-apply/autostash",
    "REBASE_HEAD",
    "ORIG_HEAD",
)
_OBJECT = re.compile(rb"[0-9a-f]{40,64}")
_LOGGED = re.compile(rb"^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) ", re.MULTILINE)
_LOG_LIMIT = 1 << 26
_OWN = ("refs/worktree", "refs/bisect", "refs/rewritten")
_STASH = re.compile(r"(?:WIP on|On) (.+?): ")


@dataclass(frozen=True, slots=True)
class Stash:
    """A stash entry: its name, such as `stash@{0}`, and its commit."""

    name: str
    commit: str


def place(known: AssignedWorktree, stamp: str) -> str:
    """Return the ref below which a worktree is saved; `stamp` is like no other."""
    return f"{FOLDER}/{known.prefix}/{known.path.name}/{stamp}"


def save(entry: WorktreeEntry, under: str) -> tuple[str, ...]:
    """Save a worktree below the ref `under`; return the refs made.

    `head`: what was checked out; `files`: its folder as a commit on top of that, with
    untracked files; `index`: what was staged, where it is neither; `earlier`: as
    `save_rest`; the others: stash entries and what an unfinished operation would go on
    with.

    Raises:
        GitFailed: Something could not be saved.
    """
    git = saving(entry)
    found = commits(git)
    found |= trees(git, found.get("head", ""))
    tips = _tips(git, logged(entry), known=found.values())
    return write(git, under, found | earlier(git, tips))


def save_rest(entry: WorktreeEntry, under: str) -> tuple[str, ...]:
    """Save what is lost with git's entry, though the folder is clean or gone.

    The names are those of `save`; nothing is saved that a ref of the repository or its
    reflog leads to. `earlier` has the commits that HEAD alone was at once, as parents
    of one commit where they are several. So a commit made detached is kept, while one
    that was amended on a branch stays where git keeps it: in that branch's reflog. To
    refuse the removal instead would be in the way after every rebase.

    Raises:
        GitFailed: Something could not be saved.
    """
    git = saving(entry)
    found = commits(git)
    if not entry.path.is_dir():
        found |= trees(git, found.get("head", ""))
    tips = _tips(git, [*found.values(), *logged(entry)])
    kept = {k: v for k, v in found.items() if v in tips or k.startswith("own-")}
    others = [x for x in tips if x not in kept.values()]
    return write(git, under, kept | earlier(git, others))


def filtered_files(entry: WorktreeEntry) -> tuple[str, ...]:
    """Return the files that `save` leaves out, since a filter stands before them."""
    with private_index(with_filters(entry)) as shown:
        found = changes(shown)
        mine = {*found.doubtful, *filtered(shown, [*found.changed, *found.untracked])}
    return tuple(sorted(x for x in mine if os.path.lexists(entry.path / x)))


def saving(entry: WorktreeEntry) -> Inside:
    """Return git for a worktree that signs what it makes, and brings it to the disk."""
    plain = with_filters(entry, _WHO)
    settings = {**plain.repository.settings, **_SYNCED}
    return replace(plain, repository=replace(plain.repository, settings=settings))


def write(git: Inside, under: str, found: dict[str, str]) -> tuple[str, ...]:
    """Make a ref below `under` for each name; return them."""
    lines = [f"update {under}/{name}\0{oid}\0\0" for name, oid in found.items()]
    if lines:
        git.run("update-ref", "--stdin", "-z", stdin="".join(lines).encode())
    return tuple(f"{under}/{name}" for name in found)


def stashes(git: Inside) -> tuple[Stash, ...]:
    """Return the stash entries that were made on the worktree's branch."""
    branch = git.entry.branch_in_use
    done = git.ask(
        "log", "-g", "-s", "--no-show-signature", "--format=%gd%x00%H%x00%gs",
        "refs/stash", "--",
    )  # fmt: skip
    # Not splitlines: a branch's name or a message may hold U+2028.
    lines = done.text.split("\n") if done.code == 0 and branch else []
    rows = (x.split("\0", 2) for x in lines if x)
    return tuple(Stash(name, oid) for name, oid, said in rows if _on(said) == branch)


def _on(said: str) -> str:
    found = _STASH.match(said)
    return found[1] if found else ""


def commits(git: Inside) -> dict[str, str]:
    """Return what is checked out, stashed and under way, each commit under one name."""
    found: dict[str, str] = {}
    for name, oid in _named(git):
        # ORIG_HEAD and its like mostly name what is saved already.
        if oid not in found.values():
            found[name] = oid
    return found


def _named(git: Inside) -> Iterator[tuple[str, str]]:
    head = git.ask("rev-parse", "--verify", "-q", "HEAD^{commit}")
    if head.code == 0:
        yield "head", head.text.strip()
    for number, stash in enumerate(stashes(git)):
        yield f"stash-{number}", stash.commit
    for name in _HEADS:
        for number, oid in enumerate(_OBJECT.findall(read(git.entry.folder / name))):
            yield f"{name.replace('/', '-').lower()}-{number}", oid.decode()
    # These refs are seen from this worktree only, and go with it.
    own = git.run("for-each-ref", "--format=%(objectname)", *_OWN).split()
    for number, oid in enumerate(own):
        yield f"own-{number}", oid


def logged(entry: WorktreeEntry) -> list[str]:
    """Return every object id that the worktree's HEAD was at, as its reflog says."""
    pairs = _LOGGED.findall(read(entry.folder / "logs" / "HEAD", _LOG_LIMIT))
    found = {x.decode() for pair in pairs for x in pair}
    return sorted(x for x in found if x.strip("0"))


def _tips(git: Inside, oids: Sequence[str], known: Collection[str] = ()) -> list[str]:
    """Return the latest of the commits that the ids lead to and nothing else does.

    Else are `known`, and what stays when the worktree goes: the repository's refs, its
    main worktree, and the reflogs of both.
    """
    shared = Repository(common_folder(git.entry.folder))
    wanted = (*oids, *(f"^{x}" for x in known))
    return latest(shared, wanted, "--single-worktree", "--not", "--all", "--reflog")


def latest(
    repository: Repository | Inside, wanted: Sequence[str], *others: str
) -> list[str]:
    """Return those of the wanted commits' history that are no other's parents.

    `wanted` are ids, with `^` what is not wanted; those that are not there count as
    nothing. `others` are more words of git-rev-list(1).
    """
    said = repository.run(
        *("rev-list", "--parents", "--ignore-missing", "--stdin", *others),
        stdin="".join(f"{x}\n" for x in wanted).encode(),
    )
    rows = [x.split() for x in said.split("\n") if x]
    parents = {x for row in rows for x in row[1:]}
    return [row[0] for row in rows if row[0] not in parents]


def earlier(git: Inside, tips: Sequence[str]) -> dict[str, str]:
    """Return the commits as one: as parents of a new one where they are several."""
    if len(tips) > 1:
        tips = [_commit(git, f"{tips[0]}^{{tree}}", *tips)]
    return {"earlier": tips[0]} if tips else {}


def trees(git: Inside, head: str) -> dict[str, str]:
    """Return commits of the files and of what is staged, where they are not `head`."""
    with private_index(git) as copy:
        done = copy.ask("write-tree")  # fails where a merge is unfinished
        tree = whole_tree(copy) if git.entry.path.is_dir() else ""
    there = done.code == 0 and (git.entry.folder / "index").exists()
    index = done.text.strip() if there else ""
    known = git.run("rev-parse", f"{head}^{{tree}}") if head else ""
    wanted = {"files": tree, "index": index if index != tree else ""}
    parents = [head] if head else []
    new = {k: v for k, v in wanted.items() if v not in {known, ""}}
    return {k: _commit(git, v, *parents) for k, v in new.items()}


def _commit(git: Inside, tree: str, *parents: str) -> str:
    words = [x for parent in parents for x in ("-p", parent)]
    return git.run("commit-tree", tree, *words, "-m", "Saved by the coordinator")
