import os
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.kernel.disk import files, renaming
from coordinator.kernel.disk.files import Content, Stamp, Unsettled
from coordinator.kernel.problems import Problem
from tests.support import PATIENCE_SECONDS, wait_for


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder to work in."""
    made = tmp_path / "team"
    (made / "inner").mkdir(parents=True)
    (made / "tmp").mkdir()
    return made


def content(found: object) -> Content:
    """Return what was read, which must be content."""
    assert isinstance(found, Content), found
    return found


def code(found: object) -> tuple[str, int]:
    """Return the code and the line of what was read, which must be a problem."""
    assert isinstance(found, Problem), found
    return found.code, found.line


def test_a_regular_file_is_read(root: Path) -> None:
    """Bytes, text, stamp and owner belong to one state of the file."""
    (root / "inner" / "a.md").write_bytes("é\r\n".encode())
    status = (root / "inner" / "a.md").stat()
    assert files.read(root, "inner/a.md") == Content(
        "é\r\n".encode(), "é\r\n", Stamp.of(status), os.getuid()
    )


@pytest.mark.parametrize(
    "name",
    [
        *("gone.md", "gone/a.md", "inner/gone.md", "a.md/b.md"),
        *("", ".", "..", "/", "/a.md", "inner/", "inner//a.md", "./a.md"),
        *("../team/a.md", "inner/../a.md", "inner/..", "a\0.md", "\0/a", "\ud800.md"),
    ],
)
def test_what_is_not_there_is_none(root: Path, name: str) -> None:
    """A missing file is no problem, and no path leads out of the root."""
    (root / "a.md").write_text("a")
    assert files.read(root, name) is None


def test_a_missing_root_is_none(tmp_path: Path) -> None:
    """A folder that went away holds nothing."""
    assert files.read(tmp_path / "gone", "a.md") is None


@pytest.mark.parametrize(
    "name",
    ["a b.md", "'\".md", "new\nline.md", "-rf.md", "ü\u202e.md", "\udcff.md", "*?.md"],
)
def test_names_are_what_people_call_their_files(root: Path, name: str) -> None:
    """Every name that a disk can hold is read."""
    with (root / name).open("w") as file:
        file.write("text")
    assert content(files.read(root, name)).text == "text"


def test_a_link_is_not_followed(root: Path) -> None:
    """A link to a file, to nothing or to itself is one problem."""
    (root / "target.md").write_text("secret")
    (root / "link.md").symlink_to(root / "target.md")
    (root / "broken.md").symlink_to("gone")
    (root / "circle.md").symlink_to("circle.md")
    for name in ("link.md", "broken.md", "circle.md"):
        assert code(files.read(root, name)) == ("symlink", 0)


def test_a_linked_folder_leads_nowhere(root: Path, tmp_path: Path) -> None:
    """What lies behind a link on the way is not there."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.md").write_text("secret")
    (root / "linked").symlink_to(outside)
    (root / "inner" / "linked").symlink_to(outside)
    assert files.read(root, "linked/a.md") is None
    assert files.read(root, "inner/linked/a.md") is None


def test_the_root_itself_may_be_a_link(root: Path, tmp_path: Path) -> None:
    """Where the workspace lies is its owner's business."""
    (root / "a.md").write_text("a")
    (tmp_path / "way").symlink_to(root)
    assert content(files.read(tmp_path / "way", "a.md")).text == "a"


@contextmanager
def deadline() -> Iterator[None]:
    """Interrupt whatever blocks."""

    def end(*_: object) -> None:
        pytest.fail("it blocks")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_fifo_never_blocks(root: Path) -> None:
    """Nobody writes into it, and nobody waits for that."""
    os.mkfifo(root / "a.md")
    with deadline():
        assert code(files.read(root, "a.md")) == ("not-a-file", 0)


def test_a_device_never_blocks() -> None:
    """A terminal, an endless device and the null device are problems."""
    for name in ("null", "zero", "tty"):
        with deadline():
            assert code(files.read(Path("/dev"), name)) == ("not-a-file", 0)


def test_a_socket_and_a_folder_are_no_documents(root: Path) -> None:
    """Only regular files are."""
    with socket.socket(socket.AF_UNIX) as made:
        before = Path.cwd()
        os.chdir(root)
        made.bind("s.md")
        os.chdir(before)
        assert code(files.read(root, "s.md")) == ("not-a-file", 0)
    assert code(files.read(root, "inner")) == ("not-a-file", 0)


