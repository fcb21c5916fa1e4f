"""The thin client's call to the daemon: one JSON line there, one back.

It uses the standard library only and holds no rule.
"""

import json
import socket

from coordinator.kernel import addresses

_GONE = (
    "Error: The daemon ended before it answered; it may have done what was asked.\n"
    "Hint: Look with: coordinator history. With --key K a repetition is safe.\n"
)


def ask(root: str, asked: dict[str, object]) -> dict[str, object] | None:
    """Hand a request to the workspace's daemon; None where none answers."""
    end = socket.socket(socket.AF_UNIX)
    with end:
        try:
            end.connect(addresses.socket_path(root))
        except OSError:
            return None
        try:
            end.sendall(json.dumps(asked).encode() + b"\n")
            data = b"".join(iter(lambda: end.recv(1 << 16), b""))
        except OSError:
            data = b""
    if not data.endswith(b"\n"):
        return {"stdout": "", "stderr": _GONE, "code": 1}
    reply: dict[str, object] = json.loads(data)
    return reply
