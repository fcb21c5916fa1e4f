import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from coordinator.daemon.dispatcher import Request
from coordinator.kernel.errors import Conflict, NotFound, UsageProblem
from coordinator.workspace import registry, tokens
from coordinator.workspace.registry import Deferred
from tests.support import (
    FakeAgent,
    ManualClock,
    OpenWorkspace,
    git,
    open_workspace,
)


def titles(opened: OpenWorkspace) -> list[str]:
    """Return the titles of all decisions."""
    return [x["title"] for x in opened.perform("decision list")]


def test_the_same_key_gives_the_first_outcome_and_does_nothing(
    tmp_path: Path, clock: ManualClock
) -> None:
    """A repetition is safe, also after a restart and a rebuilt index."""
    asked = {"title": "Use tabs"}
    with open_workspace(tmp_path / "w", clock) as opened:
        first = opened.call("decision add", asked, agent="docs", key="k1")
        clock.advance(hours=1)
        assert opened.call("decision add", asked, agent="docs", key="k1") == first
        last = opened.workspace.journal.last
    opened.layout.index.unlink()
    with open_workspace(tmp_path / "w", clock) as opened:
        assert opened.call("decision add", asked, agent="docs", key="k1") == first
        assert titles(opened) == ["Use tabs"]
        assert opened.workspace.journal.last == last


def test_without_a_key_or_with_another_it_is_done_again(opened: OpenWorkspace) -> None:
    """Only the key makes two calls one."""
    for key in ("", "", "a", "b"):
        opened.call("learning add", {"title": "Again"}, agent="docs", key=key)
    assert len(opened.perform("learning list")) == 4


def test_a_key_is_for_one_action(opened: OpenWorkspace) -> None:
    """The same key for something else is a conflict, and nothing is done."""
    opened.call("decision add", {"title": "A"}, agent="docs", key="k")
    with pytest.raises(Conflict, match="'k' was used for 'decision add'"):
        opened.call("learning add", {"title": "B"}, agent="docs", key="k")
    assert [x["title"] for x in opened.perform("learning list")] != ["B"]
    assert len(opened.perform("learning list")) == 1


def test_a_key_is_its_callers_own(opened: OpenWorkspace) -> None:
    """Two agents that choose one key do not get each other's outcome."""
    for agent in ("docs", "backend"):
        made = opened.call("decision add", {"title": agent}, agent=agent, key="1")
        assert made["agent"] == agent
    assert sorted(titles(opened)) == ["backend", "docs"]


def test_what_failed_may_be_tried_again_with_its_key(opened: OpenWorkspace) -> None:
    """An error is no outcome."""
    with pytest.raises(NotFound):
        opened.call("agent retire", {"agent": "tester"}, key="k")
    opened.perform("init", workspace=str(opened.root), agent=["tester"])
    assert opened.call("agent retire", {"agent": "tester"}, key="k")["retired"]


def test_a_key_on_a_question_means_nothing(opened: OpenWorkspace) -> None:
    """Reading has no outcome that could be kept."""
    opened.call("status", {}, key="k")
    assert opened.records("outcome.kept") == []


@pytest.mark.parametrize(
    ("action", "arguments", "error"),
    [
        ("nothing", {}, NotFound),
        ("", {}, NotFound),
        ("status", {"bogus": 1}, UsageProblem),
        ("agent show", {}, UsageProblem),
        ("history", {"limit": "many"}, UsageProblem),
        ("history", {"limit": -1}, UsageProblem),
        ("learning add", {"title": ""}, UsageProblem),
        ("learning add", {"title": "x" * 301}, UsageProblem),
        ("learning add", {"title": "x\ud800"}, UsageProblem),
        ("context set", {"note": "x" * 2_001}, UsageProblem),
    ],
)
def test_malformed_calls_are_refused_before_anything_is_done(
    opened: OpenWorkspace, action: str, arguments: dict[str, object], error: type
) -> None:
    """Unknown verbs, unknown and wrong arguments, bounds."""
    last = opened.workspace.journal.last
    with pytest.raises(error):
        opened.perform_as("docs", action, **arguments)
    assert opened.workspace.journal.last == last


@pytest.mark.parametrize("key", ["x" * 201, "a\nb", "\ud800", "\0"])
def test_a_key_is_short_and_can_be_shown(opened: OpenWorkspace, key: str) -> None:
    """It is kept in the journal for ever."""
    with pytest.raises(UsageProblem, match="key"):
        opened.call("learning add", {"title": "X"}, key=key)


def test_results_are_json(opened: OpenWorkspace) -> None:
    """Whatever an action returns can be written as it is."""
    FakeAgent(opened.root, "docs").context("State: working\n")
    for action in ("status", "context list", "agent list", "doctor", "check"):
        result = opened.perform(action)
        assert json.loads(json.dumps(result)) == result


def test_an_answer_is_fresh(opened: OpenWorkspace) -> None:
    """Whoever asks sees what stands on the disk, without waiting for a look."""
    agent = FakeAgent(opened.root, "docs")
    for state in ("working", "blocked", "done"):
        agent.context(f"State: {state}\n")
        listed = {x["name"]: x["state"] for x in opened.perform("context list")}
        assert listed["docs"] == state
    (opened.root / agent.context("State: idle\n")).unlink()
    listed = {x["name"]: x["state"] for x in opened.perform("context list")}
    assert listed["docs"] == "unknown"


def test_a_request_may_come_with_nothing_but_its_action(opened: OpenWorkspace) -> None:
    """Everything else has a harmless default: such a caller may read."""
    assert opened.dispatcher.perform(Request("health")).value == {"running": False}


def test_what_is_left_for_later_is_done_in_turns(opened: OpenWorkspace) -> None:
    """Work beside the writer may be followed by more; its outcome is kept by key."""
    turns: list[str] = []

    def run(*_: object) -> Deferred[Any]:
        def finish(found: str) -> Deferred[Any]:
            turns.append(found)
            return Deferred(lambda: "second", lambda x: {"found": [*turns, x]})

        return Deferred(lambda: "first", finish)

    action = registry.find("context set")
    assert action is not None
    replaced = replace(action, run=run)
    request = Request("context set", {"state": "working"}, token=tokens.own(), key="k")
    registry._ACTIONS["context set"] = replaced
    try:
        first = opened.dispatcher.perform(request)
        assert first.value == {"found": ["first", "second"]}
        assert opened.dispatcher.perform(request) == first
    finally:
        registry._ACTIONS["context set"] = action
    assert turns == ["first"]


def test_a_key_holds_while_another_call_waits_for_git(shop: OpenWorkspace) -> None:
    """Of two calls with one key that come at once, one does it."""
    asked = {"title": "Use tabs"}
    token = tokens.own()
    request = Request("decision add", asked, token=token, key="k")
    git(shop.root / "shop-docs", "branch", "docs/pages")
    waits = shop.dispatcher.begin(request)
    assert isinstance(waits, Deferred)
    first = shop.dispatcher.perform(request)
    step: object = waits
    while isinstance(step, Deferred):
        step = step.finish(step.work())
    assert step == first
    assert titles(shop) == ["Use tabs"]
