"""The files that a caller names: one file, or all of some kinds below a folder.

It finds them and reads none.
"""

from collections.abc import Callable, Collection
from pathlib import Path

from coordinator.kernel.disk import refusals
from coordinator.kernel.errors import NotFound, UsageProblem

_MOST = 5_000


def find(source: Path, suffixes: Collection[str], what: str) -> list[Path]:
    """Return the file, or a folder's files with these endings (lower case), sorted.

    `what` names in the hint what is looked for, such as `an agent file`.

    Raises:
        NotFound: There is nothing at that path.
        UsageProblem: The folder holds too many of them, or it is a pipe or a device.
    """
    if _is_there(source.is_file):
        return [source]
    if not _is_there(source.is_dir):
        hint = f"Name {what}, or a folder of them."
        if _is_there(source.exists):
            found = refusals.kind(source.resolve())
            raise UsageProblem(f"{source} is {found}, and no document.", hint=hint)
        raise NotFound(f"There is nothing at {source}.", hint=hint)
    files = sorted(x for x in source.rglob("*") if x.suffix.lower() in suffixes)
    if len(files) > _MOST:
        raise UsageProblem(
            f"{source} holds {len(files)} files; {_MOST} are the limit.",
            hint="Name a smaller folder.",
        )
    return files


def _is_there(ask: Callable[[], bool]) -> bool:
    try:
        return ask()
    except OSError:  # a name that is too long, for one
        return False
