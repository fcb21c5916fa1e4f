"""Init: makes a workspace, or adds to one what is missing; safe to repeat.

`prepare` makes the bare folders before there is anything to lock; the action does the
rest under the lock like every other.
"""

import os
import shlex
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

import active_contexts.store
import agent_identities.store
import learnings.store
import pending_commits.store
from active_contexts.branches import drift
from active_contexts.branches.branch_rules import check_beside
from active_contexts.worktree_state import entries
from active_contexts.worktree_state.model import TrackedRepository
from active_contexts.worktrees.assigning import check_usable
from agent_identities.model import DEFAULT_ROSTER, identity_for
from coordinator.actions.documents.accepting import take_in
from coordinator.actions.pending import submissions
from coordinator.actions.worktrees import homes, hooks
from coordinator.index import record_queries
from coordinator.kernel import git
from coordinator.kernel.disk import files, small_files
from coordinator.kernel.disk.refusals import LINK, kind, refusals
from coordinator.kernel.errors import Conflict, CoordinatorError, External, UsageProblem
from coordinator.kernel.git import Repository
from coordinator.kernel.journal import Draft
from coordinator.kernel.problems import Problem
from coordinator.kernel.system import addresses, threads
from coordinator.kernel.text import names
from coordinator.results.workspaces import MadeWorkspace
from coordinator.workspace import file_kinds, repositories, settings, tokens
from coordinator.workspace.layout import VERSION, Layout
from coordinator.workspace.registry import Arguments, Deferred, Positional, Who, action
from coordinator.workspace.review_settings import check_branch
from coordinator.workspace.settings import Settings
from coordinator.workspace.workspace import MAINTAINER, Call, Workspace

_FOLDERS = (
    agent_identities.store.FOLDER,
    active_contexts.store.FOLDER,
    f"{active_contexts.store.FOLDER}/runs",
    "agent-system/workflows",
    learnings.store.FOLDER,
    pending_commits.store.FOLDER,
    "reports",
)
_OWN_FOLDERS = ("tmp", "tokens", "trash", "pool", "logs", "quarantine")


class WrongVersion(Conflict):
    """The workspace was made by another version of this program."""

    def __init__(self, root: Path, found: str) -> None:
        super().__init__(
            f"The workspace {root} has layout version {found}; this program knows"
            f" {VERSION}.",
            hint="Install the newer version of agent-coordinator.",
        )


class GitTooOld(External):
    """The installed git lacks what is needed."""

    def __init__(self) -> None:
        needed = ".".join(map(str, git.OLDEST))
        super().__init__(
            f"The installed git is older than {needed}.", hint="Install a newer git."
        )


