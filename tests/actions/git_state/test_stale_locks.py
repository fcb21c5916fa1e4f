"""Locks that a killed git left behind."""

import os
import time
from pathlib import Path

from tests.support import ManualClock, git, open_workspace


def _lock(root: Path, age: float) -> Path:
    folder = git(root / "shop-backend", "rev-parse", "--absolute-git-dir")
    path = Path(folder) / "index.lock"
    path.touch()
    then = time.time() - age
    os.utime(path, (then, then))
    return path


def test_a_young_lock_is_left_alone(
    tmp_path: Path, repository: Path, clock: ManualClock
) -> None:
    """A git that works right now is neither reported nor disturbed."""
    with open_workspace(tmp_path / "ws", clock, {"shop": repository}) as opened:
        path = _lock(opened.root, age=0)
        assert opened.problems() == []
        assert opened.problems() == []
        assert path.exists()


def test_an_old_lock_is_reported_and_removed_at_the_second_look(
    tmp_path: Path, repository: Path, clock: ManualClock
) -> None:
    """Only a lock that two looks saw unchanged, and where no git lives, is removed."""
    with open_workspace(tmp_path / "ws", clock, {"shop": repository}) as opened:
        path = _lock(opened.root, age=120)
        assert opened.problems() == ["stale-lock"]
        assert path.exists()
        assert opened.problems() == []
        assert not path.exists()
        assert [x.subject for x in opened.records("lock.removed")] == ["shop-backend"]
