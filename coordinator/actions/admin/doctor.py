"""Doctor: looks at everything that can go wrong around the work, and mends it."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydantic import Field

import agent_identities.store
from active_contexts.branches.hook_files import HookState
from active_contexts.branches.hooks import state as hook_state
from active_contexts.worktree_state.model import WorktreeState
from coordinator.actions.admin import init
from coordinator.actions.documents import accepting
from coordinator.actions.worktrees import hooks, worktree_look, worktrees
from coordinator.actions.worktrees.worktree_look import View
from coordinator.index import queries, record_queries
from coordinator.index.database import refusals
from coordinator.index.history import History, HistoryDamaged
from coordinator.kernel import git
from coordinator.kernel.disk.refusals import FOLDER, blocked
from coordinator.kernel.errors import CoordinatorError, Refused
from coordinator.kernel.git import GitFailed
from coordinator.kernel.problems import Problem
from coordinator.results.workspaces import ShownFinding
from coordinator.workspace import file_kinds, repositories
from coordinator.workspace.registry import Arguments, Deferred, Refresh, Who, action
from coordinator.workspace.workspace import Call, Workspace
from pending_commits.examining import examine
from pending_commits.model import ItemKind

_LEAST_FREE = 100 << 20
_BLOCK = 512  # bytes, whatever the file system's blocks are; see stat(2)
_OPTIONAL = {*accepting.VIEWS, agent_identities.store.FOLDER}  # may be missing


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it is well, and what mends it."""

    name: str
    well: bool
    message: str
    hint: str = ""


def _shown(x: Finding) -> ShownFinding:
    return {"name": x.name, "well": x.well, "message": x.message, "hint": x.hint}


class DoctorArguments(Arguments):
    """Whether to mend."""

    fix: bool = Field(default=False, description="mend what can be mended safely")


@action(
    "doctor", who=Who.ANYONE, example="coordinator doctor --fix", refresh=Refresh.FULL
)
def doctor(call: Call, arguments: DoctorArguments) -> Deferred[list[ShownFinding]]:
    """Examine the workspace: journal, history, index, store, hooks, worktrees, disk."""
    if arguments.fix:
        if not call.caller.is_maintainer:
            raise Refused(
                "Only a maintainer may mend the workspace.",
                hint="Run without --fix to see what is wrong.",
            )
        _mend(call)
    workspace = call.workspace
    found = list(_examine(workspace))

    def finish(outside: Outside) -> list[ShownFinding]:
        worktree_look.note(workspace, outside.views)
        disk = _try("disk", partial(_disk, workspace))
        return [*map(_shown, (*found, *outside.findings, disk))]

    return Deferred(_outside(workspace), finish)


def _mend(call: Call) -> None:
    workspace = call.workspace
    init.prepare(workspace.layout.root)
    if _can_rebuild(workspace):
        workspace.index.rebuild(workspace.journal)
        _mend_history(workspace)
    worktrees.repair_all(call)
    hooks.install_all(workspace)
    worktrees.maintain(workspace)
    workspace.git_state.forget()


def _mend_history(workspace: Workspace) -> None:
    """Move a history aside that git cannot read or go on with: it is made again.

    One that knows another journal is a witness, and a running daemon's is its own.
    """
    if workspace.health is not None:
        return
    try:
        _write_history(workspace)
    except (HistoryDamaged, GitFailed) as error:
        place = file_kinds.move_aside(workspace.layout, workspace.layout.history)
        said = f"{error.message} It lies in {place} now, and was made again."
        workspace.note("history", said)
    except CoordinatorError:
        return  # the look that follows says why


def _can_rebuild(workspace: Workspace) -> bool:
    """Tell whether all is there that the index, perhaps the last copy, is made from."""
    looks = (lambda: _count(workspace), lambda: _read_blobs(workspace))
    return all(_try("source", look).well for look in looks)


def _examine(workspace: Workspace) -> Iterator[Finding]:
    yield _try("git", _git)
    yield _try("journal", lambda: _count(workspace))
    yield _try("blobs", lambda: _read_blobs(workspace))
    yield _try("history", lambda: _write_history(workspace))
    yield _finding(
        "index",
        workspace.index.last == workspace.journal.last,
        f"record {workspace.index.last} of {workspace.journal.last}",
        "Run: coordinator doctor --fix",
    )
    yield _try("folders", lambda: _folders(workspace))


def _folders(workspace: Workspace) -> str:
    watched = (*accepting.FOLDERS, *accepting.VIEWS)
    looked = {blocked(workspace.layout.root, x) for x in watched}
    other = [
        f"{place} is {found or 'missing'}"
        for place, found in sorted(looked)
        if found != FOLDER and (found or place not in _OPTIONAL)
    ]
    if other:
        raise CoordinatorError(", ".join(other), hint="Run: coordinator check")
    return "all there"


