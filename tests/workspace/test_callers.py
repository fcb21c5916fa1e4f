import shutil
from pathlib import Path

import pytest

from coordinator.kernel.errors import Conflict, NotFound, Refused, UsageProblem
from coordinator.workspace import callers, registry, tokens
from coordinator.workspace.callers import Credentials
from coordinator.workspace.workspace import Caller
from tests.support import FakeAgent, OpenWorkspace, git


def token_of(opened: OpenWorkspace, agent: str) -> str:
    """Return an agent's token."""
    return (opened.layout.tokens / agent).read_text()


def test_a_folder_in_a_worktree_beats_every_other_word(shop: OpenWorkspace) -> None:
    """Below an agent's worktree the caller is that agent, whatever it shows."""
    folder = FakeAgent(shop.root, "backend").home / "src"
    for shown in (
        Credentials(folder),
        Credentials(folder, "docs", token_of(shop, "docs")),
        Credentials(folder, "", tokens.own()),
        Credentials(folder, "nobody"),
    ):
        assert callers.resolve(shop.workspace, shown) == Caller("backend")


@pytest.mark.parametrize("lost", ["git file", "entry", "replaced", "role"])
def test_a_broken_worktree_makes_nobody_a_maintainer(
    shop: OpenWorkspace, repository: Path, lost: str
) -> None:
    """Where git's own files are gone, the journal still knows whose folder it is."""
    home = FakeAgent(shop.root, "docs").home
    entry = repository / ".git" / "worktrees"
    if lost == "entry":
        shutil.rmtree(entry)
    elif lost == "role":
        for role in entry.glob("*/coordinator-agent"):
            role.unlink()
    else:
        (home / ".git").unlink()
    if lost == "replaced":
        git(home, "init", "-q")
    for folder in (home, home / "src"):
        shown = Credentials(folder, "", tokens.own())
        assert callers.resolve(shop.workspace, shown) == Caller("docs")


def test_a_worktree_that_was_put_away_gives_no_rights(shop: OpenWorkspace) -> None:
    """Whoever still stands in it, or in one that nobody knows, may only read."""
    layout, own = shop.layout, tokens.own()
    (shop.root / "moved").mkdir()
    (shop.root / "moved" / ".git").write_text("gitdir: /nowhere\n")
    for folder in (layout.trash / "x" / "y", layout.pool / "z", shop.root / "moved"):
        shown = Credentials(folder, "", own)
        assert callers.resolve(shop.workspace, shown) == Caller()
    for folder in (shop.root, shop.root / "reports", shop.root / "agent-system"):
        shown = Credentials(folder, "", own)
        assert callers.resolve(shop.workspace, shown).is_maintainer


def test_elsewhere_a_token_tells_who_calls(opened: OpenWorkspace) -> None:
    """A token belongs to one agent; the maintainer's to no agent."""
    here, workspace = opened.root, opened.workspace
    docs, own = token_of(opened, "docs"), tokens.own()
    expected = {
        ("docs", docs): Caller("docs"),
        ("docs", token_of(opened, "backend")): Caller(),
        ("docs", own): Caller(),
        ("docs", ""): Caller(),
        ("", own): Caller(is_maintainer=True),
        ("", docs): Caller(),
        ("", ""): Caller(),
        ("", "é\ud800"): Caller(),
        ("docs", "é\ud800"): Caller(),
    }
    for (agent, token), caller in expected.items():
        shown = Credentials(here, agent, token)
        assert callers.resolve(workspace, shown) == caller
    with pytest.raises(NotFound):
        callers.resolve(workspace, Credentials(here, "../docs", docs))


def test_without_a_token_one_may_read_and_not_write(opened: OpenWorkspace) -> None:
    """Every action that changes something is refused to nobody."""
    for action in registry.actions():
        shown = Credentials(opened.root)
        if action.changes:
            with pytest.raises(Refused) as raised:
                callers.check(action, Caller(), shown)
            assert "token" in raised.value.message
        else:
            callers.check(action, Caller(), shown)


