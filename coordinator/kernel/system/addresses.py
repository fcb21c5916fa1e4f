"""Where a workspace's daemon answers, found with the lightest of imports.

The thin client loads this on every command; it uses `os` alone and opens nothing.
"""

import errno
import os

OWN = ".coordinator"
SETTINGS = "coordinator.toml"
_LONGEST = 100  # sun_path holds 104 bytes on macOS, 108 on Linux


def find_root(start: str) -> str:
    """Return the workspace that a folder lies in, or an empty string."""
    folder = os.path.realpath(start)
    while True:
        # Of whatever kind: one that is something else is a workspace to be mended.
        if os.path.lexists(f"{folder}/{SETTINGS}") and os.path.lexists(
            f"{folder}/{OWN}"
        ):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return ""
        folder = parent


def socket_path(root: str) -> str:
    """Return the socket of a workspace; elsewhere if its path is too long for one."""
    path = f"{root}/{OWN}/socket"
    if len(os.fsencode(path)) <= _LONGEST:
        return path
    from hashlib import sha256  # noqa: PLC0415 - seldom needed, and not light

    name = sha256(os.fsencode(root)).hexdigest()[:24]
    # Not TMPDIR, which may be as long, and another one in every shell.
    return f"/tmp/agent-coordinator-{os.getuid()}/{name}.sock"  # noqa: S108 - made private


def make_private(path: str) -> None:
    """Make the folder of a socket, for this user alone.

    Raises:
        PermissionError: Somebody else made it first.
    """
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    check_private(path)


def check_private(path: str) -> None:
    """Trust a socket outside of its workspace only in a folder that is ours alone.

    Raises:
        PermissionError: Another user could have put it there.
        FileNotFoundError: There is no such folder.
    """
    if path.endswith(f"/{OWN}/socket"):
        return
    folder = os.path.dirname(path)
    found = os.lstat(folder)
    if found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(errno.EACCES, "it is not this user's alone", folder)


def maintainer_token() -> str:
    """Return where the maintainer's token lies, outside of every workspace.

    The home comes from the password database where HOME is unset (cron, systemd). A
    relative XDG_CONFIG_HOME is ignored, as the XDG Base Directory Specification says.
    """
    given = os.environ.get("XDG_CONFIG_HOME", "")
    home = os.path.expanduser("~")
    folder = given if os.path.isabs(given) else f"{home}/.config"
    return f"{folder}/agent-coordinator/maintainer-token"
