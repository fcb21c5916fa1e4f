import re
from typing import Any

import pytest

from coordinator.cli import app, exit_codes
from coordinator.cli.text import show
from coordinator.workspace import registry

ANSI = re.compile(r"\x1b\[[0-9;]*m")
AGENTS: list[dict[str, Any]] = [
    {
        "name": "backend",
        "title": "Backend Developer",
        "prefix": "backend",
        "state": "working",
        "stale": True,
        "last_seen": "2026-01-31T09:00:00.123Z",
    },
    {
        "name": "docs",
        "title": "Writer",
        "prefix": "docs",
        "state": "blocked",
        "stale": False,
        "last_seen": "",
    },
]
STATUS: dict[str, Any] = {
    "workspace": "/w",
    "daemon": {"running": False, "pid": None, "url": None, "health": None},
    "agents": [],
    "pending": 2,
    "gates": 2,
    "escalations": 0,
    "problems": 1,
    "records": 7,
}
HEALTH: dict[str, Any] = {
    "watcher": "events",
    "scan_age": 1.5,
    "queue": 3,
    "overflows": 0,
    "disk_free": 5 << 20,
    "read_only": "",
    "outdated": "",
}
HOSTILE = "a\x1b[31mred\u202eback\nnew\x07"


def text_of(name: str, result: object, *, width: int = 88, color: bool = False) -> str:
    """Return what people see."""
    return show.text_of(name, result, width, color)


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that knows colours; nothing else of the environment counts."""
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)


def test_a_list_is_a_table_with_the_columns_of_its_kind() -> None:
    """Times without fractions, never seen is said, staleness beside the state."""
    assert [x.rstrip() for x in text_of("agent list", AGENTS).splitlines()] == [
        "NAME     TITLE              PREFIX   STATE            LAST SEEN",
        "backend  Backend Developer  backend  working (stale)  2026-01-31 09:00:00 UTC",
        "docs     Writer             docs     blocked          never",
    ]


def test_colours_are_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """With colours the words are the same; nobody's environment forces them."""
    plain = text_of("agent list", AGENTS)
    bright = text_of("agent list", AGENTS, color=True)
    assert "\x1b[32mworking" in bright
    assert "\x1b[31mblocked" in bright
    assert ANSI.sub("", bright) == plain
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    for name, result in (
        ("agent list", AGENTS),
        ("doctor", [{"name": "git", "well": False, "message": "m", "hint": "h"}]),
    ):
        assert "\x1b" not in text_of(name, result)


def test_an_empty_list_says_so() -> None:
    """Silence would leave the reader in doubt."""
    assert text_of("agent list", []) == "None.\n"
    assert text_of("check", []) == "No problems.\n"
    assert text_of("history", []) == "Nothing.\n"


@pytest.mark.parametrize("width", [20, 60, 72])
def test_a_table_fits_the_terminal_and_loses_nothing(width: int) -> None:
    """Long cells are folded; below 60 columns the lines are as long as for 60."""
    rows = [{"id": "x", "kind": "commit", "title": "word" * 60}]
    told = text_of("pending list", rows, width=width)
    assert max(map(len, told.splitlines())) <= max(width, 60)
    assert "".join(told.split()).count("word") == 60


def test_a_list_without_columns_of_its_own_shows_every_value() -> None:
    """A later action is readable before anybody has thought of its columns."""
    told = text_of("new list", [{"one_word": True, "two": ["a", "b, c"], "three": 0}])
    head, row = told.splitlines()
    assert head.split("  ")[0] == "ONE WORD"
    assert row.split() == ["yes", "a;", "b,", "c", "0"]


def test_values_stand_a_line_each() -> None:
    """Empty ones are left out, lists and inner values are spelled out."""
    result = {
        "name": "docs",
        "last_seen": "",
        "task": None,
        "count": 0,
        "stale": False,
        "blockers": [],
        "paths": ["a/*", "b/*"],
        "pairs": [["a", "b"], ["c"]],
        "changes": {"commits": 2, "authors": ["Ada"]},
        "worktrees": [{"agent": "docs", "path": "/w", "problem": ""}],
    }
    assert text_of("agent show", result).splitlines() == [
        "name: docs",
        "count: 0",
        "stale: no",
        "blockers: none",
        "paths: a/*; b/*",
        "pairs: a b; c",
        "changes:",
        "  commits: 2",
        "  authors: Ada",
        "worktrees:",
        "  - agent docs, path /w",
    ]


