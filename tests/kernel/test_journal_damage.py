from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordinator.kernel import journal
from coordinator.kernel.journal import JournalDamagedError
from tests.kernel.journal_yard import FIRST, draft, filled, opened, subjects


def read_until_damage(folder: Path) -> tuple[list[int], int]:
    """Return the numbers that were read, and the number that is damaged."""
    seen: list[int] = []
    with pytest.raises(JournalDamagedError) as caught:
        seen.extend(x.seq for x in opened(folder).read())
    return seen, caught.value.seq


@pytest.mark.slow
def test_a_torn_tail_is_cut_at_every_byte(tmp_path: Path) -> None:
    """A half record was never acknowledged; it is cut, counted and kept beside."""
    segment = filled(tmp_path, ["a", "b", "c"])
    data = segment.read_bytes()
    start = data.rindex(b"\n", 0, -1) + 1
    for end in range(start, len(data)):
        segment.write_bytes(data[:end])
        made = opened(tmp_path)
        assert (made.cut, made.last) == (end - start, 2)
        assert subjects(made.read()) == ["a", "b"]
        if made.cut:
            [kept] = tmp_path.glob("torn-*")
            assert kept.read_bytes() == data[start:end]
        made.append([draft("again")])
        assert subjects(made.read()) == ["a", "b", "again"]
        made.close()


@pytest.mark.slow
def test_a_batch_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    """Whole lines of a torn batch are cut as well: they were not acknowledged."""
    made = opened(tmp_path)
    made.append([draft("a")])
    made.append([draft("b"), draft("c"), draft("d")])
    made.close()
    segment = tmp_path / FIRST
    data = segment.read_bytes()
    start = data.index(b"\n") + 1
    for end in range(start, len(data)):
        segment.write_bytes(data[:end])
        again = opened(tmp_path)
        assert (again.cut, subjects(again.read())) == (end - start, ["a"])
        again.close()


@pytest.mark.parametrize("kept", [0, 1, 20, 100])
@pytest.mark.parametrize("nuls", [1, 600, 5000])
def test_blocks_that_never_reached_the_disk_are_cut(
    tmp_path: Path, kept: int, nuls: int
) -> None:
    """After power loss the end of a file may read as NUL."""
    segment = filled(tmp_path, ["a", "b"])
    data = segment.read_bytes()
    torn = data[:kept] + b"\0" * nuls
    segment.write_bytes(data + torn)
    made = opened(tmp_path)
    assert (made.cut, subjects(made.read())) == (len(torn), ["a", "b"])


def test_a_hole_in_the_last_batch_is_cut(tmp_path: Path) -> None:
    """Blocks reach the disk in any order; a later one may be there without another."""
    made = opened(tmp_path)
    made.append([draft("a")])
    size = (tmp_path / FIRST).stat().st_size
    made.append([draft("b")] * 30)
    made.close()
    data = bytearray((tmp_path / FIRST).read_bytes())
    data[1024:2048] = bytes(1024)
    (tmp_path / FIRST).write_bytes(data)
    again = opened(tmp_path)
    assert (again.cut, subjects(again.read())) == (len(data) - size, ["a"])


def test_a_hole_before_acknowledged_batches_is_damage(tmp_path: Path) -> None:
    """A sector lost in the middle must not cost what stands behind it."""
    segment = filled(tmp_path, [str(x) for x in range(30)])
    data = bytearray(segment.read_bytes())
    data[1024:1536] = bytes(512)
    segment.write_bytes(data)
    with pytest.raises(JournalDamagedError):
        opened(tmp_path)


@pytest.mark.slow
def test_a_flipped_bit_anywhere_names_its_record(tmp_path: Path) -> None:
    """Every bit of every record counts, the end of its line included."""
    segment = filled(tmp_path, ["a", "b", "c"])
    data = segment.read_bytes()
    for offset in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[offset] ^= 1 << bit
            segment.write_bytes(changed)
            with pytest.raises(JournalDamagedError) as caught:
                opened(tmp_path)
            assert caught.value.seq == data.count(b"\n", 0, offset) + 1
            assert segment.read_bytes() == changed


