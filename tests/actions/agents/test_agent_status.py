from datetime import UTC, datetime, timedelta

import pytest

from coordinator.actions.agents.agent_status import is_stale

SEEN = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "stale"), [(0, False), (29, False), (30, False), (31, True)]
)
def test_an_agent_is_stale_once_nothing_was_heard_for_longer_than_the_time(
    minutes: int, *, stale: bool
) -> None:
    """The limit itself is not yet too long."""
    now = SEEN + timedelta(minutes=minutes)
    assert is_stale(SEEN, now, timedelta(minutes=30)) is stale


def test_a_clock_that_went_back_makes_nothing_stale() -> None:
    """A last sight in the future is no long silence."""
    assert not is_stale(SEEN, SEEN - timedelta(hours=1), timedelta(minutes=1))
