import os
from pathlib import Path

import pytest

from coordinator.kernel import git, git_settings
from coordinator.kernel.git import GitFailed, Repository
from coordinator.kernel.system import processes
from tests.support import commit
from tests.support import git as users_git

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def trap(folder: Path, name: str) -> str:
    """Make a program that leaves a file behind when it is run; return its path."""
    program = folder / f"{name}.sh"
    program.write_text(f"#!/bin/sh\ntouch '{folder}/{name}.sprung'\ncat\n")
    program.chmod(0o755)
    return str(program)


def sprung(folder: Path) -> set[str]:
    """Return the names of the traps that were run."""
    return {x.stem for x in folder.glob("*.sprung")}


def set_traps(where: Path, folder: Path, keys: dict[str, str]) -> None:
    """Name a trap in each of these settings of a repository."""
    for key, name in keys.items():
        users_git(where, "config", key, trap(folder, name))


def set_hooks(where: Path, program: str) -> None:
    """Name hooks by settings, as git 2.54 and later know them."""
    for event in ("post-checkout", "reference-transaction", "post-index-change"):
        # One such key, and git 2.55 takes the event's own switch for a hook's.
        users_git(where, "config", f"hook.{event}.parallel", "true")
        users_git(where, "config", "--add", "hook.my.own = \u00fc.event", event)
    users_git(where, "config", "hook.my.own = \u00fc.command", program)


@pytest.fixture
def traps(tmp_path: Path) -> Path:
    """A folder for traps."""
    made = tmp_path / "traps"
    made.mkdir()
    return made


