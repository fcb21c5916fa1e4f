"""What a look does for the hooks: a workspace's part kept right, lost hooks put back.

It wants nothing by itself: what a maintainer took away stays away.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from active_contexts.branches import hook_owners, hooks
from active_contexts.branches.branch_rules import check_prefix
from active_contexts.branches.hook_files import HookState
from active_contexts.branches.hook_owners import Owner, OwnerPart, Presence, Wish
from active_contexts.worktree_state.entries import common_folder
from active_contexts.worktree_state.model import TrackedRepository
from coordinator.kernel.errors import CoordinatorError
from coordinator.kernel.problems import Problem
from coordinator.kernel.system.start_errors import TimedOut
from coordinator.kernel.text.names import display

_MOST = 10
_PERIOD = timedelta(minutes=10)


def maintain(
    tracked: TrackedRepository, owner: Owner, prefixes: Sequence[str], now: datetime
) -> tuple[Problem, ...]:
    """Tell the hooks the prefixes of all agents, and put the hooks back where lost.

    Where others end them again and again they are left so, which is a problem.

    Raises:
        NotARepository: The repository is gone.
        BadPrefix: A prefix cannot begin a branch's name.
        TimedOut: The repository keeps git waiting; it would keep the next one, too.
    """
    common = common_folder(tracked.path)
    wanted = tuple(check_prefix(x) for x in prefixes)
    try:
        with hooks.writing():
            return (
                *_keep(tracked, common, owner, wanted, now),
                *_left_behind(tracked, common, owner),
            )
    except TimedOut:
        raise
    except CoordinatorError as error:
        return (_problem(tracked, "not-kept", error.message, error.hint),)


def _keep(
    tracked: TrackedRepository,
    common: Path,
    owner: Owner,
    prefixes: Sequence[str],
    now: datetime,
) -> Iterator[Problem]:
    part = hook_owners.find(common, owner.id) or _older(tracked.path, owner)
    if part is None:
        return
    if part.wish is Wish.UNINSTALLED:
        hook_owners.save(common, replace(part, owner=owner))
        return
    is_lost = hooks.state(tracked.path) is not HookState.INSTALLED
    part = replace(_counted(part, now) if is_lost else part, owner=owner)
    hook_owners.save(common, replace(part, prefixes=prefixes))
    if part.wish is Wish.CONTESTED:
        message = "Another program ends the hooks again and again; they are left so."
        hint = "Let it leave them alone, then run: coordinator hooks install"
        yield _problem(tracked, "contested", message, hint)
    elif is_lost:
        hooks.place(tracked.path)


def _older(repository: Path, owner: Owner) -> OwnerPart | None:
    """Return the part of a workspace whose hooks an earlier version installed."""
    return OwnerPart(owner, Wish.INSTALLED) if hooks.are_there(repository) else None


def _counted(part: OwnerPart, now: datetime) -> OwnerPart:
    """Count how often the hooks are put back in a short time."""
    if part.since is None or now - part.since > _PERIOD:
        return replace(part, lost=1, since=now)
    wish = Wish.CONTESTED if part.lost == _MOST else part.wish
    return replace(part, lost=min(part.lost + 1, _MOST), wish=wish)


def _left_behind(
    tracked: TrackedRepository, common: Path, owner: Owner
) -> Iterator[Problem]:
    for part in hook_owners.parts(common):
        found = hook_owners.presence(part.owner)
        if part.owner.id == owner.id or found is Presence.THERE:
            continue
        where = display(str(part.owner.workspace))
        message = f"The hooks know the workspace {where}, which is not there."
        hint = "Run: coordinator doctor --fix"
        if found is Presence.UNKNOWN:
            file = display(str(hook_owners.file_of(common, part.owner)))
            hint = f"Mount its disk; if it is gone for ever, delete {file}"
        yield _problem(tracked, "left-behind", message, hint)


def _problem(tracked: TrackedRepository, code: str, message: str, hint: str) -> Problem:
    return Problem(tracked.name, 0, f"hooks-{code}", message, hint)
