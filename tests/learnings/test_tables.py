import pytest

from coordinator.kernel.text.markdown import scan
from learnings import tables

ROWS = "|---|:--|---|---|\n| D-1 | Use a \\| b | 2026-01-31 | rejected |\n"


@pytest.mark.parametrize(
    "header",
    [
        "| ID | Decision | Date | Status |",
        "| # | Decision | Decided on | State |",
        "| ADR | Title | Date | Status |",
        "|id|**Decision made**|when|status|",
        "ID | Decision | Date | Status",
    ],
)
def test_a_decision_table_is_known_by_its_header(header: str) -> None:
    """Rows below it are decisions with their facts."""
    found = list(tables.read(scan(f"{header}\n{ROWS}\nBye | bye\n")))
    if not header.startswith("|"):
        assert found == []
        return
    (entry,) = found
    assert (entry.label, entry.title) == ("D-1", "Use a | b")
    assert (entry.date, entry.said, entry.line) == ("2026-01-31", "rejected", 3)


@pytest.mark.parametrize(
    "header",
    [
        "| Approach | Speed | Risk | Cost |",
        "| Title | Author | Year | Shelf |",
        "| Decision | Speed | Risk | Cost |",
        "| ID | Name | Date | Status |",
    ],
)
def test_other_tables_are_left_alone(header: str) -> None:
    """A table of options or books decides nothing."""
    assert list(tables.read(scan(f"{header}\n{ROWS}"))) == []


def test_further_columns_are_reasons_and_links() -> None:
    """Rationale is text, and what replaces a decision is told."""
    text = (
        "| Date | Decision | Rationale | By | Superseded by | Cost |\n"
        "|------|----------|-----------|----|---------------|------|\n"
        "| 2026-01-31 | Use tokens | small | docs | ADR-9 | 3 |\n"
        "| | | | | | |\n"
    )
    entry, empty = tables.read(scan(text))
    assert (entry.agent, entry.texts) == ("docs", ["small"])
    assert entry.superseded_by == ["adr-0009"]
    assert empty.title == ""


def test_a_title_goes_before_the_decision() -> None:
    """Where both stand, the decision is the text."""
    text = "| ID | Title | Decision |\n|--|--|--|\n| 7 | Tokens | Use small ones |\n"
    (entry,) = tables.read(scan(text))
    assert (entry.title, entry.texts) == ("Tokens", ["Use small ones"])
