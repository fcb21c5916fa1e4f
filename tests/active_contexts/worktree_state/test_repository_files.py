import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from active_contexts.branches import hooks
from active_contexts.worktree_state.entries import private_folder
from active_contexts.worktree_state.repository_files import (
    PROGRAM,
    Sharing,
    Writer,
    sharing,
)
from tests.active_contexts.worktree_yard import OWNER, PREFIXES, make_yard
from tests.support import git

UMASK, GROUP, EVERYBODY = Sharing(0), Sharing(0o660), Sharing(0o664)


@contextmanager
def umask(wanted: int) -> Iterator[None]:
    """Work under another umask for a while."""
    before = os.umask(wanted)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> str:
    """Return a file's permissions as they are written."""
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", UMASK), ("umask", UMASK), ("false", UMASK), ("0", UMASK), ("no", UMASK),
        ("group", GROUP), ("true", GROUP), ("1", GROUP), ("Yes", GROUP),
        ("all", EVERYBODY), ("world", EVERYBODY), ("everybody", EVERYBODY),
        ("2", EVERYBODY), ("0640", Sharing(0o640, is_exact=True)),
        ("0777", Sharing(0o666, is_exact=True)), ("0400", UMASK), ("0x1", UMASK),
    ],
)  # fmt: skip
def test_the_setting_is_read_as_git_reads_it(value: str, said: Sharing) -> None:
    """Words, numbers of old, and file modes; see core.sharedRepository."""
    assert sharing(value) == said


@pytest.mark.parametrize("wanted", [0o022, 0o077, 0o002])
@pytest.mark.parametrize(
    "value", ["umask", "group", "true", "all", "0640", "0600", "0664", "0660"]
)
def test_what_is_written_has_the_mode_that_git_gives(
    repository: Path, value: str, wanted: int
) -> None:
    """Files and folders are made as git makes its own beside them."""
    git(repository, "config", "core.sharedRepository", value)
    common = repository / ".git"
    with umask(wanted):
        git(repository, "update-ref", "refs/heads/a/b", "HEAD")
        Writer(common).write(common / "made", b"x")
        Writer(common).make_folder(common / "folder")
        Writer(common).write(common / "program", b"x", mode=PROGRAM)
    assert mode(common / "made") == mode(common / "refs/heads/a/b")
    assert mode(common / "folder") == mode(common / "refs/heads/a")
    assert mode(private_folder(common)) == mode(common / "refs/heads/a")
    readers = int(mode(common / "made"), 8) & 0o444
    assert int(mode(common / "program"), 8) & 0o111 == readers >> 2


def test_everything_in_a_shared_repository_is_the_groups(
    repository: Path, tmp_path: Path
) -> None:
    """Hooks, those put aside, parts of workspaces and roles, under a private umask."""
    common = repository / ".git"
    git(repository, "config", "core.sharedRepository", "group")
    (common / "hooks").mkdir(exist_ok=True)
    (common / "hooks/pre-push").write_text("#!/bin/sh\n")
    with umask(0o077):
        hooks.install(repository, OWNER, PREFIXES)
        git(repository, "config", "core.hooksPath", ".husky")
        hooks.install(repository, OWNER, PREFIXES)
        yard = make_yard(tmp_path / "work", repository)
        entry = yard.entry(yard.home("backend").path).folder
    ours = [common / "hooks.before-coordinator", *(common / "coordinator").rglob("*")]
    hook = common / "hooks/reference-transaction"
    for path in (*ours, hook, entry / "coordinator-agent"):
        assert int(mode(path), 8) & 0o060 == 0o060, path
    assert mode(hook) == "0770"


def test_a_repository_that_is_shared_later_gets_its_modes_at_the_next_install(
    repository: Path,
) -> None:
    """What is there with a private mode is not left so."""
    hook = repository / ".git/hooks/pre-push"
    with umask(0o077):
        hooks.install(repository, OWNER, PREFIXES)
    assert mode(hook) == "0700"
    git(repository, "config", "core.sharedRepository", "0664")
    hooks.install(repository, OWNER, PREFIXES)
    assert mode(hook) == "0775"
    assert mode(repository / ".git/coordinator") == "2775"
