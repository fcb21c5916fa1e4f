"""The phase file that a run's task is ticked in."""

import errno
import os
from pathlib import Path

import pytest

from tests.actions.run_yard import BREAD, READ, TRACK, begin, edit, inbox, keep, tick
from tests.support import FakeAgent, OpenWorkspace

PHASE = """\
# Phase 2

- [x] White loaf
- [ ] Rye loaf
- [ ] Corn loaf
"""
VALUES = (
    "Task Name=Rye loaf",
    "Feature Name=Rye loaf",
    "Feature Description=Dark bread",
)


def write(root: Path, text: str = PHASE, name: str = "docs/phase-2.md") -> Path:
    """Write a phase file."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_tracking_ticks_the_phase_file_that_was_named(
    opened: OpenWorkspace, end: str
) -> None:
    """One line of it, of the item that says what the run is about."""
    path = write(opened.root, PHASE.replace("\n", end))
    run = begin(opened, BREAD, values=(*VALUES, "phase_file=docs/phase-2.md"))
    assert tick(opened, run, READ)["told"] == ""
    found = tick(opened, run, TRACK)
    assert found["told"] == "docs/phase-2.md, line 4, is ticked."
    expected = PHASE.replace("- [ ] Rye", "- [x] Rye").replace("\n", end)
    assert path.read_bytes().decode() == expected


def test_a_link_in_the_item_names_the_phase_file(opened: OpenWorkspace) -> None:
    """Where nothing else was said."""
    path = write(opened.root)
    text = BREAD.replace("tracking", "tracking in [phase 2](docs/phase-2.md)")
    run = begin(opened, text, values=VALUES)
    tick(opened, run, READ, TRACK)
    assert "- [x] Rye" in path.read_text()


def test_the_current_task_may_name_the_phase_file(opened: OpenWorkspace) -> None:
    """Behind its words."""
    path = write(opened.root)
    values = ("Task Name=Rye loaf (docs/phase-2.md)", *VALUES[1:])
    run = begin(opened, BREAD, values=values)
    tick(opened, run, READ, TRACK)
    assert "- [x] Rye" in path.read_text()


@pytest.mark.slow
def test_the_agents_worktree_comes_first(shop: OpenWorkspace) -> None:
    """The phase file is part of the code; the workspace's own is second."""
    other = write(shop.root)
    path = write(FakeAgent(shop.root, "backend").home)
    run = begin(shop, BREAD, values=(*VALUES, "phase_file=docs/phase-2.md"))
    tick(shop, run, READ, TRACK)
    assert "- [x] Rye" in path.read_text()
    assert other.read_text() == PHASE


@pytest.mark.parametrize(
    ("value", "text", "words"),
    [
        ("", PHASE, "No phase file is named"),
        ("phase_file=docs/phase-9.md", PHASE, "docs/phase-9.md was not found"),
        ("phase_file=../templates/bread.md", PHASE, "was not found"),
        ("phase_file=/etc/hostname", PHASE, "was not found"),
        ("phase_file=docs/phase-2.md", "- [x] Rye loaf\n", "has no open item"),
        ("phase_file=docs/phase-2.md", "- [ ] Rye loaf\n" * 2, "has no open item"),
    ],
)
def test_where_it_cannot_it_says_so_and_passes_as_a_plain_tick(
    opened: OpenWorkspace, value: str, text: str, words: str
) -> None:
    """Nothing is guessed, and nothing outside is touched."""
    path = write(opened.root, text)
    run = begin(opened, BREAD, values=[*VALUES, *([value] if value else [])])
    found = tick(opened, run, READ, TRACK)
    assert found["state"] == "done"
    assert words in found["told"]
    assert path.read_text() == text


def test_a_tick_in_the_file_is_written_back_too(opened: OpenWorkspace) -> None:
    """What came of it stands in the agent's inbox."""
    path = write(opened.root)
    run = begin(opened, BREAD, values=(*VALUES, "phase_file=docs/phase-2.md"))
    edit(opened, run, "- [ ] Read", "- [x] Read")
    edit(opened, run, "- [ ] Update", "- [x] Update")
    assert "- [x] Rye" in path.read_text()
    assert inbox(opened) == ["docs/phase-2.md, line 4, is ticked."]


def test_a_skip_and_an_undo_write_nothing_back(opened: OpenWorkspace) -> None:
    """Only what is done is."""
    path = write(opened.root)
    run = begin(opened, BREAD, values=(*VALUES, "phase_file=docs/phase-2.md"))
    tick(opened, run, READ)
    asked = {"run": run, "item": TRACK, "skip": True, "comment": "Later"}
    assert opened.call("workflow tick", asked, agent="backend")["told"] == ""
    assert path.read_text() == PHASE


def test_a_tick_that_was_cut_off_is_written_back_with_its_key(
    opened: OpenWorkspace,
) -> None:
    """The record was made, the phase file not yet."""
    path = write(opened.root)
    run = begin(opened, BREAD, values=(*VALUES, "phase_file=docs/phase-2.md"))
    tick(opened, run, READ)
    asked = {"run": run, "item": TRACK}
    dispatcher = opened.dispatcher
    kept, dispatcher._keep_outcome = dispatcher._keep_outcome, lambda *_: None  # type: ignore[method-assign]
    opened.call("workflow tick", asked, agent="backend", key="k")
    dispatcher._keep_outcome = kept  # type: ignore[method-assign]
    path.write_text(PHASE)
    found = opened.call("workflow tick", asked, agent="backend", key="k")
    assert found["told"] == "docs/phase-2.md, line 4, is ticked."


def test_what_the_disk_refuses_is_said(
    opened: OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tick holds all the same."""
    path = write(opened.root)
    run = begin(opened, BREAD, values=(*VALUES, "phase_file=docs/phase-2.md"))
    tick(opened, run, READ)
    real = os.rename

    def refuse(source: str, target: str, **named: int) -> None:
        if target == "phase-2.md":
            raise PermissionError(errno.EACCES, "Permission denied")
        real(source, target, **named)

    monkeypatch.setattr(os, "rename", refuse)
    found = tick(opened, run, TRACK)
    assert "cannot be written (this account may not do that here)" in found["told"]
    assert (found["state"], path.read_text()) == ("done", PHASE)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "No phase file is named"),
        ("docs/none.md", "The phase file docs/none.md was not found"),
    ],
)
def test_a_missing_phase_file_is_said_at_the_start(
    opened: OpenWorkspace, value: str, words: str
) -> None:
    """Not only once the item is ticked; where all is there, nothing is said."""
    keep(opened, BREAD)
    asked = [*VALUES, *([f"phase_file={value}"] if value else [])]
    [note] = opened.notes("workflow start", template="bread", set=tuple(asked))
    assert note.startswith(words)
    write(opened.root)
    asked = [*VALUES, "phase_file=docs/phase-2.md"]
    assert opened.notes("workflow start", template="bread", set=tuple(asked)) == []
    keep(opened, "# Rye\n- [ ] Mix\n", "rye")
    assert opened.notes("workflow start", template="rye") == []