@pytest.mark.slow
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_what_stands_before_a_damage_is_read(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Damage in an earlier segment is found by reading, after all before it."""
    folder = tmp_path_factory.mktemp("journal")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "SEGMENT_BYTES", 300)
        filled(folder, [str(x) for x in range(10)])
    segments = sorted(folder.glob("*.jsonl"))
    segment = data.draw(st.sampled_from(segments[:-2]))
    text = bytearray(segment.read_bytes())
    offset = data.draw(st.integers(0, len(text) - 1))
    seq = int(segment.stem) + text.count(b"\n", 0, offset)
    text[offset] ^= 1 << data.draw(st.integers(0, 7))
    segment.write_bytes(text)
    assert read_until_damage(folder) == (list(range(1, seq)), seq)


@pytest.fixture
def four_segments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A journal of ten records in four segments."""
    monkeypatch.setattr(journal, "SEGMENT_BYTES", 300)
    filled(tmp_path, [str(x) for x in range(10)])
    return sorted(tmp_path.glob("*.jsonl"))


def test_every_byte_before_the_last_segment_holds_at_opening(
    tmp_path: Path, four_segments: list[Path]
) -> None:
    """The chain is never continued from a changed sum, not even in an empty segment."""
    *_, previous, last = four_segments
    seq = int(last.stem) - 1
    for rest in (last.read_bytes(), b""):
        last.write_bytes(rest)
        data = previous.read_bytes()
        for offset in range(data.rindex(b"\n", 0, -1) + 1, len(data)):
            changed = bytearray(data)
            changed[offset] ^= 1
            previous.write_bytes(changed)
            with pytest.raises(JournalDamagedError) as caught:
                opened(tmp_path)
            assert caught.value.seq == seq
        previous.write_bytes(data)


def test_a_missing_middle_segment_is_found(
    tmp_path: Path, four_segments: list[Path]
) -> None:
    """What is missing is named by its first record."""
    four_segments[1].unlink()
    first = int(four_segments[1].stem)
    assert read_until_damage(tmp_path) == (list(range(1, first)), first)


@pytest.mark.parametrize("gone", [slice(1), slice(2), slice(3), slice(1, 3)])
def test_missing_segments_are_found(
    tmp_path: Path, four_segments: list[Path], gone: slice
) -> None:
    """The first ones, and those right before the last, are missed at opening."""
    for segment in four_segments[gone]:
        segment.unlink()
    with pytest.raises(JournalDamagedError):
        list(opened(tmp_path).read())


def test_an_emptied_segment_is_found(tmp_path: Path, four_segments: list[Path]) -> None:
    """A segment that was rolled away from is never empty."""
    four_segments[-2].write_bytes(b"")
    with pytest.raises(JournalDamagedError):
        opened(tmp_path)


def drop(lines: list[bytes]) -> list[bytes]:
    """Leave the second line out."""
    return [lines[0], *lines[2:]]


def swap(lines: list[bytes]) -> list[bytes]:
    """Exchange the second and the third line."""
    return [lines[0], lines[2], lines[1], *lines[3:]]


def double(lines: list[bytes]) -> list[bytes]:
    """Have the first line twice."""
    return [lines[0], *lines]


@pytest.mark.parametrize("change", [drop, swap, double])
def test_lines_cannot_be_moved(
    tmp_path: Path, change: Callable[[list[bytes]], list[bytes]]
) -> None:
    """Each sum covers the one before it."""
    segment = filled(tmp_path, ["a", "b", "c", "d"])
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(b"".join(change(lines)))
    with pytest.raises(JournalDamagedError) as caught:
        opened(tmp_path)
    assert caught.value.seq == 2
