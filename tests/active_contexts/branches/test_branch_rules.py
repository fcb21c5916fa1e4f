import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from active_contexts.branches import branch_rules as branches
from active_contexts.branches.branch_rules import (
    BadFeature,
    BadPrefix,
    NameVerdict,
    verdict,
)

RULES = Path(branches.__file__).with_name("hook_scripts") / "branch_rules.sh"
AGENTS = ("backend", "frontend", "team/docs")


@pytest.mark.parametrize(
    ("branch", "own", "said"),
    [
        ("backend/login", "backend", NameVerdict.FINE),
        ("backend/1.2_x-y", "backend", NameVerdict.FINE),
        ("backend/" + "a" * 60, "backend", NameVerdict.FINE),
        ("backend/" + "a" * 61, "backend", NameVerdict.MALFORMED),
        ("backend/Login", "backend", NameVerdict.MALFORMED),
        ("backend/-x", "backend", NameVerdict.MALFORMED),
        ("backend/a..b", "backend", NameVerdict.MALFORMED),
        ("backend/a.lock", "backend", NameVerdict.MALFORMED),
        ("backend/a.", "backend", NameVerdict.MALFORMED),
        ("backend/a/b", "backend", NameVerdict.MALFORMED),
        ("backend/login\n", "backend", NameVerdict.MALFORMED),
        ("frontend/login", "backend", NameVerdict.NOT_OWN),
        ("release/1.0", "backend", NameVerdict.NOT_OWN),
        ("backends/x", "backend", NameVerdict.NOT_OWN),
        ("backend", "backend", NameVerdict.BLOCKS_NAMESPACE),
        ("frontend", "backend", NameVerdict.BLOCKS_NAMESPACE),
        ("release/1.0", None, NameVerdict.FINE),
        ("frontend/login", None, NameVerdict.FINE),
        ("frontend/Login", None, NameVerdict.MALFORMED),
        ("backend", None, NameVerdict.BLOCKS_NAMESPACE),
        ("team", None, NameVerdict.BLOCKS_NAMESPACE),
        ("team/docs/guide", None, NameVerdict.FINE),
        ("team/other", None, NameVerdict.FINE),
    ],
)
def test_a_name_is_judged_by_where_it_is(
    branch: str, own: str | None, said: NameVerdict
) -> None:
    """In an agent's worktree only its own names pass; elsewhere agents' are checked."""
    assert verdict(branch, own_prefix=own, prefixes=AGENTS) is said
    assert branches.explain(branch, said, own_prefix=own).endswith((".", "…"))


def test_a_longer_prefix_may_stand_inside_a_shorter_one() -> None:
    """A name that is well-formed for one of the prefixes is fine."""
    assert verdict("a/b/x", own_prefix=None, prefixes=["a", "a/b"]) is NameVerdict.FINE


def test_a_branch_is_named_after_agent_and_feature() -> None:
    """The pattern accepts what `name_for` makes."""
    name = branches.name_for("backend", "login-2")
    assert name == "backend/login-2"
    assert branches.pattern("backend").fullmatch(name)
    assert not branches.pattern("back.nd").fullmatch(name)


@pytest.mark.parametrize(
    ("feature", "hint"),
    [("Add JWT auth!", "such as add-jwt-auth."), ("a..b", "such as a-b."), ("é", ".")],
)
def test_a_bad_feature_gets_a_proposal(feature: str, hint: str) -> None:
    """A refused name comes with one that would do."""
    with pytest.raises(BadFeature) as caught:
        branches.name_for("backend", feature)
    assert caught.value.hint.endswith(hint)


def test_a_bad_prefix_is_refused() -> None:
    """Hooks read prefixes word by word: no blank, no glob."""
    for prefix in ("", "a b", "*", "A", "a/", "a..b", "x.lock"):
        with pytest.raises(BadPrefix):
            branches.check_prefix(prefix)


@pytest.mark.parametrize(
    ("branch", "proper"),
    [
        ("backend/Add Login", "backend/add-login"),
        ("team/docs/A/B", "team/docs/a-b"),
        ("backend", "backend/backend"),
        ("team", "team/docs/team"),
        ("backend/é", "backend/e"),
        ("backend/€", "backend/feature"),
    ],
)
def test_a_wrong_name_has_a_proper_one(branch: str, proper: str) -> None:
    """The command that mends a name proposes a well-formed one."""
    assert branches.proper_name(branch, AGENTS) == proper


@pytest.mark.parametrize(
    ("taken", "free"),
    [
        ((), "a/foo"),
        (("a/foo", "a/FOO-2"), "a/foo-3"),
        (("a/foo/bar",), "a/foo-2"),
        (("a/foobar",), "a/foo"),
    ],
)
def test_a_name_that_is_taken_gets_a_number(taken: tuple[str, ...], free: str) -> None:
    """Also where a branch inside it is in the way."""
    assert branches.free_name("a/foo", taken) == free


def test_a_number_does_not_make_a_name_too_long() -> None:
    """What is proposed is never refused."""
    wanted = branches.name_for("a", "x" * 60)
    made = branches.free_name(wanted, [wanted])
    assert branches.pattern("a").fullmatch(made)


@given(st.text())
def test_a_suggestion_is_a_feature_or_empty(text: str) -> None:
    """What is proposed is never refused."""
    made = branches.suggestion(text)
    assert not made or branches.name_for("backend", made)


def test_the_hooks_judge_as_the_model_does() -> None:
    """Shell and Python hold one rule (git itself refuses what git refuses)."""
    names = [
        "backend", "backend/x", "backend/X", "backend/a/b", "backend/.x", "backend/é",
        "backend/" + "a" * 60, "backend/" + "a" * 61, "frontend/x", "frontend", "team",
        "release/1.0", "team/docs/x", "team/docs", "backendx", "backend/a*b",
        "backend/a[b", "x*", "*", "backend/a b",
    ]  # fmt: skip
    words = {
        NameVerdict.FINE: "fine",
        NameVerdict.NOT_OWN: "not-own",
        NameVerdict.MALFORMED: "malformed",
        NameVerdict.BLOCKS_NAMESPACE: "blocks",
    }
    rules = f"set -f\nIFS='\n'\n{RULES.read_text()}"
    loop = 'while IFS= read -r n; do judge "$n"; echo "$verdict"; done\n'
    for own in ("", "backend", "team/docs"):
        lines = "\n".join([*AGENTS, own])
        head = f"own={own} prefixes='{lines}'\n"
        said = subprocess.run(
            ["sh", "-c", rules + head + loop],
            input="".join(f"{x}\n" for x in names),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        expected = [
            words[verdict(x, own_prefix=own or None, prefixes=AGENTS)] for x in names
        ]
        assert said == expected
