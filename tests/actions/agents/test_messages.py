"""What the coordinator tells: kept, listed, for the one that it is for."""

import pytest

from coordinator.actions.agents import assignee
from coordinator.kernel.errors import UsageProblem
from tests.actions.run_yard import RUNS, WAY, begin, begin_bread, edit, inbox
from tests.support import ManualClock, OpenWorkspace


def test_a_message_is_for_one(opened: OpenWorkspace, clock: ManualClock) -> None:
    """With who, when, subject and body; the maintainers have an inbox of theirs."""
    run = begin(opened, WAY, "way")
    [message] = opened.call("inbox", {}, agent="docs")
    assert message == {
        "id": message["id"],
        "from": "(coordinator)",
        "to": "docs",
        "kind": "message",
        "subject": f"{run} concerns you: the recipe's words",
        "body": f"backend works on {RUNS}/{run}/workflow.md.\n",
        "data": {},
        "thread": message["id"],
        "sent": "2026-01-31T09:00:00.000Z",
        "state": "sent",
        "seq": message["seq"],
    }
    assert inbox(opened) == []
    assert len(inbox(opened, "")) == 1
    clock.advance(minutes=1)
    edit(opened, run, "- [ ] Crust", "- [x] Crust")
    edit(opened, run, "- [ ] Crust", "- [x] Crust")
    assert len(inbox(opened)) == 2


def test_only_new_messages_are_asked_for_by_number(opened: OpenWorkspace) -> None:
    """After that record."""
    run = begin_bread(opened)
    for _ in range(3):
        edit(opened, run, "- [ ] PAUSE", "- [x] PAUSE")
    found = opened.call("inbox", {}, agent="backend")
    assert len({x["id"] for x in found}) == 3
    later = opened.call("inbox", {"since": found[0]["seq"]}, agent="backend")
    assert later == found[1:]
    for wrong in (-1, "x", 10**30):
        with pytest.raises(UsageProblem):
            opened.call("inbox", {"since": wrong}, agent="backend")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("backend", "backend"),
        ("Backend Developer", "backend"),
        ("@docs", "docs"),
        ("docs-writer", "docs"),
        ("till-team", ""),
        ("", ""),
    ],
)
def test_names_in_documents_are_matched_to_the_roster(
    opened: OpenWorkspace, said: str, expected: str
) -> None:
    """By name or title; everybody else is a maintainer's matter."""
    assert assignee.named(opened.workspace, said) == expected
