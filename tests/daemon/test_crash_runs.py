"""Runs of workflows that end after any effect, begun again."""

from pathlib import Path
from typing import Any

import pytest

from coordinator.actions.reports import views
from coordinator.kernel.clock import now
from tests.actions.run_yard import (
    BREAD,
    FILLED,
    HEAT,
    PAUSE,
    READ,
    RUNS,
    SIFT,
    TRACK,
    WOOD,
    inbox,
    keep,
    oven,
    show,
)
from tests.daemon.test_crash import Scene, stop_after_each
from tests.support import ManualClock, OpenWorkspace, open_workspace

QUALITY = "\n## Quality Gates\n1. **Crust**: Somebody has tasted it.\n"
STEPS = oven(retries="0").split(f"    - Step ID: {HEAT}")[0] + QUALITY
LIVING = f"{RUNS}/bread-1/workflow.md"
FAILED, DONE = '{"exit_code": 1}', '{"exit_code": 0}'
VALUES = (*FILLED, "phase_file=docs/phase.md")
Asked = tuple[str, str, dict[str, Any]]
BEFORE: tuple[Asked, ...] = (
    ("backend", "workflow start", {"template": "bread", "set": VALUES}),
)
AFTER: tuple[Asked, ...] = (
    ("backend", "workflow tick", {"run": "bread-1", "item": SIFT}),
    ("", "workflow gate", {"run": "bread-1", "item": PAUSE, "comment": "Go"}),
    ("backend", "workflow tick", {"run": "bread-1", "item": TRACK}),
    ("backend", "workflow start", {"template": "oven"}),
    ("backend", "workflow take", {"run": "oven-1", "step": WOOD}),
    (
        "backend",
        "workflow submit",
        {"run": "oven-1", "step": WOOD, "evidence": FAILED},
    ),
    (
        "",
        "workflow resolve",
        {"id": "oven-1-e1", "decision": "resume", "comment": "Go"},
    ),
    ("docs", "workflow take", {"run": "oven-1", "step": WOOD}),
    ("docs", "workflow submit", {"run": "oven-1", "step": WOOD, "evidence": DONE}),
    ("", "workflow gate", {"run": "oven-1", "item": "quality-1", "comment": "Go"}),
)


def work(root: Path) -> None:
    """Bring two runs to where they should be: by commands, and by an editor.

    Each call has a key of its own; the time is the disk's, as that of files is.
    """
    with open_workspace(root, now) as opened:
        for number, (agent, action, arguments) in enumerate((*BEFORE, *AFTER)):
            if number == len(BEFORE):
                edit(root / LIVING)
            key = f"key-{number}"
            opened.call(action, arguments, agent=agent, key=key, folder=str(root))
        views.refresh(opened.workspace)


def edit(path: Path) -> None:
    """Tick as an agent does, once: two that hold, and a gate that does not."""
    text = path.read_text()
    if "[ ] Weigh" in text:
        for words in ("Read", "Weigh", "PAUSE"):
            text = text.replace(f"[ ] {words}", f"[x] {words}")
        path.write_text(text)


def prepare(root: Path, clock: ManualClock) -> None:
    """Make a workspace with templates and a phase file."""
    with open_workspace(root, clock) as opened:
        keep(opened, BREAD)
        keep(opened, STEPS, "oven")
        (root / "docs").mkdir()
        (root / "docs" / "phase.md").write_text("# Phase\n\n- [ ] Rye loaf\n")


def end_state(root: Path, clock: ManualClock) -> dict[str, Any]:
    """Take in what is there, and return what everybody sees."""
    with open_workspace(root, clock) as opened:
        opened.perform("check")
        assert all(x["well"] for x in opened.perform("doctor"))
        found = [seen(show(opened, x)) for x in ("bread-1", "oven-1")]
        texts = [
            (root / RUNS / x / "workflow.md").read_text() for x in ("bread-1", "oven-1")
        ]
        assert texts == [held(opened, x) for x in ("bread-1", "oven-1")]
        return {
            "runs": found,
            "texts": texts,
            "phase": (root / "docs" / "phase.md").read_text(),
            "problems": opened.problems(),
            "inboxes": [inbox(opened, x) for x in ("backend", "docs", "")],
            "escalations": opened.perform("workflow escalations"),
        }


def held(opened: OpenWorkspace, run: str) -> str:
    """Return the text that the records say stands."""
    row = opened.workspace.index.row(
        "SELECT blob FROM documents WHERE path = ?", (f"{RUNS}/{run}/workflow.md",)
    )
    assert row is not None
    return opened.workspace.read_text(row["blob"])


def seen(run: dict[str, Any]) -> dict[str, object]:
    """Return what does not depend on the time."""
    return {
        "state": run["state"],
        "items": [(x["id"], x["state"], x["by"]) for x in run["items"]],
        "steps": [
            (
                x["state"],
                x["holder"],
                [(y["agent"], y["outcome"], y["evidence"]) for y in x["attempts"]],
            )
            for x in run["steps"]
        ],
        "passed": sorted(run["passed"]),
        "refused": [(x["item"], x["code"]) for x in run["refused"]],
        "escalations": [(x["id"], x["decision"]) for x in run["escalations"]],
    }


def test_what_the_runs_come_to(tmp_path: Path, clock: ManualClock) -> None:
    """The end that every crash is compared with is the one that is meant."""
    root = tmp_path / "w"
    prepare(root, clock)
    work(root)
    found = end_state(root, clock)
    bread, steps = found["runs"]
    done = [item for item, state, _ in bread["items"] if state == "done"]
    assert done == [READ, TRACK, "3", "4", SIFT, PAUSE]
    assert bread["refused"] == [(PAUSE, "gate-waits")]
    assert (steps["state"], steps["passed"]) == ("finished", ["quality-1"])
    assert [x[:2] for x in steps["steps"]] == [("SUCCEEDED", "docs")]
    assert found["phase"] == "# Phase\n\n- [x] Rye loaf\n"


@pytest.mark.slow
@pytest.mark.parametrize("share", range(8))
def test_whatever_effect_was_the_last_runs_end_the_same(
    tmp_path: Path, share: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped after its n-th effect, for every n, and begun again: the same end."""
    scene = Scene(prepare, work, end_state)
    assert stop_after_each(scene, tmp_path, share, 8, monkeypatch) > 50