def test_the_status_says_how_to_start_a_daemon() -> None:
    """Without one, the line names the command."""
    assert text_of("status", STATUS).splitlines() == [
        "workspace: /w",
        "daemon: not running (start it: coordinator up --detach)",
        "pending: 2   gates: 2   escalations: 0   problems: 1",
        "",
        "None.",
    ]


@pytest.mark.parametrize("reason", ["", "no space\x1b[2J left"])
def test_the_status_of_a_daemon_has_its_health(reason: str) -> None:
    """A read-only workspace is said loudly."""
    health = {**HEALTH, "read_only": reason}
    daemon = {"running": True, "pid": 7, "url": None, "health": health}
    told = text_of("status", {**STATUS, "daemon": daemon}).splitlines()
    assert told[1] == "daemon: running (pid 7)"
    line = "health: events, scanned 1.5 s ago, 3 queued, 0 overflows, 5 MiB free"
    assert line in told
    loud = [x for x in told if x.startswith("READ-ONLY")]
    assert loud == (["READ-ONLY: no space\\x1b[2J left"] if reason else [])


def test_a_problem_is_a_line_that_editors_can_jump_to() -> None:
    """Path, line, code and message, never broken; the hint stands below."""
    long = "word " * 60
    found = [
        {"path": "a.md", "line": 3, "code": "x-y", "message": long, "hint": "Do it."},
        {"path": "b.md", "line": 0, "code": "z", "message": "Bad.", "hint": ""},
    ]
    assert text_of("check", found, width=60).splitlines() == [
        f"a.md:3: x-y: {long.strip()}",
        "    Do it.",
        "b.md:0: z: Bad.",
    ]


def test_doctor_says_what_is_wrong_first_and_then_what_mends_it() -> None:
    """One word tells each part's state."""
    found = [
        {"name": "git", "well": True, "message": "git 2.40", "hint": ""},
        {"name": "disk", "well": False, "message": "5 MiB free", "hint": "Free some."},
    ]
    assert text_of("doctor", found).splitlines() == [
        "ok    git: git 2.40",
        "WRONG disk: 5 MiB free",
        "      Free some.",
    ]


def test_the_history_is_a_line_a_record() -> None:
    """Number, time, who, what, about what; an unknown actor is called so."""
    one = {
        "seq": 12,
        "at": "2026-01-31T09:00:00.000Z",
        "kind": "document.accepted",
        "actor": "(maintainer)",
        "subject": "a.md",
        "note": "",
    }
    assert text_of(
        "history", [one, {**one, "actor": "", "note": "n"}]
    ).splitlines() == [
        "    12  2026-01-31 09:00:00 UTC  maintainer  document.accepted  a.md",
        "    12  2026-01-31 09:00:00 UTC  unknown  document.accepted  a.md  n",
    ]


def test_a_document_keeps_its_lines() -> None:
    """Values first, then text and diff as they are, long lines unbroken."""
    long = "x" * 300
    result = {"id": "a", "text": f"# A\n\n  {long}\n", "diff": "-a\n+b\n"}
    told = text_of("pending show", result, width=60).split("\n")
    assert told == ["id: a", "", "# A", "", f"  {long}", "", "", "-a", "+b", "", ""]
    version = text_of("history", {"seq": 1, "text": "# A"})
    assert version == "seq: 1\n\n# A\n"


def test_a_report_is_printed_as_it_was_made() -> None:
    """Byte for byte, whatever the terminal is like."""
    result = {"text": "# R\n" + "x " * 200, "report": {"a": 1}}
    for name in ("report final", "report daily", "report decisions"):
        assert text_of(name, result, color=True) == result["text"]
        assert show.json_of(name, result) == {"a": 1}
    assert show.json_of("status", STATUS) is STATUS


VIEWS: dict[str, object] = {
    "agent list": [{"name": HOSTILE, "title": HOSTILE, "state": HOSTILE}],
    "pending list": [{"id": "x", "title": HOSTILE, "branch": HOSTILE}],
    "context list": [{"name": "x", "blockers": [HOSTILE, "b"]}],
    "search": [{"path": HOSTILE, "excerpt": HOSTILE}],
    "status": {**STATUS, "workspace": HOSTILE},
    "check": [
        {"path": HOSTILE, "line": 1, "code": "c", "message": HOSTILE, "hint": HOSTILE}
    ],
    "doctor": [{"name": HOSTILE, "well": False, "message": HOSTILE, "hint": HOSTILE}],
    "history": [
        {
            "seq": 1,
            "at": "2026-01-31T09:00:00.000Z",
            "kind": "k",
            "actor": HOSTILE,
            "subject": HOSTILE,
            "note": HOSTILE,
        }
    ],
    "pending show": {"title": HOSTILE, "text": HOSTILE, "diff": HOSTILE},
    "agent show": {"title": HOSTILE, "paths": [HOSTILE], "x": [{"y": HOSTILE}]},
}


