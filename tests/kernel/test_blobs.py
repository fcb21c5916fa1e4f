from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordinator.kernel import blobs
from coordinator.kernel.blobs import (
    BlobDamagedError,
    BlobMissingError,
    Blobs,
    name_of,
)
from coordinator.kernel.disk import files
from coordinator.kernel.disk.locks import Held


def opened(folder: Path) -> Blobs:
    """Open a store."""
    return Blobs(folder, held=Held(folder))


def packs(folder: Path) -> list[Path]:
    """Return the packs, oldest first."""
    return sorted(folder.glob("*.pack"))


def stored(folder: Path, *contents: bytes) -> Path:
    """Put contents into a closed store of one pack, return the pack."""
    store = opened(folder)
    store.put(contents)
    store.close()
    [pack] = packs(folder)
    return pack


CONTENTS = st.lists(
    st.one_of(
        st.binary(max_size=200),
        st.sampled_from([b"", b"\n", b"\0", b"\n" * 9, b"x\n" * 50]),
        st.binary(max_size=20).map(
            lambda x: b"%b %d\n%b\n" % (name_of(x).encode(), len(x), x)
        ),
    ),
    max_size=8,
)


@pytest.mark.slow
@given(contents=CONTENTS, more=CONTENTS)
@settings(max_examples=50, deadline=None)
def test_bytes_come_back(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes], more: list[bytes]
) -> None:
    """Any bytes come back by their name, from a store that was opened again as well."""
    folder = tmp_path_factory.mktemp("blobs")
    store = opened(folder)
    names = store.put(contents)
    assert [store.get(x) for x in names] == contents
    names += store.put(more)
    store.close()
    again = opened(folder)
    assert [again.get(x) for x in names] == contents + more
    again.close()


def test_a_name_is_the_hash_of_the_bytes() -> None:
    """Names are SHA-256 (FIPS 180-4) in hex."""
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert name_of(b"") == empty


def test_equal_bytes_are_stored_once(tmp_path: Path) -> None:
    """Once the store was read, the same content costs nothing."""
    store = opened(tmp_path)
    [name] = store.put([b"same"])
    store.get(name)
    [pack] = packs(tmp_path)
    size = pack.stat().st_size
    assert store.put([b"same", b"same"]) == [name, name]
    assert pack.stat().st_size == size
    store.close()


def test_unknown_bytes_are_missed(tmp_path: Path) -> None:
    """A name that nothing was stored under is an error that names it."""
    with pytest.raises(BlobMissingError, match=name_of(b"x")):
        opened(tmp_path).get(name_of(b"x"))


def test_packs_are_private(tmp_path: Path) -> None:
    """Only the owner may read what agents wrote."""
    assert stored(tmp_path, b"x").stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_a_torn_end_costs_nothing_before_it(tmp_path: Path) -> None:
    """After a half entry, at every byte, the store goes on in a fresh pack."""
    pack = stored(tmp_path, b"first", b"second")
    data = pack.read_bytes()
    start = data.rindex(name_of(b"second").encode())
    for end in range(start + 1, len(data)):
        for left in packs(tmp_path):
            left.unlink()
        pack.write_bytes(data[:end])
        store = opened(tmp_path)
        names = store.put([b"third"])
        assert [x.name for x in packs(tmp_path)] == ["00000001.pack", "00000002.pack"]
        assert store.get(names[0]) == b"third"
        assert store.get(name_of(b"first")) == b"first"
        store.close()


def test_a_whole_pack_is_continued(tmp_path: Path) -> None:
    """Opening again makes no new pack."""
    stored(tmp_path, b"first", b"")
    assert stored(tmp_path, b"second").name == "00000001.pack"


@pytest.mark.slow
def test_a_flipped_bit_costs_only_its_entry(tmp_path: Path) -> None:
    """Wherever the damage is, in a header or in bytes, the entries around it stand."""
    contents = [b"first", b"second: 12\nlines\n", b"third"]
    pack = stored(tmp_path, *contents)
    data = pack.read_bytes()
    start = data.index(name_of(contents[1]).encode())
    for offset in range(start, data.index(name_of(contents[2]).encode()) - 1):
        changed = bytearray(data)
        changed[offset] ^= 1
        pack.write_bytes(changed)
        store = opened(tmp_path)
        assert store.get(name_of(contents[0])) == contents[0]
        assert store.get(name_of(contents[2])) == contents[2]
        with pytest.raises((BlobDamagedError, BlobMissingError)):
            store.get(name_of(contents[1]))
        store.close()
        for left in packs(tmp_path)[1:]:
            left.unlink()


