"""What a worktree holds as a tree, taken without a trace in it or its repository."""

from collections.abc import Callable
from pathlib import Path

import pytest

from active_contexts.worktree_state.entries import common_folder
from active_contexts.worktrees import snapshot as snapshots
from active_contexts.worktrees.snapshot import snapshot
from coordinator.kernel.errors import CoordinatorError
from coordinator.kernel.git import GitFailed
from tests.active_contexts.worktree_yard import Yard, make_yard, set_trap
from tests.support import commit, git, try_git

Found = dict[str, tuple[str, str]]


@pytest.fixture
def yard(tmp_path: Path, repository: Path) -> Yard:
    """A workspace with one repository."""
    return make_yard(tmp_path / "work", repository)


@pytest.fixture
def home(yard: Yard) -> Path:
    """An agent's home worktree."""
    return yard.home("backend").path


@pytest.fixture
def objects(tmp_path: Path) -> Path:
    """A folder for new objects, in a folder of its own."""
    made = tmp_path / "radar" / "objects"
    made.mkdir(parents=True)
    return made


def take(yard: Yard, home: Path, objects: Path) -> Found:
    """Take a snapshot; return the mode and the text of each file in it."""
    tree = snapshot(yard.entry(home), objects)
    assert [x.name for x in objects.parent.iterdir()] == ["objects"]
    present = yard.repository / ".git" / "objects"

    def ask(*words: str) -> str:
        return git(
            home,
            *words,
            GIT_OBJECT_DIRECTORY=str(objects),
            GIT_ALTERNATE_OBJECT_DIRECTORIES=str(present),
        )

    found: Found = {}
    for row in ask("ls-tree", "-r", "-z", tree).split("\0"):
        facts, _, path = row.partition("\t")
        if facts:
            mode, kind, oid = facts.split(" ")
            text = ask("cat-file", "blob", oid) if kind == "blob" else oid
            found[path] = (mode, text)
    return found


def traces(yard: Yard) -> dict[str, object]:
    """Return all that a repository and its worktrees consist of, and when it changed.

    Not the time of an object that is read or would be written again.
    """
    found: dict[str, object] = {}
    for top in (common_folder(yard.repository), yard.workspace):
        for path in sorted(top.rglob("*")):
            status = path.lstat()
            data = path.read_bytes() if path.is_file() else b""
            times = 0 if "objects" in path.parts else status.st_mtime_ns
            found[str(path)] = (status.st_mode, status.st_ino, times, data)
    return found


PLAIN: Found = {
    ".gitignore": ("100644", "*.log"),
    "README.md": ("100644", "# Shop"),
    "src/cart.py": ("100644", "TOTAL = 0"),
    "src/login.py": ("100644", "USERS = []"),
}


def test_one_without_changes_is_what_it_has_checked_out(
    yard: Yard, home: Path, objects: Path
) -> None:
    """Nothing is written for it."""
    before = traces(yard)
    assert take(yard, home, objects) == PLAIN
    assert list(objects.iterdir()) == []
    assert traces(yard) == before


def staged_and_not(home: Path) -> None:
    """Stage one text and write another."""
    (home / "README.md").write_text("staged")
    git(home, "add", "README.md")
    (home / "README.md").write_text("written")


def run_by_all(home: Path) -> None:
    """Change a mode."""
    (home / "README.md").chmod(0o755)


def names(home: Path) -> None:
    """Write files with names that are hard to list."""
    folder = home / "a\nb" / "c d"
    folder.mkdir(parents=True)
    (folder / "ü\t*.txt").write_text("x")
    (home / ":(top)").write_text("y")


def hidden(home: Path) -> None:
    """Change a file that git is told not to look at."""
    git(home, "update-index", "--assume-unchanged", "README.md")
    (home / "README.md").write_text("hidden")


def skipped(home: Path) -> None:
    """Change a file that git is told not to have."""
    git(home, "update-index", "--skip-worktree", "README.md")
    (home / "README.md").write_text("skipped")


def nested(home: Path) -> None:
    """Make repositories within the worktree, one of them without a commit."""
    git(home, "init", "-q", "empty")
    git(home, "init", "-q", "full")
    commit(home / "full", "a", "a", "A")
    (home / "new").write_text("new")


def for_a_folder(home: Path) -> None:
    """Put a file in place of a folder."""
    for path in (home / "src").iterdir():
        path.unlink()
    (home / "src").rmdir()
    (home / "src").write_text("file")


def without(*paths: str) -> Found:
    """Return all files but these."""
    return {k: v for k, v in PLAIN.items() if k not in paths}


