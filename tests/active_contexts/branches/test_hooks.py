from collections.abc import Callable
from pathlib import Path

import pytest

from active_contexts.branches import hooks
from active_contexts.branches.branch_rules import BadPrefix
from active_contexts.branches.hook_files import HookState
from tests.active_contexts.worktree_yard import OWNER, PREFIXES, make_yard, write_hook
from tests.support import GIT_ENVIRONMENT, git, try_git

ECHO = """#!/bin/sh
{ echo "args $*"; echo "name ${0##*/}"; echo "mine $MINE"; cat; } >> "$LOG"
exit ${CODE:-0}
"""


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return every file of a git directory, but objects."""
    files = (x for x in folder.rglob("*") if x.is_file() and "objects" not in x.parts)
    return {str(x): (x.stat().st_ino, x.read_bytes()) for x in files}


def test_hooks_are_installed_into_a_fresh_repository(repository: Path) -> None:
    """Missing at first; installed after."""
    assert hooks.state(repository) is HookState.MISSING
    hooks.install(repository, OWNER, PREFIXES)
    assert hooks.state(repository) is HookState.INSTALLED
    part = repository / ".git/coordinator/workspaces" / OWNER.id
    assert part.read_text() == (
        "workspace /\nhooks installed\nprefix backend\nprefix frontend\n"
    )


@pytest.mark.parametrize("former", [None, ".husky"])
def test_installing_twice_changes_nothing(repository: Path, former: str | None) -> None:
    """Install is repeatable, in both ways of installing."""
    write_hook(repository / (former or ".git/hooks") / "pre-push", ECHO)
    if former:
        git(repository, "config", "core.hooksPath", former)
    hooks.install(repository, OWNER, PREFIXES)
    before = snapshot(repository / ".git")
    hooks.install(repository, OWNER, PREFIXES)
    assert snapshot(repository / ".git") == before
    assert hooks.state(repository) is HookState.INSTALLED


def test_an_old_version_is_replaced(repository: Path) -> None:
    """A hook of ours with another text, or not executable, is outdated."""
    hooks.install(repository, OWNER, PREFIXES)
    hook = repository / ".git/hooks/pre-push"
    hook.write_text(hook.read_text() + "# older\n")
    assert hooks.state(repository) is HookState.OUTDATED
    hooks.install(repository, OWNER, PREFIXES)
    hook.chmod(0o644)
    assert hooks.state(repository) is HookState.OUTDATED
    hooks.install(repository, OWNER, PREFIXES)
    assert hooks.state(repository) is HookState.INSTALLED


@pytest.mark.parametrize("former", [None, ".husky", "absolute", "~/hooks", "global"])
def test_an_earlier_hook_runs_with_everything_it_had(
    repository: Path,
    tmp_path: Path,
    former: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Same arguments, name, input and environment; wherever it was configured."""
    absolute = tmp_path / "absolute"
    value = str(absolute) if former == "absolute" else former
    folder = {
        None: repository / ".git/hooks",
        ".husky": repository / ".husky",
        "~/hooks": tmp_path / "home/hooks",
    }.get(former, absolute)
    if former == "global":
        settings = tmp_path / "settings"
        monkeypatch.setitem(GIT_ENVIRONMENT, "GIT_CONFIG_GLOBAL", str(settings))
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
        settings.write_text(f"[core]\n hooksPath = {absolute}\n")
    elif value:
        git(repository, "config", "core.hooksPath", value)
    write_hook(folder / "reference-transaction", ECHO)
    assert hooks.state(repository) is HookState.FOREIGN
    hooks.install(repository, OWNER, PREFIXES)
    assert hooks.state(repository) is HookState.INSTALLED
    log = tmp_path / "log"
    git(repository, "branch", "backend/x", LOG=str(log), MINE="yes")
    said = log.read_text()
    assert "args prepared\nname reference-transaction" in said
    assert "args committed\n" in said
    assert "mine yes" in said
    # Once for each state, of which later versions of git have one more.
    assert said.count(" refs/heads/backend/x\n") == said.count("args ")
    failed = try_git(repository, "branch", "backend/y", LOG=str(log), CODE="3")
    assert failed.returncode != 0
    log.unlink()
    refused = try_git(repository, "branch", "backend/Y", LOG=str(log))
    assert refused.returncode != 0
    assert "args prepared" not in log.read_text()


