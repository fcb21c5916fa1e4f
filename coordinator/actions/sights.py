"""Sights: what git shows of branches and worktrees, kept beside the journal's state.

They are derived from the outside world, so they are looked at again and never
recorded. What is `due` is done beside the one writer, which takes over what came of
it; a look is due only where git's files have changed.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from active_contexts import hook_owners, refs_look
from active_contexts.worktree_entries import common_folder
from active_contexts.worktree_model import Assigned, Grounds, Tracked
from coordinator.actions import (
    contradictions,
    documents,
    glances,
    leftovers,
    settings,
    submissions,
)
from coordinator.actions.glances import Glance, Glimpse, Hooked
from coordinator.actions.submissions import Errand
from coordinator.actions.workspace import Workspace
from coordinator.index import queries
from coordinator.index.database import Sight
from coordinator.kernel.beside import Lane
from coordinator.kernel.errors import CoordinatorError, External, NotFound, UsageProblem
from coordinator.kernel.files import Stamp
from coordinator.kernel.problems import Problem


def grounds(workspace: Workspace) -> Grounds:
    """Return the folder of the worktrees with its repositories."""
    paths = tuple(x.path for x in workspace.repositories().values())
    wanted = workspace.settings.worktrees
    disposable = tuple(wanted.disposable)
    return Grounds(workspace.layout.root, paths, disposable, wanted.submodules)


def all_tracked(workspace: Workspace) -> list[Tracked]:
    """Return the workspace's repositories, in the order of the settings."""
    target_of = workspace.settings.target_of
    found = workspace.repositories().items()
    return [Tracked(name, x.path, target_of(name)) for name, x in found]


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


def around(workspace: Workspace, folder: Path) -> str:
    """Return the repository whose agent's worktree holds a folder, or nothing."""
    root = workspace.layout.root
    if not folder.is_relative_to(root) or folder == root:
        return ""
    top = folder.relative_to(root).parts[0]
    question = "SELECT repository FROM worktrees WHERE path = ?"
    row = workspace.index.row(question, (top,))
    return str(row["repository"]) if row else ""


def due(workspace: Workspace, *, but: Collection[str] = ()) -> list[Glance | Errand]:
    """Return what is to be done beside so that all is as git shows it now.

    Looks at repositories whose git files changed, without those named in `but`; and
    branches to fetch for the pending items that wait for them.
    """
    _reload_settings(workspace)
    looks = [x for x in _glances(workspace) if x.repository not in but]
    errands = submissions.due(workspace)
    busy = {x.repository for x in looks}
    return [*looks, *(x for x in errands if x.repository not in busy)]


def _glances(workspace: Workspace) -> Iterator[Glance]:
    seen = workspace.seen
    owner = hook_owners.owner(workspace.layout.root)
    for one in all_tracked(workspace):
        known = tuple(assigned(workspace, one.name))
        prefixes = tuple(workspace.roster.prefixes)
        try:
            stamps = refs_look.fingerprint(common_folder(one.path))
        except (CoordinatorError, OSError) as error:
            _note(
                workspace,
                one.name,
                Glimpse("", None, glances.trouble(one.name, glances.CODE, error)),
            )
            seen.marks.pop(one.name, None)
            continue
        mark = f"{stamps} {known} {prefixes}"
        # What hung is not tried again before git's files change.
        if seen.marks.get(one.name) != mark:
            lane = seen.lanes.setdefault(one.name, Lane())
            hooked = Hooked(owner, prefixes, workspace.now())
            yield Glance(one, known, hooked, mark, lane)


def take(workspace: Workspace, work: Glance | Errand, found: Any) -> None:  # noqa: ANN401 - what came of its `begin`
    """Take over what came of something that was due."""
    if isinstance(work, Errand):
        submissions.take(workspace, work, found)
        return
    seen = workspace.seen
    if found.number > seen.numbers.get(work.repository, 0):
        seen.numbers[work.repository] = found.number
        seen.marks[work.repository] = found.mark
        _note(workspace, work.repository, found)


def _note(workspace: Workspace, name: str, found: Glimpse) -> None:
    """Keep what was seen; of what cannot be looked at, what was known last stays."""
    seen = workspace.seen
    if found.look is not None:
        seen.looks[name] = found.look
    if found.look is not None or seen.troubles.get(name) != found.trouble:
        seen.record = -1
    seen.hung.discard(name)
    if found.is_hung:
        seen.hung.add(name)
    if found.trouble is None:
        seen.troubles.pop(name, None)
    else:
        seen.troubles[name] = found.trouble


def settle(workspace: Workspace) -> None:
    """Derive anew what follows from sights and records, where either changed."""
    _look_at_locks(workspace)
    _note_missing_git(workspace)
    if workspace.seen.record != workspace.journal.last:
        _keep(workspace)
        workspace.seen.record = workspace.journal.last


def _note_missing_git(workspace: Workspace) -> None:
    found = (x for x in workspace.seen.troubles.values() if x.code == glances.NO_GIT)
    missing = next(found, None)
    last = "What git shows is shown as it was seen last."
    workspace.note(glances.GIT, f"{missing.message} {last}" if missing else "")


def look(workspace: Workspace) -> None:
    """Do at once all that is due: for a process that has nobody else to serve."""
    looked: set[str] = set()
    while works := due(workspace, but=looked):
        futures = [x.begin() for x in works]
        for work, future in zip(works, futures, strict=True):
            take(workspace, work, future.result())
        looked |= {x.repository for x in works if isinstance(x, Glance)}
    settle(workspace)


def check_answers(workspace: Workspace, repository: str) -> None:
    """Refuse to begin something with a repository that hung when it was looked at.

    Raises:
        External: The reason, as `check` tells it.
    """
    if repository in workspace.seen.hung:
        problem = workspace.seen.troubles[repository]
        raise External(problem.message, hint=problem.hint)


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
        workspace.seen.forget()
    except settings.BadSettings as error:
        problem = Problem(
            path.name, error.line, "bad-settings", error.message, error.hint
        )
        workspace.seen.troubles[path.name] = problem
    workspace.seen.record = -1


def _keep(workspace: Workspace) -> None:
    heads = [*_shown(workspace), *_remembered(workspace)]
    problems = list(dict.fromkeys(workspace.seen.troubles.values()))
    for found in workspace.seen.looks.values():
        problems += found.drifts
    problems += contradictions.find(workspace, {x[0]: x[1] for x in heads})
    moved = _moved(workspace, heads)
    workspace.index.replace_sights(heads, problems)
    for agent in moved:
        documents.note_alive(workspace, agent)


def _shown(workspace: Workspace) -> Iterator[Sight]:
    root = workspace.layout.root
    for found in workspace.seen.looks.values():
        for path, head in found.heads.items():
            commit = head.commit or found.branches.get(head.branch, "")
            yield str(path.relative_to(root)), head.branch, commit


def _remembered(workspace: Workspace) -> Iterator[Sight]:
    """Yield what an earlier life saw of repositories that were not looked at yet."""
    unseen = {x.name for x in all_tracked(workspace)} - workspace.seen.looks.keys()
    for row in queries.worktrees(workspace.index):
        if row["repository"] in unseen and (row["branch"] or row["head"]):
            yield row["path"], row["branch"], row["head"]


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
