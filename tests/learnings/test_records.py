import pytest

from coordinator.kernel.text import frontmatter
from coordinator.kernel.text.markdown import scan
from learnings import records
from learnings.facts import Facts, status_in
from learnings.ids import title_id
from learnings.model import Status


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


QUOTED = "> **Status:** Rejected\n> **Date:** 2026-02-04\n"
LISTED = "- Status: Rejected\n- Date: 2026-02-04\n"
BELOW = "| Created | Status |\n| --- | --- |\n| 2026-02-04 | Rejected |\n"
BESIDE = "| Status | Rejected |\n|---|---|\n| Date | 2026-02-04 |\n"
TABLES = f"| Authors | Date |\n|---|---|\n| Ida | 2026-02-04 |\n\n{BESIDE}"
SECTIONS = "## Status\n\nRejected\n\n## Date\n\n2026-02-04\n"
GERMAN = "## Status\n\nAbgelehnt\n\n## Datum\n\n4. Feb 2026\n"
CHINESE = "## 状态\n\n已拒绝\n\n## 日期\n\n2026-02-04\n"
DECIDED = "\n## Context\n\nStatus: of the bread\n\n## Decision\n\nNo rye.\n"


@pytest.mark.parametrize(
    "head", [QUOTED, LISTED, BELOW, BESIDE, TABLES, SECTIONS, GERMAN, CHINESE]
)
def test_status_and_date_stand_in_many_shapes(head: str) -> None:
    """Quoted, listed, in tables and sections; a section of another kind says none."""
    found = read(f"# Rye\n\n{head}{DECIDED}")
    assert found is not None
    status = status_in(found.said)
    assert (found.title, status, found.date) == ("Rye", Status.REJECTED, "2026-02-04")


@pytest.mark.parametrize(
    ("background", "outcome"),
    [
        ("Kontext und Problemstellung", "Entscheidungsergebnis"),
        ("Contexte", "Décision"),
        ("Contexto", "Decisión"),
        ("Contexto", "Decisão"),
        ("Contesto", "Decisione"),
        ("Контекст", "Решение"),
        ("背景", "决策"),
        ("コンテキスト", "決定"),
        ("Context and Problem Statement", "Decision"),
    ],
)
def test_a_record_without_a_status_is_a_decision(background: str, outcome: str) -> None:
    """In whichever language its sections are called."""
    found = read(f"# Rye\n\n## {background}\n\nOat fell.\n\n## {outcome}\n\nRye.\n")
    assert found is not None
    assert (found.title, found.said, found.texts) == ("Rye", "", ["Rye.", "Oat fell."])


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("Akzeptiert", Status.ACCEPTED),
        ("Ersetzt durch ADR-9", Status.SUPERSEDED),
        ("Proposée", Status.PROPOSED),
        ("Sustituida", Status.SUPERSEDED),
        ("Rejeitada", Status.REJECTED),
        ("Принято", Status.ACCEPTED),
        ("已接受", Status.ACCEPTED),
        ("非推奨", Status.DEPRECATED),
        ("Teig", None),
    ],
)
def test_a_status_is_understood_in_other_languages(
    words: str, status: Status | None
) -> None:
    """Whatever gender its word has."""
    assert status_in(words) is status


def test_brackets_behind_the_title_may_hold_its_status() -> None:
    """But are left alone where they say more."""
    texts = [f"# Use rye {x}\n{DECIDED}" for x in ("(rejected)", "(for new bread)")]
    assert [found.said for x in texts if (found := read(x))] == ["rejected", ""]


def test_front_matter_names_the_record_and_its_id_stays() -> None:
    """An id that was made of the first heading is still that one."""
    text = f"---\ntitle: Use rye\n---\n{DECIDED}"
    found, plain = read(text), read(DECIDED)
    assert found is not None
    assert plain is not None
    before = title_id("tokens", "Context")
    assert (found.title, found.id) == ("Use rye", before)
    assert (plain.title, plain.id) == ("Tokens", before)


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


BODY = "\n## Context\n\nx\n\n## Decision\n\nUse rye\n"


