"""Runs of every family from import to record, as command lines in Markdown.

A page's `markdown` blocks are files (their first line says where), its `console` blocks
are run in order in a fresh home. `COORDINATOR_REWRITE=1` writes what was printed.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house.pages import REWRITE, Block, Console, at_home, blocks, play

PAGES = sorted(Path(__file__).parent.glob("run-*.md"))
_FILE = re.compile(r"<!-- (\S+) -->\n")


@pytest.fixture
def console(
    tmp_path: Path, make_repository: Callable[[Path], Path]
) -> Iterator[Console]:
    """A home with a repository and a workspace, and the command in the PATH."""
    home = tmp_path / "ada"
    (home / "code").mkdir(parents=True)
    make_repository(home / "code" / "shop")
    opened = at_home(home)
    opened.run("coordinator init ~/worktrees --repo shop=~/code/shop")
    opened.run("cd ~/worktrees")
    yield opened
    opened.close()


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES, ids=lambda x: x.stem)
def test_a_run_goes_from_import_to_its_record(path: Path, console: Console) -> None:
    """A document of each family is imported, worked through, and its record stays."""
    text = path.read_text("utf-8")
    for block in blocks(text):
        if block.language == "markdown":
            write(block, console.home)
        elif block.language == "console":
            new = "\n".join(play(block, console, path.name)) + "\n"
            text = text.replace(block.text, new, 1)
    if REWRITE:
        path.write_text(text, "utf-8")


def write(block: Block, home: Path) -> None:
    """Write the file that a block holds."""
    match = _FILE.match(block.text)
    assert match
    target = home / match[1]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(block.text[match.end() :])
