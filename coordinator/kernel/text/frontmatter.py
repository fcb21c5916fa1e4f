"""Front matter: the YAML block at the head of a Markdown file, read tolerantly.

Every scalar stays the text that was written (no implicit dates, no `no` → false).
What is not valid YAML is read line by line, with a problem for each line that fails.
It never writes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from coordinator.kernel.problems import Problem
from coordinator.kernel.text.markdown import split_lines

MAX_LINES = 500
_MAX_BLOCK = 1 << 18
_MAX_OPENERS = 1000
_MAX_TOLERANT = 2000
_LOADER: type[yaml.BaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_PAIR = re.compile(r"([A-Za-z_][\w .-]{0,60}?)\s*:(?:\s+(.*)|)\Z")
_ITEM = re.compile(r"\s*-\s+(.*)\Z")
_OPENER = re.compile(r"[\[{]|[-?:][ \t]+(?=[-?][ \t])")

Value = str | list["Value"] | dict[str, "Value"]


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What stood at the head; `body_line` is the number of the body's first line.

    `lines` holds the line in which each key stands first.
    """

    values: dict[str, Value] = field(default_factory=dict)
    body: str = ""
    body_line: int = 1
    problems: tuple[Problem, ...] = ()
    lines: dict[str, int] = field(default_factory=dict)

    def line_of(self, *keys: str) -> int:
        """Return the line of the first of these keys that is there; else 1."""
        return next((self.lines[x] for x in keys if x in self.lines), 1)

    def text(self, *keys: str) -> str:
        """Return the first of these keys that holds a scalar, else an empty string.

        Keys are compared in lower case with `-` and spaces as `_`.
        """
        for key in keys:
            value = self.values.get(key)
            if isinstance(value, str) and value.strip():
                return value.strip()
        return ""

    def texts(self, *keys: str) -> tuple[str, ...]:
        """Return the first of these keys as a tuple; a scalar is split at commas."""
        for key in keys:
            value = self.values.get(key)
            if isinstance(value, list):
                return tuple(x.strip() for x in value if isinstance(x, str))
            if isinstance(value, str) and value.strip():
                return tuple(x.strip() for x in value.split(",") if x.strip())
        return ()


def split(text: str, path: str) -> FrontMatter:
    """Read the front matter of `text`; a file without one is all body.

    A block that never closes is no front matter: the file is all body, with the
    problem `bad-front-matter`.
    """
    text = text.removeprefix("\ufeff")
    if not text.startswith("---"):
        return FrontMatter(body=text)
    lines = split_lines(text)
    if lines[0].rstrip() != "---":
        return FrontMatter(body=text)
    end = _closing(lines)
    if end is None:
        return _unclosed(text, lines, path)
    body_line = end + 2
    body = _from_line(text, body_line)
    values, problems = _read(lines[1:end], path, 2)
    places = _places(lines[1:end], values)
    return FrontMatter(values, body, body_line, problems, places)


def read_block(text: str, path: str) -> tuple[dict[str, Value], tuple[Problem, ...]]:
    """Read a whole file that is one YAML mapping, as tolerantly as front matter."""
    return _read(split_lines(text.removeprefix("\ufeff")), path, 1)


def _places(lines: list[str], values: dict[str, Value]) -> dict[str, int]:
    """Return the line of each key, the first of them where one stands twice."""
    found: dict[str, int] = {}
    for number, line in enumerate(lines, 2):
        key = _key(line.partition(":")[0].strip().strip("\"'"))
        if key in values and ":" in line and not line[:1].isspace():
            found.setdefault(key, number)
    return found


def _unclosed(text: str, lines: list[str], path: str) -> FrontMatter:
    # A leading rule (`---`) before prose is common; only "key:" makes it a block.
    looks_like_block = len(lines) > 1 and _PAIR.match(lines[1]) is not None
    problem = _problem(path, 1, "The front matter is opened and never closed.")
    return FrontMatter(body=text, problems=(problem,) if looks_like_block else ())


