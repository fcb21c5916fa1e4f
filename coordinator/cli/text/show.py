"""Results as text for people, and as the JSON of the contract.

Text of agents is escaped here. Colours are used only where the caller has a terminal.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from typing import Any, get_type_hints

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from coordinator.cli.text import show_reviews, show_runs
from coordinator.cli.text.terminal_text import moment, safe
from coordinator.kernel.text.names import display
from coordinator.results.problems import ShownProblem
from coordinator.results.runs import ShownNext
from coordinator.results.templates import ImportedTemplates
from coordinator.results.workspaces import (
    DaemonHealth,
    DocumentVersion,
    ShownFinding,
    ShownRecord,
    ShownStatus,
)

_STATE_STYLES = {
    "working": "green",
    "waiting": "yellow",
    "blocked": "red",
    "done": "cyan",
}
_COLUMNS: dict[str, tuple[str, ...]] = {
    "agent list": ("name", "title", "prefix", "state", "last_seen"),
    "context list": (
        "name",
        "state",
        "task",
        "branch",
        "blockers",
        "next",
        "last_seen",
    ),
    "decision list": ("id", "status", "date", "agent", "title", "path", "line"),
    "learning list": ("title", "agent", "decisions", "path"),
    "pending list": (
        "id",
        "kind",
        "agent",
        "repository",
        "state",
        "turn",
        "since",
        "branch",
        "title",
    ),
    "workflow inspect": (
        "path",
        "kind",
        "title",
        "items",
        "checked",
        "gates",
        "steps",
        "criteria",
        "problems",
        "message",
    ),
    "search": ("path", "agent", "title", "excerpt"),
    "worktree list": (
        "agent",
        "repository",
        "path",
        "branch",
        "dirty",
        "ahead",
        "behind",
        "state",
    ),
    "worktree repair": ("agent", "feature", "path", "done", "saved", "problem"),
    "workflow list": ("id", "version", "kind", "title", "workflows"),
    "workflow next": ("run", "id", "expires", "agent", "text", "phase", "subtask"),
    "workflow search": ("id", "section", "line", "text"),
    "workflow show": ("id", "kind", "agent", "state", "done", "total", "waits_for"),
    "hooks install": ("repository", "state"),
    "hooks uninstall": ("repository", "state"),
}
_NEXT = "workflow next"
_RUNS = "workflow show"  # of one run, or a table of all
_MOST_FOLDED = 500  # rows
_WHOLE_WORDS = {"id"}
_SELDOM = {
    "turn",
    "since",
    "saved",
    "problem",
    "expires",
    "message",
}  # columns that are left out where they are empty
_UNKNOWN = "unknown"  # a filter would have to tell
_REPORTS = ("report final", "report daily", "report decisions")


def dumps(value: object) -> str:
    """Return a JSON line; what a terminal would obey stands as an escape."""
    text = json.dumps(value, ensure_ascii=False)
    return f"{_harmless(text)}\n"


def block(value: object) -> str:
    """Return JSON with a line for each entry of the outermost list or object.

    Agents pay for each blank, and people look for lines.
    """
    match value:
        case dict() if value:
            lines = [f"{dumps(k)[:-1]}: {dumps(v)[:-1]}" for k, v in value.items()]
            return "{\n" + ",\n".join(lines) + "\n}\n"
        case list() if value:
            return "[\n" + ",\n".join(dumps(x)[:-1] for x in value) + "\n]\n"
        case _:
            return dumps(value)


def _harmless(text: str) -> str:
    return text if text.isascii() else "".join(map(_shown, text))


def _shown(char: str) -> str:
    return char if char == "\n" or char.isprintable() else json.dumps(char)[1:-1]


def error(message: str, hint: str) -> str:
    """Return an error for people: what is wrong, and what to do."""
    lines = f"Error: {safe(message)}\n"
    return f"{lines}Hint: {safe(hint)}\n" if hint else lines


def notes(found: Sequence[str], *, as_json: bool) -> str:
    """Return what else is to be known of an answer, for standard error."""
    if as_json and found:
        return dumps({"notes": found})
    return "".join(f"Note: {safe(x)}\n" for x in found)


def model_of(name: str, result: Any) -> Any:  # noqa: ANN401 - types
    """Return the model of what `json_of` returns, by that of the result."""
    return get_type_hints(result)["report"] if name in _REPORTS else result


def json_of(name: str, result: Any) -> Any:  # noqa: ANN401 - a JSON value
    """Return what `--json` prints: of a report its values, else the result."""
    return result["report"] if name in _REPORTS else result


def text_of(name: str, result: Any, width: int, color: bool) -> str:  # noqa: ANN401, FBT001 - a JSON value; a fact of the terminal
    """Return what people see of an action's result."""
    whole = _WHOLE[name](result, color) if name in _WHOLE else None
    if whole is not None:
        return whole
    if name == _NEXT:
        return _render(_next(result), width, color=color)
    special = _SPECIAL.get(name)
    if special is not None and not (name == _RUNS and isinstance(result, list)):
        return _render(special(result), width, color=color)
    if isinstance(result, list):
        return _render([_table(result, _filled(name, result))], width, color=color)
    return _render(_pairs(result), width, color=color)


