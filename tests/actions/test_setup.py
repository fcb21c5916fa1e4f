import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from coordinator.actions import setup
from coordinator.actions.layout import Layout
from coordinator.kernel.errors import Conflict, CoordinatorError, UsageProblem
from tests.support import (
    CommandLine,
    FakeAgent,
    ManualClock,
    git,
    open_workspace,
    run_coordinator,
)

MakeRepository = Callable[[Path], Path]


def tree(root: Path) -> dict[str, bytes]:
    """Return every file of the workspace but the coordinator's own."""
    return {
        str(x.relative_to(root)): x.read_bytes()
        for x in root.rglob("*")
        if x.is_file() and not x.is_relative_to(root / ".coordinator")
    }


@pytest.mark.slow
def test_init_makes_homes_identities_hooks_and_settings(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> None:
    """One call gives a workspace that three agents can work in."""
    with open_workspace(tmp_path / "w", clock, {"shop": repository}) as opened:
        homes = {x["agent"]: x for x in opened.perform("worktree list")}
        assert sorted(homes) == ["backend", "docs", "frontend"]
        assert homes["docs"]["path"] == str(tmp_path / "w" / "shop-docs")
        assert git(tmp_path / "w" / "shop-docs", "status", "--porcelain") == ""
        assert opened.problems() == []
        assert all(x["well"] for x in opened.perform("doctor"))
        assert (
            f'"shop" = "{repository}"' in (tmp_path / "w/coordinator.toml").read_text()
        )


@pytest.mark.slow
def test_init_again_changes_nothing(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> None:
    """Repeating it is safe: no file, no record, no worktree is touched."""
    with open_workspace(tmp_path / "w", clock, {"shop": repository}) as opened:
        before, last = tree(opened.root), opened.workspace.journal.last
    with open_workspace(tmp_path / "w", clock, {"shop": repository}) as opened:
        assert tree(opened.root) == before
        assert opened.workspace.journal.last == last


@pytest.mark.slow
def test_init_again_adds_what_is_missing_and_keeps_what_a_person_wrote(
    tmp_path: Path,
    clock: ManualClock,
    repository: Path,
    make_repository: MakeRepository,
) -> None:
    """A second repository and agent are added; edited files keep every byte."""
    second = make_repository(tmp_path / "till")
    identity = tmp_path / "w/agent-system/agent-identities/docs.md"
    settings = tmp_path / "w" / "coordinator.toml"
    with open_workspace(tmp_path / "w", clock, {"shop": repository}):
        identity.write_text("# Docs\n\n**Role**: Writes poems\n")
        edited = "# [repositories] stand below\n" + settings.read_text()
        settings.write_text(edited + "\n# mine\n")
    both = {"shop": repository, "till": second}
    with open_workspace(tmp_path / "w", clock, both, agents=["tester"]) as opened:
        assert identity.read_text() == "# Docs\n\n**Role**: Writes poems\n"
        assert (opened.root / "till-docs" / "README.md").is_file()
        assert (opened.root / "shop-tester" / "README.md").is_file()
        text = settings.read_text()
        assert text.startswith("# [repositories] stand below\n")
        assert text.endswith("\n# mine\n")
        assert sorted(opened.workspace.repositories()) == ["shop", "till"]


def test_agents_can_be_named(tmp_path: Path, clock: ManualClock) -> None:
    """`--agent` takes the place of the default roster."""
    with open_workspace(tmp_path / "w", clock, agents=["ana", "bo"]) as opened:
        assert [x["name"] for x in opened.perform("agent list")] == ["ana", "bo"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"repo": ["shop"]},
        {"repo": ["shop="]},
        {"repo": ["Shop=."]},
        {"repo": ["../x=."]},
        {"repo": ["shop=nowhere"]},
        {"repo": ["shop=README.md"]},
        {"agent": ["../x"]},
        {"agent": ["A B"]},
        {"check": "'"},
    ],
)
def test_what_cannot_be_is_refused(
    tmp_path: Path, clock: ManualClock, arguments: dict[str, object]
) -> None:
    """A malformed option is a usage error that changes no settings."""
    (tmp_path / "README.md").touch()
    with open_workspace(tmp_path / "w", clock) as opened:
        before = tree(opened.root)
        with pytest.raises(UsageProblem):
            opened.call(
                "init",
                {"workspace": str(tmp_path / "w"), **arguments},
                folder=str(tmp_path),
            )
        assert tree(opened.root) == before


def test_settings_that_a_person_made_are_not_overruled(
    tmp_path: Path, clock: ManualClock
) -> None:
    """Another --target or --check than the settings say is a conflict."""
    with open_workspace(tmp_path / "w", clock) as opened:
        root = str(opened.root)
        opened.perform("init", workspace=root, target="develop", check="make test")
        opened.perform("init", workspace=root, target="develop")
        for changed in ({"target": "main"}, {"check": "true"}):
            with pytest.raises(Conflict):
                opened.perform("init", workspace=root, **changed)
        assert opened.workspace.settings.target == "develop"
        assert opened.workspace.settings.check == "make test"


@pytest.mark.slow
def test_a_repository_of_that_name_elsewhere_is_a_conflict(
    tmp_path: Path,
    clock: ManualClock,
    repository: Path,
    make_repository: MakeRepository,
) -> None:
    """One name means one repository."""
    with open_workspace(tmp_path / "w", clock, {"shop": repository}) as opened:
        other = make_repository(tmp_path / "other")
        with pytest.raises(Conflict):
            opened.perform("init", workspace=str(opened.root), repo=[f"shop={other}"])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["empty", "bare", "targetless"])