@pytest.mark.parametrize("name", VIEWS)
def test_what_agents_wrote_cannot_steer_a_terminal(name: str) -> None:
    """Control and bidirectional characters are shown, not sent, in every view."""
    told = text_of(name, VIEWS[name], width=200)
    assert "\\x1b[31mred\\u202e" in told
    assert not set(told) & {"\x1b", "\u202e", "\x07"}
    bright = text_of(name, VIEWS[name], width=200, color=True)
    assert "\x1b[31mred" not in bright


def test_an_error_is_two_lines_whatever_it_quotes() -> None:
    """Message and hint; no hint, no line."""
    told = show.error(HOSTILE, "Run: x\ny")
    assert told == "Error: a\\x1b[31mred\\u202eback new\\x07\nHint: Run: x y\n"
    assert show.error("Bad.", "") == "Error: Bad.\n"


@pytest.mark.parametrize(
    ("name", "result", "code"),
    [
        ("check", [], 0),
        ("check", [{"code": "x"}], 1),
        ("doctor", [{"well": True}], 0),
        ("doctor", [{"well": True}, {"well": False}], 1),
        ("worktree repair", [{"problem": ""}], 0),
        ("worktree repair", [{"problem": ""}, {"problem": "It is gone."}], 1),
        ("workflow inspect", {"kind": "checklist"}, 0),
        ("workflow inspect", [{"kind": "checklist"}, {"kind": "unreadable"}], 1),
        ("pending list", [{"id": "x"}], 0),
        ("status", STATUS, 0),
    ],
)
def test_findings_have_an_exit_code(name: str, result: object, code: int) -> None:
    """A script can tell whether something was found."""
    assert exit_codes.of_answer(name, result) == code


def test_columns_and_views_are_of_actions_that_there_are() -> None:
    """A renamed action does not leave its columns behind."""
    assert app.root().commands
    named = {*show._COLUMNS, *show._SPECIAL, *show._REPORTS}
    assert named <= {x.name for x in registry.actions()}


def test_a_long_table_is_shown_at_once_and_whole() -> None:
    """Aligned, one line a row, however wide; what it holds is escaped as ever."""
    rows = [
        {"id": f"docs-{n}", "kind": "plan", "agent": "docs", "state": "open"}
        | {"branch": "", "title": f"Täbs \x1b[31m {n} " + "x" * 80}
        for n in range(2_000)
    ]
    text = show.text_of("pending list", rows, 60, color=False)
    lines = text.rstrip("\n").split("\n")
    assert len(lines) == 2_001
    assert lines[0].startswith("ID         KIND  AGENT")
    assert lines[7].startswith("docs-6     plan  docs   open")
    assert "\x1b" not in text
    assert lines[-1].endswith("x" * 80)


def test_a_run_shows_what_people_said_of_it() -> None:
    """Gates with who passed them, the latest notes and changes that were put back."""
    at = "2026-01-31T09:00:00.000Z"
    empty = (
        "gates",
        "escalations",
        "uncovered",
        "unfilled",
        "items",
        "steps",
        "problems",
    )
    value = {
        **{key: [] for key in empty},
        "id": "bread-1",
        "agent": "backend",
        "template": "bread",
        "version": 1,
        "state": "running",
        "done": 1,
        "total": 9,
        "path": "workflow.md",
        "prose": {},
        "passed": {"6": {"by": "(maintainer)", "at": at, "comment": "Go on"}},
        "notes": [{"agent": "backend", "at": at, "text": f"Loaf {x}"} for x in "1234"],
        "refused": [
            {"line": 3, "reason": "It was.", "open": False},
            {"line": 7, "reason": "It is a gate.", "open": True},
        ],
    }
    assert text_of("workflow show", value).splitlines()[2:] == [
        "passed 6 (maintainer, 2026-01-31 09:00:00 UTC): Go on",
        "note (backend, 2026-01-31 09:00:00 UTC): Loaf 2",
        "note (backend, 2026-01-31 09:00:00 UTC): Loaf 3",
        "note (backend, 2026-01-31 09:00:00 UTC): Loaf 4",
        "put back, line 7: It is a gate.",
        "earlier (--json): notes 1, changes put back 1",
    ]
