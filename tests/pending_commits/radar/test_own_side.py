"""What does not merge with the target is taken as the work has it, without marks."""

from pathlib import Path

import pytest

from pending_commits.radar.merges import MergedTree, merge_all
from pending_commits.radar.own_side import own_lines, own_trees
from pending_commits.radar.scratch import MARK_SIZE, take_attributes
from tests.pending_commits.radar.branches import (
    LINES,
    File,
    Files,
    changed,
    make_branches,
)
from tests.support import git

BEGIN, MIDDLE, END = (x * MARK_SIZE for x in "<=>")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb\n", None),
        (f"a\n{BEGIN} x\nown\n{MIDDLE}\ntheirs\n{END} y\nb\n", "a\nown\nb\n"),
        (f"{BEGIN} x\n{MIDDLE}\ntheirs\n{END} y\n", ""),
        (f"{BEGIN} x\nTitle\n=====\n{MIDDLE}\n{END} y\n", "Title\n=====\n"),
        (f"{BEGIN} x\r\nown\r\n{MIDDLE}\r\nother\r\n{END} y\r\n", "own\r\n"),
        (f"{BEGIN} x\n1\n{MIDDLE}\n{END} y\n\n{BEGIN}\n2\n{MIDDLE}\n{END}", "1\n\n2"),
    ],
)
def test_the_first_side_is_kept(text: str, expected: str | None) -> None:
    """Between marks that no text has lines like."""
    wanted = None if expected is None else expected.encode()
    assert own_lines(text.encode()) == wanted


def merged(path: Path, base: Files, work: Files, target: Files) -> dict[str, str]:
    """Merge a work with the target; return the files that come of it."""
    made = make_branches(path / "shop.git", base)
    commit = made.commit("work", work, "main")
    made.commit("main", target)
    scratch = made.scratch()
    take_attributes(scratch, made.commits["main"])
    (found,) = merge_all(scratch, [(commit, made.commits["main"])])
    assert isinstance(found, MergedTree)
    assert not found.is_clean
    (tree,) = own_trees(scratch, [found])
    rows = git(scratch.path, "ls-tree", "-r", "-z", tree).split("\0")
    facts = (x.partition("\t") for x in rows if x)
    return {
        name: git(scratch.path, "cat-file", "blob", fact.split(" ")[2])
        if " blob " in fact
        else fact.split(" ")[2][:1]
        for fact, _, name in facts
    }


ODD = 'a "b"\\\n\tü'
CASES: dict[str, tuple[Files, Files, Files, dict[str, File]]] = {
    "lines": (
        {ODD: LINES},
        {ODD: changed(LINES, 3, to="work")},
        {ODD: changed(LINES, 3, 9, to="target")},
        {ODD: changed(LINES, 3, to="work").replace("line 9", "target 9").strip()},
    ),
    "deleted": ({"a": "1\n", "b": "2"}, {"a": None}, {"a": "3\n"}, {"b": "2"}),
    "kept": ({"a": "1\n", "b": "2"}, {"a": "3\n"}, {"a": None}, {"a": "3", "b": "2"}),
    "binary": ({"a": b"\x001"}, {"a": b"\x002"}, {"a": b"\x003"}, {"a": "\x002"}),
    "submodule": (
        {"a": ("160000", "1" * 40)},
        {"a": ("160000", "2" * 40)},
        {"a": ("160000", "3" * 40)},
        {"a": "2"},
    ),
    "a file for a folder": ({"b": "2"}, {"a": "1"}, {"a/x": "3"}, {"a": "1", "b": "2"}),
    "renamed twice": (
        {"a": LINES},
        {"a": None, "b": LINES},
        {"a": None, "c": LINES},
        {"b": LINES.strip(), "c": LINES.strip()},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_a_file_is_as_the_work_has_it(tmp_path: Path, case: str) -> None:
    """What only the target has stays."""
    base, work, target, expected = CASES[case]
    assert merged(tmp_path, base, work, target) == expected


@pytest.mark.slow
def test_what_git_cannot_rebuild_stays_as_it_is(tmp_path: Path) -> None:
    """With marks; and nothing is asked for nothing."""
    scratch = make_branches(tmp_path / "shop.git", {"a": "1"}).scratch()
    assert own_trees(scratch, []) == []
    assert own_trees(scratch, [MergedTree("1" * 40, (), (b"a",))]) == ["1" * 40]
