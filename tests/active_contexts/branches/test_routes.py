"""Every way that git offers to make a branch, and the layer that stops or reports it.

`hook`: refused when it is tried. `look`: done, and reported by the daemon's look at
the refs. `landing`: a name like any person's; only the landing queue will refuse it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from active_contexts.branches import drift as refs_look
from active_contexts.branches import hooks
from active_contexts.worktree_state.model import AssignedWorktree
from coordinator.kernel.problems import Problem
from tests.active_contexts.worktree_yard import OWNER, PREFIXES, Yard, make_yard
from tests.support import git, try_git

HOOK, LOOK, LANDING = "hook", "look", "landing"
NO_HOOKS = ("-c", "core.hooksPath=/dev/null")


@dataclass
class Scene:
    """An agent's worktree on its own branch; what few routes need is made for them."""

    yard: Yard
    backend: AssignedWorktree
    folder: Path
    make_repository: Callable[[Path], Path]

    @cached_property
    def frontend(self) -> AssignedWorktree:
        """Another agent's worktree."""
        return self.yard.home("frontend")

    @cached_property
    def clone(self) -> Path:
        """A person's clone, with the repository as its origin."""
        made = self.make_repository(self.folder / "clone")
        git(made, "remote", "add", "origin", str(self.yard.repository))
        return made

    def has_remote(self) -> None:
        """Give the repository a remote of its own."""
        remote = self.folder / "remote.git"
        git(self.folder, "init", "-q", "--bare", str(remote))
        git(self.yard.repository, "remote", "add", "origin", str(remote))

    @property
    def place(self) -> Path:
        """The worktree of the agent whose moves are tried."""
        return self.backend.path

    def drifts(self) -> tuple[Problem, ...]:
        """Look as the daemon does."""
        known = [self.backend]
        return refs_look.look(self.yard.tracked, known, PREFIXES).drifts


@pytest.fixture
def scene(
    tmp_path: Path, repository: Path, make_repository: Callable[[Path], Path]
) -> Scene:
    """Hooks installed, `backend/start` checked out by backend."""
    yard = make_yard(tmp_path / "work", repository)
    hooks.install(repository, OWNER, PREFIXES)
    backend = yard.start(yard.home("backend"), "start")
    git(repository, "branch", "topic")
    return Scene(yard, backend, tmp_path, make_repository)


Route = Callable[[Scene, str], int]


def inside(*words: str) -> Route:
    """Run git in the agent's worktree; NAME stands for the branch."""

    def go(scene: Scene, name: str) -> int:
        argv = [x.replace("NAME", name) for x in words]
        return try_git(scene.place, *argv).returncode

    return go


def push_in(*options: str) -> Route:
    """Push to the repository from a person's clone."""

    def go(scene: Scene, name: str) -> int:
        argv = ("push", "-q", *options, "origin", f"HEAD:refs/heads/{name}")
        return try_git(scene.clone, *argv).returncode

    return go


def push_out(*options: str) -> Route:
    """Push from the agent's worktree to a remote."""

    def go(scene: Scene, name: str) -> int:
        scene.has_remote()
        return inside("push", *options, "origin", "HEAD:refs/heads/NAME")(scene, name)

    return go


def from_elsewhere(scene: Scene, name: str) -> int:
    """Reach into another agent's worktree."""
    return try_git(
        scene.frontend.path, "-C", str(scene.place), "switch", "-c", name
    ).returncode


def stash_branch(scene: Scene, name: str) -> int:
    """Make a branch out of a stash entry."""
    (scene.place / "README.md").write_text("changed\n")
    git(scene.place, "stash", "-q")
    return try_git(scene.place, "stash", "branch", name).returncode


def switch_to_existing(scene: Scene, name: str) -> int:
    """Check a branch out that a person made."""
    git(scene.yard.repository, *NO_HOOKS, "branch", name)
    return try_git(scene.place, "switch", name).returncode


def orphan(scene: Scene, name: str) -> int:
    """Begin a history of its own; the branch is made by its first commit."""
    git(scene.place, "switch", "-q", "--orphan", name)
    return try_git(scene.place, "commit", "--allow-empty", "-m", "x").returncode


def by_hand(scene: Scene, name: str) -> int:
    """Write the ref's file."""
    oid = git(scene.place, "rev-parse", "HEAD")
    ref = scene.yard.repository / ".git/refs/heads" / name
    ref.parent.mkdir(exist_ok=True, parents=True)
    ref.write_text(f"{oid}\n")
    return 0


