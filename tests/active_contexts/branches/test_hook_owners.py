from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from active_contexts.branches import hook_owners, hooks
from active_contexts.branches.hook_files import HookState
from active_contexts.branches.hook_owners import Owner, OwnerPart, Presence, Wish
from active_contexts.worktree_state.model import UnusablePath
from tests.support import try_git

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=20)


def make_workspace(path: Path) -> Owner:
    """Make the folders of a workspace, and return its name for repositories."""
    (path / ".coordinator").mkdir(parents=True)
    return hook_owners.owner(path)


def passes(repository: Path, branch: str) -> bool:
    """Tell whether a branch may be made."""
    return try_git(repository, "branch", branch).returncode == 0


@given(st.sampled_from(Wish), WORDS, st.lists(WORDS), st.integers(0, 99))
def test_a_part_is_read_as_it_was_written(
    wish: Wish, path: str, prefixes: list[str], lost: int
) -> None:
    """Whatever the path and the prefixes, in their order."""
    since = datetime(2026, 1, 31, 9, tzinfo=UTC) if lost else None
    owner = Owner("0123456789abcdef", Path("/") / path)
    part = OwnerPart(owner, wish, tuple(sorted(prefixes)), lost, since)
    assert hook_owners.parse(owner.id, part.render()) == part


@given(st.lists(st.sampled_from(["workspace ", "lost 3 ", "hooks "]) | st.text()))
def test_any_text_is_a_part(pieces: list[str]) -> None:
    """A file that somebody edited stops nothing."""
    part = hook_owners.parse("x", "".join(pieces))
    assert part.wish in set(Wish)
    assert hook_owners.presence(part.owner) in set(Presence)


@pytest.mark.parametrize(
    "lost", ["3", "x y", "3 now", "3 2026-01-31T09:00:00", "9999 z"]
)
def test_a_count_that_says_nothing_is_none(lost: str) -> None:
    """It begins anew."""
    assert hook_owners.parse("x", f"lost {lost}\n").since is None


def test_a_workspace_keeps_its_name(tmp_path: Path) -> None:
    """Also where it is moved; a file that is broken is made anew."""
    made = make_workspace(tmp_path / "ws")
    moved = (tmp_path / "ws").rename(tmp_path / "moved")
    assert hook_owners.owner(moved) == Owner(made.id, moved)
    (moved / ".coordinator/id").write_text("../evil\n")
    assert hook_owners.owner(moved).id not in {made.id, "../evil"}


def test_each_workspace_adds_and_removes_its_own_part(
    repository: Path, tmp_path: Path
) -> None:
    """The last one takes the hooks away; a prefix of both is held as long as one is."""
    one, other = (make_workspace(tmp_path / x) for x in ("one", "other"))
    hooks.install(repository, one, ["backend", "docs"])
    hooks.install(repository, other, ["docs", "qa"])
    for branch in ("backend/X", "docs/X", "qa/X"):
        assert not passes(repository, branch)
    hooks.uninstall(repository, one)
    hooks.uninstall(repository, one)
    assert hooks.state(repository) is HookState.INSTALLED
    assert passes(repository, "backend/X")
    assert not passes(repository, "docs/X")
    hooks.uninstall(repository, other)
    assert hooks.state(repository) is HookState.MISSING
    assert passes(repository, "docs/X")


def test_a_workspace_that_is_gone_holds_nobody(
    repository: Path, tmp_path: Path
) -> None:
    """Nobody may be left to take its hooks away."""
    lost = make_workspace(tmp_path / "ws")
    hooks.install(repository, lost, ["backend"])
    assert not passes(repository, "backend/X")
    away = (tmp_path / "ws").rename(tmp_path / "away")
    assert passes(repository, "backend/X")
    away.rename(tmp_path / "ws")
    assert not passes(repository, "backend/Y")


def test_a_workspace_that_is_gone_keeps_no_hooks(
    repository: Path, tmp_path: Path
) -> None:
    """Neither does one that wants none: the last living one takes them away."""
    one, lost = (make_workspace(tmp_path / x) for x in ("one", "lost"))
    hooks.install(repository, lost, ["backend"])
    hooks.install(repository, one, ["docs"])
    (tmp_path / "lost").rename(tmp_path / "elsewhere")
    hooks.uninstall(repository, one)
    assert hooks.state(repository) is HookState.MISSING


def test_it_is_told_whether_a_workspace_is_gone(tmp_path: Path) -> None:
    """Where its disk may only be away, it is not known."""
    made = make_workspace(tmp_path / "disk/ws")
    assert hook_owners.presence(made) is Presence.THERE
    (tmp_path / "disk/ws").rename(tmp_path / "moved")
    assert hook_owners.presence(made) is Presence.UNKNOWN  # /disk is empty
    (tmp_path / "disk/ws").mkdir()
    assert hook_owners.presence(made) is Presence.UNKNOWN  # a mount point
    make_workspace(tmp_path / "disk/ws")
    assert hook_owners.presence(made) is Presence.GONE
    lost = make_workspace(tmp_path / "lost")
    (tmp_path / "lost").rename(tmp_path / "found")
    assert hook_owners.presence(lost) is Presence.GONE
    nowhere = Owner(made.id, tmp_path / "no/such/disk")
    assert hook_owners.presence(nowhere) is Presence.UNKNOWN


def test_only_who_is_surely_gone_is_forgotten(repository: Path, tmp_path: Path) -> None:
    """The others keep what they have."""
    owners = [make_workspace(tmp_path / x) for x in ("here", "gone", "disk/away")]
    for owner in owners:
        hooks.install(repository, owner, ["backend"])
    (tmp_path / "gone").rename(tmp_path / "renamed")
    (tmp_path / "disk/away").rename(tmp_path / "unmounted")
    hooks.forget_gone(repository)
    kept = {x.owner.id for x in hook_owners.parts(repository / ".git")}
    assert kept == {owners[0].id, owners[2].id}


def test_the_prefixes_of_an_earlier_version_are_taken_over(
    repository: Path, tmp_path: Path
) -> None:
    """One file had those of the workspace that wrote it last."""
    older = repository / ".git/coordinator/prefixes"
    older.parent.mkdir()
    older.write_text("backend\nretired\n")
    hooks.install(repository, make_workspace(tmp_path / "ws"), ["backend"])
    assert not older.exists()
    assert not passes(repository, "backend/X")
    assert passes(repository, "retired")


def test_a_path_that_is_no_line_is_refused(repository: Path, tmp_path: Path) -> None:
    """The hooks read line by line."""
    owner = make_workspace(tmp_path / "a\nprefix main")
    with pytest.raises(UnusablePath):
        hooks.install(repository, owner, ["backend"])
