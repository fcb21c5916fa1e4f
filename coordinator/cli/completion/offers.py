"""What may stand at the cursor: the command tree from a table, and names.

`commands.tsv` is written by `coordinator.cli.completion.table`, so that nothing heavy
is loaded for it: a row for each command, argument and option. It knows no shell.
"""

import os

from coordinator.cli.completion import names
from coordinator.kernel.system import addresses

TABLE = f"{os.path.dirname(__file__)}/commands.tsv"  # noqa: PTH120 - thin
FLAG = "-"  # in the place of a value: the option takes none
MANY = "..."  # behind an argument that may be repeated
_PATHS = frozenset(("file", "dir"))


class Offer:
    """What may stand there: a `plain` value, or any `file` or `dir`."""

    __slots__ = ("kind", "meaning", "value")

    def __init__(self, kind: str, value: str = "", meaning: str = "") -> None:
        self.kind = kind
        self.value = value
        self.meaning = meaning


class Command:
    """One command or group: its options with their values, and its arguments."""

    __slots__ = ("arguments", "inner", "many", "meaning", "options")

    def __init__(self, meaning: str) -> None:
        self.meaning = meaning
        self.inner: list[str] = []
        self.options: dict[str, tuple[str, str]] = {}
        self.arguments: list[str] = []
        self.many = False


class _Said:
    """What the words before the cursor say."""

    __slots__ = ("awaited", "command", "given", "is_literal", "options")

    def __init__(self) -> None:
        self.command = ""
        self.given: list[str] = []
        self.options: dict[str, str] = {}
        self.awaited = ""  # the option whose value comes next
        self.is_literal = False  # behind `--`


Table = dict[str, Command]


def find(words: list[str], word: str) -> list[Offer]:
    """Return what may stand at the cursor behind these words, as it is shown."""
    table = _load()
    said = _read(words, table)
    if said is None:
        return []
    options = table[""].options | table[said.command].options
    name, equals, begin = word.partition("=")
    if said.awaited:
        return _values(options[said.awaited][0], said, word)
    if said.is_literal or not word.startswith("-"):
        return _next(said, table, word)
    if equals:
        value, _ = options.get(name, (FLAG, ""))
        found = _values(value, said, begin)
        return [Offer(x.kind, f"{name}={x.value}") for x in found]
    fitting = (x for x in options if x.startswith(word))
    return [Offer("plain", x, options[x][1]) for x in fitting]


def _load() -> Table:
    table: Table = {}
    with open(TABLE, encoding="utf-8") as file:  # noqa: PTH123 - thin
        for line in file:
            _add(table, *line.rstrip("\n").split("\t"))
    return table


def _add(table: Table, path: str, name: str, value: str, meaning: str) -> None:
    if not name:
        table[path] = Command(meaning)
        above, _, last = path.rpartition(" ")
        if path:
            table[above].inner.append(last)
    elif name.startswith("-"):
        table[path].options[name] = (value, meaning)
    else:
        table[path].arguments.append(value)
        table[path].many |= name.endswith(MANY)


def _read(words: list[str], table: Table) -> _Said | None:
    """Follow the words down the tree; None: it has no such command."""
    said = _Said()
    for word in words:
        place = table[said.command]
        if said.awaited:
            said.options[said.awaited], said.awaited = word, ""
        elif word == "--":
            said.is_literal = True
        elif word.startswith("-") and not said.is_literal:
            _take_option(said, word, table)
        elif word in place.inner:
            said.command = f"{said.command} {word}".strip()
        elif place.inner:
            return None
        else:
            said.given.append(word)
    return said


def _take_option(said: _Said, word: str, table: Table) -> None:
    name, equals, value = word.partition("=")
    options = table[""].options | table[said.command].options
    if options.get(name, (FLAG, ""))[0] != FLAG:
        said.options[name] = value
        said.awaited = "" if equals else name


def _next(said: _Said, table: Table, word: str) -> list[Offer]:
    """Return the commands below the one that stands there, else its next argument."""
    place = table[said.command]
    if place.inner:
        above = f"{said.command} ".lstrip()
        fitting = (x for x in place.inner if x.startswith(word))
        return [Offer("plain", x, table[above + x].meaning) for x in fitting]
    if said.given[-1:] == ["="]:
        return [Offer("file")]  # bash takes NAME=PATH apart
    at = len(said.given)
    if place.many:
        at = min(at, len(place.arguments) - 1)
    return _values("".join(place.arguments[at : at + 1]), said, word)


def _values(value: str, said: _Said, word: str) -> list[Offer]:
    """Return what a value may be: one of several words, a path, or a known name."""
    if value in _PATHS:
        return [Offer(value, word)]
    if "|" in value:
        return [Offer("plain", x) for x in value.split("|") if x.startswith(word)]
    if value in {"", FLAG}:
        return []
    root = os.path.realpath(os.path.expanduser(_named(said)))  # noqa: PTH111 - thin
    return [Offer("plain", x) for x in names.known(value, root, said.given, word)]


def _named(said: _Said) -> str:
    if given := said.options.get("--workspace"):
        return given
    return addresses.find_root(".") or os.environ.get("COORDINATOR_WORKSPACE", "")
