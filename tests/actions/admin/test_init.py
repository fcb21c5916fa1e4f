import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from coordinator.actions.admin import init
from coordinator.cli import exit_codes
from coordinator.kernel.errors import Conflict, CoordinatorError, UsageProblem
from coordinator.workspace import file_kinds
from coordinator.workspace.layout import Layout
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
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (("init", "-q", "-b", "main", "odd"), "has no commits"),
        (("init", "-q", "--object-format=sha256", "odd"), "sha256 objects"),
        (("clone", "-q", "shop", "odd"), "has no branch main to begin from"),
    ],
)
def test_a_repository_without_a_place_to_begin_is_refused(
    tmp_path: Path, clock: ManualClock, repository: Path, make: tuple[str], reason: str
) -> None:
    """Nothing of it is taken over: neither into the settings nor the workspace."""
    del repository
    git(tmp_path, *make)
    if "clone" in make:
        for name in ("one", "two"):
            git(tmp_path / "odd", "branch", "-q", name)
        git(tmp_path / "odd", "checkout", "-q", "--detach")
        git(tmp_path / "odd", "branch", "-q", "-D", "main")
        git(tmp_path / "odd", "remote", "remove", "origin")
    with open_workspace(tmp_path / "w", clock) as opened:
        wanted = [f"odd={tmp_path / 'odd'}"]
        with pytest.raises(CoordinatorError, match=reason):
            opened.perform("init", workspace=str(opened.root), repo=wanted)
        assert opened.workspace.settings.repositories == {}


