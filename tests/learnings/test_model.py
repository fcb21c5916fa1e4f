import pytest

from learnings.model import Decision, Learning, Status


def test_the_statuses_are_the_words_of_the_published_formats() -> None:
    """MADR and Nygard know five; no other is shown."""
    words = ["proposed", "accepted", "rejected", "deprecated", "superseded"]
    assert [x.value for x in Status] == words


def test_a_decision_that_says_no_status_was_accepted() -> None:
    """A line in a decision log is a decision, not a proposal."""
    assert Decision("d-000001", "Use tokens", "a.md", 1).status is Status.ACCEPTED


def test_values_do_not_change() -> None:
    """What was read is compared and hashed, never edited."""
    learning = Learning("Caches", "a.md")
    with pytest.raises(AttributeError):
        learning.title = "Queues"  # type: ignore[misc]
