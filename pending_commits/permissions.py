"""Who may do what to a pending item: its author, whom it is addressed to, others.

It decides from names alone; a maintainer may do all of it, and is told elsewhere.
"""

from collections.abc import Collection

from coordinator.kernel.errors import Refused
from pending_commits.item_states import ItemEvent


class NotYours(Refused):
    """Somebody who has no part in an item would move it."""

    def __init__(self, agent: str, event: ItemEvent, item: str, author: str) -> None:
        super().__init__(
            f"{agent} may not {event.value} {item!r} of {author}.",
            hint="Its author, whom it is addressed to, or a maintainer can.",
        )


def may(
    agent: str, event: ItemEvent, *, author: str, addressed: Collection[str] | None
) -> bool:
    """Tell whether an agent may do this to an item; `addressed` to nobody: None.

    An author withdraws and closes its own; the addressed acknowledge and close.
    """
    is_author = agent == author
    is_addressed = addressed is None or agent in addressed
    allowed = {
        ItemEvent.WITHDRAW: is_author,
        ItemEvent.ACKNOWLEDGE: is_addressed and not is_author,
        ItemEvent.CLOSE: is_author or is_addressed,
    }
    return allowed[event]
