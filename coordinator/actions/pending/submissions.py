"""Submissions: a pending item's way from a file to a state, its commit taken from git.

Text never carries authority: a file can propose a branch; what it stands at is read
from git, beside the one writer, and recorded. Review and landing start from the states
recorded here.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from agent_identities.model import EVERYBODY
from coordinator.index import queries
from coordinator.kernel.errors import CoordinatorError, External, NotFound
from coordinator.kernel.journal import SYSTEM, Draft
from coordinator.kernel.problems import Problem
from coordinator.kernel.system.threads import Lane, abreast
from coordinator.kernel.text.names import slug
from coordinator.workspace.workspace import Workspace
from pending_commits import submissions
from pending_commits.item_states import (
    COMMIT_STATES,
    FINISHED,
    ItemEvent,
    ItemState,
    next_state,
)
from pending_commits.model import ItemKind

_MOST_AT_ONCE = 16  # then others have a turn


@dataclass(frozen=True, slots=True)
class Proposal:
    """A branch as it stood when it was fetched: where it is and what it points at."""

    repository: str
    branch: str
    head: str
    target: str


@dataclass(frozen=True, slots=True)
class FetchSource:
    """A repository that branches are fetched from, into the store."""

    store: Path
    name: str
    path: Path
    target: str
    lane: Lane[list[Proposal | CoordinatorError]]

    def fetch(self, branch: str, into: str) -> Proposal:
        """Bring a branch and its target into the store, on any thread.

        Raises:
            CoordinatorError: It cannot be brought, with the reason.
        """
        wanted = {into: branch, submissions.target_ref(self.name): self.target}
        try:
            store = submissions.open_store(self.store)
            found = submissions.fetch_branches(store, self.path, self.name, wanted)
        except OSError as error:
            raise External(str(error), hint="Run: coordinator doctor") from error
        return Proposal(self.name, branch, *found)

    def stock(self, prefixes: Iterable[str]) -> None:
        """Bring the target and the branches with these prefixes into the store."""
        self.lane.begin(object(), partial(self._stock, prefixes)).result()

    def _stock(self, prefixes: Iterable[str]) -> list[Proposal | CoordinatorError]:
        with suppress(CoordinatorError, OSError):
            store = submissions.open_store(self.store)
            submissions.stock(store, self.path, self.name, self.target, prefixes)
        return []

    def look_at(self, branch: str) -> Proposal:
        """Bring a branch and its target into the store, to read them, on any thread.

        Raises:
            CoordinatorError: It cannot be brought, with the reason.
        """
        into = submissions.seen_ref(self.name, slug(branch))
        work = self.lane.begin(object(), lambda: [self.fetch(branch, into)])
        [found] = work.result()
        if isinstance(found, CoordinatorError):
            raise found
        return found


@dataclass(frozen=True, slots=True)
class AwaitedBranch:
    """An item whose branch is to be fetched; `mark` changes once that is due again."""

    id: str
    path: str
    branch: str
    mark: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DueFetch:
    """Branches of one repository that pending items wait for."""

    home: FetchSource
    items: tuple[AwaitedBranch, ...]

    @property
    def repository(self) -> str:
        """The repository's name."""
        return self.home.name

    @property
    def delay(self) -> str:
        """What to say where it is not waited for."""
        return f"Branches of {self.repository} are still brought into the store."

    def begin(self) -> Future[list[Proposal | CoordinatorError]]:
        """Fetch them, after what is fetched from the repository already."""
        return self.home.lane.begin(self.items, lambda: [*map(self._try, self.items)])

    def _try(self, item: AwaitedBranch) -> Proposal | CoordinatorError:
        into = submissions.pending_ref(self.repository, item.id)
        try:
            return self.home.fetch(item.branch, into)
        except CoordinatorError as error:
            return error


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
    for row in queries.pending_of_kind(workspace.index, ItemKind.COMMIT.value):
        name = has_branch(workspace, row["branch"])
        if not name or row["draft"] or row["state"] in FINISHED:
            continue
        tip = git_state.looks[name].branches[row["branch"]]
        revised = str(git_state.revised.get(row["path"], ""))
        known = (git_state.marks.get(name, ""), str(git_state.retries))
        mark = (revised, row["branch"], tip, name, *known)
        is_new = row["state"] == ItemState.DRAFT or tip != row["head"]
        if not is_new and not revised:
            continue
        if git_state.tried.get(row["path"]) != mark and _is_own(workspace, row):
            yield name, AwaitedBranch(row["id"], row["path"], row["branch"], mark)