def test_a_hard_link_is_not_read(root: Path, tmp_path: Path) -> None:
    """A second name could lead to a file of another place."""
    (tmp_path / "secret").write_text("secret")
    (root / "a.md").hardlink_to(tmp_path / "secret")
    assert code(files.read(root, "a.md")) == ("hard-link", 0)


def test_size_has_a_limit(root: Path) -> None:
    """At most a mebibyte is read, unless the caller sets another limit."""
    (root / "a.md").write_bytes(b"x" * files.MAX_BYTES)
    (root / "b.md").write_bytes(b"x" * (files.MAX_BYTES + 1))
    (root / "giant.md").touch()
    os.truncate(root / "giant.md", 1 << 30)
    assert len(content(files.read(root, "a.md")).data) == files.MAX_BYTES
    assert code(files.read(root, "b.md")) == ("too-large", 0)
    assert code(files.read(root, "a.md", limit=1)) == ("too-large", 0)
    with deadline():
        assert code(files.read(root, "giant.md")) == ("too-large", 0)


def test_binary_data_is_named_by_its_line(root: Path) -> None:
    """A NUL byte and broken UTF-8 are problems of the line where they stand."""
    for data, wanted in {
        b"a\nb\n\0": ("binary", 3),
        b"\0": ("binary", 1),
        b"a\n\xff\n": ("not-utf-8", 2),
        b"a\n\n\n\xc3": ("not-utf-8", 4),
        "a\n\ud800".encode("utf-8", "surrogatepass"): ("not-utf-8", 2),
        "text".encode("utf-16"): ("binary", 1),
    }.items():
        (root / "a.md").write_bytes(data)
        assert code(files.read(root, "a.md")) == wanted


def test_permissions_are_a_problem(root: Path) -> None:
    """A file that may not be read says so."""
    if os.getuid() == 0:
        pytest.skip("root may read everything")
    (root / "a.md").write_text("a")
    (root / "a.md").chmod(0)
    assert code(files.read(root, "a.md")) == ("unreadable", 0)


def test_a_name_that_is_too_long_is_a_problem(root: Path) -> None:
    """What the system refuses is said in its words."""
    assert code(files.read(root, "x" * 300)) == ("unreadable", 0)


def test_a_file_that_changes_while_it_is_read_is_unsettled(root: Path) -> None:
    """Nobody gets a mixture of two states."""
    path = root / "a.md"
    path.touch()
    stopped = Event()

    def keep_appending() -> None:
        with path.open("ab", buffering=0) as file:
            while not stopped.is_set():
                file.write(b"x" * 50_000)
                if file.tell() > 900_000:
                    file.truncate(0)

    writer = Thread(target=keep_appending)
    writer.start()
    try:
        with deadline():
            while not isinstance(files.read(root, "a.md"), Unsettled):
                pass
    finally:
        stopped.set()
        writer.join()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of writers")
def test_a_file_in_a_writers_hand_is_unsettled_while_it_is_young(root: Path) -> None:
    """What is truncated and about to be written again is not taken for empty."""
    path = root / "a.md"
    assert not files.is_closed(root, "a.md")
    with path.open("w"):
        assert not files.is_closed(root, "a.md")
        assert isinstance(files.read(root, "a.md", quiet=60), Unsettled)
        assert isinstance(files.read(root, "a.md"), Content)
        os.utime(path)
        wait_for(lambda: isinstance(files.read(root, "a.md", quiet=0.05), Content))
    assert files.is_closed(root, "a.md")
    assert isinstance(files.read(root, "a.md", quiet=60), Content)


def test_a_file_is_created_once(root: Path) -> None:
    """Nothing that is there is overwritten, whatever it is."""
    files.create(root, "inner/a.md", b"one", temporary=root / "tmp")
    (root / "inner" / "link.md").symlink_to("a.md")
    (root / "inner" / "broken.md").symlink_to("gone")
    for name in ("inner/a.md", "inner/link.md", "inner/broken.md"):
        with pytest.raises(FileExistsError):
            files.create(root, name, b"two", temporary=root / "tmp")
    assert (root / "inner" / "a.md").read_bytes() == b"one"
    assert (root / "inner" / "a.md").stat().st_nlink == 1
    assert list((root / "tmp").iterdir()) == []


