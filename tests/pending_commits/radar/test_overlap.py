"""Who touches what: files under both names, and the folders around them."""

from pathlib import Path

import pytest

from pending_commits.radar.overlap import (
    Touched,
    common_files,
    folders_may_clash,
    touched,
)
from tests.pending_commits.radar.branches import Files, make_branches

BASE: Files = {"a/x": "1", "a/b/y": "2", "c": "3", "d/e/f/g": "4"}


def look(tmp_path: Path, *changes: Files) -> list[Touched]:
    """Return what each set of changes touches."""
    made = make_branches(tmp_path / "shop.git", BASE)
    for number, files in enumerate(changes):
        made.commit(f"work-{number}", files, "main")
    commits = [x.commit for x in made.works]
    found = touched(made.scratch(), made.commits["main"], commits)
    return [found[x] for x in commits]


@pytest.mark.slow
def test_files_and_folders_are_told_apart(tmp_path: Path) -> None:
    """New, gone and changed files; folders above them, filled or gone."""
    files: Files = {"a/x": None, "a/b/y": None, "c": "new", "d/e/h": "5", "k/l": "6"}
    (found,) = look(tmp_path, files)
    assert set(found.files) == {b"a/x", b"a/b/y", b"c", b"d/e/h", b"k/l"}
    assert found.above == {b"a", b"a/b", b"d", b"d/e", b"k"}
    assert found.filled == {b"d", b"d/e", b"k"}
    assert found.gone == {b"a", b"a/b"}
    assert [k for k, v in found.files.items() if v.is_edit] == [b"c"]


@pytest.mark.slow
def test_a_file_in_place_of_a_folder(tmp_path: Path) -> None:
    """The folder is gone, and the file has its name."""
    (found,) = look(tmp_path, {"a/x": None, "a/b/y": None, "a": "file"})
    assert set(found.files) == {b"a", b"a/x", b"a/b/y"}
    assert b"a" in found.gone


@pytest.mark.slow
@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        ({"c": "x"}, {"a/x": "x"}, False),
        ({"n": "x"}, {"n/m": "x"}, True),
        ({"n": "x"}, {"n.txt": "x"}, False),
        ({"a/x": None, "a/b/y": None, "z/x": "1"}, {"a/b/new": "x"}, True),
        ({"a/x": None}, {"a/new": "x"}, False),
        ({"a/x": None, "a/b/y": None}, {"d/new": "x"}, False),
    ],
)
def test_folders_clash(
    tmp_path: Path,
    one: Files,
    other: Files,
    clash: bool,  # noqa: FBT001 - what is told
) -> None:
    """Either way round; names that only begin alike do not."""
    first, second = look(tmp_path, one, other)
    assert folders_may_clash(first, second) is clash
    assert folders_may_clash(second, first) is clash
    assert common_files(first, second) == []


@pytest.mark.slow
def test_a_commit_that_is_missing_is_left_out(tmp_path: Path) -> None:
    """The others are told of."""
    made = make_branches(tmp_path / "shop.git", BASE)
    one = made.commit("one", {"c": "x"}, "main")
    target = made.commits["main"]
    found = touched(made.scratch(), target, ["1" * 40, target, one])
    assert {k: set(v.files) for k, v in found.items()} == {target: set(), one: {b"c"}}
