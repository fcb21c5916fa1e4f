"""Tokens: files that show who somebody is, where no worktree's folder does.

An agent's lies in the workspace, a maintainer's in that person's own configuration; of
the latter the workspace keeps hashes only, each with the name that its owner is called.
"""

import hmac
import re
import secrets
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from coordinator.kernel.disk import files, small_files
from coordinator.kernel.errors import Conflict, UsageProblem
from coordinator.kernel.system import addresses
from coordinator.kernel.text.names import display
from coordinator.workspace.layout import Layout

_MAINTAINERS = ".maintainers"  # no agent has such a name
_NAMES = ".maintainer-names"  # a hash and a name in each line
# It stands in brackets in records, on one line in trailers.
_NAME = re.compile(r"[^\W_](?:[^\W_]|[ .,'_-]){0,59}\Z")
_RESERVED = frozenset({"coordinator", "maintainer", "maintainers"})


class NameGiven(Conflict):
    """A maintainer's name is another one's, or the maintainer has another."""

    def __init__(self, said: str) -> None:
        super().__init__(said, hint="Leave --maintainer out; a name stays what it is.")


def check_name(name: str) -> str:
    """Return a name that a maintainer may have.

    Raises:
        UsageProblem: It is none.
    """
    if not _NAME.match(name) or name.casefold() in _RESERVED:
        raise UsageProblem(
            f"{display(name[:100])!r} cannot be the name of a maintainer.",
            hint="Write up to 60 letters, digits, blanks and . , ' - such as Ann Lee.",
        )
    return name


def issue(layout: Layout, agent: str) -> None:
    """Write a token for the agent, unless it has one."""
    if not (layout.tokens / agent).exists():
        _write(layout, agent, secrets.token_urlsafe(32))


def withdraw(layout: Layout, agent: str) -> None:
    """Make the agent's token worthless."""
    (layout.tokens / agent).unlink(missing_ok=True)


def admit_maintainer(
    layout: Layout, wanted: str = "", otherwise: Callable[[], str] = str
) -> None:
    """Make the token of whoever runs this where it is missing, and let it in.

    It goes by the name that is `wanted` from then on; where none is and it has none, by
    `otherwise` if that can be a name, with a number where another one has it.

    Raises:
        NameGiven: The wanted name is another maintainer's, or this one has another.
    """
    path = Path(addresses.maintainer_token())
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _read(path):
        data = secrets.token_urlsafe(32).encode()
        files.write(path.parent, path.name, data, temporary=path.parent, mode=0o600)
    own = _hash(_read(path))
    known = _names(layout)
    name = _chosen(known, own, wanted, otherwise)
    hashes = _read(layout.tokens / _MAINTAINERS).split()
    if own not in hashes:
        _write(layout, _MAINTAINERS, "\n".join([*hashes, own]) + "\n")
    if name != known.get(own, ""):
        named = {**known, own: name}
        lines = (f"{k} {v}\n" for k, v in named.items())
        _write(layout, _NAMES, "".join(lines))


def _chosen(
    known: dict[str, str], own: str, wanted: str, otherwise: Callable[[], str]
) -> str:
    present = known.get(own, "")
    taken = {v for k, v in known.items() if k != own}
    if not wanted:
        return present or _free(otherwise(), taken)
    if present not in {"", wanted}:
        raise NameGiven(f"Your token goes by the name {present} already.")
    if wanted in taken:
        raise NameGiven(f"Another maintainer is called {wanted} already.")
    return check_name(wanted)


def _free(name: str, taken: set[str]) -> str:
    if not _NAME.match(name) or name.casefold() in _RESERVED:
        return ""
    numbered = (f"{name[:50]} {x}" for x in range(2, len(taken) + 3))
    return next(x for x in (name, *numbered) if x not in taken)


def own() -> str:
    """Return the maintainer's token of whoever runs this; empty: there is none."""
    return _read(Path(addresses.maintainer_token()))


def is_agents(layout: Layout, agent: str, token: str) -> bool:
    """Tell whether the token is that agent's."""
    return _same(_read(layout.tokens / agent), token)


def maintainer(layout: Layout, token: str) -> str | None:
    """Return the name of the maintainer whose token it is, which may be empty.

    None where it is no maintainer's of the workspace.
    """
    shown = _hash(token)
    known = _read(layout.tokens / _MAINTAINERS).split()
    if not any(_same(x, shown) for x in known):
        return None
    return _names(layout).get(shown, "")


def others(layout: Layout, name: str) -> tuple[str, ...]:
    """Return the names of all maintainers but one of that name; some have none."""
    hashes = dict.fromkeys(_read(layout.tokens / _MAINTAINERS).split())
    names = _names(layout)
    found = [names.get(x, "") for x in hashes]
    if name in found:
        found.remove(name)
    return tuple(found)


def _names(layout: Layout) -> dict[str, str]:
    lines = _read(layout.tokens / _NAMES).splitlines()
    pairs = (x.partition(" ") for x in lines)
    return {hashed: name for hashed, _, name in pairs if name}


def _write(layout: Layout, name: str, text: str) -> None:
    # Not the common folder for temporary files: whoever opens the workspace empties
    # it, and the first tokens are written before there is anything to lock.
    folder = layout.tokens
    files.write(folder, name, text.encode(), temporary=folder, mode=0o600)


def _read(path: Path) -> str:
    try:
        return small_files.read(str(path)).decode().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _hash(token: str) -> str:
    return sha256(_bytes(token)).hexdigest() if token else ""


def _same(known: str, shown: str) -> bool:
    return bool(known) and hmac.compare_digest(_bytes(known), _bytes(shown))


def _bytes(token: str) -> bytes:
    return token.encode("utf-8", "surrogatepass")  # whatever came through a socket