def _render(parts: Sequence[Table | Text | str], width: int, *, color: bool) -> str:
    buffer = StringIO()
    console = Console(
        file=buffer,
        width=max(width, 60),
        force_terminal=color,
        no_color=not color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    for part in parts:
        if isinstance(part, str):  # no style, no wrapping: as it is
            buffer.write(f"{part}\n")
        else:
            console.print(part)
    return buffer.getvalue()


def _next(result: ShownNext) -> Sequence[Table | Text | str]:
    """Return what may be done, as a table, and a line for each thing that waits."""
    lines = [*show_runs.lacking(result["steps"]), *show_runs.waiting(result["waiting"])]
    if lines and not result["steps"]:
        return lines
    return [_table(result["steps"], _filled(_NEXT, result["steps"])), *lines]


def _filled(name: str, rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the columns of a list, but those that are seldom used and empty."""
    empty = {x for x in _SELDOM if not any(y.get(x) for y in rows)}
    if name == "pending list" and len({y.get("repository") for y in rows} - {""}) < 2:  # noqa: PLR2004 - several
        empty.add("repository")
    return tuple(x for x in _COLUMNS.get(name, ()) if x not in empty)


def _table(
    rows: Sequence[Mapping[str, Any]], columns: tuple[str, ...]
) -> Table | Text | str:
    if not rows:
        return Text("None.")
    columns = columns or tuple(rows[0])
    if len(rows) > _MOST_FOLDED:
        return _unfolded(rows, columns)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in columns:
        # What people copy stays whole.
        head, whole = name.replace("_", " ").upper(), name in _WHOLE_WORDS
        table.add_column(head, overflow="fold", no_wrap=whole)
    for row in rows:
        table.add_row(*(_cell(name, row.get(name), row) for name in columns))
    return table


def _unfolded(rows: Sequence[Mapping[str, Any]], columns: tuple[str, ...]) -> str:
    """Return a long table at once: to fit its columns to the width takes seconds."""
    heads = [x.replace("_", " ").upper() for x in columns]
    lines = [[_cell(x, row.get(x), row).plain for x in columns] for row in rows]
    widths = [max(map(cell_len, x)) for x in zip(heads, *lines, strict=True)]
    return "\n".join(
        "  ".join(
            set_cell_size(x, w) for x, w in zip(line, widths, strict=True)
        ).rstrip()
        for line in (heads, *lines)
    )


def _cell(name: str, value: Any, row: Mapping[str, Any]) -> Text:  # noqa: ANN401 - JSON
    if isinstance(value, bool | list):
        return Text(safe(_word(value)))
    if name == "dirty" and value is None:
        return Text(_UNKNOWN)
    text = safe("" if value is None else value)
    if name in {"last_seen", "since"} and (text or name == "last_seen"):
        return Text(moment(text))
    if name == "state":
        stale = " (stale)" if row.get("stale") else ""
        return Text(text + stale, style=_STATE_STYLES.get(text, ""))
    return Text(text)


def _pairs(result: dict[str, Any], indent: str = "") -> list[str]:
    lines: list[str] = []
    for key, value in result.items():
        name = f"{indent}{safe(key.replace('_', ' '))}"
        if isinstance(value, dict):
            lines += [f"{name}:", *_pairs(value, f"{indent}  ")]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            lines.append(f"{name}:")
            lines += [f"{indent}  - {_inline(x)}" for x in value]
        elif isinstance(value, list):
            lines.append(f"{name}: {safe(_word(value)) or 'none'}")
        elif key == "dirty" and value is None:
            lines.append(f"{name}: {_UNKNOWN}")
        elif value not in {None, ""}:
            lines.append(f"{name}: {safe(_word(value))}")
    return lines


def _word(value: Any) -> str:  # noqa: ANN401 - JSON
    """Return a value in words: lists with semicolons, as their items have commas."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        parts = (" ".join(x) if isinstance(x, list) else _word(x) for x in value)
        return "; ".join(parts)
    return str(value)


def _inline(row: dict[str, Any]) -> str:
    pairs = ((k, v) for k, v in row.items() if v not in ("", None, []))
    return safe(", ".join(f"{k} {_word(v)}" for k, v in pairs))


def _end(health: DaemonHealth | None) -> str:
    is_left = health is not None and health.get("until_idle")
    return ", until nobody asks any more" if is_left else ""


def _status(result: ShownStatus) -> list[Table | Text | str]:
    daemon = result["daemon"]
    health = daemon["health"]
    line = (
        f"daemon: running (pid {daemon['pid']}{_end(health)})"
        if daemon["running"]
        else ("daemon: not running (start it: coordinator up --detach)")
    )
    parts: list[Table | Text | str] = [f"workspace: {safe(result['workspace'])}", line]
    if health and health["read_only"]:
        parts.append(Text(f"READ-ONLY: {safe(health['read_only'])}", style="red"))
    if health and health["outdated"]:
        parts.append(Text(f"OUTDATED: {safe(health['outdated'])}", style="red"))
    if health:
        parts.append(
            f"health: {safe(health['watcher'])}, scanned {health['scan_age']} s ago,"
            f" {health['queue']} queued, {health['overflows']} overflows,"
            f" {health['disk_free'] >> 20} MiB free"
        )
    parts.append(
        f"pending: {result['pending']}   gates: {result['gates']}"
        f"   escalations: {result['escalations']}   problems: {result['problems']}"
    )
    columns = ("name", "state", "task", "branch", "worktree", "last_seen")
    return [*parts, "", _table(result["agents"], columns)]


def _problems(result: list[ShownProblem]) -> list[Table | Text | str]:
    lines: list[Table | Text | str] = []
    for x in result:
        lines.append(
            f"{safe(x['path'])}:{x['line']}: {x['code']}: {safe(x['message'])}"
        )
        if x["hint"]:
            lines.append(f"    {safe(x['hint'])}")
    return lines or ["No problems."]


def _imported(result: ImportedTemplates) -> list[Table | Text | str]:
    lines: list[Table | Text | str] = [
        f"{safe(x['id'])}: version {x['version']}, {safe(x['kind'])}"
        for x in result["templates"]
    ]
    if result["problems"]:
        lines.append("Problems (all of them: coordinator workflow lint PATH):")
    lines += [
        f"{x['times']} {x['code']}, first {safe(x['path'])}:{x['line']}:"
        f" {safe(x['message'])}"
        for x in result["problems"]
    ]
    if result["refused"]:
        lines += ["Refused:", *_problems(result["refused"])]
    return lines


def _doctor(result: list[ShownFinding]) -> list[Table | Text | str]:
    lines: list[Table | Text | str] = []
    for x in result:
        word = Text("ok   ", "green") if x["well"] else Text("WRONG", "red")
        lines.append(Text.assemble(word, f" {safe(x['name'])}: {safe(x['message'])}"))
        if x["hint"]:
            lines.append(f"      {safe(x['hint'])}")
    return lines


def _history(
    result: list[ShownRecord] | DocumentVersion,
) -> list[Table | Text | str]:
    if isinstance(result, dict):
        return _document(dict(result))
    return [
        f"{x['seq']:>6}  {moment(x['at'])}  {_actor(x['actor'])}  "
        f"{x['kind']}  {safe(x['subject'])}  {safe(x['note'])}".rstrip()
        for x in result
    ] or ["Nothing."]


def _actor(name: str) -> str:
    return safe(name).strip("()") or "unknown"


def _document(result: dict[str, Any]) -> list[Table | Text | str]:
    """Show values first, then the document's own lines, escaped one by one."""
    values = {k: v for k, v in result.items() if k not in {"text", "diff"}}
    lines: list[Table | Text | str] = [*_pairs(values)]
    for name in ("text", "diff"):
        if result.get(name):
            lines += ["", *map(display, str(result[name]).split("\n"))]
    return lines


_WHOLE: dict[str, Callable[[Any, bool], str | None]] = {
    **dict.fromkeys(_REPORTS, lambda result, _: str(result["text"])),
    "workflow export": lambda result, _: block(result),  # a file for other programs
    "pending show": show_reviews.whole,
}
_SPECIAL: dict[str, Callable[[Any], Sequence[Table | Text | str]]] = {
    "status": _status,
    "check": _problems,
    "workflow lint": _problems,
    "workflow import": _imported,
    "doctor": _doctor,
    "history": _history,
    "pending show": _document,
    **show_runs.SHOWN,
    **show_reviews.SHOWN,
}
