"""Where refs stand, read from git's own files without starting a process.

It decides nothing, and says nothing where only git could tell (reftable, a symbolic
ref). Layout: gitrepository-layout(5), git-pack-refs(1).
"""

import re
import stat
from pathlib import Path

from active_contexts.worktree_state.entries import WorktreeEntry, first_line, read

_OID = re.compile(r"[0-9a-f]{40}")
_MOST_PACKED = 1 << 26
_LINE_BEFORE = 41  # an object id and a blank


def tip(common: Path, ref: str) -> str:
    """Return the commit of a full ref's name, empty where files do not tell."""
    if ".." in ref:  # git admits no such name, and it would lead elsewhere
        return ""
    said = first_line(common / ref)
    if not said and not _is_hidden(common / ref):
        said = _packed(read(common / "packed-refs", _MOST_PACKED), ref)
    return said if _OID.fullmatch(said) else ""


def _is_hidden(path: Path) -> bool:
    """Tell whether something stands there that is no folder and cannot be read."""
    try:
        return not stat.S_ISDIR(path.lstat().st_mode)
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True


def _packed(data: bytes, ref: str) -> str:
    name = b" " + ref.encode("utf-8", "surrogateescape") + b"\n"
    end = data.find(name)
    begin = end - _LINE_BEFORE + 1
    is_line = begin == 0 or (begin > 0 and data[begin - 1 : begin] == b"\n")
    return data[begin:end].decode("ascii", "replace") if is_line else ""


def checked_out(common: Path, entry: WorktreeEntry) -> str:
    """Return the commit that is checked out, empty where files do not tell."""
    head = entry.head
    if head.branch.startswith("refs/"):
        return ""  # another ref than a branch
    said = head.commit or (head.branch and tip(common, f"refs/heads/{head.branch}"))
    return said if _OID.fullmatch(said) else ""
