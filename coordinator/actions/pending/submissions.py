"""Submissions: a pending item's way from a file to a state, its commit taken from git.

Text never carries authority: a file can propose a branch; what it stands at is read
from git, beside the one writer, and recorded. Review and landing start from the states
recorded here.
"""

import shlex
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Any

from active_contexts.branches import branch_rules
from active_contexts.branches.branch_rules import NameVerdict
from agent_identities.model import EVERYBODY
from coordinator.actions.pending.fetching import (
    AwaitedBranch,
    DueFetch,
    FetchSource,
    Proposal,
)
from coordinator.actions.review import loading, perform
from coordinator.index import queries
from coordinator.kernel.blobs import name_of
from coordinator.kernel.errors import CoordinatorError, NotFound, UsageProblem
from coordinator.kernel.journal import SYSTEM, Draft
from coordinator.kernel.problems import Problem
from coordinator.kernel.system.threads import Lane, abreast
from coordinator.kernel.text.names import slug
from coordinator.workspace.workspace import Workspace
from pending_commits.item_states import (
    COMMIT_STATES,
    FINISHED,
    ItemEvent,
    ItemState,
    next_state,
)
from pending_commits.model import ItemKind
from pending_commits.review import words

_MOST_AT_ONCE = 16  # then others have a turn
_TAKEN = COMMIT_STATES - {ItemState.DRAFT}


def note_versions(workspace: Workspace, paths: Sequence[str]) -> None:
    """Hear of new versions: those that propose a branch wait for it; others reopen.

    What was withdrawn is only submitted again by command.
    """
    for row in queries.pending_at(workspace.index, list(paths)):
        if row["kind"] == ItemKind.COMMIT.value:
            workspace.git_state.revised[row["path"]] = workspace.journal.last
            workspace.git_state.proposals += 1
        else:
            _reopen(workspace, row)


def _reopen(workspace: Workspace, row: queries.Row) -> None:
    """A new version was read by nobody yet."""
    state = ItemState(row["state"])
    if state in COMMIT_STATES:
        return  # it was a commit when it was moved last, and its text says so no more
    new = next_state(state, ItemEvent.REVISE)
    if new is not state:
        move(workspace, row, new, actor=row["agent"] or SYSTEM)


def due(workspace: Workspace) -> list[DueFetch]:
    """Return the branches that are to be fetched now, by repository."""
    git_state = workspace.git_state
    state = (
        workspace.journal.last,
        tuple(git_state.numbers.items()),
        git_state.retries,
    )
    if git_state.calm == state:
        return []  # there may be many items, and this is asked at every call
    found: dict[str, list[AwaitedBranch]] = {}
    for name, item in _wanted(workspace):
        found.setdefault(name, []).append(item)
    git_state.calm = None if found else state
    homes = ((home(workspace, name), x) for name, x in found.items())
    return [DueFetch(x, tuple(items[:_MOST_AT_ONCE])) for x, items in homes]


def _wanted(workspace: Workspace) -> Iterator[tuple[str, AwaitedBranch]]:
    git_state = workspace.git_state
    bases = queries.bases(workspace.index)
    for row in queries.pending_of_kind(workspace.index, ItemKind.COMMIT.value):
        name = repository_of(workspace, row)
        if not name or row["draft"] or row["state"] in FINISHED:
            continue
        branches = git_state.looks[name].branches
        tip, target = branches[row["branch"]], workspace.settings.target_of(name)
        aim = branches.get(target, "")
        revised = str(git_state.revised.get(row["path"], ""))
        known = (git_state.marks.get(name, ""), str(git_state.retries))
        mark = (revised, row["branch"], tip, aim, name, *known)
        is_new = row["state"] not in _TAKEN or tip != row["head"]
        # What was approved is looked at again where the target may have gone back.
        is_moved = aim != row["target"] and row["state"] == ItemState.APPROVED
        is_new = is_new or is_moved or row["id"] not in bases
        if not is_new and not revised:
            git_state.failures.pop(row["path"], None)  # it stands where it was taken
            continue
        if git_state.tried.get(row["path"]) != mark and _is_own(workspace, row):
            base = bases.get(row["id"], "")
            seen = (row["head"], base) if row["id"] in bases else ("", "")
            yield (
                name,
                AwaitedBranch(row["id"], row["path"], row["branch"], mark, *seen),
            )


