import os
from pathlib import Path
from typing import Any

import pytest

from coordinator.kernel.git import ZERO
from pending_commits.changes import (
    BranchFacts,
    StoreUnreadable,
    diff,
    facts,
)
from pending_commits.model import FileChange
from pending_commits.submissions import open_store
from tests.support import commit, git

NOON = "2026-01-31T12:00:00Z"


class Bench:
    """A user's repository on a branch, and a store that looks at its objects."""

    def __init__(self, repository: Path, store: Path) -> None:
        self.work = repository
        self.store = open_store(store).path
        git(repository, "switch", "-q", "-c", "backend/cart")

    def commit(self, message: str, author: str = "Ann", date: str = NOON) -> str:
        """Commit everything in the worktree."""
        git(self.work, "add", "-A")
        words = ("commit", "-q", "--allow-empty", "-m", message)
        git(self.work, *words, GIT_AUTHOR_NAME=author, GIT_AUTHOR_DATE=date)
        return self.oid("HEAD")

    def oid(self, revision: str) -> str:
        return git(self.work, "rev-parse", revision)

    def _fetch(self) -> None:
        git(self.store, "fetch", "-q", str(self.work), "+refs/heads/*:refs/x/*")

    def facts(self, target: str = "main", head: str = "HEAD") -> BranchFacts:
        """Fetch all, and sum up."""
        self._fetch()
        return facts(self.store, self.oid(target), self.oid(head))

    def diff(self, limit: int = 100_000, target: str = "main") -> str:
        """Fetch all, and show the patch."""
        self._fetch()
        return diff(self.store, self.oid(target), self.oid("HEAD"), limit)


# The modes of a file that stays, comes, goes, and may be run by now.
KEPT: dict[str, Any] = {"mode_before": "100644", "mode": "100644"}
NEW: dict[str, Any] = {"mode_before": "000000", "mode": "100644"}
GONE: dict[str, Any] = {"mode_before": "100644", "mode": "000000"}
RUNS: dict[str, Any] = {"mode_before": "100644", "mode": "100755"}


@pytest.fixture
def bench(repository: Path, tmp_path: Path) -> Bench:
    """A branch without a commit of its own yet."""
    return Bench(repository, tmp_path / "store.git")


def test_a_branch_is_summed_up(bench: Bench) -> None:
    """Commits, files, lines, authors and the time span, oldest first."""
    (bench.work / "src" / "cart.py").write_text("TOTAL = 1\nTAX = 2\n")
    (bench.work / "src" / "login.py").unlink()
    one = bench.commit(
        "Add a tax\n\nSince the law says so.", "Ann", "2026-02-01T08:00:00+02:00"
    )
    (bench.work / "src" / "price list.py").write_text("LIST = []\n")
    two = bench.commit("List prices", "Bob", "2026-02-03T10:30:00Z")
    assert bench.facts() == BranchFacts(
        base=bench.oid("main"),
        commits=2,
        files=(
            FileChange("src/cart.py", 2, 1, **KEPT),
            FileChange("src/login.py", 0, 1, **GONE),
            FileChange("src/price list.py", 1, 0, **NEW),
        ),
        added=3,
        removed=2,
        authors=("Ann", "Bob"),
        first="2026-02-01T06:00:00.000Z",
        last="2026-02-03T10:30:00.000Z",
        subjects=((one, "Add a tax"), (two, "List prices")),
    )


def test_the_same_ids_give_the_same_values(bench: Bench) -> None:
    """Whatever the target does afterwards, two ids are compared, not two branches."""
    bench.commit("Empty")
    (bench.work / "new").write_text("x\n")
    head = bench.commit("New")
    before = bench.facts()
    target = bench.oid("main")
    git(bench.work, "switch", "-q", "main")
    commit(bench.work, "README.md", "# Changed\n", "Change the target")
    bench.facts()
    assert facts(bench.store, target, head) == before
    assert facts(bench.store, bench.oid("main"), head) == before


