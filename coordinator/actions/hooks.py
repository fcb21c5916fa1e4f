"""The hooks that check branch names, installed into the user's repositories."""

from typing import Any

from active_contexts import hooks
from coordinator.actions import sights
from coordinator.actions.registry import Nothing, Who, action
from coordinator.actions.workspace import Call, Workspace


@action("hooks install", who=Who.MAINTAINER, example="coordinator hooks install")
def install(call: Call, arguments: Nothing) -> list[dict[str, Any]]:
    """Install the git hooks; hooks that were there before still run."""
    del arguments
    done = install_all(call.workspace)
    sights.look(call.workspace)
    return done


@action("hooks uninstall", who=Who.MAINTAINER, example="coordinator hooks uninstall")
def uninstall(call: Call, arguments: Nothing) -> list[dict[str, Any]]:
    """Take the git hooks away again; what was there before is put back."""
    del arguments
    for tracked in sights.all_tracked(call.workspace):
        hooks.uninstall(tracked.path)
    return _states(call.workspace)


def install_all(workspace: Workspace) -> list[dict[str, Any]]:
    """Install the hooks everywhere, with the prefixes of all agents."""
    prefixes = list(workspace.roster.prefixes)
    for tracked in sights.all_tracked(workspace):
        hooks.install(tracked.path, prefixes)
    return _states(workspace)


def _states(workspace: Workspace) -> list[dict[str, Any]]:
    return [
        {"repository": x.name, "state": hooks.state(x.path).value}
        for x in sights.all_tracked(workspace)
    ]
