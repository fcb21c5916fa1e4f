import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from coordinator.workflows import requests
from coordinator.workflows.requests import Address
from coordinator.workflows.verdicts import Response


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


def test_an_allowed_host_is_asked() -> None:
    """The request is plain and asks for the connection's end."""
    with served(b"HTTP/1.1 2", b"01 Created\r\n\r\nhi") as (port, heard):
        ask = requests.asker((f"127.0.0.1:{port}",))
        assert ask("POST", f"http://127.0.0.1:{port}/a?b") == Response(201)
    lines = heard[0].decode().split("\r\n")
    assert lines[:2] == ["POST /a?b HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    assert "Content-Length: 0" in lines
    assert "Connection: close" in lines


def test_a_redirect_is_not_followed() -> None:
    """Its status is the answer."""
    reply = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n"
    with served(reply) as (port, heard):
        ask = requests.asker(("127.0.0.1",))
        assert ask("GET", f"http://127.0.0.1:{port}/") == Response(302)
    assert b"Content-Length" not in heard[0]


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would see the request and could answer for anybody."""
    with served(b"HTTP/1.1 200 OK\r\n\r\n") as (port, heard):
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        ask = requests.asker(("127.0.0.1",))
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
    """Where nothing allows it there is no response at all."""
    assert requests.asker(hosts)("GET", url) is None


@pytest.mark.parametrize("host", ["::1", "[::1]", "[::1]:9"])
def test_a_host_may_be_a_number(host: str) -> None:
    """A method that is unknown is refused only where the host is allowed."""
    answer = requests.asker((host,))("BREW", "http://[::1]:9/")
    assert answer == Response(failure="the method is none that is asked")


def test_a_server_that_is_not_there_is_said() -> None:
    """So is one whose name nobody knows."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    ask = requests.asker(("127.0.0.1", f"{'x' * 70}"))
    answer = ask("GET", f"http://127.0.0.1:{port}/")
    assert answer == Response(failure="the connection failed (Connection refused)")
    answer = ask("GET", f"http://{'x' * 70}/")
    assert answer is not None
    assert answer.failure.startswith("the connection failed")


def test_a_server_that_says_nothing_is_left() -> None:
    """No answer in time is no answer."""
    with served() as (port, _):
        ask = requests.asker(("127.0.0.1",), 0.1)
        answer = ask("GET", f"http://127.0.0.1:{port}/")
        assert answer == Response(failure="no answer came in time")
        answer = requests.asker(("127.0.0.1",), 0.0)("GET", f"http://127.0.0.1:{port}/")
        assert answer is not None
        assert answer.failure


@pytest.mark.parametrize(
    "reply", [b"SSH-2.0-x\r\n", b"HTTP/1.1 100 ok" + b"x" * 70_000]
)
def test_a_server_that_speaks_otherwise_is_said(reply: bytes) -> None:
    """What it says is read up to a bound."""
    with served(reply) as (port, _):
        ask = requests.asker(("127.0.0.1",))
        answer = ask("GET", f"http://127.0.0.1:{port}/")
    assert answer in {Response(failure="what came is no HTTP response"), Response(100)}


def test_a_server_without_a_certificate_is_said() -> None:
    """An https address is never asked in the clear."""
    with served(b"HTTP/1.1 200 OK\r\n\r\n") as (port, heard):
        ask = requests.asker(("127.0.0.1",))
        answer = ask("GET", f"https://127.0.0.1:{port}/")
    assert answer is not None
    assert answer.failure.startswith("the connection failed")
    assert not heard[0].startswith(b"GET")
