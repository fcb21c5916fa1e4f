import pytest

from coordinator.kernel.text import markdown
from pending_commits.kinds import named, recognise
from pending_commits.model import ItemKind


def kind(name: str, heading: str = "", text: str = "", branch: str = "") -> ItemKind:
    """Recognise an item."""
    return recognise(name, heading, markdown.scan(text), branch=branch)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("backend-final-status", ItemKind.FINAL_STATUS),
        ("backend_final_status", ItemKind.FINAL_STATUS),
        ("final-status", ItemKind.FINAL_STATUS),
        ("qa-final-status-2026-01-31", ItemKind.FINAL_STATUS),
        ("backend-api-guide", ItemKind.CONTRACT),
        ("backend-integration-points", ItemKind.CONTRACT),
        ("cart-integration-guide-v2", ItemKind.CONTRACT),
        ("api-contract", ItemKind.CONTRACT),
        ("frontend-plan", ItemKind.PLAN),
        ("2026-01-31-plan-search", ItemKind.PLAN),
        ("docs-plan-for-manual", ItemKind.PLAN),
        ("backend-request", ItemKind.REQUEST),
        ("backend-cors-request-2", ItemKind.REQUEST),
        ("backend-request-to-frontend", ItemKind.REQUEST),
        ("backend-changes", ItemKind.PROGRESS),
        ("explanation-of-planets", ItemKind.PROGRESS),
    ],
)
def test_the_name_tells_the_kind(name: str, expected: ItemKind) -> None:
    """A file's name is asked first."""
    assert kind(name) is expected


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Frontend Workflow Complete", ItemKind.FINAL_STATUS),
        ("API Guide for Carts", ItemKind.CONTRACT),
        ("Development Plan", ItemKind.PLAN),
        ("Request to Frontend: allow CORS", ItemKind.REQUEST),
        ("Cart prices", ItemKind.PROGRESS),
    ],
)
def test_else_the_first_heading_tells_it(heading: str, expected: ItemKind) -> None:
    """A heading that begins or ends with the word is meant so."""
    assert kind("backend-notes", heading) is expected


def test_a_named_branch_makes_a_commit() -> None:
    """What proposes a branch waits for landing."""
    assert kind("backend-cart", "Add a cart", branch="backend/cart") is ItemKind.COMMIT


def test_a_word_in_the_midst_does_not_hide_a_commit() -> None:
    """`Handle request timeouts` with a branch is about requests, and is none."""
    name, heading = "backend-handle-request-timeouts", "Handle request timeouts"
    assert kind(name, heading, branch="backend/timeouts") is ItemKind.COMMIT
    assert kind(name, heading) is ItemKind.REQUEST


def test_a_plan_that_names_a_branch_stays_a_plan() -> None:
    """What name and heading say plainly goes before the branch."""
    assert kind("backend-plan", branch="backend/cart") is ItemKind.PLAN


def test_integration_points_anywhere_make_a_contract() -> None:
    """The section is enough where neither name nor branch says otherwise."""
    text = "# Cart\n\n## Integration Points\n- Shop: prices\n"
    assert kind("backend-cart", "Cart", text) is ItemKind.CONTRACT
    assert kind("backend-cart", "Cart", text, branch="backend/cart") is ItemKind.COMMIT


def test_the_word_of_the_front_matter_is_read_in_any_spelling() -> None:
    """People write `Final status`, machines `final-status`."""
    assert named("Final status") is ItemKind.FINAL_STATUS
    assert named("COMMIT") is ItemKind.COMMIT
    assert named("poem") is None
    assert named("") is None
