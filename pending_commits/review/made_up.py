"""What tells a real secret from an example, a word, a name or a reference.

It weighs one value; where the value stands, and what is done about it, is no matter.
"""

import re
from itertools import pairwise

_LEAST_KINDS = 3  # of characters in a password: small, capital, digit, sign
_LEAST_CHANGES = 4  # between letters and digits in a random value
_LEAST_DISTINCT = 8  # characters in a random value
_SHORTEST_PASSWORD = 8
_SHORTEST_RANDOM = 16

# Words of examples, runs along the keyboard or the alphabet, one character repeated.
_EXAMPLE = re.compile(
    r"example|sample|placeholder|dummy|fake|foobar|mock|redacted|change.?(?:me|it)"
    r"|y(?:our|my)[_-]|yourown|insecure|not.?(?:a.?)?(?:real|secret)|test|demo|lorem"
    r"|deadbeef|xxxx|0{8}|(?P<one>[^\W_])(?P=one){5}|[*]{3}|\.\.\."
    r"|0123456|1234567|7654321|abcdefgh|ABCDEFGH|qwerty|(?P<two>\w\w)(?P=two){4}",
    re.IGNORECASE,
)
# What vendors print for all: the key of Azure's emulator, the tokens of JWT's debugger
# and of Supabase's demo, the key in Firebase's guide.
_PUBLISHED = re.compile(
    "Eby8vdM02xNOcqFlqUwJPLlm|eyJzdWIiOiIxMjM0NTY3ODkwI|eyJpc3MiOiJzdXBhYmFzZS1kZW1v"
    "|AIzaSyDOCAbC123dEf456"
)
# What stands for a value: of a shell, a template, a format, a tag, a call, an index.
_REFERENCE = re.compile(
    r"^\$|\$[({]|\$[A-Z_]{3}|\$$|\{[^{}]*\}|\{\{|<[^<>]*>|\[[A-Za-z_]\w*\]|\w\([\w.,]*\)"
    r"|%\(|%[sdvr](?![A-Za-z0-9])|%[A-Z_]{3,}%|@@|\\|://|::"
)
_SAID = re.compile(
    r"pass(?:wor[dt]|wd|phrase)|pwd|secret|token|credential|login|string|value|param"
    r"|field|input",
    re.IGNORECASE,
)
_NAME = re.compile(  # of a file, a module, a host, a version, a date, a class, an id
    r"[./~#@].*|[A-Za-z_][\w-]{0,60}(?:\.[A-Za-z_][\w-]{0,60}){1,9}"
    r"|v?[0-9]{1,5}(?:[.:-][0-9]{1,5}){1,6}\S{0,40}"
    r"|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
)


def is_example(value: str) -> bool:
    """Tell whether a value is written for readers: it has the right form, no more."""
    is_told = _EXAMPLE.search(value) or _PUBLISHED.search(value)
    return bool(is_told) or len(set(value)) < _LEAST_DISTINCT


def is_random(value: str) -> bool:
    """Tell whether letters and digits follow each other as in no word or name."""
    signs = [x.isdigit() for x in value if x.isalnum()]
    changes = sum(x is not y for x, y in pairwise(signs))
    return (
        len(value) >= _SHORTEST_RANDOM
        and changes >= max(_LEAST_CHANGES, len(value) // 12)
        and not _is_told(value)
    )


def is_password(value: str) -> bool:
    """Tell whether a person or a program may have chosen this as a password."""
    kinds = (str.islower, str.isupper, str.isdigit, _is_sign)
    has = [any(map(kind, value)) for kind in kinds]
    return (
        len(value) >= _SHORTEST_PASSWORD
        and ((sum(has) >= _LEAST_KINDS and has[2]) or is_random(value))
        and not _is_told(value)
        and not _SAID.search(value)
    )


def _is_sign(char: str) -> bool:
    return not char.isalnum()


def _is_told(value: str) -> bool:
    """Tell whether a value is an example, stands for another one, or names a thing."""
    return bool(is_example(value) or _REFERENCE.search(value) or _NAME.fullmatch(value))


def is_chosen(value: str) -> bool:
    """Tell whether this may be a password where one must stand, even a plain word."""
    return not (
        _EXAMPLE.search(value) or _REFERENCE.search(value) or _SAID.search(value)
    )
