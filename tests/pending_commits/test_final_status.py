import pytest

from coordinator.kernel.problems import Problem
from coordinator.kernel.text import markdown
from pending_commits import final_status
from pending_commits.model import FinalStatus

REPORT = """## Billing Developer Workflow Complete
- Feature: invoices by mail
- Endpoints: 4 implemented
- Database migrations: 2 created
- Tests: 1,204 passing
- Performance: p95 81.5 ms
- Status: Ready for deployment
"""


def parse(text: str) -> tuple[FinalStatus, tuple[Problem, ...]]:
    """Scan and read a report."""
    return final_status.parse(markdown.scan(text), "pending-commits/x.md", title="X")


def test_the_form_is_read_with_its_numbers_and_lines() -> None:
    """Every bullet `Key: value` is a field, in the order in which it was written."""
    final, problems = parse(REPORT)
    assert problems == ()
    assert final.title == "Billing Developer Workflow Complete"
    assert [(x.name, x.line, x.number) for x in final.fields] == [
        ("Feature", 2, None),
        ("Endpoints", 3, 4.0),
        ("Database migrations", 4, 2.0),
        ("Tests", 5, 1204.0),
        ("Performance", 6, 81.5),
        ("Status", 7, None),
    ]
    assert final.fields[0].value == "invoices by mail"
    assert final.complete
    assert final.absent == ()


def test_a_heredoc_keeps_its_indent_and_is_read_all_the_same() -> None:
    """An agent that runs an indented echo block writes indented bullets."""
    first, *rest = REPORT.splitlines(keepends=True)
    indented = first + "".join(f"   {x}" for x in rest) + "   \n"
    assert parse(indented)[0] == parse(REPORT)[0]


def test_other_roles_have_other_bullets() -> None:
    """All keys are kept; nothing of a backend's form is missing from them."""
    text = "# Frontend Workflow Complete\n* **Components**: 7\n* __State:__ done\n"
    final, problems = parse(text)
    assert [(x.name, x.value) for x in final.fields] == [
        ("Components", "7"),
        ("State", "done"),
    ]
    assert (final.complete, final.absent, problems) == (True, (), ())


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("- Tests (unit): 4 passing", "Tests (unit)"),
        ("- **Tests (unit):** 4 passing", "Tests (unit)"),
        ("- Coverage of `src/x.py`: 4 %", "Coverage of `src/x.py`"),
        ("- Endpoint `GET /x`: 4", "Endpoint `GET /x`"),
        ("- P95 < 100ms: 4 runs", "P95 < 100ms"),
        ("- login \u2013 latency: 4", "login \u2013 latency"),
        ("- 1. Endpoints: 4", "1. Endpoints"),
        ("- Tests?: 4", "Tests?"),
        ("- Tests\uff1a 4", "Tests"),
    ],
)
def test_a_key_may_hold_whatever_people_write(line: str, name: str) -> None:
    """Brackets, code, signs and numbers; nothing is lost."""
    final, _ = parse(f"# Final status\n\n{line}\n")
    assert [(x.name, x.line, x.number) for x in final.fields] == [(name, 3, 4.0)]
    assert final.complete


def test_missing_fields_are_absent_and_no_problem() -> None:
    """A backend's report without tests says so by leaving them out."""
    final, problems = parse("- Endpoints: 2\n- Status: done\n")
    assert final.title == "X"
    absent = ("Feature", "Database migrations", "Tests", "Performance")
    assert (final.absent, final.complete, problems) == (absent, False, ())


def test_a_placeholder_is_a_problem_on_its_line() -> None:
    """A template that was sent off unfilled is found, field by field."""
    final, problems = parse("# Done\n- Feature: [name]\n- Tests: [count] passing\n")
    assert [(x.line, x.code) for x in problems] == [
        (2, "placeholder"),
        (3, "placeholder"),
    ]
    assert "[count]" in problems[1].message
    assert [x.placeholder for x in final.fields] == ["[name]", "[count]"]
    assert not final.complete


def test_links_and_boxes_are_no_placeholders() -> None:
    """Only what a template leaves to be filled in counts."""
    text = "- [x] Report: see [the run](run.md)\n- Build: [WIP] [a][b]\n- Left:\n"
    final, problems = parse(text)
    assert problems == ()
    assert [x.value for x in final.fields][-1] == ""
    assert not final.complete


def test_a_report_without_fields_is_incomplete() -> None:
    """Prose and links report nothing that could be shown."""
    final, _ = parse("# Done\nIt works.\n- see https://example.org\n- *all* of it\n")
    assert (final.fields, final.complete) == ((), False)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12 implemented", 12.0),
        ("all 42/42 passing", 42.0),
        ("< 100ms", 100.0),
        ("93.5% covered", 93.5),
        ("1,204,000 rows", 1204000.0),
        ("OAuth2 and 2FA", None),
        ("2026-01-31", None),
        ("version 1.2.3", None),
        ("10:30", None),
        ("9" * 400, None),
        ("none", None),
    ],
)
def test_the_first_plain_number_counts(text: str, number: float | None) -> None:
    """Dates, times, versions and numbers within words are no counts."""
    assert final_status.number(text) == number