@pytest.mark.slow
def test_the_default_branch_of_each_repository_is_found(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> None:
    """What origin names goes first; the user's own default, main and master follow."""
    git(repository, "branch", "-q", "-m", "main", "trunk")
    for name in ("bare", "named"):
        words = ["--bare"] if name == "bare" else []
        git(tmp_path, "clone", "-q", *words, str(repository), name)
    git(tmp_path / "named", "branch", "-q", "main")
    git(tmp_path, "clone", "-q", str(repository), "old")
    git(tmp_path / "old", "branch", "-q", "-m", "trunk", "master")
    git(tmp_path / "old", "branch", "-q", "side")
    git(tmp_path / "old", "remote", "remove", "origin")
    repositories = {x: tmp_path / x for x in ("bare", "named", "old")}
    with open_workspace(tmp_path / "w", clock, repositories, ["qa"]) as opened:
        found = opened.workspace.settings
        assert [found.target_of(x) for x in repositories] == [
            "trunk",
            "trunk",
            "master",
        ]
        rows = opened.perform("worktree list")
        assert [x["repository"] for x in rows] == ["bare", "named", "old"]
        opened.perform("worktree add", agent="qa", feature="a", repository="old")
        assert opened.perform("worktree list")[2]["behind"] == 0


def test_a_target_that_was_set_by_hand_holds_for_new_repositories(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> None:
    """Only a repository without that branch gets another one."""
    git(repository, "branch", "-q", "develop")
    git(tmp_path, "clone", "-q", str(repository), "other")
    with open_workspace(tmp_path / "w", clock) as opened:
        opened.layout.settings.write_text('target = "develop"\n[repositories]\n')
        wanted = [f"{x}={tmp_path / x}" for x in ("shop", "other")]
        opened.perform("check")
        opened.perform("init", workspace=str(opened.root), repo=wanted)
        found = opened.workspace.settings
        assert (found.target_of("shop"), found.target_of("other")) == (
            "develop",
            "main",
        )
        assert 'target = "develop"' in opened.layout.settings.read_text()


def test_what_could_not_be_made_stays_a_problem_until_it_is(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> None:
    """Init, check and doctor say it; repair makes it once nothing is in the way."""
    taken = tmp_path / "w" / "shop-docs"
    taken.mkdir(parents=True)
    with open_workspace(tmp_path / "w", clock) as opened:
        wanted = {"workspace": str(opened.root), "repo": [f"shop={repository}"]}
        made = opened.perform("init", **wanted)
        problems = {x["agent"]: x["problem"] for x in made["worktrees"]}
        assert "is taken" in problems.pop("docs")
        assert set(problems.values()) == {""}
        assert exit_codes.of_answer("init", made) == 1
        assert opened.problems("shop-docs") == ["worktree-not-made"]
        opened.perform("init", **wanted)
        assert len(opened.records("worktree.refused")) == 1
        [lost] = [x for x in opened.perform("doctor") if x["name"] == "worktrees"]
        assert (lost["well"], "shop-docs was not made" in lost["message"]) == (
            False,
            True,
        )
        taken.rmdir()
        done = {x["agent"]: x["done"] for x in opened.perform("worktree repair")}
        assert done == {"backend": "nothing", "docs": "added", "frontend": "nothing"}
        assert opened.perform("check") == []


@pytest.mark.parametrize("inside", ["", "worktrees", "src/deep"])
def test_a_workspace_inside_a_repository_is_refused(
    repository: Path, inside: str
) -> None:
    """The repository's own git would see it; nothing is made."""
    with pytest.raises(Conflict, match="lies in the git repository"):
        init.prepare(repository / inside)
    assert not (repository / inside / ".coordinator").exists()


def test_a_workspace_that_was_made_inside_one_goes_on(
    tmp_path: Path, clock: ManualClock
) -> None:
    """Earlier versions let that be."""
    with open_workspace(tmp_path / "w", clock):
        git(tmp_path, "init", "-q", ".")
        init.prepare(tmp_path / "w")


def test_a_target_that_git_does_not_admit_is_refused_before_anything_is_written(
    tmp_path: Path,
) -> None:
    """Else the settings that were just made could not be read."""
    done = run_coordinator(tmp_path, "init", "w", "--target", "a..b")
    assert done.code == exit_codes.USAGE
    assert "git admits no branch named a..b." in done.stderr
    assert not (tmp_path / "w").exists()


def test_an_agent_named_like_the_target_is_refused(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> None:
    """Git could not have both main and main/feature."""
    with open_workspace(tmp_path / "w", clock) as opened:
        wanted = {"workspace": str(opened.root), "repo": [f"shop={repository}"]}
        with pytest.raises(
            CoordinatorError, match="cannot work beside the branch main"
        ):
            opened.perform("init", **wanted, agent=["main"])


def test_a_branch_that_blocks_a_prefix_is_told(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> None:
    """Init and check name it with what renames it, and so does the blocked feature."""
    git(repository, "branch", "-q", "docs")
    with open_workspace(tmp_path / "w", clock) as opened:
        wanted = {"workspace": str(opened.root), "repo": [f"shop={repository}"]}
        made = opened.perform("init", **wanted)
        [told] = made["problems"]
        assert "branch -m docs docs/docs" in told
        assert opened.problems("shop") == ["branch-blocks-namespace"]
        with pytest.raises(CoordinatorError, match="a branch named docs is in its way"):
            opened.perform("worktree add", agent="docs", feature="guide")
        git(repository, "branch", "-m", "docs", "docs/docs")
        opened.perform("worktree add", agent="docs", feature="guide")


@pytest.mark.parametrize("found", ["2", "99", "junk", ""])
def test_a_newer_layout_is_refused(
    tmp_path: Path, clock: ManualClock, found: str
) -> None:
    """A workspace of a newer program is left alone, with a clear message."""
    with open_workspace(tmp_path / "w", clock) as opened:
        layout = opened.layout
    layout.version.write_text(found)
    with pytest.raises(init.WrongVersion) as raised:
        init.prepare(tmp_path / "w")
    assert "newer version" in raised.value.hint


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """The path and the system's reason are named."""
    (tmp_path / "file").touch()
    with pytest.raises(CoordinatorError, match="file"):
        init.prepare(tmp_path / "file" / "w")


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
    layout = init.prepare(tmp_path / "w")
    before = tree(tmp_path / "w")
    (tmp_path / "w" / "pending-commits").rmdir()
    assert init.prepare(tmp_path / "w") == layout == Layout(tmp_path / "w")
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


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("file", "file is a file"),
        ("file/deep", "file is a file"),
        ("pipe", "pipe is a pipe"),
        ("nowhere", "nowhere is a link that leads nowhere"),
        ("nowhere/deep", "nowhere is a link that leads nowhere"),
        ("loop", "loop is a link that leads nowhere"),
    ],
)
def test_a_workspace_is_made_in_no_place_but_a_folder(
    tmp_path: Path, place: str, found: str
) -> None:
    """What a link would lead to is not made either."""
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(Conflict, match=f"cannot be a workspace: .*{found}"):
        file_kinds.root_at(tmp_path / place)
    assert not (tmp_path / "gone").exists()
    (tmp_path / "link").symlink_to(tmp_path)
    assert file_kinds.root_at(tmp_path / "link" / "new") == tmp_path / "new"
