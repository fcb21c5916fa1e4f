from pathlib import Path

import pytest

from active_contexts.worktree_state import known_dirt
from active_contexts.worktree_state.changes import Changes, changes
from active_contexts.worktree_state.commands import with_filters
from active_contexts.worktree_state.entries import (
    WorktreeEntry,
    common_folder,
    entry_at,
)
from tests.active_contexts.worktree_yard import make_yard
from tests.support import git


def look(entry: WorktreeEntry) -> Changes:
    """Look, and remember what was seen."""
    index, found = known_dirt.index_stamp(entry), changes(with_filters(entry))
    known_dirt.remember(entry, found, index, commit(entry))
    return found


def commit(entry: WorktreeEntry) -> str:
    """Return what is checked out."""
    return git(entry.path, "rev-parse", "HEAD")


def is_there(entry: WorktreeEntry) -> bool:
    """Tell whether what was dirty stands as it stood."""
    return known_dirt.is_still_there(entry, commit(entry))


@pytest.fixture
def entry(tmp_path: Path, repository: Path) -> WorktreeEntry:
    """Return a home worktree on a feature."""
    yard = make_yard(tmp_path / "work", repository)
    at_home = yard.home("backend")
    found = entry_at(common_folder(yard.repository), yard.start(at_home, "one").path)
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["new.txt", "README.md"])
def test_what_was_dirty_is_so_while_it_stands_as_it_stood(
    entry: WorktreeEntry, name: str
) -> None:
    """A new file or a changed one; without it, or committed, git is asked again."""
    assert not is_there(entry)
    path = entry.path / name
    path.write_text("work\n")
    assert not is_there(entry)
    assert look(entry).is_dirty
    assert is_there(entry)
    path.write_text("more work\n")
    assert not is_there(entry)
    assert look(entry).is_dirty
    git(entry.path, "add", ".")
    assert not is_there(entry)
    git(entry.path, "commit", "-qm", "Work")
    assert not look(entry).is_dirty
    assert not is_there(entry)


def test_a_file_that_is_gone_proves_nothing(entry: WorktreeEntry) -> None:
    """A deletion has no stamp; git is asked each time."""
    next(x for x in entry.path.iterdir() if x.is_file() and x.name != ".git").unlink()
    assert look(entry).changed
    assert not is_there(entry)
    new: Path = entry.path / "new.txt"
    new.write_text("work\n")
    look(entry)
    new.unlink()
    assert not is_there(entry)