@pytest.mark.parametrize(
    ("head", "status", "date"),
    [
        ("**Date:** 2026-09-18 · **Status:** Rejected\n", "rejected", "2026-09-18"),
        ("Date: 2026-09-18. Status: rejected.\n", "rejected", "2026-09-18"),
        ("Status: rejected | Date: 2026-09-18\n", "rejected", "2026-09-18"),
        ("## Status: Rejected\n", "rejected", ""),
        ("## Status\n\nAccepted · 2026-09-01\n", "accepted", "2026-09-01"),
        ("Status: Proposed | **Rejected** | Accepted\n", "rejected", ""),
        ("## Status\n\nDraft / **Rejected** / Accepted\n", "rejected", ""),
        ("Status: [ ] Accepted | [x] Rejected | [ ] Draft\n", "rejected", ""),
        ("ステータス: 却下\uff082026-09-07\uff09\n", "rejected", "2026-09-07"),
        ("상태: 거부\n날짜: 2026-09-07\n", "rejected", "2026-09-07"),
        ("Дата: 9 июня 2026\n", "accepted", "2026-06-09"),
        ("**Data:** 30 de junho de 2026\n", "accepted", "2026-06-30"),
        ("Datum: 3. März 2026\n", "accepted", "2026-03-03"),
        ("Date: February 3, 2026\n", "accepted", "2026-02-03"),
        ("Date: 30/06/2026\n", "accepted", "2026-06-30"),
        ("Date: 05/06/2026\n", "accepted", ""),
        ("> **Statut :** Accepté · **Date :** 2026-10-08\n", "accepted", "2026-10-08"),
    ],
)
def test_status_and_date_wherever_a_head_puts_them(
    head: str, status: str, date: str
) -> None:
    """Two in a line, in a heading, among a template's choices, in other languages."""
    found = read(f"# 12. Rye\n\n{head}{BODY}", "0012-rye")
    assert found is not None
    assert (status_in(found.said) or Status.ACCEPTED).value == status
    assert found.date == date


def test_the_status_of_the_front_matter_goes_before_a_stale_section() -> None:
    """It is what programs change."""
    text = "---\nstatus: deprecated\nsupersededBy: ADR-7\n---\n# 12. Rye\n"
    found = read(f"{text}\n## Status\n\nAccepted\n{BODY}", "0012-rye")
    assert found is not None
    assert (found.said, found.superseded_by) == ("deprecated", ["adr-0007"])


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("ADR-0012\uff1a多仓库", "多仓库"),
        ("12. Use `--dry-run`", "Use --dry-run"),
        ("12. `a` and `b`", "a and b"),
    ],
)
def test_a_title_keeps_its_words(heading: str, title: str) -> None:
    """Neither a wide colon nor a code mark stands in it."""
    found = read(f"# {heading}\n{BODY}", "0012-rye")
    assert found is not None
    assert found.title == title


def test_what_stands_before_a_number_is_no_decoration() -> None:
    """The id stays what it was made from, in every version of this program."""
    found = read(f"# U2-ADR-024: Export\n{BODY}", "export")
    assert found is not None
    assert (found.title, found.id) == (
        "U2-ADR-024: Export",
        title_id("export", "U2Export"),
    )


def test_a_remark_behind_a_sections_name_does_not_hide_it() -> None:
    """Nor does an emoji before it."""
    head = "# 2. Rye\n\nEstado: reemplazado\n\n## Contexto\n\nx\n\n"
    found = read(f"{head}## 📋 Decisión (historica)\n", "0002-rye")
    assert found is not None
    assert status_in(found.said) is Status.SUPERSEDED


@pytest.mark.parametrize(("mark", "said"), [("#", ""), ("##", "rejected")])
def test_a_title_is_no_status(mark: str, said: str) -> None:
    """`# Status: the page` is what the record is about; `## Status: x` is one."""
    found = read(
        f"{'# 1. Page' if said else ''}\n\n{mark} Status: rejected\n\n"
        "## Decision\n\nShow it.\n\n## Context\n\nNone.\n\n## Consequences\n\nA.\n"
    )
    assert found is not None
    assert found.said == said
