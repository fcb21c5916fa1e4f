"""A cache of objects that sees others' and may be deleted at any moment."""

import shutil
from pathlib import Path

import pytest

from coordinator.kernel.git import Repository
from pending_commits.radar.scratch import (
    open_scratch,
    stamp,
    take_attributes,
    write_commit,
)
from tests.active_contexts.worktree_yard import set_trap
from tests.support import git


def has(scratch: Repository, oid: str) -> bool:
    """Tell whether an object is seen."""
    return scratch.ask("cat-file", "-e", oid).code == 0


@pytest.mark.slow
def test_it_sees_the_objects_of_others(tmp_path: Path, repository: Path) -> None:
    """Those too that they borrow themselves; a folder that is not there is none."""
    borrower = tmp_path / "borrower.git"
    git(tmp_path, "clone", "-q", "--bare", "--shared", str(repository), str(borrower))
    folders = [borrower / "objects", tmp_path / "store.git" / "objects"]
    scratch = open_scratch(tmp_path / "radar.git", folders)
    assert has(scratch, git(repository, "rev-parse", "main"))
    assert scratch.ask("cat-file", "-e", "main").stderr.startswith(
        b"fatal: Not a valid"
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ['a "b"', "a:b;c", "a\nb", "#a", "\\a", "\xfc\x7f"])
def test_a_folder_may_have_any_name(
    tmp_path: Path, repository: Path, name: str
) -> None:
    """Whatever stands for something in a list of folders."""
    where = tmp_path / name
    where.mkdir()
    shutil.move(repository, where / "shop")
    objects = where / "shop" / ".git" / "objects"
    scratch = open_scratch(where / "radar.git", [objects])
    head = git(where / "shop", "rev-parse", "main")
    assert has(scratch, head)
    assert scratch.ask("cat-file", "-e", head).stderr == b""


@pytest.mark.slow
def test_it_is_kept_until_it_is_full_or_sees_others(
    tmp_path: Path, repository: Path
) -> None:
    """Then it is made anew, and its stamp is another."""
    objects, path = repository / ".git" / "objects", tmp_path / "radar.git"
    scratch = open_scratch(path, [objects])
    tree = git(repository, "rev-parse", "main^{tree}")
    commit, first = write_commit(scratch, tree, ()), stamp(scratch)
    assert stamp(open_scratch(path, [objects])) == first
    assert has(scratch, commit)
    assert stamp(open_scratch(path, [objects], most_bytes=1)) != first
    assert not has(scratch, commit)
    second = stamp(scratch)
    assert stamp(open_scratch(path, [])) != second
    assert [x.name for x in tmp_path.glob("radar*")] == ["radar.git"]
    shutil.rmtree(path)
    assert stamp(scratch) == ""


@pytest.mark.slow
def test_what_a_crash_left_is_in_nobodys_way(tmp_path: Path) -> None:
    """Half of one is thrown away."""
    for name in ("radar.git.new", "radar.git.old", "radar.git"):
        (tmp_path / name / "objects").mkdir(parents=True)
    scratch = open_scratch(tmp_path / "radar.git", [])
    assert stamp(scratch)
    assert [x.name for x in tmp_path.glob("radar*")] == ["radar.git"]


@pytest.mark.slow
def test_a_commit_has_the_id_that_git_gives_it(
    tmp_path: Path, repository: Path
) -> None:
    """Always the same one, and git finds nothing wrong with it."""
    scratch = open_scratch(tmp_path / "radar.git", [repository / ".git" / "objects"])
    head, tree = git(repository, "rev-parse", "main", "main^{tree}").split()
    made = write_commit(scratch, tree, (head,))
    assert write_commit(scratch, tree, (head,)) == made
    assert git(scratch.path, "log", "--format=%H %T", "-1", made) == f"{made} {tree}"
    assert git(scratch.path, "fsck", "--strict", "--no-dangling", made) == ""
    assert git(scratch.path, "merge-base", made, head) == head


@pytest.mark.slow
def test_nothing_that_a_repository_names_is_run(
    tmp_path: Path, repository: Path
) -> None:
    """Its settings and hooks are not those of the scratch repository."""
    marker = tmp_path / "marker"
    set_trap(repository, marker)
    scratch = open_scratch(tmp_path / "radar.git", [repository / ".git" / "objects"])
    tree = git(repository, "rev-parse", "main^{tree}")
    marker.unlink(missing_ok=True)
    made = write_commit(scratch, tree, ())
    words = ("merge-tree", "--write-tree", "--allow-unrelated-histories")
    scratch.run(*words, made, git(repository, "rev-parse", "main"))
    assert not marker.exists()


@pytest.mark.slow
def test_attributes_are_those_of_the_target(tmp_path: Path, repository: Path) -> None:
    """Unless they are larger than a person writes; they go with the next target."""
    scratch = open_scratch(tmp_path / "radar.git", [repository / ".git" / "objects"])
    first = git(repository, "rev-parse", "main")
    for text in ("*.md merge=union\n", "#" * (1 << 17)):
        (repository / ".gitattributes").write_text(text)
        git(repository, "add", "-A")
        git(repository, "commit", "-q", "-m", "Attributes")
    assert take_attributes(scratch, git(repository, "rev-parse", "main")) == b""
    assert take_attributes(scratch, git(repository, "rev-parse", "main~")) == (
        b"*.md merge=union\n"
    )
    said = scratch.run("check-attr", "merge", "--", "a.md")
    assert said == "a.md: merge: union"
    assert take_attributes(scratch, first) == b""
    assert scratch.run("check-attr", "merge", "--", "a.md").endswith("unspecified")
