import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from coordinator.workflows.judging import requests
from coordinator.workflows.judging.requests import Address, Allowed
from coordinator.workflows.judging.verdicts import Response

LOCAL = Allowed(("127.0.0.1",))


@contextmanager
def served(*parts: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Answer one request with these parts; without any, say nothing until the end."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            line, _ = server.accept()
            with line:
                heard.append(line.recv(1 << 16))
                for part in parts:
                    line.sendall(part)
                if not parts:
                    line.recv(1)

        thread = Thread(target=answer)
        thread.start()
        try:
            yield server.getsockname()[1], heard
        finally:
            thread.join()


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://LocalHost", Address("http", "localhost", 80, "/")),
        ("https://a.b:8443/x?y=1#z", Address("https", "a.b", 8443, "/x?y=1")),
        ("http://[::1]:8000/", Address("http", "::1", 8000, "/")),
        ("ftp://localhost/", None),
        ("http:///x", None),
        ("/health", None),
        ("http://localhost:x/", None),
        ("http://[::1/", None),
        ("http://localhost@evil.example/", None),
        ("http://localhost\\@evil.example/", None),
        ("http://localhost/a b", None),
        ("http://localhost/\r\nHost:x", None),
        ("http://loc\u0430lhost/", None),
    ],
)
def test_an_address_is_taken_apart(url: str, found: Address | None) -> None:
    """What could hide another host, or a second line, is none."""
    assert requests.address(url) == found


def test_an_authority_names_only_what_is_not_the_default() -> None:
    """The Host field is what browsers send."""
    assert Address("http", "a", 80, "/").authority == "a"
    assert Address("http", "::1", 81, "/").authority == "[::1]:81"


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ("HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody", 200),
        ("HTTP/2 404 \n\n", 404),
        ("HTTP/1.0 503", 503),
        ("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 201 Created\r\n\r\n", 201),
        ("HTTP/1.1 100 Continue", 100),
        ("HTTP/1.1 100 Continue\r\n\r\n", None),
        ("HTTP/1.1 20", None),
        ("HTTP/1.1 2000", None),
        ("hello", None),
        ("", None),
    ],
)
def test_a_raw_response_has_a_status(raw: str, status: int | None) -> None:
    """Interim responses are skipped, as RFC 9110, 15.2 says."""
    assert requests.status_of(raw) == status


