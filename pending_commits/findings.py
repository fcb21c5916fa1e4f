"""What is wrong with a pending item's text, apart from what only its readers see.

It finds and explains; it decides nothing about the item.
"""

import re
from collections.abc import Iterator
from itertools import islice

from coordinator.kernel.problems import Problem
from coordinator.kernel.text import markdown
from coordinator.kernel.text.git_names import is_branch_name
from coordinator.kernel.text.names import display
from pending_commits import claimed_approval, kinds
from pending_commits.model import ItemKind
from pending_commits.source import ItemSource, KeyLine

_MOST_MARKERS = 20
_LONGEST_QUOTE = 60
_MARKER = re.compile(r"(?:<{7}|>{7})(?:[ \t]|\Z)")


def find(source: ItemSource, branch: KeyLine) -> Iterator[Problem]:
    """Yield the problems of the text, in no order."""
    yield from source.matter.problems
    yield from _emptiness(source)
    yield from _unknown_kind(source)
    yield from _bad_branch(source, branch)
    yield from claimed_approval.find(source)
    yield from _markers(source)


def _emptiness(source: ItemSource) -> Iterator[Problem]:
    if not source.text.strip():
        hint = "Write what waits for a person, or remove the file."
        yield Problem(source.path, 0, "empty", "The file says nothing.", hint)


def _unknown_kind(source: ItemSource) -> Iterator[Problem]:
    written = source.matter.text("kind")
    if written and kinds.named(written) is None:
        message = f"{_quote(written)} is no kind of pending item."
        hint = f"Use one of: {', '.join(ItemKind)}."
        line = source.matter.line_of("kind")
        yield Problem(source.path, line, "unknown-kind", message, hint)


def _bad_branch(source: ItemSource, branch: KeyLine) -> Iterator[Problem]:
    if branch.value and not is_branch_name(branch.value):
        message = f"{_quote(branch.value)} cannot be the name of a branch."
        hint = "Write the branch as git shows it, such as backend/login."
        yield Problem(source.path, branch.line, "bad-branch", message, hint)


def _markers(source: ItemSource) -> Iterator[Problem]:
    # Looked for in code too: agents have worked from such files.
    if "<<<<<<<" not in source.text and ">>>>>>>" not in source.text:
        return
    lines = enumerate(markdown.split_lines(source.text.removeprefix(markdown.BOM)), 1)
    marked = (number for number, line in lines if _MARKER.match(line))
    for number in islice(marked, _MOST_MARKERS):
        message = "A merge left its conflict marker in the file."
        hint = "Keep the right side and remove the markers."
        yield Problem(source.path, number, "conflict-marker", message, hint)


def _quote(text: str) -> str:
    return f"'{display(text[:_LONGEST_QUOTE])}'"
