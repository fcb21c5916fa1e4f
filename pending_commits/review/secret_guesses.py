"""Secrets by where they stand: what a line itself calls a password, a key, a token.

It guesses, and leaves out what may be no secret; it reads no file and asks nobody.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from pending_commits.review import made_up

KINDS = frozenset(
    {
        *("private-key", "aws-secret-key", "url-password", "hardcoded-password"),
        *("hardcoded-key", "connection-password", "bearer-token"),
    }
)

_SECRETIVE = "pass(?:word|wd|phrase)|pwd"
_KEY = (
    "secret(?:[_-]?key)?|(?:api|access|auth|private|encryption|signing|account)[_-]?key"
    "|token"
)
# What goes to and fro in the open: places in a list, marks of a form, public keys.
_OPEN = re.compile(
    r"(?:next|prev|previous|page|paging|continuation|cursor|sync|resume|csrf|xsrf"
    r"|public(?:[_-]?key)?"
    r"|request|idempotency|push|device|special|bos|eos|pad|unk|mask|sep|cls)[_-]?$",
    re.IGNORECASE,
)
_ASSIGNED = re.compile(
    rf"(?:(?P<password>{_SECRETIVE})|(?P<key>{_KEY}))[\"'`\]]{{0,2}}\s{{0,8}}"
    r"(?:\??:\s{0,4}[A-Za-z][\w.\[\]|<>?&]{0,30}\s{0,4}(?==))?"
    r"(?:=>|:=|={1,3}|:)\s{0,8}(?:[rbLu]|&)?"
    r"(?P<quote>[\"'`])(?P<value>[^\"'`\s]{8,200})(?P=quote)(?!\s{0,4}[+%.\[(])",
    re.IGNORECASE,
)
# In files of settings a value may stand without quotes, to the end of its line.
_SET = re.compile(
    rf"\s*(?:(?:export|set|ENV|ARG|-)\s+)?[\"']?[\w.-]{{0,60}}"
    rf"(?:(?P<password>{_SECRETIVE})|(?P<key>{_KEY}))[\"']?\s{{0,8}}[=:]\s{{0,8}}"
    r"(?P<value>[^\s\"'`#;,]{8,200})\s*(?:#.*)?$",
    re.IGNORECASE,
)
_SETTINGS = re.compile(
    r"(?:\.env(?:\..*)?|.*\.(?:env|ini|cfg|conf|config|properties|ya?ml|toml|tfvars)"
    r"|Dockerfile.*|\.npmrc|\.netrc|\.pgpass|credentials)$"
)
_NAMED = re.compile(r"pass|pwd|secret|token|key|bearer|begin ", re.IGNORECASE)
_AWS = re.compile(
    r"(?:aws[_.-]?)?(?:secret[_.-]?access[_.-]?key|aws[_.-]?secret[_.-]?key)"
    r"[\"']?\]?\s{0,8}(?:=>|:=|=|:|,)\s{0,8}[\"']?"
    r"(?P<value>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
    re.IGNORECASE,
)
_URL = re.compile(
    r"://(?P<user>[^\s/:@\"'<>{}$?#]{0,64}):(?P<value>[^\s/:@\"'<>{}$]{6,128})"
    r"@(?P<host>[A-Za-z0-9][A-Za-z0-9.-]{0,200})"
)
_CONNECTION = re.compile(
    r";\s{0,2}(?:password|pwd)\s{0,2}=\s{0,2}(?P<value>[^;\"'\s]{8,128})(?=[;\"'\s]|$)",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\bBearer\s+(?P<value>[A-Za-z0-9._~+/-]{24,500}=?=?)")
# A private key: the frame, then its first line, or the heading of an encrypted one.
_FRAME = re.compile(
    r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----|"
    r"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----|PuTTY-User-Key-File-[23]: [a-z0-9-]+"
)
_BODY = re.compile(
    r"(?:\\[nr]|[\s\"'`+,\\#>*|/.;-]){0,64}"
    r"(?P<value>[A-Za-z0-9+/]{40}|(?:Proc-Type|Version|Comment|Encryption): )"
)
_NOT_A_HOST = re.compile(
    r"localhost|.*\.(?:localhost|local|test|invalid|internal)|127\..*|0\.0\.0\.0|[^.]*"
    r"|(?:.*\.)?(?:example|test|host|domain|server|foo|bar|baz|acme)\.[a-z.]{2,6}",
    re.IGNORECASE,
)
_TESTS = re.compile(
    r"(?:^|/)(?:tests?|testing|testdata|__tests__|specs?|fixtures|mocks?|examples?)/"
    r"|(?:^|/)(?:test_[^/]*|conftest\.py)$|[._-](?:test|spec|tests)\.[a-z]{1,4}$",
    re.IGNORECASE,
)


def private_keys(text: str, after: str) -> Iterator[tuple[str, str]]:
    """Yield each private key that begins here; `after`: the next lines, a few."""
    if "PRIVATE KEY" in text or "PuTTY" in text:
        whole = f"{text}\n{after}"
        for frame in _FRAME.finditer(text):
            if body := _BODY.match(whole, frame.end()):
                yield "private-key", body["value"]


def named(text: str, path: str) -> Iterator[tuple[str, str]]:
    """Yield what is called a secret, and in tests nothing: there it is made up."""
    if not _NAMED.search(text):
        return
    for match in _AWS.finditer(text):
        if not made_up.is_example(match["value"]):
            yield "aws-secret-key", match["value"]
    if _TESTS.search(path):
        return
    yield from _assigned(text, path)
    for match in _CONNECTION.finditer(text):
        if made_up.is_password(match["value"]):
            yield "connection-password", match["value"]
    for match in _BEARER.finditer(text):
        if made_up.is_random(match["value"]):
            yield "bearer-token", match["value"]


def _assigned(text: str, path: str) -> Iterator[tuple[str, str]]:
    yield from filter(None, map(_judged, _ASSIGNED.finditer(text)))
    if _SETTINGS.match(PurePosixPath(path).name) and (match := _SET.match(text)):
        yield from filter(None, [_judged(match)])


def _judged(match: re.Match[str]) -> tuple[str, str] | None:
    value = match["value"]
    if match["password"]:
        is_real = made_up.is_password(value)
        return ("hardcoded-password", value) if is_real else None
    is_open = _OPEN.search(match.string, max(match.start() - 16, 0), match.start())
    is_real = made_up.is_random(value) and not is_open
    return ("hardcoded-key", value) if is_real else None


def in_urls(text: str, path: str) -> Iterator[tuple[str, str]]:
    """Yield the passwords of addresses, in tests none."""
    if "@" not in text or "://" not in text or _TESTS.search(path):
        return
    for match in _URL.finditer(text):
        value = match["value"]
        is_far = not _NOT_A_HOST.fullmatch(match["host"])
        is_chosen = value != match["user"] and is_far and made_up.is_chosen(value)
        if is_chosen or made_up.is_password(value):
            yield "url-password", value