def retry(workspace: Workspace) -> None:
    """Have tried again what failed: the reason may be gone."""
    workspace.git_state.retries += bool(workspace.git_state.failures)


def _is_own(workspace: Workspace, row: queries.Row) -> bool:
    """Tell whether an item proposes a branch of its author's; `check` says if not."""
    owner = workspace.roster.owner_of_branch(row["branch"])
    if row["head"]:  # what was taken before goes on
        return not row["agent"] or owner == row["agent"]
    return owner == (row["agent"] or None) and not misnamed(workspace, row["branch"])


def misnamed(workspace: Workspace, branch: str) -> Problem | None:
    """Return what is wrong with a branch's name, if its prefix is an agent's."""
    prefixes = workspace.roster.prefixes
    said = branch_rules.verdict(branch, own_prefix=None, prefixes=prefixes)
    if said is NameVerdict.FINE:
        return None
    message = branch_rules.explain(branch, said, own_prefix=None)
    better = branch_rules.proper_name(branch, prefixes)
    hint = f"Run: git branch -m {shlex.quote(branch)} {better}"
    return Problem("", 0, "branch-name", message, hint)


def repositories_with(workspace: Workspace, branch: str) -> list[str]:
    """Return the repositories that showed the branch at the last look."""
    looks = workspace.git_state.looks
    names = (x for x in workspace.settings.repositories if x in looks)
    return [x for x in names if branch in looks[x].branches]


def repository_of(workspace: Workspace, row: queries.Row) -> str:
    """Return the repository that an item's branch is taken from; empty: none, or which.

    It is the one that the item names, that it was taken from before, or the only one.
    """
    found = repositories_with(workspace, row["branch"])
    if named := row["wanted"] or row["repository"]:
        return named if named in found else ""
    return found[0] if len(found) == 1 else ""


def has_branch(workspace: Workspace, branch: str) -> str:
    """Return the first repository that showed the branch at the last look, or none."""
    return next(iter(repositories_with(workspace, branch)), "")


def home(workspace: Workspace, name: str) -> FetchSource:
    """Return where a repository's branches are fetched from."""
    source = workspace.repositories()[name].path
    lane = workspace.git_state.fetching.setdefault(name, Lane())
    settings = workspace.settings
    target, allowed = settings.target_of(name), settings.allowances
    return FetchSource(workspace.layout.store, name, source, target, allowed, lane)


def take(
    workspace: Workspace,
    fetch: DueFetch,
    found: Sequence[Proposal | CoordinatorError],
) -> None:
    """Record what was fetched, and keep the reason of what could not be."""
    for item, outcome in zip(fetch.items, found, strict=True):
        row = queries.pending_item(workspace.index, item.id)
        is_over = row is None or row["state"] in FINISHED
        if row is None or is_over or row["branch"] != item.branch:
            continue  # it went on meanwhile
        workspace.git_state.tried[item.path] = item.mark
        workspace.git_state.record = -1
        if isinstance(outcome, CoordinatorError):
            workspace.git_state.failures[item.path] = _failure(row, fetch, outcome)
        else:
            submit(workspace, row, outcome, actor=row["agent"] or SYSTEM)


def _failure(row: queries.Row, fetch: DueFetch, error: CoordinatorError) -> Problem:
    message = (
        f"The branch {row['branch']} cannot be taken from {fetch.repository}:"
        f" {error.message}"
    )
    line = row["branch_line"]
    return Problem(row["path"], line, "branch-not-taken", message, error.hint)


