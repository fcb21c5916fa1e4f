"""Secrets found by kind and line, and two hundred lines of real code that are none.

The secrets are made up, and put together at run time: nobody finds one in this file.
"""

import json
import random
import string
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pending_commits.review import secrets
from pending_commits.review.model import FoundSecret
from pending_commits.review.secrets import AddedLine
from tests.support import within_cpu_seconds

ROOT = Path(__file__).parents[3]
HARMLESS = (Path(__file__).parent / "harmless.txt").read_text("utf-8").splitlines()
DICE = random.Random(7)  # noqa: S311 - the same each time
LETTERS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
CAPITALS = string.ascii_uppercase + "234567"


def some(count: int, among: str = LETTERS) -> str:
    """Return so many characters, as random as a token's are."""
    return "".join(DICE.choice(among) for _ in range(count))


def encoded(count: int) -> str:
    """Return so many characters of Base64."""
    return some(count, LETTERS + "+/")


def jwt() -> str:
    """Return a signed token."""
    return f"eyJ{some(20)}.eyJ{some(40)}.{some(43)}"


KINDS: dict[str, list[str]] = {
    "aws-access-key": ["AKIA" + some(16, CAPITALS), "ASIA" + some(16, CAPITALS)],
    "aws-secret-key": [f'aws_secret_access_key = "{encoded(40)}"'],
    "github-token": ["ghp_" + some(36), "github_pat_" + f"{some(22)}_{some(59)}"],
    "gitlab-token": ["glpat-" + some(20)],
    "npm-token": ["npm_" + some(36)],
    "pypi-token": ["pypi-AgE" + some(90)],
    "anthropic-key": ["sk-ant-" + f"api03-{some(93)}AA"],
    "openai-key": ["sk-" + f"{some(20)}T3BlbkFJ{some(20)}"],
    "huggingface-token": ["hf_" + some(34)],
    "google-api-key": ["AIza" + some(35)],
    "google-client-secret": ["GOCSPX-" + some(28)],
    "slack-token": ["xoxb-" + f"{some(12, string.digits)}-{some(24)}"],
    "slack-webhook": [
        "https://hooks.slack.com/services/" + f"T{some(9)}/B{some(9)}/{some(24)}"
    ],
    "discord-webhook": [
        "https://discord.com/api/webhooks/" + f"{some(18, '123456789')}/{some(68)}"
    ],
    "stripe-key": ["sk_live_" + some(24), "rk_live_" + some(30)],
    "sendgrid-key": ["SG." + f"{some(22)}.{some(43)}"],
    "twilio-api-key": ["SK" + some(32, HEX)],
    "mailgun-key": ["key-" + some(32, HEX)],
    "mailchimp-key": [some(32, HEX) + "-us12"],
    "telegram-bot-token": [some(8, "123456789") + ":AA" + some(33)],
    "azure-storage-key": ["AccountKey=" + encoded(86) + "=="],
    "digitalocean-token": ["dop_v1_" + some(64, HEX)],
    "shopify-token": ["shpat_" + some(32, HEX)],
    "square-token": ["sq0atp-" + some(22)],
    "vault-token": ["hvs." + some(90)],
    "databricks-token": ["dapi" + some(32, HEX)],
    "linear-key": ["lin_api_" + some(40)],
    "age-secret-key": [
        "AGE-SECRET-KEY-1" + some(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")
    ],
    "jwt": [jwt()],
    "url-password": [f"postgres://app:{some(14)}@db.shop-prod.net:5432/app"],
    "hardcoded-password": ['password = "Tr0ub4dor&3x"', 'pwd: "kX9#mQ2vL7p!"'],
    "hardcoded-key": [f'api_key = "{some(32)}7a8b9c"'],
    "bearer-token": [f"Authorization: Bearer {some(40)}1a2b3c"],
}


def kinds(text: str, path: str = "src/app.py") -> set[str]:
    """Return the kinds that are found in a text."""
    lines = enumerate(text.split("\n"), 1)
    return {x.kind for x in secrets.find(AddedLine(path, n, y) for n, y in lines)}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_found_where_it_stands(kind: str) -> None:
    """In code, in settings and alone on its line."""
    for secret in KINDS[kind]:
        assert kind in kinds(secret), secret
        assert kind in kinds(f"first\n  x = [{secret}]\nlast"), secret
        [line] = {
            x.line
            for x in secrets.find(
                AddedLine("a.py", n, y) for n, y in enumerate(["a", secret, "b"], 7)
            )
        }
        assert line == 8


def test_a_private_key_is_found_by_its_first_lines() -> None:
    """Of each sort, also as one string; the frame alone is no key."""
    for name in ("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "):
        frame = f"-----BEGIN {name}PRIVATE KEY-----"
        body = "\n".join(encoded(64) for _ in range(3))
        assert kinds(f"{frame}\n{body}") == {"private-key"}
        assert "private-key" in kinds(f'key = "{frame}\\n{encoded(64)}\\n"')
        assert kinds(f"{frame}\n...\n") == set()


def test_the_mark_of_a_private_key_holds_in_its_file_only() -> None:
    """Keys of one kind begin alike: else one that is let pass lets pass all."""
    key = ["-----BEGIN OPENSSH PRIVATE " + "KEY-----", encoded(70)]
    places = [(path, n, x) for path in ("a", "b") for n, x in enumerate(key, 1)]
    one, other = secrets.find(AddedLine(*x) for x in places)
    assert one.mark != other.mark


def test_what_tells_itself_is_not_guessed_as_well() -> None:
    """One secret has one kind; another one in the line has its own."""
    token = KINDS["github-token"][0]
    assert kinds(f'api_key = "{token}"') == {"github-token"}
    assert kinds(f"Authorization: Bearer {jwt()}") == {"jwt"}
    both = kinds(f'x = "{token}"; password = "Tr0ub4dor&3x"')
    assert both == {"github-token", "hardcoded-password"}


def test_a_setting_needs_no_quotes() -> None:
    """Only in files of settings, whatever the end of their lines."""
    line = f"export API_KEY={some(30)}7a8b9c"
    for text in (line, f"{line}\r", f"{line} # of the shop", f"a: 1\n  {line}\nb: 2"):
        assert kinds(text, "deploy/.env") == {"hardcoded-key"}
    assert kinds(line, "deploy/run.sh") == set()
    assert kinds(line, "deploy/.env.example") == set()
    assert kinds("x" * 200 + line, "deploy/.env") == set()


def test_letters_of_any_language_shift_no_place() -> None:
    """The small letter of one character may be two."""
    text = "\u0130" * 9 + 'PASSWORD = "Tr0ub4dor&3x" # \u00e9\n\u0130\nend'
    assert [x.line for x in secrets.find([AddedLine("a.py", 4, text)])] == [4]


def test_so_many_lines_of_real_code_hold_no_secret() -> None:
    """Names, types, references, placeholders, hashes, public keys, words of people."""
    assert len(HARMLESS) >= 200
    for path in ("src/app.ts", "config/settings.yml", "deploy/.env"):
        found = [x for x in HARMLESS if kinds(x, path)]
        assert found == [], path


def test_our_own_repository_holds_none() -> None:
    """The tests that look for secrets among it."""
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False
    )
    names = [x for x in done.stdout.decode().split("\0") if x]
    if done.returncode or not names:
        pytest.skip("this is no checkout of git's")
    for name in names:
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".txt", ".sh"} and path.exists():
            text = path.read_text("utf-8", "replace")
            assert not kinds(text, name.replace("tests/", "t/")), name


