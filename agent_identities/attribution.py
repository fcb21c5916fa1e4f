"""Whose a file or a branch is, by its name or by the unix user that owns it.

It reads no document; who may do what is not decided here.
"""

import pwd
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from agent_identities.model import Identity
from coordinator.kernel.text import names

_DATE = re.compile(r"\d{4}-\d\d-\d\d-?")
_BOUNDARY = frozenset("-.0123456789")
_AS_HYPHEN = str.maketrans("_ ", "--")


class Roster:
    """The agents of a workspace, prepared for 200,000 questions.

    Of two identities with one name, prefix or title the first one counts.
    """

    def __init__(self, identities: Iterable[Identity]) -> None:
        self._agents: dict[str, Identity] = {}
        for identity in identities:
            self._agents.setdefault(identity.name, identity)
        agents = tuple(self._agents.values())
        self._aliases = _aliases(agents)
        self._lengths = sorted({len(x) for x in self._aliases}, reverse=True)
        self._prefixes = {x.prefix: x.name for x in reversed(agents)}
        self._owners = _owners(agents)

    @property
    def names(self) -> tuple[str, ...]:
        """Every agent's name, in the order of the documents."""
        return tuple(self._agents)

    @property
    def prefixes(self) -> Mapping[str, str]:
        """Branch prefixes, each with the name of the agent that it belongs to."""
        return MappingProxyType(self._prefixes)

    def find(self, name: str) -> Identity | None:
        """Return the agent of exactly that name."""
        return self._agents.get(name)

    def attribute(self, file_name: str, uid: int | None = None) -> str | None:
        """Return the name of the agent that wrote a file, or None.

        `uid` is the file's owner: where identities name unix users, an owner that is
        one agent's alone decides. Otherwise it is the agent with the longest alias
        that the name starts with, up to its end, a separator or a digit; a leading
        ISO date is skipped, and case does not count.
        """
        if uid is not None and (owner := self._owners.get(uid)):
            return owner
        text = file_name.rpartition("/")[2].lower().translate(_AS_HYPHEN)
        dated = _DATE.match(text)
        return self._named(text[dated.end() :] if dated else text)

    def _named(self, text: str) -> str | None:
        if found := self._aliases.get(text):
            return found
        longest = len(text) - 1
        for length in self._lengths:
            if length <= longest and text[length] in _BOUNDARY:
                found = self._aliases.get(text[:length])
                if found:
                    return found
        return None

    def owner_of_branch(self, branch: str) -> str | None:
        """Return the agent whose prefix and a slash the branch starts with, or None.

        Takes a short name or a full ref.
        """
        prefix, _, feature = branch.removeprefix("refs/heads/").partition("/")
        return self._prefixes.get(prefix) if feature else None


def _aliases(agents: tuple[Identity, ...]) -> dict[str, str]:
    """Map what file names may start with to agents: names first, then titles."""
    found = {_folded(x.name): x.name for x in agents}
    for agent in agents:
        if title := names.slug(agent.title):
            found.setdefault(title, agent.name)
    for agent in agents:
        for word in ("developer", "dev", "agent"):
            found.setdefault(f"{_folded(agent.name)}-{word}", agent.name)
    return found


def _folded(name: str) -> str:
    return name.lower().translate(_AS_HYPHEN)


def _owners(agents: tuple[Identity, ...]) -> dict[int, str]:
    """Map unix users to agents; a user that several share says nothing."""
    named = [(_uid(x.user), x.name) for x in agents if x.user]
    shared = Counter(uid for uid, _ in named)
    return {uid: name for uid, name in named if uid is not None and shared[uid] == 1}


def _uid(user: str) -> int | None:
    try:
        return pwd.getpwnam(user).pw_uid
    except (KeyError, ValueError):
        return None
