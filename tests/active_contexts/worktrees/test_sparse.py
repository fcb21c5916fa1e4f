"""A new worktree is as sparse as the one it is made after."""

from pathlib import Path

import pytest

from active_contexts.worktrees.pool import fill
from tests.active_contexts.worktree_yard import Yard, make_yard
from tests.support import commit, git


@pytest.fixture
def yard(tmp_path: Path, repository: Path) -> Yard:
    """A workspace whose repository has two folders."""
    commit(repository, "docs/guide.md", "x", "Guide")
    return make_yard(tmp_path / "work", repository)


def files(where: Path) -> set[str]:
    """Return the files of a worktree."""
    found = (x for x in where.rglob("*") if x.is_file())
    return {str(x.relative_to(where)) for x in found} - {".git"}


TOP = {"README.md", ".gitignore"}


@pytest.mark.slow
@pytest.mark.parametrize("filled", [0, 1])
def test_the_home_is_as_sparse_as_the_repository(yard: Yard, filled: int) -> None:
    """From the pool too, made before or after; the index has everything."""
    fill(yard.worktree_root, yard.tracked, filled)
    git(yard.repository, "sparse-checkout", "set", "docs")
    home = yard.home("backend")
    assert files(home.path) == {*TOP, "docs/guide.md"}
    assert git(home.path, "status", "--porcelain") == ""
    assert "src/cart.py" in git(home.path, "ls-files")


@pytest.mark.slow
def test_a_second_worktree_is_as_sparse_as_the_agents_home(yard: Yard) -> None:
    """Though the repository itself has all files, or other ones."""
    home = yard.home("backend")
    git(home.path, "sparse-checkout", "set", "--no-cone", "/src/cart.py")
    (home.path / "in-use").write_text("x")
    login = yard.start(home, "login")
    assert login.path != home.path
    assert files(login.path) == {"src/cart.py"}
    assert files(yard.home("frontend").path) >= {*TOP, "src/cart.py", "docs/guide.md"}
    git(yard.repository, "sparse-checkout", "set", "docs")
    git(home.path, "sparse-checkout", "disable")
    assert len(files(yard.start(home, "search").path)) == 5