@given(st.text(max_size=400), st.text(max_size=40))
def test_any_text_is_searched(text: str, path: str) -> None:
    """Nothing is raised, and the same text gives the same."""
    lines = [AddedLine(path, n, x) for n, x in enumerate(text.split("\n"), 1)]
    assert [*secrets.find(lines)] == [*secrets.find(lines)]


LONG: list[Callable[[], str]] = [
    lambda: "a" * (1 << 20),
    lambda: "eyJ" * (1 << 18),
    lambda: 'password = "' * (1 << 16),
    lambda: "://a:b" * (1 << 17),
    lambda: "token=" + "A1" * (1 << 19),
    lambda: "token=" * (1 << 17),
    lambda: "\n".join(['a_key: "sk-' * 60] * 1500),
    lambda: json.dumps({f"key{x}": some(8) for x in range(40_000)}),
]


@pytest.mark.slow(8)
@pytest.mark.parametrize("number", range(len(LONG)))
def test_a_line_of_a_megabyte_is_searched_to_its_end(number: int) -> None:
    """In time that grows with its length alone."""
    text = LONG[number]()
    with within_cpu_seconds(4):
        assert "github-token" in kinds(f"{text} {KINDS['github-token'][0]}")


def test_many_lines_are_searched_without_a_gap() -> None:
    """A secret in each of a thousand lines, some of them of two files."""
    token = KINDS["npm-token"][0]
    lines = [AddedLine(f"f{x // 700}", x, token) for x in range(1, 1_001)]
    found = [*secrets.find(lines)]
    assert [x.line for x in found] == [*range(1, 1_001)]
    key = ["-----BEGIN PRIVATE " + "KEY-----", encoded(64)]
    for before in range(195, 206):
        text = "\n".join(["x"] * before + key)
        assert kinds(text) == {"private-key"}


def test_the_secret_itself_stands_nowhere() -> None:
    """Only a mark, the same for the same secret, by which it may be let pass."""
    secret = KINDS["stripe-key"][0]
    one, other = secrets.find(AddedLine("a.py", x, secret) for x in (1, 2))
    assert one.mark == other.mark
    assert len(one.mark) == 12
    assert secret not in repr(one) + str(one)


FOUND = FoundSecret("docs/guide/a.md", 3, "jwt", "0123456789ab")


@pytest.mark.parametrize(
    ("entry", "passes"),
    [
        ("docs/**", "yes"),
        ("docs/*.md", "no"),
        ("docs/guide/a.md", "yes"),
        ("docs/**:jwt", "yes"),
        ("docs/**:npm-token", "no"),
        ("mark:0123456789ab", "yes"),
        ("mark:ba9876543210", "no"),
        ("**", "yes"),
    ],
)
def test_a_false_alarm_is_let_pass_by_path_kind_or_mark(
    entry: str, passes: str
) -> None:
    """Each of which is an entry of the settings."""
    assert secrets.is_entry(entry)
    assert secrets.is_allowed(FOUND, [entry]) is (passes == "yes")
    assert not secrets.is_allowed(FOUND, [])


@pytest.mark.parametrize(
    "entry", ["", " ", "mark:", "mark:xyz", "docs/**:jwtt", ":jwt"]
)
def test_what_lets_nothing_pass_is_no_entry(entry: str) -> None:
    """A slip of the hand is told, and does not wait to be found out."""
    assert not secrets.is_entry(entry)