@pytest.mark.parametrize("verb", ["init", "down", "agent retire", "hooks install"])
def test_what_only_a_maintainer_may_is_refused_to_agents(
    opened: OpenWorkspace, verb: str
) -> None:
    """The hint says who can."""
    arguments = {"init": {"workspace": "."}, "agent retire": {"agent": "docs"}}
    with pytest.raises(Refused, match="Only a maintainer") as raised:
        opened.call(verb, arguments.get(verb, {}), agent="docs")
    assert "maintainer" in raised.value.hint


def test_doctor_mends_for_a_maintainer_only(opened: OpenWorkspace) -> None:
    """Looking is free, mending is not."""
    assert opened.perform_as("docs", "doctor")
    with pytest.raises(Refused):
        opened.perform_as("docs", "doctor", fix=True)


def test_a_retired_agent_has_no_rights_left(shop: OpenWorkspace) -> None:
    """Neither its token nor its worktree counts; what it wrote stays."""
    agent = FakeAgent(shop.root, "docs")
    path = agent.context("State: working\n")
    token = token_of(shop, "docs")
    shop.perform("agent retire", agent="docs")
    with pytest.raises(NotFound):
        callers.resolve(shop.workspace, Credentials(shop.root, "docs", token))
    for shown in (Credentials(agent.home), Credentials(agent.home, "", tokens.own())):
        assert callers.resolve(shop.workspace, shown) == Caller()
    assert (shop.root / path).is_file()
    assert [x["name"] for x in shop.perform("agent list")] == ["backend", "frontend"]
    assert not (shop.layout.tokens / "docs").exists()
    shop.perform("init", workspace=str(shop.root))
    assert not (shop.layout.tokens / "docs").exists()


def test_an_agent_that_a_person_wrote_gets_a_token(opened: OpenWorkspace) -> None:
    """A new identity file is enough to join the team."""
    path = opened.root / "agent-system" / "agent-identities" / "tester.md"
    path.write_text("# Tester\n\n**Role**: Tests\n")
    assert len(opened.perform("agent list")) == 4
    done = opened.perform_as("tester", "context set", task="Tests")
    assert done["name"] == "tester"


def test_an_agent_cannot_take_the_maintainers_place(opened: OpenWorkspace) -> None:
    """No name that an agent may have touches the list of maintainers."""
    root = str(opened.root)
    opened.perform("init", workspace=root, agent=["maintainers.sha256"])
    for agent in [x["name"] for x in opened.perform("agent list")]:
        opened.perform("agent retire", agent=agent)
    assert opened.perform("hooks install") == []


def test_maintainers_have_names(
    opened: OpenWorkspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each one, kept with the token; no two have the same."""
    layout = opened.layout
    assert callers.resolve(
        opened.workspace, Credentials(opened.root, "", tokens.own())
    ) == Caller(is_maintainer=True)
    tokens.admit_maintainer(layout, "Ann Lee")
    tokens.admit_maintainer(layout)
    shown = Credentials(opened.root, "", tokens.own())
    found = callers.resolve(opened.workspace, shown)
    assert (found.name, found.actor) == ("Ann Lee", "(maintainer Ann Lee)")
    with pytest.raises(Conflict, match="goes by the name Ann Lee"):
        tokens.admit_maintainer(layout, "Bob")
    assert tokens.others(layout, "") == ("Ann Lee",)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "other"))
    with pytest.raises(Conflict, match="Another maintainer"):
        tokens.admit_maintainer(layout, "Ann Lee")
    tokens.admit_maintainer(layout, "", lambda: "Ann Lee")
    assert tokens.maintainer(layout, tokens.own()) == "Ann Lee 2"
    assert tokens.others(layout, "Ann Lee") == ("Ann Lee 2",)


@pytest.mark.parametrize("name", ["", "a(b", "coordinator", "-x", "a\nb", "x" * 61])
def test_a_maintainers_name_is_one(name: str) -> None:
    """It stands in records, in brackets."""
    with pytest.raises(UsageProblem):
        tokens.check_name(name)
    assert tokens.check_name("Zoë O'Neil-Smith, Jr.") == "Zoë O'Neil-Smith, Jr."
