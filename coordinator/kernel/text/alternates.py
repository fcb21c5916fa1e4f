"""How git writes the folders in which it looks for more objects.

It reads and writes no file. See gitrepository-layout(5) on `objects/info/alternates`,
and git(1) on GIT_ALTERNATE_OBJECT_DIRECTORIES.
"""

import re
from collections.abc import Iterable
from pathlib import Path

# In quotes nothing else stands for anything; outside of them `:` and the end of a line
# divide, and `#` begins a comment.
_SPECIAL = re.compile(r'["\\\x00-\x1f\x7f]')


def lines(folders: Iterable[Path]) -> str:
    """Return the text of an alternates file; the folders are absolute."""
    return "".join(f"{_quoted(x)}\n" for x in folders)


def variable(folders: Iterable[Path]) -> dict[str, str]:
    """Return the variable that names them; the folders are absolute."""
    return {"GIT_ALTERNATE_OBJECT_DIRECTORIES": ":".join(map(_quoted, folders))}


def _quoted(folder: Path) -> str:
    return '"' + _SPECIAL.sub(lambda x: f"\\{ord(x[0]):03o}", str(folder)) + '"'
