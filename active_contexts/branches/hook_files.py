"""Our hooks in one folder: written, told from others', and taken away again.

It knows nothing of git's configuration. A hook of somebody else's is never deleted.

A hook learns from its own path which one it is and where its neighbours are (husky 4,
overcommit). So one that ours replaces keeps its name, in a folder as deep as `hooks`
that has links to all that stands beside it there. What this does not keep: a hook that
compares its whole path, and neighbours that come later, until the next install. A
running git has looked for its hook before it starts it, and fails where the hook is
gone by then: so one file takes the place of another, with no moment between.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from enum import StrEnum
from filecmp import cmp
from functools import cache
from pathlib import Path
from shutil import copy2, move

from active_contexts.worktree_state.entries import read
from active_contexts.worktree_state.repository_files import PROGRAM, Writer

CHECKING = ("reference-transaction", "pre-push")
ASIDE = "hooks.before-coordinator"
_OLDER = ".before-coordinator"  # how the first versions kept a hook, beside ours
_MARK = b"# coordinator hook: "
_HEAD = 200
_SCRIPTS = Path(__file__).with_name("hook_scripts")
_PARTS = ("earlier", "NAME", "calling", "branch_rules", "run")
_LEGACY, _OLD = ".legacy", ".old"  # how pre-commit and lefthook rename what they find


class HookState(StrEnum):
    """How the hooks of a repository stand; `FOREIGN`: others run instead of ours."""

    INSTALLED = "installed"
    MISSING = "missing"
    FOREIGN = "foreign"
    OUTDATED = "outdated"


@cache
def script(name: str) -> str:
    """Return the text of a hook as it is installed."""
    checking = [name if x == "NAME" else x for x in _PARTS]
    parts = checking if name in CHECKING else ("earlier", "calling", "dispatch")
    texts = [(_SCRIPTS / f"{x}.sh").read_text(encoding="utf-8") for x in parts]
    return "\n".join([f"#!/bin/sh\n{_MARK.decode()}{name}\nhook={name}", *texts])


def state(folder: Path) -> HookState:
    """Tell how the checking hooks of a folder stand, the worst first."""
    found = {_state_of(folder, x) for x in CHECKING}
    order = (HookState.FOREIGN, HookState.MISSING, HookState.OUTDATED)
    return next((x for x in order if x in found), HookState.INSTALLED)


def _state_of(folder: Path, name: str) -> HookState:
    hook = _place(folder, name)
    if not hook.exists():
        return HookState.MISSING
    if not is_ours(hook):
        return HookState.FOREIGN
    same = read(hook).decode("utf-8", "replace") == script(name)
    return HookState.INSTALLED if same and _runs(hook) else HookState.OUTDATED


def is_ours(hook: Path) -> bool:
    """Tell whether a file is a hook of the coordinator's, of whatever version."""
    return _MARK in read(hook, _HEAD)


def install(writer: Writer, folder: Path, names: Iterable[str]) -> None:
    """Put our hooks into a folder, those that are there aside; repeatable.

    Raises:
        OSError: The folder cannot be written.
    """
    writer.make_folder(folder)
    for name in names:
        front, hook = folder / name, _place(folder, name)
        if _is_others(hook) or os.path.lexists(_with(front, _OLDER)):
            writer.make_folder(folder.with_name(ASIDE))
            _put_aside(front, hook, _aside(folder, name))
        _drop_copies(front, but=hook)
        _write(writer, hook, name)
    _link_neighbours(folder)


def take_away(folder: Path, name: str) -> None:
    """Take one of our hooks away, and put back what was there before; repeatable."""
    front, aside = folder / name, _aside(folder, name)
    hook = _place(folder, name)
    if _same(front, aside) or (_is_pre_commits(front) and _is_pre_commits(aside)):
        aside.unlink()  # its newer self stands in front
    _rename_as_ours_was(front, aside)
    kept = (aside, _with(aside, _LEGACY), _with(front, _OLDER))
    alive = (x for x in kept if os.path.lexists(x) and not _is_orphan(x, folder))
    earlier = next(alive, None)
    if earlier is not None and (is_ours(hook) or not os.path.lexists(hook)):
        earlier.replace(hook)
        _move_companion(aside, front, _LEGACY)
    elif is_ours(hook):
        hook.unlink()
    _drop_copies(front, but=hook)
    _move_companion(aside, front, _OLD)
    _unlink_neighbours(folder)


def hand_over(folder: Path, wanted: Path) -> None:
    """Move hooks that others put into a folder of ours to where they belong."""
    for place in (folder, folder.with_name(ASIDE)):
        for item in place.iterdir() if place.is_dir() and wanted.is_dir() else ():
            theirs = item.is_file() and _runs(item) and not is_ours(item)
            if theirs and not os.path.lexists(wanted / item.name):
                move(item, wanted / item.name)
    _unlink_neighbours(folder)


