"""Folders are deleted whole, and never through a mount."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from coordinator.kernel.disk import deleting
from coordinator.kernel.disk.deleting import MountedBelow
from tests.support import mount


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """A folder `in tree/a b` onto which another one with a file is bound."""
    place, source = tmp_path / "tree" / "a b", tmp_path / "precious"
    place.mkdir(parents=True)
    source.mkdir()
    (source / "photo").write_text("only here")
    with mount("--bind", str(source), str(place)):
        yield place


def test_a_folder_goes_with_all_that_is_in_it(tmp_path: Path) -> None:
    """Links are deleted, not followed; read-only folders are made writable first."""
    tree, aside = tmp_path / "tree", tmp_path / "aside"
    (tree / "a" / "b").mkdir(parents=True)
    aside.mkdir()
    (aside / "kept").write_text("kept")
    (tree / "a" / "file").write_text("x")
    (tree / "a" / "link").symlink_to(aside)
    (tree / "a" / "broken").symlink_to("nowhere")
    os.mkfifo(tree / "a" / "pipe")
    (tree / "a" / "b").chmod(0o500)
    deleting.make_writable(tree)
    deleting.delete(tree)
    assert not tree.exists()
    assert (aside / "kept").exists()


def test_nothing_is_deleted_through_a_mount(mounted: Path) -> None:
    """Not even where both lie on one disk; the error says what to unmount."""
    tree = mounted.parent
    assert deleting.mounts_below(tree) == (mounted,)
    assert deleting.mounts_below(mounted) == ()
    with pytest.raises(MountedBelow) as caught:
        deleting.delete(tree)
    assert f"umount {mounted}" in caught.value.hint
    assert (mounted / "photo").read_text() == "only here"


def test_a_mount_is_found_without_the_systems_list(
    mounted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system tells of none, another file system is seen all the same."""
    monkeypatch.setattr(deleting, "_MOUNTS", Path("/nowhere"))
    with mount("-t", "tmpfs", "none", str(mounted)):
        (mounted / "new").write_text("x")
        assert deleting.mounts_below(mounted.parent) == (mounted,)
        with pytest.raises(MountedBelow):
            deleting.delete(mounted.parent)
        assert (mounted / "new").exists()
