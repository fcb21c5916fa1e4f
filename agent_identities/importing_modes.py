"""Agents out of plain data: Roo's custom modes in JSON or YAML, YAML job descriptions.

A mode is a mapping with `slug`, `name`, `roleDefinition`, `whenToUse`, `groups` and
`customInstructions` (docs.roocode.com/features/custom-modes); job descriptions spell
the same keys with underscores. It reads no Markdown file.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace

from agent_identities import drafts, fields
from agent_identities.drafts import IdentityDraft
from agent_identities.fields import IdentityField, IdentitySection
from agent_identities.format import Parsed
from agent_identities.importing_prose import described
from agent_identities.model import Identity
from coordinator.kernel.problems import Problem
from coordinator.kernel.text import frontmatter, markdown

_KEYS = {
    "slug": "name",
    "name": "title",
    "title": "title",
    "role": "role",
    "roledefinition": "role",
    "description": "description",
    "whentouse": "focus",
    "focus": "focus",
    "goal": "focus",
    "personality": "personality",
    "repository": "repository",
    "responsibilities": "responsibilities",
    "capabilities": "capabilities",
    "groups": "tools",
    "tools": "tools",
    "partners": "partners",
    "interactswith": "partners",
}
_FROM_INSTRUCTIONS = ("personality", "responsibilities", "capabilities")
_PAIR = re.compile(
    r"""(?:^|[\s{,-])["']?(slug|name|role_?definition|when_?to_?use)["']?[ \t]{0,9}:"""
    r"""[ \t]{0,9}(?:("(?:[^"\\\n]|\\.)*+")|([^\s"{\[|>][^\n]*+))""",
    re.IGNORECASE | re.MULTILINE,
)
_SLUG = re.compile(r"""^[ \t{,\[-]{0,99}["']?slug["']?[ \t]{0,9}:""", re.MULTILINE)


def read_json(text: str, path: str) -> Parsed:
    """Read one mode, a list of them, or `customModes`; broken JSON as far as it goes.

    Numbers stay text, so that none is too large.
    """
    try:
        data = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except json.JSONDecodeError as error:
        modes, reason, line = _salvaged(text), error.msg, error.lineno
        return _identities(modes, text, path, (_bad_json(path, line, reason),))
    except RecursionError:
        problem = _bad_json(path, 1, "it is nested too deeply")
        return _identities(_salvaged(text), text, path, (problem,))
    return _identities(_modes(data), text, path, ())


def read_yaml(text: str, path: str) -> Parsed:
    """Read one mode or `customModes`; broken YAML line by line."""
    values, problems = frontmatter.read_block(text, path)
    renamed = tuple(replace(x, code="bad-yaml") for x in problems)
    modes = _modes(values) or (_salvaged(text) if problems else [])
    return _identities(modes, text, path, renamed)


def _modes(data: object) -> list[Mapping[str, object]]:
    if isinstance(data, dict):
        known = {_plain(key): value for key, value in data.items()}
        inner = known.get("custommodes")
        if isinstance(inner, list):
            return _modes(inner)
        return [known] if _KEYS.keys() & known else []
    if isinstance(data, list):
        return [mode for x in data if isinstance(x, dict) for mode in _modes(x)]
    return []


def _plain(key: str) -> str:
    return re.sub("[^a-z]", "", key.lower())


def _salvaged(text: str) -> list[Mapping[str, object]]:
    """Pick the keys that matter out of what no parser reads.

    A key that comes again begins the next mode.
    """
    found: list[dict[str, object]] = [{}]
    for match in _PAIR.finditer(text):
        key = _plain(match[1])
        if key in found[-1]:
            found.append({})
        found[-1][key] = _unquoted(match[2]) if match[2] else match[3].strip(" ,'")
    return [x for x in found if "slug" in x or "roledefinition" in x]


def _unquoted(quoted: str) -> str:
    try:
        return str(json.loads(quoted, strict=False))
    except ValueError:
        return quoted.strip('"')


def _identities(
    modes: list[Mapping[str, object]],
    text: str,
    path: str,
    problems: tuple[Problem, ...],
) -> Parsed:
    stem = drafts.stem_of(path) if len(modes) == 1 else ""
    found = list(problems)
    identities: list[Identity] = []
    for mode, line in zip(modes, _lines(text, len(modes)), strict=True):
        section, odd = _section(mode, line)
        made, remarks = drafts.identity(
            IdentityDraft(section, section.fields, stem), path
        )
        found += [drafts.not_text(x, path) for x in odd] + list(remarks)
        if made:
            identities.append(described(made))
    if not identities and not found:
        found.append(drafts.no_identity(path))
    return tuple(identities), tuple(found)


def _lines(text: str, count: int) -> list[int]:
    """Return the line of each mode's slug, where there is one for each; else 1."""
    starts = [x.end() for x in _SLUG.finditer(text)]
    if len(starts) != count:
        return [1] * count
    lines, line, last = [], 1, 0
    for start in starts:
        line += text.count("\n", last, start)
        last = start
        lines.append(line)
    return lines


def _section(
    mode: Mapping[str, object], line: int
) -> tuple[IdentitySection, tuple[IdentityField, ...]]:
    connected = mode.get("connectivity")
    links = connected.get("interactsWith") if isinstance(connected, dict) else None
    values: dict[str, object] = {"partners": links} if links else {}
    values |= {key: _texts(mode[x]) for x, key in _KEYS.items() if mode.get(x)}
    title = values.get("title")
    if isinstance(title, str):
        values["title"] = drafts.title_in(title)
    section, odd = fields.from_values(values, dict.fromkeys(values, line))
    instructions = mode.get("custominstructions")
    if isinstance(instructions, str):
        written = fields.merge(fields.read(markdown.scan(_sound(instructions))))
        for key in written.keys() & set(_FROM_INSTRUCTIONS):
            section.fields.setdefault(key, replace(written[key], line=line))
    return replace(section, line=line), odd


def _texts(value: object) -> object:
    """Put a text into one line; of a list's entries, keep what each is called."""
    if isinstance(value, list):
        return [_in_line(_called(x)) for x in value]
    return _in_line(value)


def _in_line(value: object) -> object:
    return " ".join(_sound(value).split()) if isinstance(value, str) else value


def _sound(text: str) -> str:
    # JSON can spell half of a surrogate pair, which no file can hold.
    return text.encode("utf-8", "replace").decode()


def _called(entry: object) -> object:
    """Return `edit` for `["edit", {…}]` and for `{"edit": …}`."""
    if isinstance(entry, list | dict) and entry:
        return next(iter(entry))
    return entry


def _bad_json(path: str, line: int, reason: str) -> Problem:
    message = f"The file is not valid JSON: {reason}."
    hint = "Mend that line; what could be read was taken."
    return Problem(path, line, "bad-json", message, hint)
