import os
import socket
from pathlib import Path

import pytest

from coordinator.actions.documents import accepting
from coordinator.kernel.disk.files import Stamp
from coordinator.watch.scan import is_in_missing_folder, scan

IDENTITIES, CONTEXTS, LEARNINGS, PENDING, _ = accepting.FOLDERS


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace's watched folders, empty."""
    for folder in (*accepting.FOLDERS, *accepting.VIEWS):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def test_every_document_is_seen_with_its_stamp(root: Path) -> None:
    """Those of all owners, the identities in one file among them, and nothing else."""
    wanted = [
        f"{IDENTITIES}/docs.md",
        f"{CONTEXTS}/docs-status.md",
        f"{CONTEXTS}/docs-status",
        f"{LEARNINGS}/log.yaml",
        f"{LEARNINGS}/topic/log.md",
        f"{PENDING}/docs-request.md",
        "agent-system/agent-identities.md",
    ]
    others = [
        f"{CONTEXTS}/BOARD.md",
        f"{LEARNINGS}/DECISIONS.md",
        f"{CONTEXTS}/.docs-status.md.swp",
        f"{IDENTITIES}/picture.png",
        "agent-system/notes.md",
        "README.md",
    ]
    (root / LEARNINGS / "topic").mkdir()
    for path in wanted + others:
        (root / path).write_text(path)
    snapshot = scan(root)
    assert sorted(snapshot.stamps) == sorted(wanted)
    assert snapshot.problems == []
    assert snapshot.missing == []
    assert snapshot.seconds > 0
    stamp = Stamp.of((root / wanted[0]).stat())
    assert snapshot.stamps[wanted[0]] == stamp


def test_folders_are_looked_into_one_deep(root: Path) -> None:
    """Hidden folders are not, nor those that links lead to."""
    for folder in ("topic/deeper", ".git", "other.md"):
        (root / LEARNINGS / folder).mkdir(parents=True)
        (root / LEARNINGS / folder / "x.md").write_text("x")
    (root / "elsewhere").mkdir()
    (root / "elsewhere" / "y.md").write_text("y")
    (root / LEARNINGS / "link").symlink_to(root / "elsewhere")
    assert list(scan(root).stamps) == [f"{LEARNINGS}/other.md/x.md"]