@pytest.mark.parametrize("rename", [("", 0), ("renameat2", 1 << 20)])
def test_a_file_is_created_where_no_rename_spares_another(
    root: Path, rename: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Systems and disks without such a rename keep the rule."""
    monkeypatch.setattr(renaming, "_RENAMES", {sys.platform: rename})
    test_a_file_is_created_once(root)


def test_a_file_is_replaced(root: Path) -> None:
    """A write makes the file or takes the place of what stood there."""
    for data in (b"one", b"two"):
        files.write(root, "a.md", data, temporary=root / "tmp", mode=0o600)
        assert (root / "a.md").read_bytes() == data
    assert (root / "a.md").stat().st_mode & 0o777 == 0o600
    assert list((root / "tmp").iterdir()) == []


def test_a_link_is_replaced_and_not_followed(root: Path, tmp_path: Path) -> None:
    """A link put in place of the file leads nobody elsewhere."""
    (tmp_path / "victim").write_text("precious")
    (root / "a.md").symlink_to(tmp_path / "victim")
    files.write(root, "a.md", b"new", temporary=root / "tmp")
    assert (tmp_path / "victim").read_text() == "precious"
    assert not (root / "a.md").is_symlink()


@pytest.mark.parametrize(
    "path", ["linked/a.md", "gone/a.md", "../a.md", "a\0", "", "x/"]
)
def test_nothing_is_written_elsewhere(root: Path, tmp_path: Path, path: str) -> None:
    """A link put in place of the folder, or a way out, is refused."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / "linked").symlink_to(outside)
    for place in (files.write, files.create):
        with pytest.raises(OSError, match=r"No such|Not a dir|Is a dir"):
            place(root, path, b"x", temporary=root / "tmp")
    assert list(outside.iterdir()) == []
    assert list((root / "tmp").iterdir()) == []


def test_a_refused_write_leaves_nothing(root: Path) -> None:
    """Where the disk refuses, the old file stands and no temporary one is left."""
    files.write(root, "a.md", b"old", temporary=root / "tmp")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        for place in (files.write, files.create):
            with pytest.raises(OSError, match="too large"):
                place(root, "a.md", b"x" * 100, temporary=root / "tmp")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert (root / "a.md").read_bytes() == b"old"
    assert list((root / "tmp").iterdir()) == []


def test_a_folder_is_not_replaced(root: Path) -> None:
    """A folder in the file's place stays, and no temporary file is left."""
    with pytest.raises(IsADirectoryError):
        files.write(root, "inner", b"x", temporary=root / "tmp")
    assert list((root / "tmp").iterdir()) == []


@pytest.mark.slow
def test_a_reader_never_sees_a_half_file(root: Path) -> None:
    """Each look finds one of the written states, or that it is just changing."""
    states = {b"%d" % x * 20_000 for x in range(10)}
    files.write(root, "a.md", b"0" * 20_000, temporary=root / "tmp")
    stopped = Event()
    faults: list[object] = []

    def look() -> None:
        while not stopped.is_set():
            found = files.read(root, "a.md")
            whole = isinstance(found, Content) and found.data in states
            if not (whole or isinstance(found, Unsettled)):
                faults.append(found)

    reader = Thread(target=look)
    reader.start()
    for _ in range(10):
        for state in states:
            files.write(root, "a.md", state, temporary=root / "tmp")
    stopped.set()
    reader.join()
    assert faults == []


@pytest.mark.slow
def test_a_created_file_is_never_taken_for_a_hard_link(root: Path) -> None:
    """The instant in which it has two names is nobody's problem."""
    stopped = Event()
    faults: list[object] = []
    names = iter(f"{x}.md" for x in range(10_000))
    current = [next(names)]

    def look() -> None:
        while not stopped.is_set():
            found = files.read(root, current[0])
            if isinstance(found, Problem):
                faults.append(found)

    reader = Thread(target=look)
    reader.start()
    for _ in range(150):
        files.create(root, current[0], b"x", temporary=root / "tmp")
        current[0] = next(names)
    stopped.set()
    reader.join()
    assert faults == []


def test_an_appended_file_is_cut_back(root: Path) -> None:
    """Only what was written too much is taken away."""
    handle = files.open_append(root / "log")
    try:
        files.write_all(handle, b"kept, not kept")
        files.take_back(handle, 4)
        assert (root / "log").read_bytes() == b"kept"
        files.take_back(handle, 4)
        with pytest.raises(OSError, match="short"):
            files.take_back(handle, 5)
        (root / "log").unlink()
        with pytest.raises(FileNotFoundError):
            files.take_back(handle, 4)
    finally:
        os.close(handle)


@given(data=st.binary())
def test_decoding_never_fails(data: bytes) -> None:
    """Any bytes are content or a problem."""
    status = Path("/").stat()
    found = files.decode("a.md", data, status)
    if isinstance(found, Content):
        assert found.text.encode() == data
    else:
        assert 1 <= found.line <= data.count(b"\n") + 1
