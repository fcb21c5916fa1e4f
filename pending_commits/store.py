"""The folder of pending items: which files are items, and writing a new one.

It does not read what the files say, and changes no file that stands there.
"""

from pathlib import Path

from coordinator.kernel.disk import files
from coordinator.kernel.errors import Conflict, UsageProblem
from coordinator.kernel.text import names

FOLDER = "pending-commits"
_ENDINGS = (".md", ".markdown", ".txt")


class NameTaken(Conflict):
    """A pending item of that name is there already."""

    def __init__(self, relative: str) -> None:
        super().__init__(
            f"There is a file {names.display(relative)} already.",
            hint="Choose another title, or run: coordinator pending list",
        )


def is_document(relative: str) -> bool:
    """Tell whether a path, relative to the workspace, is a pending item's file.

    Files may stand in one level of folders (some teams keep one for each branch);
    a README explains the folder and waits for nobody.
    """
    folder, *parts = relative.split("/")
    if folder != FOLDER or len(parts) not in {1, 2}:
        return False
    if any(part == "" or part.startswith(".") for part in parts):
        return False
    stem, dot, ending = parts[-1].lower().rpartition(".")
    return dot + ending in _ENDINGS and stem != "readme"


def save_new(root: Path, name: str, text: str, temporary: Path) -> str:
    """Write a new item's file and return its path; `name` is `add-login.md`.

    Raises:
        UsageProblem: The coordinator makes no item's file of such a name.
        NameTaken: There is one already; it is left alone.
        OSError: The folder is missing or a link, or the disk refuses.
    """
    relative = f"{FOLDER}/{names.check(name, 'a pending item')}"
    if not is_document(relative):
        raise UsageProblem(
            f"A pending item cannot be called {name!r}.",
            hint="End its name in .md; README is no item.",
        )
    try:
        files.create(root, relative, text.encode(), temporary=temporary)
    except FileExistsError:
        raise NameTaken(relative) from None
    return relative
