"""What git ignores and cannot be made again is listed, with its size."""

from pathlib import Path

import pytest

from active_contexts.worktree_state.commands import with_filters
from active_contexts.worktree_state.ignored import Kept, ignored, is_disposable
from active_contexts.worktree_state.model import DISPOSABLE
from tests.active_contexts.worktree_yard import make_yard


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("node_modules/", True),
        ("web/node_modules/react/index.js", True),
        ("node_modules", False),  # a file of that name
        ("build/app.js", True),
        ("src/rebuild/app.js", False),
        ("cache.pyc", True),
        ("a/b.pyc", True),
        (".env", False),
        ("data/dev.sqlite", False),
        ("lib.egg-info/", True),
    ],
)
def test_a_pattern_is_a_name_at_any_depth(path: str, expected: bool) -> None:  # noqa: FBT001 - a table's column
    """With a slash at its end it is that of a folder."""
    assert is_disposable(path, DISPOSABLE) is expected


@pytest.mark.slow
def test_what_cannot_be_made_again_is_listed(tmp_path: Path, repository: Path) -> None:
    """Files in folders that are ignored whole too, links, whatever the names."""
    yard = make_yard(tmp_path / "work", repository)
    (repository / ".git" / "info").mkdir(exist_ok=True)
    rules = "*.log\n.env\nnode_modules/\ndata/\n*.pyc\n"
    (repository / ".git" / "info" / "exclude").write_text(rules)
    here = yard.home("backend").path
    for path, text in (
        (".env", "SECRET=1"), ("web/node_modules/x/index.js", "x"), ("a.pyc", "x"),
        ("data/deep/ü\n.db", "rows"), ("data/deep/b.pyc", "x"), ("new.txt", "seen"),
    ):  # fmt: skip
        (here / path).parent.mkdir(parents=True, exist_ok=True)
        (here / path).write_text(text)
    (here / "data" / "link").symlink_to("/nowhere")
    found = ignored(with_filters(yard.entry(here)), DISPOSABLE)
    assert found.paths == (".env", "data/deep/ü\n.db", "data/link")
    assert found.bytes == len("SECRET=1") + len("rows") + len("/nowhere")
    assert len(ignored(with_filters(yard.entry(here)), ()).paths) == 6
    assert found + Kept(("x",), 1) == Kept((*found.paths, "x"), found.bytes + 1)
