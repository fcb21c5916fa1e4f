import json
from pathlib import Path

import pytest

from coordinator.kernel.errors import NotFound
from tests.support import FakeAgent, OpenWorkspace


def test_an_agent_is_shown_with_its_standing(opened: OpenWorkspace) -> None:
    """Identity and present state in one answer."""
    FakeAgent(opened.root, "docs").context("State: blocked\n")
    shown = opened.perform("agent show", agent="docs")
    assert (shown["name"], shown["prefix"]) == ("docs", "docs")
    assert shown["standing"]["state"] == "blocked"
    with pytest.raises(NotFound):
        opened.perform("agent show", agent="nobody")


def test_identities_are_imported_from_many_forms(
    opened: OpenWorkspace, tmp_path: Path
) -> None:
    """Each agent file becomes an identity; who is there already is left alone."""
    source = tmp_path / "agents"
    source.mkdir()
    (source / "tester.md").write_text(
        "---\nname: tester\ndescription: Tests: everything\n---\nYou test.\n"
    )
    (source / "docs.md").write_text("---\nname: docs\ndescription: Other\n---\n")
    mode = {"slug": "planner", "name": "Planner", "roleDefinition": "You plan."}
    (source / "modes.json").write_text(json.dumps({"customModes": [mode]}))
    (source / "broken.md").write_bytes(b"\xff")
    (source / "link.md").symlink_to(source / "tester.md")
    (source / "ignored.png").write_bytes(b"")
    done = opened.perform("agent import", path=str(source))
    assert sorted(done["added"]) == ["planner", "tester"]
    assert done["skipped"] == ["docs"]
    assert {x["code"] for x in done["problems"]} >= {"not-utf-8", "symlink"}
    names = [x["name"] for x in opened.perform("agent list")]
    assert names == ["backend", "docs", "frontend", "planner", "tester"]
    assert opened.perform("agent import", path=str(source))["added"] == []
    with pytest.raises(NotFound):
        opened.perform("agent import", path=str(tmp_path / "none"))


def test_an_identity_that_comes_later_gets_what_is_its_own(
    opened: OpenWorkspace,
) -> None:
    """A file of nobody belongs to the agent whose name it bears, once there is one."""
    path = FakeAgent(opened.root, "tester").context("State: working\n")
    assert opened.problems(path) == ["unknown-agent"]
    (opened.root / "agent-system/agent-identities.md").write_text(
        "# Agents\n\n## Tester\n\n**Role**: Tests\n"
    )
    assert opened.problems(path) == []
    stands = {x["name"]: x["state"] for x in opened.perform("context list")}
    assert stands["tester"] == "working"
