"""What is compared, and what does not merge, as values.

It touches neither git nor the disk.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class OpenWork:
    """Something that somebody means to land.

    `owner` is an agent, `name` what it is (a worktree's folder, an item's id), like no
    other in one comparison. `commit` is its head; `tree` its present state where that
    is another than the commit's.
    """

    owner: str
    name: str
    commit: str
    tree: str = ""


@dataclass(frozen=True, slots=True)
class Clash:
    """Two works, by name, that do not merge, and the paths at which they do not."""

    first: str
    second: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotCompared:
    """What could not be compared: one work, or two with each other; and why."""

    names: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Radar:
    """What does not merge, in the order in which the works were given.

    `with_target` has the paths at which a work does not merge with the target. Paths
    are sorted; their bytes that are no UTF-8 are written as escapes.
    """

    with_target: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pairs: tuple[Clash, ...] = ()
    unreadable: tuple[NotCompared, ...] = ()
