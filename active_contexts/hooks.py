"""The git hooks that refuse a wrong branch name when it is made or pushed.

Hooks that were there before go on running, called by ours. It only installs: the
rules are `branches` and, for the shell, `hook_scripts/`. See githooks(5).

A hook learns from its own path which one it is and where its neighbours are (husky 4,
overcommit). So one that ours replaces keeps its name, in a folder as deep as `hooks`
that has links to all that stands beside it there. What this does not keep: a hook that
compares its whole path, and neighbours that come later, until the next install. To set
`core.hooksPath` instead would let all hooks fall silent when the repository is moved.
"""

import os
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path

from active_contexts.branches import check_prefix
from active_contexts.worktree_entries import (
    OWN_FOLDER,
    common_folder,
    first_line,
    private_folder,
    read,
)
from coordinator.kernel import files, git
from coordinator.kernel.errors import Conflict
from coordinator.kernel.git import Repository

CHECKING = ("reference-transaction", "pre-push")
# The two left out change what git does by being there, whatever they answer:
# push-to-checkout and proc-receive. They are passed on where there is one already.
PASSED_ON = (
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "p4-changelist",
    "p4-post-changelist",
    "p4-pre-submit",
    "p4-prepare-changelist",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-receive",
    "post-rewrite",
    "post-update",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-rebase",
    "pre-receive",
    "prepare-commit-msg",
    "sendemail-validate",
    "update",
)
_ONLY_IF_THERE = ("push-to-checkout", "proc-receive")
_ASIDE = "hooks.before-coordinator"
_OLDER = ".before-coordinator"  # how the versions before kept a hook, beside ours
_MARK = "# coordinator hook: "
_SCRIPTS = Path(__file__).with_name("hook_scripts")
_KEY = "core.hooksPath"


class HookState(StrEnum):
    """How the hooks of a repository stand; `FOREIGN`: others run instead of ours."""

    INSTALLED = "installed"
    MISSING = "missing"
    FOREIGN = "foreign"
    OUTDATED = "outdated"


