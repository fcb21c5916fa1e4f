"""Context files as text: what they say, a new one, and one value in an old one.

It never touches the disk, and never rewrites a line that it was not asked to change.
"""

import json
import re

from active_contexts import fields, states
from active_contexts.fields import ContextField, Form, HeldFields, plain
from active_contexts.model import Context, ContextState
from coordinator.kernel.problems import Problem
from coordinator.kernel.text import conflicts, labelled, line_edits, markdown
from coordinator.kernel.text.frontmatter import FrontMatter
from coordinator.kernel.text.labelled import Labelled

_NOTHING = re.compile(
    r"\W*(?:none\b.*|no|nil|null|false|0|n/?a|tbd|nothing(?: (?:at|right|for|block).*)?"
    r"|not (?:currently )?blocked\b.*|(?:no|zero) (?:\w+ ){0,3}(?:blockers?|issues?|"
    r"impediments?|problems?|obstacles?|dependencies|blocking)\b.*)?\W*\Z",
    re.IGNORECASE,
)
_NO_WORDS = re.compile(r"\W*(?:none|nothing|nil|null|n/?a)?\W*\Z", re.IGNORECASE)
_QUOTED = re.compile(r"`([^`]+)`")
_BARE_SCALAR = re.compile(r"[A-Za-z](?:[A-Za-z0-9_ ./-]*[A-Za-z0-9_./-])?\Z")
_YAML_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_KEY_LINE = re.compile(r"([\"']?)([A-Za-z_][\w .-]{0,60}?)\1\s*:(?:\s|\Z)")
_LINE_END = re.compile(r"(\r\n|\n|\r)")
_UNKNOWN_HINT = "Write one of: working, waiting, blocked, done, idle."


def parse(text: str, path: str) -> tuple[Context, tuple[Problem, ...]]:
    """Read a context file, however it is written.

    Front matter goes before the body; in the body, what stands later goes before
    what stands earlier.
    """
    document, found = _read(text)
    blockers = _blockers(found.get(ContextField.BLOCKERS))
    said = _value(found, ContextField.STATE)
    branch = found.get(ContextField.BRANCH)
    context = Context(
        path=path,
        state=states.normalise(said) if said else _implied(found, blockers),
        said=said,
        task=_words(found, ContextField.TASK) or _words(found, ContextField.GOAL),
        branch=_name(_words(found, ContextField.BRANCH)),
        branch_line=branch.line if branch else 0,
        worktree=_location(_words(found, ContextField.WORKTREE)),
        blockers=blockers,
        next=_following(found.get(ContextField.NEXT)),
        note=_words(found, ContextField.NOTE),
        agent=_words(found, ContextField.AGENT),
    )
    problems = [
        *document.problems(path),
        *conflicts.find(text, path),
        *_empty(text, path),
    ]
    if said and context.state is ContextState.UNKNOWN:
        problems.append(_unknown(path, found[ContextField.STATE]))
    return context, tuple(problems)


def _read(text: str) -> tuple[Labelled, dict[ContextField, HeldFields]]:
    document = labelled.read(text)
    found = fields.read(document.spoken)
    return document, found | _front(document.front)


def _front(front: FrontMatter) -> dict[ContextField, HeldFields]:
    """Return what the front matter says."""
    found: dict[ContextField, HeldFields] = {}
    for key, value in front.values.items():
        field = fields.field_of(key)
        items = [value] if isinstance(value, str) else value
        if field is None or not isinstance(items, list):
            continue
        texts = tuple(plain(x) for x in items if isinstance(x, str) and x.strip())
        if texts:
            listed = texts if isinstance(value, list) else ()
            line = front.line_of(key)
            found[field] = HeldFields("; ".join(texts), line, Form.FRONT, key, listed)
    return found


def _value(found: dict[ContextField, HeldFields], field: ContextField) -> str:
    held = found.get(field)
    return held.value if held else ""


def _words(found: dict[ContextField, HeldFields], field: ContextField) -> str:
    value = _value(found, field)
    return "" if _NO_WORDS.match(value) else value


def _implied(
    found: dict[ContextField, HeldFields], blockers: tuple[str, ...]
) -> ContextState:
    """Judge from the rest, where no state is said."""
    if blockers:
        return ContextState.BLOCKED
    if not _NOTHING.match(_value(found, ContextField.WAITS)):
        return ContextState.WAITING
    if (task := found.get(ContextField.TASK)) and _words(found, ContextField.TASK):
        return states.normalise(task.key)
    return states.normalise(_value(found, ContextField.PROGRESS))


def _blockers(held: HeldFields | None) -> tuple[str, ...]:
    if held is None:
        return ()
    items = held.items or tuple(held.value.split(";"))
    found = (x.strip() for x in items[: fields.MOST_ITEMS])
    return tuple(x for x in found if not _NOTHING.match(x))


def _following(held: HeldFields | None) -> str:
    if held is None or _NO_WORDS.match(held.value):
        return ""
    return "; ".join(held.items) if held.items else held.value


