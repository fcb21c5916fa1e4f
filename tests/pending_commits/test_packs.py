from pathlib import Path

import pytest

from pending_commits import packs
from tests.support import git


@pytest.fixture
def objects(repository: Path) -> Path:
    """The objects of a repository, all in one pack but for one."""
    git(repository, "gc", "-q")
    git(repository, "hash-object", "-w", "README.md")
    (repository / "loose.txt").write_text("loose\n")
    git(repository, "hash-object", "-w", "loose.txt")
    return repository / ".git" / "objects"


def test_what_git_wrote_is_whole(objects: Path) -> None:
    """Nothing is complained of."""
    assert list(packs.damaged(objects)) == []


@pytest.mark.parametrize("place", [0, 13, 50, -50, -30, -10, -1])
@pytest.mark.parametrize("suffix", [".pack", ".idx"])
def test_a_changed_byte_of_a_pack_is_found(
    objects: Path, suffix: str, place: int
) -> None:
    """Wherever it is: in the objects, in the index, in the sums."""
    [path] = (objects / "pack").glob(f"*{suffix}")
    data = bytearray(path.read_bytes())
    data[place] ^= 0x10
    path.chmod(0o644)
    path.write_bytes(data)
    assert list(packs.damaged(objects)) == [path.stem]


@pytest.mark.parametrize("how", ["gone", "short", "empty"])
def test_a_pack_that_is_cut_off_or_gone_is_found(objects: Path, how: str) -> None:
    """Its index alone holds nothing."""
    [path] = (objects / "pack").glob("*.pack")
    path.chmod(0o644)
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: 30 if how == "short" else 0])
    assert list(packs.damaged(objects)) == [path.stem]


def test_a_changed_loose_object_is_found(objects: Path) -> None:
    """By its id."""
    [path] = objects.glob("[0-9a-f][0-9a-f]/*")
    path.chmod(0o644)
    path.write_bytes(b"\0" + path.read_bytes()[1:])
    assert list(packs.damaged(objects)) == [path.parent.name + path.name]
