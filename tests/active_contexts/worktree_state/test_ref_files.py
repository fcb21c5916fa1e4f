"""Where refs stand by git's files: as git says, or nothing."""

import os
import subprocess
from pathlib import Path

import pytest

from active_contexts.worktree_state import commands, ref_files
from active_contexts.worktree_state.entries import (
    WorktreeEntry,
    common_folder,
    entry_at,
)
from active_contexts.worktrees import assigning
from tests.active_contexts.worktree_yard import Yard, make_yard
from tests.support import git

MAIN = "refs/heads/main"


@pytest.fixture
def yard(tmp_path: Path, repository: Path) -> Yard:
    """Return a workspace beside a repository."""
    return make_yard(tmp_path / "work", repository)


def entry_of(yard: Yard, path: Path) -> WorktreeEntry:
    """Return the entry of a worktree that is there."""
    found = entry_at(common_folder(yard.repository), path)
    assert found is not None
    return found


def test_a_ref_is_found_loose_and_packed(repository: Path) -> None:
    """The loose one goes first: it is the later one."""
    common, before = common_folder(repository), git(repository, "rev-parse", "HEAD")
    git(repository, "branch", "main2")
    assert ref_files.tip(common, MAIN) == before
    git(repository, "pack-refs", "--all")
    assert not (common / MAIN).exists()
    assert ref_files.tip(common, MAIN) == before
    git(repository, "commit", "-q", "--allow-empty", "-m", "More")
    assert ref_files.tip(common, MAIN) == git(repository, "rev-parse", MAIN) != before
    assert ref_files.tip(common, "refs/heads/main2") == before


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("refs/heads/x", "ref: refs/heads/main\n"),
        ("refs/heads/x", "not an id\n"),
        ("packed-refs", f"{'a' * 40} refs/heads/xy\n"),
        ("packed-refs", f"{'a' * 39} refs/heads/x\n"),
        ("packed-refs", f"{'a' * 41} refs/heads/x\n"),
        ("packed-refs", " refs/heads/x\n"),
        ("nothing", ""),
    ],
)
def test_what_is_no_commit_is_none(tmp_path: Path, path: str, text: str) -> None:
    """Nothing is guessed from a link or from a damaged file."""
    place = tmp_path / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    assert ref_files.tip(tmp_path, "refs/heads/x") == ""


def test_no_name_leads_out_of_the_repository(tmp_path: Path) -> None:
    """Git admits no two dots, whatever an agent writes into its HEAD."""
    (tmp_path / "secret").write_text(f"{'a' * 40}\n")
    (tmp_path / "git/refs/heads").mkdir(parents=True)
    assert ref_files.tip(tmp_path / "git", "refs/heads/../../../secret") == ""


def test_what_is_checked_out_is_told_with_and_without_a_branch(yard: Yard) -> None:
    """As git says."""
    home = yard.home("backend")
    common = common_folder(yard.repository)
    tip = git(home.path, "rev-parse", "HEAD")
    assert ref_files.checked_out(common, entry_of(yard, home.path)) == tip
    git(home.path, "switch", "-q", "-c", "backend/x")
    git(home.path, "commit", "-q", "--allow-empty", "-m", "Work")
    new = git(home.path, "rev-parse", "HEAD")
    assert ref_files.checked_out(common, entry_of(yard, home.path)) == new != tip
    git(home.path, "switch", "-q", "--orphan", "backend/nothing")
    assert ref_files.checked_out(common, entry_of(yard, home.path)) == ""


def test_the_distance_follows_every_move(yard: Yard) -> None:
    """Ahead by the worktree's commits, behind by the target's."""
    home = yard.home("backend")
    entry = entry_of(yard, home.path)
    assert commands.distance(entry, MAIN) == (0, 0)
    git(home.path, "commit", "-q", "--allow-empty", "-m", "Work")
    assert commands.distance(entry, MAIN) == (1, 0)
    git(yard.repository, "commit", "-q", "--allow-empty", "-m", "One")
    git(yard.repository, "commit", "-q", "--allow-empty", "-m", "Two")
    assert commands.distance(entry, MAIN) == (1, 2)
    git(home.path, "reset", "-q", "--soft", MAIN)
    assert commands.distance(entry, MAIN) == (0, 0)
    assert commands.distance(entry, "refs/heads/none") == (0, 0)


@pytest.mark.parametrize(
    ("made", "undone"),
    [
        ("mkdir -p n/s; echo u > n/s/u", "rm n/s/u"),
        ("echo u > u", 'echo u >> "$(git rev-parse --git-common-dir)/info/exclude"'),
        ("echo u > README.md", "git checkout -q README.md"),
        ("echo u > u; git add u", "git rm -q --cached u; rm u"),
    ],
)
def test_what_is_shown_as_dirty_git_says_now(
    yard: Yard, made: str, undone: str
) -> None:
    """Nothing that was seen before counts."""
    home = yard.home("backend")
    subprocess.run(["sh", "-c", made], cwd=home.path, check=True)
    assert assigning.describe(yard.tracked, home).dirty
    subprocess.run(["sh", "-c", undone], cwd=home.path, check=True)
    assert assigning.describe(yard.tracked, home).dirty is False


def test_what_could_not_be_counted_is_counted_again(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A git that failed once is no distance."""
    home = yard.home("backend")
    git(home.path, "commit", "-q", "--allow-empty", "-m", "Work")
    entry = entry_of(yard, home.path)
    with monkeypatch.context() as patched:
        patched.setattr(commands, "_count", lambda *_: None)
        assert commands.distance(entry, MAIN) == (0, 0)
    assert commands.distance(entry, MAIN) == (1, 0)


def test_what_cannot_be_read_is_not_guessed(repository: Path) -> None:
    """A pipe in a ref's place is not the packed ref, and is not waited for."""
    common = common_folder(repository)
    git(repository, "branch", "x")
    git(repository, "pack-refs", "--all")
    assert ref_files.tip(common, "refs/heads/x")
    os.mkfifo(common / "refs/heads/x")
    assert ref_files.tip(common, "refs/heads/x") == ""
    assert ref_files.tip(common, "refs/heads/a\0b") == ""
