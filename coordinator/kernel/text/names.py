"""Names that the coordinator makes, and the safe display of names it did not make."""

import re
import unicodedata

from coordinator.kernel.errors import UsageProblem
from coordinator.kernel.text.git_names import is_branch_name

MADE = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}\Z")
_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Shown as nothing, though Unicode counts them as letters, marks or symbols: its
# Default_Ignorable_Code_Point (DerivedCoreProperties.txt) and the empty Braille cell,
# without U+FE0E and U+FE0F, which belong to everyday emoji.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0d\uffa0"
    "\U000e0100-\U000e01ef]"
)


def check(name: str, what: str) -> str:
    """Return `name` if the coordinator may use it for something that it makes.

    Raises:
        UsageProblem: It has other characters than `[a-z0-9._-]`, or is too long.
    """
    # Names also become parts of refs.
    if not MADE.match(name) or not is_branch_name(name):
        message = f"{display(name)!r} cannot be the name of {what}."
        raise UsageProblem(
            message, hint="Use a-z, 0-9, '.', '_' and '-', up to 100 characters."
        )
    return name


def slug(text: str, *, longest: int = 60) -> str:
    """Turn any text into a name: `Add JWT auth!` becomes `add-jwt-auth`.

    Returns an empty string where nothing usable is left.
    """
    folded = text if text.isascii() else _without_marks(text)
    return _NOT_IN_SLUG.sub("-", folded.lower()).strip("-")[:longest].rstrip("-")


def _without_marks(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def display(text: str) -> str:
    """Escape control, bidirectional and invisible characters; keep the rest."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(char) for char in text)


def display_line(text: str) -> str:
    """Escape what `display` does in a line of code, whose tabs stay."""
    return text if text.isprintable() else "\t".join(map(display, text.split("\t")))


def _visible(char: str) -> str:
    if unicodedata.category(char) in _HIDDEN or _UNSEEN.match(char):
        return char.encode("unicode_escape").decode()
    return char


def escaped(path: str) -> str:
    """Return a path from git's output with bytes that are no UTF-8 as escapes."""
    data = path.encode("utf-8", "surrogateescape")
    return data.decode("utf-8", "backslashreplace")
