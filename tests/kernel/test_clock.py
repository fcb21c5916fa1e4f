from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.kernel import clock


def test_now_is_in_utc() -> None:
    """Records carry one zone only."""
    assert clock.now().tzinfo is UTC


@given(moment=st.datetimes(timezones=st.just(UTC)))
def test_a_time_comes_back_to_the_millisecond(moment: datetime) -> None:
    """`parse` reads what `render` wrote."""
    whole = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert clock.parse(clock.render(moment)) == whole


def test_times_are_shown_in_utc() -> None:
    """RFC 3339 with milliseconds and a `Z`, from any zone."""
    moment = datetime(2026, 1, 31, 10, 30, tzinfo=timezone(timedelta(hours=1)))
    assert clock.render(moment) == "2026-01-31T09:30:00.000Z"


@pytest.mark.parametrize("text", ["", "yesterday", "2026-01-31", "2026-01-31T09:30:00"])
def test_a_time_without_a_zone_is_none(text: str) -> None:
    """Nothing guesses where a time was meant."""
    with pytest.raises(ValueError, match=r".*"):
        clock.parse(text)


def test_the_monotonic_clock_goes_on() -> None:
    """Spans are measured on a clock that nobody sets."""
    start = clock.monotonic()
    clock.sleep(0)
    assert clock.monotonic() >= start
