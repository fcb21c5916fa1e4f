"""Awaited looks: what git shows is looked at, beside, before a call goes on.

A call waits for the looks that it needs, and but shortly for the others.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from coordinator.actions.git_state import look
from coordinator.actions.git_state.repository_look import DueLook
from coordinator.actions.pending.fetching import DueFetch
from coordinator.kernel import git
from coordinator.kernel.system.threads import Outcomes
from coordinator.workspace.registry import Deferred
from coordinator.workspace.workspace import Call

LONGEST = git.LOOK_SECONDS + 2.0  # a look ends by itself before that


@dataclass(frozen=True, slots=True)
class AwaitedLooks:
    """What a call waits for, and what is done `then`.

    It needs the repository named in `needs`, all where that is None, and none where it
    is empty; the others are waited for as long as `patience` says (None: to the end).
    `guard` goes around what changes the workspace; `looked` were looked at for it.
    """

    call: Call
    needs: str | None
    patience: float | None
    guard: Callable[[], AbstractContextManager[None]]
    then: Callable[[], Any]
    looked: frozenset[str] = frozenset()

    def go_on(self) -> Any:  # noqa: ANN401 - a JSON value, or Deferred
        """Do what is next, in a turn."""
        works: Sequence[DueLook | DueFetch] = []
        with self.guard():
            works = look.due(self.call.workspace, but=self.looked)
        if not works:
            return self._end()
        limits = [self._limit(x.repository) for x in works]
        # What is waited for but shortly may as well not be waited for.
        optional = all(x == self.patience is not None for x in limits)
        begun: list[Future[Any]] = [x.begin() for x in works]
        work = Outcomes(begun, limits)
        return Deferred(work, partial(self._take, works), optional=optional)

    def _limit(self, repository: str) -> float | None:
        if self.patience is None or self.needs not in {None, repository}:
            return self.patience
        return LONGEST

    def _take(
        self, works: Sequence[DueLook | DueFetch], found: Sequence[Any] | None
    ) -> Any:  # noqa: ANN401 - a JSON value, or Deferred
        pairs = list(zip(works, found or [None] * len(works), strict=True))
        late = [work.delay for work, outcome in pairs if outcome is None]
        with self.guard():
            for work, outcome in pairs:
                if outcome is not None:
                    look.take(self.call.workspace, work, outcome)
        if late:
            self.call.notes.extend(late)
            return self._end()
        new = {x.repository for x in works if isinstance(x, DueLook)}
        return replace(self, looked=self.looked | new).go_on()

    def _end(self) -> Any:  # noqa: ANN401 - a JSON value, or Deferred
        with self.guard():
            look.settle(self.call.workspace)
        return self.then()
