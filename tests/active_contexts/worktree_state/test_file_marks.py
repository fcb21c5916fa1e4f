"""A mark of a folder's files: another one after each change, the same otherwise."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from active_contexts.worktree_state import file_marks


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with files, a link, git's own and what can be made again."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("one\n")
    (tmp_path / "link").symlink_to("src")
    for name in (".git", "node_modules"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text("x")
    return tmp_path


CHANGES: dict[str, Callable[[Path], object]] = {
    "text": lambda x: (x / "src" / "a.py").write_text("other\n"),
    "mode": lambda x: (x / "src" / "a.py").chmod(0o755),
    "gone": lambda x: (x / "src" / "a.py").unlink(),
    "new": lambda x: (x / "src" / "b.py").write_text(""),
    "renamed": lambda x: (x / "src" / "a.py").rename(x / "src" / "b.py"),
    "time": lambda x: os.utime(x / "src" / "a.py", ns=(1, 1)),
    "link": lambda x: (x / "other").symlink_to("src"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_shows(folder: Path, change: Callable[[Path], object]) -> None:
    """Of a text, a mode, a name, a time."""
    before = file_marks.mark(folder, ["node_modules"])
    change(folder)
    assert file_marks.mark(folder, ["node_modules"]) != before


def test_what_is_passed_over_does_not_show(folder: Path) -> None:
    """Nor does a second look, or a folder that is not there."""
    before = file_marks.mark(folder, ["node_modules"])
    for name in (".git", "node_modules"):
        (folder / name / "y").write_text("y")
    assert file_marks.mark(folder, ["node_modules"]) == before
    assert file_marks.mark(folder, []) != before
    assert file_marks.mark(folder / "nothing", []) == 0
