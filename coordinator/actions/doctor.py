"""Doctor: looks at everything that can go wrong around the work, and mends it."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from active_contexts.hook_files import HookState
from active_contexts.hooks import state as hook_state
from active_contexts.worktree_model import WorktreeState
from coordinator.actions import hooks, setup, sights, worktrees
from coordinator.actions.registry import Arguments, Fresh, Who, action
from coordinator.actions.workspace import Call, Workspace
from coordinator.index.history import History
from coordinator.kernel import git
from coordinator.kernel.errors import CoordinatorError, Refused

_LEAST_FREE = 100 << 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it is well, and what mends it."""

    name: str
    well: bool
    message: str
    hint: str = ""


class DoctorArguments(Arguments):
    """Whether to mend."""

    fix: bool = Field(default=False, description="mend what can be mended safely")


@action(
    "doctor", who=Who.ANYONE, example="coordinator doctor --fix", fresh=Fresh.WHOLLY
)
def doctor(call: Call, arguments: DoctorArguments) -> list[Finding]:
    """Examine the workspace: journal, history, index, git, hooks, worktrees, disk."""
    if arguments.fix:
        if not call.caller.is_maintainer:
            raise Refused(
                "Only a maintainer may mend the workspace.",
                hint="Run without --fix to see what is wrong.",
            )
        _mend(call)
    return list(_examine(call.workspace))


def _mend(call: Call) -> None:
    workspace = call.workspace
    setup.prepare(workspace.layout.root)
    if _can_rebuild(workspace):
        workspace.index.rebuild(workspace.journal)
    workspace.seen.marks.clear()
    worktrees.repair_all(workspace, call.caller.actor)
    hooks.install_all(workspace)
    worktrees.tend(workspace)
    sights.look(workspace)


def _can_rebuild(workspace: Workspace) -> bool:
    """Tell whether all is there that the index, perhaps the last copy, is made from."""
    looks = (lambda: _count(workspace), lambda: _read_blobs(workspace))
    return all(_try("source", look).well for look in looks)


def _examine(workspace: Workspace) -> Iterator[Finding]:
    found = git.version()
    oldest = ".".join(map(str, git.OLDEST))
    yield _finding(
        "git", found >= git.OLDEST, f"git {found[0]}.{found[1]}", f"Install {oldest}."
    )
    yield _try("journal", lambda: _count(workspace))
    yield _try("blobs", lambda: _read_blobs(workspace))
    yield _try("history", lambda: _write_history(workspace))
    yield _finding(
        "index",
        workspace.index.last == workspace.journal.last,
        f"record {workspace.index.last} of {workspace.journal.last}",
        "Run: coordinator doctor --fix",
    )
    yield from _repositories(workspace)
    free = shutil.disk_usage(workspace.layout.root).free
    message = f"{free >> 20} MiB free"
    yield _finding("disk", free > _LEAST_FREE, message, "Free some space.")


def _repositories(workspace: Workspace) -> Iterator[Finding]:
    for tracked in sights.all_tracked(workspace):
        yield _try(f"hooks of {tracked.name}", lambda x=tracked: _hooks(x.path))  # type: ignore[misc]
    yield _try("worktrees", lambda: _worktrees(workspace))


def _worktrees(workspace: Workspace) -> str:
    lost = [
        f"{x.path.name} is {x.state.value}"
        for x in worktrees.described(workspace)
        if x.state in {WorktreeState.MISSING, WorktreeState.UNREADABLE}
    ]
    if lost:
        hint = "Run: coordinator worktree repair"
        raise CoordinatorError(", ".join(lost), hint=hint)
    return "all there"


def _hooks(path: Path) -> str:
    found = hook_state(path)
    if found is not HookState.INSTALLED:
        raise CoordinatorError(
            f"The hooks are {found.value}.", hint="Run: coordinator hooks install"
        )
    return "installed"


def _count(workspace: Workspace) -> str:
    return f"{sum(1 for _ in workspace.journal.read())} records are whole"


def _read_blobs(workspace: Workspace) -> str:
    rows = workspace.index.rows("SELECT DISTINCT blob FROM records WHERE blob <> ''")
    for row in rows:
        workspace.blobs.get(row["blob"])
    return f"{len(rows)} blobs are whole"


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
        return Finding(name, well=True, message=look())
    except CoordinatorError as error:
        return Finding(name, well=False, message=error.message, hint=error.hint)


def _finding(name: str, well: bool, message: str, hint: str) -> Finding:  # noqa: FBT001 - a fact, no switch
    return Finding(name, well, message, "" if well else hint)
