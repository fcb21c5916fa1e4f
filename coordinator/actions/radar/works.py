"""What the radar compares: agents' worktrees as they lie there, and open proposals.

A look is made of values and touches nothing of the workspace, on any thread; looks at
one repository come one after the other.
"""

from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path

from active_contexts.worktree_state.entries import common_folder, entry_at
from active_contexts.worktrees import snapshot
from coordinator.index import queries
from coordinator.kernel import git
from coordinator.kernel.errors import CoordinatorError, External
from coordinator.kernel.git import Repository
from coordinator.kernel.system.threads import Lane
from coordinator.workspace import repositories
from coordinator.workspace.workspace import Workspace
from pending_commits.item_states import FINISHED, ItemState
from pending_commits.model import ItemKind
from pending_commits.radar import matrix, scratch
from pending_commits.radar.model import NotCompared, OpenWork, Radar
from pending_commits.radar.placing import Memory


@dataclass(slots=True)
class RadarState:
    """What looks at one repository leave to the next, and their lane."""

    memory: Memory = field(default_factory=Memory)
    order: Memory = field(default_factory=Memory)
    lane: Lane["RadarFindings"] = field(default_factory=Lane)


@dataclass(frozen=True, slots=True)
class RadarFindings:
    """What was compared in a repository, with which target commit, and what came of it.

    `unsure` are the owners of what could not be compared, as far as that is known;
    `items` is what came of the proposals alone, those of one agent with each other too,
    where an order of landing was wanted.
    """

    repository: str
    target: str
    works: tuple[OpenWork, ...]
    radar: Radar
    unsure: frozenset[str]
    items: Radar


@dataclass(frozen=True, slots=True)
class RadarLook:
    """A repository to be compared; `trees` are agents' worktrees with their owners."""

    repository: str
    path: Path
    target: str
    store: Path
    scratch: Path
    trees: tuple[tuple[str, Path], ...]
    items: tuple[OpenWork, ...]
    state: RadarState
    with_order: bool

    def begin(self) -> Future[RadarFindings]:
        """Compare, after the look at the repository that is under way."""
        return self.state.lane.begin(object(), self._look)

    def _look(self) -> RadarFindings:
        """Compare all that is there.

        Raises:
            CoordinatorError: The repository or its target cannot be read.
        """
        common = common_folder(self.path)
        target = git.resolve(Repository(self.path), f"refs/heads/{self.target}")
        if target is None:
            raise External(
                f"{self.repository} has no branch {self.target} to compare with.",
                hint="Make it, or set another target in coordinator.toml.",
            )
        objects = [common / "objects", self.store / "objects"]
        self.scratch.parent.mkdir(mode=0o700, exist_ok=True)
        there = scratch.open_scratch(self.scratch, [x for x in objects if x.is_dir()])
        found, failed = self._works(common, target, there.path / "objects")
        radar = matrix.compare(there, target, found, self.state.memory)
        unreadable = (*failed, *radar.unreadable)
        told = Radar(radar.with_target, radar.pairs, unreadable)
        names = {y for x in unreadable for y in x.names}
        owners = [*((x.owner, x.name) for x in found), *self._named]
        unsure = frozenset(owner for owner, name in owners if name in names)
        items = Radar()
        if self.with_order:
            alone = [replace(x, owner=x.name) for x in self.items]
            items = matrix.compare(there, target, alone, self.state.order)
        return RadarFindings(self.repository, target, tuple(found), told, unsure, items)

    @property
    def _named(self) -> list[tuple[str, str]]:
        return [(owner, folder.name) for owner, folder in self.trees]

    def _works(
        self, common: Path, target: str, objects: Path
    ) -> tuple[list[OpenWork], list[NotCompared]]:
        found, failed = list(self.items), []
        proposed = {(x.owner, x.commit) for x in self.items}
        for owner, folder in self.trees:
            try:
                work = _worktree(common, owner, folder, objects)
            except (CoordinatorError, OSError) as error:
                failed.append(NotCompared((folder.name,), str(error)))
                continue
            is_known = not work.tree and (owner, work.commit) in proposed
            if not is_known and (work.tree or work.commit != target):
                found.append(work)
        return found, failed


def _worktree(common: Path, owner: str, folder: Path, objects: Path) -> OpenWork:
    """Return what an agent has in a worktree, what is uncommitted with it.

    Raises:
        CoordinatorError, OSError: It is gone, or cannot be read.
    """
    entry = entry_at(common, folder)
    commit = git.resolve(Repository(folder), "HEAD") if entry else None
    if entry is None or commit is None:
        raise External("It is not there.", hint="Run: coordinator worktree repair")
    tree = snapshot.snapshot(entry, objects)
    clean = Repository(folder).run("rev-parse", f"{commit}^{{tree}}")
    return OpenWork(owner, folder.name, commit, tree if tree != clean else "")


def plan(
    workspace: Workspace, wanted: str = "", *, with_order: bool = False
) -> list[RadarLook]:
    """Return the looks at all repositories, or at the one that is wanted.

    Raises:
        NotFound: There is no repository of that name.
    """
    tracked = repositories.all_tracked(workspace)
    if wanted:
        tracked = [repositories.tracked(workspace, wanted)]
    layout = workspace.layout
    return [
        RadarLook(
            x.name,
            x.path,
            x.target,
            layout.store,
            layout.own / "radar" / f"{x.name}.git",
            tuple((y.agent, y.path) for y in repositories.assigned(workspace, x.name)),
            tuple(_items(workspace, x.name)),
            workspace.radar.setdefault(x.name, RadarState()),
            with_order,
        )
        for x in tracked
        if x.name not in workspace.git_state.hung
    ]


def _items(workspace: Workspace, repository: str) -> list[OpenWork]:
    """Return the open proposals; a person's is that person's alone."""
    rows = queries.pending_of_kind(workspace.index, ItemKind.COMMIT.value)
    mine = (x for x in rows if x["repository"] == repository and x["head"])
    return [
        OpenWork(x["agent"] or x["id"], x["id"], x["head"])
        for x in mine
        if ItemState(x["state"]) not in {*FINISHED, ItemState.DRAFT}
    ]
