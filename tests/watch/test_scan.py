import os
from pathlib import Path

import pytest

from coordinator.kernel.files import Stamp
from coordinator.watch.scan import scan

FOLDERS = (
    "agent-system/agent-identities",
    "agent-system/active-contexts",
    "agent-system/learnings",
    "pending-commits",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The bare folders of a workspace."""
    for name in FOLDERS:
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def test_a_scan_gives_the_stamp_of_every_document(root: Path) -> None:
    """Views, hidden files and foreign folders are left out."""
    wanted = [
        "agent-system/agent-identities.md",
        "agent-system/agent-identities/docs.md",
        "agent-system/active-contexts/docs-status.md",
        "agent-system/learnings/x.md",
        "pending-commits/docs-x.md",
    ]
    for name in (
        *wanted,
        "agent-system/active-contexts/BOARD.md",
        "agent-system/learnings/DECISIONS.md",
        "pending-commits/.swp.md",
        "reports.md",
    ):
        (root / name).write_text(name)
    found = scan(root)
    assert sorted(found.stamps) == sorted(wanted)
    assert (found.problems, found.missing) == ([], [])
    assert found.seconds > 0
    name = wanted[-1]
    assert found.stamps[name] == Stamp.of((root / name).stat())


def test_links_are_not_followed(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Neither a linked file nor a linked folder leads outside."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "x.md").write_text("x")
    (root / "pending-commits" / "link.md").symlink_to(outside / "x.md")
    (root / "pending-commits" / "folder").symlink_to(outside)
    found = scan(root)
    [(path, stamp)] = found.stamps.items()
    assert path == "pending-commits/link.md"
    assert stamp == Stamp.of((root / path).lstat())
    (root / "agent-system" / "learnings").rmdir()
    (root / "agent-system" / "learnings").symlink_to(outside)
    found = scan(root)
    assert found.missing == ["agent-system/learnings"]
    assert [x.code for x in found.problems] == ["folder-missing"]


def test_names_that_cannot_be_shown_are_problems(root: Path) -> None:
    """One problem each, with the name escaped."""
    folder = os.fsencode(root / "pending-commits")
    for name in (b"a\nb.md", b"\xff.md", "\u202e.md".encode(), b"\x7f.md"):
        Path(os.fsdecode(folder + b"/" + name)).touch()
    found = scan(root)
    assert found.stamps == {}
    assert sorted(x.path for x in found.problems) == [
        "pending-commits/\\u202e.md",
        "pending-commits/\\udcff.md",
        "pending-commits/\\x7f.md",
        "pending-commits/a\\nb.md",
    ]
    assert {x.code for x in found.problems} == {"bad-name"}


def test_missing_folders_are_said_but_for_the_identities(root: Path) -> None:
    """One file for all agents may stand in the place of their folder."""
    for name in FOLDERS:
        (root / name).rmdir()
    found = scan(root)
    assert found.missing == list(FOLDERS[1:])
    assert [x.path for x in found.problems] == list(FOLDERS[1:])


def test_a_workspace_that_is_gone_is_all_missing(tmp_path: Path) -> None:
    """Nothing is raised where there is nothing."""
    assert len(scan(tmp_path / "none").missing) == 3
