"""The workspace's repositories and agents' worktrees, by settings and records.

It looks at neither git nor the disk; what these show is `actions.git_state`'s.
"""

from pathlib import Path

from active_contexts.worktree_state.model import (
    AssignedWorktree,
    TrackedRepository,
    WorktreeRoot,
)
from coordinator.index import queries
from coordinator.kernel.errors import External, NotFound, UsageProblem
from coordinator.workspace.workspace import Workspace


def worktree_root(workspace: Workspace) -> WorktreeRoot:
    """Return the folder of the worktrees with its repositories."""
    paths = tuple(x.path for x in workspace.repositories().values())
    wanted = workspace.settings.worktrees
    disposable = tuple(wanted.disposable)
    return WorktreeRoot(workspace.layout.root, paths, disposable, wanted.submodules)


def all_tracked(workspace: Workspace) -> list[TrackedRepository]:
    """Return the workspace's repositories, in the order of the settings."""
    target_of = workspace.settings.target_of
    found = workspace.repositories().items()
    return [TrackedRepository(name, x.path, target_of(name)) for name, x in found]


def tracked(workspace: Workspace, name: str) -> TrackedRepository:
    """Return the repository of that name; empty: the only one.

    Raises:
        UsageProblem: There are several, and none was named.
        NotFound: There is none of that name.
    """
    known = all_tracked(workspace)
    if not name and len(known) == 1:
        return known[0]
    names = ", ".join(x.name for x in known)
    if not name and known:
        raise UsageProblem(
            f"The workspace has several repositories: {names}.",
            hint=f"Add: --repository {known[0].name}",
        )
    for one in known:
        if one.name == name:
            return one
    raise NotFound(
        f"There is no repository named {name!r}; there is {names or 'none'}.",
        hint="Add one: coordinator init WORKSPACE --repo NAME=PATH",
    )


def assigned(workspace: Workspace, repository: str) -> list[AssignedWorktree]:
    """Return the worktrees of a repository as they are recorded, by agent."""
    rows = queries.assigned(workspace.index, repository)
    return [_assigned(workspace, row) for row in rows]


def _assigned(workspace: Workspace, row: queries.Row) -> AssignedWorktree:
    identity = workspace.roster.find(row["agent"])
    return AssignedWorktree(
        row["agent"],
        identity.prefix if identity else row["agent"],
        row["feature"],
        workspace.layout.root / row["path"],
        row["branch"],
        row["made_at"],
        row["entry"],
    )


def around(workspace: Workspace, folder: Path) -> str:
    """Return the repository whose agent's worktree holds a folder, or nothing."""
    root = workspace.layout.root
    if not folder.is_relative_to(root) or folder == root:
        return ""
    top = folder.relative_to(root).parts[0]
    row = queries.worktree_at(workspace.index, top)
    return str(row["repository"]) if row else ""


def check_answers(workspace: Workspace, repository: str) -> None:
    """Refuse to begin something with a repository that hung when it was looked at.

    Raises:
        External: The reason, as `check` tells it.
    """
    if repository in workspace.git_state.hung:
        problem = workspace.git_state.troubles[repository]
        raise External(problem.message, hint=problem.hint)