def _place(folder: Path, name: str) -> Path:
    """Return where ours stands: in front, or where pre-commit in front calls it."""
    front, legacy = folder / name, folder / f"{name}{_LEGACY}"
    called = _is_pre_commits(front) or _LEGACY.encode() in read(front)
    return legacy if called and is_ours(legacy) else front


def _is_pre_commits(hook: Path) -> bool:
    return b"generated by pre-commit" in read(hook, _HEAD)


def _is_orphan(hook: Path, folder: Path) -> bool:
    """Tell whether a hook was left behind by husky 4, without which it cannot run."""
    lines = read(hook, _HEAD).split(b"\n")
    return lines[1:2] == [b"# husky"] and not (folder / "husky.sh").exists()


def _write(writer: Writer, hook: Path, name: str) -> None:
    data = script(name).encode()
    fits = _runs(hook) and writer.fits(hook, mode=PROGRAM)
    if read(hook) != data or not fits:
        writer.write(hook, data, mode=PROGRAM)


def _runs(hook: Path) -> bool:
    return os.access(hook, os.X_OK)


def _aside(folder: Path, name: str) -> Path:
    return folder.with_name(ASIDE) / name


def _with(hook: Path, suffix: str) -> Path:
    return hook.with_name(f"{hook.name}{suffix}")


def _is_others(hook: Path) -> bool:
    return os.path.lexists(hook) and not is_ours(hook)


def _put_aside(front: Path, hook: Path, aside: Path) -> None:
    older = _with(front, _OLDER)
    if os.path.lexists(older) and not os.path.lexists(aside):
        older.rename(aside)
    if _is_others(hook):
        _rename_as_ours_was(front, aside)
        _keep(hook, aside)
        for suffix in (_LEGACY, _OLD):
            _move_companion(front, aside, suffix)


def _keep(hook: Path, aside: Path) -> None:
    """Keep a hook aside as well, until ours is written over it."""
    if os.path.lexists(aside):
        if _same(hook, aside):
            return
        # Whoever wrote over our hook meant to end this one too; it is kept unused.
        _double(aside, _free_name(aside))
    made = _free_name(aside)
    _double(hook, made)
    made.replace(aside)


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and cmp(one, other, shallow=False)


def _double(hook: Path, made: Path) -> None:
    if hook.is_symlink():
        made.symlink_to(hook.readlink())
    elif hook.is_dir():
        hook.rename(made)
    else:
        try:
            os.link(hook, made)
        except OSError:  # not everywhere, nor to everybody's files
            copy2(hook, made)


def _rename_as_ours_was(hook: Path, aside: Path) -> None:
    """Rename the hook that ours stood for as somebody renamed ours."""
    for suffix in (_LEGACY, _OLD):
        place = _with(aside, suffix)
        takes_its_place = is_ours(_with(hook, suffix)) and not _same(hook, aside)
        if takes_its_place and os.path.lexists(aside) and not os.path.lexists(place):
            aside.rename(place)


def _move_companion(hook: Path, wanted: Path, suffix: str) -> None:
    """Move what pre-commit or lefthook kept beside a hook of theirs along with it.

    They would write over it, or refuse to work, once they find ours.
    """
    item, place = _with(hook, suffix), _with(wanted, suffix)
    if item.is_file() and not is_ours(item) and not os.path.lexists(place):
        item.rename(place)


def _drop_copies(hook: Path, *, but: Path) -> None:
    """Delete copies of ours that others put aside, and that would be in their way."""
    for copy in (_with(hook, _LEGACY), _with(hook, _OLD)):
        if copy != but and is_ours(copy):
            copy.unlink()


def _link_neighbours(folder: Path) -> None:
    aside = folder.with_name(ASIDE)
    for item in folder.iterdir() if aside.is_dir() else ():
        link = aside / item.name
        if item.suffix != ".sample" and not is_ours(item) and not os.path.lexists(link):
            link.symlink_to(Path("..", folder.name, item.name))


def _unlink_neighbours(folder: Path) -> None:
    aside = folder.with_name(ASIDE)
    for item in aside.iterdir() if aside.is_dir() else ():
        if item.is_symlink() and item.readlink().parent == Path("..", folder.name):
            item.unlink()
    with suppress(OSError):  # something else is kept there
        aside.rmdir()


def _free_name(path: Path) -> Path:
    names = (path.with_name(f"{path.name}-{x}") for x in range(1, 1000))
    return next(x for x in names if not os.path.lexists(x))
