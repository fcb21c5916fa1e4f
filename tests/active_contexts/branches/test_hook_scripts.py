"""What the hooks do as they are run, and how little of it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from active_contexts.branches import hook_files, hooks
from active_contexts.branches.hook_owners import Owner
from tests.active_contexts.worktree_yard import OWNER, PREFIXES, make_yard, write_hook
from tests.support import git, try_git, user_environment

ZERO, ONE, TWO = "0" * 40, "1" * 40, "2" * 40


@pytest.fixture
def installed(repository: Path) -> Path:
    """A repository with the hooks."""
    hooks.install(repository, OWNER, PREFIXES)
    return repository


def run_hook(
    repository: Path, name: str, *args: str, stdin: str = "", **env: str
) -> subprocess.CompletedProcess[str]:
    """Run a hook as git does."""
    return subprocess.run(
        [f".git/hooks/{name}", *args],
        cwd=repository,
        env=user_environment(env),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("name", [*hook_files.CHECKING, "pre-commit"])
def test_a_hook_is_valid_shell(name: str) -> None:
    """Whatever sh is."""
    done = subprocess.run(
        ["sh", "-n"], input=hook_files.script(name), text=True, check=False
    )
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("state", "lines"),
    [
        ("preparing", f"{ZERO} {ONE} refs/heads/backend/X\n"),
        ("committed", f"{ZERO} {ONE} refs/heads/backend/X\n"),
        ("aborted", f"{ZERO} {ONE} refs/heads/backend/X\n"),
        ("prepared", ""),
        ("prepared", f"{ONE} {TWO} HEAD\n{ONE} {TWO} refs/heads/backend/X\n"),
        ("prepared", f"{ONE} {ZERO} refs/heads/backend/X\n"),
        ("prepared", f"{ZERO} {ONE} refs/remotes/origin/backend/X\n" * 19),
        ("prepared", f"{ZERO} {ONE} refs/heads/backend/fine\n"),
        ("prepared", f"{ZERO} {ONE} refs/heads/a-persons-own\n"),
    ],
)
def test_no_process_is_started_unless_a_name_is_refused(
    installed: Path, state: str, lines: str
) -> None:
    """Git starts the hook for each state of each ref: it does without any program."""
    done = run_hook(
        installed, "reference-transaction", state, stdin=lines, PATH="/nowhere"
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "shell", ["sh", "dash", "bash --posix", "busybox sh", "mksh", "ksh"]
)
def test_any_posix_shell_will_do(installed: Path, shell: str) -> None:
    """What sh is differs between systems."""
    program, *options = shell.split()
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    many = f"{ZERO} {ONE} refs/remotes/origin/b\n" * 30
    for name, end in (("fine", (0, "")), ("Wrong", (1, "git switch -c backend/wrong"))):
        done = subprocess.run(
            [program, *options, ".git/hooks/reference-transaction", "prepared"],
            cwd=installed,
            env=user_environment(),
            input=f"{many}{ZERO} {ONE} refs/heads/backend/{name}\n",
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stderr.strip().rpartition("Do:   ")[2]
        assert (done.returncode, said) == end


@pytest.mark.parametrize("place", [0, 19, 20, 4_999])
def test_one_pass_finds_a_wrong_name_among_many(installed: Path, place: int) -> None:
    """All that git hands over in one go is looked at, however much it is."""
    lines = [f"{ZERO} {ONE} refs/remotes/origin/b{x}\n" for x in range(5_000)]
    args = ("reference-transaction", "prepared")
    assert run_hook(installed, *args, stdin="".join(lines)).returncode == 0
    lines[place] = f"{ZERO} {ONE} refs/heads/backend/X\n"
    done = run_hook(installed, *args, stdin="".join(lines))
    assert done.returncode == 1
    assert "'backend/X' is refused" in done.stderr


@pytest.mark.parametrize("name", hook_files.CHECKING)
def test_many_wrong_names_are_told_of_in_few_lines(installed: Path, name: str) -> None:
    """Nor is git asked once for each of them."""
    numbers = range(2_000)
    lines = {
        "pre-push": [f"HEAD {ONE} refs/heads/backend/X{x} {ZERO}\n" for x in numbers],
        "reference-transaction": [
            f"{ZERO} {ONE} refs/heads/backend/X{x}\n" for x in numbers
        ],
    }
    done = run_hook(installed, name, "prepared", stdin="".join(lines[name]))
    assert done.returncode == 1
    assert done.stderr.count("is refused") == 3
    assert "and 1997 more" in done.stderr


def test_wrong_names_that_are_there_already_pass_together(installed: Path) -> None:
    """A forced update names no old value; one question tells what is new."""
    off = ("-c", "core.hooksPath=/dev/null")
    names = [f"refs/heads/backend/X{x}" for x in range(50)]
    oid = git(installed, "rev-parse", "HEAD")
    for name in names[:40]:
        git(installed, *off, "update-ref", name, oid)
    git(installed, "pack-refs", "--all")
    lines = [f"{ZERO} {oid} {x}\n" for x in names]
    args = ("reference-transaction", "prepared")
    there = run_hook(installed, *args, stdin="".join(lines[:40]))
    assert (there.returncode, there.stderr) == (0, "")
    done = run_hook(installed, *args, stdin="".join(lines))
    assert done.stderr.count("is refused") == 3
    assert "backend/X40" in done.stderr
    assert "and 7 more" in done.stderr


def test_rules_that_cannot_be_found_stop_nobody(
    installed: Path, tmp_path: Path
) -> None:
    """No part, no workspace, no right to read: git goes on."""
    part = installed / ".git/coordinator/workspaces" / OWNER.id
    for act in (
        lambda: hooks.install(installed, Owner(OWNER.id, tmp_path / "gone"), PREFIXES),
        lambda: part.write_text(""),
        part.unlink,
        part.mkdir,
    ):
        act()
        done = try_git(installed, "branch", "-f", "backend/Any")
        assert (done.returncode, done.stderr) == (0, "")
        git(installed, "branch", "-D", "backend/Any")


def test_a_hook_in_a_copy_of_the_folder_stops_nobody(
    installed: Path, tmp_path: Path
) -> None:
    """Copied to another repository, by a template say, it knows no rule there."""
    other = tmp_path / "other"
    git(tmp_path, "init", "-q", f"--template={installed / '.git'}", str(other))
    git(other, "commit", "-q", "--allow-empty", "-m", "x")
    (other / ".git/coordinator").rename(other / ".git/x")
    assert (other / ".git/hooks/reference-transaction").exists()
    git(other, "branch", "backend/Any")


def test_an_agent_whose_workspace_wants_no_hooks_is_not_held(
    installed: Path, tmp_path: Path
) -> None:
    """The hooks run for another workspace's sake, and know whose prefix counts."""
    home = make_yard(tmp_path / "work", installed).home("backend").path
    assert try_git(home, "branch", "anything").returncode != 0
    hooks.install(installed, Owner("f" * 16, Path("/")), ["qa"])
    hooks.uninstall(installed, OWNER)
    git(home, "branch", "anything")
    assert try_git(home, "branch", "qa/Wrong").returncode != 0