def test_nothing_of_the_callers_environment_leaks(
    repository: Path, tmp_path: Path, traps: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook starts us with GIT_DIR and more, and they are not ours."""
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", trap(traps, "external"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.bare")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "true")
    monkeypatch.setenv("LD_PRELOAD_X", "x")
    made = git.environment()
    assert "GIT_DIR" not in made
    assert "LD_PRELOAD_X" not in made
    ours = Repository(repository)
    assert git.own_folder(ours) == repository / ".git"
    assert "TOTAL" in ours.run("diff", EMPTY_TREE, "HEAD", "--", "src/cart.py")
    assert sprung(traps) == set()


def test_what_is_extra_is_added(repository: Path, tmp_path: Path) -> None:
    """A caller may bring an index of its own."""
    extra = {"GIT_INDEX_FILE": str(tmp_path / "index")}
    ours = Repository(repository)
    ours.run("read-tree", "HEAD", extra=extra)
    assert (tmp_path / "index").exists()


def test_no_program_of_a_repository_is_run(repository: Path, traps: Path) -> None:
    """Hooks, monitors, pagers, editors and signers are the agents' own business."""
    keys = {
        "core.fsmonitor": "fsmonitor",
        "core.pager": "pager",
        "core.editor": "editor",
        "core.sshCommand": "ssh",
        "pager.log": "pager",
        "sequence.editor": "editor",
        "gpg.program": "gpg",
        "gpg.ssh.program": "gpg",
        "alias.status": "alias",
    }
    set_traps(repository, traps, keys)
    set_hooks(repository, trap(traps, "configured"))
    for key in ("log.showSignature", "commit.gpgSign", "tag.gpgSign"):
        users_git(repository, "config", key, "true")
    users_git(repository, "config", "merge.verifySignatures", "true")
    for hook in ("post-checkout", "reference-transaction", "pre-commit", "commit-msg"):
        script = Path(trap(traps, f"hook-{hook}"))
        script.rename(repository / ".git" / "hooks" / hook)
    ours = Repository(repository)
    ours.run("commit", "--allow-empty", "-m", "w", extra=AUTHOR)
    signed = sign(ours)
    ours.run("status", "--porcelain")
    ours.run("log", "-1", signed)
    ours.ask("verify-commit", signed)
    ours.run("commit", "--allow-empty", "-m", "x", extra=AUTHOR)
    ours.run("commit", "--amend", "--allow-empty", "-q", extra=AUTHOR)
    ours.run("tag", "-a", "-m", "x", "v1", extra=AUTHOR)
    ours.run("checkout", "-q", "-b", "side")
    ours.run("merge", "-q", "--no-ff", signed, extra=AUTHOR)
    ours.ask("fetch", "ssh://example.org/x")
    git.update_ref(ours, "refs/heads/new", signed, git.ZERO)
    assert sprung(traps) == set()


def test_hooks_that_settings_name_are_off(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them by its name, whatever that is; older gits know none."""
    set_hooks(repository, "true")
    users_git(repository, "config", "hook.jobs", "2")
    asked = ("-c", "x.y=z", "config", "--bool", "--get-regexp", r"\.enabled$")
    monkeypatch.setattr(git, "version", lambda: (2, 53))
    assert Repository(repository).ask(*asked).text == ""
    monkeypatch.setattr(git, "version", lambda: (2, 54))
    lines = Repository(repository).run(*asked).split("\n")
    assert "hook.my.own = \u00fc.enabled false" in lines
    assert "hook.reference-transaction.enabled false" in lines


AUTHOR = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


def sign(repository: Repository) -> str:
    """Put a commit beside HEAD that carries a signature, return its id."""
    text = repository.run("cat-file", "commit", "HEAD")
    head, _, message = text.partition("\n\n")
    lines = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----"
    data = f"{head}\n{lines}\n\n{message}\n".encode()
    return repository.run("hash-object", "-t", "commit", "-w", "--stdin", stdin=data)


def test_a_repository_that_lacks_objects_runs_nothing(
    repository: Path, tmp_path: Path, traps: Path
) -> None:
    """A partial clone's configuration names the program that would get them."""
    made = tmp_path / "partial"
    made.mkdir()
    users_git(made, "init", "-q")
    for key, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "evil",
        "remote.evil.url": str(repository),
        "remote.evil.promisor": "true",
        "remote.evil.uploadpack": trap(traps, "uploadpack"),
    }.items():
        users_git(made, "config", key, value)
    done = Repository(made).ask("cat-file", "-p", "1" * 40)
    assert done.code
    if git.version() >= (2, 45) or b"lazy fetching disabled" in done.stderr:
        assert sprung(traps) == set()
    else:
        pytest.skip("this git has no GIT_NO_LAZY_FETCH")


def test_filters_and_drivers_can_be_switched_off(repository: Path, traps: Path) -> None:
    """A checkout, a status and a merge run no program that a repository names."""
    commit(
        repository,
        ".gitattributes",
        "*.py filter=evil diff=evil merge=evil\n*.md filter=e.v\n",
        "Name drivers",
    )
    set_traps(
        repository,
        traps,
        {
            "filter.evil.clean": "clean",
            "filter.evil.smudge": "smudge",
            "filter.e.v.process": "process",
            "merge.evil.driver": "merge",
            "diff.evil.textconv": "textconv",
            "diff.evil.command": "command",
        },
    )
    users_git(repository, "config", "filter.evil.required", "true")
    users_git(repository, "config", "filter.e.v.required", "true")
    users_git(repository, "config", "diff.algorithm", "patience")
    users_git(repository, "config", "diff.evil.binary", "false")
    quiet = git_settings.seen_by_its_user(Repository(repository)).repository
    for name in ("src/cart.py", "README.md"):
        (repository / name).unlink()
    quiet.run("checkout", "-q", "--", ".")
    (repository / "src" / "cart.py").write_text("TOTAL = 1\n")
    assert quiet.run("status", "--porcelain") == " M src/cart.py"
    plain = ("--no-ext-diff", "--no-textconv")
    assert "TOTAL = 1" in quiet.run("diff", *plain)
    quiet.run("add", "src/cart.py")
    assert quiet.run("cat-file", "blob", ":src/cart.py") == "TOTAL = 1"
    quiet.run("commit", "-q", "-m", "1", extra=AUTHOR)
    quiet.run("checkout", "-q", "-b", "side", "HEAD~1")
    (repository / "src" / "cart.py").write_text("TOTAL = 2\n")
    quiet.run("commit", "-q", "-a", "-m", "2", extra=AUTHOR)
    assert quiet.ask("merge", "main", extra=AUTHOR).code
    assert sprung(traps) == set()


def test_a_failure_says_what_git_said(repository: Path) -> None:
    """The error carries the verb, the reason and the code."""
    ours = Repository(repository)
    with pytest.raises(GitFailed, match=r"git show failed: .*no-such") as caught:
        ours.run("show", "no-such")
    assert caught.value.code == 128
    assert ours.ask("show", "no-such").code == 128


def test_output_keeps_its_spaces(repository: Path) -> None:
    """Only the last line end is taken off."""
    blob = Repository(repository).run("hash-object", "-w", "--stdin", stdin=b" a \n\n")
    assert Repository(repository).run("cat-file", "blob", blob) == " a \n"


def test_commits_are_found(repository: Path) -> None:
    """A ref, a tag or an id is resolved to a commit; anything else to nothing."""
    ours = Repository(repository)
    head = users_git(repository, "rev-parse", "HEAD")
    users_git(repository, "tag", "-a", "-m", "x", "v1")
    for revision in ("refs/heads/main", head, "refs/tags/v1", "HEAD"):
        assert git.resolve(ours, revision) == head
    for revision in (
        *("refs/heads/gone", "1" * 40, "", "^main", "main..main", "--all", "-n1"),
        *(f"{head}^{{tree}}", "HEAD:README.md", "a\0b", "main\nmain"),
    ):
        assert git.resolve(ours, revision) is None
    assert git.resolve(Repository(repository / "gone"), "HEAD") is None


def test_refs_are_listed_below_prefixes(repository: Path) -> None:
    """Names are whole, whatever characters they hold."""
    ours = Repository(repository)
    head = users_git(repository, "rev-parse", "HEAD")
    odd = ["docs/a\u2028b", "docs/é", "docs/x\x85y"]
    for name in odd:
        users_git(repository, "branch", name)
    assert git.refs(ours, "refs/heads/docs/") == {f"refs/heads/{x}": head for x in odd}
    assert git.refs(ours, "refs/none/") == {}
    assert "refs/heads/main" in git.refs(ours)


def test_a_ref_moves_only_from_where_it_was(repository: Path) -> None:
    """Compare and swap: the loser learns that it lost."""
    ours = Repository(repository)
    first = users_git(repository, "rev-parse", "HEAD")
    second = commit(repository, "a", "a", "Add a")
    ref = "refs/coordinator/x"
    git.update_ref(ours, ref, first, git.ZERO)
    with pytest.raises(GitFailed):
        git.update_ref(ours, ref, second, git.ZERO)
    git.update_ref(ours, ref, second, first)
    with pytest.raises(GitFailed):
        git.update_ref(ours, ref, second, first)
    assert git.resolve(ours, ref) == second


def test_git_is_new_enough_for_the_tests() -> None:
    """The version is two numbers."""
    assert git.version() >= git.OLDEST


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("git version 2.39.5 (Apple Git-154)", (2, 39)),
        ("git version 2.47.GIT", (2, 47)),
        ("git version unknown", (0, 0)),
        ("", (0, 0)),
    ],
)
def test_versions_are_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    said: str,
    version: tuple[int, int],
) -> None:
    """Vendors add words of their own; a git that says nothing is older than all."""
    fake = tmp_path / "git"
    fake.write_text(f"#!/bin/sh\necho '{said}'\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert git.version() == version


def test_folders_of_a_repository(repository: Path, tmp_path: Path) -> None:
    """A worktree, its own git directory, the shared one, and a bare one differ."""
    tree = tmp_path / "tree"
    users_git(repository, "worktree", "add", "-q", str(tree))
    inside = Repository(tree / "src")
    assert git.top_folder(inside) == tree
    assert git.own_folder(inside) == repository / ".git" / "worktrees" / "tree"
    assert git.common_folder(inside) == repository / ".git"
    bare = tmp_path / "bare.git"
    users_git(tmp_path, "clone", "-q", "--bare", str(repository), str(bare))
    assert git.top_folder(Repository(bare)) == bare


def test_a_co_process_answers(repository: Path) -> None:
    """A long-lived git runs in the same hardened environment."""
    with Repository(repository).child("cat-file", "--batch-check") as child:
        child.stdin.write(b"HEAD\n")
        child.stdin.flush()
        assert child.stdout.readline().split()[1] == b"commit"


def test_the_users_own_setting_is_read(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user's own git sees the user's own configuration, and its scope."""
    own = tmp_path / "gitconfig"
    own.write_text("[core]\n\thooksPath = /own\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(own))
    ours = Repository(repository)
    assert git.users_setting(ours, "core.hooksPath") == ("global", "/own")
    users_git(repository, "config", "core.hooksPath", "/here")
    assert git.users_setting(ours, "core.hooksPath") == ("local", "/here")
    assert git.users_setting(ours, "core.nothing") is None


def test_a_folder_of_somebody_else_is_told(repository: Path) -> None:
    """The user's git refuses it; ours reads it all the same."""
    ours = Repository(repository)
    assert not git.is_refused_to_its_user(ours)
    if os.getuid():
        pytest.skip("only root can give a folder away")
    for path in (repository, repository / ".git"):
        os.chown(path, 12345, 12345)
    assert git.is_refused_to_its_user(ours)
    assert git.resolve(ours, "HEAD")


def test_the_version_is_told_whatever_settings_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git reads some even for that, and one of them may keep it waiting."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "gitconfig").write_text(f"[include]\n\tpath = {tmp_path / 'fifo'}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    run = processes.run
    monkeypatch.setattr(processes, "run", lambda x, **y: run(x, **y | {"seconds": 5}))
    monkeypatch.setattr(git, "_version", git._version.__wrapped__)
    assert git.version() >= git.OLDEST


def test_a_failure_names_the_command(repository: Path) -> None:
    """And not an option of git's, nor a setting that is given with it."""
    with pytest.raises(GitFailed, match=r"^git switch failed: "):
        Repository(repository).run("-c", "core.bare=false", "switch", "nothing")
