"""What has changed in a worktree, as its own user's git would tell.

It looks and changes nothing. A file that a filter stands before may have changed or
not: the filter is a program of the agent's, and is never asked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from active_contexts.worktree_state.commands import Inside

_STATUS = ("status", "-z", "--no-renames", "--ignore-submodules=dirty")
_OID = "# branch.oid "


@dataclass(frozen=True, slots=True)
class Changes:
    """The paths that differ from what is checked out; each stands in one of the three.

    `doubtful` are tracked files that differ unless a filter makes up for it.
    """

    changed: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()

    @property
    def is_dirty(self) -> bool | None:
        """Tell whether anything differs; None where only a filter could tell."""
        if self.changed or self.untracked:
            return True
        return None if self.doubtful else False


@dataclass(frozen=True, slots=True)
class _Line:
    """One path of `git status`: `tracked` in the index, `only_file`: not staged."""

    path: str
    tracked: bool
    only_file: bool


def changes(worktree: Inside) -> Changes:
    """Return what has changed, untracked files one by one.

    What a submodule holds is not looked at here: `submodules` does.
    """
    said = worktree.run(*_STATUS, "--porcelain", "--untracked-files=all")
    return _sort(worktree, [_short(x) for x in said.split("\0") if x])


def commit_and_dirt(worktree: Inside) -> tuple[str, bool | None]:
    """Return what is checked out (empty: nothing yet), and whether anything changed.

    None where only a filter could tell.
    """
    said = worktree.run(
        *_STATUS, "--porcelain=v2", "--branch", "--untracked-files=normal"
    )
    lines = [x for x in said.split("\0") if x]
    oids = (x.removeprefix(_OID) for x in lines if x.startswith(_OID))
    commit = next(oids, "")
    found = [_long(x) for x in lines if not x.startswith("# ")]
    dirty = _sort(worktree, found).is_dirty
    return "" if commit == "(initial)" else commit, dirty


def filtered(worktree: Inside, paths: Sequence[str]) -> set[str]:
    """Return those of the paths that a filter of the user's git stands before."""
    if not worktree.filters or not paths:
        return set()
    stdin = "\0".join([*paths, ""]).encode("utf-8", "surrogateescape")
    said = worktree.ask("check-attr", "--stdin", "-z", "filter", stdin=stdin)
    words = said.text.split("\0")
    pairs = zip(words[::3], words[2::3], strict=False)
    return {path for path, value in pairs if value in worktree.filters}


def hidden(worktree: Inside) -> dict[str, str]:
    """Return the paths whose changes `git status` does not show, and their tag.

    A lower-case tag means assume-unchanged; `S` skip-worktree, which is told of only
    where the file is there all the same. See git-ls-files(1).
    """
    found: dict[str, str] = {}
    for line in worktree.run("ls-files", "-v", "-z").split("\0"):
        tag, _, path = line.partition(" ")
        if tag.islower() or (tag == "S" and (worktree.entry.path / path).exists()):
            found[path] = tag
    return found


def _sort(worktree: Inside, lines: Iterable[_Line]) -> Changes:
    found = list(lines)
    unsure = filtered(worktree, [x.path for x in found if x.only_file])
    return Changes(
        tuple(x.path for x in found if x.tracked and x.path not in unsure),
        tuple(x.path for x in found if not x.tracked),
        tuple(x.path for x in found if x.path in unsure),
    )


def _short(line: str) -> _Line:
    # git-status(1), short format: XY, a space, the path; Y is about the file.
    return _Line(line[3:], not line.startswith("??"), line.startswith(" M"))


def _long(line: str) -> _Line:
    # Porcelain v2: the path of a changed entry is the ninth field.
    kind, _, rest = line.partition(" ")
    fields = {"1": 8, "u": 10}.get(kind, 1)
    path = line.split(" ", fields)[-1]
    return _Line(path, kind != "?", kind == "1" and rest.startswith(".M"))
