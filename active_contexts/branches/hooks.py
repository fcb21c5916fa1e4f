"""The git hooks that refuse a wrong branch name when it is made or pushed.

It decides where they stand and whether they go; the rules are `branch_rules` and, for
the shell, `hook_scripts/branch_rules.sh`. Hooks that were there before go on running.
See githooks(5).

They stand in `hooks`, in front of what was there, unless git looks elsewhere, or the
folder is not the repository's own to write to: then in a layer over it. Not always in
the layer, since pre-commit and lefthook install nothing where core.hooksPath is set.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from active_contexts.branches import hook_files, hook_overlay, hook_owners
from active_contexts.branches.branch_rules import check_prefix
from active_contexts.branches.hook_files import CHECKING, HookState
from active_contexts.branches.hook_overlay import HooksOfAWorktree
from active_contexts.branches.hook_owners import Owner, OwnerPart, Presence, Wish
from active_contexts.worktree_state.entries import common_folder
from active_contexts.worktree_state.repository_files import Writer
from coordinator.kernel.errors import External
from coordinator.kernel.text.names import display

# The two left out change what git does by being there, whatever they answer:
# push-to-checkout and proc-receive. They are passed on where there is one already.
PASSED_ON = (
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "p4-changelist",
    "p4-post-changelist",
    "p4-pre-submit",
    "p4-prepare-changelist",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-receive",
    "post-rewrite",
    "post-update",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-rebase",
    "pre-receive",
    "prepare-commit-msg",
    "sendemail-validate",
    "update",
)
_ONLY_IF_THERE = ("push-to-checkout", "proc-receive")


class HooksNotWritten(External):
    """The repository's git directory does not take the hooks."""

    def __init__(self, error: OSError) -> None:
        reason = error.strerror or type(error).__name__
        where = display(str(error.filename or "the repository"))
        super().__init__(
            f"The hooks cannot be written at {where}: {reason}.",
            hint="Look at its permissions, then run: coordinator hooks install",
        )


@contextmanager
def writing() -> Iterator[None]:
    """Tell of what the repository's git directory refuses.

    Raises:
        HooksNotWritten: It refused something.
    """
    try:
        yield
    except OSError as error:
        raise HooksNotWritten(error) from None


def install(repository: Path, owner: Owner, prefixes: Sequence[str]) -> None:
    """Install the hooks, and tell them the prefixes of a workspace's agents.

    Raises:
        BadPrefix: A prefix cannot begin a branch's name.
        HooksOfAWorktree: Only a worktree's own configuration could name ours.
        HooksNotWritten: The repository cannot be written.
    """
    common = common_folder(repository)
    wanted = tuple(check_prefix(x) for x in prefixes)
    with writing():
        hook_owners.save(common, OwnerPart(owner, Wish.INSTALLED, wanted))
    place(repository)


def place(repository: Path) -> None:
    """Put the hooks where git runs them, in front of what it would run; repeatable.

    Raises:
        HooksOfAWorktree: Only a worktree's own configuration could name ours.
        HooksNotWritten: The repository cannot be written.
    """
    common = common_folder(repository)
    with writing():
        writer = Writer(common)
        writer.share(writer.private)
        hook_overlay.give_back(repository, common)
        found = hook_overlay.hooks_path(repository)
        if found.scope == "worktree" and found.beneath:
            raise HooksOfAWorktree(found.beneath)
        if _stand_beside(common, found.beneath):
            hook_files.hand_over(hook_overlay.folder(common), common / "hooks")
            hook_files.install(writer, common / "hooks", CHECKING)
            hook_overlay.take_off(repository, common)
        else:
            beneath = found.beneath or str(common / "hooks")
            names = (*CHECKING, *PASSED_ON, *_there_already(common, beneath))
            hook_files.install(writer, hook_overlay.folder(common), names)
            hook_overlay.lay(repository, common, beneath)


def forget_gone(repository: Path) -> None:
    """Drop the parts of workspaces that are surely gone.

    Raises:
        HooksNotWritten: The repository cannot be written.
    """
    with writing():
        hook_owners.forget_gone(common_folder(repository))


def uninstall(repository: Path, owner: Owner) -> None:
    """End a workspace's part in the hooks, and with the last part the hooks themselves.

    What was there before is put back; repeatable.

    Raises:
        HooksNotWritten: The repository cannot be written.
    """
    common = common_folder(repository)
    with writing():
        hook_owners.save(common, OwnerPart(owner, Wish.UNINSTALLED))
        if any(_is_wanted(x) for x in hook_owners.parts(common)):
            return
        hook_overlay.give_back(repository, common)
        hook_overlay.take_off(repository, common)
        for name in CHECKING:
            hook_files.take_away(common / "hooks", name)
        beneath = hook_overlay.hooks_path(repository).beneath
        wanted = common / "hooks" if beneath is None else _folder(common, beneath)
        hook_files.hand_over(hook_overlay.folder(common), wanted)


def state(repository: Path) -> HookState:
    """Tell whether git would run our hooks, as they are in this version."""
    common = common_folder(repository)
    found = hook_overlay.hooks_path(repository)
    own = hook_overlay.folder(common)
    if found.in_force is None:
        return hook_files.state(common / "hooks")
    if found.in_force != str(own):
        return HookState.FOREIGN
    stands = hook_files.state(own)
    is_right = hook_overlay.is_laid(common) and not _stand_beside(common, found.beneath)
    if is_right or stands is not HookState.INSTALLED:
        return stands
    return HookState.OUTDATED


def are_there(repository: Path) -> bool:
    """Tell whether hooks of ours are there, of whatever version, run by git or not."""
    common = common_folder(repository)
    looked_at = hook_overlay.hooks_path(repository).in_force or ""
    beside = any(hook_files.is_ours(common / "hooks" / x) for x in CHECKING)
    return beside or hook_overlay.is_own(looked_at)


def watched(common: Path) -> Iterator[str]:
    """Yield the files that tell how the hooks stand, beside git's configuration."""
    for folder in map(str, (common / "hooks", hook_overlay.folder(common))):
        yield from (folder, *(f"{folder}/{x}" for x in CHECKING))


def _stand_beside(common: Path, beneath: str | None) -> bool:
    """Tell whether our hooks stand in `hooks`: git looks there, and it is its own.

    A link leads to a folder of others, whose hooks would vanish from it for them; one
    that is read-only is meant so, for root as well.
    """
    folder = common / "hooks"
    if beneath is not None or folder.is_symlink():
        return False
    if not folder.exists():
        return True
    return os.access(folder, os.W_OK) and bool(folder.stat().st_mode & 0o222)


def _is_wanted(part: OwnerPart) -> bool:
    gone = hook_owners.presence(part.owner) is Presence.GONE
    return part.wish is not Wish.UNINSTALLED and not gone


def _there_already(common: Path, beneath: str) -> Iterable[str]:
    folder = _folder(common, beneath)
    return [x for x in _ONLY_IF_THERE if (folder / x).exists()]


def _folder(common: Path, beneath: str) -> Path:
    return common.parent / os.path.expanduser(beneath)  # noqa: PTH111 - `~nobody` stays
