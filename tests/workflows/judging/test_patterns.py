import select
from typing import cast

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from coordinator.workflows.judging import patterns
from coordinator.workflows.judging.patterns import Budget, Hit, TooSlow


def find(value: str, text: str) -> Hit | None:
    """Look for a pattern."""
    return patterns.find(patterns.of_pattern(value), text, Budget())


@pytest.mark.parametrize(
    ("value", "text", "hit"),
    [
        ('"router"', "a\nuse router\n", Hit(2, "inner")),
        ('"scripts".*"dev"', '{"scripts": {\n"dev": 1}}', Hit(1, "inner")),
        ('"a" or not "b"', '"a" or not "b', Hit(1, "inner")),
        ('"x"|"y"', 'has "y" only', Hit(1, "inner")),
        ('"x"|b', "has b only", Hit(1, "whole")),
        ("error.*handler", "error\nin\nhandler", Hit(1, "whole")),
        ("'quoted'", "quoted", Hit(1, "inner")),
        ('"^\\s*def "', "x\n def y", None),
        ('"(?m)^ def "', "x\n def y", Hit(2, "inner")),
        ('"jwt"', "JWT", None),
    ],
)
def test_a_quoted_pattern_is_read_both_ways(
    value: str, text: str, hit: Hit | None
) -> None:
    """The outer quotes may be the document's or the pattern's; which is recorded."""
    assert find(value, text) == hit


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (r"\"k\": {\"x\": true}", '{"k":{\n  "x":true\n}}'),
        (r'"\"a\": [1, 2]"', '"a": [\n1,\n2\n]'),
        ('"f(x"', "calls f(x) here"),
        ('"*args"', "def f(*args)"),
    ],
)
def test_what_is_no_good_expression_is_taken_literally(value: str, text: str) -> None:
    """JSON is found however it is laid out, and so is what does not compile."""
    found = find(value, text)
    assert found is not None
    assert found.reading == "literal"


def test_braces_never_mean_an_approximate_match() -> None:
    """The dialect is that of Python's `re`."""
    assert find("cost{e}", "cast") is None
    assert find("cost{e}", "a cost{e}") == Hit(1, "whole")
    assert find("o{2}", "foo") == Hit(1, "whole")
    assert find(r"a\{e}", "a{e}") == Hit(1, "whole")


def test_a_text_is_found_with_or_without_its_quotes() -> None:
    """Nothing in it is an expression."""
    readings = patterns.of_text('"a.b"')
    assert patterns.find(readings, "a.b", Budget()) == Hit(1, "literal")
    assert patterns.find(readings, "axb", Budget()) is None


def test_a_giant_pattern_has_no_reading() -> None:
    """It would take its time to compile alone."""
    assert patterns.of_pattern("(" * 2_001) == ()
    assert patterns.of_text("x" * 2_001) == ()


def test_an_empty_pattern_has_no_reading() -> None:
    """It would be found everywhere."""
    assert patterns.find(patterns.of_text(""), "x", Budget()) is None
    assert find("", "x") is None


@pytest.mark.slow
def test_a_catastrophe_ends_in_time() -> None:
    """A search is cut short, and the whole has a bound as well."""
    slow = patterns.of_pattern("(a|aa)+$")
    budget = Budget(seconds=0.3)
    with pytest.raises(TooSlow):
        patterns.find(slow, "a" * 10_000 + "b", budget)
    budget.begin()
    with pytest.raises(TooSlow):
        patterns.find(patterns.of_text("a"), "a", budget)


class Delayed:
    """An expression whose search waits for its turn on a busy machine."""

    def search(self, text: str, timeout: float) -> "regex.Match[str] | None":
        select.select([], [], [], 2 * timeout)
        return regex.search("b", text)


def test_what_the_machine_gives_to_others_does_not_count() -> None:
    """A criterion is not failed because the machine is busy."""
    budget = Budget(seconds=0.05)
    for _ in range(2):
        assert budget.search(cast("regex.Pattern[str]", Delayed()), "ab") == 1


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_pattern_is_searched(value: str, text: str) -> None:
    """No pattern is a bug, and what is found is a line of the text."""
    for readings in (patterns.of_pattern(value), patterns.of_text(value)):
        found = patterns.find(readings, text, Budget())
        assert found is None or 1 <= found.line <= text.count("\n") + 1


@given(st.text("ab\"'{}[]:,\\ ()*", max_size=30))
def test_a_text_contains_itself(value: str) -> None:
    """A literal text is found in itself."""
    assert value == "" or patterns.find(patterns.of_text(value), value, Budget())
