"""HTTP requests that the settings allow, and the status of raw responses.

It follows no redirect, knows no proxy, and reads no more than a response's head.
"""

import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from urllib.parse import SplitResult, urlsplit

from coordinator.kernel import clock
from coordinator.workflows.judging.verdicts import Ask, Response

SECONDS = 5.0
METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_READING = frozenset(("GET", "HEAD"))  # safe by RFC 9110, 9.2.1, and no more than that
_PORTS = {"http": 80, "https": 443}
_MOST_HEAD = 1 << 16
# RFC 9112, 4: the status line; curl prints those of HTTP/2 and 3 alike.
_STATUS = re.compile(r"HTTP/\d(?:\.\d)? (\d{3})(?:[ \r\n]|\Z)")
_HEAD_END = re.compile(r"\r?\n\r?\n")
_PLAIN = re.compile(r"[!-~]+\Z")
_HOST = re.compile(r"[a-z0-9._:-]+\Z")
_ENTRY = re.compile(
    rf"(?:{'|'.join(METHODS)}) (?:\[[0-9a-f:.]+\]|[^\s:\[\]/]+):\d{{1,5}}\Z"
)


@dataclass(frozen=True, slots=True)
class Address:
    """A URL taken apart, so that equal ones compare equal (RFC 3986, 6.2)."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def place(self) -> str:
        """The host with its port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def authority(self) -> str:
        """The host with its port, as a Host field has it."""
        return self.place.removesuffix(f":{_PORTS[self.scheme]}")


def address(url: str) -> Address | None:
    """Take an absolute http or https URL apart; None: it is something else.

    A fragment is left out. One with a user's name is none: it hides the host.
    """
    if not _PLAIN.match(url) or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    port = port or _PORTS[parts.scheme]
    return Address(parts.scheme, parts.hostname, port, _target(parts))


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def status_of(raw: str) -> int | None:
    """Return the status of a response as received; interim ones (1xx) are skipped."""
    start = 0
    while found := _STATUS.match(raw, start):
        status = int(found[1])
        end = _HEAD_END.search(raw, start)
        if status >= 200 or end is None:  # noqa: PLR2004 - below 200 is interim
            return status
        start = end.end()
    return None


@dataclass(frozen=True, slots=True)
class Allowed:
    """What documents may make us ask.

    `hosts` may be read from (GET, HEAD): `name`, with all its ports, or `name:port`;
    `methods` are other requests, each for one port: `POST name:port`.
    """

    hosts: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()

    def admits(self, method: str, place: Address) -> bool:
        """Tell whether such a request may be sent."""
        pairs = (x.partition(" ") for x in self.methods)
        named = any(x == method and _allows(y, place) for x, _, y in pairs)
        reads = method in _READING and any(_allows(x, place) for x in self.hosts)
        return named or reads


def is_entry(text: str) -> bool:
    """Tell whether this is one of `Allowed.methods`: method, host and port."""
    return _ENTRY.match(text) is not None


def asker(allowed: Allowed, seconds: float = SECONDS) -> Ask:
    """Return a function that sends these requests and no other."""
    return partial(_ask, allowed, seconds)


def _ask(allowed: Allowed, seconds: float, method: str, url: str) -> Response:
    place = address(url)
    if place is None:
        return Response(refusal="it names no host that could be asked")
    if not allowed.admits(method, place):
        return Response(refusal=_refusal(method, place))
    try:
        raw = _exchange(place, method, seconds)
    except (OSError, UnicodeError) as error:
        return Response(failure=_reason(error))
    status = status_of(raw)
    if status is None:
        return Response(failure="what came is no HTTP response")
    return Response(status)


def _refusal(method: str, place: Address) -> str:
    """Say what is not allowed, and what in the settings would allow it."""
    if method not in METHODS or not _HOST.match(place.host):
        return "no setting can allow such a request"
    said = f"{method} {place.place}"
    name, entry = "http_methods", said
    if method in _READING:
        name, entry = "http_hosts", place.place
    return (
        f"the settings do not allow {said}; a maintainer may add"
        f' "{entry}" to {name} below [workflows] in coordinator.toml'
    )


def _allows(entry: str, place: Address) -> bool:
    bare = entry.count(":") > 1 and not entry.startswith("[")
    found = address(
        f"{place.scheme}://[{entry}]" if bare else f"{place.scheme}://{entry}"
    )
    if found is None or found.host != place.host or found.target != "/":
        return False
    has_port = not bare and re.search(r":\d+\Z", entry) is not None
    return not has_port or found.port == place.port


def _exchange(place: Address, method: str, seconds: float) -> str:
    deadline = clock.monotonic() + seconds
    with socket.create_connection((place.host, place.port), seconds) as plain:
        line = _guarded(plain, place, deadline)
        with line:
            line.settimeout(_left(deadline))
            line.sendall(_request(place, method))
            return _head(line, deadline)


def _guarded(plain: socket.socket, place: Address, deadline: float) -> socket.socket:
    if place.scheme == "http":
        return plain
    import ssl  # noqa: PLC0415 - slow to load, seldom needed

    plain.settimeout(_left(deadline))
    context = ssl.create_default_context()
    return context.wrap_socket(plain, server_hostname=place.host)


def _request(place: Address, method: str) -> bytes:
    length = "" if method in {"GET", "HEAD", "OPTIONS"} else "Content-Length: 0\r\n"
    return (
        f"{method} {place.target} HTTP/1.1\r\nHost: {place.authority}\r\n"
        f"User-Agent: agent-coordinator\r\nAccept: */*\r\n{length}"
        "Connection: close\r\n\r\n"
    ).encode("ascii")


def _head(line: socket.socket, deadline: float) -> str:
    """Read until the head of the final response is there, and not much more."""
    data = b""
    while len(data) < _MOST_HEAD:
        line.settimeout(_left(deadline))
        part = b""
        with suppress(ConnectionResetError):
            part = line.recv(4096)
        if not part:
            break
        data += part
        text = data.decode("latin-1")
        status = status_of(text)
        if status is not None and status >= 200:  # noqa: PLR2004 - the final one
            break
    return data.decode("latin-1")


def _left(deadline: float) -> float:
    left = deadline - clock.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer came in time"
    said = getattr(error, "strerror", None) or type(error).__name__
    return f"the connection failed ({said})"
