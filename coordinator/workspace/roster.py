"""The roster: who is on the team, by the identities that stand and who was retired.

Whose a file or a branch is among them is `agent_identities.attribution`'s.
"""

from agent_identities.model import Identity
from coordinator.index import queries
from coordinator.index.database import Index


def members(index: Index) -> list[Identity]:
    """Return the identities of the agents on the team, by name.

    Whoever was retired is off it, though the document that describes it stands.
    """
    gone = queries.retired(index)
    return [x for x in queries.identities(index) if x.name not in gone]
