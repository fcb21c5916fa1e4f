"""What the coordinator writes into Markdown."""

import pytest

from coordinator.actions.documents import markdown_text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.0421, "0.0421 s"),
        (59.4, "59.4 s"),
        (59.9, "1 min"),
        (125, "2 min 5 s"),
        (3600, "1 h"),
        (3661, "1 h 1 min"),
        (90_000, "1 d 1 h"),
        (86_460, "1 d"),
        (10_000_000, "115 d 17 h"),
    ],
)
def test_a_length_of_time_by_its_largest_units(seconds: float, said: str) -> None:
    """Two at most, and none that is nought."""
    assert markdown_text.duration(seconds) == said
