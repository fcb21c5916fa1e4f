"""What is read and answered, frozen: a change of the house changes none of it.

`documents.json` holds texts with what the owners read in them, `answers.json` what the
stored workspace answers, as JSON and as text. `COORDINATOR_REWRITE=1` writes both anew,
for a change that is meant.
"""

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

import active_contexts.format
import agent_identities.format
import learnings.format
import pending_commits.format
from coordinator.cli.text import show
from coordinator.workflows.documents import read
from tests.actions.run_yard import BREAD, GUIDE, WAY, oven
from tests.scenarios.test_stored_workspaces import (
    MOMENTARY,
    SOON_AFTER,
    stored,  # noqa: F401 - a fixture
)
from tests.support import ManualClock, OpenWorkspace, open_workspace
from tests.workflows.sample_documents import ALL

HERE = Path(__file__).parent
REWRITE = "COORDINATOR_REWRITE" in os.environ  # no test sees it
PARSERS: dict[str, tuple[Callable[[str, str], object], str]] = {
    "workflows": (read.parse, "plan.md"),
    "learnings": (learnings.format.parse, "agent-system/learnings/backend-x.md"),
    "contexts": (
        active_contexts.format.parse,
        "agent-system/active-contexts/backend-status.md",
    ),
    "identities": (agent_identities.format.parse, "agent-system/agent-identities.md"),
    "pending": (pending_commits.format.parse, "pending-commits/backend-x.md"),
}
ASKED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("agent list", {}),
    ("agent show", {"agent": "backend"}),
    ("check", {}),
    ("context list", {}),
    ("decision list", {}),
    ("history", {"limit": 1_000}),
    ("inbox", {}),
    ("learning list", {}),
    ("pending list", {}),
    ("report daily", {"since": "365d"}),
    ("report decisions", {}),
    ("search", {"words": ["tokens"]}),
    ("workflow escalations", {}),
    ("workflow export", {"run": "steps-1", "format": "dna-json"}),
    ("workflow export", {"run": "steps-1", "format": "step-json"}),
    ("workflow list", {}),
    ("workflow next", {}),
    ("workflow show", {}),
    ("workflow show", {"run": "feature-1"}),
    ("workflow show", {"run": "small-1"}),
    ("workflow show", {"run": "steps-1"}),
    ("workflow show", {"run": "steps-1", "step": "T01-S01-02"}),
    ("worktree list", {}),
)


def plain(value: object, top: str = "\0") -> Any:  # noqa: ANN401 - a JSON value
    """Return a value as JSON has it, without the place and the moment."""
    match value:
        case dict():
            kept = {str(k): v for k, v in value.items() if k not in MOMENTARY}
            return {k: plain(v, top) for k, v in kept.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(x, top) for x in value]
        case Enum():
            return value.value
        case str():
            return value.replace(f"{top}/work", "@W@").replace(top, "@TOP@")
        case int() | float() | None:
            return value
        case _:
            return plain(asdict(value), top)  # type: ignore[call-overload]


def texts() -> list[str]:
    """Return what is read: the samples of the tests, and those of the manual."""
    pages = (HERE.parents[1] / "docs").glob("*.md")
    fenced = [
        block.partition("\n")[2]
        for page in sorted(pages)
        for block in page.read_text().split("```")[1::2]
        if block.startswith("markdown\n")
    ]
    return [*ALL, BREAD, GUIDE, WAY, oven(), *fenced]


def frozen(name: str) -> Any:  # noqa: ANN401 - a JSON value
    """Return what was frozen under this name."""
    return json.loads((HERE / name).read_text())


def freeze(name: str, value: object) -> None:
    """Write it anew, a line for each entry."""
    lines = ",\n".join(json.dumps(x, ensure_ascii=False) for x in value)  # type: ignore[attr-defined]
    (HERE / name).write_text(f"[\n{lines}\n]\n")


def test_every_text_is_read_as_it_was() -> None:
    """By each owner: fields, items, lines and problems."""
    known = texts() if REWRITE else [x["text"] for x in frozen("documents.json")]
    found = [
        {
            "text": text,
            **{x: plain(parse(text, path)) for x, (parse, path) in PARSERS.items()},
        }
        for text in known
    ]
    if REWRITE:
        freeze("documents.json", found)
    for old, new in zip(frozen("documents.json"), found, strict=True):
        assert old == new


def answer(opened: OpenWorkspace, top: str, asked: tuple[str, Any]) -> dict[str, Any]:
    """Ask; the text is made of the answer without the place."""
    name, arguments = asked
    value = plain(opened.perform(name, **arguments), top)
    try:
        text = show.text_of(name, value, 120, color=False)
    except KeyError:  # it would tell the moment
        text = ""
    return {"asked": [name, arguments], "json": value, "text": text}


@pytest.mark.slow
def test_every_answer_is_as_it_was(stored: Path) -> None:  # noqa: F811 - a fixture
    """As JSON and as text, of the workspace that is stored."""
    with open_workspace(stored / "work", ManualClock(SOON_AFTER)) as opened:
        found = [answer(opened, str(stored), x) for x in ASKED]
    if REWRITE:
        freeze("answers.json", found)
    for old, new in zip(frozen("answers.json"), found, strict=True):
        assert old == json.loads(json.dumps(new)), old["asked"]
