"""Fetching: branches brought into the store and examined, beside the one writer.

It is made of values and touches nothing of the workspace; what is due, and what comes
of it, is `submissions`'.
"""

from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from coordinator.kernel.errors import CoordinatorError, External
from coordinator.kernel.git import Repository
from coordinator.kernel.system.threads import Lane
from coordinator.kernel.text.names import slug
from pending_commits import submissions
from pending_commits.review.model import Allowances


@dataclass(frozen=True, slots=True)
class Proposal:
    """A branch as it stood when it was fetched: where it is and what it points at.

    `base` and `facts`, JSON, tell what it changes, once it was examined.
    """

    repository: str
    branch: str
    head: str
    target: str
    base: str = ""
    facts: str = ""


@dataclass(frozen=True, slots=True)
class FetchSource:
    """A repository that branches are fetched from, into the store."""

    store: Path
    name: str
    path: Path
    target: str
    allowed: Allowances
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

    def examine(self, found: Proposal) -> Proposal:
        """Find out what a proposal changes, on any thread.

        Raises:
            CoordinatorError: It cannot be read, or holds what is not taken.
        """
        from pending_commits.review import examining, format  # noqa: A004, PLC0415 - gitpython loads slowly

        seen = examining.examine(self.store, found.target, found.head, self.allowed)
        text = format.render(asdict(seen.facts), is_searched=seen.is_searched)
        return replace(found, base=seen.facts.base, facts=text)

    def keep(self, item: str, found: Proposal) -> None:
        """Keep a proposal in the store as what an item proposes, and as a patchset."""
        refs = (
            submissions.pending_ref(self.name, item),
            submissions.patchset_ref(self.name, item, found.head),
        )
        store = submissions.open_store(self.store)
        submissions.point(store, dict.fromkeys(refs, found.head))

    def went_back(self, found: Proposal, item: "AwaitedBranch") -> bool:
        """Tell whether the target left commits behind that seemed to be its own.

        Then a proposal brings more than was seen of it, though it is the same commit.
        """
        store = Repository(self.store)
        base = store.ask("merge-base", found.target, found.head).text.strip()
        words = ("merge-base", "--is-ancestor", item.base, base or item.base)
        return base != item.base and (not base or store.ask(*words).code != 0)

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
    """An item whose branch is to be fetched; `mark` changes once that is due again.

    Its head `examined` was looked into already, with that merge `base`.
    """

    id: str
    path: str
    branch: str
    mark: tuple[str, ...]
    examined: str
    base: str


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
            found = self.home.fetch(item.branch, into)
            if found.head == item.examined and not self.home.went_back(found, item):
                return found
            self.home.keep(item.id, found)
            return self.home.examine(found)
        except CoordinatorError as error:
            return error
