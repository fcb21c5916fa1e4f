from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coordinator.kernel.errors import NotFound, Refused
from tests.support import (
    FakeAgent,
    ManualClock,
    OpenWorkspace,
    git,
    open_workspace,
    try_git,
)

pytestmark = pytest.mark.slow
INSTALLED = [{"repository": "shop", "state": "installed"}]
MISSING = [{"repository": "shop", "state": "missing"}]


@pytest.fixture
def shop(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> Iterator[OpenWorkspace]:
    """A workspace with a repository and two agents, its hooks installed by init."""
    with open_workspace(
        tmp_path / "w", clock, {"shop": repository}, ["backend", "docs"]
    ) as made:
        yield made


def test_the_hooks_are_taken_away_and_installed_again(shop: OpenWorkspace) -> None:
    """Each verb says how the hooks stand afterwards; again it changes nothing."""
    for verb, told in (
        ("uninstall", MISSING),
        ("uninstall", MISSING),
        ("install", INSTALLED),
        ("install", INSTALLED),
    ):
        assert shop.perform(f"hooks {verb}") == told


def test_without_the_hooks_a_wrong_name_is_not_stopped_but_reported(
    shop: OpenWorkspace,
) -> None:
    """Installed they refuse it; uninstalled the look still sees both."""
    home = FakeAgent(shop.root, "docs").home
    wrong = ("checkout", "-q", "-b", "backend/carts")
    refused = try_git(home, *wrong)
    assert refused.returncode != 0
    assert shop.problems() == []
    shop.perform("hooks uninstall")
    assert git(home, *wrong) == ""
    codes = shop.problems()
    assert "hooks-missing" in codes
    assert len(codes) > 1
    shop.perform("hooks install")
    assert "hooks-missing" not in shop.problems()


def test_a_persons_hook_is_put_back(shop: OpenWorkspace, repository: Path) -> None:
    """What was there before runs while ours are installed, and stays after."""
    shop.perform("hooks uninstall")
    hook = repository / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho mine\n")
    hook.chmod(0o755)
    assert shop.perform("hooks install") == INSTALLED
    assert "mine" not in hook.read_text()
    shop.perform("hooks uninstall")
    assert hook.read_text() == "#!/bin/sh\necho mine\n"


def test_a_new_agents_prefix_is_known_to_the_hooks(
    shop: OpenWorkspace, repository: Path
) -> None:
    """An identity that a person wrote counts from the next look on."""
    git(repository, "branch", "tester")
    git(repository, "branch", "-D", "tester")
    identity = shop.root / "agent-system" / "agent-identities" / "tester.md"
    identity.write_text("# Tester\n\n**Role**: Tests\n")
    shop.perform("check")
    for blocked in ("tester", "tester/Bad"):
        assert try_git(repository, "branch", blocked).returncode != 0
    git(repository, "branch", "tester/fine")


def test_every_repository_is_told_of(
    tmp_path: Path,
    clock: ManualClock,
    repository: Path,
    make_repository: Callable[[Path], Path],
) -> None:
    """One line a repository, in the order of the settings."""
    both = {"shop": repository, "till": make_repository(tmp_path / "till")}
    with open_workspace(tmp_path / "w", clock, both, ["ana"]) as opened:
        told = opened.perform("hooks install")
        assert sorted(x["repository"] for x in told) == ["shop", "till"]
        assert {x["state"] for x in told} == {"installed"}


def test_one_unreadable_repository_does_not_stop_the_others(
    tmp_path: Path,
    clock: ManualClock,
    repository: Path,
    make_repository: Callable[[Path], Path],
) -> None:
    """The others get their hooks, or lose them, and what is wrong is said."""
    both = {"gone": make_repository(tmp_path / "gone"), "shop": repository}
    hook = repository / ".git/hooks/pre-push"
    with open_workspace(tmp_path / "w", clock, both, ["ana"]) as opened:
        both["gone"].rename(tmp_path / "away")
        for verb, there in (("uninstall", False), ("install", True)):
            with pytest.raises(NotFound, match="gone"):
                opened.perform(f"hooks {verb}")
            assert hook.exists() is there
        hook.unlink()
        made = opened.perform("init", workspace=str(opened.root))
        assert hook.exists()
        problems = {x["path"]: x["problem"] for x in made["worktrees"]}
        assert problems[str(opened.root / "shop-ana")] == ""
        assert "no git repository" in problems[""]


def test_only_a_maintainer_touches_the_hooks(shop: OpenWorkspace) -> None:
    """They hold agents to their names, so no agent takes them away."""
    for verb in ("install", "uninstall"):
        with pytest.raises(Refused, match="Only a maintainer"):
            shop.perform_as("docs", f"hooks {verb}")
    assert shop.problems() == []


def test_lost_hooks_come_back_at_the_next_look(
    shop: OpenWorkspace, repository: Path
) -> None:
    """Whoever replaced or deleted them; no command is needed."""
    hook = repository / ".git/hooks/reference-transaction"
    for lose in (hook.unlink, lambda: hook.write_text("#!/bin/sh\n")):
        lose()
        git(repository, "branch", "docs/Lost")
        git(repository, "branch", "-D", "docs/Lost")
        assert shop.problems() == []
        assert try_git(repository, "branch", "docs/Lost").returncode != 0


def test_no_look_brings_back_what_was_taken_away(
    shop: OpenWorkspace, repository: Path
) -> None:
    """Neither hooks nor prefixes, whatever happens in the repository."""
    shop.perform("hooks uninstall")
    for number in range(3):
        git(repository, "branch", f"docs/any-{number}")
        assert shop.problems() == ["hooks-missing"]
    (part,) = (repository / ".git/coordinator/workspaces").iterdir()
    assert "hooks uninstalled" in part.read_text()
    assert "prefix" not in part.read_text()


def test_two_workspaces_share_the_hooks_of_a_repository(
    shop: OpenWorkspace, tmp_path: Path, clock: ManualClock, repository: Path
) -> None:
    """Each has its agents' prefixes in them, and takes away no others."""
    with open_workspace(tmp_path / "w2", clock, {"shop": repository}, ["qa"]) as second:
        for opened in (shop, second, shop):
            assert opened.problems() == []
            for branch in ("docs/Wrong", "qa/Wrong"):
                assert try_git(repository, "branch", branch).returncode != 0
        second.perform("hooks uninstall")
        assert shop.problems() == []
        git(repository, "branch", "qa/Any")
        assert try_git(repository, "branch", "docs/Wrong").returncode != 0


def test_a_workspace_that_is_gone_is_told_of_and_forgotten(
    shop: OpenWorkspace, tmp_path: Path, clock: ManualClock, repository: Path
) -> None:
    """Doctor mends it."""
    with open_workspace(tmp_path / "w2", clock, {"shop": repository}, ["qa"]):
        pass
    (tmp_path / "w2").rename(tmp_path / "elsewhere")
    git(repository, "branch", "qa/Any")
    assert "hooks-left-behind" in shop.problems()
    shop.perform("doctor", fix=True)
    assert "hooks-left-behind" not in shop.problems()