def _closing(lines: list[str]) -> int | None:
    window = enumerate(lines[1 : MAX_LINES + 1], 1)
    return next((i for i, x in window if x.rstrip() in {"---", "..."}), None)


def _from_line(text: str, number: int) -> str:
    ends = re.finditer(r"\r\n|\n|\r", text)
    for count, match in enumerate(ends, 2):
        if count == number:
            return text[match.end() :]
    return ""


def _read(
    lines: list[str], path: str, first: int
) -> tuple[dict[str, Value], tuple[Problem, ...]]:
    block = "\n".join(lines)
    try:
        _refuse_giants(block)
        _refuse_aliases(block)
        return _load(block), ()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return _read_by_line(lines, path, first, error)


def _load(block: str) -> dict[str, Value]:
    loaded = yaml.load(block, Loader=_LOADER)  # noqa: S506 - BaseLoader builds str
    if loaded is None or loaded == "":
        return {}
    if not isinstance(loaded, dict):
        message = "it is not a list of keys"
        raise ValueError(message)  # noqa: TRY004 - a document's fault, not a caller's
    return {_key(str(k)): _plain(v) for k, v in loaded.items()}


def _refuse_giants(block: str) -> None:
    """Libyaml's composer recurses in C: 40,000 open brackets end the process."""
    if len(block) > _MAX_BLOCK:
        message = f"it is longer than {_MAX_BLOCK} characters"
        raise ValueError(message)
    if len(block) > _MAX_OPENERS and len(_OPENER.findall(block)) > _MAX_OPENERS:
        message = f"it opens more than {_MAX_OPENERS} lists and mappings"
        raise ValueError(message)


def _refuse_aliases(block: str) -> None:
    """Aliases share nodes, so a few lines can unfold into gigabytes."""
    if "*" not in block:
        return
    events: Iterator[yaml.Event] = yaml.parse(block, Loader=_LOADER)
    for event in events:
        if isinstance(event, yaml.AliasEvent):
            mark: Any = event.start_mark  # the C parser has a class of its own
            raise yaml.MarkedYAMLError(
                problem="aliases are not read", problem_mark=mark
            )


def _plain(value: object) -> Value:
    if isinstance(value, list):
        return [_plain(x) for x in value]
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return str(value)


def _read_by_line(
    lines: list[str], path: str, first: int, error: Exception
) -> tuple[dict[str, Value], tuple[Problem, ...]]:
    values: dict[str, Value] = {}
    key = ""
    for line in lines[:_MAX_TOLERANT]:
        if pair := _PAIR.match(line):
            key = _key(pair[1])
            values[key] = _unquote(pair[2] or "")
        elif key and (item := _ITEM.match(line)) and _may_list(held := values[key]):
            values[key] = [*held, _unquote(item[1])]
        elif key and line[:1].isspace() and isinstance(values[key], str):
            values[key] = f"{values[key]} {line.strip()}".strip()
    behind, reason = _place_of(error, lines)
    message = f"The front matter is not valid YAML: {reason}."
    return values, (_problem(path, first + behind, message),)


def _place_of(error: Exception, lines: list[str]) -> tuple[int, str]:
    """Return how many lines precede the fault, and what it is."""
    match error:
        case yaml.reader.ReaderError(position=position, reason=reason):
            before = "\n".join(lines).encode("utf-8", "replace")[:position]
            return before.count(b"\n"), str(reason)
        case yaml.MarkedYAMLError(problem_mark=mark, problem=problem) if mark:
            return mark.line, problem or str(error)
    return 0, str(error)


def _may_list(value: Value) -> bool:
    """A key without a value may begin a list; one with a text keeps it."""
    return isinstance(value, list) or not value


def _unquote(text: str) -> str:
    text = text.strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text


def _key(text: str) -> str:
    return text.strip().lower().replace("-", "_").replace(" ", "_")


def _problem(path: str, line: int, message: str) -> Problem:
    hint = "Quote values that hold a colon, or remove the block."
    return Problem(path, line, "bad-front-matter", message, hint)