def submit(
    workspace: Workspace, row: queries.Row, proposal: Proposal, *, actor: str
) -> None:
    """Record what an item's branch points at, which is in the store by now."""
    workspace.git_state.revised.pop(row["path"], None)
    workspace.git_state.failures.pop(row["path"], None)
    event = ItemEvent.SUBMIT
    state = ItemState(row["state"])
    if state not in COMMIT_STATES:
        state = ItemState.DRAFT  # it was another kind of item when it was moved last
    elif row["head"]:
        event = (
            ItemEvent.REVISE if row["head"] == proposal.head else ItemEvent.NEW_COMMIT
        )
        if state is ItemState.WITHDRAWN:
            event = ItemEvent.SUBMIT
    if state is ItemState.LANDED:
        return  # what landed stays on record, whatever the branch does now
    new = next_state(state, event)
    voided = ""
    drafts = []
    if (new, proposal.head) != (state, row["head"]):
        voided = _voided(workspace, row, proposal)
        drafts.append(moved(row, new, actor, proposal, voided))
    if proposal.facts:
        workspace.blobs.put([proposal.facts.encode()])
        drafts.append(_examined(row, proposal))
    if drafts:
        workspace.record(*drafts)
    if row["head"] and proposal.head != row["head"]:
        perform.renew(workspace, row["id"], voided)
    perform.settle_one(workspace, row["id"])


def _voided(workspace: Workspace, row: queries.Row, proposal: Proposal) -> str:
    if not row["head"] or proposal.head == row["head"]:
        return ""
    return words.voided(loading.load(workspace, row), proposal.head)


def _examined(row: queries.Row, proposal: Proposal) -> Draft:
    facts = name_of(proposal.facts.encode())
    data = {"head": proposal.head, "base": proposal.base, "facts": facts}
    return Draft("pending.examined", SYSTEM, row["id"], data)


def stocking(
    workspace: Workspace, names: Collection[str] | None = None
) -> Callable[[], object]:
    """Return what brings targets and agents' branches into the store in advance.

    So the first submission has little to fetch. It may be done on any thread, and what
    fails is told once it is asked for. `names` are the repositories, None: all.
    """
    known = workspace.settings.repositories
    homes = [home(workspace, x) for x in known if names is None or x in names]
    prefixes = tuple(workspace.roster.prefixes)
    return partial(abreast, [partial(x.stock, prefixes) for x in homes])


def planned(workspace: Workspace, branch: str) -> Callable[[], Proposal]:
    """Return what brings a branch and its target into the store, to read them.

    It may be done on any thread.

    Raises:
        NotFound: No repository of the workspace has the branch.
    """
    name = has_branch(workspace, branch)
    return partial(_home_with(workspace, branch, name).look_at, branch)


def proposed(
    workspace: Workspace, branch: str, repository: str
) -> Callable[[], Proposal]:
    """Return what brings a branch into the store as `planned` does, and examines it.

    `repository` is where it is to be; empty: there may be only one that has it.

    Raises:
        NotFound: The branch is not there.
        UsageProblem: Several repositories have it, and none was named.
    """
    found = repositories_with(workspace, branch)
    if not repository and len(found) > 1:
        raise UsageProblem(
            f"Several repositories have the branch {branch!r}: {', '.join(found)}.",
            hint=f"Name one: --repository {found[0]}",
        )
    name = next((x for x in found if repository in {"", x}), "")
    source = _home_with(workspace, branch, name)
    return lambda: source.examine(source.look_at(branch))


def _home_with(workspace: Workspace, branch: str, name: str) -> FetchSource:
    if not name:
        raise NotFound(
            f"No repository of the workspace has the branch {branch!r}.",
            hint="Commit to it first, or correct the branch in the file.",
        )
    return home(workspace, name)


def move(workspace: Workspace, row: queries.Row, new: ItemState, *, actor: str) -> None:
    """Record an item's new state."""
    workspace.record(moved(row, new, actor))


def moved(
    row: queries.Row,
    new: ItemState,
    actor: str,
    proposal: Proposal | None = None,
    why: str = "",
) -> Draft:
    """Return the record of an item's new state, and the commit that it is about."""
    data: dict[str, Any] = {"path": row["path"], "from": row["state"], "to": new.value}
    data["note"] = f"{row['state']} → {new.value}{': ' if why else ''}{why}"
    if proposal is not None:
        data |= {
            "repository": proposal.repository,
            "branch": proposal.branch,
            "head": proposal.head,
            "target": proposal.target,
        }
    return Draft("pending.moved", actor, row["id"], data)


def recipients(workspace: Workspace, row: queries.Row) -> set[str]:
    """Return the agents whom a pending item addresses, of those on the roster."""
    roster = workspace.roster
    names = {slug(x) for x in row["recipients"]}
    found = {x for x in map(roster.attribute, names) if x}
    return found | set(roster.names) if EVERYBODY & names else found
