"""Which repositories are looked at, when again, and what is kept of what git showed.

They are derived from the outside world, so they are looked at again and never
recorded. What is `due` is done beside the one writer, which takes over what came of
it; a look is due only where git's files have changed.
"""

from collections.abc import Collection, Iterator
from typing import Any

from active_contexts.branches import drift, hook_owners
from active_contexts.worktree_state.entries import common_folder, entries, entry_at
from coordinator.actions.documents import accepting
from coordinator.actions.git_state import contradictions, repository_look, stale_locks
from coordinator.actions.git_state.repository_look import (
    DueLook,
    HookUpkeep,
    LookResult,
)
from coordinator.actions.pending import submissions
from coordinator.actions.pending.fetching import DueFetch
from coordinator.actions.review import perform
from coordinator.index import queries
from coordinator.index.database import ShownHead
from coordinator.kernel.disk.files import Stamp
from coordinator.kernel.errors import CoordinatorError
from coordinator.kernel.problems import Problem
from coordinator.kernel.system.threads import Lane
from coordinator.workspace import repositories, settings
from coordinator.workspace.workspace import Workspace


def due(workspace: Workspace, *, but: Collection[str] = ()) -> list[DueLook | DueFetch]:
    """Return what is to be done beside so that all is as git shows it now.

    Looks at repositories whose git files changed, without those named in `but`; and
    branches to fetch for the pending items that wait for them.
    """
    _reload_settings(workspace)
    looks = [x for x in _due_looks(workspace) if x.repository not in but]
    fetches = submissions.due(workspace)
    busy = {x.repository for x in looks}
    return [*looks, *(x for x in fetches if x.repository not in busy)]


def _due_looks(workspace: Workspace) -> Iterator[DueLook]:
    git_state = workspace.git_state
    owner = hook_owners.owner(workspace.layout.root)
    for one in repositories.all_tracked(workspace):
        known = tuple(repositories.assigned(workspace, one.name))
        prefixes = tuple(workspace.roster.prefixes)
        try:
            stamps = drift.fingerprint(common_folder(one.path))
        except (CoordinatorError, OSError) as error:
            _note(
                workspace,
                one.name,
                LookResult(
                    "",
                    None,
                    repository_look.trouble(one.name, repository_look.CODE, error),
                ),
            )
            git_state.marks.pop(one.name, None)
            continue
        mark = f"{stamps} {known} {prefixes}"
        # What hung is not tried again before git's files change.
        if git_state.marks.get(one.name) != mark:
            lane = git_state.lanes.setdefault(one.name, Lane())
            hooked = HookUpkeep(owner, prefixes, workspace.now())
            yield DueLook(one, known, hooked, mark, lane)


def take(workspace: Workspace, work: DueLook | DueFetch, found: Any) -> None:  # noqa: ANN401 - what came of its `begin`
    """Take over what came of something that was due."""
    if isinstance(work, DueFetch):
        submissions.take(workspace, work, found)
        return
    git_state = workspace.git_state
    if found.number > git_state.numbers.get(work.repository, 0):
        git_state.numbers[work.repository] = found.number
        git_state.marks[work.repository] = found.mark
        _note(workspace, work.repository, found)


def _note(workspace: Workspace, name: str, found: LookResult) -> None:
    """Keep what was seen; of what cannot be looked at, what was known last stays."""
    git_state = workspace.git_state
    if found.look is not None:
        git_state.looks[name] = found.look
    if found.look is not None or git_state.troubles.get(name) != found.trouble:
        git_state.record = -1
    git_state.hung.discard(name)
    if found.is_hung:
        git_state.hung.add(name)
    if found.trouble is None:
        git_state.troubles.pop(name, None)
    else:
        git_state.troubles[name] = found.trouble