def test_hooks_that_others_add_later_still_run(
    repository: Path, tmp_path: Path
) -> None:
    """With core.hooksPath set, every hook name is passed on to the former folder."""
    git(repository, "config", "core.hooksPath", ".husky")
    hooks.install(repository, OWNER, PREFIXES)
    write_hook(repository / ".husky/pre-commit", ECHO)
    log = tmp_path / "log"
    git(repository, "commit", "-q", "--allow-empty", "-m", "x", LOG=str(log))
    assert "name pre-commit" in log.read_text()


def test_push_to_checkout_is_passed_on_only_where_it_is(repository: Path) -> None:
    """Its presence alone would stop git from updating the worktree."""
    git(repository, "config", "core.hooksPath", ".husky")
    hooks.install(repository, OWNER, PREFIXES)
    own = repository / ".git/coordinator/hooks"
    assert not (own / "push-to-checkout").exists()
    write_hook(repository / ".husky/push-to-checkout", ECHO)
    hooks.install(repository, OWNER, PREFIXES)
    assert (own / "push-to-checkout").exists()


def test_hooks_written_over_ours_are_chained_again(
    repository: Path, tmp_path: Path
) -> None:
    """Nothing of a person's is deleted, however often somebody writes over."""
    hook = write_hook(repository / ".git/hooks/pre-push", "#!/bin/sh\n# first\n")
    hooks.install(repository, OWNER, PREFIXES)
    write_hook(hook, "#!/bin/sh\n# second\n")
    assert hooks.state(repository) is HookState.FOREIGN
    hooks.install(repository, OWNER, PREFIXES)
    aside = repository / ".git/hooks.before-coordinator"
    texts = {x.name: x.read_text() for x in aside.glob("pre-push*")}
    assert "second" in texts["pre-push"]
    assert "first" in texts["pre-push-1"]
    git(repository, "config", "core.hooksPath", str(tmp_path))
    assert hooks.state(repository) is HookState.FOREIGN


def test_a_hook_manager_that_calls_ours_is_left_alone(repository: Path) -> None:
    """A manager that keeps ours as NAME.legacy calls it: chaining would be a circle."""
    hooks.install(repository, OWNER, PREFIXES)
    hook = repository / ".git/hooks/reference-transaction"
    hook.rename(hook.with_name("reference-transaction.legacy"))
    write_hook(hook, '#!/bin/sh\nexec "$0.legacy" "$@"\n')
    assert hooks.state(repository) is HookState.INSTALLED
    hooks.install(repository, OWNER, PREFIXES)
    assert "exec" in hook.read_text()
    assert try_git(repository, "branch", "backend").returncode != 0


def test_a_crash_after_the_earlier_hook_was_put_aside_is_mended(
    repository: Path, tmp_path: Path
) -> None:
    """The next install completes a half one."""
    hook = write_hook(repository / ".git/hooks/reference-transaction", ECHO)
    aside = repository / ".git/hooks.before-coordinator"
    aside.mkdir()
    hook.rename(aside / hook.name)
    hooks.install(repository, OWNER, PREFIXES)
    git(repository, "branch", "backend/x", LOG=str(tmp_path / "log"))
    assert "args prepared" in (tmp_path / "log").read_text()


def test_a_hook_that_an_older_version_put_aside_goes_on_running(
    repository: Path, tmp_path: Path
) -> None:
    """It was kept beside ours, under another name; both ways it is put back."""
    hook = write_hook(repository / ".git/hooks/reference-transaction", ECHO)
    older = hook.with_name("reference-transaction.before-coordinator")
    hook.rename(older)
    hooks.install(repository, OWNER, PREFIXES)
    assert not older.exists()
    git(repository, "branch", "backend/x", LOG=str(tmp_path / "log"))
    assert "name reference-transaction\n" in (tmp_path / "log").read_text()
    hooks.uninstall(repository, OWNER)
    hook.rename(older)
    hooks.uninstall(repository, OWNER)
    assert hook.read_text() == ECHO


DISPATCHER = """#!/bin/sh
. "$(dirname "$0")/husky.sh"
echo "settings $(cat "$(dirname "$0")/../../settings")" >> "$LOG"
"""