def _disk(workspace: Workspace) -> str:
    if workspace.refused:
        raise workspace.refused
    free = shutil.disk_usage(workspace.layout.root).free
    message = f"{free >> 20} MiB free"
    if free <= _LEAST_FREE:
        raise CoordinatorError(message, hint="Free some space.")
    return message


def _git() -> str:
    major, minor = git.version()
    if (major, minor) < git.OLDEST:
        oldest = ".".join(map(str, git.OLDEST))
        raise CoordinatorError(f"git {major}.{minor}", hint=f"Install {oldest}.")
    return f"git {major}.{minor}"


@dataclass(frozen=True, slots=True)
class Outside:
    """What was found where others write, and the looks at the worktrees."""

    findings: list[Finding]
    views: list[View]


def _outside(workspace: Workspace) -> Callable[[], Outside]:
    """Return the look at store, repositories and worktrees; for any thread."""
    store = workspace.layout.store
    proposed = queries.pending_of_kind(workspace.index, ItemKind.COMMIT.value)
    submitted = {x["id"]: x["head"] for x in proposed if x["head"]}
    hooked = {x.name: x.path for x in repositories.all_tracked(workspace)}
    hung = {x: workspace.git_state.troubles[x] for x in workspace.git_state.hung}
    looks, pool = worktree_look.plan(workspace), workspace.layout.pool
    not_made = [x["path"] for x in worktrees.not_made(workspace)]

    def look() -> Outside:
        views = worktree_look.see(looks)
        findings = [
            _try("store", partial(examine, store, submitted)),
            *(_hooks(name, path, hung.get(name)) for name, path in hooked.items()),
            _try("worktrees", partial(_worktrees, views, not_made)),
            _try("pool", partial(_pool, pool)),
        ]
        return Outside(findings, views)

    return look


def _worktrees(views: Sequence[View], not_made: Sequence[str]) -> str:
    lost = [
        f"{x.worktree.path.name} is {x.worktree.state.value}"
        for x in views
        if x.worktree.state in {WorktreeState.MISSING, WorktreeState.UNREADABLE}
    ]
    lost += [f"{x} was not made" for x in not_made]
    if lost:
        hint = "Run: coordinator worktree repair"
        raise CoordinatorError(", ".join(lost), hint=hint)
    return "all there"


def _pool(folder: Path) -> str:
    spare = list(folder.iterdir()) if folder.is_dir() else []
    size = sum(map(_bytes_below, spare))
    what = f"{len(spare)} ready, {size >> 20} MiB"
    return f"{what} (worktrees.pool in coordinator.toml sets how many)"


def _bytes_below(folder: Path) -> int:
    """Return what a folder takes up on the disk; what goes meanwhile counts nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(f"{place}/{name}").st_blocks * _BLOCK
    return total


def _hooks(name: str, path: Path, trouble: Problem | None) -> Finding:
    name = f"hooks of {name}"
    if trouble is not None:
        return Finding(name, well=False, message=trouble.message, hint=trouble.hint)
    return _try(name, partial(_state_of_hooks, path))


def _state_of_hooks(path: Path) -> str:
    found = hook_state(path)
    if found is not HookState.INSTALLED:
        raise CoordinatorError(
            f"The hooks are {found.value}.", hint="Run: coordinator hooks install"
        )
    return "installed"


def _count(workspace: Workspace) -> str:
    return f"{sum(1 for _ in workspace.journal.read())} records are whole"


def _read_blobs(workspace: Workspace) -> str:
    names = record_queries.blobs(workspace.index)
    for name in names:
        workspace.blobs.get(name)
    return f"{len(names)} blobs are whole"


def _write_history(workspace: Workspace) -> str:
    if workspace.health is not None:
        reason = workspace.health()["history"]
        if reason:
            raise CoordinatorError(reason)
        return "kept by the daemon"
    history = History(workspace.layout.history, workspace.blobs.get)
    try:
        history.catch_up(workspace.journal)
    finally:
        history.close()
    return f"at record {workspace.journal.last}"


def _try(name: str, look: Callable[[], str]) -> Finding:
    try:
        with refusals():
            return Finding(name, well=True, message=look())
    except CoordinatorError as error:
        return Finding(name, well=False, message=error.message, hint=error.hint)
    except OSError as error:
        return Finding(name, well=False, message=str(error))


def _finding(name: str, well: bool, message: str, hint: str) -> Finding:  # noqa: FBT001 - a fact, no switch
    return Finding(name, well, message, "" if well else hint)