def _name(value: str) -> str:
    """Return the branch of "`backend/login` (pull request 7)"."""
    quoted = _QUOTED.search(value)
    return quoted[1].strip() if quoted else value.partition(" ")[0].rstrip(",;")


def _location(value: str) -> str:
    quoted = _QUOTED.search(value)
    return quoted[1].strip() if quoted else value


def _empty(text: str, path: str) -> list[Problem]:
    if text.strip("\ufeff \t\r\n"):
        return []
    hint = "Write a line such as `State: working`."
    return [Problem(path, 0, "empty", "The file says nothing.", hint)]


def _unknown(path: str, held: HeldFields) -> Problem:
    message = f"The state {held.value[:80]!r} is not understood."
    return Problem(path, held.line, "unknown-state", message, _UNKNOWN_HINT)


def _front_field(line: str) -> ContextField | None:
    match = _KEY_LINE.match(line)
    return fields.field_of(match[2]) if match else None


def render(state: str, task: str, note: str, moment: str) -> str:
    """Write a new context file; an empty value gets no line.

    Plain `Key: value` lines, so that a line which the agent appends later is heard.
    """
    pairs = {"State": state, "Task": task, "Note": note, "Updated": moment}
    rows = [f"- {key}: {_one_line(x)}" for key, x in pairs.items() if _one_line(x)]
    return "\n".join(["# Context", "", *rows, ""])


def apply(
    text: str,
    *,
    state: str | None = None,
    task: str | None = None,
    note: str | None = None,
) -> str:
    """Return the text saying these values; None leaves a value as it is.

    Where a line holds the value, that line changes; else one line is added.
    """
    wanted = {
        ContextField.STATE: state,
        ContextField.TASK: task,
        ContextField.NOTE: note,
    }
    for field, value in wanted.items():
        if value is not None:
            text = _set(text, field, _one_line(value))
    return text


def _one_line(value: str) -> str:
    return "".join(x for x in " ".join(value.split()) if x.isprintable())


def _set(text: str, field: ContextField, value: str) -> str:
    document, found = _read(text)
    front, held = document.front, found.get(field)
    if held is None and not value:
        return text
    value = value or "none"
    edited = _edited(text, front, held, field, value)
    if _reads(edited, field) == plain(value) or front.body_line > 1:
        return edited
    # An open fence at the end, or words that the body cannot hold.
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    block = _LINE_END.sub(_line_end(text), f"---\n{_front_pair(field, value)}\n---\n")
    return mark + block + text.removeprefix("\ufeff")


def _edited(
    text: str,
    front: FrontMatter,
    held: HeldFields | None,
    field: ContextField,
    value: str,
) -> str:
    if held and held.form is Form.FRONT:
        return _in_front(text, front.body_line, field, value)
    if held and (line := _with_value(_line(text, held.line), held.form, value)):
        return line_edits.replace_line(text, held.line, line)
    if front.body_line > 1:
        return _in_front(text, front.body_line, field, value)
    end = _line_end(text)
    joint = "" if not text or text.endswith(("\n", "\r")) else end
    return f"{text}{joint}{field.value.title()}: {value}{end}"


def _reads(text: str, field: ContextField) -> str:
    return _value(_read(text)[1], field)


def _line(text: str, number: int) -> str:
    return markdown.split_lines(text)[number - 1]


def _with_value(line: str, form: Form, value: str) -> str | None:
    """Return the line with another value, or None where it holds none to replace."""
    if form is Form.ROW:
        start, end = labelled.spans(line)[1]
        escaped = value.replace("|", "\\|")
        return f"{line[:start]} {escaped} {line[end:]}"
    pair = labelled.pair(line) if form is Form.PAIR else None
    if pair is None:
        return None
    old = pair.value
    return line[: pair.start] + value + old[len(old.rstrip()) :]


def _in_front(text: str, body_line: int, field: ContextField, value: str) -> str:
    """Set a value between the lines 1 and `body_line` - 1, the two fences of it."""
    parts = _LINE_END.split(text)
    head, closing = 2 * 1, 2 * (body_line - 2)
    block: list[str] = []
    replaced = False
    goes_on = ""  # what the lines begin with that belong to the value before them
    for index in range(head, closing, 2):
        line, end = parts[index], parts[index + 1]
        if goes_on and (not line.strip() or line[0] in goes_on):
            continue
        goes_on = ""
        if _front_field(line) is field:
            key, _, old = line.partition(":")
            goes_on = " \t" if old.strip() else " \t-"
            line = f"{key}: {_scalar(value)}"
            replaced = True
        block += [line, end]
    if not replaced:
        block += [_front_pair(field, value), parts[1]]
    return "".join([*parts[:head], *block, *parts[closing:]])


def _front_pair(field: ContextField, value: str) -> str:
    return f"{field.value}: {_scalar(value)}"


def _scalar(value: str) -> str:
    """Write a YAML scalar that reads back as this text, quoted where it must be."""
    if _BARE_SCALAR.match(value) and value.lower() not in _YAML_WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


def _line_end(text: str) -> str:
    found = _LINE_END.search(text)
    return found[0] if found else "\n"
