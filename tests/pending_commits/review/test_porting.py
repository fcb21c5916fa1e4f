"""Where a line is after a change, against an oracle that knows each line by a tag."""

import random
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordinator.kernel.git import Repository
from pending_commits.review import porting, store_files
from pending_commits.review.model import ReviewComment
from pending_commits.review.porting import ChangedFile, Hunk
from tests.support import git


@pytest.mark.parametrize(
    ("hunks", "expected"),
    [
        ((), [1, 2, 3, 4]),
        ((Hunk(0, 0, 2),), [3, 4, 5, 6]),  # two lines before all
        ((Hunk(2, 0, 1),), [1, 2, 4, 5]),  # one behind the second
        ((Hunk(2, 1, 0),), [1, 0, 2, 3]),
        ((Hunk(1, 2, 1),), [0, 0, 2, 3]),
        ((Hunk(1, 1, 0), Hunk(3, 1, 3)), [0, 1, 0, 5]),
    ],
)
def test_hunks_shift_what_stands_behind_them(
    hunks: tuple[Hunk, ...], expected: list[int]
) -> None:
    """What they took away is nowhere."""
    file = ChangedFile("a", "a", hunks)
    assert [file.line_now(x) for x in range(1, 5)] == expected
    assert ChangedFile("a", "", hunks).line_now(4) == 0


def test_a_patch_is_read_by_its_headings() -> None:
    """Renames, deletions, quoted names, and lines that look like headings."""
    patch = (
        b"diff --git a/x b/y\nsimilarity index 90%\nrename from x\nrename to y\n"
        b"--- a/x\n+++ b/y\n@@ -1 +1,2 @@\n--- a/no\n+++ b/no\n+diff --git a/n b/n\n"
        b"diff --git a/gone b/gone\ndeleted file mode 100644\n--- a/gone\n"
        b"+++ /dev/null\n@@ -1 +0,0 @@\n-x\n\\ No newline at end of file\n"
        b'diff --git "a/t\\tb" "b/t\\tb"\n--- "a/t\\tb"\n+++ "b/t\\tb"\n'
        b"@@ -3,0 +4 @@\n+x\n"
        b"diff --git a/new b/new\nnew file mode 100644\n--- /dev/null\n+++ b/new\n"
        b"@@ -0,0 +1 @@\n+x\n"
        b"diff --git a/p b/q\nsimilarity index 100%\nrename from p\nrename to q\n"
    )
    assert porting.parse(patch) == {
        "x": ChangedFile("x", "y", (Hunk(1, 1, 2),)),
        "gone": ChangedFile("gone", "", (Hunk(1, 1, 0),)),
        "t\tb": ChangedFile("t\tb", "t\tb", (Hunk(3, 0, 1),)),
        "p": ChangedFile("p", "q"),
    }


@given(st.binary(max_size=300))
def test_any_patch_is_read(data: bytes) -> None:
    """Rubbish gives no file, or an odd one; it never raises."""
    porting.parse(data)
    porting.parse(b"diff --git a/x b/x\n--- a/x\n@@ -1 +1 @@\n" + data)


def test_a_line_that_was_moved_is_found_if_it_is_the_only_one() -> None:
    """A blank line or a brace could be any."""
    assert porting.elsewhere("b", ["a", "b"], ["b", "a"]) == 1
    assert porting.elsewhere("b", ["b", "b"], ["b", "a"]) == 0
    assert porting.elsewhere("b", ["b"], ["b", "b"]) == 0
    assert porting.elsewhere("", ["", "a"], ["a", ""]) == 0
    assert porting.elsewhere("b", ["b\r"], ["a", "b"]) == 2


