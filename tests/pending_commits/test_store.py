from pathlib import Path

import pytest

from coordinator.kernel.errors import UsageProblem
from pending_commits import store


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace with the folder, and a place for temporary files."""
    root = tmp_path / "space"
    (root / store.FOLDER).mkdir(parents=True)
    (root / "tmp").mkdir()
    return root


@pytest.mark.parametrize(
    "path", ["backend-plan.md", "Notes.MARKDOWN", "x.txt", "main/add-login.md"]
)
def test_text_files_are_items(path: str) -> None:
    """Any Markdown or plain text counts, also in one level of folders."""
    assert store.is_document(f"pending-commits/{path}")


@pytest.mark.parametrize(
    "path",
    [
        "pending-commits/README.md",
        "pending-commits/main/readme.txt",
        "pending-commits/.draft.md",
        "pending-commits/.old/x.md",
        "pending-commits/a/b/x.md",
        "pending-commits/x.md~",
        "pending-commits/x.md.tmp",
        "pending-commits/md",
        "pending-commits//x.md",
        "pending-commits",
        "reports/x.md",
    ],
)
def test_everything_else_is_none(path: str) -> None:
    """READMEs, hidden and temporary files and other folders wait for nobody."""
    assert not store.is_document(path)


def test_a_new_item_is_written_whole(root: Path) -> None:
    """The path that comes back is the one that is_document knows."""
    path = store.save_new(root, "add-login.md", "# Ä\n", root / "tmp")
    assert path == "pending-commits/add-login.md"
    assert store.is_document(path)
    assert (root / path).read_bytes() == "# Ä\n".encode()
    assert list((root / "tmp").iterdir()) == []


def test_a_taken_name_is_left_alone(root: Path) -> None:
    """What an agent wrote is never overwritten by a command."""
    store.save_new(root, "plan.md", "first", root / "tmp")
    with pytest.raises(store.NameTaken, match=r"pending-commits/plan\.md"):
        store.save_new(root, "plan.md", "second", root / "tmp")
    assert (root / "pending-commits/plan.md").read_text() == "first"


def test_a_name_out_of_the_folder_is_refused(root: Path) -> None:
    """The coordinator makes names of its own alphabet only."""
    for name in ("../x.md", "x", "readme.md"):
        with pytest.raises(UsageProblem):
            store.save_new(root, name, "", root / "tmp")
