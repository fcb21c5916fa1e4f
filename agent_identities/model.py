"""Who an agent is: its identity, its canonical name, and the roster to start with.

It knows no file and no text format.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from coordinator.kernel.errors import UsageProblem
from coordinator.kernel.problems import Problem
from coordinator.kernel.text import names
from coordinator.kernel.text.git_names import is_branch_name

_PREFIX = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}\Z")
EVERYBODY = frozenset({"all", "everybody", "everyone", "team"})
MAINTAINERS = frozenset({"human", "humans", "maintainer", "maintainers"})
_ROLE_WORDS = frozenset({"agent", "developer", "engineer", "specialist"})
_SPACED_DEV = re.compile(r"(?<=\s)dev(?=\s|\Z)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Identity:
    """An agent as its document describes it.

    `description` is what it is for, where that is more than its role. `paths` are
    globs below the repository's root, `partners` names of other agents, `prefix` is
    what its branches start with (default: the name), `user` the unix user that it runs
    as (empty: unset). `path` and `line` say where it was read and take no part in
    comparisons.
    """

    name: str
    title: str = ""
    role: str = ""
    description: str = ""
    personality: str = ""
    focus: str = ""
    repository: str = ""
    responsibilities: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    prefix: str = ""
    capabilities: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    user: str = ""
    path: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        if not self.prefix:
            object.__setattr__(self, "prefix", self.name)
        if not self.title:
            object.__setattr__(self, "title", title_of(self.name))


def is_reserved(name: str) -> bool:
    """Tell whether a name means everybody or the maintainers, as in `To: all`."""
    return name in EVERYBODY or name in MAINTAINERS


def name_of(title: str) -> str:
    """Make a title or a file's stem into a name; empty where nothing usable is left.

    The title becomes a slug. The words agent, developer, engineer and specialist at
    its end (and `dev`, where a space stands before it) are dropped if exactly one
    other word remains: `Backend Developer Agent` is `backend`, while `Vibe Coder`,
    `Load Test Engineer` and `laravel-dev` keep all their words.
    """
    words = names.slug(_SPACED_DEV.sub("developer", title.strip())).split("-")
    while words and words[-1] in _ROLE_WORDS:
        words.pop()
    return words[0] if len(words) == 1 and words[0] else names.slug(title)


def title_of(name: str) -> str:
    """Make a name into a title: `vibe-coder` becomes `Vibe Coder`."""
    return " ".join(word.capitalize() for word in re.split(r"[-_.]+", name) if word)


def is_prefix(text: str) -> bool:
    """Tell whether branches may start with `text` and a slash."""
    return _PREFIX.match(text) is not None and is_branch_name(text)


def identity_for(name: str) -> Identity:
    """Return the default identity of that name, or a plain one for any other name.

    Raises:
        UsageProblem: The name cannot be an agent's.
    """
    names.check(name, "an agent")
    if is_reserved(name):
        message = f"{name!r} cannot be the name of an agent: it means others."
        raise UsageProblem(message, hint="Name it by what it does, such as backend.")
    known = next((x for x in DEFAULT_ROSTER if x.name == name), None)
    title = title_of(name)
    return known or Identity(
        name,
        title=title if " " in title else f"{title} Developer",
        role=f"Does the team's {title.lower()} work",
        personality="Careful, brief, asks before assuming",
        responsibilities=(
            "Take one piece of work at a time and finish it",
            "Say in the context file what is being done and what is in the way",
            "Write down decisions that others have to know",
        ),
    )


def without_duplicates(
    identities: Iterable[Identity],
) -> tuple[tuple[Identity, ...], tuple[Problem, ...]]:
    """Keep the first identity of each name; a prefix that two share is a problem."""
    kept: dict[str, Identity] = {}
    owners: dict[str, str] = {}
    problems: list[Problem] = []
    for identity in identities:
        first = kept.setdefault(identity.name, identity)
        owner = owners.setdefault(identity.prefix, identity.name)
        if first is not identity:
            problems.append(_repeated(identity, first))
        elif owner != identity.name:
            problems.append(_same_prefix(identity, owner))
    return tuple(kept.values()), tuple(problems)


def _repeated(identity: Identity, first: Identity) -> Problem:
    message = (
        f"The agent {identity.name!r} stands already in {first.path}, "
        f"line {first.line}; this one is not used."
    )
    hint = "Keep one of the two, or give one another name."
    return Problem(identity.path, identity.line, "duplicate-agent", message, hint)


def _same_prefix(identity: Identity, owner: str) -> Problem:
    message = (
        f"The branch prefix {identity.prefix!r} of {identity.name!r} belongs to "
        f"{owner!r} already; its branches count as {owner!r}'s."
    )
    hint = "Give each agent a prefix of its own."
    return Problem(identity.path, identity.line, "duplicate-prefix", message, hint)


DEFAULT_ROSTER = (
    Identity(
        "backend",
        title="Backend Developer",
        role="Builds the server side: interfaces, data and business rules",
        personality="Systematic, cautious with data, measures before tuning",
        focus="Correct behaviour behind stable interfaces",
        responsibilities=(
            "Design and implement the interfaces that clients call",
            "Write migrations that can be rolled back",
            "Keep queries and background jobs fast enough to measure",
            "Announce interface changes to the partners before they land",
        ),
        paths=("backend/**", "server/**", "api/**", "migrations/**"),
        partners=("frontend", "docs"),
        capabilities=("interfaces", "databases", "authentication", "performance"),
    ),
    Identity(
        "frontend",
        title="Frontend Developer",
        role="Builds what people see and use",
        personality="Curious about users, consistent, keen on small steps",
        focus="Clear, accessible and quick pages",
        responsibilities=(
            "Implement pages and components",
            "Connect them to the interfaces that the backend offers",
            "Keep them usable by keyboard and on small screens",
            "Ask the backend early when an interface does not fit",
        ),
        paths=("frontend/**", "web/**", "ui/**", "assets/**"),
        partners=("backend", "docs"),
        capabilities=("components", "styling", "accessibility", "browser tests"),
    ),
    Identity(
        "docs",
        title="Documentation Writer",
        role="Keeps the written word true to the code",
        personality="Precise, patient, reads as a newcomer does",
        focus="Pages that answer a question on the first try",
        responsibilities=(
            "Describe each feature that landed",
            "Try every example before it is published",
            "Keep the change log and the decisions findable",
        ),
        paths=("docs/**", "*.md"),
        partners=("backend", "frontend"),
        capabilities=("guides", "reference pages", "change logs"),
    ),
)
