import pytest

from coordinator.workflows.judging import quantities
from coordinator.workflows.judging.quantities import Reported
from coordinator.workflows.model import Comparison


@pytest.mark.parametrize(
    ("name", "metrics", "found"),
    [
        ("coverage", {"coverage": 91.0}, ["coverage"]),
        ("Unit test coverage", {"coverage": 91.0, "other": 1.0}, ["coverage"]),
        ("coverage", {"lineCoverage": 1.0, "branchCoverage": 2.0}, ["line", "branch"]),
        ("Average response time", {"avg_response_time_ms": 85.0}, ["avg_resp"]),
        ("response time", {"response_time": 1.0, "time": 2.0}, ["response_time"]),
        ("coverage", {"test_results": 91.0}, []),
        ("test coverage", {"coverage_of_docs": 91.0}, []),
        ("the", {"the": 1.0}, []),
        ("Average response time", {"time": 1.0, "average": 2.0}, []),
        ("Average response time", {"response": 85.0}, ["response"]),
        ("audit score with protection of data", {"with": 1.0, "audit": 2.0}, []),
        ("audit score with protection of data", {"audit score": 1.0}, ["audit"]),
        ("coverage", {}, []),
    ],
)
def test_a_metric_is_found_by_its_words(
    name: str, metrics: dict[str, float], found: list[str]
) -> None:
    """The best ones are taken, all of them where several are equally good."""
    reported = quantities.among([name], metrics)
    assert len(reported) == len(found)
    for one, part in zip(reported, found, strict=True):
        assert one.origin.startswith(f"the metric {part}")


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("coverage", "coverage: 91%", [(91, "%")]),
        ("test coverage", "Total coverage: 91.5 %\n", [(91.5, "%")]),
        ("coverage", "Required coverage of 80% reached. Total coverage: 91.2%", [91.2]),
        ("coverage", "a.py 3 0 100%\nTOTAL      120   11    91%\n", [91]),
        ("coverage", "All files |   91.2 |  80 |\n", [(91.2, "")]),
        ("coverage", "coverage: 90% of x\ncoverage: 70% of y", [90, 70]),
        ("response time", "Response time: 85 ms", [(85, "ms")]),
        ("response time", "response_time=0.2s", [(0.2, "s")]),
        ("p95 latency", "p95 latency (all) = 12ms", [12]),
        ("coverage", "coverage is good", []),
        ("latency", "TOTAL 5 1 80%", []),
        ("--", "91%", []),
        ("errors", "1,050 errors", [1050]),
        ("errors", "errors: 1,050", [1050]),
        ("tests passed", "9 of 12 tests passed", []),
        ("tests passed", "9/12 tests passed", []),
        ("concurrent requests", "1500 concurrent requests", [(1500, "")]),
        ("audit score", "100% audit score\n9 audits", [(100, "%")]),
        ("response time", "took 85 ms response time", [(85, "ms")]),
        ("pages", "v1.5 pages, 0.25 pages-x", [0.25]),
    ],
)
def test_a_number_is_found_in_what_was_printed(
    name: str, text: str, values: list[float | tuple[float, str]]
) -> None:
    """It stands behind its name; coverage has well-known reports."""
    found = quantities.printed([name], [text])
    assert [x.value for x in found] == [
        x[0] if isinstance(x, tuple) else x for x in values
    ]
    for one, wanted in zip(found, values, strict=True):
        assert not isinstance(wanted, tuple) or one.unit == wanted[1]


@pytest.mark.parametrize(
    ("operator", "limit", "unit", "value", "own", "holds"),
    [
        (">", 80, "%", 91, "%", True),
        (">", 80, "%", 80, "percent", False),
        (">=", 80, "%", 80, "", True),
        ("<", 200, "ms", 0.15, "s", True),
        ("<", 0.1, "s", 150, "ms", False),
        ("<=", 2, "minutes", 120, "s", True),
        ("==", 0.3, "", 0.1 + 0.2, "", True),
        ("<", 100, "MB", 95, "MiB", True),
        ("<", 100, "ms", 5, "%", None),
        (">", 60, "fps", 61, "fps", True),
        (">", 60, "fps", 61, "s", None),
    ],
)
def test_numbers_are_compared_in_one_unit(
    operator: str,
    limit: float,
    unit: str,
    value: float,
    own: str,
    *,
    holds: bool | None,
) -> None:
    """Units of one kind are converted; others do not go together."""
    asked = Comparison("x", operator, limit, unit)
    assert quantities.holds(asked, Reported("x", value, own)) is holds


def test_giant_output_is_searched_at_once() -> None:
    """Looking for a number is linear in the size."""
    text = "coverage " * 50_000 + " " * 500_000 + "TOTAL" + "1" * 100_000
    assert quantities.printed(["coverage"], [text]) == []


def test_any_of_the_names_will_do() -> None:
    """Of metrics the best, of what was printed the first name's."""
    names = ["API Response Time", "Average response time"]
    metrics = {"API Response Time": 150.0, "response_time": 90.0}
    assert [x.value for x in quantities.among(names, metrics)] == [150]
    text = "average response time: 90 ms\nAPI response time: 150 ms"
    assert [x.value for x in quantities.printed(names, [text])] == [150]
