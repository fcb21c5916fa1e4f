"""Saving all that a worktree holds below `refs/coordinator/saved/` in its repository.

The worktree, its index and its branch stay as they are; removing is for others.
"""

import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from active_contexts.worktree_entries import Entry, common_folder, private_folder, read
from active_contexts.worktree_git import Inside, hidden, inside

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
_STASH = re.compile(r"(?:WIP on|On) (.+?): ")


@dataclass(frozen=True, slots=True)
class Stash:
    """A stash entry: its name, such as `stash@{0}`, and its commit."""

    name: str
    commit: str


def save(entry: Entry, under: str) -> tuple[str, ...]:
    """Save a worktree below the ref `under`; return the refs made.

    `head`: what was checked out; `files`: its folder as a commit on top of that, with
    untracked files; `index`: what was staged, where it is neither; the rest: stash
    entries and what an unfinished operation would go on with.

    Raises:
        GitFailed: Something could not be saved.
    """
    plain = inside(entry, _WHO)
    settings = {**plain.repository.settings, **_SYNCED}
    git = replace(plain, repository=replace(plain.repository, settings=settings))
    found: dict[str, str] = {}
    for name, oid in _commits(git):
        # ORIG_HEAD and its like mostly name what is saved already.
        if oid not in found.values():
            found[name] = oid
    if entry.path.is_dir():
        found |= _trees(git, found.get("head", ""))
    lines = [f"update {under}/{name}\0{oid}\0\0" for name, oid in found.items()]
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


def _commits(git: Inside) -> Iterator[tuple[str, str]]:
    head = git.ask("rev-parse", "--verify", "-q", "HEAD^{commit}")
    if head.code == 0:
        yield "head", head.text.strip()
    for number, stash in enumerate(stashes(git)):
        yield f"stash-{number}", stash.commit
    for name in _HEADS:
        for number, oid in enumerate(_OBJECT.findall(read(git.entry.folder / name))):
            yield f"{name.replace('/', '-').lower()}-{number}", oid.decode()
    # These refs are seen from this worktree only, and go with it.
    form = "--format=%(objectname)"
    own = git.run("for-each-ref", form, "refs/worktree", "refs/bisect").split()
    for number, oid in enumerate(own):
        yield f"own-{number}", oid


def _trees(git: Inside, head: str) -> dict[str, str]:
    with private_index(git) as copy:
        staged = copy.ask("write-tree")  # fails where a merge is unfinished
        copy.run("add", "-A", "--sparse")
        tree = copy.run("write-tree")
    index = staged.text.strip() if staged.code == 0 else tree
    known = git.run("rev-parse", f"{head}^{{tree}}") if head else ""
    wanted = {"files": tree, "index": index if index != tree else known}
    return {k: _commit(git, v, head) for k, v in wanted.items() if v not in {known, ""}}


def _commit(git: Inside, tree: str, head: str) -> str:
    parent = ["-p", head] if head else []
    return git.run("commit-tree", tree, *parent, "-m", "Saved by the coordinator")


@contextmanager
def private_index(git: Inside) -> Iterator[Inside]:
    """Give git with a copy of the worktree's index in which no change is hidden."""
    folder = private_folder(common_folder(git.entry.folder))
    path = folder / f"index-{secrets.token_hex(8)}"
    copy = replace(git, extra={**git.extra, "GIT_INDEX_FILE": str(path)})
    try:
        _copy(git.entry.folder / "index", path)
        _show(copy)
        yield copy
    finally:
        path.unlink(missing_ok=True)


def _copy(index: Path, path: Path) -> None:
    # With its time: git tells by it which files may have changed since unnoticed.
    if index.exists():
        shutil.copy2(index, path)


def _show(copy: Inside) -> None:
    names = [x.encode("utf-8", "surrogateescape") for x in hidden(copy)]
    listed = b"\0".join(names)
    if listed:
        copy.run("update-index", "--no-assume-unchanged", "-z", "--stdin", stdin=listed)
        copy.run("update-index", "--no-skip-worktree", "-z", "--stdin", stdin=listed)
