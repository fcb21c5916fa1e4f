"""A byte order mark, which some editors put first, reads as nothing and is kept."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import active_contexts.format
import agent_identities.format
import agent_identities.importing
import learnings.format
import pending_commits.format
from coordinator.workflows import lint
from coordinator.workflows.judging import evidence, junit
from coordinator.workflows.runs import state_files
from coordinator.workspace import settings
from tests.actions.run_yard import BREAD, begin, oven, show, text_of, tick
from tests.support import CommandLine, FakeAgent, OpenWorkspace

BOM = "\ufeff"
PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text("utf-8")
SHOWN = dict(re.findall(r"<!-- ([\w-]+) -->\n```\w+\n(.*?)```", PAGE, re.DOTALL))
CONFLICT = "<<<<<<< HEAD\n# Ours\n=======\n# Theirs\n>>>>>>> theirs\n"
JUNIT = '<testsuite name="a"><testcase name="b"/></testsuite>'
IDENTITY, CONTEXT = agent_identities.format.parse, active_contexts.format.parse
PENDING, LEARNING = pending_commits.format.parse, learnings.format.parse
READERS: list[tuple[Callable[..., Any], str, str]] = [
    (IDENTITY, "backend.md", SHOWN["identity"]),
    (IDENTITY, "agent-identities.md", SHOWN["identities"]),
    (IDENTITY, "backend.md", CONFLICT),
    (CONTEXT, "backend-status.md", SHOWN["context-line"]),
    (CONTEXT, "backend-status.md", SHOWN["context"]),
    (CONTEXT, "backend-status.md", "State: working\nTask: x\n"),
    (CONTEXT, "backend-status.md", CONFLICT),
    (PENDING, "backend-login.md", SHOWN["submission"]),
    (PENDING, "backend-login.md", "Branch: backend/login\nStatus: approved\n"),
    (PENDING, "backend-final-status.md", SHOWN["final-status"]),
    (PENDING, "backend-login.md", CONFLICT),
    (LEARNING, "backend-x.md", SHOWN["decision-log"]),
    (LEARNING, "0009-x.md", SHOWN["decision-record"]),
    (LEARNING, "decisions.yaml", "- title: Use rye\n  status: accepted\n"),
    (LEARNING, "x.md", CONFLICT),
    (lint.check, "bread.md", BREAD),
    (lint.check, "oven.md", oven()),
    (lint.check, "x.md", "- [ ] One\n- [ ] PAUSE: two\n"),
    (lint.check, "x.md", CONFLICT),
    (state_files.check, "Step.json", '{"steps": 3, "systemStatus": []}'),
    (settings.parse, "coordinator.toml", 'target = "trunk"\n'),
    (agent_identities.importing.read, "modes.json", '[{"slug": "docs"}]'),
    (agent_identities.importing.read, "docs.md", "---\nname: docs\n---\nWrite.\n"),
]


@pytest.mark.parametrize(("read", "path", "text"), READERS)
def test_a_mark_reads_as_nothing(
    read: Callable[..., Any], path: str, text: str
) -> None:
    """The same values, the same problems at the same lines."""
    assert read(BOM + text, path) == read(text, path)


def test_evidence_may_begin_with_a_mark() -> None:
    """Whatever wrote the file that is sent."""
    for parse, text in ((evidence.parse, '{"exit_code": 0}'), (junit.parse, JUNIT)):
        assert parse(BOM + text) == parse(text)
    assert not state_files.is_foreign(f'{BOM}{{"systemStatus": {{}}}}')


def test_what_an_action_changes_keeps_the_mark(opened: OpenWorkspace) -> None:
    """At most the line that is changed is changed."""
    docs = FakeAgent(opened.root, "docs")
    context = docs.context(f"{BOM}State: working\r\nTask: Old\r\n")
    opened.perform("status")
    opened.perform_as("docs", "context set", task="New")
    log = docs.learning("decisions", f"{BOM}## Decision Log\n\n- Use tabs\n")
    opened.perform_as("docs", "decision add", title="Use rye")
    for path, line in ((context, "Task: New\r\n"), (log, "- Use tabs\n")):
        data = (opened.root / path).read_bytes().decode()
        assert data.startswith(BOM)
        assert line in data
    titles = {x["title"] for x in opened.perform("decision list")}
    assert titles == {"Use tabs", "Use rye"}
    [found] = opened.perform("search", words=["tabs"])
    assert found["excerpt"].startswith("## Decision Log")


def test_a_living_copy_keeps_the_mark_of_its_template(opened: OpenWorkspace) -> None:
    """Its items are ticked all the same."""
    run = begin(opened, f"{BOM}- [ ] Knead\n- [ ] Sell\n", "bake")
    tick(opened, run, "1")
    assert text_of(opened, run) == f"{BOM}- [x] Knead\n- [ ] Sell\n"
    assert show(opened, run)["done"] == 1


@pytest.mark.parametrize("daemonless", ["coordinator.toml", "tokens", "version"])
def test_the_workspaces_own_files_may_have_one(
    line: CommandLine, daemonless: str
) -> None:
    """A person opened them in an editor, and nothing else changed."""
    own = line.folder / ".coordinator"
    edited = {
        "coordinator.toml": line.folder / "coordinator.toml",
        "tokens": own / "tokens" / "docs",
        "version": own / "version",
    }[daemonless]
    edited.write_bytes(BOM.encode() + edited.read_bytes())
    argv = ["--as", "docs", "context", "set", "--task", "Pages", "--json"]
    assert line(*argv).value["task"] == "Pages"
    assert line("init", ".", "--agent", "tester").code == 0
    assert edited.read_bytes().startswith(BOM.encode())
    assert json.loads(line("check", "--json").stdout) == []
