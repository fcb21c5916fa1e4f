"""Paths in answers open from where the caller stands."""

import json
from pathlib import Path

import pytest

from coordinator.cli.text import relative_paths
from tests.support import CommandLine, FakeAgent

RUNS = "agent-system/active-contexts/runs"


@pytest.mark.parametrize(
    ("folder", "way"),
    [
        ("/w", ""),
        ("/w/shop-docs", "../"),
        ("/w/shop-docs/src/deep", "../../../"),
        ("/elsewhere", "/w/"),
        ("/w2", "/w/"),
    ],
)
def test_the_way_to_the_workspace(folder: str, way: str) -> None:
    """Up from inside of it, the whole path from elsewhere, nothing at its top."""
    assert relative_paths.way(Path("/w"), Path(folder)) == way
    assert relative_paths.way(None, Path(folder)) == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "Write in agent-system/a.md, then go on.",
            "Write in ../agent-system/a.md, then go on.",
        ),
        ("(agent-system/x.md)", "(../agent-system/x.md)"),
        ("of reports/x.md", "of reports/x.md"),
        ("said 'agent-system/x.md'", "said 'agent-system/x.md'"),
        ("/w/pending-commits/x.md", "/w/pending-commits/x.md"),
        ("../pending-commits/x.md", "../pending-commits/x.md"),
        ("my-reports/x.md", "my-reports/x.md"),
        ("src/reports/x.md", "src/reports/x.md"),
        ("agent-system/", "agent-system/"),
    ],
)
def test_a_sentence_names_paths_as_they_open(text: str, told: str) -> None:
    """Those that are a path of the workspace, and no other words."""
    assert relative_paths.in_sentence(text, "../") == told
    assert relative_paths.in_sentence(text, "") == text


def test_other_texts_and_paths_stay_as_they_are() -> None:
    """What an agent wrote, and files of its repository."""
    value = {
        "path": "agent-system/a.md",
        "items": [
            {"path": "src/a.md", "text": "See pending-commits/x.md"},
            {"hint": "pending-commits/x", "command": "edit pending-commits/x"},
            {"command": "cat pending-commits/x"},
        ],
    }
    assert relative_paths.in_value(value, "../") == {
        "path": "../agent-system/a.md",
        "items": [
            {"path": "src/a.md", "text": "See pending-commits/x.md"},
            {"hint": "../pending-commits/x", "command": "edit ../pending-commits/x"},
            {"command": "cat pending-commits/x"},
        ],
    }


def test_an_agent_can_open_what_it_is_told_of(line: CommandLine) -> None:
    """From its folder, from a deeper one, and from outside of the workspace."""
    root = line.folder
    FakeAgent(root, "docs").learning("apples", "# Apples\n")
    deep = root / "some" / "place"
    deep.mkdir(parents=True)
    for folder in (root, deep, root.parent):
        line.folder = folder
        [found] = line("learning", "list", "--workspace", str(root), "--json").value
        assert (folder / found["path"]).read_text() == "# Apples\n"
    line.folder = deep
    (root / "feature.md").write_text(
        "# F\n\n## Task Management\n- [ ] a\n\n## On\n[Name]\n- [ ] b\n"
    )
    line("workflow", "import", "../../feature.md")
    line("--as", "docs", "workflow", "start", "feature")
    line("--as", "docs", "workflow", "tick", "feature-1", "1")
    done = line("--as", "docs", "workflow", "tick", "feature-1", "2", "--json")
    hint = json.loads(done.stderr)["error"]["hint"]
    assert f"../../{RUNS}/feature-1/workflow.md" in hint
    [waits] = line("--as", "docs", "workflow", "next", "--json").value["waiting"]
    assert f"../../{RUNS}/feature-1/workflow.md" in waits["command"]
