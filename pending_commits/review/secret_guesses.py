"""Secrets by where they stand: what a line itself calls a password, a key, a token.

It guesses, and leaves out what may be no secret; it reads no file and asks nobody.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from string import ascii_uppercase

from pending_commits.review import made_up
from pending_commits.review.secret_formats import Sighting

KINDS = frozenset(
    {
        *("private-key", "aws-secret-key", "url-password", "connection-password"),
        *("hardcoded-password", "hardcoded-key", "bearer-token"),
    }
)

# The words are found before anything is matched, as are the prefixes of the formats.
_PASSWORDS = ("password", "passwd", "passphrase", "pwd")
_WORDS = (*_PASSWORDS, "secret", "token", "key", "bearer")
_SMALL = {ord(x): ord(x.lower()) for x in ascii_uppercase}
_BEFORE = 16  # characters that say more of a name
_KEYS = re.compile(
    r"(?:api|access|auth|private|encryption|signing|account|secret)[_-]?$",
    re.IGNORECASE,
)
# What goes to and fro in the open: places in a list, marks of a form, public keys.
_OPEN = re.compile(
    r"(?:next|prev|previous|page|paging|continuation|cursor|sync|resume|csrf|xsrf"
    r"|public(?:[_-]?key)?|request|idempotency|push|device"
    r"|special|bos|eos|pad|unk|mask|sep|cls)[_-]?$",
    re.IGNORECASE,
)
_ASSIGNED = re.compile(
    r"[\"'`\]]{0,2}[ \t]{0,8}"
    r"(?:\??:[ \t]{0,4}[A-Za-z][\w.\[\]|<>?&]{0,30}[ \t]{0,4}(?==))?"
    r"(?:=>|:=|={1,3}|:)[ \t]{0,8}(?:[rbLu]|&)?"
    r"(?P<quote>[\"'`])(?P<value>[^\"'`\s]{8,200})(?P=quote)(?![ \t]{0,4}[+%.\[(])"
)
# In files of settings a value may stand without quotes, to the end of its line.
_SET = re.compile(
    r"[\"']?[ \t]{0,8}[=:][ \t]{0,8}(?P<value>[^\s\"'`#;,]{8,200}+)"
    r"[ \t]{0,8}(?:#.*)?\r?$",
    re.MULTILINE,
)
_HEAD = re.compile(r"[ \t]*(?:(?:export|set|ENV|ARG|-)[ \t]+)?[\"']?[\w.-]*")
_LONGEST_HEAD = 100  # characters
_SETTINGS = re.compile(
    r"(?:\.env(?:\..*)?|.*\.(?:env|ini|cfg|conf|config|properties|ya?ml|toml|tfvars)"
    r"|Dockerfile.*|\.npmrc|\.netrc|\.pgpass|credentials)"
)
_AWS = re.compile(
    r"[_.-]?access[_.-]?key[\"']?\]?[ \t]{0,8}(?:=>|:=|=|:|,)[ \t]{0,8}[\"']?"
    r"(?P<value>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
    re.IGNORECASE,
)
_CONNECTION = re.compile(
    r"[ \t]{0,2}=[ \t]{0,2}(?P<value>[^;\"'\s]{8,128})(?=[;\"'\s]|$)"
)
_BEARER = re.compile(r"[ \t]{1,4}(?P<value>[A-Za-z0-9._~+/-]{24,500}=?=?)")
_URL = re.compile(
    r"://(?P<user>[^\s/:@\"'<>{}$?#]{0,64}):(?P<value>[^\s/:@\"'<>{}$]{6,128})"
    r"@(?P<host>[A-Za-z0-9][A-Za-z0-9.-]{0,200})"
)
_NOT_FAR = re.compile(
    r"localhost|.*\.(?:localhost|local|test|invalid|internal)|127\..*|0\.0\.0\.0|[^.]*"
    r"|(?:.*\.)?(?:example|test|host|hostname|domain|server|foo|bar|baz|acme)\.[a-z.]{2,6}",
    re.IGNORECASE,
)
# A private key: its frame, then its first line, or the heading of an encrypted one.
_FRAME = re.compile(
    r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----"
    r"|---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----|PuTTY-User-Key-File-[23]: [a-z0-9-]+"
)
_BODY = re.compile(
    r"(?:\\[nr]|[\s\"'`+,\\#>*|/.;-]){0,64}"
    r"(?P<value>[A-Za-z0-9+/]{40}|(?:Proc-Type|Version|Comment|Encryption): )"
)
_TESTS = re.compile(
    r"(?:^|/)(?:tests?|testing|testdata|__tests__|specs?|fixtures|mocks?|examples?)/"
    r"|(?:^|/)(?:test_[^/]*|conftest\.py)$|[._-](?:test|spec|tests)\.[a-z]{1,4}$"
    r"|\.env\.[^/]*(?:test|example|sample|template)[^/]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Word:
    """A word that names a secret: `text[at:end]`, and what stands before it."""

    word: str
    text: str
    at: int
    end: int
    before: str


def private_keys(text: str, path: str) -> Iterator[Sighting]:
    """Yield each private key where its frame begins, if a body follows."""
    for frame in _FRAME.finditer(text):
        if body := _BODY.match(text, frame.end()):
            # Keys of one kind begin alike, so the mark is to hold in one file only.
            yield Sighting("private-key", frame.start(), f"{path}\n{body['value']}")


def of_text(text: str, path: str) -> Iterator[Sighting]:
    """Yield what lines of one file call secrets, and the passwords of addresses.

    In tests what a line calls a password or a token is made up, and left out.
    """
    is_test = bool(_TESTS.search(path))
    is_set = bool(_SETTINGS.fullmatch(PurePosixPath(path).name))
    for word in _words(text):
        yield from _aws(word)
        if not is_test:
            yield from _assigned(word)
            yield from _others(word)
            yield from _set(word) if is_set else ()
    if not is_test:
        yield from _in_addresses(text)


def _words(text: str) -> Iterator[_Word]:
    # Not each character has a small letter of one character: places would shift.
    small = text.lower() if text.isascii() else text.translate(_SMALL)
    for word in _WORDS:
        at = small.find(word)
        while at >= 0:
            before = text[max(at - _BEFORE, 0) : at]
            yield _Word(word, text, at, at + len(word), before)
            at = small.find(word, at + 1)


def _aws(word: _Word) -> Iterator[Sighting]:
    match = _AWS.match(word.text, word.end) if word.word == "secret" else None
    if match and not made_up.is_example(match["value"]):
        yield Sighting("aws-secret-key", match.start("value"), match["value"])


def _assigned(word: _Word) -> Iterator[Sighting]:
    if match := _ASSIGNED.match(word.text, word.end):
        yield from _judged(word, match)


def _set(word: _Word) -> Iterator[Sighting]:
    start = word.text.rfind("\n", max(word.at - _LONGEST_HEAD, 0), word.at) + 1
    is_near = word.at - start < _LONGEST_HEAD
    if not (is_near and _HEAD.fullmatch(word.text, start, word.at)):
        return
    if match := _SET.match(word.text, word.end):
        yield from _judged(word, match)


def _judged(word: _Word, match: re.Match[str]) -> Iterator[Sighting]:
    value, at = match["value"], match.start("value")
    if word.word in _PASSWORDS and made_up.is_password(value):
        yield Sighting("hardcoded-password", at, value)
    if _is_key(word) and made_up.is_random(value):
        yield Sighting("hardcoded-key", at, value)


def _is_key(word: _Word) -> bool:
    if word.word == "key":
        return bool(_KEYS.search(word.before))
    return word.word in {"secret", "token"} and not _OPEN.search(word.before)


def _others(word: _Word) -> Iterator[Sighting]:
    is_part = word.word in _PASSWORDS and word.before.rstrip().endswith(";")
    match = _CONNECTION.match(word.text, word.end) if is_part else None
    if match and made_up.is_password(match["value"]):
        yield Sighting("connection-password", match.start("value"), match["value"])
    match = _BEARER.match(word.text, word.end) if word.word == "bearer" else None
    if match and made_up.is_random(match["value"]):
        yield Sighting("bearer-token", match.start("value"), match["value"])


def _in_addresses(text: str) -> Iterator[Sighting]:
    for match in _URL.finditer(text):
        value = match["value"]
        is_far = not _NOT_FAR.fullmatch(match["host"]) and value != match["user"]
        if made_up.is_password(value) or (is_far and made_up.is_chosen(value)):
            yield Sighting("url-password", match.start("value"), value)