STATES: dict[str, tuple[Callable[[Path], object], Found]] = {
    "changed": (
        lambda x: (x / "README.md").write_text("changed"),
        {**PLAIN, "README.md": ("100644", "changed")},
    ),
    "deleted": (lambda x: (x / "README.md").unlink(), without("README.md")),
    "untracked": (
        lambda x: (x / "src" / "new.py").write_text("new"),
        {**PLAIN, "src/new.py": ("100644", "new")},
    ),
    "ignored": (lambda x: (x / "a.log").write_text("x"), PLAIN),
    "mode": (run_by_all, {**PLAIN, "README.md": ("100755", "# Shop")}),
    "staged and not": (staged_and_not, {**PLAIN, "README.md": ("100644", "written")}),
    "staged as deleted": (
        lambda x: git(x, "rm", "-q", "--cached", "README.md"),
        PLAIN,
    ),
    "meant to be added": (
        lambda x: ((x / "new").write_text("new"), git(x, "add", "-N", "new")),
        {**PLAIN, "new": ("100644", "new")},
    ),
    "link": (
        lambda x: (x / "link").symlink_to("src"),
        {**PLAIN, "link": ("120000", "src")},
    ),
    "names": (
        names,
        {
            **PLAIN,
            "a\nb/c d/ü\t*.txt": ("100644", "x"),
            ":(top)": ("100644", "y"),
        },
    ),
    "hidden": (hidden, {**PLAIN, "README.md": ("100644", "hidden")}),
    "skipped": (skipped, {**PLAIN, "README.md": ("100644", "skipped")}),
    "nested": (nested, {**PLAIN, "new": ("100644", "new")}),
    "a file for a folder": (
        for_a_folder,
        {**without("src/cart.py", "src/login.py"), "src": ("100644", "file")},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES)
def test_a_state_is_taken_and_leaves_no_trace(
    yard: Yard, home: Path, objects: Path, state: str
) -> None:
    """No object, index, lock or time is another afterwards."""
    make, expected = STATES[state]
    make(home)
    before = traces(yard)
    assert take(yard, home, objects) == expected
    assert traces(yard) == before
    assert take(yard, home, objects) == expected


@pytest.mark.slow
def test_a_split_index_stays_as_it_is(yard: Yard, home: Path, objects: Path) -> None:
    """The part of it that is shared lies in the repository."""
    git(home, "config", "core.splitIndex", "true")
    git(home, "update-index", "--split-index")
    (home / "README.md").write_text("changed")
    # Whoever reads it renews the time of its shared part, `git status` too.
    before = {k for k in traces(yard) if "sharedindex" in k}
    assert before
    index = (yard.entry(home).folder / "index").read_bytes()
    found = take(yard, home, objects)
    assert found["README.md"] == ("100644", "changed")
    assert {k for k in traces(yard) if "sharedindex" in k} == before
    assert (yard.entry(home).folder / "index").read_bytes() == index


@pytest.mark.slow
def test_no_program_is_run(
    yard: Yard, home: Path, objects: Path, tmp_path: Path
) -> None:
    """What a filter stands before counts as it was staged, what is new as not there."""
    marker = tmp_path / "marker"
    set_trap(yard.repository, marker)
    (home / "README.md").write_text("changed")
    (home / "new.txt").write_text("new")
    marker.unlink(missing_ok=True)
    assert take(yard, home, objects) == PLAIN
    attributes = yard.repository / ".git" / "info" / "attributes"
    attributes.write_text("*.txt filter=evil\n")
    assert take(yard, home, objects) == {**PLAIN, "README.md": ("100644", "changed")}
    assert not marker.exists()


@pytest.mark.slow
def test_line_ends_are_as_the_users_git_would_store_them(
    yard: Yard, home: Path, objects: Path, users: Path
) -> None:
    """A file that only looks different has no changes."""
    users.write_text("[core]\n\tautocrlf = true\n")
    (home / "README.md").write_bytes(b"# Shop\r\n")
    (home / "new.txt").write_bytes(b"one\r\ntwo\r\n")
    found = take(yard, home, objects)
    assert found["README.md"] == PLAIN["README.md"]
    assert found["new.txt"] == ("100644", "one\ntwo")


@pytest.mark.slow
def test_what_is_unmerged_is_as_it_lies_there(
    yard: Yard, home: Path, objects: Path
) -> None:
    """With the marks of the conflict, or as its author has left it by now."""
    git(home, "checkout", "-q", "-b", "backend/work")
    commit(home, "README.md", "mine\n", "Mine")
    commit(yard.repository, "README.md", "theirs\n", "Theirs")
    assert try_git(home, "merge", "main").returncode == 1
    before = traces(yard)
    mode, text = take(yard, home, objects)["README.md"]
    assert (mode, text.splitlines()[0]) == ("100644", "<<<<<<< HEAD")
    assert traces(yard) == before
    (home / "README.md").write_text("both\n")
    assert take(yard, home, objects)["README.md"] == ("100644", "both")
    (home / "README.md").unlink()
    assert "README.md" not in take(yard, home, objects)


@pytest.mark.slow
def test_an_unmerged_file_that_a_filter_stands_before_cannot_be_taken(
    yard: Yard, home: Path, objects: Path, users: Path
) -> None:
    """It is neither staged nor may it be read as it lies there: that is said."""
    git(home, "checkout", "-q", "-b", "backend/work")
    commit(home, "README.md", "mine\n", "Mine")
    commit(yard.repository, "README.md", "theirs\n", "Theirs")
    assert try_git(home, "merge", "main").returncode == 1
    users.write_text('[filter "seal"]\n\tclean = tr a-z n-za-m\n')
    info = yard.repository / ".git" / "info"
    info.mkdir(exist_ok=True)
    (info / "attributes").write_text("*.md filter=seal\n")
    with pytest.raises(CoordinatorError):
        snapshot(yard.entry(home), objects)
    assert [x.name for x in objects.parent.iterdir()] == ["objects"]


@pytest.mark.slow
def test_a_sparse_checkout_has_all_files(yard: Yard, home: Path, objects: Path) -> None:
    """Those that do not lie there are not deleted."""
    git(home, "sparse-checkout", "set", "--no-cone", "/README.md")
    assert not (home / "src").exists()
    assert take(yard, home, objects) == PLAIN
    (home / "README.md").write_text("changed")
    (home / "src").mkdir()
    (home / "src" / "new.py").write_text("new")
    found = take(yard, home, objects)
    changed = {"README.md": ("100644", "changed"), "src/new.py": ("100644", "new")}
    assert found == {**PLAIN, **changed}


@pytest.mark.slow
def test_a_submodule_is_the_commit_that_it_stands_at(
    yard: Yard, home: Path, objects: Path, tmp_path: Path
) -> None:
    """What is not committed in it is not looked at."""
    library = tmp_path / "library"
    git(tmp_path, "init", "-q", "-b", "main", str(library))
    first = commit(library, "a", "1", "One")
    git(home, "checkout", "-q", "-b", "backend/work")
    git(home, "submodule", "add", "-q", str(library), "lib")
    git(home, "commit", "-q", "-m", "Add a library")
    assert take(yard, home, objects)["lib"] == ("160000", first)
    (home / "lib" / "a").write_text("dirty")
    assert take(yard, home, objects)["lib"] == ("160000", first)
    second = commit(home / "lib", "a", "2", "Two")
    before = traces(yard)
    assert take(yard, home, objects)["lib"] == ("160000", second)
    assert traces(yard) == before


@pytest.mark.slow
def test_a_giant_that_nobody_tracks_is_left_out(
    yard: Yard, home: Path, objects: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A data set is no work, and would be read at every look."""
    monkeypatch.setattr(snapshots, "LARGEST", 100)
    (home / "data").write_text("x" * 101)
    (home / "notes").write_text("x" * 100)
    assert set(take(yard, home, objects)) == {*PLAIN, "notes"}
    git(home, "add", "data")
    assert set(take(yard, home, objects)) == {*PLAIN, "notes", "data"}


@pytest.mark.slow
def test_before_the_first_commit_there_is_nothing_to_take(
    yard: Yard, home: Path, objects: Path
) -> None:
    """Once there are files, these are taken."""
    git(home, "checkout", "-q", "--orphan", "backend/new")
    git(home, "rm", "-q", "-r", "-f", ".")
    with pytest.raises(GitFailed):
        snapshot(yard.entry(home), objects)
    (home / "new").write_text("new")
    assert take(yard, home, objects) == {"new": ("100644", "new")}


@pytest.mark.slow
def test_a_worktree_that_is_gone_is_said(yard: Yard, home: Path, objects: Path) -> None:
    """It is not taken for one whose files were all deleted."""
    entry = yard.entry(home)
    Path(home).rename(home.with_name("elsewhere"))
    with pytest.raises(CoordinatorError):
        snapshot(entry, objects)
