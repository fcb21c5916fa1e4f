import os
import pwd

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_identities.attribution import Roster
from agent_identities.model import DEFAULT_ROSTER, Identity

ROSTER = Roster(
    [
        *DEFAULT_ROSTER,
        Identity("vibe-coder"),
        Identity("backend-legacy", prefix="legacy"),
        Identity("qa", title="Test Engineer"),
    ]
)


@pytest.mark.parametrize(
    ("file_name", "agent"),
    [
        ("backend.md", "backend"),
        ("backend", "backend"),
        ("backend-developer-status.md", "backend"),
        ("backend_developer_status.md", "backend"),
        ("Backend Developer status.md", "backend"),
        ("backend-dev-status.md", "backend"),
        ("backend-agent.md", "backend"),
        ("backend2.md", "backend"),
        ("backend-2026-01-31.md", "backend"),
        ("2026-01-31-backend-x.md", "backend"),
        ("2026-01-31_backend_x.md", "backend"),
        ("2026-01-31backend.md", "backend"),
        ("BACKEND-STATUS.MD", "backend"),
        ("pending-commits/backend-api-guide.md", "backend"),
        ("documentation-writer-status.md", "docs"),
        ("vibe_coder.md", "vibe-coder"),
        ("backend-legacy-plan.md", "backend-legacy"),
        ("legacy-plan.md", None),
        ("test-engineer-notes.md", "qa"),
        ("backendish.md", None),
        ("backend\u0301.md", None),
        ("my-backend.md", None),
        ("2026-01-31.md", None),
        ("2026-01-31-", None),
        ("vibe.md", None),
        ("", None),
        ("-", None),
    ],
)
def test_a_file_belongs_to_the_longest_name_it_starts_with(
    file_name: str, agent: str | None
) -> None:
    """Case and the kind of separator do not count; half a word is nobody's."""
    assert ROSTER.attribute(file_name) == agent


def test_a_name_beats_another_agents_alias() -> None:
    """An agent called `backend-developer` owns files that start so."""
    roster = Roster([Identity("backend"), Identity("backend-developer")])
    assert roster.attribute("backend-developer-status.md") == "backend-developer"
    assert roster.attribute("backend-dev.md") == "backend"


def test_the_owner_decides_where_agents_have_their_own_users() -> None:
    """A unix user that one identity names wins over the file's name."""
    uid = os.getuid()
    mine = pwd.getpwuid(uid).pw_name
    roster = Roster([Identity("backend", user=mine), Identity("docs")])
    assert roster.attribute("docs-x.md", uid) == "backend"
    assert roster.attribute("docs-x.md", uid + 1) == "docs"
    assert roster.attribute("docs-x.md") == "docs"


@pytest.mark.parametrize("user", ["no-such-user-here", "", "nul\0", "\ud800"])
def test_an_unknown_user_says_nothing(user: str) -> None:
    """A user that the machine does not know leaves the name to decide."""
    roster = Roster([Identity("backend", user=user), Identity("docs")])
    assert roster.attribute("docs-x.md", os.getuid()) == "docs"


def test_a_user_that_agents_share_says_nothing() -> None:
    """Two agents under one user are told apart by name."""
    uid = os.getuid()
    mine = pwd.getpwuid(uid).pw_name
    roster = Roster([Identity("backend", user=mine), Identity("docs", user=mine)])
    assert roster.attribute("docs-x.md", uid) == "docs"
    assert roster.attribute("x.md", uid) is None


@pytest.mark.parametrize(
    ("branch", "agent"),
    [
        ("backend/login", "backend"),
        ("refs/heads/backend/login", "backend"),
        ("legacy/x/y", "backend-legacy"),
        ("backend-legacy/x", None),
        ("backend", None),
        ("backend/", None),
        ("Backend/login", None),
        ("release/1.0", None),
        ("", None),
    ],
)
def test_a_branch_belongs_to_its_prefix(branch: str, agent: str | None) -> None:
    """Only a whole prefix and a slash make a branch an agent's."""
    assert ROSTER.owner_of_branch(branch) == agent


def test_a_roster_knows_its_agents() -> None:
    """Names come in the documents' order; the first of two equal ones counts."""
    roster = Roster([Identity("b", role="1"), Identity("a"), Identity("b", role="2")])
    assert roster.names == ("b", "a")
    assert dict(roster.prefixes) == {"a": "a", "b": "b"}
    found = roster.find("b")
    assert found is not None
    assert found.role == "1"
    assert roster.find("B") is None


def test_the_first_owner_keeps_a_shared_prefix() -> None:
    """A prefix that two agents claim belongs to the first."""
    roster = Roster([Identity("a", prefix="x"), Identity("b", prefix="x")])
    assert roster.owner_of_branch("x/y") == "a"


def test_an_empty_roster_attributes_nothing() -> None:
    """Without agents every file is nobody's."""
    roster = Roster([])
    assert roster.attribute("backend.md") is None
    assert roster.owner_of_branch("backend/x") is None


@given(st.text(), st.integers() | st.none())
def test_any_file_name_is_answered(file_name: str, uid: int | None) -> None:
    """Hostile names give an agent of the roster or None, never an error."""
    assert ROSTER.attribute(file_name, uid) in {*ROSTER.names, None}
