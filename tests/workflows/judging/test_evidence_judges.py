import pytest

from coordinator.workflows.judging.evaluation import MOST_REQUESTS
from coordinator.workflows.judging.evidence import CommandRun, Evidence, Exchange
from coordinator.workflows.judging.judging import judge
from coordinator.workflows.judging.verdicts import Outcome, Response, Sources
from coordinator.workflows.model import Comparison, Criteria, Criterion
from tests.workflows.hearing_room import FakeTree, criterion, verdict

MET, UNMET, UNRESOLVED = Outcome.MET, Outcome.UNMET, Outcome.UNRESOLVED
JUNIT = """<testsuites name="everything" tests="5" failures="1">
  <testsuite name="Cart-Suite" tests="2"><testcase/><testcase/></testsuite>
  <testsuite name="login" file="spec/login-flow.test.ts">
    <testcase/>
  </testsuite>
  <testsuite name="bad"><testcase><error/></testcase></testsuite>
  <testsuite name="lazy"><testcase><skipped/></testcase></testsuite>
  <testsuite name="empty"/>
  <testsuite name="counted" tests="3"/>
  <testsuite name="pytest">
    <testcase classname="tests.test_pay.TestPay" file="tests/test_pay.py"/>
    <testcase classname="shop.api.Users"/>
    <testcase classname="shop.apiary"><failure/></testcase>
  </testsuite>
</testsuites>"""


def code(expected: int | None = None, text: str = "0") -> Criterion:
    """Make a criterion of an exit code."""
    return criterion(Criteria.EXIT_CODE, text=text, expected=expected)


@pytest.mark.parametrize(
    ("asked", "evidence", "outcome", "found"),
    [
        (code(), Evidence(exit_code=0), MET, "The exit code is 0."),
        (code(2), Evidence(exit_code=2), MET, "The exit code is 2."),
        (code(0), Evidence(exit_code=1), UNMET, "The exit code is 1, not 0."),
        (code(0), Evidence(), UNMET, "Exit codes submitted: 0 of 1."),
        (code(0), Evidence(argv=("x",)), UNMET, "The exit code is none, not 0."),
        (
            code(0),
            Evidence(runs=(CommandRun(exit_code=0), CommandRun(exit_code=0))),
            MET,
            "The exit code of all 2 commands is 0.",
        ),
        (
            code(0),
            Evidence(exit_code=0, runs=(CommandRun(exit_code=3),)),
            UNMET,
            "The exit code of command 2 is 3, not 0.",
        ),
        (
            code(0, "`0` for both commands"),
            Evidence(exit_code=0),
            UNMET,
            "Exit codes submitted: 1 of 2.",
        ),
    ],
)
def test_every_command_has_the_exit_code(
    asked: Criterion, evidence: Evidence, outcome: Outcome, found: str
) -> None:
    """One that failed, did not end or was not submitted is enough to fail."""
    result = verdict(asked, evidence=evidence)
    assert (result.outcome, result.found) == (outcome, found)


def output(*values: str) -> Criterion:
    """Make a criterion of what is to be printed."""
    return criterion(Criteria.OUTPUT_CONTAINS, *values)


@pytest.mark.parametrize(
    ("asked", "evidence", "outcome", "found"),
    [
        (output('"Done (1)"'), Evidence(stdout="x\nDone (1)"), MET, "stdout:2 has it."),
        (output("no", "err"), Evidence(stderr="err"), MET, "stderr:1 has it."),
        (
            output("b"),
            Evidence(stdout="a", runs=(CommandRun(stderr="b"),)),
            MET,
            "stderr of command 2:1 has it.",
        ),
        (output("x.y"), Evidence(stdout="x-y"), UNMET, "Nothing that was printed has"),
        (output("x"), Evidence(), UNMET, "No output was submitted."),
        (output(), Evidence(stdout="x"), UNRESOLVED, "It names no text"),
    ],
)
def test_any_command_printed_it(
    asked: Criterion, evidence: Evidence, outcome: Outcome, found: str
) -> None:
    """The text is literal, on either stream, and its line is named."""
    result = verdict(asked, evidence=evidence)
    assert result.outcome is outcome
    assert result.found.startswith(found)


def test_output_in_another_case_is_a_near_miss() -> None:
    """It does not pass, and the agent is told."""
    result = verdict(output('"Ready"'), evidence=Evidence(stdout="\nREADY"))
    assert result.near_miss == "stdout:2 has it in another case."
    assert (result.outcome, result.pattern) == (UNMET, '"Ready"')


