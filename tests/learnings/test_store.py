from pathlib import Path

import pytest

from learnings import store


@pytest.mark.parametrize(
    "name",
    ["backend-architecture.md", "adr/0009-tokens.md", "log.yaml", "Log.YML", "a.txt"],
)
def test_files_in_the_folder_and_one_below_are_documents(name: str) -> None:
    """Records often have a folder of their own."""
    assert store.is_document(f"agent-system/learnings/{name}")


@pytest.mark.parametrize(
    "relative",
    [
        "agent-system/learnings/DECISIONS.md",
        "agent-system/learnings/.draft.md",
        "agent-system/learnings/.git/config.md",
        "agent-system/learnings/a/b/c.md",
        "agent-system/learnings/picture.png",
        "agent-system/learnings/",
        "agent-system/learnings//a.md",
        "agent-system/active-contexts/a.md",
        "x/agent-system/learnings/a.md",
        "agent-system/learnings",
    ],
)
def test_the_view_hidden_files_and_strangers_are_no_documents(relative: str) -> None:
    """What the coordinator writes itself is never read as somebody's word."""
    assert not store.is_document(relative)


def test_what_commands_write_are_documents() -> None:
    """A decision goes to its author's log, a learning to a file of its own."""
    assert store.is_document(store.path_of("docs"))
    path = store.path_of_learning("docs", "Tokens expire!")
    assert path == "agent-system/learnings/docs-tokens-expire.md"
    assert store.is_document(path)
    assert store.path_of_learning("docs", "…") == (
        "agent-system/learnings/docs-learning.md"
    )


def test_a_learning_never_takes_the_place_of_another(tmp_path: Path) -> None:
    """Two learnings with one title are two files."""
    first = store.free_path(tmp_path, "docs", "Tokens")
    (tmp_path / first).parent.mkdir(parents=True)
    (tmp_path / first).write_text("# Tokens\n")
    assert store.free_path(tmp_path, "docs", "Tokens").endswith("docs-tokens-2.md")
