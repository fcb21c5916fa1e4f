import pytest

from active_contexts import store


@pytest.mark.parametrize(
    "name",
    ["backend-developer-status.md", "docs.md", "DOCS.MD", "frontend-status.txt", "a b"],
)
def test_a_text_file_directly_in_the_folder_is_a_document(name: str) -> None:
    """Agents name their status files as they like."""
    assert store.is_document(f"agent-system/active-contexts/{name}")


@pytest.mark.parametrize(
    "relative",
    [
        "agent-system/active-contexts/BOARD.md",
        "agent-system/active-contexts/.docs-status.md.swp",
        "agent-system/active-contexts/.hidden.md",
        "agent-system/active-contexts/runs/r-1/workflow.md",
        "agent-system/active-contexts/image.png",
        "agent-system/active-contexts/",
        "agent-system/learnings/docs.md",
        "docs.md",
    ],
)
def test_views_hidden_files_runs_and_strangers_are_no_documents(relative: str) -> None:
    """What the coordinator writes itself is never read as an agent's word."""
    assert not store.is_document(relative)


def test_the_file_that_the_command_writes_is_a_document() -> None:
    """`context set` and a shell line write to the same place."""
    path = store.path_of("backend")
    assert path == "agent-system/active-contexts/backend-status.md"
    assert store.is_document(path)
    assert not store.is_document(store.BOARD)
