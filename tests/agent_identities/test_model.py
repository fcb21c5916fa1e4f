import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_identities.model import (
    DEFAULT_ROSTER,
    Identity,
    identity_for,
    is_prefix,
    name_of,
    title_of,
    without_duplicates,
)
from coordinator.kernel.errors import UsageProblem


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Backend Developer", "backend"),
        ("Backend Developer Agent", "backend"),
        ("backend-developer", "backend"),
        ("Backend Dev", "backend"),
        ("Security Engineer", "security"),
        ("🔒 Security Specialist", "security"),
        ("Vibe Coder", "vibe-coder"),
        ("laravel-dev", "laravel-dev"),
        ("Load Test Engineer", "load-test-engineer"),
        ("Developer", "developer"),
        ("Agent", "agent"),
        ("Développeur Süd", "developpeur-sud"),
        ("dev", "dev"),
        ("開発", ""),
        ("", ""),
    ],
)
def test_a_title_becomes_a_short_name(title: str, name: str) -> None:
    """Role words at the end go only where exactly one other word remains."""
    assert name_of(title) == name


@given(st.text())
def test_every_title_becomes_a_valid_name_or_none(title: str) -> None:
    """What comes out of any title can be a name, a prefix and a file name."""
    name = name_of(title)
    assert not name or is_prefix(name)
    assert re.fullmatch(r"[a-z0-9-]*", name)


def test_an_identity_has_a_prefix_and_a_title_by_default() -> None:
    """Without a prefix the name is it; without a title the name makes one."""
    made = Identity("vibe-coder")
    assert (made.prefix, made.title) == ("vibe-coder", "Vibe Coder")


def test_where_an_identity_was_read_does_not_make_it_another() -> None:
    """Path and line take no part in comparisons."""
    assert Identity("a", path="x.md", line=3) == Identity("a", path="y.md", line=9)


def test_a_name_becomes_a_title() -> None:
    """Separators become spaces."""
    assert title_of("load-test_agent.v2") == "Load Test Agent V2"


@pytest.mark.parametrize("text", ["backend", "a", "0.x_y-z", "a" * 60])
def test_a_good_prefix_is_accepted(text: str) -> None:
    """A prefix is up to 60 of a-z, 0-9, `.`, `_` and `-`."""
    assert is_prefix(text)


@pytest.mark.parametrize(
    "text", ["", "Backend", "a/b", "-a", "a..b", "a.", "a.lock", "a b", "a" * 61, "a\n"]
)
def test_a_prefix_that_git_or_the_house_refuses_is_refused(text: str) -> None:
    """Upper case, slashes, and what git-check-ref-format forbids are no prefix."""
    assert not is_prefix(text)


def test_the_default_roster_is_whole() -> None:
    """Each default identity says what it does, where, and with whom."""
    assert [x.name for x in DEFAULT_ROSTER] == ["backend", "frontend", "docs"]
    assert all(x.role and x.responsibilities and x.paths for x in DEFAULT_ROSTER)
    names = {x.name for x in DEFAULT_ROSTER}
    assert all(set(x.partners) < names for x in DEFAULT_ROSTER)


def test_a_default_identity_is_found_by_name() -> None:
    """A name of the default roster gives that identity."""
    assert identity_for("backend") is DEFAULT_ROSTER[0]


def test_any_other_name_gets_a_plain_identity() -> None:
    """An identity for an unknown name has that name, a title, role and duties."""
    made = identity_for("qa")
    assert (made.name, made.prefix, made.title) == ("qa", "qa", "Qa Developer")
    assert made.role
    assert made.responsibilities
    assert identity_for("vibe-coder").title == "Vibe Coder"


def test_a_bad_name_gets_no_identity() -> None:
    """A name that could not be a file's is refused."""
    with pytest.raises(UsageProblem):
        identity_for("../up")


def test_the_first_of_two_identities_with_one_name_counts() -> None:
    """A name that comes again is a problem at its own line."""
    first = Identity("a", role="one", path="x.md", line=1)
    second = Identity("a", role="two", path="y.md", line=7)
    kept, problems = without_duplicates([first, second])
    assert [x.role for x in kept] == ["one"]
    assert [(x.path, x.line, x.code) for x in problems] == [
        ("y.md", 7, "duplicate-agent")
    ]
    assert "x.md, line 1" in problems[0].message


def test_a_prefix_that_two_agents_share_is_a_problem() -> None:
    """Both agents stay; the problem stands at the second."""
    made = [Identity("a", line=1), Identity("b", prefix="a", path="p.md", line=2)]
    kept, problems = without_duplicates(made)
    assert [x.name for x in kept] == ["a", "b"]
    assert [(x.line, x.code) for x in problems] == [(2, "duplicate-prefix")]
