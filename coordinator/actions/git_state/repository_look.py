"""One look at one repository, on any thread, as long as git's short limit lets it.

One is made of values and touches nothing of the workspace; `look` says what is to be
looked at, and takes over what was seen.
"""

from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

from active_contexts.branches import drift, hook_upkeep
from active_contexts.branches.drift import Look
from active_contexts.branches.hook_owners import Owner
from active_contexts.worktree_state.entries import common_folder, save_role
from active_contexts.worktree_state.model import AssignedWorktree, TrackedRepository
from coordinator.kernel.disk import refusals
from coordinator.kernel.errors import CoordinatorError
from coordinator.kernel.problems import Problem
from coordinator.kernel.system.start_errors import ProgramMissing, TimedOut
from coordinator.kernel.system.threads import Lane

CODE = "repository-unreadable"
GIT = "git"
NO_GIT = "git-missing"
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class LookResult:
    """What was seen: the look, or why there is none. The later, the larger `number`.

    `mark` is what the files looked like just before.
    """

    mark: str
    look: Look | None
    trouble: Problem | None = None
    is_hung: bool = False
    number: int = field(default_factory=lambda: next(_NUMBERS))


@dataclass(frozen=True, slots=True)
class HookUpkeep:
    """Whose hooks are looked after, for which prefixes of branches, and when."""

    owner: Owner
    prefixes: tuple[str, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class DueLook:
    """A repository that is to be looked at; `mark` is what its files looked like."""

    tracked: TrackedRepository
    known: tuple[AssignedWorktree, ...]
    hooked: HookUpkeep
    mark: str
    lane: Lane[LookResult]

    @property
    def repository(self) -> str:
        """The repository's name."""
        return self.tracked.name

    @property
    def delay(self) -> str:
        """What to say where it is not waited for."""
        name = self.repository
        return f"The look at {name} takes long: what is shown of it is older."

    def begin(self) -> Future[LookResult]:
        """Look, after the look at the repository that is under way."""
        return self.lane.begin_instead(self.mark, self._look)

    def _look(self) -> LookResult:
        tracked = self.tracked
        try:
            common = common_folder(tracked.path)
            hooked = self.hooked
            problems = hook_upkeep.maintain(
                tracked, hooked.owner, hooked.prefixes, hooked.now
            )
            for inner, entry in drift.nested(common, self.known).items():
                save_role(entry, common, inner.prefix)
            look = drift.look(tracked, self.known, hooked.prefixes)
            drifts = (*look.drifts, *problems)
            return LookResult(self.mark, replace(look, drifts=drifts))
        except (CoordinatorError, OSError) as error:
            is_hung = isinstance(error, TimedOut)
            problem = trouble(self.repository, CODE, error)
            return LookResult(self.mark, None, problem, is_hung)


def trouble(path: str, code: str, error: CoordinatorError | OSError) -> Problem:
    """Return the problem that something is which cannot be looked at."""
    if isinstance(error, CoordinatorError):
        message, hint = error.message, error.hint
    else:
        said, hint = refusals.explain(error)
        message = f"{said}."
    if isinstance(error, ProgramMissing):
        path, code = GIT, NO_GIT
    return Problem(path, 0, code, message, hint)
