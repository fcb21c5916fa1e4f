"""Problems: what is wrong with something that somebody wrote, as a value.

A problem is collected and shown; it is never raised and stops nothing.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A finding about a document.

    `path` is relative to the workspace, `line` counts from 1 (0: the whole file),
    `code` is a stable word for machines, `hint` says what mends it.
    """

    path: str
    line: int
    code: str
    message: str
    hint: str
