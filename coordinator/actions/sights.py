"""Sights: what git shows of branches and worktrees, kept beside the journal's state.

They are derived from the outside world, so they are looked at again and never
recorded. A look starts a process only where git's files have changed.
"""

from dataclasses import replace

from active_contexts import hook_owners, hook_upkeep, refs_look
from active_contexts.worktree_entries import common_folder
from active_contexts.worktree_model import Assigned, Grounds, Tracked
from coordinator.actions import (
    contradictions,
    documents,
    leftovers,
    settings,
    submissions,
)
from coordinator.actions.workspace import Workspace
from coordinator.index import queries
from coordinator.index.database import Sight
from coordinator.kernel.errors import CoordinatorError, NotFound, UsageProblem
from coordinator.kernel.files import Stamp
from coordinator.kernel.problems import Problem
from coordinator.kernel.processes import TimedOut
from pending_commits.model import FINISHED


def grounds(workspace: Workspace) -> Grounds:
    """Return the folder of the worktrees with its repositories."""
    paths = tuple(x.path for x in workspace.repositories().values())
    return Grounds(workspace.layout.root, paths)


def all_tracked(workspace: Workspace) -> list[Tracked]:
    """Return the workspace's repositories, in the order of the settings."""
    target = workspace.settings.target
    found = workspace.repositories().items()
    return [Tracked(name, x.path, target) for name, x in found]


def tracked(workspace: Workspace, name: str) -> Tracked:
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


def assigned(workspace: Workspace, repository: str) -> list[Assigned]:
    """Return the worktrees of a repository as they are recorded, by agent."""
    rows = workspace.index.rows(
        "SELECT * FROM worktrees WHERE repository = ? ORDER BY agent, feature",
        (repository,),
    )
    return [_assigned(workspace, row) for row in rows]


def _assigned(workspace: Workspace, row: queries.Row) -> Assigned:
    identity = workspace.roster.find(row["agent"])
    return Assigned(
        row["agent"],
        identity.prefix if identity else row["agent"],
        row["feature"],
        workspace.layout.root / row["path"],
        row["branch"],
        row["made_at"],
        row["entry"],
    )


def look(workspace: Workspace) -> bool:
    """Look at every repository whose git files changed; tell whether one had.

    Branches that moved submit the pending items that were waiting for them.
    """
    _reload_settings(workspace)
    changed = [x for x in all_tracked(workspace) if _look_at(workspace, x)]
    _look_at_locks(workspace)
    if changed:
        _submit_waiting(workspace)
    if changed or workspace.seen.record != workspace.journal.last:
        _keep(workspace)
    workspace.seen.record = workspace.journal.last
    return bool(changed)


def _look_at_locks(workspace: Workspace) -> None:
    """Note stale locks as troubles of their worktrees."""
    troubles = workspace.seen.troubles
    for one in all_tracked(workspace):
        if one.name in troubles:
            continue
        for known in assigned(workspace, one.name):
            problem = leftovers.look_at_lock(workspace, one, known)
            name = f"{known.path.name}/index.lock"
            if troubles.get(name) != problem:
                workspace.seen.record = -1
            if problem is None:
                troubles.pop(name, None)
            else:
                troubles[name] = problem


def _reload_settings(workspace: Workspace) -> None:
    """Take over settings that a person edited; bad ones leave the old in force."""
    path = workspace.layout.settings
    stamp = Stamp.of(path.stat()) if path.exists() else None
    if stamp == workspace.seen.settings:
        return
    workspace.seen.settings = stamp
    try:
        workspace.settings = settings.load(path)
        # A repository that is no more in there leaves nothing behind.
        workspace.seen.marks.clear()
        workspace.seen.looks.clear()
        workspace.seen.troubles.clear()
    except settings.BadSettings as error:
        problem = Problem(
            path.name, error.line, "bad-settings", error.message, error.hint
        )
        workspace.seen.troubles[path.name] = problem
    workspace.seen.record = -1


def _look_at(workspace: Workspace, one: Tracked) -> bool:
    seen = workspace.seen
    known = assigned(workspace, one.name)
    mark = ""
    try:
        common = common_folder(one.path)
        prefixes = list(workspace.roster.prefixes)
        mark = f"{refs_look.fingerprint(common)} {known} {prefixes}"
        if seen.marks.get(one.name) == mark:
            return False
        owner = hook_owners.owner(workspace.layout.root)
        problems = hook_upkeep.tend(one, owner, prefixes, workspace.now())
        found = refs_look.look(one, known, prefixes)
        seen.looks[one.name] = replace(found, drifts=(*found.drifts, *problems))
        seen.troubles.pop(one.name, None)
    except CoordinatorError as error:
        # What hung is not tried again before git's files change.
        mark = mark if isinstance(error, TimedOut) else error.message
        if seen.marks.get(one.name) == mark:
            return False
        seen.troubles[one.name] = Problem(
            one.name, 0, "repository-unreadable", error.message, error.hint
        )
    seen.marks[one.name] = mark
    return True


def _keep(workspace: Workspace) -> None:
    heads: list[Sight] = []
    problems = list(workspace.seen.troubles.values())
    root = workspace.layout.root
    for found in workspace.seen.looks.values():
        for path, head in found.heads.items():
            commit = head.commit or found.branches.get(head.branch, "")
            heads.append((str(path.relative_to(root)), head.branch, commit))
        problems += found.drifts
    problems += contradictions.find(workspace, {x[0]: x[1] for x in heads})
    moved = _moved(workspace, heads)
    workspace.index.replace_sights(heads, problems)
    for agent in moved:
        documents.note_alive(workspace, agent)


def _moved(workspace: Workspace, heads: list[Sight]) -> list[str]:
    """Return the agents whose worktrees show another commit than at the last look."""
    known = {x["path"]: x for x in queries.worktrees(workspace.index)}
    return sorted(
        {
            known[path]["agent"]
            for path, _, head in heads
            if path in known and known[path]["head"] not in {"", head}
        }
    )


def _submit_waiting(workspace: Workspace) -> None:
    """Submit items whose branch appeared, or has another commit than they had."""
    rows = queries.pending_of_kind(workspace.index, "commit")
    waiting = [x["path"] for x in rows if _waits(workspace, x)]
    submissions.submit_found(workspace, waiting)


def _waits(workspace: Workspace, row: queries.Row) -> bool:
    if row["state"] in FINISHED:
        return False
    seen = workspace.seen.looks.get(row["repository"])
    tip = seen.branches.get(row["branch"], "") if seen else ""
    return row["state"] == "draft" or tip not in {"", row["head"]}