def test_a_repository_that_cannot_give_worktrees_says_why(
    tmp_path: Path, clock: ManualClock, repository: Path, kind: str
) -> None:
    """The workspace is made all the same; each home says what it lacks."""
    shop = tmp_path / "odd"
    if kind == "bare":
        git(tmp_path, "clone", "-q", "--bare", str(repository), str(shop))
    elif kind == "empty":
        git(tmp_path, "init", "-q", "-b", "main", str(shop))
    else:
        git(tmp_path, "clone", "-q", str(repository), str(shop))
        git(shop, "branch", "-q", "-m", "main", "trunk")
    with open_workspace(tmp_path / "w", clock) as opened:
        made = opened.perform("init", workspace=str(opened.root), repo=[f"odd={shop}"])
        problems = [x["problem"] for x in made["worktrees"]]
        assert len(problems) == 3
        if kind == "bare":
            assert problems == ["", "", ""]
        else:
            assert all(problems)


def test_a_folder_that_is_a_worktree_is_refused(repository: Path) -> None:
    """A workspace holds worktrees beside each other, it is none."""
    with pytest.raises(Conflict, match="is a git worktree"):
        setup.prepare(repository)
    assert not (repository / ".coordinator").exists()


@pytest.mark.parametrize("found", ["2", "99", "junk", ""])
def test_a_newer_layout_is_refused(
    tmp_path: Path, clock: ManualClock, found: str
) -> None:
    """A workspace of a newer program is left alone, with a clear message."""
    with open_workspace(tmp_path / "w", clock) as opened:
        layout = opened.layout
    layout.version.write_text(found)
    with pytest.raises(setup.WrongVersion) as raised:
        setup.prepare(tmp_path / "w")
    assert "newer version" in raised.value.hint


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """The path and the system's reason are named."""
    (tmp_path / "file").touch()
    with pytest.raises(CoordinatorError, match="file"):
        setup.prepare(tmp_path / "file" / "w")


def test_tokens_are_for_their_owners_eyes(tmp_path: Path, clock: ManualClock) -> None:
    """Tokens have mode 0600, and the workspace keeps no maintainer's token."""
    with open_workspace(tmp_path / "w", clock) as opened:
        own = tmp_path / "home/.config/agent-coordinator/maintainer-token"
        kept = list(opened.layout.tokens.iterdir())
        assert {x.stat().st_mode & 0o777 for x in [own, *kept]} == {0o600}
        assert len({x.read_text() for x in kept}) == 4
        assert all(own.read_text() not in x.read_text() for x in kept)


@pytest.mark.parametrize(
    "argv",
    [
        ["w", "--repo", "x"],
        ["w", "--repo", "s=~nobody-at-all/x"],
        ["w", "--agent", "No Name"],
        ["w", "--check", "'"],
        ["/"],
        ["work/inner"],
        ["work/agent-system/inner/deeper"],
    ],
)
def test_an_init_that_is_refused_makes_nothing(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    argv: list[str],
) -> None:
    """Everything is checked before the first folder is made."""
    line = CommandLine(monkeypatch, capsys, tmp_path)
    assert line("init", "work").code == 0
    before = sorted(tmp_path.rglob("*"))
    done = line("init", *argv)
    assert done.code in {1, 2}
    assert done.stderr.startswith("Error: ")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.slow
def test_a_git_that_is_too_old_is_refused(tmp_path: Path) -> None:
    """Before anything is made, with the version that is needed."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "git").write_text("#!/bin/sh\necho git version 2.30.1\n")
    (tools / "git").chmod(0o755)
    path = f"{tools}:{os.environ['PATH']}"
    done = run_coordinator(tmp_path, "init", "w", PATH=path)
    assert (done.code, "older than 2.38" in done.stderr) == (1, True)
    assert not (tmp_path / "w").exists()


def test_preparing_again_makes_only_what_is_missing(tmp_path: Path) -> None:
    """A folder that went is made again, everything else is as before."""
    layout = setup.prepare(tmp_path / "w")
    before = tree(tmp_path / "w")
    (tmp_path / "w" / "pending-commits").rmdir()
    assert setup.prepare(tmp_path / "w") == layout == Layout(tmp_path / "w")
    assert (tmp_path / "w" / "pending-commits").is_dir()
    assert tree(tmp_path / "w") == before


@pytest.mark.slow
def test_a_worktree_that_somebody_deleted_is_named_with_its_cure(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> None:
    """Git still knows it, so that `init` cannot make it; `repair` does."""
    with open_workspace(tmp_path / "w", clock, {"shop": repository}) as opened:
        home = FakeAgent(opened.root, "docs").home
        shutil.rmtree(home)
        again = opened.perform("init", workspace=str(opened.root))
        [trouble] = [x["problem"] for x in again["worktrees"] if x["problem"]]
        assert f"{home} is gone" in trouble
        assert "coordinator worktree repair" in trouble
        opened.perform("worktree repair")
        assert home.is_dir()


@pytest.mark.slow
def test_two_repositories_need_a_choice(
    tmp_path: Path,
    clock: ManualClock,
    repository: Path,
    make_repository: MakeRepository,
) -> None:
    """Where several repositories are meant, the hint names the option."""
    both = {"shop": repository, "till": make_repository(tmp_path / "till")}
    with open_workspace(tmp_path / "w", clock, both, agents=["ana"]) as opened:
        with pytest.raises(UsageProblem) as raised:
            opened.perform("worktree add", agent="ana", feature="x")
        assert "--repository" in raised.value.hint
        made = opened.perform(
            "worktree add", agent="ana", feature="x", repository="till"
        )
        assert made["branch"] == "ana/x"
        assert FakeAgent(opened.root, "ana", "till").home == Path(made["path"])