# route: what is run, and which layer stops or reports a name outside of the agent's
# prefix ("wild") and a malformed one inside of it ("backend/Wild").
ROUTES: dict[str, tuple[Route, str, str]] = {
    "checkout -b": (inside("checkout", "-b", "NAME"), HOOK, HOOK),
    "checkout -B": (inside("checkout", "-B", "NAME"), HOOK, HOOK),
    "switch -c": (inside("switch", "-c", "NAME"), HOOK, HOOK),
    "switch -C": (inside("switch", "-C", "NAME"), HOOK, HOOK),
    "branch": (inside("branch", "NAME"), HOOK, HOOK),
    "branch -f": (inside("branch", "-f", "NAME", "HEAD"), HOOK, HOOK),
    "branch -m": (inside("branch", "-m", "NAME"), LOOK, LOOK),
    "branch -c": (inside("branch", "-c", "NAME"), LANDING, LOOK),
    "worktree add -b": (
        inside("worktree", "add", "-b", "NAME", "../x"), HOOK, HOOK
    ),
    "update-ref": (inside("update-ref", "refs/heads/NAME", "HEAD"), HOOK, HOOK),
    "fetch a:b": (inside("fetch", ".", "HEAD:refs/heads/NAME"), HOOK, HOOK),
    "push . a:b": (inside("push", ".", "HEAD:refs/heads/NAME"), HOOK, HOOK),
    "push out": (push_out(), HOOK, HOOK),
    "push out --no-verify": (
        push_out("--no-verify"),
        LANDING, LANDING,
    ),
    "push in from a clone": (push_in(), LANDING, HOOK),
    "push in --no-verify": (push_in("--no-verify"), LANDING, HOOK),
    "symbolic-ref HEAD": (
        inside("symbolic-ref", "HEAD", "refs/heads/NAME"), LOOK, LOOK
    ),
    "symbolic-ref a b": (
        inside("symbolic-ref", "refs/heads/NAME", "refs/heads/backend/start"),
        LANDING, LOOK,
    ),
    "switch to an existing one": (switch_to_existing, LOOK, LOOK),
    "from elsewhere with -C": (from_elsewhere, HOOK, HOOK),
    "hooks off: switch -c": (inside(*NO_HOOKS, "switch", "-c", "NAME"), LOOK, LOOK),
    "hooks off: branch": (inside(*NO_HOOKS, "branch", "NAME"), LANDING, LOOK),
    "stash branch": (stash_branch, HOOK, HOOK),
    "switch --orphan": (orphan, HOOK, HOOK),
    "written by hand": (by_hand, LANDING, LOOK),
}  # fmt: skip
CASES = [
    (route, name, layer)
    for route, (_, wild, malformed) in ROUTES.items()
    for name, layer in (("wild", wild), ("backend/Wild", malformed))
]


@pytest.mark.parametrize(("route", "name", "layer"), CASES)
def test_a_wrong_name_meets_a_layer(
    scene: Scene, route: str, name: str, layer: str
) -> None:
    """Each route is refused by a hook, reported by the look, or left to landing."""
    code = ROUTES[route][0](scene, name)
    if code and route.startswith("symbolic-ref"):
        return  # git has asked the hooks for it since 2.46
    said = " ".join(x.message for x in scene.drifts())
    assert (code != 0) == (layer == HOOK)
    reported = layer == LOOK or route == "switch --orphan"
    assert (name in said) == reported


@pytest.mark.parametrize("route", ROUTES)
def test_a_proper_name_passes_on_every_route(scene: Scene, route: str) -> None:
    """The layers stand in nobody's way."""
    assert ROUTES[route][0](scene, "backend/login") == 0
    assert scene.drifts() == ()


@pytest.mark.parametrize(
    "words",
    [
        ("switch", "-c"),
        ("branch",),
        ("checkout", "-b"),
        ("worktree", "add", "../x", "-b"),
    ],
)
def test_a_persons_own_names_pass_in_the_main_checkout(
    scene: Scene, words: tuple[str, ...]
) -> None:
    """Elsewhere only names inside an agent's prefix are checked."""
    scene.has_remote()
    main = scene.yard.repository
    assert try_git(main, *words, "release/1.0").returncode == 0
    assert try_git(main, "push", "-q", "origin", "release/1.0").returncode == 0
    assert try_git(main, "branch", "frontend/From-a-person").returncode != 0
    assert try_git(main, "branch", "frontend").returncode != 0
    assert scene.drifts() == ()


def test_moving_an_existing_branch_is_not_making_one(scene: Scene) -> None:
    """A forced update names no old value either, and passes."""
    git(scene.place, "branch", "-f", "topic", "HEAD")
    git(scene.place, "update-ref", "refs/heads/topic", "HEAD")
    git(scene.yard.repository, "pack-refs", "--all")
    git(scene.place, "branch", "-f", "topic", "HEAD")
    git(scene.place, "branch", "-D", "topic")


def test_a_branch_that_blocks_a_namespace_is_refused_and_reported(
    scene: Scene,
) -> None:
    """It would make every branch of the agent impossible."""
    main = scene.yard.repository
    git(main, "branch", "-D", "-q", "backend/start", check=False)
    git(scene.place, "switch", "-q", "--detach")
    git(main, "branch", "-D", "-q", "backend/start")
    assert "block every backend/" in try_git(main, "branch", "backend").stderr
    git(main, *NO_HOOKS, "branch", "backend")
    (drift,) = scene.drifts()
    assert drift.code == "branch-blocks-namespace"
    command = drift.hint.removeprefix("Run: git ").split()
    git(main, *command)
    assert scene.drifts() == ()
