"""How branches are named: `<prefix>/<feature>`, and what is wrong with a name.

It decides from text alone: it asks neither git nor the disk.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import assert_never

from coordinator.kernel.errors import Refused, UsageProblem
from coordinator.kernel.text.git_names import is_branch_name
from coordinator.kernel.text.names import display, slug

RULE = "a-z, 0-9, '.', '_' and '-', at most 60 characters, a letter or digit first"
_FEATURE = r"[a-z0-9][a-z0-9._-]{0,59}"
_ONE_FEATURE = re.compile(_FEATURE + r"\Z")
_PREFIX = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}(?:/[a-z0-9][a-z0-9._-]{0,99})*\Z")
_NOT_IN_FEATURE = re.compile(r"[^a-z0-9._]+")


class NameVerdict(StrEnum):
    """What the rule says about a branch's name."""

    FINE = "fine"
    NOT_OWN = "not-own"
    MALFORMED = "malformed"
    BLOCKS_NAMESPACE = "blocks-namespace"


class BadFeature(UsageProblem):
    """A feature's name cannot be a part of a branch's name."""

    def __init__(self, feature: str) -> None:
        made = suggestion(feature)
        hint = f"Use {RULE}" + (f", such as {made}." if made else ".")
        super().__init__(f"{display(feature)!r} cannot name a feature.", hint=hint)


class BadPrefix(UsageProblem):
    """An agent's branch prefix cannot begin a branch's name."""

    def __init__(self, prefix: str) -> None:
        super().__init__(
            f"{display(prefix)!r} cannot be an agent's branch prefix.",
            hint="Use a-z, 0-9, '.', '_' and '-', a letter or digit first.",
        )


def pattern(prefix: str) -> re.Pattern[str]:
    """Return what every branch of the prefix matches (with `fullmatch`)."""
    return re.compile(re.escape(prefix) + "/" + _FEATURE)


def check_prefix(prefix: str) -> str:
    """Return the prefix if branches and hooks can use it.

    Raises:
        BadPrefix: They cannot.
    """
    if not _PREFIX.match(prefix) or not _git_allows(prefix):
        raise BadPrefix(prefix)
    return prefix


class PrefixTaken(Refused):
    """An agent's prefix cannot stand beside the branch that work lands on."""

    def __init__(self, prefix: str, target: str) -> None:
        super().__init__(
            f"An agent whose branches begin with {display(prefix)}/ cannot work beside"
            f" the branch {display(target)}, on which the work lands.",
            hint="Name the agent after what it does, such as backend.",
        )


def check_beside(prefix: str, target: str) -> None:
    """Refuse a prefix that git cannot have beside the target, or that holds it.

    Raises:
        PrefixTaken: One of the two is the other, or a folder of it.
    """
    one, other = f"{prefix}/", f"{target}/"
    if one.startswith(other) or other.startswith(one):
        raise PrefixTaken(prefix, target)


def name_for(prefix: str, feature: str) -> str:
    """Return the branch of an agent's feature.

    Raises:
        BadFeature: The feature's name does not fit; the hint proposes one that does.
    """
    if not _is_feature(feature):
        raise BadFeature(feature)
    return f"{check_prefix(prefix)}/{feature}"


def suggestion(text: str) -> str:
    """Return the nearest allowed feature name, empty where nothing is left."""
    kept = _NOT_IN_FEATURE.sub("-", text.lower()).strip("-._")[:60].rstrip("-._")
    return kept if _is_feature(kept) else slug(text)


def verdict(
    branch: str, *, own_prefix: str | None, prefixes: Iterable[str]
) -> NameVerdict:
    """Judge a branch's name (without `refs/heads/`).

    `own_prefix` is the prefix of the agent in whose worktree the branch is, or None
    elsewhere: there only names inside some agent's prefix are judged.
    """
    everyone = {*prefixes, *([own_prefix] if own_prefix else [])}
    if any(x == branch or x.startswith(f"{branch}/") for x in everyone):
        return NameVerdict.BLOCKS_NAMESPACE
    within = [x for x in everyone if branch.startswith(f"{x}/")]
    if own_prefix and own_prefix not in within:
        return NameVerdict.NOT_OWN
    judged = [own_prefix] if own_prefix else within
    if not judged or any(_is_feature(branch[len(x) + 1 :]) for x in judged):
        return NameVerdict.FINE
    return NameVerdict.MALFORMED


def explain(branch: str, said: NameVerdict, *, own_prefix: str | None) -> str:
    """Say the broken rule in one sentence."""
    name = display(branch)
    match said:
        case NameVerdict.FINE:
            return f"The name {name} is fine."
        case NameVerdict.NOT_OWN:
            return f"{name} does not begin with {own_prefix}/, this worktree's prefix."
        case NameVerdict.MALFORMED:
            return f"{name} is no <prefix>/<feature> (a feature has {RULE})."
        case NameVerdict.BLOCKS_NAMESPACE:
            return f"A branch named {name} blocks every branch {name}/…"
        case _:
            assert_never(said)


def proper_name(branch: str, prefixes: Iterable[str]) -> str:
    """Return a well-formed name for a branch, inside the first prefix that fits it."""
    known = sorted(prefixes, key=len, reverse=True)
    prefix = next((x for x in known if branch.startswith(f"{x}/")), None)
    if prefix is not None:
        return f"{prefix}/{suggestion(branch[len(prefix) + 1 :]) or 'feature'}"
    first = next((x for x in known if x.startswith(branch)), known[0])
    return f"{first}/{suggestion(branch) or 'feature'}"


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """Return the wanted name, with a number where git could not make it beside others.

    Names that differ in case alone are one name on some file systems.
    """
    known = {x.casefold() for x in taken}
    prefix, _, feature = wanted.rpartition("/")
    numbered = (f"{prefix}/{feature[:55]}-{x}" for x in range(2, 10_000))
    names = (x for x in (wanted, *numbered) if x not in known)
    return next(x for x in names if not any(y.startswith(f"{x}/") for y in known))


def _is_feature(text: str) -> bool:
    return _ONE_FEATURE.match(text) is not None and _git_allows(text)


def _git_allows(feature: str) -> bool:
    return is_branch_name(f"any/{feature}")