CALLER = """#!/bin/sh
echo "$1" >> "$LOG"
exec "{ours}" "$@"
"""


CIRCLES = [
    ("hooks", "reference-transaction"),
    ("hooks", "pre-push"),
    ("coordinator/hooks", "reference-transaction"),
    ("coordinator/hooks", "pre-push"),
    ("coordinator/hooks", "pre-commit"),
]


@pytest.mark.parametrize(("place", "name"), CIRCLES)
def test_a_hook_that_calls_ours_makes_no_circle(
    repository: Path, tmp_path: Path, place: str, name: str
) -> None:
    """It runs once for each of git's calls, and git goes on."""
    folder = repository / ".git/hooks"
    if place != "hooks":
        folder = repository / ".team"
        git(repository, "config", "core.hooksPath", ".team")
    write_hook(folder / name, CALLER.format(ours=repository / ".git" / place / name))
    hooks.install(repository, OWNER, PREFIXES)
    log = tmp_path / "log"
    git(tmp_path, "init", "-q", "--bare", "remote")
    git(repository, "commit", "-q", "--allow-empty", "-m", "x", LOG=str(log))
    git(repository, "push", "-q", "../remote", "HEAD:refs/heads/x", LOG=str(log))
    said = log.read_text().split("\n")[:-1]
    if name == "reference-transaction":
        # Git calls it for each state of a change; later versions make more changes.
        assert said.count("prepared") == said.count("committed") >= 1
    else:
        assert said == (["../remote"] if name == "pre-push" else [""])


def test_a_hook_may_run_git_that_runs_other_hooks(
    repository: Path, tmp_path: Path
) -> None:
    """Only a hook within itself is left out, and not one that a program inherits."""
    hook = repository / ".git/hooks/reference-transaction"
    write_hook(hook, '#!/bin/sh\necho "$1 $(cat)" >> "$LOG"\nenv > "$LOG.env"\n')
    hooks.install(repository, OWNER, PREFIXES)
    log = tmp_path / "log"
    git(repository, "branch", "one", LOG=str(log))
    text = (tmp_path / "log.env").read_text()
    inherited = text.partition("COORDINATOR_HOOKS=")[2].partition("\n_=")[0]
    assert "hooks.before-coordinator/reference-transaction" in inherited
    log.unlink()
    git(repository, "branch", "two", LOG=str(log), COORDINATOR_HOOKS=inherited)
    assert "refs/heads/two" in log.read_text()


def test_an_earlier_hook_that_reads_nothing_gets_its_answer_through(
    repository: Path,
) -> None:
    """However much git hands over."""
    hook = repository / ".git/hooks/reference-transaction"
    write_hook(hook, "#!/bin/sh\nexit 7\n")
    hooks.install(repository, OWNER, PREFIXES)
    lines = f"{ZERO} {ONE} refs/remotes/origin/b\n" * 5_000
    done = run_hook(repository, "reference-transaction", "prepared", stdin=lines)
    assert (done.returncode, done.stderr) == (7, "")


@pytest.mark.slow
def test_a_running_git_never_misses_its_hook(repository: Path) -> None:
    """It fails where a hook is gone that it has seen: one takes the other's place."""
    hook = repository / ".git/hooks/reference-transaction"
    write_hook(hook, "#!/bin/sh\n")
    loop = 'i=0; while [ -d .git ] && [ ! -f "$0" ]; do i=$((i + 1)); '
    loop += "git update-ref refs/x/$i HEAD || exit; done"
    stop = repository / "stop"
    busy = subprocess.Popen(
        ["sh", "-c", loop, str(stop)],
        cwd=repository,
        env=user_environment(),
        stderr=subprocess.PIPE,
    )
    try:
        for number in range(40):
            hooks.install(repository, OWNER, PREFIXES)
            write_hook(repository / "new", f"#!/bin/sh\n# {number}\n").replace(hook)
    finally:
        stop.touch()
        _, said = busy.communicate(timeout=60)
    assert said.decode() == ""
    assert busy.returncode == 0
    assert os.access(hook, os.X_OK)