def test_an_earlier_hook_finds_its_name_and_its_neighbours(
    repository: Path, tmp_path: Path
) -> None:
    """As husky 4 and overcommit do, from the path that they are run by."""
    folder = repository / ".git/hooks"
    write_hook(folder / "husky.sh", 'echo "runs $(basename "$0")" >> "$LOG"\n')
    write_hook(folder / "dispatcher", DISPATCHER)
    (folder / "reference-transaction").symlink_to("dispatcher")
    (repository / "settings").write_text("mine\n")
    before = snapshot(repository / ".git")
    hooks.install(repository, OWNER, PREFIXES)
    hooks.install(repository, OWNER, PREFIXES)
    home = make_yard(tmp_path / "work", repository).home("backend").path
    log = tmp_path / "log"
    for where, branch in ((repository, "x"), (home, "y")):
        git(where, "branch", f"backend/{branch}", LOG=str(log))
        assert log.read_text().count("runs reference-transaction\nsettings mine\n")
        log.unlink()
        git(repository, "branch", "-D", f"backend/{branch}", LOG=str(log))
        log.unlink()
    hooks.uninstall(repository, OWNER)
    assert not (repository / ".git/hooks.before-coordinator").exists()
    found = snapshot(repository / ".git")
    assert {k: v for k, v in found.items() if "hooks" in k} == {
        k: v for k, v in before.items() if "hooks" in k
    }


@pytest.mark.parametrize("former", [None, ".husky", "global"])
def test_uninstalling_puts_back_what_was_there(
    repository: Path,
    tmp_path: Path,
    former: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The hook, or the setting at its level, is as before; twice changes nothing."""
    hook = write_hook(repository / (former or ".git/hooks") / "pre-push", ECHO)
    if former == "global":
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "settings"))
        git(tmp_path, "config", "--file", "settings", "core.hooksPath", "/opt/hooks")
    elif former:
        git(repository, "config", "core.hooksPath", former)
    hooks.install(repository, OWNER, PREFIXES)
    hooks.uninstall(repository, OWNER)
    hooks.uninstall(repository, OWNER)
    assert hook.read_text() == ECHO
    value = try_git(repository, "config", "--local", "core.hooksPath").stdout.strip()
    assert value == ("" if former == "global" else former or "")
    git(repository, "branch", "backend/Any", LOG=str(tmp_path / "log"))


def test_a_refusal_explains_itself(repository: Path) -> None:
    """It says the name, the rule and the command that mends it."""
    hooks.install(repository, OWNER, PREFIXES)
    said = try_git(repository, "branch", "backend/Add_JWT!").stderr
    assert "'backend/Add_JWT!' is refused" in said
    assert "Rule: a feature has" in said
    assert "git switch -c backend/add_jwt" in said
    said = try_git(repository, "branch", "frontend").stderr
    assert "it would block every frontend/… branch" in said
    assert "git switch -c frontend/frontend" in said


def test_without_prefixes_or_role_everything_passes(repository: Path) -> None:
    """A missing file never stops anybody's work."""
    hooks.install(repository, OWNER, PREFIXES)
    (repository / ".git/coordinator/workspaces" / OWNER.id).unlink()
    git(repository, "branch", "backend/Any")


def test_bad_prefixes_never_reach_the_hooks(repository: Path) -> None:
    """The shell reads them word by word."""
    with pytest.raises(BadPrefix):
        hooks.install(repository, OWNER, ["back end"])


@pytest.mark.slow
def test_a_rebase_and_a_large_fetch_pass(
    repository: Path, tmp_path: Path, make_repository: Callable[[Path], Path]
) -> None:
    """The hooks stand in nobody's way: a rebase in a worktree, a fetch of many refs.

    They are more than a pipe holds.
    """
    yard = make_yard(tmp_path / "work", repository)
    hooks.install(repository, OWNER, PREFIXES)
    place = yard.start(yard.home("backend"), "login").path
    for number in range(5):
        (place / f"{number}.txt").write_text("x")
        git(place, "add", "-A")
        git(place, "commit", "-q", "-m", str(number))
    git(repository, "commit", "-q", "--allow-empty", "-m", "ahead")
    git(place, "rebase", "-q", "main")
    other = make_repository(tmp_path / "other")
    oid = git(other, "rev-parse", "HEAD")
    lines = "".join(f"{oid} refs/heads/b{x}\n" for x in range(700))
    (other / ".git/packed-refs").write_text(lines)
    git(place, "fetch", "-q", str(other), "refs/heads/*:refs/remotes/other/*")
    assert len(git(place, "branch", "-r").splitlines()) > 700
