"""Each kind of conflict is found where git finds it, and told by its paths."""

from dataclasses import replace
from pathlib import Path

import pytest

from coordinator.kernel.git import Repository
from coordinator.kernel.system.processes import Completed
from pending_commits.radar.model import Clash, OpenWork
from pending_commits.radar.placing import Memory
from tests.pending_commits.radar.branches import (
    LINES,
    Branches,
    Files,
    changed,
    clashing,
    make_branches,
)
from tests.support import git

BASE: Files = {
    "README.md": LINES,
    "src/cart.py": LINES,
    "src/login.py": LINES[:40],
    "run.sh": "#!/bin/sh\necho run\n",
    "logo.png": b"\x89PNG\0base",
    "link": ("120000", "README.md"),
    "lib": ("160000", "1" * 40),
    "CHANGES": "first\n",
    ".gitattributes": "CHANGES merge=union\n",
}


@pytest.fixture
def made(tmp_path: Path) -> Branches:
    """A repository whose target has one file of each kind."""
    return make_branches(tmp_path / "shop.git", BASE)


MOVED: Files = {"src/cart.py": None, "src/login.py": None}
KINDS: dict[str, tuple[Files, Files, tuple[str, ...]]] = {
    "the same line": (
        {"README.md": changed(LINES, 3)},
        {"README.md": changed(LINES, 3, to="other")},
        ("README.md",),
    ),
    "lines beside each other": (
        {"README.md": changed(LINES, 3)},
        {"README.md": changed(LINES, 4)},
        ("README.md",),
    ),
    "lines apart by one": (
        {"README.md": changed(LINES, 3)},
        {"README.md": changed(LINES, 5)},
        (),
    ),
    "lines far apart": (
        {"README.md": changed(LINES, 0)},
        {"README.md": changed(LINES, 11)},
        (),
    ),
    "both at the end": (
        {"README.md": LINES + "one\n"},
        {"README.md": LINES + "other\n"},
        ("README.md",),
    ),
    "the same edit": (
        {"README.md": changed(LINES, 3), "a": "a"},
        {"README.md": changed(LINES, 3), "b": "b"},
        (),
    ),
    "files of their own": ({"a": "a"}, {"b": "b"}, ()),
    "the same new file": ({"new": "one\n"}, {"new": "other\n"}, ("new",)),
    "a new file, alike": ({"new": "x\n", "a": "a"}, {"new": "x\n"}, ()),
    "deleted and changed": (
        {"README.md": None},
        {"README.md": changed(LINES, 3)},
        ("README.md",),
    ),
    "a file for a folder": ({"a": "file"}, {"a/b": "in it"}, ("a",)),
    "a file for a folder that was": (
        {**MOVED, "src": "file"},
        {"src/new.py": "new"},
        ("src",),
    ),
    "renamed and changed": (
        {"README.md": None, "docs.md": LINES},
        {"README.md": changed(LINES, 3)},
        (),
    ),
    "renamed to two names": (
        {"README.md": None, "one.md": LINES},
        {"README.md": None, "two.md": LINES},
        ("README.md", "one.md", "two.md"),
    ),
    "renamed and deleted": (
        {"README.md": None, "docs.md": LINES},
        {"README.md": None},
        ("README.md", "docs.md"),
    ),
    "two renamed to one name": (
        {"README.md": None, "one.md": LINES},
        {"src/cart.py": None, "one.md": changed(LINES, 3)},
        ("one.md",),
    ),
    "a new file in a folder that was renamed": (
        {**MOVED, "lib2/cart.py": LINES, "lib2/login.py": LINES[:40]},
        {"src/new.py": "new"},
        ("lib2/new.py", "src/new.py"),
    ),
    "a new folder in a folder that was renamed": (
        {**MOVED, "lib2/cart.py": LINES, "lib2/login.py": LINES[:40]},
        {"src/deep/new.py": "new"},
        (),  # git looks for no renames then
    ),
    "modes": ({"run.sh": ("100755", "#!/bin/sh\necho run\n")}, {"run.sh": "x\n"}, ()),
    "binary": (
        {"logo.png": b"\x89PNG\0one"},
        {"logo.png": b"\x89PNG\0other"},
        ("logo.png",),
    ),
    "links": (
        {"link": ("120000", "src")},
        {"link": ("120000", "run.sh")},
        ("link",),
    ),
    "a link for a file": (
        {"run.sh": ("120000", "src")},
        {"run.sh": "#!/bin/sh\necho other\n"},
        ("run.sh",),
    ),
    "submodules": (
        {"lib": ("160000", "2" * 40)},
        {"lib": ("160000", "3" * 40)},
        ("lib",),
    ),
    "one submodule": ({"lib": ("160000", "2" * 40)}, {"README.md": "x"}, ()),
    "line ends": (
        {"README.md": LINES.replace("\n", "\r\n")},
        {"README.md": changed(LINES, 3)},
        ("README.md",),
    ),
    "names that differ by case": ({"Notes": "one\n"}, {"NOTES": "other\n"}, ()),
    "names that are no text": (
        {"a\udcff\n": "one\n"},
        {"a\udcff\n": "other\n"},
        ("a\\xff\n",),
    ),
    "merged as the target says": (
        {"CHANGES": "first\none\n"},
        {"CHANGES": "first\nother\n"},
        (),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_conflict_is_found(made: Branches, kind: str) -> None:
    """Its paths are told; what merges is not told of."""
    one, other, paths = KINDS[kind]
    made.commit("one", one, "main")
    made.commit("other", other, "main")
    found = made.compare()
    assert found.pairs == ((Clash("one", "other", paths),) if paths else ())
    assert (found.with_target, found.unreadable) == ({}, ())


@pytest.mark.slow
def test_what_is_not_committed_counts(made: Branches) -> None:
    """A tree stands for a work's present state on top of its commit."""
    made.commit("one", {"README.md": changed(LINES, 3)}, "main")
    made.commit("other", {"a": "a"}, "main")
    made.commit("state", {"README.md": changed(LINES, 3, to="dirty")}, "other")
    tree = git(made.path, "rev-parse", "state^{tree}")
    one, other, _ = made.works
    assert made.compare([one, other]).pairs == ()
    found = made.compare([one, replace(other, tree=tree)])
    assert found.pairs == (Clash("one", "other", ("README.md",)),)


@pytest.mark.slow
def test_ones_own_works_are_not_compared(made: Branches) -> None:
    """An owner knows of both."""
    made.commit("one", {"new": "one"}, "main")
    made.commit("other", {"new": "other"}, "main")
    works = [replace(x, owner="backend") for x in made.works]
    assert made.compare(works).pairs == ()


@pytest.mark.slow
def test_a_work_that_changes_nothing_is_in_nobodys_way(made: Branches) -> None:
    """At the target, behind it, or with a commit that changes nothing."""
    first = made.commits["main"]
    made.commit("main", {"README.md": changed(LINES, 3)})
    made.commit("empty", {}, "main")
    made.commit("one", {"README.md": changed(LINES, 3, to="one")}, "main")
    at = [OpenWork("x", "behind", first), OpenWork("y", "at", made.commits["main"])]
    found = made.compare([*at, *made.works])
    assert (found.with_target, found.pairs, found.unreadable) == ({}, (), ())


@pytest.mark.slow
def test_a_stale_branch_meets_a_fresh_one_on_the_target(made: Branches) -> None:
    """What only the target has changed since is nobody's conflict but with it."""
    made.commit("stale", {"README.md": changed(LINES, 3, to="stale")}, "main")
    made.commit("main", {"README.md": changed(LINES, 3)})
    made.commit("fresh", {"a": "a"}, "main")
    found = made.compare()
    assert found.with_target == {"stale": ("README.md",)}
    assert found.pairs == ()


UNCLEAN: dict[str, tuple[Files, Files, Files, bool]] = {
    "a line between those that conflict": (
        {"README.md": changed(LINES, 3, 4, 5, to="target")},
        {"README.md": changed(LINES, 3, 4, 5, to="work")},
        {"README.md": changed(LINES, 3, 5, to="target").replace("line 4", "other")},
        True,
    ),
    "another place of that file": (
        {"README.md": changed(LINES, 3, to="target")},
        {"README.md": changed(LINES, 3, to="work")},
        {"README.md": changed(LINES, 3, 11, to="target")},
        False,
    ),
    "a file that is deleted": (
        {"README.md": changed(LINES, 3, to="target")},
        {"README.md": None},
        {"README.md": changed(LINES, 3, 11, to="target")},
        True,
    ),
    "a binary file": (
        {"logo.png": b"\x89PNG\0target"},
        {"logo.png": b"\x89PNG\0work"},
        {"logo.png": b"\x89PNG\0other"},
        True,
    ),
    "a file for a folder": (
        {"README.md": None, "new/x": "target"},
        {"README.md": None, "new": "work"},
        {"README.md": None, "new/x": "other"},
        True,
    ),
    "a file that only the target has": (
        {**MOVED, "lib2/cart.py": LINES, "lib2/login.py": LINES[:40]},
        {"src/new.py": "work"},
        {"README.md": "other"},
        False,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", UNCLEAN)
def test_who_conflicts_with_the_target_has_the_last_word(
    made: Branches, kind: str
) -> None:
    """It is compared with the others as if its own side were taken there."""
    target, work, other, clash = UNCLEAN[kind]
    made.commit("work", work, "main")
    made.commit("main", target)
    made.commit("other", other, "main")
    found = made.compare()
    assert list(found.with_target) == ["work"]
    assert clashing(found) == ({("work", "other")} if clash else set())


@pytest.mark.slow
def test_works_that_are_built_on_each_other_merge(made: Branches) -> None:
    """What they have in common is no conflict, with the target's or without."""
    made.commit("one", {"README.md": changed(LINES, 3, to="one")}, "main")
    made.commit("on-it", {"README.md": changed(LINES, 3, to="more")}, "one")
    made.commit("main", {"a": "a"})
    assert made.compare().pairs == ()
    made.commit("main", {"README.md": changed(LINES, 3, to="target")})
    found = made.compare()
    assert (list(found.with_target), found.pairs) == (["one", "on-it"], ())


@pytest.mark.slow
def test_what_was_taken_back_is_still_in_the_way(made: Branches) -> None:
    """One takes back another's commit that it is built on: git sees that, so we do."""
    made.commit("one", {"new": LINES}, "main")
    made.commit("back", {"new": None}, "one")
    made.commit("one", {"new": changed(LINES, 3)})
    assert made.compare().pairs == (Clash("one", "back", ("new",)),)


@pytest.mark.slow
@pytest.mark.parametrize("attributes", ["*.md -merge\n", "*.md binary\n"])
def test_files_that_never_merge_are_told(made: Branches, attributes: str) -> None:
    """However far apart the lines are, where the target says so."""
    made.commit("main", {".gitattributes": attributes})
    made.commit("one", {"README.md": changed(LINES, 0)}, "main")
    made.commit("other", {"README.md": changed(LINES, 11)}, "main")
    assert made.compare().pairs == (Clash("one", "other", ("README.md",)),)


@pytest.mark.slow
def test_what_is_missing_spoils_nothing_else(made: Branches) -> None:
    """It is told by name with a reason, and the rest is compared."""
    made.commit("one", {"new": "one"}, "main")
    made.commit("other", {"new": "other"}, "main")
    one, other = made.works
    gone = OpenWork("x", "gone", "1" * 40)
    treeless = replace(one, name="treeless", tree="2" * 40)
    made.commit("stranger", {"README.md": "x"}, "nothing")
    stranger = made.works[-1]
    found = made.compare([gone, one, treeless, stranger, other])
    assert found.pairs == (Clash("one", "other", ("new",)),)
    assert [x.names for x in found.unreadable] == [
        ("gone",), ("treeless",), ("stranger",),
    ]  # fmt: skip
    assert all(x.reason for x in found.unreadable)
    assert "unrelated histories" in found.unreadable[2].reason


@pytest.mark.slow
def test_a_damaged_file_spoils_only_the_pairs_that_need_it(made: Branches) -> None:
    """Those two are told as not compared."""
    made.commit("one", {"README.md": changed(LINES, 3)}, "main")
    made.commit("other", {"README.md": changed(LINES, 3, to="other")}, "main")
    made.commit("third", {"new": "third"}, "main")
    made.commit("fourth", {"new": "fourth"}, "main")
    blob = git(made.path, "rev-parse", "one:README.md")
    (made.path / "objects" / blob[:2] / blob[2:]).unlink()
    found = made.compare()
    assert found.pairs == (Clash("third", "fourth", ("new",)),)
    assert [x.names for x in found.unreadable] == [("one", "other")]


@pytest.mark.slow
def test_a_folder_that_is_missing_spoils_only_its_work(made: Branches) -> None:
    """Git takes it over unseen where nobody else changes anything in it."""
    made.commit("one", {"deep/er/file": "one"}, "main")
    made.commit("other", {"new": "other"}, "main")
    made.commit("third", {"new": "third"}, "main")
    tree = git(made.path, "rev-parse", "one:deep/er")
    (made.path / "objects" / tree[:2] / tree[2:]).unlink()
    found = made.compare()
    assert found.pairs == (Clash("other", "third", ("new",)),)
    assert [x.names for x in found.unreadable] == [("one",)]


def count_merges(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows by the number of merges that git is asked for."""
    found: list[int] = []
    real = Repository.ask

    def ask(self: Repository, *args: str, stdin: bytes = b"", **more: object) -> object:
        if args[0] == "merge-tree":
            found.append(stdin.count(b"\n"))
        return real(self, *args, stdin=stdin, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Repository, "ask", ask)
    return found


@pytest.mark.slow
def test_only_what_is_new_is_compared(
    made: Branches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that moved costs its own row; a new target, or a new scratch, everything."""
    for name in ("one", "two", "three", "four"):
        made.commit(name, {"new": name}, "main")
    memory = Memory()
    asked = count_merges(monkeypatch)
    first = made.compare(memory=memory)
    assert asked == [4, 6]
    assert made.compare(memory=memory) == first
    assert asked == [4, 6]
    made.commit("one", {"new": "one more"})
    assert len(made.compare(memory=memory).pairs) == 6
    assert asked == [4, 6, 1, 3]
    assert made.compare(made.works[1:3], memory).pairs == (
        Clash("two", "three", ("new",)),
    )
    assert (len(memory.merged), len(memory.clashes)) == (2, 1)
    (made.path.with_name("radar.git") / "objects/info/alternates").unlink()
    made.compare(made.works[1:3], memory)
    assert asked[4:] == [2, 1]
    made.commit("main", {"a": "a"})
    made.compare(made.works[1:3], memory)
    assert asked[6:] == [2, 1]


@pytest.mark.slow
def test_a_crash_of_git_spoils_one_pair(
    made: Branches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it was about to tell of those before is asked again."""
    for name in ("one", "two", "three", "four", "five"):
        made.commit(name, {"new": name}, "main")
    second = made.commits["two"]
    real = Repository.ask

    def ask(
        self: Repository, *args: str, stdin: bytes = b"", **more: object
    ) -> Completed:
        if args[0] == "merge-tree" and second.encode() in stdin:
            return Completed(-6, b"", b"Assertion failed")
        return real(self, *args, stdin=stdin, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Repository, "ask", ask)
    found = made.compare()
    assert [(x.names, x.reason) for x in found.unreadable] == [
        (("two",), "Assertion failed")
    ]
    assert len(found.pairs) == 6


@pytest.mark.slow
def test_after_many_failures_the_rest_is_given_up(made: Branches) -> None:
    """Where nearly nothing can be read, git is not started for each."""
    made.commit("one", {"new": "one"}, "main")
    gone = [OpenWork("x", f"gone-{x}", f"{x:040x}") for x in range(1, 40)]
    found = made.compare([*gone, *made.works])
    assert len(found.unreadable) == 40
    assert found.unreadable[-1].reason == "too much else could not be read"


@pytest.mark.slow
def test_git_that_merges_one_at_a_time_says_the_same(
    made: Branches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before 2.39 it could not be told of many."""
    for name in ("one", "two", "three"):
        made.commit(name, {"new": name, f"{name}.txt": name}, "main")
    made.commit("four", {"README.md": "x"}, "main")
    works = [*made.works, OpenWork("x", "gone", "1" * 40)]
    expected = made.compare(works)
    monkeypatch.setattr("coordinator.kernel.git.version", lambda: (2, 38))
    found = made.compare(works)
    assert (found.pairs, found.with_target) == (expected.pairs, expected.with_target)
    assert [x.names for x in found.unreadable] == [("gone",)]
