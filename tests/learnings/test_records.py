import pytest

from coordinator.kernel import frontmatter
from coordinator.kernel.markdown import scan
from learnings import records
from learnings.facts import Facts


def read(text: str, stem: str = "tokens") -> Facts | None:
    """Read a document as a record."""
    front = frontmatter.split(text, "a.md")
    return records.read(front, scan(front.body, first=front.body_line), stem)


NYGARD = """\
# 9. Use tokens

Date: 2026-01-31

## Status

Accepted

Supersedes [2. Use cookies](0002-use-cookies.md)

Amends [3. Log in once](0003-log-in-once.md)

## Context

Sessions fill the memory.

## Decision

We hand out tokens.

- Small ones.

## Consequences

Tokens expire.
"""

MADR = """\
---
status: superseded by [ADR-0012](0012-opaque.md)
date: 2026-01-31
decision-makers: [ann, bob]
parent: Decisions
---
# Use tokens

## Context and Problem Statement

Sessions fill the memory.

## Considered Options

* Tokens
* Cookies

## Decision Outcome

Chosen option: "Tokens".

### Consequences

* Good, because small

## Pros and Cons of the Options

* Bad, because new
"""


def test_a_nygard_record_is_one_decision() -> None:
    """As adr-tools writes it: number, date, status and its links, sections."""
    entry = read(NYGARD)
    assert entry is not None
    assert (entry.id, entry.title, entry.line) == ("adr-0009", "Use tokens", 1)
    assert (entry.date, entry.said) == ("2026-01-31", "Accepted")
    assert (entry.supersedes, entry.superseded_by) == (["adr-0002"], [])
    assert entry.texts == [
        "We hand out tokens.",
        "Small ones.",
        "Sessions fill the memory.",
    ]


def test_a_nygard_record_says_what_took_its_place() -> None:
    """In either spelling of superseded."""
    text = NYGARD.replace("Accepted", "Superceded by [10. Opaque](0010-opaque.md)")
    entry = read(text)
    assert entry is not None
    assert entry.superseded_by == ["adr-0010"]


def test_a_madr_record_is_one_decision() -> None:
    """Front matter, outcome with its consequences, then context."""
    entry = read(MADR, "0009-use-tokens")
    assert entry is not None
    assert (entry.id, entry.title, entry.line) == ("adr-0009", "Use tokens", 7)
    assert (entry.date, entry.agent) == ("2026-01-31", "ann, bob")
    assert entry.superseded_by == ["adr-0012"]
    assert entry.texts[1:] == ["Good, because small", "Sessions fill the memory."]


def test_an_old_madr_record_has_its_facts_in_bullets() -> None:
    """MADR 2 knows no front matter."""
    text = (
        "# Use tokens\n\n* Status: rejected\n* Deciders: ann\n* Date: 2026-01-31\n\n"
        "## Decision Outcome\n\nNone.\n"
    )
    entry = read(text)
    assert entry is not None
    assert (entry.said, entry.agent, entry.id) == ("rejected", "ann", "")


@pytest.mark.parametrize(
    ("text", "stem"),
    [
        ("# ADR-4: Tokens\n\n**Status:** Proposed\n\nThey are\nsmall.\n\nMore.\n", "a"),
        (
            "# Tokens\nStatus: Proposed\n\nThey are\nsmall.\n## Rest\nMore\n",
            "ADR-004-a",
        ),
        ("---\ntitle: 4. Tokens\nstatus: Proposed\n---\nThey are\nsmall.\n", "a"),
    ],
)
def test_a_number_and_a_status_make_a_record(text: str, stem: str) -> None:
    """A short form without sections; its first paragraph is the reason."""
    entry = read(text, stem)
    assert entry is not None
    assert (entry.id, entry.title, entry.said) == ("adr-0004", "Tokens", "Proposed")
    assert entry.texts == ["They are", "small."]


@pytest.mark.parametrize(
    "text",
    [
        "# Tokens expire\n\n**Date:** 2026-01-31\n\n## What I learned\n- much\n",
        "# Log\n\n## Decisions\n- Use tokens\n",
        "# 4. Tokens\n\nJust words.\n",
        "# Tokens\nStatus: done\n",
        "",
    ],
)
def test_other_documents_are_no_records(text: str) -> None:
    """A learning or a log is not one decision."""
    assert read(text) is None


def test_sections_other_than_the_status_say_no_facts() -> None:
    """`Status:` among the options is not the decision's."""
    entry = read(NYGARD.replace("Tokens expire.", "Status: rejected"))
    assert entry is not None
    assert entry.said == "Accepted"
