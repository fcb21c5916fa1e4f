"""What is new of conflicts, and what is over, with literals."""

from pending_commits.radar import news, words
from pending_commits.radar.model import Clash, OpenWork, Radar
from pending_commits.radar.news import News, WorkConflict

PAIR = WorkConflict("shop", ("backend", "docs"), ("a", "b"))
OWN = WorkConflict("shop", ("docs",), ("a",), "docs-x", "1" * 40)


def test_works_become_their_owners() -> None:
    """Two worktrees of one agent and another agent's are one pair, paths together."""
    works = [
        OpenWork("docs", "shop-docs", "1" * 40),
        OpenWork("backend", "shop-backend", "2" * 40),
        OpenWork("docs", "docs-x", "3" * 40),
    ]
    radar = Radar(
        {"docs-x": ("a",)},
        (
            Clash("shop-docs", "shop-backend", ("b",)),
            Clash("shop-backend", "docs-x", ("a",)),
        ),
    )
    assert news.conflicts("shop", works, radar) == (
        PAIR,
        WorkConflict("shop", ("docs",), ("a",), "docs-x", "3" * 40),
    )


def test_what_is_known_is_no_news() -> None:
    """Nor is what is nowhere."""
    assert news.news([PAIR], [PAIR]) == News()
    assert news.news([], []) == News()


def test_a_new_conflict_is_recorded_and_told() -> None:
    """With all of its paths."""
    assert news.news([], [PAIR, OWN]) == News((PAIR, OWN), (), (PAIR, OWN))


def test_of_a_known_conflict_new_paths_are_told() -> None:
    """And fewer paths are recorded without a word."""
    less = WorkConflict("shop", ("backend", "docs"), ("a",))
    found = news.news([less], [PAIR])
    assert found == News((PAIR,), (), (WorkConflict("shop", PAIR.agents, ("b",)),))
    assert news.news([PAIR], [less]) == News((less,), (), ())


def test_another_head_is_recorded_without_a_word() -> None:
    """So that a proposal's conflict is known to be of its newest commit."""
    later = WorkConflict("shop", ("docs",), ("a",), "docs-x", "2" * 40)
    assert news.news([OWN], [later]) == News((later,), (), ())


def test_what_is_gone_is_over_unless_nobody_could_look() -> None:
    """Work that cannot be read may still be in the way."""
    assert news.news([PAIR, OWN], []) == News((), (PAIR, OWN), ())
    assert news.news([PAIR, OWN], [], frozenset({"docs"})) == News()
    assert news.news([PAIR, OWN], [], frozenset({"backend"})).ended == (OWN,)


def test_a_conflict_is_told_with_its_paths_and_a_way_out() -> None:
    """To each of the two, about the other; hidden characters are shown."""
    assert words.subject(PAIR, "docs", "main") == (
        "Your work in shop does not merge with that of backend"
    )
    assert words.body(PAIR, "docs", "main") == (
        "Your work in shop does not merge with that of backend:\n\n- a\n- b\n\n"
        "Agree with backend who changes them; uncommitted work counts."
        " Look again: coordinator conflicts\n"
    )
    odd = WorkConflict(
        "shop", ("docs",), tuple(f"x\x1b{x}" for x in range(12)), "docs-x"
    )
    body = words.body(odd, "docs", "main")
    assert "Your work in shop does not merge with main (docs-x):" in body
    assert "- x\\x1b0\n" in body
    assert "- and 2 more\n" in body
    assert "Bring your branch up to main before it is to land." in body


def test_a_conflict_is_a_line_on_the_board() -> None:
    """Of two agents, or of one and the target."""
    assert words.line(PAIR, "main") == "backend and docs in shop: a, b"
    assert words.line(OWN, "main") == "docs (docs-x) and main in shop: a"
    said = words.not_compared(["a", "b"], "it is gone")
    assert said == "a and b could not be compared: it is gone"