def settle(workspace: Workspace) -> None:
    """Derive anew what follows from git's state and the records, where changed."""
    _look_at_locks(workspace)
    _note_missing_git(workspace)
    perform.settle(workspace)
    if workspace.git_state.record != workspace.journal.last:
        _keep(workspace)
        workspace.git_state.record = workspace.journal.last


def _note_missing_git(workspace: Workspace) -> None:
    found = (
        x
        for x in workspace.git_state.troubles.values()
        if x.code == repository_look.NO_GIT
    )
    missing = next(found, None)
    last = "What git shows is shown as it was seen last."
    workspace.note(repository_look.GIT, f"{missing.message} {last}" if missing else "")


def look(workspace: Workspace) -> None:
    """Do at once all that is due: for a process that has nobody else to serve."""
    looked: set[str] = set()
    while works := due(workspace, but=looked):
        futures = [x.begin() for x in works]
        for work, future in zip(works, futures, strict=True):
            take(workspace, work, future.result())
        looked |= {x.repository for x in works if isinstance(x, DueLook)}
    settle(workspace)


def _look_at_locks(workspace: Workspace) -> None:
    """Note stale locks as troubles of their worktrees."""
    troubles = workspace.git_state.troubles
    for one in repositories.all_tracked(workspace):
        if one.name in troubles:
            continue
        common = common_folder(one.path)
        places = {x.path: x for x in entries(common)}
        for known in repositories.assigned(workspace, one.name):
            entry = places.get(known.path) or entry_at(common, known.path)
            problem = stale_locks.look_at_lock(workspace, entry, known)
            name = f"{known.path.name}/index.lock"
            if troubles.get(name) != problem:
                workspace.git_state.record = -1
            if problem is None:
                troubles.pop(name, None)
            else:
                troubles[name] = problem


def _reload_settings(workspace: Workspace) -> None:
    """Take over settings that a person edited; bad ones leave the old in force."""
    path = workspace.layout.settings
    stamp = Stamp.of(path.stat()) if path.exists() else None
    if stamp == workspace.git_state.settings:
        return
    workspace.git_state.settings = stamp
    try:
        workspace.settings = settings.load(path)
        # A repository that is no more in there leaves nothing behind.
        workspace.git_state.forget()
    except settings.BadSettings as error:
        problem = Problem(
            path.name, error.line, "bad-settings", error.message, error.hint
        )
        workspace.git_state.troubles[path.name] = problem
    workspace.git_state.record = -1


def _keep(workspace: Workspace) -> None:
    heads = [*_shown(workspace), *_remembered(workspace)]
    problems = list(dict.fromkeys(workspace.git_state.troubles.values()))
    for found in workspace.git_state.looks.values():
        problems += found.drifts
    problems += contradictions.find(workspace, {x[0]: x[1] for x in heads})
    moved = _moved(workspace, heads)
    workspace.index.replace_git_state(heads, problems)
    for agent in moved:
        accepting.note_alive(workspace, agent)


def _shown(workspace: Workspace) -> Iterator[ShownHead]:
    root = workspace.layout.root
    for found in workspace.git_state.looks.values():
        for path, head in found.heads.items():
            commit = head.commit or found.branches.get(head.branch, "")
            yield str(path.relative_to(root)), head.branch, commit


def _remembered(workspace: Workspace) -> Iterator[ShownHead]:
    """Yield what an earlier life saw of repositories that were not looked at yet."""
    unseen = {
        x.name for x in repositories.all_tracked(workspace)
    } - workspace.git_state.looks.keys()
    for row in queries.worktrees(workspace.index):
        if row["repository"] in unseen and (row["branch"] or row["head"]):
            yield row["path"], row["branch"], row["head"]


def _moved(workspace: Workspace, heads: list[ShownHead]) -> list[str]:
    """Return the agents whose worktrees show another commit than at the last look."""
    known = {x["path"]: x for x in queries.worktrees(workspace.index)}
    return sorted(
        {
            known[path]["agent"]
            for path, _, head in heads
            if path in known and known[path]["head"] not in {"", head}
        }
    )
