"""A partial clone gives worktrees: a person's command fetches what it lacks."""

from pathlib import Path

import pytest

from active_contexts.worktree_state.model import TrackedRepository
from active_contexts.worktrees import promised
from active_contexts.worktrees.promised import Promised
from coordinator.kernel.git import Repository
from tests.active_contexts.worktree_yard import make_yard, tip
from tests.support import commit, git


@pytest.fixture(params=["blob:none", "tree:0"])
def partial(request: pytest.FixtureRequest, tmp_path: Path, repository: Path) -> Path:
    """A clone that has promises of the files of its tip, `main`."""
    for setting in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        git(repository, "config", setting, "true")
    url = f"file://{repository}"
    git(tmp_path, "clone", "-q", f"--filter={request.param}", url, "clone")
    git(tmp_path / "clone", "switch", "-q", "-c", "mine")
    for number in range(3):
        commit(repository, f"deep/{number}/file.txt", str(number), "More")
    git(tmp_path / "clone", "fetch", "-q", "origin", "main:main")
    return tmp_path / "clone"


@pytest.mark.slow
def test_what_is_missing_is_fetched_for_a_person(tmp_path: Path, partial: Path) -> None:
    """All of the tip and nothing else; then a worktree can be made."""
    tracked = TrackedRepository("clone", partial, "main")
    with pytest.raises(Promised, match="only a maintainer may fetch"):
        promised.check(tracked, tip(partial))
    promised.fetch(tracked, tip(partial))
    promised.check(tracked, tip(partial))
    yard = make_yard(tmp_path / "work", partial)
    assert (yard.home("backend").path / "deep" / "2" / "file.txt").read_text() == "2"


@pytest.mark.slow
def test_a_whole_clone_is_asked_nothing(repository: Path) -> None:
    """No process is started to find that out."""
    tracked = TrackedRepository("shop", repository, "main")
    promised.check(tracked, "no commit at all")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("remote.origin.url", "transport 'ext' not allowed"),
        ("credential.helper", "names a program to fetch them with"),
        ("credential.https://example.org.helper", "names a program"),
        ("remote.origin.vcs", "names a program"),
        ("remote.origin.uploadpack", ""),
        ("core.sshCommand", ""),
        ("core.fsmonitor", ""),
        ("core.alternateRefsCommand", ""),
    ],
)
def test_no_program_of_the_repository_fetches(
    partial: Path, tmp_path: Path, key: str, said: str
) -> None:
    """It is passed over, or fetching is refused, and says so."""
    marker = tmp_path / "marker"
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\necho ran > '{marker}'\n")
    trap.chmod(0o755)
    value = f"ext::{trap}" if key.endswith("url") else str(trap)
    git(partial, "config", key, value)
    tracked = TrackedRepository("clone", partial, "main")
    if said:
        with pytest.raises(Promised, match=said):
            promised.fetch(tracked, tip(partial))
    else:
        promised.fetch(tracked, tip(partial))
    assert not marker.exists()


@pytest.mark.slow
def test_nothing_is_fetched_behind_the_scenes(partial: Path, tmp_path: Path) -> None:
    """Git before 2.45 would ask a program that the repository names for any object."""
    marker = tmp_path / "marker"
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\necho ran > '{marker}'\n")
    trap.chmod(0o755)
    git(partial, "config", "remote.origin.uploadpack", str(trap))
    done = Repository(partial).ask("cat-file", "-p", "main:deep/2/file.txt")
    assert done.code
    assert not marker.exists()


@pytest.mark.slow
def test_a_remote_that_is_gone_is_told(partial: Path, repository: Path) -> None:
    """With what was asked of it."""
    repository.rename(repository.with_name("away"))
    with pytest.raises(Promised, match="clone is a partial clone that lacks"):
        promised.fetch(TrackedRepository("clone", partial, "main"), tip(partial))