def test_output_may_be_a_pattern() -> None:
    """Where the document says so."""
    asked = criterion(Criteria.OUTPUT_CONTAINS, '"port \\d+"', is_pattern=True)
    result = verdict(asked, evidence=Evidence(stdout="port 80"))
    assert (result.outcome, result.reading) == (MET, "inner")


@pytest.mark.slow
def test_a_slow_pattern_names_no_files() -> None:
    """A search in outputs is bounded like one in files."""
    asked = criterion(Criteria.OUTPUT_CONTAINS, "(a|aa)+$", is_pattern=True)
    result = verdict(asked, evidence=Evidence(stdout="a" * 5_000 + "b"))
    assert (result.outcome, result.files) == (UNMET, ())
    assert "took too long" in result.found


def suite(*values: str) -> Criterion:
    """Make a criterion of tests that are to pass."""
    return criterion(Criteria.TEST_PASSES, *values)


@pytest.mark.parametrize(
    ("values", "outcome", "found"),
    [
        (("cart-suite",), MET, "The suite of that name has 2 tests, 0 failed"),
        (('"cart_suite"',), MET, "The suite of that name has 2 tests"),
        (("counted",), MET, "The suite of that name has 3 tests"),
        (("login-flow",), MET, "The suite of that file has 1 tests"),
        (("login-flow.test.ts",), MET, "The suite of that file has 1 tests"),
        (("tests/test_pay.py",), MET, "The suite of that file has 1 tests"),
        (("shop.api",), MET, "The class of that name has 1 tests"),
        (("bad",), UNMET, "The suite of that name has 1 tests, 1 failed, 0 skipped."),
        (("lazy",), UNMET, "The suite of that name has 1 tests, 0 failed, 1 skipped."),
        (("empty",), UNMET, "The suite of that name has 0 tests"),
        (("shop",), UNMET, "The class of that name has 2 tests, 1 failed, 0 skipped."),
        (("everything",), UNMET, "The suite of that name has 8 tests, 2 failed"),
        (("other-suite",), UNMET, "The JUnit XML has no suite, file or class other"),
        (("bad", "cart-suite"), MET, "The suite of that name has 2 tests"),
        (("--",), UNRESOLVED, "It names no suite."),
        ((), UNMET, "Every submitted suite has"),
    ],
)
def test_a_suite_was_run_and_passed(
    values: tuple[str, ...], outcome: Outcome, found: str
) -> None:
    """It has tests, none failed; it is found by suite, file or class."""
    result = verdict(suite(*values), evidence=Evidence(junit=JUNIT))
    assert (result.outcome, result.found[: len(found)]) == (outcome, found)


def test_without_junit_no_suite_passes() -> None:
    """What is missing or broken is said."""
    assert verdict(suite("a")).found == "No JUnit XML was submitted."
    broken = Evidence(junit=("<testsuite/>", "<testsuite"))
    found = verdict(suite("a"), evidence=broken).found
    assert found == "The JUnit XML cannot be read: line 1: unclosed token."


COVERAGE = Comparison("coverage", ">", 80, "%")


@pytest.mark.parametrize(
    ("evidence", "outcome", "found"),
    [
        (Evidence(metrics={"coverage": 91}), MET, "The metric coverage says 91."),
        (Evidence(stdout="coverage: 91%"), MET, "The output says 91 %."),
        (
            Evidence(metrics={"coverage": 80}, stdout="coverage: 91%"),
            UNMET,
            "The metric coverage says 80, not > 80 %.",
        ),
        (
            Evidence(
                runs=(
                    CommandRun(stdout="coverage: 91%"),
                    CommandRun(stdout="coverage: 9%"),
                )
            ),
            UNMET,
            "The output says 9 %, not > 80 %.",
        ),
        (
            Evidence(metrics={"coverage_ms": 91}),
            UNMET,
            "The metric coverage_ms says 91 ms, in another unit.",
        ),
        (Evidence(), UNMET, "No metric and no output reports 'coverage'."),
    ],
)
def test_a_number_is_compared(evidence: Evidence, outcome: Outcome, found: str) -> None:
    """Metrics come first, then what was printed; every one must hold."""
    for kind in (Criteria.NUMBER, Criteria.TEST_PASSES, Criteria.OUTPUT_CONTAINS):
        result = verdict(criterion(kind, comparison=COVERAGE), evidence=evidence)
        assert (result.outcome, result.found) == (outcome, found)


