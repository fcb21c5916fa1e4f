"""The one form of a path inside a worktree; it looks at no disk."""

_LONGEST = 4_096


def canonical(path: str) -> str:
    """Return a path in the one form that trees know; empty: it leads outside.

    So does one with a backslash or a drive: other systems would read it as such.
    """
    is_odd = "\\" in path or "\0" in path or len(path) > _LONGEST
    if is_odd or path.startswith("/") or path[1:2] == ":":
        return ""
    parts = [x for x in path.split("/") if x not in {"", "."}]
    return "" if ".." in parts else "/".join(parts)
