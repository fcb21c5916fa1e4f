import pytest

from learnings import facts
from learnings.facts import Facts
from learnings.model import Status


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("accepted", Status.ACCEPTED),
        ("✅ Approved", Status.ACCEPTED),
        ("✅", Status.ACCEPTED),
        ("**ADOPTED**", Status.ACCEPTED),
        ("Active", Status.ACCEPTED),
        ("Accepted (supersedes ADR-3)", Status.ACCEPTED),
        ("Proposed → Accepted", Status.ACCEPTED),
        ("accepted -> deprecated", Status.DEPRECATED),
        ("draft", Status.PROPOSED),
        ("In review", Status.PROPOSED),
        ("not yet accepted", Status.PROPOSED),
        ("⏳ Awaiting approval", Status.PROPOSED),
        ("Rejected by the team", Status.REJECTED),
        ("❌", Status.REJECTED),
        ("withdrawn", Status.REJECTED),
        ("obsolete", Status.DEPRECATED),
        ("Superceded by 9", Status.SUPERSEDED),
        ("replaced by ADR-9", Status.SUPERSEDED),
        ("purple", None),
        ("", None),
    ],
)
def test_a_status_is_heard_however_it_is_spelled(
    words: str, status: Status | None
) -> None:
    """The first word that says one counts; of a change the last."""
    assert facts.status_in(words) is status


@pytest.mark.parametrize(
    ("words", "date"),
    [
        ("2026-01-31", "2026-01-31"),
        ("on 2026-01-31T09:30:00Z", "2026-01-31"),
        ("2026/1/3", "2026-01-03"),
        ("31.01.2026", "2026-01-31"),
        ("January 31, 2026", "2026-01-31"),
        ("Jan. 31st 2026", "2026-01-31"),
        ("31 Jan 2026", "2026-01-31"),
        ("3rd of May", ""),
        ("2nd February 2026", "2026-02-02"),
        ("01/02/2026", ""),
        ("2026-13-31", ""),
        ("31.02.2026", ""),
        ("{YYYY-MM-DD}", ""),
    ],
)
def test_a_date_is_an_iso_day_or_nothing(words: str, date: str) -> None:
    """A date that can be read in two ways is not guessed."""
    assert facts.date_in(words) == date


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("Status: accepted", ("status", "accepted")),
        ("**Decided on**: today", ("date", "today")),
        ("**Decision-makers:** a, b", ("agent", "a, b")),
        ("_Superseded by_: 9", ("superseded_by", "9")),
        ("Rationale:", ("text", "")),
        ("Colour: red", None),
        ("Use: tokens", None),
        ("status accepted", None),
    ],
)
def test_keys_are_known_in_their_spellings(
    text: str, pair: tuple[str, str] | None
) -> None:
    """An unknown key is plain text."""
    assert facts.pair_in(text) == pair


@pytest.mark.parametrize(
    "text",
    [
        "[describe decision]",
        "{title}",
        "{{ title }}",
        "<title>",
        "...",
        "…",
        "TBD",
        "**TODO**",
        "`[What]`",
    ],
)
def test_a_template_is_told_from_a_decision(text: str) -> None:
    """Words in brackets wait for somebody to fill them in."""
    assert facts.is_placeholder(text)


@pytest.mark.parametrize(
    "text", ["Use [tokens]", "todo lists", "[a](b.md) and c", "Use {x}", "x"]
)
def test_a_decision_may_hold_brackets(text: str) -> None:
    """Only a title that is nothing else is a placeholder."""
    assert not facts.is_placeholder(text)


def test_marks_and_links_are_not_part_of_a_title() -> None:
    """A title is shown in lists, where no Markdown is rendered."""
    assert facts.plain("Use **opaque** [tokens](a.md)  now") == "Use opaque tokens now"
    assert len(facts.plain("x" * 2_000)) == 300


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Use tokens (2026-01-31, by docs, supersedes d-3fa91c, d-0a0b0c)", "tokens"),
        ("Use tokens (accepted)", "tokens"),
        ("Use tokens (superseded by ADR-9)", "tokens"),
        ("Use tokens (opaque)", "(opaque)"),
        ("Use tokens (accepted, opaque)", "opaque)"),
        ("Use tokens (supersedes nothing)", "nothing)"),
        ("Use tokens ()", "()"),
    ],
)
def test_remarks_behind_a_title_are_taken_off_only_when_all_are_known(
    text: str, left: str
) -> None:
    """Other words in brackets belong to the title."""
    assert facts.take_parenthesis(Facts("", 1), text).endswith(left)


def test_remarks_are_kept_as_facts() -> None:
    """Day, author, status and older decisions."""
    found = Facts("", 1)
    remarks = "(2026-01-31, by docs, rejected, supersedes d-3fa91c, d-0a0b0c)"
    assert facts.take_parenthesis(found, f"T {remarks}") == "T"
    assert (found.date, found.agent, found.said) == ("2026-01-31", "docs", "rejected")
    assert found.supersedes == ["d-3fa91c", "d-0a0b0c"]