def test_a_number_without_a_name_is_unresolved() -> None:
    """No metric is meant by it."""
    nameless = criterion(Criteria.NUMBER, comparison=Comparison(" ", ">", 1))
    proof = Evidence(metrics={"coverage": 91})
    assert verdict(nameless, evidence=proof).outcome is UNRESOLVED
    assert verdict(criterion(Criteria.NUMBER), evidence=proof).outcome is UNRESOLVED


HEALTH = "GET http://localhost:8000/health"


def request(*values: str, expected: int | None = 200) -> Criterion:
    """Make a criterion of a response."""
    return criterion(Criteria.HTTP_RESPONSE, *values, expected=expected)


def exchange(status: int | None = 200, raw: str = "", method: str = "get") -> Evidence:
    """Make evidence of a request to the health page."""
    url = "HTTP://LOCALHOST:8000/health#top"
    return Evidence(http=(Exchange(method=method, url=url, status=status, raw=raw),))


@pytest.mark.parametrize(
    ("evidence", "outcome", "found"),
    [
        (exchange(), MET, "The response submitted has status 200."),
        (exchange(500), UNMET, "The response submitted has status 500, not 200."),
        (
            exchange(None, "HTTP/1.1 200 OK\r\n\r\nhi"),
            MET,
            "The response submitted has",
        ),
        (exchange(200, "HTTP/2 200"), MET, "The response submitted has"),
        (
            exchange(200, "HTTP/1.1 404 No\r\n\r\n"),
            UNMET,
            "The status submitted is not",
        ),
        (exchange(200, "hello"), UNMET, "The raw response submitted is no HTTP"),
        (exchange(None), UNMET, "The response submitted has no status."),
        (exchange(method="POST"), UNMET, "No response was submitted, and the settings"),
        (Evidence(), UNMET, "No response was submitted, and the settings"),
    ],
)
def test_a_submitted_response_counts(
    evidence: Evidence, outcome: Outcome, found: str
) -> None:
    """Method and address are the same, and the raw response agrees."""
    result = verdict(request(HEALTH), evidence=evidence)
    assert (result.outcome, result.found[: len(found)]) == (outcome, found)


def test_without_a_submitted_response_the_server_is_asked() -> None:
    """The method is the named one, GET by default; any success will do by default."""
    asked: list[tuple[str, str]] = []

    def ask(method: str, url: str) -> Response:
        asked.append((method, url))
        return Response(failure="gone") if url == "gone" else Response(204)

    assert verdict(request("post a", expected=None), ask=ask).found == (
        "The server answered 204."
    )
    assert verdict(request("a"), ask=ask).found == "The server answered 204, not 200."
    assert verdict(request("gone"), ask=ask).found == "The request failed: gone."
    failed = verdict(request("a", expected=None), ask=lambda *_: Response(404))
    assert failed.found == "The server answered 404, not a success."
    assert asked == [("POST", "a"), ("GET", "a"), ("GET", "gone")]


def test_any_request_will_do() -> None:
    """Alternatives are asked until one is answered as expected."""
    statuses = {"a": 404, "b": 200}
    result = verdict(request("a", "b", "c"), ask=lambda _, url: Response(statuses[url]))
    assert result.outcome is MET


def test_a_request_that_is_not_named_is_the_one_submitted() -> None:
    """Of several, nobody knows which is meant; nor where no status is asked for."""
    assert verdict(request(), evidence=exchange()).outcome is MET
    assert verdict(request(), evidence=exchange(500)).outcome is UNMET
    assert verdict(request(expected=None), evidence=exchange()).outcome is UNRESOLVED
    both = Evidence(http=exchange().http * 2)
    result = verdict(request(), evidence=both)
    assert (result.outcome, result.found) == (
        UNRESOLVED,
        "It names no request, and 2 responses were submitted.",
    )


def test_an_address_that_is_none_is_compared_as_text() -> None:
    """A relative path means the same as itself only."""
    proof = Evidence(http=(Exchange(url="/health", status=200),))
    assert verdict(request("GET /health"), evidence=proof).outcome is MET
    assert verdict(request("GET /other"), evidence=proof).outcome is UNMET
    assert verdict(request("GET /health"), evidence=exchange()).outcome is MET
    assert verdict(request("GET /"), evidence=exchange()).outcome is UNMET


def test_one_step_asks_a_bounded_number_of_times() -> None:
    """A document of a thousand requests does not hold everybody up."""
    many = [request(f"GET {i}") for i in range(MOST_REQUESTS + 1)]
    results = judge(
        many, Evidence(), FakeTree(), Sources(), ask=lambda *_: Response(200)
    )
    assert [x.outcome for x in results] == [MET] * MOST_REQUESTS + [UNMET]
    assert results[-1].found == "The request failed: one step has too many requests."