def test_changed_bytes_are_damaged(tmp_path: Path) -> None:
    """Bytes that are not what the name says are never handed out."""
    pack = stored(tmp_path, b"first")
    pack.write_bytes(pack.read_bytes().replace(b"first", b"fir5t"))
    with pytest.raises(BlobDamagedError):
        opened(tmp_path).get(name_of(b"first"))


def test_bytes_that_change_later_are_damaged(tmp_path: Path) -> None:
    """Each `get` checks what it read."""
    pack = stored(tmp_path, b"first", b"second")
    store = opened(tmp_path)
    store.get(name_of(b"second"))
    pack.write_bytes(pack.read_bytes().replace(b"first", b"fir5t"))
    with pytest.raises(BlobDamagedError):
        store.get(name_of(b"first"))


def test_damaged_bytes_heal_when_they_come_again(tmp_path: Path) -> None:
    """What is damaged does not count as stored."""
    pack = stored(tmp_path, b"first")
    pack.write_bytes(pack.read_bytes().replace(b"first", b"fir5t"))
    store = opened(tmp_path)
    with pytest.raises(BlobDamagedError):
        store.get(name_of(b"first"))
    [name] = store.put([b"first"])
    assert store.get(name) == b"first"


def test_looking_behind_a_damage_has_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes full of false headers cannot keep the store busy for long."""
    monkeypatch.setattr(blobs, "_MOST_TRIED", 10_000)
    false = b"%b 5000\n" % name_of(b"?").encode()
    pack = stored(tmp_path, false * 200, b"behind")
    pack.write_bytes(pack.read_bytes()[1:])
    with pytest.raises(BlobMissingError):
        opened(tmp_path).get(name_of(b"behind"))


def test_packs_roll(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full pack is followed by another, and all are read."""
    monkeypatch.setattr(blobs, "PACK_BYTES", 300)
    store = opened(tmp_path)
    contents = [b"%d" % x * 50 for x in range(10)]
    names = [store.put([x])[0] for x in contents]
    assert [store.get(x) for x in names] == contents
    store.close()
    assert len(packs(tmp_path)) > 3
    again = opened(tmp_path)
    assert [again.get(x) for x in names] == contents
    again.close()


def test_other_files_in_the_folder_are_no_packs(tmp_path: Path) -> None:
    """A copy that a person made beside a pack confuses nobody."""
    pack = stored(tmp_path, b"first")
    pack.with_name("00000001 copy.pack").write_bytes(b"x")
    assert opened(tmp_path).get(name_of(b"first")) == b"first"


def test_a_deleted_pack_takes_no_more_bytes(tmp_path: Path) -> None:
    """What would be written into nothing is refused."""
    store = opened(tmp_path)
    [pack] = packs(tmp_path)
    pack.unlink()
    with pytest.raises(FileNotFoundError):
        store.put([b"x"])


def test_a_refused_write_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the disk refuses, nothing is stored, and the next bytes are."""
    store = opened(tmp_path)
    [first] = store.put([b"first"])
    [pack] = packs(tmp_path)
    before = pack.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(files, "sync_data", refuse)
        with pytest.raises(OSError, match="No space"):
            store.put([b"second"])
    assert pack.read_bytes() == before
    names = [first, *store.put([b"third"])]
    assert [store.get(x) for x in names] == [b"first", b"third"]


def refuse(_descriptor: int) -> None:
    """Stand for a disk that is full."""
    raise OSError(28, "No space left on device")


@pytest.mark.slow
def test_one_thread_reads_while_another_stores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `put` returned can be read at once from everywhere."""
    monkeypatch.setattr(blobs, "PACK_BYTES", 2_000)
    store = opened(tmp_path)
    names: list[str] = []
    faults: list[str] = []

    def read() -> None:
        at = 0
        while at < 300:
            for name in names[at:]:
                at += 1
                if name_of(store.get(name)) != name:
                    faults.append(name)

    reader = Thread(target=read)
    reader.start()
    for number in range(300):
        names.extend(store.put([b"%d" % number * 20]))
    reader.join()
    assert faults == []
    store.close()
