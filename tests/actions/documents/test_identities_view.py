"""The team in one file: a view that is never read back, and never over a person's."""

import pytest

from agent_identities.store import FILE, FOLDER
from coordinator.actions.documents.markdown_text import NOTICE
from coordinator.actions.reports import views
from tests.support import OpenWorkspace

TEAM = (
    "# The team\n\n## Baker\n\n- **Role**: Bakes.\n\n## Miller\n\n- **Role**: Mills.\n"
)


def team(opened: OpenWorkspace) -> list[str]:
    """Return the agents' names."""
    return [x["name"] for x in opened.perform("agent list")]


def test_the_view_is_made_and_follows_the_folder(opened: OpenWorkspace) -> None:
    """Who loads one file has the whole team in it, with what each is for."""
    views.refresh(opened.workspace)
    path = opened.root / FILE
    text = path.read_text()
    assert text.startswith(NOTICE)
    for agent in ("backend", "docs", "frontend"):
        assert f"- Name: `{agent}`" in text
        assert f"- File: `{FOLDER}/{agent}.md`" in text
    assert "Builds the server side" in text
    assert "  - Design and implement the interfaces" in text
    (opened.root / FOLDER / "baker.md").write_text("# Baker\n\n## Role\n\nBakes.\n")
    opened.perform("check")
    views.refresh(opened.workspace)
    assert "- Role: Bakes." in path.read_text()
    path.unlink()
    opened.perform("check")
    views.refresh(opened.workspace)
    assert "- Role: Bakes." in path.read_text()


def test_the_view_is_never_read_back(opened: OpenWorkspace) -> None:
    """Not even with another agent written into it; that is overwritten."""
    views.refresh(opened.workspace)
    path, before = opened.root / FILE, team(opened)
    last = opened.workspace.journal.last
    path.write_text(f"{path.read_text()}\n## Baker\n\n- Name: `baker`\n")
    assert opened.problems() == []
    assert team(opened) == before
    assert opened.workspace.journal.last == last
    views.refresh(opened.workspace)
    assert "Baker" not in path.read_text()


def test_a_persons_own_file_stays_and_counts(opened: OpenWorkspace) -> None:
    """Until it is deleted: then the view stands there."""
    path = opened.root / FILE
    path.write_text(TEAM)
    views.refresh(opened.workspace)
    assert path.read_text() == TEAM
    assert "baker" in team(opened)
    path.unlink()
    views.refresh(opened.workspace)
    assert not path.exists(), "what was deleted is not seen yet"
    assert "baker" not in team(opened)
    views.refresh(opened.workspace)
    assert path.read_text().startswith(NOTICE)
    assert "baker" not in team(opened)


@pytest.mark.parametrize("data", [b"\xff\xfe# Team", b"", b"# Notes\n" * 400_000])
def test_what_cannot_be_read_there_is_a_persons_too(
    opened: OpenWorkspace, data: bytes
) -> None:
    """Nothing of it is overwritten."""
    path = opened.root / FILE
    path.write_bytes(data)
    opened.perform("check")
    views.refresh(opened.workspace)
    assert path.read_bytes() == data


def test_a_view_in_the_place_of_a_document_ends_it(opened: OpenWorkspace) -> None:
    """As where a person puts the view's text back by hand."""
    views.refresh(opened.workspace)
    path = opened.root / FILE
    view = path.read_text()
    path.write_text(TEAM)
    assert "baker" in team(opened)
    path.write_text(view)
    assert "baker" not in team(opened)