def check_version(layout: Layout) -> None:
    """Refuse a workspace of a newer layout, or one with something else in its place.

    Raises:
        WrongVersion: It is newer, or says nothing sensible.
        WrongKind: A folder or a file of the coordinator's own is none.
    """
    file_kinds.check(layout)
    try:
        found = small_files.read(str(layout.version)).decode("utf-8", "replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return
    if found != VERSION:
        raise WrongVersion(layout.root, found)


def prepare(root: Path, maintainer: str = "") -> Layout:
    """Make the folders of a workspace where they are missing, and let its maker in.

    Raises:
        NameGiven: The maintainer's name is another one's.
        Conflict: The folder is a git repository, or of a newer layout.
        External: The folders cannot be made.
    """
    layout = Layout(root)
    _check_place(layout)
    check_version(layout)
    with refusals():
        _make_folders(layout)
        tokens.admit_maintainer(layout, maintainer, _name_in_git)
        _create(layout, layout.version, f"{VERSION}\n")
    return layout


def _name_in_git() -> str:
    """Return what the user's own git calls its user, in no repository."""
    with suppress(CoordinatorError):
        name = git.users_setting(Repository(Path("/")), "user.name")
        return " ".join(name[1].split()) if name else ""
    return ""


def _check_place(layout: Layout) -> None:
    root = layout.root
    around = addresses.find_root(str(root.parent))
    if root == root.parent or around:
        where = f"lies in the workspace {around}" if around else "holds everything"
        raise Conflict(
            f"{root} cannot be a workspace: it {where}.", hint="Name another folder."
        )
    repository = entries.repository_around(root)
    # A workspace that an earlier version let be made in one goes on.
    if repository is not None and not layout.version.exists():
        raise Conflict(
            f"{root} cannot be a workspace: it lies in the git repository"
            f" {repository}, whose git would see it.",
            hint=f"Name a folder outside, such as {repository.parent / 'worktrees'}",
        )


def _make_folders(layout: Layout) -> None:
    layout.root.mkdir(parents=True, exist_ok=True)
    layout.own.mkdir(mode=0o700, exist_ok=True)
    for name in _OWN_FOLDERS:
        (layout.own / name).mkdir(mode=0o700, exist_ok=True)
    for name in _FOLDERS:
        _make_folder(layout.root, name)
    _create(layout, layout.settings, _untouched())


def _untouched() -> str:
    return settings.render({}, target="main", check="")


def _make_folder(root: Path, name: str) -> None:
    """Make a folder and those above it; behind a link nothing is made."""
    place = root
    for part in name.split("/"):
        place /= part
        if kind(place) == LINK:
            return  # a person's, of which `check` speaks
        place.mkdir(exist_ok=True)


def _create(layout: Layout, path: Path, text: str) -> None:
    """Write a file unless it is there; another `init` may be doing the same now."""
    if not path.exists():
        with suppress(FileExistsError):
            data = text.encode()
            files.create(path.parent, path.name, data, temporary=layout.own)


class InitArguments(Arguments):
    """What the workspace is to have."""

    workspace: Annotated[str, Positional()] = Field(
        ..., description="the workspace's folder; it is made where missing"
    )
    repo: tuple[str, ...] = Field(
        (), description="NAME=PATH of a repository; may be repeated"
    )
    agent: tuple[str, ...] = Field(
        (), description="an agent; may be repeated (default: backend, frontend, docs)"
    )
    target: Annotated[str, AfterValidator(lambda x: x and check_branch(x))] = Field(
        "", description="the branch that work lands on (default: main)"
    )
    check: str = Field("", description="the command that landing will run")
    maintainer: Annotated[str, AfterValidator(lambda x: x and tokens.check_name(x))] = (
        Field("", description="your name in records (default: git's user.name)")
    )


@action(
    "init",
    who=Who.MAINTAINER,
    example="coordinator init ~/worktrees --repo shop=~/code/shop",
)
def init(call: Call, arguments: InitArguments) -> Deferred[MadeWorkspace]:
    """Make a workspace, or add to one what is missing."""
    workspace = call.workspace
    named = check(call.folder, arguments, workspace.settings)
    _save_settings(workspace, named, arguments)
    _make_roster(workspace, arguments.agent)
    for name in workspace.roster.names:
        tokens.issue(workspace.layout, name)
    if workspace.journal.last == 0 or not _was_made(workspace):
        workspace.record(Draft("workspace.created", call.caller.actor, "workspace"))
    stocking = threads.start(submissions.stocking(workspace))
    made = homes.make_all(call)
    hooks.install_all(workspace)
    value: MadeWorkspace = {
        "id": str(workspace.layout.root),
        "workspace": str(workspace.layout.root),
        "repositories": {
            x.name: str(x.path) for x in repositories.all_tracked(workspace)
        },
        "agents": list(workspace.roster.names),
        "worktrees": made,
        "problems": _blocked(workspace),
    }
    return Deferred(stocking.result, lambda _: value)


def _blocked(workspace: Workspace) -> list[str]:
    """Return the branches of the repositories that no agent can work beside."""
    prefixes = list(workspace.roster.prefixes)
    found: list[Problem] = []
    for tracked in repositories.all_tracked(workspace):
        with suppress(
            CoordinatorError
        ):  # what cannot be looked at is told of elsewhere
            found += drift.blocking(tracked, prefixes)
    return [f"{x.path}: {x.message} {x.hint}" for x in found]


def _was_made(workspace: Workspace) -> bool:
    return record_queries.was_set_up(workspace.index)


def check(
    folder: Path, arguments: InitArguments, present: Settings
) -> dict[str, TrackedRepository]:
    """Return the repositories that are named; refuse, before anything is made.

    `present` are the settings that are there already.

    Raises:
        CoordinatorError: As `init`.
    """
    if git.version() < git.OLDEST:
        raise GitTooOld
    prefixes = [identity_for(name).prefix for name in arguments.agent]
    found: dict[str, TrackedRepository] = {}
    for text in arguments.repo:
        name, path = _pair(folder, text)
        target = _target(name, path, arguments, present)
        found[name] = TrackedRepository(name, path, target)
        check_usable(found[name])
        for prefix in prefixes:
            check_beside(prefix, target)
    _check_command(arguments.check)
    return found


def _target(name: str, path: Path, arguments: InitArguments, present: Settings) -> str:
    """Return the branch that a repository's work lands on: said, or found."""
    if arguments.target or name in present.paths:
        return arguments.target or present.target_of(name)
    said = present.target_of(name)
    is_said = name in present.targets or "target" in present.model_fields_set
    repository = Repository(path)
    if is_said and git.resolve(repository, f"refs/heads/{said}"):
        return said
    return git.default_branch(repository) or said


def _pair(folder: Path, text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not equals or not path:
        raise UsageProblem(
            f"--repo {text!r} is not NAME=PATH.", hint="Write: --repo shop=~/code/shop"
        )
    names.check(name, "a repository")
    full = (folder / os.path.expanduser(path)).resolve()  # noqa: PTH111 - `~nobody` stays
    repository = Repository(full)
    asked = ("rev-parse", "--git-dir")
    if not full.is_dir() or repository.ask(*asked, seconds=git.LOOK_SECONDS).code:
        raise UsageProblem(
            f"{full} is no git repository.", hint=f"Run: git -C {full} init"
        )
    return name, git.top_folder(repository)


def _save_settings(
    workspace: Workspace,
    repositories: dict[str, TrackedRepository],
    arguments: InitArguments,
) -> None:
    """Write what is new into the settings; what a person wrote there stays."""
    layout = workspace.layout
    text = layout.settings.read_bytes().decode()  # with the line ends that it has
    present = workspace.settings
    paths = {k: str(v.path) for k, v in repositories.items()}
    targets = {k: v.target for k, v in repositories.items()}
    if text == _untouched() and (repositories or arguments.target or arguments.check):
        target = arguments.target or next(iter(targets.values()), present.target)
        others = {k: v for k, v in targets.items() if v != target}
        new = settings.render(
            paths, target=target, check=arguments.check, targets=others
        )
    else:
        _check_unchanged("target", arguments.target, present.target)
        _check_unchanged("check", arguments.check, present.check)
        new = _with_new(text, present, paths, targets)
    settings.parse(new, layout.settings)
    if new != text and layout.settings.is_symlink():
        raise Conflict(
            f"{layout.settings} is a link, and only a person changes what it leads to.",
            hint="Add the line there yourself; see [repositories] in it.",
        )
    if new != text:
        files.write(
            layout.root, layout.settings.name, new.encode(), temporary=layout.temporary
        )
    workspace.settings = settings.load(layout.settings)


def _with_new(
    text: str, present: Settings, paths: dict[str, str], targets: dict[str, str]
) -> str:
    """Return the settings with the repositories that are new; the rest stays."""
    for name, path in paths.items():
        _check_same(name, path, present.paths)
        if name not in present.paths:
            text = settings.add(text, "repositories", name, path)
            if targets[name] != present.target_of(name):
                text = settings.add(text, "targets", name, targets[name])
    return text


def _check_command(text: str) -> None:
    try:
        shlex.split(text)
    except ValueError as error:
        raise UsageProblem(
            f"--check {text!r} is no command line: {error}.",
            hint="Close every quote; it is split like a shell does.",
        ) from None


def _check_unchanged(name: str, wanted: str, present: str) -> None:
    if wanted not in {"", present}:
        raise Conflict(
            f"The settings say {name} = {present!r} already.",
            hint=f"Edit {name} in coordinator.toml.",
        )


def _check_same(name: str, path: str, present: dict[str, str]) -> None:
    if present.get(name, path) != path:
        raise Conflict(
            f"The workspace has a repository {name!r} already: {present[name]}.",
            hint="Choose another name, or edit coordinator.toml.",
        )


def _make_roster(workspace: Workspace, wanted: tuple[str, ...]) -> None:
    """Write an identity for every wanted agent that has none."""
    if not wanted and not workspace.roster.names:
        wanted = tuple(x.name for x in DEFAULT_ROSTER)
    for name in wanted:
        if workspace.roster.find(name) is None:
            path = agent_identities.store.save_new(
                workspace.layout.root,
                identity_for(name),
                temporary=workspace.layout.temporary,
            )
            take_in(workspace, path, writer=MAINTAINER)
