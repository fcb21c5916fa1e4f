import pytest

from coordinator.kernel.text.markdown import scan
from learnings import entries


def titles(text: str) -> list[str]:
    """Return the titles of the entries in a document, empty boxes aside."""
    return [x.title for x in entries.read(scan(text)) if x.title]


@pytest.mark.parametrize(
    "title",
    [
        "Decision Log",
        "Decisions",
        "Key decisions",
        "Key Decisions and Learnings",
        "Key decisions & learnings:",
        "Notes & Decisions",
        "2. Decisions",
        "🏛️ Architecture Decisions",
        "**Decisions made**",
        "Technical decisions and rationale",
        "Decisions taken",
    ],
)
def test_a_log_is_known_by_its_title(title: str) -> None:
    """However the section is called, its bullets are decisions."""
    assert entries.is_log(title)
    assert titles(f"## {title}\n- Use tokens\n") == ["Use tokens"]


@pytest.mark.parametrize(
    "title",
    [
        "Decision",
        "Decision drivers",
        "Decision Outcome",
        "Open decisions",
        "Related Decisions",
        "How decisions are made",
        "Learnings",
        "Decisions that we did not dare to take",
        "",
    ],
)
def test_other_titles_announce_no_log(title: str) -> None:
    """What is open, related or only about deciding was not decided here."""
    assert not entries.is_log(title)
    assert titles(f"## {title}\n- Use tokens\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "## Decisions\n- Use tokens\n- Keep logs\n",
        "## Decisions\r\n\r\n* Use tokens\r\n\r\n* Keep logs\r\n",
        "## Decisions\n1. [x] Use tokens\n2. [ ] Keep logs\n3. [ ]\n4.\n",
        "Key decisions and learnings:\n1. Use tokens\n2. Keep logs\n\nBye\n- no\n",
        "**Key decisions**\n\n- Use tokens\n- Keep logs\n## Next\n- no\n",
        "**Decisions:**\n- Use tokens\n- Keep logs",
        "- Notes\n- Decisions:\n  - Use tokens\n  - Keep logs\n- Other\n",
        "- **Decision log**\n\n  1. Use tokens\n  2. Keep logs\n",
        "## Decisions\nProse before.\n- Use tokens\n  - no: a reason\n- Keep logs\n",
        "## Decisions\n```\n- no\n```\n- Use tokens\n- Keep logs\n",
        "## Decisions\n### Backend\n- Use tokens\n### Operations\n- Keep logs\n",
        "## Decisions\n### 2026-01-31\n- Use tokens\n- Keep logs\n",
        "## Decisions\n### Use tokens\nSmall.\n### Keep logs\n**Reason:** law\n",
        "# Decision log\n## Decision 1: Use tokens\n- a\n## Decision 2 - Keep logs\n",
        "# Decision log\n## 1. Use tokens\n- a\n## 2. Keep logs\n## Guidance\n- no\n",
        "# Decisions\n- Date: 2026-01-31\n- Use tokens\n- Keep logs\n",
        "# Log of decisions\n## Decisions\n- Use tokens\n## Decisions\n- Keep logs",
    ],
)
def test_the_entries_of_a_log_are_found_in_every_form(text: str) -> None:
    """Bullets, numbers, boxes, categories, days and headings."""
    assert titles(text) == ["Use tokens", "Keep logs"]


@pytest.mark.parametrize(
    ("line", "title", "reason"),
    [
        ("Use tokens", "Use tokens", []),
        ("**Use tokens**: no session store", "Use tokens", ["no session store"]),
        ("**Use tokens:** no session store", "Use tokens", ["no session store"]),
        ("**Use tokens** - no store", "Use tokens", ["no store"]),
        ("**Use** tokens", "Use tokens", []),
        ("Use tokens — no store", "Use tokens", ["no store"]),
        ("Use tokens - small ones", "Use tokens - small ones", []),
        ("Cache: in memory", "Cache: in memory", []),
        ("Decision 3: Use tokens", "Use tokens", []),
        ("**Decision**: Use tokens", "Use tokens", []),
        ("**Decision 1: Use tokens**: why", "Use tokens", ["why"]),
        ("✅ Use tokens", "Use tokens", []),
        ("2026-01-31: Use tokens", "Use tokens", []),
        ("**2026-01-31**: Use tokens", "Use tokens", []),
        ("**2026-01-31 \u2013 Use tokens**: why", "Use tokens", ["why"]),
        ("[Use tokens](adr/0003-tokens.md)", "Use tokens", []),
        ("**Use tokens** (accepted): why", "Use tokens", ["why"]),
    ],
)
def test_an_entry_has_a_title_and_perhaps_a_reason(
    line: str, title: str, reason: list[str]
) -> None:
    """Days, labels and remarks are facts, not words of the title."""
    entry = entries.headline(line, 1)
    assert (entry.title, entry.texts) == (title, reason)


def test_a_label_is_kept() -> None:
    """A log's own numbers are how people speak of its entries."""
    entry = entries.headline("DL-007: Use tokens", 4)
    assert (entry.label, entry.title, entry.line) == ("DL-007", "Use tokens", 4)
    assert entries.headline("**[D7]** Use tokens", 1).label == ""
    assert entries.headline("[D7] Use tokens", 1).label == "D7"


def test_a_day_above_the_bullets_is_their_date() -> None:
    """A log in days needs no date in every line."""
    text = "## Decisions\n### 2026-01-31\n- Use tokens\n- 2026-02-01: Keep logs\n"
    found = entries.read(scan(text))
    assert [x.date for x in found] == ["2026-01-31", "2026-02-01"]


def test_what_stands_below_an_entry_belongs_to_it() -> None:
    """Nested bullets are reasons or facts of their parent."""
    text = (
        "## Decisions\n- Use tokens\n  - Date: 2026-01-31\n  - Status: Proposed\n"
        "  - Small\n    deeper\n  - Supersedes: d-3fa91c\ngoes on\n\n  and on\n\nno\n"
    )
    (entry,) = entries.read(scan(text))
    assert (entry.date, entry.said) == ("2026-01-31", "Proposed")
    assert entry.texts == ["Small", "deeper", "goes on", "and on"]
    assert entry.supersedes == ["d-3fa91c"]


def test_keys_in_bullets_are_one_decision_a_round() -> None:
    """`- Date, - Decision, - Status`, again and again."""
    text = (
        "## Decisions\n- Date: 2026-01-31\n- Decision: Use tokens\n- Reason: small\n"
        "- Date: 2026-02-01\n- Decision: Keep logs\n- Status: rejected\n"
    )
    first, second = entries.read(scan(text))
    assert (first.title, first.date, first.texts) == (
        "Use tokens",
        "2026-01-31",
        ["Reason: small"],
    )
    assert (second.title, second.said, second.line) == ("Keep logs", "rejected", 5)


def test_a_heading_with_keys_is_one_decision() -> None:
    """Its sections are its facts and reasons."""
    text = (
        "## Decisions\n### ✅ Use tokens - **ACCEPTED**\n- **Date**: 31 Jan 2026\n"
        "- **Reason**: small\n#### Status\nRejected\n#### Consequences\nNone yet.\n"
    )
    (entry,) = entries.read(scan(text))
    assert (entry.title, entry.said, entry.date) == (
        "Use tokens",
        "Rejected",
        "2026-01-31",
    )
    assert entry.texts == ["**Reason**: small", "None yet."]
