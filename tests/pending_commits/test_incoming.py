import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from coordinator.kernel.git import GitFailed, Repository
from pending_commits.incoming import incoming, leftovers, tidy
from pending_commits.submissions import (
    fetch_branches,
    fetch_heads,
    open_store,
    pending_ref,
    target_ref,
)
from tests.support import commit, git, user_environment

INTO = pending_ref("shop", "backend-login")


@pytest.fixture
def store(tmp_path: Path) -> Repository:
    """An empty store."""
    return open_store(tmp_path / "store.git")


@pytest.fixture
def packed(repository: Path) -> Path:
    """A repository whose objects are in one pack; the path of its index."""
    git(repository, "gc", "-q")
    [index] = (repository / ".git" / "objects" / "pack").glob("*.idx")
    return index


def fetch(store: Repository, source: Path, branch: str = "main") -> str:
    """Fetch as a submission does."""
    return fetch_branches(store, source, "shop", {INTO: branch})[0]


def packs(store: Repository) -> list[Path]:
    """Return the packs of the store, and its leftovers."""
    found = sorted((store.path / "objects" / "pack").glob("*.pack"))
    return [*found, *leftovers(store.path)]


def is_linked(store: Repository, index: Path) -> bool:
    """Tell whether the store has a pack of a repository under a second name."""
    pack = index.with_suffix(".pack")
    own = store.path / "objects" / "pack" / pack.name
    return own.exists() and own.samefile(pack)


def test_packs_on_the_same_disk_are_linked_not_copied(
    store: Repository, repository: Path, packed: Path
) -> None:
    """The first submission of a long history writes next to nothing."""
    head = fetch(store, repository)
    assert is_linked(store, packed)
    assert packs(store) == [store.path / "objects/pack" / f"{packed.stem}.pack"]
    assert store.run("rev-parse", INTO) == head
    store.run("fsck", "--strict")


def test_of_what_is_newer_than_the_packs_only_that_is_fetched(
    store: Repository, repository: Path, packed: Path
) -> None:
    """Nothing comes twice."""
    head = commit(repository, "new.txt", "new\n", "Newer than the pack")
    assert fetch(store, repository) == head
    assert is_linked(store, packed)
    assert store.run("count-objects").startswith("3 objects")
    store.run("fsck", "--strict")


def test_what_was_linked_outlives_its_repository(
    store: Repository, repository: Path, packed: Path
) -> None:
    """A repack, a prune and a deletion take nothing from the store."""
    head = fetch(store, repository)
    git(repository, "commit", "-q", "--amend", "-m", "Rewritten")
    git(repository, "reflog", "expire", "--expire=now", "--all")
    git(repository, "repack", "-a", "-d", "-q")
    git(repository, "gc", "-q", "--prune=now")
    assert not packed.exists()
    shutil.rmtree(repository)
    assert store.run("log", "-1", "--format=%s", head) == "Start the shop"
    store.run("fsck", "--strict")


def damage(path: Path) -> None:
    """Change one byte in the middle of a file."""
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    path.chmod(0o444)


@pytest.mark.parametrize("suffix", [".pack", ".idx"])
def test_a_damaged_pack_does_not_poison_the_store(
    store: Repository, repository: Path, packed: Path, suffix: str
) -> None:
    """It is not linked, and what cannot be read of it is no submission."""
    damage(packed.with_suffix(suffix))
    with pytest.raises(GitFailed):
        fetch(store, repository)
    assert packs(store) == []
    assert store.run("for-each-ref") == ""


def test_a_pack_that_others_may_write_is_copied(
    store: Repository, repository: Path, packed: Path
) -> None:
    """Whoever may change it later must not change what was accepted."""
    packed.with_suffix(".pack").chmod(0o664)
    fetch(store, repository)
    assert not is_linked(store, packed)
    store.run("fsck", "--strict")


@pytest.mark.parametrize("mark", [".promisor", ".mtimes"])
def test_a_pack_that_is_not_whole_by_itself_is_not_linked(
    store: Repository, repository: Path, packed: Path, mark: str
) -> None:
    """A partial clone's pack and one of dropped objects are left where they are."""
    packed.with_suffix(mark).touch()
    fetch(store, repository)
    assert not is_linked(store, packed)


