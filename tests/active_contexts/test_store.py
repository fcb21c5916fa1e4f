import pytest

from active_contexts import store

REAL = f"{store.FOLDER}/backend-status.md"


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


@pytest.mark.parametrize(
    "name",
    [
        "backend-status (1).md",
        "backend-status 2.md",
        "backend-status copy.md",
        "backend-status copy 3.md",
        "backend-status - Copy.md",
        "backend-status - Copy (2).md",
        "Copy of backend-status.md",
        "backend-status (conflicted copy 2026-02-03).md",
        "backend-status (Ann's conflicted copy 2026-02-03).md",
        "backend-status.sync-conflict-20260203-101010-ABCDEFG.md",
        "backend-status_conflict-20260203-101010.md",
        "backend-status.bak.md",
        "backend-status_backup.md",
        "backend-status-old.md",
        "backend-status.orig.md",
        "backend-status~.md",
        "backend-status - Kopie.md",
        "backend-status (copie).md",
        "backend-status - copia (2).md",
        "backend-status-conflict.md",
        "backend-status-DESKTOP-AB12.md",
    ],
)
def test_a_copy_is_told_by_its_name_and_by_what_it_copies(name: str) -> None:
    """Alone it is a file like any other."""
    real = f"{store.FOLDER}/backend-status.md"
    assert store.original_of(f"{store.FOLDER}/{name}", {real}) == real
    assert (
        store.original_of(f"{store.FOLDER}/{name}", {f"{store.FOLDER}/docs-status.md"})
        == ""
    )


@pytest.mark.parametrize(
    "name",
    [
        "backend-status.md",
        "backend-status-2026-02-03.md",
        "backend-status-copying.md",
        "backend-status-v2.md",
        "backend-status-notes.md",
        "backend-status (1).txt",
        "backend-status",
    ],
)
def test_other_names_are_no_copies(name: str) -> None:
    """Another day, another subject, another ending."""
    assert (
        store.original_of(
            f"{store.FOLDER}/{name}", {f"{store.FOLDER}/backend-status.md"}
        )
        == ""
    )
