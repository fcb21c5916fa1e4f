"""The thin client's call to the daemon: one JSON line there, one back.

It uses the standard library only and holds no rule.
"""

import json
import socket

from coordinator.kernel.system import addresses

_GONE = {
    "kind": "external",
    "message": "The daemon ended before it answered; it may have done what was asked.",
    "hint": "Look with: coordinator history. With --key K a repetition is safe.",
}


def ask(root: str, asked: dict[str, object]) -> dict[str, object] | None:
    """Hand a request to the workspace's daemon; None where none answers."""
    end = socket.socket(socket.AF_UNIX)
    with end:
        try:
            path = addresses.socket_path(root)
            addresses.check_private(path)
            end.connect(path)
        except OSError:
            return None
        try:
            end.sendall(json.dumps(asked).encode() + b"\n")
            data = b"".join(iter(lambda: end.recv(1 << 16), b""))
        except OSError:
            data = b""
    if not data.endswith(b"\n"):
        return _gone(asked)
    reply: dict[str, object] = json.loads(data)
    return reply


def _gone(asked: dict[str, object]) -> dict[str, object]:
    """Return a reply in the daemon's place, to a command line or to a call."""
    text = f"Error: {_GONE['message']}\nHint: {_GONE['hint']}\n"
    argv = asked.get("argv")
    if isinstance(argv, list) and "--json" in argv:
        text = json.dumps({"error": _GONE}) + "\n"
    return {"error": _GONE, "stdout": "", "stderr": text, "code": 1}
