"""Tokens: files that show who somebody is, where no worktree's folder does.

An agent's lies in the workspace, the maintainer's in that person's own configuration;
of the latter the workspace keeps hashes only.
"""

import hmac
import secrets
from hashlib import sha256
from pathlib import Path

from coordinator.kernel.disk import files, small_files
from coordinator.kernel.system import addresses
from coordinator.workspace.layout import Layout

_MAINTAINERS = ".maintainers"  # no agent has such a name


def issue(layout: Layout, agent: str) -> None:
    """Write a token for the agent, unless it has one."""
    if not (layout.tokens / agent).exists():
        _write(layout, agent, secrets.token_urlsafe(32))


def withdraw(layout: Layout, agent: str) -> None:
    """Make the agent's token worthless."""
    (layout.tokens / agent).unlink(missing_ok=True)


def admit_maintainer(layout: Layout) -> None:
    """Make the token of whoever runs this where it is missing, and let it in."""
    path = Path(addresses.maintainer_token())
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _read(path):
        data = secrets.token_urlsafe(32).encode()
        files.write(path.parent, path.name, data, temporary=path.parent, mode=0o600)
    hashes = _read(layout.tokens / _MAINTAINERS).split()
    own = _hash(_read(path))
    if own not in hashes:
        _write(layout, _MAINTAINERS, "\n".join([*hashes, own]) + "\n")


def own() -> str:
    """Return the maintainer's token of whoever runs this; empty: there is none."""
    return _read(Path(addresses.maintainer_token()))


def is_agents(layout: Layout, agent: str, token: str) -> bool:
    """Tell whether the token is that agent's."""
    return _same(_read(layout.tokens / agent), token)


def is_maintainers(layout: Layout, token: str) -> bool:
    """Tell whether the token is that of a maintainer of the workspace."""
    shown = _hash(token)
    known = _read(layout.tokens / _MAINTAINERS).split()
    return any(_same(x, shown) for x in known)


def _write(layout: Layout, name: str, text: str) -> None:
    # Not the common folder for temporary files: whoever opens the workspace empties
    # it, and the first tokens are written before there is anything to lock.
    folder = layout.tokens
    files.write(folder, name, text.encode(), temporary=folder, mode=0o600)


def _read(path: Path) -> str:
    try:
        return small_files.read(str(path)).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _hash(token: str) -> str:
    return sha256(_bytes(token)).hexdigest() if token else ""


def _same(known: str, shown: str) -> bool:
    return bool(known) and hmac.compare_digest(_bytes(known), _bytes(shown))


def _bytes(token: str) -> bytes:
    return token.encode("utf-8", "surrogatepass")  # whatever came through a socket
