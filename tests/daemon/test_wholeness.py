"""A list is whole, or it is said that it is not."""

from pathlib import Path

import pytest

from coordinator.actions.reports import report_text, run_views, views
from coordinator.actions.templates import library
from coordinator.cli import progress
from coordinator.watch.intake import BATCH
from tests.actions.run_yard import BREAD, FILLED, begin, keep
from tests.support import (
    CommandLine,
    DaemonProcess,
    FakeAgent,
    ManualClock,
    OpenWorkspace,
    open_workspace,
    run_coordinator,
    wait_for,
)

MANY = 10 * BATCH


def burst(root: Path, count: int) -> None:
    """Write many learnings at once."""
    for number in range(count):
        path = root / f"agent-system/learnings/docs-{number}.md"
        path.write_text(f"# Note {number}\n")


@pytest.mark.slow
@pytest.mark.parametrize("action", ["learning list", "status", "search"])
def test_without_a_daemon_a_burst_is_taken_in_whole(
    opened: OpenWorkspace, action: str
) -> None:
    """Nobody else would take in the rest."""
    burst(opened.root, MANY)
    asked = {"words": ["note"], "limit": 1_000} if action == "search" else {}
    opened.perform(action, **asked)
    assert len(opened.perform("learning list")) == MANY
    assert opened.notes("learning list") == []


@pytest.mark.slow
def test_with_a_daemon_a_list_says_what_it_lacks(opened: OpenWorkspace) -> None:
    """Nobody waits out a burst, and nobody takes a part for the whole."""
    opened.dispatcher.take_hints = lambda: None  # as the daemon does
    burst(opened.root, MANY)
    [note] = opened.notes("learning list")
    listed = len(opened.workspace.index.rows("SELECT path FROM learnings"))
    assert listed < MANY
    assert note.startswith(f"{MANY - listed} files are not taken in yet")
    assert "coordinator check" in note
    opened.perform("check")
    assert len(opened.perform("learning list")) == MANY
    assert opened.notes("learning list") == []


def test_what_was_overheard_is_said_too(opened: OpenWorkspace) -> None:
    """Where events were lost, only the next look tells how many files there are."""
    opened.dispatcher.take_hints = lambda: None
    opened.dispatcher.is_behind = lambda: True
    [note] = opened.notes("pending list")
    assert note.startswith("Some files are not taken in yet")
    assert opened.notes("health") == []


@pytest.mark.slow
def test_a_burst_under_a_daemon_is_whole_or_said(
    tmp_path: Path, clock: ManualClock
) -> None:
    """At every moment: all files, or a note on standard error, JSON as it was."""
    with open_workspace(tmp_path / "w", clock) as opened:
        root = opened.root
    with DaemonProcess(root) as daemon:
        wait_for(lambda: daemon.health()["disk_free"], 60)
        burst(root, MANY)

        def is_whole() -> bool:
            done = run_coordinator(root, "learning", "list", "--json")
            assert done.code == 0
            assert len(done.value) == MANY or '{"notes": ["' in done.stderr
            return not done.stderr

        wait_for(is_whole, 60)


def test_a_limit_does_not_cut_in_silence(line: CommandLine) -> None:
    """What is left out is said beside the answer, to people and to programs."""
    burst(line.folder, 3)
    for argv in (["history"], ["search", "note"]):
        cut = line(*argv, "--limit", "2")
        assert cut.code == 0
        assert cut.stderr.startswith("Note: Only the 2 ")
        assert cut.stderr.endswith("add --limit N.\n")
        listed = line(*argv, "--limit", "2", "--json")
        assert len(listed.value) == 2
        assert listed.stderr.startswith('{"notes": ["Only the 2 ')
        assert line(*argv, "--limit", "50").stderr == ""


def test_a_search_in_templates_says_that_there_is_more(
    opened: OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And of how many."""
    monkeypatch.setattr(library, "_MOST_FOUND", 2)
    keep(opened, BREAD)
    [note] = opened.notes("workflow search", words=["the"])
    assert note.startswith("Only the first 2 of ")


def test_the_board_says_how_many_it_leaves_out(
    opened: OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command that shows the rest."""
    for name in ("bread", "cake", "tart"):
        begin(opened, BREAD, name, values=FILLED)
    assert "more:" not in views.board(opened.workspace)
    monkeypatch.setattr(run_views, "_MOST", 1)
    assert "… and 2 more: `coordinator workflow show`" in views.board(opened.workspace)


@pytest.mark.slow
def test_the_final_report_says_how_many_files_it_leaves_out(
    shop: OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their number stands there; the list says that it ends early."""
    agent = FakeAgent(shop.root, "backend")
    agent.branch("carts")
    for name in "abc":
        agent.commit(f"{name}.txt", f"{name}\n")
    agent.pending("final-status", "# Final status\n\n- Feature: carts\n")
    monkeypatch.setattr(report_text, "_MOST_FILES", 1)
    text = shop.perform("report final", agent="backend")["text"]
    assert "- Files: 3" in text
    assert "… and 2 more." in text


class Terminal:
    """Standard error at a terminal, or not."""

    def __init__(self, *, is_one: bool) -> None:
        self._is_one = is_one
        self.said = ""

    def isatty(self) -> bool:
        """Tell whether somebody looks."""
        return self._is_one

    def write(self, text: str) -> None:
        """Keep what is shown."""
        self.said += text

    def flush(self) -> None:
        """Keep nothing back."""


@pytest.mark.parametrize("is_one", [True, False])
def test_progress_is_told_at_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, *, is_one: bool
) -> None:
    """Once it takes a while; at the end nothing of it is left on the line."""
    shown = Terminal(is_one=is_one)
    monkeypatch.setattr("sys.stderr", shown)
    with progress.Progress() as quick:
        quick.tell("Files to take in: 9")
    assert shown.said == ""
    monkeypatch.setattr(progress, "_PATIENCE_SECONDS", -1.0)
    with progress.Progress() as slow:
        slow.tell("Files to take in: 7")
        slow.tell("Files to take in: 3")
    assert ("Files to take in: 3" in shown.said) is is_one
    assert shown.said.endswith("\r\033[K" if is_one else "")