@dataclass
class Edited:
    """A file whose lines each have a tag that no edit changes."""

    lines: list[str]
    dice: random.Random
    made: int = 0

    def edit(self) -> None:
        """Insert, delete, replace or move some lines at random."""
        kind = self.dice.choice(["insert", "delete", "replace", "move"])
        place = self.dice.randint(0, len(self.lines))
        count = self.dice.randint(1, 4)
        if kind in {"delete", "replace", "move"}:
            taken = self.lines[place : place + count]
            del self.lines[place : place + count]
            if kind == "move":
                target = self.dice.randint(0, len(self.lines))
                self.lines[target:target] = taken
        if kind in {"insert", "replace"}:
            self.made += count
            new = [f"new {self.made - x}" for x in range(count)]
            self.lines[place:place] = new


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that stands in for the store."""
    folder = tmp_path_factory.mktemp("porting")
    git(folder, "init", "-q")
    return folder


def record(folder: Path) -> str:
    """Commit what is staged; return the commit."""
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")
    return git(folder, "rev-parse", "HEAD")


def save(folder: Path, lines: list[str]) -> str:
    """Commit the lines as the one file; return the commit."""
    (folder / "a.txt").write_text("".join(f"{x}\n" for x in lines))
    git(folder, "add", "a.txt")
    return record(folder)


@pytest.mark.slow(6)
@settings(max_examples=50, deadline=None)
@given(st.integers(0, 1 << 30), st.integers(1, 80), st.integers(1, 8))
def test_comments_follow_their_lines(
    bench: Path, seed: int, size: int, edits: int
) -> None:
    """A line that is still there keeps its comment; one that went is outdated.

    Over fifty files with up to eight edits each, two hundred and more in all.
    """
    dice = random.Random(seed)  # noqa: S311 - no secret
    edited = Edited([f"line {x}" for x in range(size)], dice)
    before = list(edited.lines)
    first = save(bench, before)
    for _ in range(edits):
        edited.edit()
    second = save(bench, edited.lines)
    for number, text in enumerate(before, 1):
        comment = ReviewComment(1, "", "x", 1, first, "a.txt", number, text)
        there = edited.lines.index(text) + 1 if text in edited.lines else 0
        path, line = store_files.line_now(bench, comment, second)
        if there and edited.lines:
            assert (path, line) == ("a.txt", there)
        else:
            assert line == 0
    assert Repository(bench)


def test_a_comment_follows_its_file(bench: Path) -> None:
    """Renamed, with other line ends, gone, and what was never changed."""
    text = [f"line {x}" for x in range(20)]
    first = save(bench, text)
    (bench / "b.txt").write_text("other\n")
    comment = ReviewComment(1, "", "x", 1, first, "a.txt", 7, "line 6")
    git(bench, "add", ".")
    git(bench, "mv", "a.txt", "c.txt")
    renamed = record(bench)
    assert store_files.line_now(bench, comment, renamed) == ("c.txt", 7)
    (bench / "c.txt").write_bytes(b"".join(f"{x}\r\n".encode() for x in text))
    git(bench, "add", ".")
    windows = record(bench)
    assert store_files.line_now(bench, comment, windows) == ("c.txt", 7)
    git(bench, "rm", "-q", "c.txt")
    gone = record(bench)
    assert store_files.line_now(bench, comment, gone) == ("", 0)
    (bench / "b.txt").write_text("another\n")
    git(bench, "add", ".")
    other = record(bench)
    untouched = ReviewComment(1, "", "x", 1, renamed, "b.txt", 1, "other")
    assert store_files.line_now(bench, untouched, gone) == ("b.txt", 1)
    assert store_files.line_now(bench, untouched, other) == ("b.txt", 0)


def test_lines_are_read_by_the_name_that_is_shown(bench: Path) -> None:
    """Names that are no UTF-8 too; a folder, a binary file and a giant are no text."""
    first = bench / "caf\udce9.txt"
    first.write_text("one\ntwo\n")
    (bench / "binary").write_bytes(b"a\0b")
    (bench / "giant").write_bytes(b"x" * (1 << 20) + b"\n")
    (bench / "folder").mkdir()
    (bench / "folder" / "x").write_text("x")
    git(bench, "add", ".")
    head = record(bench)
    assert store_files.lines(bench, head, "caf\\xe9.txt") == ["one", "two", ""]
    for name in ("binary", "giant", "folder", "nothing"):
        assert store_files.lines(bench, head, name) is None
