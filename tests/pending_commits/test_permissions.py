import pytest

from pending_commits.item_states import ItemEvent
from pending_commits.permissions import NotYours, may

W, A, C = ItemEvent.WITHDRAW, ItemEvent.ACKNOWLEDGE, ItemEvent.CLOSE


@pytest.mark.parametrize(
    ("agent", "addressed", "allowed"),
    [
        ("backend", {"docs"}, {W, C}),
        ("docs", {"docs"}, {A, C}),
        ("frontend", {"docs"}, set()),
        ("frontend", set(), set()),
        ("frontend", None, {A, C}),
        ("backend", None, {W, C}),
    ],
)
def test_who_may_do_what(
    agent: str, addressed: set[str] | None, allowed: set[ItemEvent]
) -> None:
    """The author withdraws, the addressed acknowledge, both close; None: everybody."""
    found = {
        x for x in (W, A, C) if may(agent, x, author="backend", addressed=addressed)
    }
    assert found == allowed


def test_who_may_not_is_told_who_may() -> None:
    """With the item's id and its author."""
    error = NotYours("docs", W, "backend-login", "backend")
    assert error.message == "docs may not withdraw 'backend-login' of backend."
    assert "Its author" in error.hint