def retry(workspace: Workspace) -> None:
    """Have tried again what failed: the reason may be gone."""
    workspace.git_state.retries += bool(workspace.git_state.failures)


def _is_own(workspace: Workspace, row: queries.Row) -> bool:
    """Tell whether an item proposes a branch of its author's; `check` says if not."""
    owner = workspace.roster.owner_of_branch(row["branch"])
    return not row["agent"] or owner == row["agent"]


def has_branch(workspace: Workspace, branch: str) -> str:
    """Return the first repository that showed the branch at the last look, or none."""
    looks = workspace.git_state.looks
    names = (x for x in workspace.settings.repositories if x in looks)
    return next((x for x in names if branch in looks[x].branches), "")


def home(workspace: Workspace, name: str) -> FetchSource:
    """Return where a repository's branches are fetched from."""
    source = workspace.repositories()[name].path
    lane = workspace.git_state.fetching.setdefault(name, Lane())
    return FetchSource(
        workspace.layout.store, name, source, workspace.settings.target, lane
    )


def take(
    workspace: Workspace,
    fetch: DueFetch,
    found: Sequence[Proposal | CoordinatorError],
) -> None:
    """Record what was fetched, and keep the reason of what could not be."""
    for item, outcome in zip(fetch.items, found, strict=True):
        row = queries.pending_item(workspace.index, item.id)
        if row is None or row["branch"] != item.branch:
            continue  # it went on meanwhile
        workspace.git_state.tried[item.path] = item.mark
        workspace.git_state.record = -1
        if isinstance(outcome, CoordinatorError):
            workspace.git_state.failures[item.path] = _failure(row, fetch, outcome)
        else:
            workspace.git_state.failures.pop(item.path, None)
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
    event = ItemEvent.SUBMIT
    state = ItemState(row["state"])
    if row["head"]:
        event = (
            ItemEvent.REVISE if row["head"] == proposal.head else ItemEvent.NEW_COMMIT
        )
        if state is ItemState.WITHDRAWN:
            event = ItemEvent.SUBMIT
    new = next_state(state, event)
    if state is ItemState.LANDED:
        return  # what landed stays on record, whatever the branch does now
    if (new, proposal.head) != (state, row["head"]):
        move(workspace, row, new, actor=actor, proposal=proposal)


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


def keep(workspace: Workspace, row: queries.Row, proposal: Proposal) -> None:
    """Keep what was fetched to be read in the store, as what an item proposes."""
    ref = submissions.pending_ref(proposal.repository, row["id"])
    store = submissions.open_store(workspace.layout.store)
    submissions.point(store, {ref: proposal.head})


def planned(workspace: Workspace, branch: str) -> Callable[[], Proposal]:
    """Return what brings a branch and its target into the store, to read them.

    It may be done on any thread.

    Raises:
        NotFound: No repository of the workspace has the branch.
    """
    name = has_branch(workspace, branch)
    if not name:
        raise NotFound(
            f"No repository of the workspace has the branch {branch!r}.",
            hint="Commit to it first, or correct the branch in the file.",
        )
    found = home(workspace, name)
    return partial(found.look_at, branch)


def move(
    workspace: Workspace,
    row: queries.Row,
    new: ItemState,
    *,
    actor: str,
    proposal: Proposal | None = None,
) -> None:
    """Record an item's new state, and the commit that it is about."""
    data: dict[str, Any] = {"path": row["path"], "from": row["state"], "to": new.value}
    data["note"] = f"{row['state']} → {new.value}"
    if proposal is not None:
        data |= {
            "repository": proposal.repository,
            "branch": proposal.branch,
            "head": proposal.head,
            "target": proposal.target,
        }
    workspace.record(Draft("pending.moved", actor, row["id"], data))


def recipients(workspace: Workspace, row: queries.Row) -> set[str]:
    """Return the agents whom a pending item addresses, of those on the roster."""
    roster = workspace.roster
    names = {slug(x) for x in row["recipients"]}
    found = {x for x in map(roster.attribute, names) if x}
    return found | set(roster.names) if EVERYBODY & names else found
