import os
from pathlib import Path

import pytest

from coordinator.kernel.git import GitFailed, Repository
from coordinator.workflows.judging import file_trees
from coordinator.workflows.judging.file_trees import CommitTree, DiskTree
from coordinator.workflows.judging.verdicts import Tree
from tests.support import commit, git


@pytest.fixture
def at_commit(repository: Path) -> CommitTree:
    """The shop with a link, a large file and odd names, committed."""
    (repository / "link").symlink_to("README.md")
    (repository / "big").write_bytes(b"x" * ((1 << 20) + 1))
    (repository / ":(top)x*").write_text("odd")
    (repository / "-r").write_text("dash")
    (repository / "r\xe9sum\xe9").write_bytes(b"\xff\0")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "More")
    return CommitTree(Repository(repository), git(repository, "rev-parse", "HEAD"))


def test_a_commit_shows_its_files(at_commit: CommitTree) -> None:
    """Bytes are those committed, whatever the names, and never those on disk."""
    (at_commit.repository.path / "README.md").write_text("later")
    tree: Tree = at_commit
    assert tree.read("README.md") == b"# Shop\n"
    assert tree.read("src/cart.py") == b"TOTAL = 0\n"
    assert tree.read(":(top)x*") == b"odd"
    assert tree.read("-r") == b"dash"
    assert tree.read("r\xe9sum\xe9") == b"\xff\0"


def test_a_commit_reads_no_link_no_giant_and_nothing_missing(
    at_commit: CommitTree,
) -> None:
    """What is there and has no bytes says why; a link is nothing."""
    for path, reason in (
        ("big", "It has 1048577 bytes, and 1048576 are the limit"),
        ("src", "It is no file"),
        ("link", "Links are not followed"),
    ):
        assert at_commit.exists(path) is (path != "link")
        assert at_commit.read(path) == f"cannot be read ({reason})"
    for path in ("gone", "src/", "", "a\0b", "src/*", ":/src", "../shop"):
        assert not at_commit.exists(path)
        assert at_commit.read(path) == "is not there"


def test_a_commit_knows_its_folders(at_commit: CommitTree) -> None:
    """A file is none, nor is a link."""
    assert at_commit.is_folder("src")
    assert not any(at_commit.is_folder(x) for x in ("README.md", "link", "gone", ""))


def test_a_commit_lists_its_files(at_commit: CommitTree) -> None:
    """Folders are not among them."""
    assert sorted(at_commit.listing()) == sorted(
        [
            *("-r", ".gitignore", ":(top)x*", "README.md", "big", "link"),
            *("r\xe9sum\xe9", "src/cart.py", "src/login.py"),
        ]
    )


def test_a_commit_is_read_from_any_folder(at_commit: CommitTree) -> None:
    """Paths are the repository's."""
    inner = CommitTree(Repository(at_commit.repository.path / "src"), at_commit.commit)
    assert inner.read("README.md") == b"# Shop\n"
    assert inner.exists("src/cart.py")


def test_a_commit_runs_no_program_of_its_repository(
    repository: Path, tmp_path: Path
) -> None:
    """Filters and diff programs that an agent configured stay unused."""
    for key in ("filter.x.smudge", "diff.x.textconv", "diff.external"):
        git(repository, "config", key, f"touch {tmp_path}/ran; cat")
    attributes = repository / ".git" / "info" / "attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text("* filter=x diff=x\n")
    base = git(repository, "rev-parse", "HEAD")
    head = commit(repository, "a.txt", "a", "Add a")
    tree = CommitTree(Repository(repository), head)
    assert tree.read("a.txt") == b"a"
    assert file_trees.changed(Repository(repository), base, head) == ("a.txt",)
    assert not (tmp_path / "ran").exists()


def test_a_commit_that_is_not_there_is_an_error(repository: Path) -> None:
    """It is not the same as a missing file."""
    for name in ("1" * 40, "--help"):
        with pytest.raises(GitFailed):
            CommitTree(Repository(repository), name).exists("README.md")


def test_a_blob_that_is_lost_has_no_bytes(at_commit: CommitTree) -> None:
    """A damaged repository is no bug of ours."""
    path = at_commit.repository.path
    oid = git(path, "rev-parse", "HEAD:-r")
    lost = path / ".git" / "objects" / oid[:2] / oid[2:]
    lost.unlink()
    assert at_commit.read("-r") == "cannot be read (git does not have it)"


def test_changed_names_every_path_that_differs(repository: Path) -> None:
    """Deleted and renamed files count, with both names."""
    base = git(repository, "rev-parse", "HEAD")
    git(repository, "mv", "src/cart.py", "src/b\u00e4sket.py")
    git(repository, "rm", "-q", "src/login.py")
    head = commit(repository, "new", "x", "Change much")
    found = file_trees.changed(Repository(repository), base, head)
    assert found == ("new", "src/b\u00e4sket.py", "src/cart.py", "src/login.py")
    assert file_trees.changed(Repository(repository), head, head) == ()
    with pytest.raises(GitFailed):
        file_trees.changed(Repository(repository), base, "2" * 40)


@pytest.fixture
def on_disk(tmp_path: Path) -> DiskTree:
    """A folder with files, links and a large one."""
    root = tmp_path / "tree"
    for path in ("b/inner/z.txt", "b/a.txt", "a.txt", ".git/config"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    (root / "big").write_bytes(b"x" * ((1 << 20) + 1))
    (root / "binary").write_bytes(b"\0")
    (root / "link").symlink_to("a.txt")
    (root / "out").symlink_to(tmp_path)
    os.mkfifo(root / "fifo")
    return DiskTree(root)


def test_a_disk_shows_plain_text_only(on_disk: DiskTree) -> None:
    """Links lead nowhere, and neither a giant nor a pipe is read."""
    tree: Tree = on_disk
    assert tree.read("b/a.txt") == b"b/a.txt"
    assert tree.read("gone") == "is not there"
    assert tree.read("link") == "cannot be read (Links are not followed)"
    assert tree.read("fifo") == "cannot be read (It is no regular file)"
    for path in ("big", "binary", "out/tree/a.txt", "b"):
        assert isinstance(tree.read(path), str)


def test_a_disk_knows_what_is_there(on_disk: DiskTree) -> None:
    """Files and folders; a link is neither, nor is a pipe."""
    assert all(on_disk.exists(x) for x in ("a.txt", "b", "big"))
    missing = (
        "link",
        "out",
        "fifo",
        "gone",
        "out/tree",
        "a.txt/x",
        "../tree",
        "",
        "a\0b",
        "x" * 300,
    )
    assert not any(on_disk.exists(x) for x in missing)
    assert [x for x in ("b", "b/inner", "a.txt", "out") if on_disk.is_folder(x)] == [
        "b",
        "b/inner",
    ]


def test_a_disk_lists_shallow_files_first(on_disk: DiskTree) -> None:
    """Git's own files and links are left out."""
    assert list(on_disk.listing()) == [
        "a.txt",
        "big",
        "binary",
        "b/a.txt",
        "b/inner/z.txt",
    ]
    assert list(DiskTree(on_disk.root / "gone").listing()) == []
