"""The hooks that check branch names, installed into the user's repositories."""

from collections.abc import Callable
from pathlib import Path

from active_contexts.branches import hook_owners, hooks
from active_contexts.branches.hook_owners import Owner
from coordinator.kernel.errors import CoordinatorError
from coordinator.results.worktrees import ShownHooks
from coordinator.workspace import repositories
from coordinator.workspace.registry import Nothing, Refresh, Who, action
from coordinator.workspace.workspace import Call, Workspace


@action(
    "hooks install",
    who=Who.MAINTAINER,
    example="coordinator hooks install",
    refresh=Refresh.WITH_GIT,
)
def install(call: Call, arguments: Nothing) -> list[ShownHooks]:
    """Install the git hooks; hooks that were there before still run."""
    del arguments
    failed = install_all(call.workspace)
    return _states(call.workspace, failed)


@action(
    "hooks uninstall",
    who=Who.MAINTAINER,
    example="coordinator hooks uninstall",
    refresh=Refresh.WITH_GIT,
)
def uninstall(call: Call, arguments: Nothing) -> list[ShownHooks]:
    """Take the git hooks away again; what was there before is put back."""
    del arguments
    return _states(call.workspace, _everywhere(call.workspace, hooks.uninstall))


def install_all(workspace: Workspace) -> list[CoordinatorError]:
    """Install the hooks everywhere, and forget the workspaces there that are gone.

    Returns why they are not in some repositories; the others have them all the same.
    """
    prefixes = list(workspace.roster.prefixes)

    def act(repository: Path, owner: Owner) -> None:
        hooks.install(repository, owner, prefixes)
        hooks.forget_gone(repository)

    return _everywhere(workspace, act)


def _everywhere(
    workspace: Workspace, act: Callable[[Path, Owner], None]
) -> list[CoordinatorError]:
    owner = hook_owners.owner(workspace.layout.root)
    failed: list[CoordinatorError] = []
    for tracked in repositories.all_tracked(workspace):
        try:
            repositories.check_answers(workspace, tracked.name)
            act(tracked.path, owner)
        except CoordinatorError as error:
            failed.append(error)
    return failed


def _states(workspace: Workspace, failed: list[CoordinatorError]) -> list[ShownHooks]:
    """Return how the hooks stand everywhere.

    Raises:
        CoordinatorError: The first of those that failed.
    """
    if failed:
        raise failed[0]
    return [
        {"repository": x.name, "state": hooks.state(x.path).value}
        for x in repositories.all_tracked(workspace)
    ]