def test_an_allowed_request_is_sent() -> None:
    """It is plain and asks for the connection's end."""
    with served(b"HTTP/1.1 2", b"01 Created\r\n\r\nhi") as (port, heard):
        ask = requests.asker(Allowed(methods=(f"POST 127.0.0.1:{port}",)))
        assert ask("POST", f"http://127.0.0.1:{port}/a?b") == Response(201)
    lines = heard[0].decode().split("\r\n")
    assert lines[:2] == ["POST /a?b HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    assert "Content-Length: 0" in lines
    assert "Connection: close" in lines


def test_a_redirect_is_not_followed() -> None:
    """Its status is the answer."""
    reply = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n"
    with served(reply) as (port, heard):
        ask = requests.asker(LOCAL)
        assert ask("GET", f"http://127.0.0.1:{port}/") == Response(302)
    assert b"Content-Length" not in heard[0]


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would see the request and could answer for anybody."""
    with served(b"HTTP/1.1 200 OK\r\n\r\n") as (port, heard):
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        ask = requests.asker(LOCAL)
        assert ask("GET", f"http://127.0.0.1:{port}/") == Response(200)
    assert heard[0].startswith(b"GET / ")


@pytest.mark.parametrize(
    ("hosts", "url"),
    [
        ((), "http://localhost/"),
        (("localhost",), "http://localhost.example/"),
        (("localhost",), "http://127.0.0.1/"),
        (("localhost:8000",), "http://localhost:8001/"),
        (("localhost:80/x",), "http://localhost/x"),
        (("bad host",), "http://localhost/"),
        (("[::1]:8000",), "http://[::1]:80/"),
        (("localhost",), "localhost"),
    ],
)
def test_no_other_host_is_asked(hosts: tuple[str, ...], url: str) -> None:
    """Where nothing allows it there is no response, and a reason."""
    for method in ("GET", "HEAD"):
        answer = requests.asker(Allowed(hosts))(method, url)
        assert answer == Response(refusal=answer.refusal)
        assert answer.refusal


@pytest.mark.parametrize(
    "method", ["DELETE", "OPTIONS", "PATCH", "POST", "PUT", "BREW"]
)
def test_an_allowed_host_is_only_read_from(method: str) -> None:
    """What may change something on this machine needs a word of its own."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        url = f"http://127.0.0.1:{port}/all"
        for allowed in (
            LOCAL,
            Allowed(LOCAL.hosts, (f"{method} 127.0.0.1:{port - 1}",)),
            Allowed(LOCAL.hosts, (f"{method} localhost:{port}",)),
            Allowed(LOCAL.hosts, (f"TRACE 127.0.0.1:{port}", f"127.0.0.1:{port}")),
        ):
            assert requests.asker(allowed)(method, url).refusal
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()  # nobody came


@pytest.mark.parametrize(
    ("method", "url", "entry", "name"),
    [
        ("POST", "http://LOCALHOST:8080/x?y", "POST localhost:8080", "http_methods"),
        ("DELETE", "https://a.b/", "DELETE a.b:443", "http_methods"),
        ("PUT", "http://[::1]/", "PUT [::1]:80", "http_methods"),
        ("GET", "http://a.b/", "a.b:80", "http_hosts"),
        ("HEAD", "http://[::2]:81/", "[::2]:81", "http_hosts"),
    ],
)
def test_a_refusal_names_what_the_settings_would_have_to_say(
    method: str, url: str, entry: str, name: str
) -> None:
    """And what it proposes allows that request, as far as the settings go."""
    refusal = requests.asker(Allowed())(method, url).refusal
    assert f'"{entry}" to {name} below [workflows]' in refusal
    place = requests.address(url)
    assert place is not None
    allowed = Allowed(**{name.removeprefix("http_"): (entry,)})
    assert allowed.admits(method, place)
    assert requests.is_entry(entry) == (name == "http_methods")


@pytest.mark.parametrize(
    ("method", "url"), [("BREW", "http://a/"), ("GET", "http://a'b/")]
)
def test_no_setting_is_proposed_that_says_something_else(method: str, url: str) -> None:
    """A line for the settings never holds marks of a document's choice."""
    refusal = requests.asker(Allowed())(method, url).refusal
    assert refusal == "no setting can allow such a request"


@pytest.mark.parametrize(
    "text",
    ["POST localhost", "localhost:80", "post localhost:80", "POST a:1/x", "POST  a:1"],
)
def test_a_setting_for_a_method_names_host_and_port(text: str) -> None:
    """A whole host is too much for what changes something."""
    assert not requests.is_entry(text)


@pytest.mark.parametrize("host", ["::1", "[::1]", "[::1]:9"])
def test_a_host_may_be_a_number(host: str) -> None:
    """Of an address of numbers the brackets may be left out."""
    assert Allowed((host,)).admits("GET", Address("http", "::1", 9, "/"))


def test_a_server_that_is_not_there_is_said() -> None:
    """So is one whose name nobody knows."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    ask = requests.asker(Allowed(("127.0.0.1", "x" * 70)))
    answer = ask("GET", f"http://127.0.0.1:{port}/")
    assert answer == Response(failure="the connection failed (Connection refused)")
    answer = ask("GET", f"http://{'x' * 70}/")
    assert answer.failure.startswith("the connection failed")


def test_a_server_that_says_nothing_is_left() -> None:
    """No answer in time is no answer."""
    with served() as (port, _):
        ask = requests.asker(LOCAL, 0.1)
        answer = ask("GET", f"http://127.0.0.1:{port}/")
        assert answer == Response(failure="no answer came in time")
        answer = requests.asker(LOCAL, 0.0)("GET", f"http://127.0.0.1:{port}/")
        assert answer.failure


@pytest.mark.parametrize(
    "reply", [b"SSH-2.0-x\r\n", b"HTTP/1.1 100 ok" + b"x" * 70_000]
)
def test_a_server_that_speaks_otherwise_is_said(reply: bytes) -> None:
    """What it says is read up to a bound."""
    with served(reply) as (port, _):
        ask = requests.asker(LOCAL)
        answer = ask("GET", f"http://127.0.0.1:{port}/")
    assert answer in {Response(failure="what came is no HTTP response"), Response(100)}


def test_a_server_without_a_certificate_is_said() -> None:
    """An https address is never asked in the clear."""
    with served(b"HTTP/1.1 200 OK\r\n\r\n") as (port, heard):
        ask = requests.asker(LOCAL)
        answer = ask("GET", f"https://127.0.0.1:{port}/")
    assert answer.failure.startswith("the connection failed")
    assert not heard[0].startswith(b"GET")
