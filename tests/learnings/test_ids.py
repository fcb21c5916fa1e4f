import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnings import ids


@pytest.mark.parametrize(
    ("stem", "title", "expected"),
    [
        ("0009-use-tokens", "Use tokens", "adr-0009"),
        ("009_use_tokens", "Use tokens", "adr-0009"),
        ("9-use-tokens", "Use tokens", "adr-0009"),
        ("ADR-023-tokens", "Use tokens", "adr-0023"),
        ("adr_12", "Use tokens", "adr-0012"),
        ("0009-use-tokens", "12. Use tokens", "adr-0009"),
        ("tokens", "12. Use tokens", "adr-0012"),
        ("tokens", "ADR-12: Use tokens", "adr-0012"),
        ("tokens", "ADR 0012 - Use tokens", "adr-0012"),
        ("tokens", "[ADR-0012] Use tokens", "adr-0012"),
        ("tokens", "ADR-12345: Use tokens", "adr-12345"),
        ("tokens", "ADR-123456: Use tokens", ""),
        ("2026-01-31-tokens", "Use tokens", ""),
        ("backend-decisions", "3 tokens a day", ""),
        ("tokens", "Use 2 tokens", ""),
    ],
)
def test_a_numbered_record_is_known_by_its_number(
    stem: str, title: str, expected: str
) -> None:
    """The file's number goes before the title's, and a date is no number."""
    assert ids.record_id(stem, title) == expected


@pytest.mark.parametrize(
    "title",
    ["9. Use tokens", "ADR-0009: Use tokens", "[ADR 9] Use tokens", "Use tokens"],
)
def test_the_number_is_no_part_of_the_title(title: str) -> None:
    """The id tells it already."""
    assert ids.without_number(title) == "Use tokens"


def test_a_title_that_is_only_a_number_stays() -> None:
    """A title is never lost."""
    assert ids.without_number("ADR-0009") == "ADR-0009"


def test_an_id_stays_while_file_and_title_stay() -> None:
    """Decoration and case are no other decision; another file is."""
    made = ids.title_id("backend", "Use tokens")
    assert made == ids.title_id("backend", " use **Tokens**.")
    assert made != ids.title_id("docs", "Use tokens")
    assert len(made) == 8


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("d-3fa91c", ("d-3fa91c",)),
        ("D-3FA91C and d-0a0b0c-2.", ("d-3fa91c", "d-0a0b0c-2")),
        ("ADR-5", ("adr-0005",)),
        ("ADR 5, ADR-0007; ADR-9", ("adr-0005", "adr-0007")),
        ("[5. Use cookies](0005-use-cookies.md)", ("adr-0005",)),
        ("[ADR-0005](0005-use-cookies.md)", ("adr-0005",)),
        ("[cookies](../adr/0005-use-cookies.md) for once", ("adr-0005",)),
        ("[5. Cookies](#cookies)", ("adr-0005",)),
        ("[cookies](log.md#d-3fa91c)", ("d-3fa91c",)),
        ("[cookies](other.md)", ()),
        ("[[ADR-0005]]", ("adr-0005",)),
        ("`0005-use-cookies.md`", ("adr-0005",)),
        ("**DL-007** & DL-008", ("dl-007", "dl-008")),
        ("5", ("adr-0005",)),
        ("#12", ("adr-0012",)),
        ("ADR-5, ADR-5", ("adr-0005",)),
        ("the earlier way, see ADR-5", ()),
        ("", ()),
    ],
)
def test_ids_are_read_as_people_write_them(
    text: str, expected: tuple[str, ...]
) -> None:
    """Links, names, file names and numbers, up to the first other word."""
    assert ids.references(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "[queues](10005-use-queues.md)",
        "[queues](adr/2026-01-31-use-queues.md)",
        "[2026-01-31](notes.md)",
        "[5.1 Queues](notes.md)",
        "[queues](5.1-queues.md)",
        "[queues](log.md#x1d-3fa91c)",
        "ADR 5.1",
        "12345",
        "2026-01-31",
    ],
)
def test_a_number_inside_a_longer_one_is_no_reference(text: str) -> None:
    """Neither are parts of days, of versions and of other names."""
    assert ids.references(text) == ()


def test_a_long_number_is_read_whole() -> None:
    """What a record calls itself is what others call it."""
    assert ids.references("ADR-12345") == (ids.record_id("x", "ADR-12345: Queues"),)


@given(st.text(alphabet="[]()adrd-0159, _*.md|#", max_size=200))
def test_any_text_may_stand_where_ids_are_expected(text: str) -> None:
    """Nothing raises, and what is found is typeable."""
    for found in ids.references(text):
        assert found.replace("-", "").isalnum()
