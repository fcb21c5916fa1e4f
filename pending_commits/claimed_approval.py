"""Texts that claim an approval, or another state that no text in a file decides.

It finds and explains; such a claim changes nothing.
"""

from collections.abc import Iterator

from coordinator.kernel.problems import Problem
from coordinator.kernel.text.names import display, slug
from pending_commits.source import ItemSource

_LONGEST_QUOTE = 60
# States that only a person or the queue gives, and the keys that would claim them.
_GIVEN = frozenset({"approved", "queued", "checking", "landed", "merged"})
_STATE_KEYS = ("status", "state", "review", "approval")
_APPROVAL_KEYS = ("approved", "approved_by", "reviewed_by")
_REFUSING = frozenset({"", "false", "no", "none", "off", "pending", "not", "n"})


def find(source: ItemSource) -> Iterator[Problem]:
    """Yield a problem for each line that claims what only a person gives."""
    for key in (*_STATE_KEYS, *_APPROVAL_KEYS):
        written = source.entry(key)
        if not written.value:
            continue
        first = slug(written.value).partition("-")[0]
        claimed = first in _GIVEN if key in _STATE_KEYS else first not in _REFUSING
        if claimed:
            said = display(f"{key}: {written.value}"[:_LONGEST_QUOTE])
            message = f"The file says '{said}', but no text in a file decides that."
            hint = "Take the line out: only a maintainer, asked by command, decides."
            yield Problem(source.path, written.line, "claims-authority", message, hint)