class HooksOfAWorktree(Conflict):
    """A worktree's own configuration names other hooks."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"core.hooksPath is {value} in a configuration of that worktree alone.",
            hint="Run there: git config --worktree --unset core.hooksPath",
        )


@cache
def script(name: str) -> str:
    """Return the text of a hook as it is installed."""
    body = name if name in CHECKING else "dispatch"
    parts = ["rules", body] + (["run"] if name in CHECKING else [])
    texts = [(_SCRIPTS / f"{x}.sh").read_text(encoding="utf-8") for x in parts]
    return "\n".join([f"#!/bin/sh\n{_MARK}{name}\nhook={name}", *texts])


def install(repository: Path, prefixes: Sequence[str]) -> None:
    """Install the hooks, and tell them the prefixes of all agents; repeatable.

    Raises:
        BadPrefix: A prefix cannot begin a branch's name.
        HooksOfAWorktree: Only a worktree's own configuration could name ours.
    """
    common = common_folder(repository)
    save_prefixes(common, prefixes)
    match _configured(repository):
        case None:
            _install_beside(common)
        case _, value if _is_own(value, common):
            _install_in_front(common, first_line(_own(common) / "former"))
        case "worktree", value:
            raise HooksOfAWorktree(value)
        case scope, value:
            _remember(common, value, scope)
            _install_in_front(common, value)
            _configure(repository, str(_own(common)))


def uninstall(repository: Path) -> None:
    """Take the hooks away again, and put back what was there before; repeatable."""
    common = common_folder(repository)
    configured = _configured(repository)
    if configured is not None and _is_own(configured[1], common):
        local = first_line(_own(common) / "former-scope") == "local"
        _configure(repository, first_line(_own(common) / "former") if local else None)
    for name in CHECKING:
        _take_away(common, name)
    _unlink_neighbours(common)
    (private_folder(common) / "prefixes").unlink(missing_ok=True)


def state(repository: Path) -> HookState:
    """Tell whether git would run our hooks, as they are in this version."""
    common = common_folder(repository)
    configured = _configured(repository)
    if configured is None:
        folder = common / "hooks"
    elif _is_own(configured[1], common):
        folder = _own(common)
    else:
        return HookState.FOREIGN
    found = {_state_of(folder, x) for x in CHECKING}
    order = (HookState.FOREIGN, HookState.MISSING, HookState.OUTDATED)
    return next((x for x in order if x in found), HookState.INSTALLED)


def save_prefixes(common: Path, prefixes: Sequence[str]) -> None:
    """Tell the hooks the prefixes of all agents.

    Raises:
        BadPrefix: A prefix cannot begin a branch's name.
    """
    lines = sorted({check_prefix(x) for x in prefixes})
    data = "".join(f"{x}\n" for x in lines).encode()
    folder = private_folder(common)
    if read(folder / "prefixes") != data or not (folder / "prefixes").exists():
        files.write(folder, "prefixes", data, temporary=folder)


def _state_of(folder: Path, name: str) -> HookState:
    hook = _place(folder, name)
    if not hook.exists():
        return HookState.MISSING
    if not _is_ours(hook):
        return HookState.FOREIGN
    same = read(hook).decode("utf-8", "replace") == script(name)
    return HookState.INSTALLED if same and _runs(hook) else HookState.OUTDATED


def _place(folder: Path, name: str) -> Path:
    # pre-commit(1) keeps a hook that it finds as NAME.legacy and calls it first: ours
    # still runs from there, and to put it in front again would make a circle.
    legacy = folder / f"{name}.legacy"
    return legacy if _is_ours(legacy) else folder / name


def _is_ours(hook: Path) -> bool:
    return _MARK.encode() in read(hook)[:200]


def _runs(hook: Path) -> bool:
    return os.access(hook, os.X_OK)


def _install_beside(common: Path) -> None:
    folder = common / "hooks"
    folder.mkdir(exist_ok=True)
    for name in CHECKING:
        hook = _place(folder, name)
        aside = common / _ASIDE / name
        _put_aside(folder / f"{name}{_OLDER}", aside)
        if not _is_ours(hook):
            _put_aside(hook, aside)
        _write(hook, name, common)
    _link_neighbours(common)


def _put_aside(hook: Path, aside: Path) -> None:
    if not os.path.lexists(hook):
        return
    aside.parent.mkdir(exist_ok=True)
    if os.path.lexists(aside):
        # Whoever wrote over our hook meant to end this one too; it is kept unused.
        aside.rename(_free_name(aside))
    hook.rename(aside)


def _link_neighbours(common: Path) -> None:
    aside = common / _ASIDE
    for item in (common / "hooks").iterdir() if aside.is_dir() else ():
        link = aside / item.name
        if (
            item.suffix != ".sample"
            and not _is_ours(item)
            and not os.path.lexists(link)
        ):
            link.symlink_to(Path("..", "hooks", item.name))


def _unlink_neighbours(common: Path) -> None:
    aside = common / _ASIDE
    for item in aside.iterdir() if aside.is_dir() else ():
        if item.is_symlink() and item.readlink().parent == Path("..", "hooks"):
            item.unlink()
    if aside.is_dir() and not any(aside.iterdir()):
        aside.rmdir()


def _free_name(path: Path) -> Path:
    names = (path.with_name(f"{path.name}-{x}") for x in range(1, 1000))
    return next(x for x in names if not os.path.lexists(x))


def _install_in_front(common: Path, former: str) -> None:
    folder = _own(common)
    folder.mkdir(exist_ok=True)
    for name in (*CHECKING, *PASSED_ON, *_there_already(common, former)):
        _write(folder / name, name, common)


def _there_already(common: Path, former: str) -> Iterable[str]:
    folder = common.parent / Path(former).expanduser()
    return [x for x in _ONLY_IF_THERE if (folder / x).exists()]


def _write(hook: Path, name: str, common: Path) -> None:
    data = script(name).encode()
    if read(hook) != data or not _runs(hook):
        temporary = private_folder(common)
        files.write(hook.parent, hook.name, data, temporary=temporary, mode=0o755)


def _take_away(common: Path, name: str) -> None:
    hook = common / "hooks" / name
    if _is_ours(hook):
        hook.unlink()
    for earlier in (common / _ASIDE / name, hook.with_name(name + _OLDER)):
        if os.path.lexists(earlier) and not os.path.lexists(hook):
            earlier.rename(hook)


def _own(common: Path) -> Path:
    return common / OWN_FOLDER / "hooks"


def _is_own(value: str, common: Path) -> bool:
    return os.path.realpath(value) == os.path.realpath(_own(common))


def _remember(common: Path, value: str, scope: str) -> None:
    folder = _own(common)
    folder.mkdir(exist_ok=True)
    for name, text in (("former", value), ("former-scope", scope)):
        files.write(folder, name, f"{text}\n".encode(), temporary=folder.parent)


def _configured(repository: Path) -> tuple[str, str] | None:
    return git.users_setting(Repository(repository), _KEY)


def _configure(repository: Path, value: str | None) -> None:
    if value is None:
        Repository(repository).ask("config", "--local", "--unset-all", _KEY)
    else:
        Repository(repository).run("config", "--local", "--replace-all", _KEY, value)