def test_what_is_no_file_is_seen_and_left_to_the_reader(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link, a FIFO and a socket have stamps; a scan opens none of them."""
    (root / PENDING / "docs-link.md").symlink_to("/etc/passwd")
    (root / CONTEXTS / "docs-gone").symlink_to("nowhere")
    os.mkfifo(root / PENDING / "docs-pipe.md")
    monkeypatch.chdir(root / PENDING)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("docs-socket.md")
        found = scan(root).stamps
    assert sorted(found) == [
        f"{CONTEXTS}/docs-gone",
        f"{PENDING}/docs-link.md",
        f"{PENDING}/docs-pipe.md",
        f"{PENDING}/docs-socket.md",
    ]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"docs-a\nb.md", r"docs-a\nb.md"),
        (b"docs-\x1b[31m.md", r"docs-\x1b[31m.md"),
        (b"docs-\xff.md", r"docs-\udcff.md"),
        ("docs-\u202egnp.md".encode(), r"docs-\u202egnp.md"),
    ],
)
@pytest.mark.parametrize("folder", ["", "/top\xe9ic"])
def test_a_name_that_cannot_be_shown_is_a_problem(
    root: Path, name: bytes, shown: str, folder: str
) -> None:
    """It is told with its characters escaped, and not read."""
    (root / f"{LEARNINGS}{folder}").mkdir(exist_ok=True)
    (root / f"{LEARNINGS}{folder}" / os.fsdecode(name)).write_text("x")
    snapshot = scan(root)
    assert snapshot.stamps == {}
    [problem] = snapshot.problems
    assert (problem.path, problem.code) == (f"{LEARNINGS}{folder}/{shown}", "bad-name")


def test_a_folder_whose_name_cannot_be_shown_hides_what_is_in_it(root: Path) -> None:
    """The problem is each file's: its path could not be recorded."""
    folder = root / LEARNINGS / os.fsdecode(b"a\xffb")
    folder.mkdir()
    (folder / "x.md").write_text("x")
    snapshot = scan(root)
    assert snapshot.stamps == {}
    assert [x.path for x in snapshot.problems] == [f"{LEARNINGS}/a\\udcffb/x.md"]


def test_the_longest_name_is_as_good_as_any(root: Path) -> None:
    """255 bytes are what a system takes."""
    name = f"docs-{'x' * 247}.md"
    (root / PENDING / name).write_text("x")
    assert list(scan(root).stamps) == [f"{PENDING}/{name}"]


def test_a_missing_folder_is_unknown_and_not_empty(root: Path) -> None:
    """It is a problem with the command that mends, and its documents stay."""
    (root / PENDING).rmdir()
    (root / CONTEXTS).rmdir()
    (root / "elsewhere").mkdir()
    (root / "elsewhere" / "docs-x.md").write_text("x")
    (root / CONTEXTS).symlink_to(root / "elsewhere")
    snapshot = scan(root)
    assert snapshot.missing == [CONTEXTS, PENDING]
    assert snapshot.stamps == {}
    linked, missing = snapshot.problems
    assert (linked.code, missing.code) == ("folder-linked", "folder-missing")
    assert str(root / "elsewhere") in linked.message
    assert "doctor --fix" in missing.hint
    assert is_in_missing_folder(root, f"{CONTEXTS}/docs-x.md")
    assert is_in_missing_folder(root, f"{PENDING}/docs-x.md")
    assert not is_in_missing_folder(root, f"{LEARNINGS}/gone/x.md")


def test_the_folder_of_identities_may_be_missing(root: Path) -> None:
    """One file for all agents may stand in its place."""
    (root / IDENTITIES).rmdir()
    path = "agent-system/agent-identities.md"
    (root / path).write_text("# Docs\n")
    snapshot = scan(root)
    assert (snapshot.missing, snapshot.problems) == ([], [])
    assert list(snapshot.stamps) == [path]
    assert not is_in_missing_folder(root, f"{IDENTITIES}/docs.md")
    assert not is_in_missing_folder(root, path)


@pytest.mark.parametrize("how", ["link", "dangling link", "missing", "file"])
def test_what_stands_in_the_way_of_all_is_said_once(root: Path, how: str) -> None:
    """And all below it is unknown, the identities in one file included."""
    (root / "agent-system").rename(root / "notes")
    if how == "link":
        (root / "agent-system").symlink_to(root / "notes")
    elif how == "dangling link":
        (root / "agent-system").symlink_to("/nowhere")
    elif how == "file":
        (root / "agent-system").write_text("x")
    snapshot = scan(root)
    assert set(snapshot.missing) == {"agent-system"}
    for path in (f"{CONTEXTS}/docs-x.md", f"{IDENTITIES}/docs.md", f"{IDENTITIES}.md"):
        assert is_in_missing_folder(root, path)
    codes = {x.code for x in snapshot.problems}
    assert codes == {"folder-linked" if "link" in how else "folder-missing"}
    assert how == "missing" or [x.path for x in snapshot.problems] == ["agent-system"]


def test_a_linked_folder_within_is_unknown_and_said(root: Path) -> None:
    """What was below it is not taken for removed."""
    (root / "elsewhere").mkdir()
    (root / LEARNINGS / "topic").symlink_to(root / "elsewhere")
    (root / LEARNINGS / "notes.md").symlink_to(root / "README.md")
    snapshot = scan(root)
    assert snapshot.missing == [f"{LEARNINGS}/topic"]
    [problem] = snapshot.problems
    assert (problem.path, problem.code) == (f"{LEARNINGS}/topic", "folder-linked")
    assert is_in_missing_folder(root, f"{LEARNINGS}/topic/x.md")


@pytest.mark.parametrize(
    ("how", "code"),
    [("link", "folder-linked"), ("missing", ""), ("file", "folder-missing")],
)
def test_a_folder_for_views_is_looked_at_too(root: Path, how: str, code: str) -> None:
    """Else reports would stay as they are, and nobody would know why."""
    (root / "reports").rmdir()
    if how == "link":
        (root / "reports").symlink_to(root / PENDING)
    elif how == "file":
        (root / "reports").write_text("x")
    snapshot = scan(root)
    assert snapshot.missing == []
    expected = [("reports", code)] if code else []  # it is made again with the views
    assert [(x.path, x.code) for x in snapshot.problems] == expected