def test_a_branch_without_a_change_is_empty(bench: Bench) -> None:
    """Nothing of its own: no commits, no files, no times; an empty commit counts."""
    found = bench.facts()
    assert (found.commits, found.files, found.first, found.last) == (0, (), "", "")
    assert bench.diff() == ""
    bench.commit("Nothing")
    found = bench.facts()
    assert (found.commits, found.files) == (1, ())


def test_what_the_target_holds_already_is_no_change(bench: Bench) -> None:
    """A head that landed before is an ancestor of the target."""
    (bench.work / "new").write_text("x\n")
    head = bench.commit("New")
    git(bench.work, "switch", "-q", "main")
    git(bench.work, "merge", "-q", "--no-ff", "-m", "Land", "backend/cart")
    found = bench.facts(head="backend/cart")
    assert (found.base, found.commits, found.files) == (head, 0, ())


def test_a_merge_of_the_target_is_not_the_branchs_work(bench: Bench) -> None:
    """After taking the target in, only the branch's own lines are left."""
    (bench.work / "new").write_text("x\n")
    one = bench.commit("New")
    git(bench.work, "switch", "-q", "main")
    tip = commit(bench.work, "README.md", "# Changed\n", "Change the target")
    git(bench.work, "switch", "-q", "backend/cart")
    git(bench.work, "merge", "-q", "--no-ff", "-m", "Take main in", "main")
    found = bench.facts()
    assert found.base == tip
    assert found.files == (FileChange("new", 1, 0, **NEW),)
    assert found.subjects == ((one, "New"), (bench.oid("HEAD"), "Take main in"))


def test_without_a_common_ancestor_every_file_counts(bench: Bench) -> None:
    """Two histories that never met are compared with nothing."""
    git(bench.work, "switch", "-q", "--orphan", "backend/new")
    (bench.work / "only").write_text("x\n")
    bench.commit("Start anew")
    found = bench.facts()
    assert (found.base, found.commits) == ("", 1)
    assert found.files == (FileChange("only", 1, 0, **NEW),)
    assert "+++ b/only\n" in bench.diff()


def test_renames_binaries_and_modes_are_told(bench: Bench) -> None:
    """A rename has both its paths, a binary file and a mode have no lines."""
    text = "".join(f"line {x}\n" for x in range(20))
    (bench.work / "old\tname").write_text(text)
    git(bench.work, "switch", "-q", "main")
    bench.commit("Before")
    git(bench.work, "switch", "-q", "-C", "backend/cart")
    (bench.work / "old\tname").rename(bench.work / "new\nname")
    (bench.work / "new\nname").write_text(f"{text}more\n")
    (bench.work / "logo").write_bytes(b"\0\1\2")
    (bench.work / "README.md").chmod(0o755)
    bench.commit("Rename, draw, allow")
    assert bench.facts().files == (
        FileChange("README.md", 0, 0, **RUNS),
        FileChange("logo", 0, 0, binary=True, **NEW),
        FileChange("new\nname", 1, 0, before="old\tname", **KEPT),
    )
    assert "Binary files" in bench.diff()


def test_names_that_are_no_text_stay_readable(bench: Bench) -> None:
    """Bytes that are no UTF-8, in paths and lines, are escaped and break nothing."""
    with os.fdopen(
        os.open(os.fsencode(bench.work) + b"/caf\xe9", os.O_CREAT | os.O_WRONLY), "wb"
    ) as file:
        file.write(b"na\xefve\n")
    bench.commit("Café")
    found = bench.facts()
    assert found.files == (FileChange("caf\\xe9", 1, 0, **{**NEW, "mode": "100755"}),)
    assert found.subjects[0][1] == "Café"
    assert "+na\\xefve\n" in bench.diff()


