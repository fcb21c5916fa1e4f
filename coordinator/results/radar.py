"""Conflicts between agents' work, as actions show them; shapes only."""

from typing import NotRequired

from typing_extensions import TypedDict


class ShownPair(TypedDict):
    """Two agents whose work does not merge; or one, whose `work` and the target do not.

    Instead of an agent stands the id of the item that a person proposes.
    """

    agents: list[str]
    repository: str
    work: str
    paths: list[str]


class ShownConflicts(TypedDict):
    """All of them; `plan` are ids of items in an order with the fewest conflicts.

    What could not be compared stands in `not_compared`, a sentence each.
    """

    pairs: list[ShownPair]
    with_target: list[ShownPair]
    not_compared: list[str]
    plan: NotRequired[list[str]]
