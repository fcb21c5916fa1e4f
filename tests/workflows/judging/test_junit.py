import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.workflows.judging import junit
from coordinator.workflows.judging.junit import NotJUnit, Suite, SuiteCase


def test_suites_and_cases_are_read() -> None:
    """Names, files, counts, failures and skipped cases arrive."""
    text = """<?xml version="1.0" encoding="latin-1"?>
    <testsuites name="all" tests="3" failures="1" errors="1">
      <testsuite name="cart" file="cart.test.js" tests="3" skipped="1">
        <testcase name="adds" classname="shop.Cart" file="cart.test.js"/>
        <testcase name="drops"><failure message="é"/></testcase>
        <testcase name="later"><skipped/></testcase>
      </testsuite>
    </testsuites>"""
    outer, inner = junit.parse(text)
    assert outer == Suite(("all",), "", 3, 2, 0, [])
    assert inner == Suite(
        ("cart", "all"),
        "cart.test.js",
        3,
        0,
        1,
        [
            SuiteCase("adds", "shop.Cart", "cart.test.js"),
            SuiteCase("drops", is_failed=True),
            SuiteCase("later", is_skipped=True),
        ],
    )


def test_counts_that_are_none_count_as_nothing() -> None:
    """Attributes are text that an agent wrote."""
    text = '<testsuite tests="many" failures="-1" errors="99999999999999"/>'
    assert junit.parse(text) == (Suite(()),)


def test_what_stands_outside_a_case_is_no_failure() -> None:
    """Output and properties are passed over."""
    text = "<testsuite><failure/><skipped/><system-out>x</system-out></testsuite>"
    assert junit.parse(text) == (Suite(()),)
    with pytest.raises(NotJUnit, match="no testsuite"):
        junit.parse("<testcase name='alone'/>")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: no element found"),
        ("<testsuite>\n<testcase></testsuite>", "line 2: mismatched tag"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><testsuite/>", "document types are not read"),
        ("<html/>", "no testsuite"),
    ],
)
def test_what_is_no_junit_is_said(text: str, said: str) -> None:
    """Entities are refused before they are expanded."""
    with pytest.raises(NotJUnit, match=said):
        junit.parse(text)


@given(st.text())
def test_any_text_is_junit_or_refused(text: str) -> None:
    """No text is a bug."""
    with pytest.raises(NotJUnit):
        junit.parse(text)