def test_what_lies_in_another_repository_is_fetched_from_there(
    store: Repository, repository: Path, packed: Path, tmp_path: Path
) -> None:
    """A clone that borrows its objects is brought whole; the store borrows none."""
    git(tmp_path, "clone", "-q", "--shared", str(repository), "borrower")
    borrower = tmp_path / "borrower"
    head = commit(borrower, "own.txt", "own\n", "Its own")
    git(borrower, "repack", "-a", "-d", "-l", "-q")
    assert fetch(store, borrower) == head
    assert packed.exists()
    shutil.rmtree(repository)
    store.run("fsck", "--strict")
    assert not (store.path / "objects/info/alternates").exists()


def test_a_repack_under_way_does_no_harm(
    store: Repository, repository: Path, packed: Path
) -> None:
    """A pack without its index yet, and one that is being written, are passed over."""
    folder = packed.parent
    shutil.copy(packed.with_suffix(".pack"), folder / f"pack-{'0' * 40}.pack")
    shutil.copy(packed, folder / f"pack-{'1' * 40}.idx")
    (folder / "tmp_pack_x").touch()
    (folder / "tmp_idx_x.idx").touch()
    fetch(store, repository)
    assert [x.name for x in packs(store)] == [f"{packed.stem}.pack"]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder on another disk."""
    memory = Path("/dev/shm")  # noqa: S108 - a disk of its own, where there is one
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this system has no second disk at /dev/shm")
    folder = memory / f"coordinator-{tmp_path.parent.name}-{tmp_path.name}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def test_from_another_disk_objects_are_copied(
    store: Repository, repository: Path, packed: Path, elsewhere: Path
) -> None:
    """There is no link across disks, and nobody notices."""
    assert packed.exists()
    shutil.copytree(repository, elsewhere / "shop")
    fetch(store, elsewhere / "shop")
    store.run("fsck", "--strict")


def test_what_comes_is_no_part_of_the_store_until_it_is_kept(
    store: Repository, repository: Path, packed: Path
) -> None:
    """A crash in between leaves a folder that nobody looks into."""
    head = git(repository, "rev-parse", "main")
    with incoming(store.path) as room:
        assert room.link(packed.parent.parent)
        assert store.ask("cat-file", "-e", head).code
        assert not store.ask("cat-file", "-e", head, extra=room.environment).code
        room.keep()
    assert not store.ask("cat-file", "-e", head).code
    assert leftovers(store.path) == []


def test_what_a_killed_fetch_left_goes_at_the_next_start(store: Repository) -> None:
    """Of this version, and of those that fetched right into the store."""
    (store.path / "incoming-0123" / "pack").mkdir(parents=True)
    (store.path / "incoming-0123" / "pack" / "tmp_pack_a").touch()
    (store.path / "objects" / "pack" / "tmp_pack_b").touch()
    assert len(leftovers(store.path)) == 2
    tidy(store.path)
    assert leftovers(store.path) == []
    store.run("fsck")


def test_several_heads_come_at_once(store: Repository, repository: Path) -> None:
    """Refs are moved together, once everything is there."""
    git(repository, "switch", "-q", "-c", "backend/login")
    head = commit(repository, "a.txt", "a\n", "A")
    main = git(repository, "rev-parse", "main")
    heads = {target_ref("shop"): main, INTO: head}
    assert fetch_heads(store, repository, "shop", heads) is None
    found = store.run("for-each-ref", "--format=%(refname) %(objectname)")
    assert dict(x.split(" ") for x in found.splitlines()) == heads


@pytest.mark.slow
def test_a_long_history_of_loose_commits_is_found_below(
    store: Repository, repository: Path, packed: Path
) -> None:
    """The newest commit that is in a pack may lie far back."""
    lines = [
        f"commit refs/heads/main\ncommitter A <a@x> {1_800_000_000 + n} +0000\n"
        f"data 1\nx\n{'' if n else 'from refs/heads/main^0' + chr(10)}"
        for n in range(300)
    ]
    subprocess.run(
        ["git", "-c", "fastimport.unpackLimit=1000", "fast-import", "--quiet"],
        cwd=repository,
        env=user_environment(),
        input="".join(lines).encode(),
        check=True,
    )
    fetch(store, repository)
    assert is_linked(store, packed)
    assert store.run("rev-list", "--count", INTO) == "301"
