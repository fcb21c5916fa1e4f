"""Numbers that a sentence asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.workflows.criteria import comparisons
from coordinator.workflows.model import Comparison


@pytest.mark.parametrize(
    ("text", "name", "operator", "value", "unit"),
    [
        ("coverage > 80%", "coverage", ">", 80, "%"),
        ("coverage >= 80 %", "coverage", ">=", 80, "%"),
        ("coverage ≥ 92.5%", "coverage", ">=", 92.5, "%"),
        ("Mean dive time < 200ms on calm days", "Mean dive time", "<", 200, "ms"),
        ("Dive time should be <= 1,500 ms", "Dive time", "<=", 1500, "ms"),
        ("Hull checks done (< 100ms dive time)", "dive time", "<", 100, "ms"),
        ("Hull checks (< 100ms)", "Hull checks", "<", 100, "ms"),
        ("> 5 knots", "knots", ">", 5, ""),
        ("exit == 3", "exit", "==", 3, ""),
        ("At least 3 rocks are charted", "rocks", ">=", 3, ""),
        ("List of at least 10 wrecks", "wrecks", ">=", 10, ""),
        ("a minimum of 4 masts", "masts", ">=", 4, ""),
        ("no more than 2 leaks", "leaks", "<=", 2, ""),
        ("docking within 5 minutes", "docking", "<=", 5, "minutes"),
        ("Support for 1000+ berths at once", "berths at once", ">=", 1000, ""),
        ("99.9% uptime", "uptime", ">=", 99.9, "%"),
        ("100% of the buoys lit", "the buoys lit", ">=", 100, "%"),
        ("100% hull score with no leaks", "hull score", ">=", 100, "%"),
        ("fuel cost < $500", "fuel cost", "<", 500, ""),
    ],
)
def test_a_number_with_its_name(
    text: str, name: str, operator: str, value: float, unit: str
) -> None:
    """The name stands before the number, in brackets with it, or after it."""
    assert comparisons.find(text) == Comparison(name, operator, value, unit)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "all of them",
        "3 to 4 weeks",
        "engine >= v16.0.0",
        "engine >= 16.0.0",
        "a -> 5",
        "x => 5",
        "grew by 30%",
        "X% faster",
    ],
)
def test_no_number_is_asked_for(text: str) -> None:
    """Versions, arrows and plain numbers are no comparison."""
    assert comparisons.find(text) is None


@given(st.text(alphabet="a <>=≥0123456789.,%+-()$ms", max_size=60))
def test_no_text_makes_it_fail(text: str) -> None:
    """Whatever stands there, a name is short and an operator is known."""
    found = comparisons.find(text)
    assert found is None or found.operator in {"<", "<=", ">", ">=", "=="}
    assert found is None or len(found.name) <= 80
