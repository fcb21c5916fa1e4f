"""Who calls: told by the channel (folder, token), never by text.

A folder inside an agent's worktree makes the caller that agent; elsewhere a token does.
"""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from active_contexts.worktree_entries import ROLE, first_line, own_folder
from coordinator.actions.layout import Layout
from coordinator.actions.registry import Action, Who
from coordinator.actions.workspace import Caller, Workspace
from coordinator.kernel import addresses, files
from coordinator.kernel.errors import NotFound, Refused

_MAINTAINERS = "maintainers"  # no agent can have this name: it ends in no token


@dataclass(frozen=True, slots=True)
class Credentials:
    """What came with a call: the folder, the agent it names, the token it shows."""

    folder: Path
    agent: str = ""
    token: str = ""


def resolve(workspace: Workspace, shown: Credentials) -> Caller:
    """Return who calls; a wrong or missing token leaves only the right to read.

    Raises:
        NotFound: The named agent is not on the roster.
    """
    if role := role_at(workspace.layout, shown.folder):
        # A retired agent's worktree gives no rights, whatever token is shown.
        return Caller(workspace.roster.prefixes.get(role, ""))
    if shown.agent:
        if workspace.roster.find(shown.agent) is None:
            raise NotFound(
                f"There is no agent named {shown.agent!r}.",
                hint="Run: coordinator agent list",
            )
        known = _read(workspace.layout.tokens / shown.agent)
        return Caller(shown.agent) if _same(known, shown.token) else Caller()
    hashes = _read(workspace.layout.tokens / _MAINTAINERS).split()
    shown_hash = _hash(shown.token)
    is_maintainer = any(_same(known, shown_hash) for known in hashes)
    return Caller(is_maintainer=is_maintainer)


def check(action: Action, caller: Caller, shown: Credentials) -> None:
    """Let the call through or refuse it.

    Raises:
        Refused: The caller may not do this; the hint says who can.
    """
    if action.who is Who.ANYONE or caller.is_maintainer:
        return
    if caller.agent and action.who is Who.MEMBER:
        return
    if caller.agent:
        raise Refused(
            f"Only a maintainer may run {action.name!r}; {caller.agent} is an agent.",
            hint="Ask a maintainer to run it outside of an agent's worktree.",
        )
    if shown.agent:
        raise Refused(
            f"The token shown is not the one of {shown.agent}.",
            hint=f"Run it in a worktree of {shown.agent}, or without --as.",
        )
    raise Refused(
        f"{action.name!r} needs the maintainer's token, and none or another was shown.",
        hint=f"It belongs into {addresses.maintainer_token()}; run: coordinator init",
    )


def role_at(layout: Layout, folder: Path) -> str:
    """Return the prefix of the agent whose worktree holds this folder, or nothing."""
    if not folder.is_relative_to(layout.root):
        return ""
    inside = folder.relative_to(layout.root).parts
    if not inside or inside[0].startswith("."):
        return ""
    own = own_folder(layout.root / inside[0])
    return first_line(own / ROLE) if own else ""


def issue_agent_token(layout: Layout, agent: str) -> None:
    """Write a token for the agent, unless it has one."""
    path = layout.tokens / agent
    if not path.exists():
        _write_secret(layout, layout.tokens, agent, secrets.token_urlsafe(32))


def admit_maintainer(layout: Layout) -> None:
    """Make the caller's own token where missing, and let it in."""
    path = Path(addresses.maintainer_token())
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _read(path):
        descriptor = secrets.token_urlsafe(32)
        files.write(
            path.parent,
            path.name,
            descriptor.encode(),
            temporary=path.parent,
            mode=0o600,
        )
    hashes = _read(layout.tokens / _MAINTAINERS).split()
    own = _hash(_read(path))
    if own not in hashes:
        text = "\n".join([*hashes, own]) + "\n"
        _write_secret(layout, layout.tokens, _MAINTAINERS, text)


def _write_secret(layout: Layout, folder: Path, name: str, text: str) -> None:
    files.write(folder, name, text.encode(), temporary=layout.temporary, mode=0o600)


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest() if token else ""


def _same(known: str, shown: str) -> bool:
    return bool(known) and hmac.compare_digest(known, shown)
