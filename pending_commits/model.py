"""What waits for a person: pending items, what they say and change, as values.

It reads no file and runs no git; how far an item is stands in `item_states`.
"""

from dataclasses import dataclass
from enum import StrEnum


class ItemKind(StrEnum):
    """What a pending item asks for."""

    COMMIT = "commit"
    REQUEST = "request"
    PLAN = "plan"
    CONTRACT = "contract"
    PROGRESS = "progress"
    FINAL_STATUS = "final-status"


@dataclass(frozen=True, slots=True)
class FoundField:
    """One `- Key: value` of a final status.

    `number` is the first number in the value, None where it holds none;
    `placeholder` is what its author left to be filled in, such as `[count]`.
    """

    name: str
    value: str
    line: int
    number: float | None = None
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class FinalStatus:
    """What an agent reports when a feature is finished; fields in written order.

    `complete`: something is reported, nothing is blank, a placeholder or absent.
    """

    title: str
    fields: tuple[FoundField, ...] = ()
    absent: tuple[str, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class PendingItem:
    """One file in `pending-commits/`, as far as its text tells.

    `branch` is a short name (`backend/login`), empty where none is named, `repository`
    where its front matter says that it is; `to` holds
    the addressed agents as written, `needs` ids of other items; a line is 0 where
    nothing of the kind is written. `final` is set for a final status only.
    """

    id: str
    kind: ItemKind
    title: str
    path: str
    branch: str = ""
    repository: str = ""
    needs: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    task: str = ""
    draft: bool = False
    branch_line: int = 0
    to_line: int = 0
    final: FinalStatus | None = None


@dataclass(frozen=True, slots=True)
class FileChange:
    """One changed file; a binary one has no lines.

    `before` is its former path where it was renamed, else empty. A `mode` is git's, six
    octal digits, all zeros where there is no file; empty where nobody asked.
    """

    path: str
    added: int
    removed: int
    before: str = ""
    binary: bool = False
    mode_before: str = ""
    mode: str = ""