def test_a_hostile_commit_object_is_still_summed_up(bench: Bench) -> None:
    """An unknown encoding, a name of nothing and a date beyond the calendar."""
    raw = (
        f"tree {bench.oid('HEAD^{tree}')}\nparent {bench.oid('HEAD')}\n"
        "author  <> 99999999999999 +0000\ncommitter  <> 0 +0000\n"
        "encoding evil\n\nA subject\n"
    )
    (bench.work / "raw").write_text(raw)
    made = git(bench.work, "hash-object", "-t", "commit", "-w", "--literally", "raw")
    git(bench.work, "update-ref", "refs/heads/backend/evil", made)
    found = bench.facts(head="backend/evil")
    assert found.subjects == ((made, "A subject"),)
    assert (found.authors, found.first, found.last) == (("",), "", "")


def test_a_long_diff_is_cut_with_a_word(bench: Bench) -> None:
    """At most the asked bytes are read, however much was committed."""
    (bench.work / "big").write_text("0123456789\n" * 200_000)
    bench.commit("Add much")
    found = bench.diff(limit=500)
    assert found.startswith("diff --git a/big b/big\n")
    assert found.endswith("[The diff is cut off here, after 500 bytes.]\n")
    assert len(found) < 600
    assert len(bench.diff(limit=10_000_000)) > 2_000_000


def test_a_missing_id_or_store_is_said(bench: Bench, tmp_path: Path) -> None:
    """The caller hears what cannot be read, and no git error escapes."""
    bench.facts()
    head = bench.oid("HEAD")
    for target in (ZERO, "--output=/tmp/x", "main^{nothing}"):
        with pytest.raises(StoreUnreadable, match=r"store\.git cannot be read"):
            facts(bench.store, target, head)
        with pytest.raises(StoreUnreadable):
            diff(bench.store, target, head, 100)
    with pytest.raises(StoreUnreadable):
        facts(tmp_path / "none", head, head)
    (bench.work / "new").write_text("x\n")
    tree = bench.oid("HEAD^{tree}")
    (bench.store / "objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(StoreUnreadable):
        diff(bench.store, head, bench.commit("New"), 100)


def test_neither_the_callers_environment_nor_the_users_settings_matter(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command started by an agent's hook has that repository all around it."""
    (bench.work / "src" / "cart.py").write_text("TOTAL = 1\n")
    bench.commit("One")
    expected = bench.facts(), bench.diff()
    ids = bench.oid("main"), bench.oid("HEAD")
    mark = tmp_path / "ran"
    evil = tmp_path / "evil"
    evil.write_text(f"#!/bin/sh\ntouch {mark}\n")
    evil.chmod(0o755)
    attributes = tmp_path / "home" / ".config" / "git"
    attributes.mkdir(parents=True)
    (attributes / "attributes").write_text("*.py binary diff=x\n")
    other = tmp_path / "other"
    git(tmp_path, "init", "-q", str(other))
    for name, value in {
        "GIT_DIR": str(other / ".git"),
        "GIT_COMMON_DIR": str(other / ".git"),
        "GIT_WORK_TREE": str(other),
        "GIT_INDEX_FILE": str(other / "index"),
        "GIT_OBJECT_DIRECTORY": str(other / ".git" / "objects"),
        "GIT_EXTERNAL_DIFF": str(evil),
        "GIT_PAGER": str(evil),
        "GIT_CONFIG_PARAMETERS": f"'diff.external={evil}' 'diff.noprefix=true'",
        "GIT_DIFF_OPTS": "-u0",
        "GIT_TRACE": str(mark),
    }.items():
        monkeypatch.setenv(name, value)
    assert (facts(bench.store, *ids), diff(bench.store, *ids, 100_000)) == expected
    assert not mark.exists()


def test_a_command_leaves_no_process_and_no_descriptor(bench: Bench) -> None:
    """A `Repo` lives within one call; the daemon keeps none."""
    (bench.work / "big").write_text("0123456789\n" * 20_000)
    bench.commit("Add much")

    def held() -> tuple[int, str]:
        own = Path("/proc/self")
        children = own / "task" / str(os.getpid()) / "children"
        return len(list((own / "fd").iterdir())), children.read_text()

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("the descriptors of a process are counted in /proc")
    bench.facts()
    before = held()
    bench.facts()
    bench.diff(limit=100)
    assert held() == before
